"""When a change happened, where the record has more than one time for it: one answer for every place that tells of it.

A cloud dates a shift of traffic by its request, a look by when it saw it; the step on record that did it knows when it
was done.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from cockpit.model.event import UNSEEN_FROM, Event, Kind, attempt_of, map_of, text_of, time_of
from cockpit.model.run import StepState, mark_step_ends
from cockpit.model.time import format_timestamp
from cockpit.recorder.app_changes import SEEN_MOVED, SWITCHED

A_SECOND = timedelta(seconds=1)
A_MINUTE = timedelta(minutes=1)
BY_STEP = "by_step"  # in a fact as it is read here, never in the file: the step that did it dates it
DONE_BY = {"activated": " activate ", "deactivated": " deactivate "}  # what a command says that does it to a revision
SKEW = timedelta(seconds=5)  # between our clock and the cloud's: a change may seem to follow what it caused
TOOK_EFFECT = frozenset({StepState.OK.value, StepState.WARN.value, StepState.BY_HAND.value})
CHANGES = frozenset({"change", "danger"})  # the kinds of steps that alter something
CONTEXT = 200  # events before those that are shown: enough for the step that did what was recorded after it
DATED_KINDS = frozenset({Kind.TRAFFIC, Kind.REVISION, Kind.STEP})  # of which other events may say more
DATING_KINDS = (Kind.TRAFFIC, Kind.REVISION, Kind.STEP)  # and which those are


def present_events(events: Sequence[Event]) -> list[Event]:
    """The same events as every line and table tells them: a change dated by the step that did it, with the other time
    behind its words, and the end of an undo marked as one, also where an older version recorded it."""
    dated = date_by_steps(mark_step_ends(events))
    dates = {event.id: text for event in dated if not event.redacted and (text := describe_request(event, dated))}
    return [
        replace(event, summary=f"{event.summary}{dates[event.id]}") if event.id in dates else event for event in dated
    ]


def date_by_steps(events: Sequence[Event]) -> list[Event]:
    """The same facts in order; a move of traffic that was dated by its request, and what was seen first after a break
    of the record, dated by the end of the step on record that did it."""
    begun: dict[tuple[str, object], Event] = {}
    ended: list[tuple[Event, Event]] = []
    for event in sorted(events, key=lambda event: event.id):
        key = attempt_of(event)
        phase = text_of(event.detail, "phase") if event.kind == Kind.STEP else ""
        if phase == "intent" and is_changing_step(event.detail):
            begun[key] = event
        elif phase == "outcome" and key in begun and text_of(event.detail, "state") in TOOK_EFFECT:
            ended.append((begun[key], event))
    dated = [_date_by_step(event, events, ended) for event in events]
    return sorted(dated, key=lambda event: event.occurred) if dated != list(events) else dated


def date_by_sight(event: Event, events: Sequence[Event] = ()) -> Event:
    """A move of traffic that the cloud dates by its request took effect some time after that, and before the look that
    saw it: nobody felt it from the request on. Any other fact as it is."""
    return replace(event, occurred=event.recorded) if is_dated_by_request(event, events) else event


def date_by_effect(events: Sequence[Event]) -> list[Event]:
    """The same facts, each change from when it took effect: by the step on record that did it, else by the look that
    saw it, where only its request is dated. For what is judged by who had the traffic at a moment."""
    dated = date_by_steps(events)
    return [date_by_sight(event, dated) for event in dated]


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


def is_dated_by_request(act: Event, events: Sequence[Event]) -> bool:
    """Whether traffic moved some time after the moment that stands for it.

    A cloud dates a shift by its request and is done with it some seconds later. A new revision is dated by its making.
    """
    asked = time_of(act.detail, "asked")
    if act.kind != Kind.TRAFFIC or act.detail.get(BY_STEP) or text_of(act.detail, "dated_by") in (SWITCHED, SEEN_MOVED):
        return False
    if act.recorded - act.occurred < (SKEW if asked is None else A_SECOND):
        return False
    if asked is not None:
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


def is_dated_by_sight(act: Event) -> bool:
    """Whether nothing says when it moved but the look that saw it moved."""
    if act.kind != Kind.TRAFFIC or act.detail.get(BY_STEP):
        return False
    if not (dated_by := text_of(act.detail, "dated_by")) and time_of(act.detail, "asked") is not None:
        return act.recorded - act.occurred < A_SECOND  # what an older version recorded as it saw it
    return dated_by == SEEN_MOVED


def describe_request(act: Event, events: Sequence[Event]) -> str:
    """` (asked for then, seen at 08:43:33 UTC)` behind a move of traffic that the cloud dated by its request, the other
    way round behind one that was seen to happen some time after it was asked for. One that the cloud itself dated, by
    the end of the revision before or the making of the new one, was seen by nobody then: `(by the cloud, ...)`."""
    if is_dated_by_request(act, events):
        return f" (asked for then, seen at {act.recorded:%H:%M:%S} UTC)"
    asked = time_of(act.detail, "asked") if act.kind == Kind.TRAFFIC else None
    if asked is None or act.occurred - asked < SKEW:
        return " (seen then)" if is_dated_by_sight(act) else ""
    how = "seen then" if is_dated_by_sight(act) else "by the cloud"
    if act.detail.get(BY_STEP):
        how = "its step ended then"
    return f" ({how}, asked for at {asked:%H:%M:%S} UTC)"


def had_traffic(event: Event, revision: str, act: Event) -> bool:
    """Whether a fact from before the act says that the revision had traffic once."""
    if event.id >= act.id:
        return False
    if event.kind == Kind.TRAFFIC:
        return bool(weigh_share(map_of(event.detail, "before").get(revision)))
    return event.kind == Kind.REVISION and bool(weigh_share(map_of(event.detail, "traffic").get(revision)))


def find_gaining(event: Event) -> str:
    """The revision that most of the traffic that moved went to; "" where none did."""
    before, after = map_of(event.detail, "before"), map_of(event.detail, "after")
    shares = {name: weigh_share(weight) for name, weight in after.items()}
    gains = {name: share for name, share in shares.items() if share > weigh_share(before.get(name))}
    return max(gains, key=lambda name: gains[name], default="")


def weigh_share(weight: object) -> int:
    return weight if isinstance(weight, int) and not isinstance(weight, bool) else 0


def is_changing_step(detail: Mapping[str, object]) -> bool:
    return text_of(detail, "kind") in CHANGES
