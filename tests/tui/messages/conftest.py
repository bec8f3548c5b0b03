"""A stage for telling others and for checklists: real actions and a timeline in the test's folder, a waiting clock."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.load import read_ledger
from cockpit.model.clock import ClockKind, Rule
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.model.plan import Checklist, Plan, Role, Template
from cockpit.model.severity_scale import SeverityLevel
from cockpit.model.system import Environment, System
from cockpit.timeline.timeline import Timeline
from screens.dialogs.dialog import DialogContext
from screens.shared.context import EventsAppended
from tests.tui.bare import Bare, Clock

NOW = datetime(2026, 11, 20, 13, 26, 40, tzinfo=UTC)
AUCKLAND = ZoneInfo("Pacific/Auckland")
NOTICE = """> **Subject:** {{ system }}: disruption
>
> Dear [Client Name],
>
> **Impact:** [what does not work]
> **Started:** [Time] NZST
> **Status:** Investigating/Identified/Resolved
>
> The next message follows within [30 minutes / 1 hour].
>
> [Your Name]"""
SEVERITY_SCALE = (
    SeverityLevel(
        "P0", 0, "Production down, data at risk, a security incident", "Everybody; a commander within 15 min"
    ),
    SeverityLevel(
        "P1", 1, "A major feature is broken, one customer is blocked", "On-call leads; an update every 30 min"
    ),
    SeverityLevel("P2", 2, "Degraded, or something minor is broken", "Working hours"),
    SeverityLevel("P3", 3, "Cosmetic", "Backlog", backlog=True),
)
FIRST = Checklist(
    "first-ten-minutes",
    "First ten minutes",
    (
        "Declare. Say in the incident channel: severity, symptoms, impact, and one commander.",
        "Stop the bleeding. If a deployment is suspect, roll back (see §6).",
        "Freeze. No deployments until it is green.",
        "Preserve. Keep logs, metrics and the state of the database before you touch anything.",
        "Communicate. If customers are affected, tell them.",
    ),
    ("P0", "P1"),
    "incident.md:15",
)
CARE = Checklist("care", "Care of the runbooks", ("Links lead somewhere", "Scripts are there"), (), "index.md:40")
PLAN = Plan(
    severity_scale=SEVERITY_SCALE,
    rules=(Rule(ClockKind.UPDATE, "next update", timedelta(minutes=30), "incident.md:11", levels=("P1",)),),
    roles=(Role("Incident Commander", lead=True), Role("Ops Lead"), Role("Comms Lead"), Role("Scribe")),
    templates=(
        Template("notice", "Message to clients", NOTICE, "client", "operations.md:84"),
        Template("team", "Message to the team", "{{ title }}: [what we try next]", "team"),
    ),
    checklists=(FIRST, CARE),
)


class Play:
    """What the screens take for their session."""

    def __init__(self, folder: Path, plan: Plan = PLAN) -> None:
        self.time = Clock(NOW)
        self.record_ends: dict[str, datetime] = {}
        self.plan = plan
        self.environment = Environment("prod", production=True)
        self.system = System("Meetings", (self.environment,), data=str(folder), severity_scale=plan.severity_scale)
        self.timeline = Timeline(folder / "timeline.db", time=self.time)
        self.incident_actions = IncidentActions(
            self.timeline,
            operator="ana@example.com",
            environment="prod",
            severity_scale=plan.severity_scale,
            plan=plan,
            time=self.time,
        )
        self.operator, self.read_only = "ana@example.com", False
        self.place = DialogContext("prod", True, self.operator, AUCKLAND)
        self.ledger = read_ledger(self.timeline, plan.severity_scale)
        self._seen = 0

    def declare(self, title: str = "Readiness failing after deploy", severity: str = "P1", **given: Any) -> Incident:
        """An incident that is twelve minutes old."""
        declared = self.incident_actions.declare(title, severity, **given)
        self.time.pass_by(12 * 60 + 3)
        self.catch_up()
        return declared

    def catch_up(self) -> list[Event]:
        """Let the ledger hear what was written."""
        new = [each for each in self.timeline.events() if each.id > self._seen]
        for event in new:
            self.ledger.apply(event)
        self._seen = max((each.id for each in new), default=self._seen)
        return new

    def events(self, kind: str) -> list[Event]:
        return self.timeline.events(kinds=[kind])


class Stage(Bare):
    """Shows one screen and keeps what it copied."""

    def __init__(self, play: Play, screen: Screen[Any]) -> None:
        super().__init__(screen)
        self.play = play
        self.copied: list[str] = []

    def copy_to_clipboard(self, text: str) -> None:
        self.copied.append(text)


async def press(pilot: Pilot[Any], play: Play, *keys: str) -> None:
    """As a hand does: some time between two keys; then whatever they began is over and the screen has heard of it."""
    for key in keys:
        play.time.pass_by(0.8 if key == "enter" else 0.4)  # an Enter so soon after another one is a held key
        await pilot.press(key)
        await pilot.pause(0.2)  # of the leaping clock: a confirmation waits for the quiet after its key
    await pilot.app.workers.wait_for_complete()
    if new := play.catch_up():
        pilot.app.screen.post_message(EventsAppended(new))
    await pilot.pause()


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    opened = Play(tmp_path)
    yield opened
    opened.timeline.close()


@pytest.fixture
def stage() -> Callable[[Play, Screen[Any]], Stage]:
    return Stage
