"""The tables of a post-mortem draft, as plain values; the template gives them their form."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cockpit.incident.background import is_change
from cockpit.incident.clocks.updates import check_promise, find_answer
from cockpit.incident.impact import EARLIEST, LATEST
from cockpit.incident.open_ends import find_undone, find_unsettled_signals, list_undone_tasks
from cockpit.incident.postmortem.markdown import Markdown, render_link
from cockpit.incident.postmortem.story import (
    describe_request,
    describe_summary,
    find_changing_step,
    find_turning_points,
    is_marked_note,
)
from cockpit.incident.response_state import SKIPPED
from cockpit.incident.signals import has_fired_anew, key_of
from cockpit.incident.takers import BadStretch, find_takers_in, list_bad_stretches
from cockpit.model.alert import AlertState
from cockpit.model.clock import Clock, ClockKind, ClockState
from cockpit.model.clock_steps import describe_clock_then
from cockpit.model.event import (
    OUTSIDE_KINDS,
    STORM_FROM,
    WRITTEN_LATE,
    Event,
    Kind,
    join_alert_events,
    list_of,
    map_of,
    text_of,
    time_of,
    words_of,
)
from cockpit.model.incident import Incident, Status, find_worst_severity
from cockpit.model.plan import Checklist, Plan
from cockpit.model.response import CloseReason, ProcedureRun, Tick, Update
from cockpit.model.text import clean_text
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
class AlertRow:
    """One firing of an alert, or of many. `ended` is when its source ended it in the time of the incident, and
    `ended_before` when it fired anew, where nobody saw its end. Where it did not end, `state` is as it was when that
    was closed, `closed`, and `ended_later` when it ended after that, where the record knows."""

    name: str
    severity: str
    resource: str
    source: str
    fired: datetime | None
    state: str
    ended: datetime | None
    taken_by: str
    closed: datetime | None = None
    ended_later: datetime | None = None
    ended_before: datetime | None = None
    keys: frozenset[str] = frozenset()  # the alerts that this tells of
    firings: int = 1


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
    events = list(events)
    turning = find_turning_points(incident, events)
    ended = {
        (event.subject, event.detail.get("attempt"))
        for event in events
        if event.kind == Kind.STEP and text_of(event.detail, "phase") == "outcome"
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
    return is_begun and (event.subject, event.detail.get("attempt")) in ended


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
    late = event.recorded - event.occurred
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


def alert_rows(events: Sequence[Event], incident: Incident, afterlife: Sequence[Event] = ()) -> list[AlertRow]:
    """Each firing of each alert with its end, in the order in which they began. `afterlife` is what is on record of
    alerts beside the incident."""
    stretches: dict[str, list[BadStretch]] = {}
    for stretch in list_bad_stretches(event for event in events if event.kind == Kind.ALERT):
        stretches.setdefault(stretch.key, []).append(stretch)
    rows: list[AlertRow] = []
    last: dict[str, int] = {}  # by alert the place of its last row
    for event in events:
        if event.kind != Kind.ALERT:
            continue
        state, place = text_of(event.detail, "state"), last.get(event.subject)
        if place is None or has_fired_anew(event) or (rows[place].ended is not None and state != AlertState.RESOLVED):
            before = rows[place] if place is not None else None
            if place is not None and before is not None and before.ended is None:
                rows[place] = replace(before, ended_before=event.occurred)
            last[event.subject] = place = len(rows)
            rows.append(_begin_alert_row(event, before, stretches.get(key_of(event), ()), incident))
        row = rows[place]
        rows[place] = replace(
            row,
            severity=text_of(event.detail, "severity") or row.severity,
            resource=text_of(event.detail, "resource") or row.resource,
            fired=row.fired or (event.occurred if state == AlertState.FIRING else None),
            state=state,
            ended=event.occurred if state == AlertState.RESOLVED else None,
        )
    facts: dict[str, list[Event]] = {}
    for event in afterlife:
        for key in _list_alert_keys(event):
            facts.setdefault(key, []).append(event)
    for place, row in enumerate(rows):
        key = next(iter(row.keys))
        rows[place] = _add_afterlife(row, incident.resolved if place == last[key] else None, facts.get(key, ()))
    return _join_storm_rows(_join_firings(rows))


def _begin_alert_row(
    event: Event, before: AlertRow | None, stretches: Sequence[BadStretch], incident: Incident
) -> AlertRow:
    """The row that an event begins; `before` is the alert's last one, and `stretches` all of its own."""
    own = [
        stretch
        for stretch in stretches
        if event.occurred in ((stretch.until,) if stretch.since is None else (stretch.since,))
    ]
    return AlertRow(
        text_of(event.detail, "name") or (before.name if before else event.subject),
        before.severity if before else "",
        before.resource if before else "",
        event.subject.partition(":")[0],
        None,
        "",
        None,
        _list_takers(own, stretches, incident),
        keys=frozenset({event.subject}),
    )


def count_alerts(rows: Iterable[AlertRow]) -> str:
    """`3`, `3, which fired 5 times`: how many alerts there were, and how often they fired where that is more."""
    rows = list(rows)
    alerts, firings = len(frozenset().union(*(row.keys for row in rows))), sum(row.firings for row in rows)
    return f"{alerts}, which fired {firings} times" if firings > alerts else str(alerts)


def _list_takers(own: Iterable[BadStretch], stretches: Sequence[BadStretch], incident: Incident) -> str:
    """Whoever took the alert in some of its stretches."""
    takers = (person for stretch in own for person in find_takers_in(incident, stretch, stretches))
    return ", ".join(dict.fromkeys(takers))


def _list_alert_keys(event: Event) -> list[str]:
    """The alerts that an alert's turn or an acknowledgement is about."""
    keys = [str(key) for key in list_of(event.detail, "keys")] if event.kind == Kind.ACK else []
    return keys or [event.subject]


def _add_afterlife(row: AlertRow, closed: datetime | None, afterlife: Sequence[Event]) -> AlertRow:
    """Of one that had not ended when the incident was closed what became of it; and who took it in another incident."""
    begin, until = row.fired or EARLIEST, row.ended_before or LATEST
    anew = min(
        (event.occurred for event in afterlife if event.occurred > begin and has_fired_anew(event)), default=until
    )
    since = [event for event in afterlife if begin <= event.occurred <= min(anew, until)]
    ends = [
        event.occurred
        for event in since
        if event.kind == Kind.ALERT and text_of(event.detail, "state") == AlertState.RESOLVED
    ]
    ended = row.ended or min(ends, default=None)
    takers = [event.actor for event in since if event.kind == Kind.ACK and (ended is None or event.occurred <= ended)]
    taken_by = ", ".join(dict.fromkeys(filter(None, [*row.taken_by.split(", "), *takers])))
    if row.ended is not None or closed is None:
        return replace(row, taken_by=taken_by)
    return replace(row, closed=closed, ended_later=ended, taken_by=taken_by)


MOST_FIRINGS = 4  # of one alert that have a row each


def _join_firings(rows: Sequence[AlertRow]) -> list[AlertRow]:
    """An alert that came and went many times is one row that counts them."""
    firings: dict[frozenset[str], list[AlertRow]] = {}
    for row in rows:
        firings.setdefault(row.keys, []).append(row)
    joined_rows: list[AlertRow] = []
    for row in rows:
        several = firings[row.keys]
        if len(several) <= MOST_FIRINGS:
            joined_rows.append(row)
        elif row is several[0]:
            takers = (name for firing in several for name in firing.taken_by.split(", ") if name)
            name, taken_by = f"{row.name}: fired {len(several)} times", ", ".join(dict.fromkeys(takers))
            joined_rows.append(
                replace(several[-1], name=name, fired=row.fired, taken_by=taken_by, firings=len(several))
            )
    return joined_rows


def _join_storm_rows(rows: Sequence[AlertRow]) -> list[AlertRow]:
    """Many alerts of one name that fared alike are one row: nobody reads ten thousand."""
    alike: dict[tuple[str, str, str], list[AlertRow]] = {}
    for row in rows:
        alike.setdefault((row.name, row.state, row.severity), []).append(row)
    joined_rows: list[AlertRow] = []
    for several in alike.values():
        is_storm = len({row.keys for row in several}) >= STORM_FROM
        joined_rows += [_join_alert_rows(several)] if is_storm else several
    return joined_rows


def _join_alert_rows(rows: Sequence[AlertRow]) -> AlertRow:
    subjects = list(dict.fromkeys(row.resource for row in rows if row.resource))
    more = f" and {len(subjects) - 2} more" if len(subjects) > 2 else ""
    ends, later = [row.ended for row in rows], [row.ended_later for row in rows]
    keys, firings = frozenset().union(*(row.keys for row in rows)), sum(row.firings for row in rows)
    often = f", fired {firings} times in all" if firings > len(keys) else ""
    return replace(
        rows[0],
        name=f"{rows[0].name}: {len(keys)} instances{often}",
        resource=", ".join(subjects[:2]) + more,
        fired=min((row.fired for row in rows if row.fired), default=None),
        ended=max(end for end in ends if end) if all(ends) else None,
        ended_later=max(end for end in later if end) if all(later) else None,
        keys=keys,
        firings=firings,
    )


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
            f"{_with_marks(event.summary, late_mark(event))}{describe_request(event, events)}",
            text_of(event.detail, "image"),
            text_of(event.detail, "changed_by") or _find_own_author(event, events),
        )
        for event in events
        if event.kind in (Kind.REVISION, Kind.TRAFFIC)
    ]


def _find_own_author(event: Event, events: Sequence[Event]) -> str:
    """Whoever ran the step of ours that was making a change then; "" where none was, or nothing was changed."""
    if not is_change(event) or (step := find_changing_step(events, event.occurred)) is None:
        return ""
    run = step.subject.partition("#")[0]
    begun = [event for event in events if event.kind == Kind.RUN and event.subject == run]
    title = next((text for event in begun if (text := text_of(event.detail, "title"))), "")
    return f"{step.actor} ({title})" if title else step.actor


# What people did, as the draft tells it: severities, messages, boxes, procedures, and what is still open.

NOT_TICKED = "not ticked"
OPEN_CLOCK_KINDS = frozenset({ClockKind.LOOP, ClockKind.TASK, ClockKind.PROMISE, ClockKind.BREACH})
ELSEWHERE_LED = frozenset({CloseReason.DUPLICATE, CloseReason.SUPERSEDED})  # what it owes, the other one does
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
class ProcedureRow:
    """One run of a procedure against the time it is expected to take, with its steps."""

    ran: ProcedureRun
    took: timedelta | None
    kept: str
    steps: tuple["RunRow", ...] = ()


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
    """How long after the promised time the next message to the same readers came."""
    answer = find_answer(update, sent)
    late = answer - update.promised if answer is not None and update.promised is not None else None
    return late if late is not None and late > timedelta() else None


def list_rows(incident: Incident, plan: Plan) -> list[ListRow]:
    """The lists that its severities open, and those that somebody began: every box, also those nobody ticked."""
    ticks: dict[str, dict[int, Tick]] = {}
    for tick in incident.ticks:
        ticks.setdefault(tick.list, {})[tick.item] = tick
    bound = {rule.checklist for rule in incident.rules if rule.checklist}
    had = {severity.value.casefold() for severity in incident.severities} | {
        find_worst_severity(incident, plan.severity_scale).casefold()
    }
    lists = {
        checklist.id: checklist
        for checklist in plan.checklists
        if checklist.id in ticks or checklist.id in bound or had & {name.casefold() for name in checklist.levels}
    }
    rows = [ListRow(items.title, items.origin, _list_boxes(items, ticks.get(items.id, {}))) for items in lists.values()]
    gone = {id: boxes for id, boxes in ticks.items() if id not in lists}
    return rows + [
        ListRow(id, "", tuple(_build_ticked_box(box) for _, box in sorted(boxes.items())), gone=True)
        for id, boxes in gone.items()
    ]


def _list_boxes(checklist: Checklist, ticks: dict[int, Tick]) -> tuple[ChecklistLine, ...]:
    """As the list is now, and what was ticked of it as it was then."""
    listed = [
        _build_ticked_box(ticks[number], text) if number in ticks else ChecklistLine(text, NOT_TICKED)
        for number, text in enumerate(checklist.items, start=1)
    ]
    return (*listed, *(_build_ticked_box(tick) for number, tick in sorted(ticks.items()) if number > len(listed)))


def _build_ticked_box(tick: Tick, text: str = "") -> ChecklistLine:
    state = tick.state if tick.state in ("done", SKIPPED) else NOT_TICKED
    reason = tick.reason
    if state == "done" and tick.ticked is not None and tick.ticked - tick.at >= WRITTEN_LATE:
        later = f"ticked at {tick.ticked.astimezone(UTC):%H:%M:%S}; when it was done is on record"
        reason = "; ".join(text for text in (reason, later) if text)
    return ChecklistLine(tick.text or text, state, tick.actor, tick.at, reason)


def procedure_rows(
    incident: Incident, events: Iterable[Event], clocks: Sequence[Clock], now: datetime
) -> list[ProcedureRow]:
    """Every run of a procedure in which a step was begun, in the order they began."""
    states = {
        clock.id: clock.not_applicable or clock.state(now).value for clock in clocks if clock.kind is ClockKind.BUDGET
    }
    steps: dict[str, list[RunRow]] = {}
    for row in run_rows(events):
        steps.setdefault(row.run, []).append(row)
    runs = sorted(incident.ran, key=lambda entry: entry.started)
    rows = [
        ProcedureRow(
            run,
            measure_between(run.started, run.done) if run.done else None,
            states.get(f"budget:{run.id}", ""),
            tuple(steps.pop(run.id, ())),
        )
        for run in runs
    ]
    # Steps of a run that began before the record of this incident does.
    rows += [
        ProcedureRow(ProcedureRun(name, "steps of an earlier run", group[0].at), None, "", tuple(group))
        for name, group in steps.items()
    ]
    return [row for row in rows if row.steps]


def list_other_clocks(clocks: Sequence[Clock], now: datetime) -> list[Clock]:
    """Without the clocks whose story is written with the recovery, the messages, or what is still open."""
    return [
        clock
        for clock in clocks
        if clock.kind not in (ClockKind.RECOVERY, ClockKind.PROMISE)
        and not (clock.kind in OPEN_CLOCK_KINDS and clock.state(now) in STILL)
    ]


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


# What was run, as the draft tells it: each try of a step with its command, its end and what came back.

COMMAND = 4_000  # characters of a command
ANSWER = 400  # characters of the end of what it printed


@dataclass(frozen=True, slots=True)
class RunRow:
    """One try. `state` is "running" while no end is known, `took` in seconds, `answer` the end of its output."""

    at: datetime
    who: str
    step: str
    command: str
    state: str = "running"
    outcome: str = ""
    took: float | None = None
    answer: str = ""
    approval: str = ""
    run: str = ""
    number: str = ""


def run_rows(events: Iterable[Event]) -> list[RunRow]:
    """Every try of every step, in the order they began; what a person settled stands with its last try."""
    rows: dict[tuple[str, object], RunRow] = {}
    for event in events:
        if event.kind != Kind.STEP:
            continue
        phase, key = text_of(event.detail, "phase"), (event.subject, event.detail.get("attempt"))
        if phase == "intent":
            rows[key] = _build_begun_run(event)
        elif phase == "outcome" and key in rows:
            rows[key] = _apply_end(rows[key], event)
        elif phase == "settled":
            last = next((row for row in reversed(rows) if row[0] == event.subject), key)
            rows[last] = _apply_settlement(rows.get(last), event)
    return list(rows.values())


def _build_begun_run(event: Event) -> RunRow:
    command = clean_text(words_of(event.detail, "as_run"), COMMAND)
    edited = " (edited)" if event.detail.get("edited") is True else ""
    step = text_of(event.detail, "title") + edited
    run, _, number = event.subject.partition("#")
    approval = text_of(event.detail, "approval")
    return RunRow(event.occurred, event.actor, step, command, approval=approval, run=run, number=number)


def _apply_end(row: RunRow, event: Event) -> RunRow:
    seconds = event.detail.get("seconds")
    parts = [text_of(event.detail, "outcome"), text_of(event.detail, "verified")]
    return replace(
        row,
        state=text_of(event.detail, "state"),
        outcome="; ".join(word for word in parts if word),
        took=float(seconds) if isinstance(seconds, int | float) else None,
        answer=_cut_answer(words_of(event.detail, "output")),
    )


def _cut_answer(output: str) -> str:
    """The last whole lines of what came back; of one long line its end, marked as cut."""
    text = clean_text(output).strip()
    if len(text) <= ANSWER:
        return text
    first, border, rest = text[-ANSWER:].partition("\n")
    return rest if border and rest.strip() else f"…{first}{border}{rest}"


def _apply_settlement(row: RunRow | None, event: Event) -> RunRow:
    """What a person said of a step stands at the time at which they said it; how its last try went stays beside it."""
    sentence, reason = text_of(event.detail, "state"), text_of(event.detail, "reason")
    run, _, number = event.subject.partition("#")
    settlement = RunRow(
        event.occurred, event.actor, text_of(event.detail, "title"), "", sentence, reason, run=run, number=number
    )
    if row is None:
        return settlement
    seconds = "" if row.took is None else f" after {row.took:.1f} s"
    before = "no end is known" if row.state == "running" else f"{row.state}{seconds}"
    last_try = f"the try of {row.at.astimezone(UTC):%H:%M:%S} UTC by {row.who}: {before}"
    return replace(
        row,
        at=settlement.at,
        who=settlement.who,
        state=sentence,
        took=None,
        outcome="; ".join(text for text in (reason, last_try, row.outcome) if text),
    )
