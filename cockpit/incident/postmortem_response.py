"""What people did, as the draft tells it: severities, messages, boxes, procedures, and what is still open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cockpit.incident.response import SKIPPED
from cockpit.incident.told import promise
from cockpit.model.clock import Clock, ClockKind, ClockState
from cockpit.model.incident import Incident, Status, worst
from cockpit.model.plan import Checklist, Plan
from cockpit.model.response import Ran, Tick, Update

NOT_TICKED = "not ticked"
LOOSE = frozenset({ClockKind.LOOP, ClockKind.TASK, ClockKind.PROMISE, ClockKind.BREACH})
STILL = frozenset({ClockState.OPEN, ClockState.RUNNING, ClockState.AT_RISK, ClockState.OVERDUE})


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message that was sent; `kept` is what became of the time it promised."""

    update: Update
    kept: str


@dataclass(frozen=True, slots=True)
class ChecklistLine:
    text: str
    state: str
    by: str = ""
    at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ListRow:
    """A checklist with every box; `gone` when its document is, so that only what was ticked is known."""

    title: str
    origin: str
    boxes: tuple[ChecklistLine, ...]
    gone: bool = False

    @property
    def left(self) -> list[str]:
        """What nobody ticked or skipped."""
        return [each.text for each in self.boxes if each.state == NOT_TICKED]


@dataclass(frozen=True, slots=True)
class ProcedureRow:
    """One run of a procedure against the time it is said to take."""

    ran: Ran
    took: timedelta | None
    kept: str


@dataclass(frozen=True, slots=True)
class LoopRow:
    """Something that waits for somebody; `due` None: without a time."""

    what: str
    since: datetime
    due: datetime | None
    who: str
    state: str


def severity_times(incident: Incident, now: datetime) -> list[tuple[str, timedelta]]:
    """How long it was open in each severity, in the order it first had them."""
    moments = [(each.at, "severity", each.value) for each in incident.severities]
    moments += [(each.at, "status", each.value) for each in incident.statuses]
    times: dict[str, timedelta] = {}
    severity, open, last = "", True, incident.declared
    for at, what, value in [*sorted(moments, key=lambda each: each[0]), (incident.resolved or now, "", "")]:
        if severity and open:
            times[severity] = times.get(severity, timedelta()) + max(at - last, timedelta())
        last = max(last, at)
        if what == "severity":
            severity = value
            times.setdefault(severity, timedelta())
        elif what == "status":
            open = value != Status.RESOLVED
    return list(times.items())


def message_rows(incident: Incident, now: datetime) -> list[MessageRow]:
    """Every message in the order in which they were sent."""
    sent = sorted(incident.updates, key=lambda each: (each.at, each.event))
    return [MessageRow(each, promise(each, sent, now) or "") for each in sent]


def list_rows(incident: Incident, plan: Plan) -> list[ListRow]:
    """The lists that its severities open, and those that somebody began: every box, also those nobody ticked."""
    ticks: dict[str, dict[int, Tick]] = {}
    for each in incident.ticks:
        ticks.setdefault(each.list, {})[each.item] = each
    bound = {each.checklist for each in incident.rules if each.checklist}
    had = {each.value.casefold() for each in incident.severities} | {worst(incident, plan.ladder).casefold()}
    lists = {
        each.id: each
        for each in plan.checklists
        if each.id in ticks or each.id in bound or had & {name.casefold() for name in each.levels}
    }
    rows = [ListRow(each.title, each.origin, _boxes(each, ticks.get(each.id, {}))) for each in lists.values()]
    gone = {id: boxes for id, boxes in ticks.items() if id not in lists}
    return rows + [
        ListRow(id, "", tuple(_ticked(box) for _, box in sorted(boxes.items())), gone=True)
        for id, boxes in gone.items()
    ]


def _boxes(checklist: Checklist, ticks: dict[int, Tick]) -> tuple[ChecklistLine, ...]:
    """As the list is now, and what was ticked of it as it was then."""
    listed = [
        _ticked(ticks[number], text) if number in ticks else ChecklistLine(text, NOT_TICKED)
        for number, text in enumerate(checklist.items, start=1)
    ]
    return (*listed, *(_ticked(tick) for number, tick in sorted(ticks.items()) if number > len(listed)))


def _ticked(tick: Tick, text: str = "") -> ChecklistLine:
    state = tick.state if tick.state in ("done", SKIPPED) else NOT_TICKED
    return ChecklistLine(tick.text or text, state, tick.actor, tick.at, tick.reason)


def procedure_rows(incident: Incident, clocks: Sequence[Clock], now: datetime) -> list[ProcedureRow]:
    """Every run of a procedure, in the order they began."""
    states = {each.id: each.state(now).value for each in clocks if each.kind is ClockKind.BUDGET}
    return [
        ProcedureRow(each, each.ended - each.started if each.ended else None, states.get(f"budget:{each.id}", ""))
        for each in sorted(incident.ran, key=lambda each: each.started)
    ]


def told_nowhere_else(clocks: Sequence[Clock], now: datetime) -> list[Clock]:
    """Without the clocks whose story is told with the recovery, the messages, or what is still open."""
    return [
        each
        for each in clocks
        if each.kind not in (ClockKind.RECOVERY, ClockKind.PROMISE)
        and not (each.kind in LOOSE and each.state(now) in STILL)
    ]


def loop_rows(incident: Incident, clocks: Sequence[Clock], now: datetime) -> list[LoopRow]:
    """What was begun and not ended: loose ends, tasks, promises, a freeze, a run."""
    rows = [
        LoopRow(each.what, each.started, each.due, each.who, each.state(now).value)
        for each in clocks
        if each.kind in LOOSE and each.state(now) in STILL
    ]
    rows += [
        LoopRow(f"no deployments to {each.environment}: {each.reason}".rstrip(": "), each.since, None, each.by, "holds")
        for each in incident.freezes
        if each.until is None
    ]
    rows += [
        LoopRow(f"run of {each.title}", each.started, None, "", "not ended") for each in incident.ran if not each.ended
    ]
    return sorted(rows, key=lambda each: each.since)
