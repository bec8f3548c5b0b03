"""Rooms of the example teams, closed after each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.requirements.acting_stage import Shift
from tests.unit.requirements.clocks_stage import Watch
from tests.unit.requirements.comms_stage import Room


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Callable[[str], Room]]:
    opened: list[Room] = []

    def enter(name: str) -> Room:
        opened.append(Room(name, tmp_path))
        return opened[-1]

    yield enter
    for each in opened:
        each.timeline.close()


@pytest.fixture
def on_call(tmp_path: Path) -> Iterator[Callable[[str], Watch]]:
    opened: list[Watch] = []

    def enter(name: str) -> Watch:
        opened.append(Watch(name, tmp_path))
        return opened[-1]

    yield enter
    for each in opened:
        each.timeline.close()


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Callable[[str], Shift]]:
    opened: list[Shift] = []

    def enter(name: str) -> Shift:
        opened.append(Shift(name, tmp_path))
        return opened[-1]

    yield enter
    for each in opened:
        each.timeline.close()
