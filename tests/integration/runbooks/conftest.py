"""A stage for each test, closed behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.runbooks.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.close()
