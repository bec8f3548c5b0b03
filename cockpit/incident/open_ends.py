"""What stays open when an incident is resolved: shown before it is, dealt with, or left as an open loop."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cockpit.incident.clocks.reminders import ASKING
from cockpit.incident.signals import Signal
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.incident import Incident
from cockpit.model.plan import Checklist
from cockpit.model.response import Freeze
from cockpit.model.revision import Application
from cockpit.model.revision_health import RevisionCondition, judge_revision
from cockpit.model.time import format_age


class OpenEndKind(StrEnum):
    SIGNAL = "signal"
    FREEZE = "freeze"
    REVISION = "revision"
    RUN = "run"
    CHECKLIST = "checklist"
    UPDATE = "update"
    NOTHING_SENT = "nothing sent"


@dataclass(frozen=True, slots=True)
class OpenEnd:
    """`target` names what it is about: a signal's key, `app/revision`, a run's or a checklist's id."""

    kind: OpenEndKind
    text: str
    target: str = ""


def find_open_ends(
    incident: Incident,
    now: datetime,
    *,
    bad: Iterable[Signal] = (),
    freeze: Freeze | None = None,
    applications: Iterable[Application] = (),
    checklists: Sequence[Checklist] = (),
    clocks: Iterable[Clock] = (),
) -> tuple[OpenEnd, ...]:
    """In the order in which they matter: what is broken, what is changed for now, what is owed."""
    ends = [OpenEnd(OpenEndKind.SIGNAL, f"{signal.label} is still bad", signal.key) for signal in bad]
    if freeze is not None:
        reason = f": {freeze.reason}" if freeze.reason else ""
        ends.append(OpenEnd(OpenEndKind.FREEZE, f"{freeze.environment} is frozen{reason}"))
    ends += _find_unhealthy_revisions(applications)
    ends += [
        OpenEnd(OpenEndKind.RUN, f"run open for {format_age((now - run.started).total_seconds())}: {run.title}", run.id)
        for run in incident.ran
        if run.ended is None
    ]
    ends += _find_open_checklists(incident, checklists)
    promised = [clock for clock in clocks if clock.kind is ClockKind.UPDATE and clock.state(now) in ASKING]
    ends += [OpenEnd(OpenEndKind.UPDATE, f"not sent yet: {clock.what}", clock.id) for clock in promised]
    if not incident.updates and not promised and not incident.drill:
        ends.append(OpenEnd(OpenEndKind.NOTHING_SENT, "nobody was told anything yet"))
    return tuple(ends)


def _find_unhealthy_revisions(applications: Iterable[Application]) -> Iterator[OpenEnd]:
    for application in applications:
        for revision in application.revisions:
            health = judge_revision(revision)
            if revision.active and health.condition is RevisionCondition.ILL:
                text = f"{revision.name} is still active and unhealthy ({revision.weight} % of the traffic)"
                yield OpenEnd(OpenEndKind.REVISION, text, f"{revision.app}/{revision.name}")


def _find_open_checklists(incident: Incident, checklists: Sequence[Checklist]) -> Iterator[OpenEnd]:
    """Of the lists that belong to a severity that it had, those with boxes that nobody settled."""
    severities = {incident.severity.casefold(), *(change.value.casefold() for change in incident.severities)}
    for checklist in checklists:
        if severities.isdisjoint(level.casefold() for level in checklist.levels):
            continue
        settled = {tick.item for tick in incident.ticks if tick.list == checklist.id and tick.state != "open"}
        left = sum(number not in settled for number in range(1, len(checklist.items) + 1))
        if left:
            boxes = "1 item" if left == 1 else f"{left} items"
            yield OpenEnd(OpenEndKind.CHECKLIST, f"{checklist.title}: {boxes} not done", checklist.id)
