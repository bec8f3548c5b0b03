"""A timeline of its own for each test, and a clock that stands."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.timeline.timeline import Timeline
from tests.unit.incident.actors import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timeline(tmp_path: Path, clock: Clock) -> Iterator[Timeline]:
    with Timeline(tmp_path / "timeline.db", time=clock) as opened:
        yield opened
