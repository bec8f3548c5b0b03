"""The tables of a post-mortem draft, as plain values; the template gives them their form."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cockpit.incident.background import is_change
from cockpit.incident.change_dates import describe_request
from cockpit.incident.clocks.updates import check_promise, find_answer
from cockpit.incident.open_ends import ELSEWHERE_LED, find_undone, find_unsettled_signals, list_undone_tasks
from cockpit.incident.postmortem.markdown import Markdown, render_link
from cockpit.incident.postmortem.marked_notes import is_marked_note
from cockpit.incident.postmortem.remedies import find_step_of
from cockpit.incident.postmortem.run_rows import run_rows
from cockpit.incident.postmortem.turning_points import describe_summary, find_turning_points
from cockpit.incident.response_state import SKIPPED
from cockpit.model.clock import Clock, ClockKind, ClockState
from cockpit.model.clock_steps import describe_clock_then
from cockpit.model.event import (
    OUTSIDE_KINDS,
    STORM_FROM,
    WRITTEN_LATE,
    Event,
    Kind,
    attempt_of,
    describe_unseen,
    join_alert_events,
    list_of,
    map_of,
    text_of,
    time_of,
    words_of,
)
from cockpit.model.incident import Incident, Status, find_worst_severity
from cockpit.model.plan import Checklist, Plan
from cockpit.model.response import Tick, Update, find_box_ticks, list_former_ticks
from cockpit.model.run import mark_step_ends, name_run
from cockpit.model.time import format_duration, measure_between

NOTICED_LATE = timedelta(minutes=5)  # what the cloud dated and we recorded later than this says so
OWN_BUSINESS = frozenset({Kind.RECORDER, Kind.EXPORT, Kind.REDACT})  # about the cockpit, not about the incident
ELSEWHERE = frozenset({Kind.PIN, Kind.LINK, Kind.TICK, Kind.ITEM, Kind.REVIEW})  # written in a place of their own
SEEN_LATER = frozenset(
    {Kind.REVISION, Kind.TRAFFIC, *OUTSIDE_KINDS}
)  # dated by the cloud, whenever somebody began to watch
NOTHING = Markdown()
WRITTEN_KINDS = frozenset({Kind.NOTE, Kind.DECISION})  # their detail holds all of their words, the summary a line


@dataclass(frozen=True, slots=True)
class ChangeRow:
    at: datetime
    what: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """`evidence` leads to what proves it; `turning`: it belongs to the short timeline."""

    at: datetime
    kind: str
    who: str
    what: str
    pinned: bool = False
    evidence: Markdown = NOTHING
    turning: bool = False


@dataclass(frozen=True, slots=True)
class DeploymentRow:
    at: datetime
    what: str
    image: str
    by: str


def change_rows(incident: Incident) -> list[ChangeRow]:
    """Every severity and status it had, by when that began."""
    named = [("severity", severity) for severity in incident.severities] + [
        ("status", status) for status in incident.statuses
    ]
    # The one that was meant counts from when the wrong one was entered, and stood only once that was marked.
    mistaken = {mistake.entered for mistake in incident.mistakes}
    rows = [
        ChangeRow(state_change.at, f"{what} {state_change.value}", state_change.actor, state_change.reason)
        for what, state_change in named
        if not (what == "severity" and state_change.at in mistaken)
    ]
    for mistake in incident.mistakes:
        if mistake.entered is not None:
            what = f"severity {mistake.value}, by mistake"
            rows.append(ChangeRow(mistake.entered, what, mistake.entered_by, mistake.entered_reason))
        counts = f", {mistake.meant} counts from {mistake.entered:%H:%M:%S} UTC" if mistake.entered else ""
        what = f"severity {mistake.value} marked as entered by mistake{counts}"
        rows.append(ChangeRow(mistake.at, what, mistake.actor, mistake.reason))
    return sorted(rows, key=lambda row: row.at)


def timeline_rows(events: Iterable[Event], incident: Incident) -> list[TimelineRow]:
    """Every fact of the incident, in the order given, with its pin and its evidence; a step once it ended as one."""
    events = mark_step_ends(events)
    turning = find_turning_points(incident, events)
    ended = {
        attempt_of(event) for event in events if event.kind == Kind.STEP and text_of(event.detail, "phase") == "outcome"
    }
    links: dict[int, list[str]] = {}
    for evidence_link in incident.links:
        links.setdefault(evidence_link.event, []).append(render_link(evidence_link.target, evidence_link.text))
    evidence = {number: Markdown(", ".join(names)) for number, names in links.items()}
    kept = {*incident.pins, *links}
    events = join_alert_events(events, kept)
    moves = {event.id: text for event in events if (text := describe_request(event, events))}
    return [
        TimelineRow(
            event.occurred,
            event.kind,
            event.actor or event.source,
            f"{_describe_event(event)}{moves.get(event.id, '')}",
            event.id in incident.pins,
            evidence.get(event.id, NOTHING),
            event.id in turning,
        )
        for event in events
        if event.kind not in OWN_BUSINESS and event.kind not in ELSEWHERE and not _is_implied_by_its_end(event, ended)
    ]


def _is_implied_by_its_end(event: Event, ended: Set[tuple[str, object]]) -> bool:
    """A step that began says nothing beside its end, which names its length; nor does a post to a webhook."""
    if event.kind == Kind.WEBHOOK and text_of(event.detail, "phase") == "intent":
        return True
    is_begun = event.kind == Kind.STEP and text_of(event.detail, "phase") in ("intent", "operation")
    return is_begun and attempt_of(event) in ended


def _describe_event(event: Event) -> str:
    if event.redacted:
        return "(redacted)"
    marks = []
    if event.supersedes is not None and event.kind != Kind.DECLARE:  # whose line says itself what was corrected
        marks.append("corrected")
    marks += late_mark(event)
    # A note keeps all of its words under "text"; an alert its rule's description, the same whatever happened.
    text = (text_of(event.detail, "text") if event.kind in WRITTEN_KINDS else "") or describe_summary(event)
    return _with_marks(text, marks)


def _with_marks(text: str, marks: Sequence[str]) -> str:
    return f"{text} ({', '.join(marks)})" if marks else text


def late_mark(event: Event) -> list[str]:
    """That a person wrote it down later, or that nobody watched when it happened."""
    then = [text] if (text := describe_clock_then(event)) else []
    late = measure_between(event.occurred, event.recorded)
    if late < (WRITTEN_LATE if event.actor else NOTICED_LATE) or not (event.actor or event.kind in SEEN_LATER):
        return then
    return [*then, f"{'written down' if event.actor else 'recorded'} {format_duration(late)} later"]


def list_excerpts(events: Iterable[Event]) -> list[tuple[Event, str]]:
    """What was kept as evidence with its lines: each note of several lines (of a log, say), each failing answer."""
    events = list(events)
    notes = [(event, words_of(event.detail, "text")) for event in events if event.kind == Kind.NOTE]
    excerpts = [
        (event, text) for event, text in notes if "\n" in text and not (event.redacted or is_marked_note(event))
    ]
    excerpts += [(event, text) for event in events for text in _list_answers(event, events) if not event.redacted]
    return sorted(excerpts, key=lambda pair: (pair[0].occurred, pair[0].id))


def _list_answers(event: Event, events: Sequence[Event]) -> Iterator[str]:
    """The failing answers that a turn of a probe kept: the first of an outage, and the newest where it tells more."""
    if event.kind != Kind.PROBE:
        return
    if answer := map_of(event.detail, "answer"):
        yield format_answer(event.subject, answer)
    if newest := map_of(event.detail, "last_answer"):
        firsts = [
            map_of(before.detail, "answer")
            for before in events
            if before.kind == Kind.PROBE and before.subject == event.subject and before.id < event.id
        ]
        if not any(_tells_the_same(first, newest) for first in firsts):
            at = time_of(newest, "at")
            yield format_answer(f"{event.subject}, newest failing answer{f', {at:%H:%M:%S}Z' if at else ''}", newest)


def _tells_the_same(first: Mapping[str, Any], newest: Mapping[str, Any]) -> bool:
    return all(first.get(name) == newest.get(name) for name in ("status", "reason", "body"))


PHASES = ("dns", "connect", "tls", "answer", "body")  # as they follow one another


def format_answer(subject: str, answer: Mapping[str, Any]) -> str:
    """A failing answer: what it was, the way to it, its headers, the beginning of its body."""
    status, url, address = answer.get("status"), text_of(answer, "url"), text_of(answer, "address")
    head = " ".join(part for part in (f"HTTP {status}" if status else "", url, address) if part)
    tried = [f"tried {line}" for line in list_of(answer, "tried")]
    times = map_of(answer, "phases_ms")  # the file holds them by the alphabet
    phases = [f"{name} {times[name]} ms" for name in (*PHASES, *(times.keys() - set(PHASES))) if name in times]
    broke_off = text_of(answer, "broke_off")
    way = " · ".join([*phases, *([f"ended in {broke_off}"] if broke_off else [])])
    headers = [f"{name}: {value}" for name, value in map_of(answer, "headers").items()]
    lines = [f"{subject}: {text_of(answer, 'reason')}", head, *tried, way, text_of(answer, "tls"), *headers]
    return "\n".join(line for line in (*lines, words_of(answer, "body")) if line)


def revisions_created(events: Iterable[Event]) -> int:
    """How many revisions were made; the recorder's first look, health and traffic make none."""
    return len(
        {event.subject for event in events if event.kind == Kind.REVISION and event.detail.get("what") == "created"}
    )


def deployment_rows(events: Iterable[Event]) -> list[DeploymentRow]:
    """Revisions and traffic, in the order given."""
    events = list(events)
    return [
        DeploymentRow(
            event.occurred,
            f"{_with_marks(event.summary, late_mark(event))}{describe_request(event, events)}{describe_unseen(event)}",
            text_of(event.detail, "image"),
            _name_author(event, events),
        )
        for event in events
        if event.kind in (Kind.REVISION, Kind.TRAFFIC)
    ]


def _name_author(event: Event, events: Sequence[Event]) -> str:
    """Who did it: the person by the name that stands everywhere, and beside it whom the cloud says."""
    author, in_cloud = _find_own_author(event, events), text_of(event.detail, "changed_by")
    return f"{author}; in the cloud {in_cloud}" if author and in_cloud not in ("", author) else author or in_cloud


def _find_own_author(event: Event, events: Sequence[Event]) -> str:
    """Whoever ran the step of ours that was making a change then; "" where none was, or nothing was changed."""
    if not is_change(event) or (step := find_step_of(events, event)) is None:
        return ""
    run = step.subject.partition("#")[0]
    begun = [event for event in events if event.kind == Kind.RUN and event.subject == run]
    title = next((text for event in begun if (text := name_run(event.detail))), "")
    return f"{step.actor} ({title})" if title else step.actor


# What people did, as the draft tells it: severities, messages, boxes, and what is still open.

NOT_TICKED = "not ticked"
OPEN_CLOCK_KINDS = frozenset({ClockKind.LOOP, ClockKind.TASK, ClockKind.PROMISE, ClockKind.BREACH})
STILL = frozenset({ClockState.OPEN, ClockState.RUNNING, ClockState.AT_RISK, ClockState.OVERDUE})


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message that was sent; `kept` is what became of the time it promised, `late` by how much it was missed."""

    update: Update
    kept: str
    late: timedelta | None = None


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
        return [box.text for box in self.boxes if box.state == NOT_TICKED]


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
    moments = [(severity.at, "severity", severity.value) for severity in incident.severities]
    moments += [(status.at, "status", status.value) for status in incident.statuses]
    times: dict[str, timedelta] = {}
    severity, open, last = "", True, incident.declared
    for moment, what, value in [*sorted(moments, key=lambda triple: triple[0]), (incident.resolved or now, "", "")]:
        if severity and open:
            times[severity] = times.get(severity, timedelta()) + max(measure_between(last, moment), timedelta())
        last = max(last, moment)
        if what == "severity":
            severity = value
            times.setdefault(severity, timedelta())
        elif what == "status":
            open = value != Status.RESOLVED
    return list(times.items())


def message_rows(incident: Incident, now: datetime) -> list[MessageRow]:
    """Every message in the order in which they were sent."""
    sent = sorted(incident.updates, key=lambda update: (update.at, update.event))
    return [
        MessageRow(update, check_promise(update, sent, now) or "", _measure_lateness(update, sent)) for update in sent
    ]


def _measure_lateness(update: Update, sent: Sequence[Update]) -> timedelta | None:
    """How long after the promised time the next message to the same readers came, as the two times are shown."""
    answer = find_answer(update, sent)
    if answer is None or update.promised is None or answer <= update.promised:
        return None
    return measure_between(update.promised, answer) or None


def list_rows(incident: Incident, plan: Plan) -> list[ListRow]:
    """The lists that its severities open, and those that somebody began: every box, also those nobody ticked."""
    ticks: dict[str, list[Tick]] = {}
    for tick in incident.ticks:
        ticks.setdefault(tick.list, []).append(tick)
    bound = {rule.checklist for rule in incident.rules if rule.checklist}
    had = {severity.value.casefold() for severity in incident.severities} | {
        find_worst_severity(incident, plan.severity_scale).casefold()
    }
    lists = {
        checklist.id: checklist
        for checklist in plan.checklists
        if checklist.id in ticks or checklist.id in bound or had & {name.casefold() for name in checklist.levels}
    }
    rows = [ListRow(items.title, items.origin, _list_boxes(items, ticks.get(items.id, ()))) for items in lists.values()]
    gone = {id: boxes for id, boxes in ticks.items() if id not in lists}
    return rows + [
        ListRow(id, "", tuple(map(_build_ticked_box, list_former_ticks((), boxes))), gone=True)
        for id, boxes in gone.items()
    ]


def _list_boxes(checklist: Checklist, ticks: Sequence[Tick]) -> tuple[ChecklistLine, ...]:
    """As the list is now, and what was ticked of it as it was then."""
    box_ticks = find_box_ticks(checklist.items, ticks)
    listed = [
        _build_ticked_box(box_ticks[number], text) if number in box_ticks else ChecklistLine(text, NOT_TICKED)
        for number, text in enumerate(checklist.items, start=1)
    ]
    return (*listed, *map(_build_ticked_box, list_former_ticks(checklist.items, ticks)))


def _build_ticked_box(tick: Tick, text: str = "") -> ChecklistLine:
    state = tick.state if tick.state in ("done", SKIPPED) else NOT_TICKED
    reason = tick.reason
    if state == "done" and tick.ticked is not None and (tick.is_ticked_later or tick.doer != tick.actor):
        by = f"by {tick.actor} " if tick.doer != tick.actor else ""
        later = f"ticked {by}at {tick.ticked.astimezone(UTC):%H:%M:%S}; when it was done is on record"
        reason = "; ".join(text for text in (reason, later) if text)
    return ChecklistLine(tick.text or text, state, tick.doer if state == "done" else tick.actor, tick.at, reason)


def loop_rows(
    incident: Incident,
    clocks: Sequence[Clock],
    now: datetime,
    checklists: Sequence[Checklist] = (),
    events: Sequence[Event] = (),
) -> list[LoopRow]:
    """What was begun and not ended: temporary changes, tasks, promises, a freeze, a run, a step that nobody knows the
    end of; what is bad still, silenced or not; once it is resolved what was not done, too. Each once, as it stands at
    `now`, and what was bad as it stood when the incident ended. `events` are those of the incident that stand."""
    rows = [
        LoopRow(clock.what, clock.started, clock.due, clock.who, clock.state(now).value)
        for clock in clocks
        if clock.kind in OPEN_CLOCK_KINDS and clock.state(now) in STILL
    ]
    # What somebody was to do does not end with the incident; its deadline was missed, as the deadlines tell.
    rows += [
        LoopRow(clock.what, clock.started, clock.due, clock.who, "not done") for clock in list_undone_tasks(clocks, now)
    ]
    rows += [
        LoopRow(
            f"no deployments to {freeze.environment}: {freeze.reason}".rstrip(": "),
            freeze.since,
            None,
            freeze.by,
            "holds",
        )
        for freeze in incident.freezes
        if freeze.until is None
    ]
    rows += [
        LoopRow(
            f"silence of {silence.text}{f': {silence.reason}' if silence.reason else ''}",
            silence.since,
            silence.until,
            silence.by,
            "holds, as recorded" if silence.is_sure else "may hold: nobody answered whether it was made so",
        )
        for silence in incident.silences
        if silence.holds(now)
    ]
    rows += [
        LoopRow(
            f"run of {item.title}",
            item.started,
            None,
            "",
            f"not closed, {item.standing}" if item.standing else "not ended",
        )
        for item in incident.ran
        if not item.ended
    ]
    if incident.because in ELSEWHERE_LED:
        return sorted(rows, key=lambda loop_row: loop_row.since)
    rows += _list_unsettled_rows(incident, events)
    rows += [
        LoopRow(f"step {row.step or row.number}", row.at, None, row.who, "nobody knows whether it took effect")
        for row in run_rows(events)
        if row.state == UNKNOWN
    ]
    left_since = incident.resolved or max((closed for closed, _ in incident.closures), default=incident.declared)
    undone = find_undone(incident, now, checklists)
    rows += [LoopRow(end.text, left_since, None, "", "not done") for end in undone]
    return sorted(rows, key=lambda loop_row: loop_row.since)


UNKNOWN = "unknown"  # the state of a step that was sent and not answered


def _list_unsettled_rows(incident: Incident, events: Sequence[Event]) -> list[LoopRow]:
    """What is bad still; not what was written down as something to check when it was resolved: that has its own row
    until somebody ends it."""
    marks = [mark.text for mark in incident.marks if mark.kind is ClockKind.LOOP]
    then = "" if incident.open else " when it was resolved"
    alike: dict[tuple[str, str, str], list[datetime]] = {}
    for unsettled in find_unsettled_signals(incident, events):
        if not any(unsettled.label.removeprefix("revision ") in text for text in marks):
            key = (unsettled.label, f"{unsettled.state}{then}", unsettled.taken_by)
            alike.setdefault(key, []).append(unsettled.since)
    rows = []
    for (label, state, person), moments in alike.items():
        if len(moments) >= STORM_FROM:
            rows.append(LoopRow(f"{label}: {len(moments)} instances", min(moments), None, person, state))
        else:
            rows += [LoopRow(label, since, None, person, state) for since in moments]
    return rows
