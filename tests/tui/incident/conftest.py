"""A session to lead an incident in: the real actions over a real file, a standing clock, and a plan of a few rules."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from cockpit.feeds.watch import Watch
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.ledger import Ledger
from cockpit.incident.load import catch_up
from cockpit.runbooks.run.runs import Runs
from cockpit.timeline.timeline import Timeline
from screens.dialogs.dialog import DialogContext
from screens.shared.enter_guard import HELD
from tests.tui.bare import Bare, Clock
from tests.tui.stage import ENVIRONMENT, PLAN, SYSTEM

NOW = datetime(2026, 2, 27, 13, 26, 41, tzinfo=UTC)
NZDT = timezone(timedelta(hours=13), "NZDT")
__all__ = ["Clock", "Front", "Session"]


class Front(Bare):
    """Shows one screen of ours, and what it opens over it."""


class Session(SimpleNamespace):
    """What the screens of an incident know of a session."""

    def catch_up(self) -> None:
        """Fold what the incident actions wrote, as the app does when the timeline tells of it."""
        catch_up(self.ledger, self.timeline)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def place() -> DialogContext:
    return DialogContext("prod", True, "you@example.com", NZDT)


@pytest.fixture
def session(tmp_path: Path, clock: Clock) -> Iterator[Session]:
    timeline = Timeline(tmp_path / "timeline.db", time=clock)
    letters = iter(("k7f", "k7g", "k7h", "k7j", "k7k", "k7m"))
    incident_actions = IncidentActions(
        timeline,
        operator="you@example.com",
        environment="prod",
        severity_scale=PLAN.severity_scale,
        time=clock,
        plan=PLAN,
        letters=lambda: next(letters),
    )
    made = Session(
        system=SYSTEM,
        environment=ENVIRONMENT,
        plan=PLAN,
        ledger=Ledger(PLAN.severity_scale),
        timeline=timeline,
        watch=Watch([], clock),
        incident_actions=incident_actions,
        runner=SimpleNamespace(runs=Runs()),
        record_ends={},
        time=clock,
        operator="you@example.com",
        read_only=False,
    )
    incident_actions.declare("Readiness failing after deploy", "P1")
    made.catch_up()
    yield made
    timeline.close()


async def confirm(pilot: Pilot[None], clock: Clock) -> None:
    """Enter, as a person presses it: after looking, with nothing behind it."""
    clock.pass_by(1)
    await pilot.press("enter")
    await pilot.pause(HELD + 0.05)
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
