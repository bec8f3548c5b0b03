"""A desk of an example team that knows its documents, and a time that a test sets."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.event import Draft, Kind
from cockpit.model.incident import Incident
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.run.events import EventAuthor, draft_run_started
from cockpit.runbooks.run.process.identity import Owner
from tests.unit.requirements.comms_stage import EXAMPLES, Room

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AFTERNOON = "2026-11-20T14:00"  # a Friday


class Watch(Room):
    """Somebody on call in an example team."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name, folder)
        self.name = name
        self.zone = ZoneInfo(self.system.time_zone or "UTC")
        self.incident_actions.plan = self.plan
        self.sets(AFTERNOON)

    def sets(self, local: str) -> datetime:
        """The wall clock of the team."""
        self.time.at = datetime.fromisoformat(local).replace(tzinfo=self.zone)
        return self.time.at

    def goes_on(self, minutes: float) -> None:
        self.time.at += timedelta(minutes=minutes)

    def begins(self, severity: str, local: str = AFTERNOON) -> Incident:
        """Declared at that time of the team's clock."""
        self.sets(local)
        return self.declare(severity, minutes=0)

    @property
    def incident(self) -> Incident:
        return self.incident_actions.incidents()[-1]

    def clocks(self, deployed: datetime | None = None) -> dict[str, Clock]:
        found = compute_clocks(self.incident, self.plan, self.time.now(), zone=self.zone, deployed=deployed)
        return {each.id: each for each in found}

    def kinds(self) -> set[ClockKind]:
        return {each.kind for each in self.clocks().values()}

    def runs(self, document: str, procedure: str) -> None:
        """The run of a procedure of the team begins with its first step, as the runner writes it down."""
        path = EXAMPLES / self.name / "runbooks" / document
        runbook = read_runbook(document, path.read_bytes())
        meant = next(each for each in runbook.procedures if each.slug == procedure)
        pen = EventAuthor("ana", self.time.now(), self.incident.id)
        begun = {"phase": "intent", "state": "running"}
        first = Draft(Kind.STEP, "step 1", self.time.now(), "prod", "r1#1", incident=self.incident.id, detail=begun)
        self.timeline.record([draft_run_started("r1", runbook, meant, "prod", (), Owner(), pen), first])

    def run_ends(self) -> None:
        ended = Draft(
            Kind.RUN, "ended", self.time.now(), "prod", "r1", incident=self.incident.id, detail={"what": "ended"}
        )
        self.timeline.record([ended])


def origin(clock: Clock) -> str:
    """The document that a clock names."""
    return clock.origin.partition(":")[0]


def due_in(watch: Watch, id: str) -> timedelta:
    """From the declaration until the clock is due."""
    due = watch.clocks()[id].due
    assert due is not None
    return due - watch.incident.declared
