"""One fact of the timeline, and reading its detail."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, Protocol

from cockpit.model.problem import CodedError
from cockpit.model.text import clean_line, clean_text
from cockpit.model.time import format_duration, format_timestamp, measure_between, parse_timestamp


class Kind(StrEnum):
    """What happened. The value is what the file holds; new kinds may be added, none is ever renamed."""

    PROBE = "probe"  # subject: the probe's name; detail: state, was, reason, since
    ALERT = "alert"  # subject: the alert's key; detail: name, severity, state, was, since, resource, confirmed_by
    REVISION = "revision"  # subject: app/revision; detail: what, image, created, changed_by
    TRAFFIC = "traffic"  # subject: app; detail: before, after: {revision: weight}
    SIGNAL = "signal"  # subject: the signal's name; detail: state, was, reason, since, value, unit, limit
    CHANGE = "change"  # somebody's or a pipeline's mark; subject: what was changed; detail: text, url, by
    WORKFLOW = "workflow"  # a pipeline's run; subject: the source's key; detail: state, was, by, url, changes, sha ...
    DEPLOYMENT = "deployment"  # as a pipeline's host records it; subject and detail as of a workflow, environment
    ACTIVITY = "activity"  # a change that the cloud's own log tells of; subject and detail as of a workflow
    ENGINE = "engine"  # what a Docker Engine says of the containers of its projects; as of a cluster
    CLUSTER = "cluster"  # what a cluster says of its workloads; subject and detail as of a workflow
    HEALTH = "health"  # an outage of the cloud itself; subject and detail as of a workflow
    FEED = "feed"  # subject: the feed's name; detail: state (blind | live), reason
    GAP = "gap"  # nobody recorded; detail: from, until
    WALL_CLOCK = "time set"  # the clock of the machine was set; detail: before, after (one moment by both)
    RECORDER = "recorder"  # detail: what (started | stopped | took over), who
    DECLARE = "declare"  # detail: title, severity, reach_from, impact_started, detected, detected_by, drill, rules,
    # and once somebody stated it: impact_ended, impact_stated, detection_stated (when it was stated)
    NOTE = "note"
    ACK = "ack"  # subject: the alert's key, or "" for the incident
    SEVERITY = "severity"  # detail: severity, was, reason, rules
    STATUS = "status"  # detail: status, was, reason
    RESOLVE = "resolve"  # detail: reason, because (a CloseReason)
    EXPORT = "export"  # detail: path, head
    REDACT = "redact"  # subject: the id of the emptied event; detail: reason
    RUN = "run"  # subject: the run's id; detail: what (started | ended), what a Run holds, budget and tail (seconds)
    STEP = (
        "step"  # subject: run#ordinal; detail: phase (intent | outcome | settled), attempt, and what model/run.py holds
    )
    ACTION = "action"  # an operation on the cloud; detail: phase (intent | outcome), operation, target, outcome
    ROLE = "role"  # subject: the role; detail: role, person, what (takes | leaves), note, from (of a handover)
    CLOCK = "clock"  # subject: the clock's id; detail: what (started, done, snoozed, not applicable), what a Mark holds
    UPDATE = "update"  # subject: the audience; detail: audience, template, text, promised (a time), file
    PAGE = "page"  # subject: who was called; detail: who, tier, how, note
    TICK = "tick"  # subject: list#item (from 1); detail: list, item, text, state (done | skipped | open), reason
    FREEZE = "freeze"  # no deployments to the environment; detail: on, reason
    DECISION = "decision"  # detail: text, reason
    ITEM = "item"  # subject: the action item's id; detail: text, owner, due (a date), done, label, of (an event's id)
    PIN = "pin"  # subject: the id of the event; detail: on
    LINK = "link"  # subject: the id of the event; detail: target, text
    RECOVERY = "recovery"  # subject: the scenario; detail: what (chosen | recovered to), rto, rpo, origin, point
    PRACTICE = "practice"  # subject: the name of a drill, training or review; detail: note, incident (the drill it was)
    WEBHOOK = "webhook"  # subject: its name; detail: phase (intent | outcome), turn, event (an id), outcome, reason
    REVIEW = "review"  # of the post-mortem; detail: state (draft | in review | reviewed | closed), was, reason


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it is written. `incident` is None for a journal entry. `detail` is JSON, without secrets."""

    kind: Kind
    summary: str
    occurred: datetime
    environment: str = ""
    subject: str = ""
    source: str = "cockpit"  # recorder | cockpit | cli | ...
    actor: str = ""
    incident: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    supersedes: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it stands in the file; `id` is its place in the chain."""

    id: int
    incident: str | None
    environment: str
    subject: str
    occurred: datetime
    recorded: datetime
    kind: str
    source: str
    actor: str
    summary: str
    detail: Mapping[str, Any]
    supersedes: int | None
    v: int
    hash: str
    redacted: bool = False


# What somebody or something else did to a system or saw of it: a pipeline, the cloud, the cluster.

OUTSIDE_KINDS = (Kind.WORKFLOW, Kind.DEPLOYMENT, Kind.ACTIVITY, Kind.CLUSTER, Kind.ENGINE, Kind.HEALTH)
"""What such a fact may be on the timeline."""
CHANGES_FEED = "changes:"
"""How the names of feeds begin that tell what changed. They say nothing of how a system stands."""


@dataclass(frozen=True, slots=True)
class OutsideChange:
    """One fact of a source outside. `key` is its own for ever; another `state` of the same key is a new fact.

    `changes`: it may have changed what runs.
    """

    key: str  # `github:acme/shop run 812`
    kind: Kind
    state: str  # `in_progress`, `success` ... as the source says it
    summary: str
    at: datetime  # when it came to be so
    by: str = ""
    url: str = ""
    changes: bool = True
    detail: Mapping[str, Any] = field(default_factory=dict)


class EventSource(Protocol):
    """The events of the file, read inside the transaction that is about to write: nothing newer can be missing."""

    def events(self, *, after: int = 0, kinds: Sequence[str] = ()) -> list[Event]: ...


DraftPlan = Callable[[EventSource], Sequence[Draft]]
"""Decides what to write from the newest state, inside the transaction that writes it. It may raise to write nothing."""

Record = Callable[[Sequence[Draft] | DraftPlan], Sequence[Event]]
"""Writes drafts in one transaction and returns once they are on the disk. Blocking; raises `RecordError`."""


class RecordError(CodedError):
    """The timeline could not be written: the message says why and what to do (full disk, read-only file, ...)."""


def find_standing_events(events: Iterable[Event]) -> dict[int, Event]:
    """What stands after all corrections, by the id of the event that first stated it.

    Whoever first stated a fact stays its author: a correction changes its words or its time.
    """
    standing: dict[int, Event] = {}
    roots: dict[int, int] = {}
    for event in sorted(events, key=lambda event: event.id):
        root = event.id if event.supersedes is None else roots.get(event.supersedes, event.supersedes)
        roots[event.id] = root
        first = standing.get(root)
        standing[root] = replace(event, actor=first.actor) if first and first.actor and event.actor else event
    return {root: _without_later_times(event) for root, event in standing.items()}


WRITTEN_LATE = timedelta(minutes=2)  # what a person wrote down later than this says so


def order_standing_events(events: Iterable[Event]) -> list[tuple[int, Event]]:
    """What stands, each with the id of what first stated it, in the order in which it happened and was first stated.

    A fact counts as written down when it first was, however late it was corrected: `recorded` says so.
    """
    events = list(events)
    first = {event.id: event.recorded for event in events}
    standing = [
        (root, event if event.id == root else replace(event, recorded=first.get(root, event.occurred)))
        for root, event in find_standing_events(events).items()
    ]
    return sorted(standing, key=lambda pair: (pair[1].occurred, pair[0]))


def _without_later_times(event: Event) -> Event:
    """A declaration without the impact that was stated after it, which older files write into its line: it read as if
    it had been known at that time. The impact has entries and fields of its own."""
    if event.kind != Kind.DECLARE or event.supersedes is None:
        return event
    starts = [start for mark in (" (impact ended ", " (impact started ") if (start := event.summary.rfind(mark)) > 0]
    return replace(event, summary=event.summary[: min(starts)]) if starts else event


# Storms: many facts of one kind in one moment, read as one line.

STORM_FROM = 6  # facts of one name and state that are read as one
STORM_WITHIN = timedelta(minutes=2)  # between two of them that belong together


def join_storms(events: Iterable[Event], kept: Container[int] = ()) -> list[Event]:
    """The events as they come, alerts of one name that turn the same way within minutes as one: `5xxHigh: 214 instances
    firing`. What stands in `kept` (by id), and what people wrote, is never folded. The first of them speaks for all."""
    events = list(events)
    runs: dict[tuple[str, str], list[Event]] = {}
    runs_by_first: dict[int, list[Event]] = {}
    for event in events:
        if event.kind != Kind.ALERT or event.actor or event.id in kept:
            continue
        key = (str(event.detail.get("name")), str(event.detail.get("state")))
        run = runs.get(key)
        if run is None or abs(event.occurred - _last_moment(run[-1])) > STORM_WITHIN:
            run = runs[key] = runs_by_first[event.id] = []
        run.append(event)
    storms = {
        number: run for number, run in runs_by_first.items() if len(run) > 1 and len(_list_subjects(run)) >= STORM_FROM
    }
    gone = {event.id for run in storms.values() for event in run[1:]}
    return [_speak_for(storms[event.id]) if event.id in storms else event for event in events if event.id not in gone]


def _speak_for(storm: list[Event]) -> Event:
    first, detail = storm[0], storm[0].detail
    where = list(dict.fromkeys(place for event in storm for place in _list_places(event)))
    named = ", ".join(name for name in where[:2] if name)
    on = f" on {named}{f' and {len(where) - 2} more' if len(where) > 2 else ''}" if named else ""
    severity = f" ({detail['severity']})" if isinstance(detail.get("severity"), str) else ""
    subjects = _list_subjects(storm)  # one that came and went within it is still one
    summary = f"{detail.get('name')}: {len(subjects)} instances {detail.get('state')}{severity}{on}"
    joined = {
        "instances": len(subjects),
        "events": [id for event in storm for id in event.detail.get("events", [event.id])],
        "subjects": tuple(subjects),
        "places": tuple(where),
        "until": format_timestamp(_last_moment(storm[-1])),
    }
    return replace(first, summary=summary, detail={**detail, **joined})


def _list_subjects(storm: Iterable[Event]) -> dict[str, None]:
    """Of single events and of storms that were joined before, each once."""
    subjects: dict[str, None] = {}
    for event in storm:
        joined = event.detail.get("subjects")
        subjects.update(dict.fromkeys(joined if isinstance(joined, tuple) else (event.subject,)))
    return subjects


def _list_places(event: Event) -> tuple[str, ...]:
    places = event.detail.get("places")
    return (
        places if isinstance(places, tuple) else (str(event.detail.get("place") or event.detail.get("resource") or ""),)
    )


def _last_moment(event: Event) -> datetime:
    """When the last of a joined storm happened."""
    return time_of(event.detail, "until") or event.occurred


def forget_redacted(events: Iterable[Event], newer: Iterable[Event]) -> list[Event]:
    """The events without the words of those that a redaction among `newer` ones names: as the file has them by now."""
    emptied = {event.subject for event in newer if event.kind == Kind.REDACT}
    return [
        replace(event, summary="", detail={}, redacted=True) if str(event.id) in emptied else event for event in events
    ]


def keep_newest(events: list[Event], most: int, kept: Container[int] = ()) -> list[Event]:
    """The newest `most` of them, a storm counted as one: else five thousand alerts push out the whole evening, and are
    shown as the five hundred that are left of them."""
    if len(events) <= most:
        return events
    return join_storms(events, kept)[-most:]


# Alerts that come and go: read as one line, as a probe that flaps is one event.

FLAPPING_FROM = 5  # turns of one alert that are read as one
FLAPPING_WITHIN = timedelta(minutes=15)  # between two turns that belong together
FIRING_STATES = ("firing", "suppressed")
LASTING_STATES = (*FIRING_STATES, "resolved?")  # an alert that was so and fires goes on, as far as anybody knows


def join_flapping(events: Iterable[Event], kept: Container[int] = ()) -> list[Event]:
    """The events as they come, the turns of one alert that fires and ends again and again as one, in the place of the
    first: `5xxHigh on shop flapped: fired 6 times in 40m, firing at last`. What is in `kept` (by id) and what people
    wrote is never folded."""
    events = list(events)
    runs: dict[str, list[Event]] = {}
    flaps: list[list[Event]] = []
    for event in events:
        if event.kind != Kind.ALERT or event.actor or event.id in kept:
            continue
        key = f"storm {event.detail.get('name')}" if "events" in event.detail else event.subject
        run = runs.get(key)
        if run is None or event.occurred - run[-1].occurred > FLAPPING_WITHIN:
            run = runs[key] = []
            flaps.append(run)
        run.append(event)
    flapping = {run[0].id: run for run in flaps if _is_flapping(run)}
    gone = {event.id for run in flapping.values() for event in run[1:]}
    return [
        _speak_for_flapping(flapping[event.id]) if event.id in flapping else event
        for event in events
        if event.id not in gone
    ]


def _is_flapping(run: list[Event]) -> bool:
    """Whether the changes of one alert are read as one: a silence of one that fires is no turn of it, and does not make
    two outages one line."""
    turns = [
        event
        for event in run
        if event.detail.get("state") not in FIRING_STATES or event.detail.get("was") not in FIRING_STATES
    ]
    return len(turns) >= FLAPPING_FROM or (len(run) >= FLAPPING_FROM and _count_firings(run) < 2)


def _speak_for_flapping(turns: list[Event]) -> Event:
    first, last = turns[0], turns[-1]
    widest = max(int(event.detail.get("instances", 1)) for event in turns)
    place = first.detail.get("place") or first.detail.get("resource")
    where = f" on {place}" if place and widest == 1 else ""
    many = f": {widest} instances" if widest > 1 else ""
    how, turned = _describe_turns(turns)
    took = format_duration(measure_between(first.occurred, last.occurred))
    summary = f"{first.detail.get('name')}{where}{many} {how} in {took}, {last.detail.get('state')} at last"
    events = [id for event in turns for id in event.detail.get("events", [event.id])]
    detail = {**last.detail, "instances": len(events), "events": events, "turned": turned}
    return replace(first, summary=summary, detail=detail)


def _describe_turns(turns: list[Event]) -> tuple[str, str]:
    """What one alert did again and again, and the short name of that. Only an end that is known makes it flap: one that
    its source lost and listed again fired all the time, and so did one that was silenced."""
    anew = [_has_fired_anew(turn, before) for before, turn in pairwise(turns)]
    fired = _count_firings(turns)
    lost = sum(
        event.detail.get("state") == "resolved?" and not is_over
        for event, is_over in zip(turns, [*anew, False], strict=True)
    )
    out_of_sight = f"out of sight {lost} times" if lost > 1 else "out of sight once"
    if fired > 1:
        return f"flapped: fired {fired} times{f' and was {out_of_sight}' if lost else ''}", "flapped"
    if lost:
        return f"was {out_of_sight}", "went out of sight"
    return f"changed {len(turns)} times", "changed"


def _count_firings(turns: list[Event]) -> int:
    anew = [False, *(_has_fired_anew(turn, before) for before, turn in pairwise(turns))]
    return sum(
        event.detail.get("state") in FIRING_STATES and (is_anew or event.detail.get("was") not in LASTING_STATES)
        for event, is_anew in zip(turns, anew, strict=True)
    )


def _has_fired_anew(turn: Event, before: Event) -> bool:
    """Whether an alert that was lost had ended, and this is the next: older files call it the same, and keep when it
    began."""
    if turn.detail.get("state") not in FIRING_STATES or before.detail.get("state") != "resolved?":
        return False
    since = time_of(turn.detail, "since")
    return turn.detail.get("was") == "resolved" or (since is not None and since > before.occurred)


# Storms of several rules at once: what broke them all is one cause.

STORMS_FROM = 4  # storms that turn the same way within STORM_WITHIN and are read as one
MOST_NAMED = 3


def join_alert_events(events: Iterable[Event], kept: Container[int] = ()) -> list[Event]:
    """Storms, alerts that come and go, and many storms in one moment, each as one line. What stands in `kept` (by id)
    and what people wrote is never folded."""
    joined_events = join_flapping(join_storms(events, kept), kept)
    runs: dict[str, list[Event]] = {}
    groups: list[list[Event]] = []
    for event in joined_events:
        if event.kind != Kind.ALERT or "events" not in event.detail:
            continue
        key = f"{event.detail.get('state')} {event.detail.get('turned', '')}"
        run = runs.get(key)
        if run is None or abs(event.occurred - run[-1].occurred) > STORM_WITHIN:
            run = runs[key] = []
            groups.append(run)
        run.append(event)
    joined = {run[0].id: run for run in groups if len(run) >= STORMS_FROM}
    gone = {event.id for run in joined.values() for event in run[1:]}
    return [
        _speak_for_storms(joined[event.id]) if event.id in joined else event
        for event in joined_events
        if event.id not in gone
    ]


def _speak_for_storms(storms: list[Event]) -> Event:
    first = storms[0]
    names = [str(event.detail.get("name")) for event in storms]
    events = [id for event in storms for id in event.detail["events"]]
    how = str(first.detail.get("turned") or first.detail.get("state"))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    summary = f"{len(names)} alerts {how} together, {len(events)} turns: {', '.join(names[:MOST_NAMED])}{more}"
    return replace(first, summary=summary, detail={**first.detail, "instances": len(events), "events": events})


# Reading an event's detail: JSON that an older version, another program or a redaction may have left odd.

LONGEST = timedelta(days=3_660)  # of anything that a team promises itself; more would leave the calendar
LONGEST_BOX = 500  # characters of an item of a checklist, as a tick repeats it


def text_of(detail: Mapping[str, Any], key: str) -> str:
    """The cleaned text under `key`, on one line; "" where there is none."""
    value = detail.get(key)
    return clean_line(value) if isinstance(value, str) else ""


def words_of(detail: Mapping[str, Any], key: str) -> str:
    """The cleaned text under `key` with its lines; "" where there is none."""
    value = detail.get(key)
    return clean_text(value).strip() if isinstance(value, str) else ""


def time_of(detail: Mapping[str, Any], key: str) -> datetime | None:
    """The moment under `key`, written as `format_timestamp` writes it; None where there is none."""
    value = detail.get(key)
    if not isinstance(value, str):
        return None
    try:
        return parse_timestamp(value)
    except ValueError:
        return None


def date_of(detail: Mapping[str, Any], key: str) -> date | None:
    """The day under `key`, `2026-02-27`; None where there is none."""
    try:
        return date.fromisoformat(text_of(detail, key))
    except ValueError:
        return None


def span_of(detail: Mapping[str, Any], key: str) -> timedelta | None:
    """The seconds under `key`; None where there are none, or none that anybody could have meant."""
    value = detail.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST.total_seconds():
        return None
    return timedelta(seconds=value)


def number_of(detail: Mapping[str, Any], key: str) -> int:
    """The whole number under `key`; 0 where there is none."""
    value = detail.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def attempt_of(event: Event) -> tuple[str, int]:
    """Which try of which step an event of a step tells of: its subject, and the number of the try; 0 in one without."""
    return event.subject, number_of(event.detail, "attempt")


def map_of(detail: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object under `key`; empty where there is none."""
    value = detail.get(key)
    return value if isinstance(value, Mapping) else {}


def list_of(detail: Mapping[str, Any], key: str) -> list[Any]:
    """The list under `key`; empty where there is none."""
    value = detail.get(key)
    return list(value) if isinstance(value, list | tuple) else []


# What the first look after a break of the record says may have been so before: the words for it, in every place.

UNSEEN_FROM = "unseen_from"  # in a fact of the first look after a break: since when it may be so
NEVER_RECORDED = datetime.fromtimestamp(0, UTC)  # in the place of that moment: nobody ever recorded before


def describe_unseen(event: "Event") -> str:
    """` (or before: not seen from 02:11:05 UTC on)` behind a fact that was there at the first look."""
    return describe_unseen_since(time_of(event.detail, UNSEEN_FROM), event.occurred)


def describe_unseen_since(unseen_from: datetime | None, moment: datetime) -> str:
    """The same of a moment that is known; "" where somebody had recorded until then."""
    if unseen_from is None:
        return ""
    if unseen_from.year <= NEVER_RECORDED.year:  # a clock that was set moved it a little
        return " (or before: nobody had recorded yet)"
    day = "" if unseen_from.date() == moment.astimezone(UTC).date() else f"{unseen_from:%Y-%m-%d} "
    return f" (or before: not seen from {day}{unseen_from:%H:%M:%S} UTC on)"
