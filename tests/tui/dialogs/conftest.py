"""A stage for dialogs: an app with our themes, a clock that moves when told, a desk over a timeline of its own."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.screen import ModalScreen

import themes
from cockpit.incident.desk import Desk
from cockpit.incident.store import Timeline
from cockpit.model.incident import Incident
from cockpit.model.ladder import DEFAULT_LADDER
from screens.dialog import Place

NOW = datetime(2026, 2, 27, 13, 26, 41, tzinfo=UTC)
NZDT = timezone(timedelta(hours=13), "NZDT")


class Clock:
    """Time that stands still until `pass_by`."""

    def __init__(self) -> None:
        self.passed = 100.0

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return self.passed

    def pass_by(self, seconds: float) -> None:
        self.passed += seconds

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("a dialog does not sleep")


class Stage(App[None]):
    """Shows one dialog over an empty screen and keeps what it answered."""

    CSS = themes.css()

    def __init__(self, dialog: ModalScreen[Any]) -> None:
        super().__init__()
        self.dialog = dialog
        self.answers: list[Any] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.FALLBACK

    def on_mount(self) -> None:
        for theme in themes.OURS:
            self.register_theme(theme)
        self.theme = themes.DEFAULT
        self.push_screen(self.dialog, self.answers.append)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stage() -> Callable[[ModalScreen[Any]], Stage]:
    return Stage


@pytest.fixture
def place() -> Place:
    return Place("prod", True, "you@example.com via az cli", NZDT)


@pytest.fixture
def timeline(tmp_path: Path, clock: Clock) -> Iterator[Timeline]:
    opened = Timeline(tmp_path / "timeline.db", time=clock)
    yield opened
    opened.close()


@pytest.fixture
def desk(timeline: Timeline, clock: Clock) -> Desk:
    return Desk(timeline, operator="you", environment="prod", ladder=DEFAULT_LADDER, time=clock)


@pytest.fixture
def incident(desk: Desk) -> Incident:
    return desk.declare("Readiness failing after deploy", "P1")
