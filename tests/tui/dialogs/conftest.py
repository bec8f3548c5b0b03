"""A stage for dialogs: an app with our themes, a clock that moves when told, an incident."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from textual.app import App
from textual.screen import ModalScreen

import themes
from cockpit.model.incident import Incident, Status
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
def incident() -> Incident:
    return Incident(
        id="i1",
        environment="prod",
        title="Readiness failing after deploy",
        severity="P1",
        status=Status.INVESTIGATING,
        declared=NOW - timedelta(minutes=12),
        declared_by="you",
        reach_from=NOW - timedelta(minutes=13),
    )
