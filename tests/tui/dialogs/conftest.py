"""A stage for dialogs: an app with our themes, a clock that moves when told, actions over a timeline of its own."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from textual.screen import ModalScreen

from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.model.incident import Incident
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.timeline.timeline import Timeline
from screens.dialogs.dialog import DialogContext
from tests.tui.bare import Bare, Clock

NOW = datetime(2026, 2, 27, 13, 26, 41, tzinfo=UTC)
NZDT = timezone(timedelta(hours=13), "NZDT")
__all__ = ["Clock", "Stage"]


class Stage(Bare):
    """Shows one dialog over an empty screen and keeps what it answered."""


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def stage() -> Callable[[ModalScreen[Any]], Stage]:
    return Stage


@pytest.fixture
def place() -> DialogContext:
    return DialogContext("prod", True, "you@example.com via az cli", NZDT)


@pytest.fixture
def timeline(tmp_path: Path, clock: Clock) -> Iterator[Timeline]:
    opened = Timeline(tmp_path / "timeline.db", time=clock)
    yield opened
    opened.close()


@pytest.fixture
def incident_actions(timeline: Timeline, clock: Clock) -> IncidentActions:
    return IncidentActions(
        timeline, operator="you", environment="prod", severity_scale=DEFAULT_SEVERITY_SCALE, time=clock
    )


@pytest.fixture
def incident(incident_actions: IncidentActions) -> Incident:
    return incident_actions.declare("Readiness failing after deploy", "P1")
