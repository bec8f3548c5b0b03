"""What set an incident off and what stopped it, by the record: the last change before it, the moves of traffic, and
the remedy of each stretch in which users felt it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cockpit.incident.impact import (
    EARLIEST,
    LATEST,
    RECOVERY_MUST_HOLD,
    STATED,
    find_impact_start,
    find_relapse_after_close,
    list_felt_stretches,
)
from cockpit.incident.signals import LEAD_IN, read_flap
from cockpit.model.event import UNSEEN_FROM, Event, Kind, map_of, text_of, time_of
from cockpit.model.incident import Incident
from cockpit.model.response import ProcedureRun
from cockpit.model.run import StepState
from cockpit.model.time import format_timestamp
from cockpit.recorder.app_changes import SEEN_MOVED, SWITCHED

A_SECOND = timedelta(seconds=1)
A_MINUTE = timedelta(minutes=1)
BY_STEP = "by_step"  # in a fact as it is read here, never in the file: the step that did it dates it
DONE_BY = {"activated": " activate ", "deactivated": " deactivate "}  # what a command says that does it to a revision
SEEN_WITHIN = timedelta(minutes=1)  # a change is seen by the next look at the cloud
SKEW = timedelta(seconds=5)  # between our clock and the cloud's: a change may seem to follow what it caused
QUICKLY = timedelta(seconds=30)  # a deployment that is taken back before its first sign is five seconds old
TOOK_EFFECT = frozenset({StepState.OK.value, StepState.WARN.value, StepState.BY_HAND.value})
CHANGES = frozenset({"change", "danger"})  # the kinds of steps that alter something


@dataclass(frozen=True, slots=True)
class FeltStretch:
    """One stretch in which users felt it, and the last change that worked in it; `end` None: it is not over."""

    begin: datetime
    end: datetime | None
    remedy: Event | None


def find_impact(incident: Incident) -> tuple[datetime, datetime | None]:
    """From when users felt it, else from when it was detected or declared, and until when; None: not over."""
    goes_on = find_relapse_after_close(incident) is not None
    return find_impact_start(incident) or incident.declared, None if goes_on else (
        incident.mitigated or incident.resolved
    )


def list_stretches(incident: Incident, events: Sequence[Event]) -> list[FeltStretch]:
    """Every stretch in which users felt it, each with its own end: what ended the first did not end a relapse."""
    begin, end = find_impact(incident)
    borders = list_felt_stretches(incident, begin, end or LATEST) or [(begin, end or LATEST)]
    trigger = find_trigger(events, begin)
    harmful = {event.id for event in events if event.kind == Kind.TRAFFIC and _is_harmful(event, trigger, incident)}
    helpful = [event for event in events if event.id not in harmful]
    stretches = []
    for number, (start, over) in enumerate(borders):
        if over == LATEST:
            stretches.append(FeltStretch(start, None, None))
            continue
        change = find_trigger(events, start, since=start - LEAD_IN) if number else trigger
        answers = _leave_out_beginning(helpful, change, start) if change is not None else helpful
        stretches.append(FeltStretch(start, over, find_remedy(answers, start, over, find_lucky_time(events, over))))
    return stretches


def _leave_out_beginning(events: Sequence[Event], change: Event, begin: datetime) -> list[Event]:
    """Without what a stretch began with, nor the step that did that: they may end after its first sign and stopped
    nothing."""
    step = find_changing_step(events, change.occurred)
    if step is not None and step.occurred > max(begin, change.occurred):
        step = None
    return [
        event
        for event in events
        if event.id != change.id
        and not (
            step is not None
            and event.kind == Kind.STEP
            and (event.subject, event.detail.get("attempt")) == (step.subject, step.detail.get("attempt"))
        )
    ]


def find_lucky_time(events: Iterable[Event], end: datetime) -> timedelta:
    """How long before the change that ended it a probe may have answered well by luck: as long as it did between its
    failures. Its last failing answer says when it was bad, and its first good one not that it was mended."""
    flaps = [flap for event in events if abs(event.occurred - end) <= SKEW and (flap := read_flap(event.detail))]
    return max((flap.longest_well for flap in flaps), default=timedelta())


def _is_harmful(move: Event, trigger: Event | None, incident: Incident) -> bool:
    """Whether it sent traffic to what the incident began with, or was made while all was well and was bad again soon:
    no such move stopped anything."""
    gaining = find_gaining(move)
    if trigger is not None and trigger.kind == Kind.TRAFFIC and move.subject == trigger.subject:
        before = map_of(trigger.detail, "before")
        if gaining and gaining == find_gaining(trigger) and move.occurred > trigger.occurred and before:
            return True
    return any(
        period.start <= move.occurred <= period.end <= max(move.occurred, move.recorded) + RECOVERY_MUST_HOLD
        for period in incident.healthy
        if period.end is not None and period.evidence != STATED
    )


def find_trigger(events: Iterable[Event], begin: datetime, since: datetime = EARLIEST) -> Event | None:
    """The last change of what runs before users felt it: traffic that moved, else a revision that was made.

    A revision that was stopped is what follows a deployment, and is named only where nothing else changed. A beginning
    that a person typed is known to the minute: what changed in that minute came before it, where nothing else did.
    A move within the clocks' difference after it that takes back what right before it began it is the answer to it.
    """
    changed = [event for event in events if is_app_change(event) and event.occurred >= since]
    changes = [event for event in changed if event.occurred <= begin + SKEW]
    changes = [event for event in changes if event.occurred <= begin or not _is_answer(event, changes, begin)]
    if not changes and begin.second == begin.microsecond == 0:
        changes = [event for event in changed if event.occurred < begin + A_MINUTE]
    first_hand = [
        event for event in changes if event.kind == Kind.TRAFFIC or text_of(event.detail, "what") == "created"
    ]
    return max(first_hand or changes, key=lambda event: (event.occurred, event.kind == Kind.TRAFFIC), default=None)


def _is_answer(move: Event, changes: Iterable[Event], begin: datetime) -> bool:
    """Whether it took traffic from what had got it right before users felt it."""
    lost = set(map_of(move.detail, "before")) - set(map_of(move.detail, "after"))
    return move.kind == Kind.TRAFFIC and any(
        event.kind == Kind.TRAFFIC
        and event.subject == move.subject
        and begin - QUICKLY <= event.occurred <= begin
        and find_gaining(event) in lost
        for event in changes
    )


def find_moves(incident: Incident, events: Iterable[Event]) -> list[list[Event]]:
    """Every time that traffic moved while users felt it or right before they did, in order; the steps of a deployment
    that took its share one by one together."""
    begin, end = find_impact(incident)
    stretches = list_felt_stretches(incident, begin, end or LATEST)
    moves: list[list[Event]] = []
    for event in sorted(events, key=lambda event: (event.occurred, event.id)):
        if event.kind != Kind.TRAFFIC or not find_gaining(event):
            continue
        if not any(start - LEAD_IN <= event.occurred <= min(over, LATEST - SKEW) + SKEW for start, over in stretches):
            continue
        last = moves[-1][-1] if moves else None
        if last and (event.subject, find_gaining(event)) == (last.subject, find_gaining(last)):
            moves[-1].append(event)
        else:
            moves.append([event])
    return moves


def find_gaining(event: Event) -> str:
    """The revision that most of the traffic that moved went to; "" where none did."""
    before, after = map_of(event.detail, "before"), map_of(event.detail, "after")
    shares = {name: weigh_share(weight) for name, weight in after.items()}
    gains = {name: share for name, share in shares.items() if share > weigh_share(before.get(name))}
    return max(gains, key=lambda name: gains[name], default="")


def is_app_change(event: Event) -> bool:
    if event.kind == Kind.TRAFFIC:
        return True
    return event.kind == Kind.REVISION and text_of(event.detail, "what") in ("created", "activated", "deactivated")


def describe_traffic(event: Event, events: Iterable[Event]) -> str:
    """`shop-api--r44 (1.44.0, by ci) took all traffic from --r43`."""
    before, after, gaining = map_of(event.detail, "before"), map_of(event.detail, "after"), find_gaining(event)
    if not gaining:
        return event.summary
    weight = weigh_share(after[gaining])
    share = "all traffic" if weight == 100 else f"{weight} % of the traffic"
    lost = [name for name in before if weigh_share(after.get(name)) < weigh_share(before[name])]
    losers = [shorten_revision(name, event.subject) for name in lost]
    return f"{describe_revision(f'{event.subject}/{gaining}', events)} took {share}" + (
        f" from {', '.join(losers)}" if losers else ""
    )


def describe_revision(subject: str, events: Iterable[Event]) -> str:
    """`shop-api--r44 (1.44.0, by ci@example.com)` of `app/revision`, as far as the record knows it."""
    name = subject.partition("/")[2] or subject
    image = author = ""
    for event in events:
        if event.kind == Kind.REVISION and event.subject == subject:
            image = text_of(event.detail, "image") or image
            author = text_of(event.detail, "changed_by") or author
    tag = image.rpartition("/")[2].partition(":")[2][:20]
    facts = [fact for fact in (tag, f"by {author}" if author else "") if fact]
    return f"{name} ({', '.join(facts)})" if facts else name


def shorten_revision(name: str, app: str) -> str:
    return name.removeprefix(app) or name


def weigh_share(weight: object) -> int:
    return weight if isinstance(weight, int) and not isinstance(weight, bool) else 0


def find_remedy(
    events: Iterable[Event], begin: datetime, end: datetime, lucky: timedelta = timedelta()
) -> Event | None:
    """The last change before it was over: traffic that moved, else a step that changed something and did not fail.

    `lucky`: how long what was bad may have seemed well before the change that mended it.
    """
    events = list(events)
    until = end + SKEW + lucky
    moves = [event for event in events if event.kind == Kind.TRAFFIC and begin < event.occurred <= until]
    steps = [event for event, state in list_changing_steps(events, begin, end + lucky) if state in TOOK_EFFECT]
    return max(moves or steps, key=lambda event: event.occurred, default=None)


def list_changing_steps(events: Sequence[Event], begin: datetime, end: datetime) -> Iterator[tuple[Event, str]]:
    """The ends of steps that were to change something, each with its state, which a person may have settled."""
    changing = {
        (event.subject, event.detail.get("attempt"))
        for event in events
        if event.kind == Kind.STEP and text_of(event.detail, "phase") == "intent" and is_changing_step(event.detail)
    }
    settled = {
        event.subject: text_of(event.detail, "state")
        for event in events
        if event.kind == Kind.STEP and text_of(event.detail, "phase") == "settled"
    }
    for event in events:
        is_end = event.kind == Kind.STEP and text_of(event.detail, "phase") == "outcome"
        if is_end and (event.subject, event.detail.get("attempt")) in changing and begin < event.occurred <= end + SKEW:
            yield event, settled.get(event.subject) or text_of(event.detail, "state")


def is_changing_step(detail: Mapping[str, object]) -> bool:
    return text_of(detail, "kind") in CHANGES


def is_dated_by_request(act: Event, events: Sequence[Event]) -> bool:
    """Whether traffic moved some time after the moment that stands for it.

    A cloud dates a shift by its request and is done with it some seconds later. A new revision is dated by its making.
    """
    if act.kind != Kind.TRAFFIC or act.detail.get(BY_STEP) or act.recorded - act.occurred < SKEW:
        return False
    if text_of(act.detail, "dated_by") in (SWITCHED, SEEN_MOVED):
        return False
    if (asked := time_of(act.detail, "asked")) is not None:
        return act.occurred - asked <= A_SECOND
    gaining = find_gaining(act)  # of a move that an older version recorded
    return any(had_traffic(event, gaining, act) or _was_there(event, gaining, act) for event in events)


def _was_there(event: Event, revision: str, act: Event) -> bool:
    """Whether a fact from before the act says that the revision was made well before it."""
    if event.kind != Kind.REVISION or event.id >= act.id:
        return False
    fields = map_of(map_of(event.detail, "revisions"), revision)
    if event.subject == f"{act.subject}/{revision}":
        fields = event.detail
    made = time_of(fields, "created")
    return made is not None and act.occurred - made > A_MINUTE


def date_by_steps(events: Sequence[Event]) -> list[Event]:
    """The same facts in order; a move of traffic that was dated by its request, and what was seen first after a break
    of the record, dated by the end of the step on record that did it."""
    begun: dict[tuple[str, object], Event] = {}
    ended: list[tuple[Event, Event]] = []
    for event in sorted(events, key=lambda event: event.id):
        key = (event.subject, event.detail.get("attempt"))
        phase = text_of(event.detail, "phase") if event.kind == Kind.STEP else ""
        if phase == "intent" and is_changing_step(event.detail):
            begun[key] = event
        elif phase == "outcome" and key in begun and text_of(event.detail, "state") in TOOK_EFFECT:
            ended.append((begun[key], event))
    dated = [_date_by_step(event, events, ended) for event in events]
    return sorted(dated, key=lambda event: event.occurred) if dated != list(events) else dated


def _date_by_step(act: Event, events: Sequence[Event], ended: Iterable[tuple[Event, Event]]) -> Event:
    unseen_from = time_of(act.detail, UNSEEN_FROM)
    what = text_of(act.detail, "what")
    if is_dated_by_request(act, events):
        name, word, since = find_gaining(act), "", act.occurred
    elif unseen_from is not None and act.kind == Kind.TRAFFIC:
        name, word, since = find_gaining(act), "traffic", unseen_from
    elif unseen_from is not None and act.kind == Kind.REVISION and what in DONE_BY:
        name, word, since = act.subject.partition("/")[2], DONE_BY[what], unseen_from
    else:
        return act
    ends = [
        end
        for start, end in ended
        if since - A_SECOND <= end.occurred <= act.recorded
        and (start.occurred <= since + SKEW or unseen_from is not None)
        and name
        and (command := text_of(start.detail, "as_run") or text_of(start.detail, "as_written"))
        and name in command
        and word in command
    ]
    if not ends:
        return act
    detail = {key: value for key, value in act.detail.items() if key != UNSEEN_FROM} | {BY_STEP: True}
    if unseen_from is None:
        detail.setdefault("asked", format_timestamp(act.occurred))
    return replace(act, occurred=max(end.occurred for end in ends), detail=detail)


def is_dated_by_sight(act: Event) -> bool:
    """Whether nothing says when it moved but the look that saw it moved."""
    return act.kind == Kind.TRAFFIC and not act.detail.get(BY_STEP) and text_of(act.detail, "dated_by") == SEEN_MOVED


def describe_request(act: Event, events: Sequence[Event]) -> str:
    """` (asked for then, seen at 08:43:33 UTC)` behind a move of traffic that the cloud dated by its request, and the
    other way round behind one that was seen to happen some time after it was asked for."""
    if is_dated_by_request(act, events):
        return f" (asked for then, seen at {act.recorded:%H:%M:%S} UTC)"
    asked = time_of(act.detail, "asked") if act.kind == Kind.TRAFFIC else None
    if asked is None or act.occurred - asked < SKEW:
        return " (seen then)" if is_dated_by_sight(act) else ""
    how = "its step ended" if act.detail.get(BY_STEP) else "seen"
    return f" ({how} then, asked for at {asked:%H:%M:%S} UTC)"


def had_traffic(event: Event, revision: str, act: Event) -> bool:
    """Whether a fact from before the act says that the revision had traffic once."""
    if event.id >= act.id:
        return False
    if event.kind == Kind.TRAFFIC:
        return bool(weigh_share(map_of(event.detail, "before").get(revision)))
    return event.kind == Kind.REVISION and bool(weigh_share(map_of(event.detail, "traffic").get(revision)))


def find_changing_run(runs: Iterable[ProcedureRun], events: Iterable[Event], act: Event) -> ProcedureRun | None:
    """The run one of whose steps made a change: the newest that was at work then or had just ended. A run that only
    reads and stands open all the while did not."""
    step = act if act.kind == Kind.STEP else find_changing_step(events, act.occurred)
    id = step.subject.partition("#")[0] if step else ""
    return next((run for run in runs if run.id == id), None)


def find_changing_step(events: Iterable[Event], moment: datetime) -> Event | None:
    """The beginning of the newest step that was changing something then, or had just ended."""
    begun: dict[tuple[str, object], Event] = {}
    for event in events:
        if event.kind != Kind.STEP:
            continue
        key = (event.subject, event.detail.get("attempt"))
        if text_of(event.detail, "phase") == "intent" and event.occurred - SKEW <= moment:
            if is_changing_step(event.detail):
                begun[key] = event
        elif text_of(event.detail, "phase") == "outcome" and event.occurred + SEEN_WITHIN < moment:
            begun.pop(key, None)
    return max(begun.values(), key=lambda event: event.occurred, default=None)
