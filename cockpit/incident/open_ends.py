"""What stays open when an incident is resolved: shown before it is, dealt with, or left open in the record."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from cockpit.incident.clocks.reminders import ASKING
from cockpit.incident.response_state import LEFT_BAD, LEFT_FLAPPING, LEFT_SILENCED, LEFT_UNHEALTHY, find_left_open
from cockpit.incident.serving_state import UNHEALTHY
from cockpit.incident.signals import Signal, key_of, says_bad, signal_of
from cockpit.incident.takers import BadStretch, find_takers_in, list_bad_stretches
from cockpit.model.alert import AlertState
from cockpit.model.clock import Clock, ClockKind, ClockState, show_moment, shown_due
from cockpit.model.event import Event, Kind, text_of
from cockpit.model.incident import Incident
from cockpit.model.plan import Checklist
from cockpit.model.response import CloseReason, Freeze, find_box_ticks
from cockpit.model.revision import Application, Revision
from cockpit.model.revision_health import RevisionCondition, judge_revision
from cockpit.model.time import format_duration, measure_between
from cockpit.recorder.last_recorded import FLAPPING, LastRecorded

QUIET = ", silenced at its source"
ALERT = f"{Kind.ALERT} "  # how the label of an alert's signal begins


class OpenEndKind(StrEnum):
    SIGNAL = "signal"
    SILENCED = "silenced"
    SILENCE = "silence"  # made from here, whether an alert falls silent by it or not
    FREEZE = "freeze"
    REVISION = "revision"
    RUN = "run"
    CHECKLIST = "checklist"
    TASK = "task"
    UPDATE = "update"
    NOTHING_SENT = "nothing sent"


@dataclass(frozen=True, slots=True)
class OpenEnd:
    """`target` names what it is about: a signal's key, `app/revision`, a run's or a checklist's id.

    `left` is what is written down where it is left open, in words that stay true; "" for what the record itself tells
    for as long as it is open: a run, a freeze, a silence, a box, a message. Written down, it would stand there twice,
    for ever.
    """

    kind: OpenEndKind
    text: str
    target: str = ""
    left: str = ""


def find_open_ends(
    incident: Incident,
    now: datetime,
    *,
    bad: Iterable[Signal] = (),
    silenced: Iterable[str] = (),
    freeze: Freeze | None = None,
    applications: Iterable[Application] = (),
    checklists: Sequence[Checklist] = (),
    clocks: Iterable[Clock] = (),
    zone: tzinfo = UTC,
) -> tuple[OpenEnd, ...]:
    """In the order in which they matter: what is broken, what is changed for now, what is owed."""
    bad, quiet = list(bad), set(silenced)
    ends = [
        OpenEnd(
            OpenEndKind.SIGNAL,
            f"{signal.still}{QUIET if signal.label.removeprefix(ALERT) in quiet else ''}",
            signal.key,
            (LEFT_FLAPPING if signal.state == FLAPPING else LEFT_BAD).format(label=signal.label),
        )
        for signal in bad
    ]
    # One that was silenced before it was seen to fire is not known to be bad, and not to be well either.
    ends += [
        OpenEnd(
            OpenEndKind.SILENCED,
            f"alert {name} is silenced at its source",
            name,
            LEFT_SILENCED.format(label=f"alert {name}"),
        )
        for name in sorted(quiet - {signal.label.removeprefix(ALERT) for signal in bad})
    ]
    # One whose alert has ended silences the next one all the same.
    ends += [
        OpenEnd(
            OpenEndKind.SILENCE,
            f"silence of {silence.describe(show_moment(silence.until, zone, now))}",
            silence.id or silence.text,
        )
        for silence in incident.silences
        if silence.holds(now)
    ]
    if freeze is not None:
        reason = f": {freeze.reason}" if freeze.reason else ""
        ends.append(OpenEnd(OpenEndKind.FREEZE, f"{freeze.environment} is frozen{reason}"))
    ends += _find_unhealthy_revisions(applications)
    ends += _find_open_runs(incident, now)
    ends += _find_open_checklists(incident, checklists)
    clocks = list(clocks)
    ends += [
        OpenEnd(OpenEndKind.TASK, f"task: {clock.what}, due {shown_due(clock, zone, now)}", clock.id)
        for clock in clocks
        if clock.kind is ClockKind.TASK and clock.state(now) in ASKING
    ]
    # What waits for a recovery is among what is bad.
    ends += [
        OpenEnd(OpenEndKind.TASK, f"for now, to be put back: {clock.what}", clock.id)
        for clock in clocks
        if clock.kind is ClockKind.LOOP
        and clock.state(now) in ASKING | {ClockState.OPEN}
        and not find_left_open(clock.what)
    ]
    ends += _find_owed_updates(incident, clocks, now, zone)
    if not incident.updates and not incident.drill:
        ends.append(OpenEnd(OpenEndKind.NOTHING_SENT, "nobody was told anything yet"))
    return tuple(ends)


ELSEWHERE_LED = frozenset({CloseReason.DUPLICATE, CloseReason.SUPERSEDED})  # what it owes, the other one does
UNDONE = frozenset({OpenEndKind.CHECKLIST, OpenEndKind.NOTHING_SENT})  # a promise is a clock of its own


def find_undone(
    incident: Incident, now: datetime, checklists: Sequence[Checklist], clocks: Iterable[Clock] = ()
) -> list[OpenEnd]:
    """What was not done when it was resolved, and is not done now: it does not end with the incident, and not with its
    being opened again. A list that a deadline asks for again is told by that; what is led elsewhere owes nothing."""
    if (incident.open and not incident.closures) or incident.because in ELSEWHERE_LED:
        return []
    asking = {f"{clock.obligation or clock.id}" for clock in clocks if clock.state(now) in ASKING}
    return [
        end
        for end in find_open_ends(incident, now, checklists=checklists)
        if end.kind in UNDONE and f"{ClockKind.CHECKLIST.value}:{end.target}" not in asking
    ]


def list_undone_tasks(clocks: Iterable[Clock], now: datetime) -> list[Clock]:
    """The tasks that were missed at a resolution and that nobody did since, each once; not while one asks again."""
    by_obligation: dict[str, list[Clock]] = {}
    for clock in clocks:
        if clock.kind is ClockKind.TASK:
            by_obligation.setdefault(clock.obligation or clock.id, []).append(clock)
    return [
        next(clock for clock in several if clock.undone)
        for several in by_obligation.values()
        if any(clock.undone for clock in several)
        and not any(clock.state(now) in ASKING or (clock.done and not clock.undone) for clock in several)
    ]


def _find_open_runs(incident: Incident, now: datetime) -> Iterator[OpenEnd]:
    """Each run that nobody ended, and each that left a step behind of which nobody knows whether it took effect."""
    for run in incident.ran:
        steps = f"step{'s' if len(run.unknown) > 1 else ''} {', '.join(run.unknown)}"
        doubt = f"nobody knows whether {steps} took effect" if run.unknown else ""
        if run.ended is None:
            length = format_duration(measure_between(run.started, now))
            standing = f", {run.standing}" if run.standing else ""
            text = f"run open for {length}{standing}: {run.title}{f'; {doubt}' if doubt else ''}"
            yield OpenEnd(OpenEndKind.RUN, text, run.id)
        elif doubt:
            yield OpenEnd(OpenEndKind.RUN, f"run ended: {run.title}; {doubt}", run.id)


def _find_owed_updates(incident: Incident, clocks: Iterable[Clock], now: datetime, zone: tzinfo) -> Iterator[OpenEnd]:
    """What somebody waits for: a message that was promised, and the next one where it is late already.

    That the next one would be due some time is nothing that stays open: it ends with the incident. Where nothing was
    sent at all, that is listed once.
    """
    for clock in clocks:
        state = clock.state(now)
        if clock.kind is ClockKind.PROMISE and state in ASKING:
            yield OpenEnd(OpenEndKind.UPDATE, f"{clock.what}, promised by {shown_due(clock, zone, now)}", clock.id)
        elif clock.kind is ClockKind.UPDATE and state is ClockState.OVERDUE and incident.updates:
            yield OpenEnd(OpenEndKind.UPDATE, f"{clock.what}, late since {shown_due(clock, zone, now)}", clock.id)


def list_left_open(incident: Incident, ends: Iterable[OpenEnd]) -> list[str]:
    """What is to be written down of the ends that are left open; not what is written down and open already."""
    open = {mark.text for mark in incident.marks if mark.kind is ClockKind.LOOP and mark.done is None}
    return [text for text in dict.fromkeys(end.left for end in ends) if text and text not in open]


@dataclass(frozen=True, slots=True)
class UnsettledSignal:
    """What was bad when the events of an incident end: `state` in words, since when, and who took it."""

    label: str
    state: str
    since: datetime
    taken_by: str = ""


def find_unsettled_signals(incident: Incident, events: Iterable[Event]) -> list[UnsettledSignal]:
    """What is bad by the last word of each probe, number and alert, silenced and vanished ones too; and revisions that
    are active and unhealthy. `events` are those of the incident that stand, in order."""
    events = list(events)
    stretches: dict[str, list[BadStretch]] = {}
    for stretch in list_bad_stretches(events):
        stretches.setdefault(stretch.key, []).append(stretch)
    bad: dict[str, UnsettledSignal] = {}
    revisions = LastRecorded()
    ill_since: dict[str, datetime] = {}
    for event in events:
        if event.kind in (Kind.PROBE, Kind.SIGNAL, Kind.ALERT):
            state, key = text_of(event.detail, "state"), key_of(event)
            is_open = says_bad(event.kind, event.detail) or (
                event.kind == Kind.ALERT and state in OPEN_ALERT_STATES and text_of(event.detail, "severity") != "info"
            )
            if is_open:
                signal = signal_of(event)
                since = bad[key].since if key in bad and not signal.fired_anew else signal.began
                words = _describe_alert_state(event) if event.kind == Kind.ALERT else state
                own = stretches.get(key, [])
                taker = ", ".join(find_takers_in(incident, own[-1], own)) if own else ""
                bad[key] = UnsettledSignal(signal.label, words, since, taker)
            elif says_bad(event.kind, event.detail) is False:
                bad.pop(key, None)
        elif event.kind == Kind.REVISION:
            revisions.apply(event)
            for app, recorded in revisions.apps.items():
                for name, revision in recorded.revisions.items():
                    if revision.active and revision.health in UNHEALTHY:
                        ill_since.setdefault(f"{app}/{name}", event.occurred)
                    else:
                        ill_since.pop(f"{app}/{name}", None)
    ill = [
        UnsettledSignal(f"revision {key.partition('/')[2]}", "active and unhealthy", since)
        for key, since in ill_since.items()
    ]
    return [*bad.values(), *ill]


OPEN_ALERT_STATES = frozenset({AlertState.SUPPRESSED.value, AlertState.RESOLVING.value})


def _describe_alert_state(event: Event) -> str:
    state = text_of(event.detail, "state")
    if state == AlertState.SUPPRESSED:  # `silenced until 14:00 by ana`, `inhibited by 1 alert`
        return text_of(event.detail, "note") or "silenced at its source"
    return "vanished, and nothing confirmed that it is over" if state == AlertState.RESOLVING else state


def list_recorded_applications(last_recorded: LastRecorded, environment: str) -> list[Application]:
    """The apps as the record knows them, for a shell, which watches nothing itself."""
    return [
        Application(
            name,
            environment,
            "",
            "",
            tuple(
                Revision(name, revision, known.active, app.traffic.get(revision, 0), None, health=known.health)
                for revision, known in app.revisions.items()
            ),
        )
        for name, app in last_recorded.apps.items()
    ]


def _find_unhealthy_revisions(applications: Iterable[Application]) -> Iterator[OpenEnd]:
    for application in applications:
        for revision in application.revisions:
            health = judge_revision(revision)
            if revision.active and health.condition is RevisionCondition.ILL:
                text = f"{revision.name} is still active and unhealthy ({revision.weight} % of the traffic)"
                left = LEFT_UNHEALTHY.format(label=revision.name)
                yield OpenEnd(OpenEndKind.REVISION, text, f"{revision.app}/{revision.name}", left)


def _find_open_checklists(incident: Incident, checklists: Sequence[Checklist]) -> Iterator[OpenEnd]:
    """Of the lists that belong to a severity that it had, those with boxes that nobody settled."""
    severities = {incident.severity.casefold(), *(change.value.casefold() for change in incident.severities)}
    for checklist in checklists:
        if severities.isdisjoint(level.casefold() for level in checklist.levels):
            continue
        ticks = find_box_ticks(checklist.items, (tick for tick in incident.ticks if tick.list == checklist.id))
        settled = {number for number, tick in ticks.items() if tick.state != "open"}
        left = sum(number not in settled for number in range(1, len(checklist.items) + 1))
        if left:
            boxes = "1 item" if left == 1 else f"{left} items"
            yield OpenEnd(OpenEndKind.CHECKLIST, f"{checklist.title}: {boxes} not done", checklist.id)
