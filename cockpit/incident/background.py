"""The background of an alert, a probe or a signal: what changed before it, how often it was so before, how it ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cockpit.model.alert import AlertState
from cockpit.model.event import OUTSIDE_KINDS, Event, Kind, text_of
from cockpit.model.probe import ProbeState
from cockpit.model.time import format_age, format_duration
from cockpit.recorder.recording_breaks import list_recording_breaks, measure_unrecorded

BEFORE = timedelta(minutes=15)  # how far back the usual suspects are looked for
CHANGING_STEPS = frozenset({"change", "danger"})
REVISION_CHANGES = frozenset({"created", "activated", "deactivated"})


def is_change(event: Event) -> bool:
    """Whether somebody or something changed what runs: not what was noticed, stated, planned or silenced."""
    detail = event.detail
    match event.kind:
        case Kind.TRAFFIC | Kind.CHANGE:
            return True
        case Kind.WORKFLOW | Kind.DEPLOYMENT | Kind.ACTIVITY | Kind.CLUSTER | Kind.ENGINE | Kind.HEALTH:
            return detail.get("changes") is True
        case Kind.REVISION:
            return text_of(detail, "what") in REVISION_CHANGES
        case Kind.ACTION:
            return text_of(detail, "phase") != "intent" and not text_of(detail, "operation").startswith("silence ")
        case Kind.STEP:
            return text_of(detail, "phase") == "intent" and text_of(detail, "kind") in CHANGING_STEPS
    return False


def list_marked_events(events: Sequence[Event], since: datetime, until: datetime) -> list[tuple[Event, str]]:
    """What is marked where a number is drawn over time, newest first: `D` for what changed, `I` for an incident."""
    marked: list[tuple[Event, str]] = []
    for event in reversed(events):
        if since <= event.occurred <= until:
            if event.kind == Kind.DECLARE and event.supersedes is None:
                marked.append((event, "I"))
            elif is_change(event):
                marked.append((event, "D"))
    return marked


def list_changes_before(events: Iterable[Event], moment: datetime, reach: timedelta = BEFORE) -> list[Event]:
    """The changes in the time before a moment, newest first; of one that was corrected what it says now, of a pipeline
    that went through several states the last of them."""
    kept = list(events)
    corrected = {event.supersedes for event in kept if event.supersedes is not None}
    changes = [
        event
        for event in kept
        if event.id not in corrected and is_change(event) and moment - reach <= event.occurred <= moment
    ]
    newest = {event.subject: event.id for event in changes if event.kind in OUTSIDE_KINDS}
    changes = [event for event in changes if newest.get(event.subject, event.id) == event.id]
    return sorted(changes, key=lambda event: (event.occurred, event.id), reverse=True)


# How often an alert fired before.

PAST = timedelta(days=30)
ENDING = timedelta(minutes=20)  # a change so long before the end may have ended it
ENDED = frozenset({AlertState.RESOLVED.value})
ORDINALS = {1: "st", 2: "nd", 3: "rd"}
BACKGROUND_KINDS = (
    Kind.ALERT,
    Kind.PROBE,
    Kind.SIGNAL,
    Kind.GAP,
    Kind.RECORDER,
    Kind.TRAFFIC,
    Kind.REVISION,
    Kind.CHANGE,
    Kind.STEP,
    Kind.ACTION,
    *OUTSIDE_KINDS,
)
"""What is read of the timeline for a background."""


@dataclass(frozen=True, slots=True)
class AlertPast:
    """`times` it fired in the last 30 days, the last time before this one, how long that took, and what ended it.
    `recorded` is how much of those days there is a record of; None is all of them."""

    times: int
    last: datetime | None = None
    took: timedelta | None = None
    ended_by: str = ""
    recorded: timedelta | None = None

    @property
    def text(self) -> str:
        """`7th time in 30 days, last on 9 Nov, over after 18m 05s, by traffic to --v41`; "" where it never fired."""
        span = "30 days" if self.recorded is None else f"the {format_age(self.recorded.total_seconds())} on record"
        if self.times < 2:
            return f"the first time in {span}" if self.times else ""
        ordinal = "th" if 10 <= self.times % 100 <= 20 else ORDINALS.get(self.times % 10, "th")
        when = f", last on {self.last.day} {self.last:%b}" if self.last else ""
        took = f", over after {format_duration(self.took)}" if self.took else ""
        by = f", after: {self.ended_by}" if self.ended_by else ""
        return f"{self.times}{ordinal} time in {span}{when}{took}{by}"


def read_alert_past(
    events: Sequence[Event], key: str, now: datetime, record_began: datetime | None = None
) -> AlertPast:
    """The firings of one alert. One that was silenced or vanished in between fired on."""
    recorded = now - record_began if record_began is not None and record_began > now - PAST else None
    firings: list[tuple[datetime, datetime | None]] = []
    running: datetime | None = None
    for event in events:
        if event.kind != Kind.ALERT or event.subject != key or event.occurred < now - PAST:
            continue
        state = text_of(event.detail, "state")
        if running is not None and text_of(event.detail, "was") == AlertState.RESOLVED:
            firings.append((running, None))  # nobody saw its end
            running = event.occurred if state == AlertState.FIRING else None
        elif state == AlertState.FIRING and running is None:
            running = event.occurred
        elif state in ENDED and running is not None:
            firings.append((running, event.occurred))
            running = None
    times = len(firings) + (running is not None)
    before = firings[-1] if running is not None and firings else firings[-2] if len(firings) > 1 else None
    if before is None or before[1] is None:
        return AlertPast(times, recorded=recorded)
    changes = list_changes_before(events, before[1], min(ENDING, before[1] - before[0]))
    return AlertPast(times, before[0], before[1] - before[0], changes[0].summary if changes else "", recorded)


def describe_no_changes(moment: datetime, record_began: datetime | None) -> str:
    """That nothing is known to have changed in the quarter of an hour before a moment; or that nobody recorded then."""
    if record_began is None or record_began <= moment - BEFORE:
        return "nothing on the timeline in the 15 minutes before"
    if record_began >= moment:
        return "not known: the timeline begins after it"
    return f"nothing on the timeline, which begins {format_age((moment - record_began).total_seconds())} before it"


# How much of the last day a probe or signal was up.

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Uptime:
    """Of the last day: how long it was known, and how much of that it was not down."""

    known: timedelta
    up: timedelta

    @property
    def text(self) -> str:
        """`99.3 % of the 22h 10m that were recorded`."""
        if self.known <= timedelta(0):
            return "not recorded"
        share = self.up / self.known * 100
        rounded = 100.0 if share == 100 else min(99.99, round(share, 2))
        return f"{rounded:g} % of the {format_duration(self.known)} that were recorded"


NEITHER_UP_NOR_DOWN = frozenset({ProbeState.UNKNOWN, ProbeState.MAINTENANCE, ProbeState.ASLEEP, "flapping", "removed"})
"""States of a probe or signal whose time says nothing of how long it was up: planned, not watched, now and then."""


def compute_uptime(
    events: Sequence[Event], kind: Kind, name: str, now: datetime, record_began: datetime | None = None
) -> Uptime:
    """What the timeline, which begins then, says of the last day. Unknown and unrecorded time counts neither way."""
    start = now - DAY
    down, unknown = timedelta(0), timedelta(0)
    state, since = "", start
    for event in (*events, None):
        if event is not None and (event.kind != kind or event.subject != name):
            continue
        moment = min(event.occurred, now) if event is not None else now
        length = max(timedelta(0), moment - max(since, start))
        if state == ProbeState.DOWN:
            down += length
        elif state in NEITHER_UP_NOR_DOWN:
            unknown += length
        state, since = (text_of(event.detail, "state"), moment) if event is not None else (state, since)
    unknown += measure_unrecorded(list_recording_breaks(events), start, now)
    recorded = record_began or min((event.recorded for event in events), default=now)
    known = min(DAY, now - recorded) - unknown
    return Uptime(max(timedelta(0), known), max(timedelta(0), known - down))


LOOK_BACK = timedelta(hours=3)  # of whoever asks what preceded an event
OUTAGES = timedelta(days=1)  # how far back an outage of the cloud may have begun that still goes on


def find_active_outages(events: Iterable[Event], moment: datetime) -> list[Event]:
    """Outages of the cloud itself that had begun by then and were not over, newest first: is it them?"""
    newest: dict[str, Event] = {}
    for event in events:
        if event.kind == Kind.HEALTH and moment - OUTAGES <= event.occurred <= moment:
            newest[event.subject] = event
    active = [event for event in newest.values() if event.detail.get("changes") is True]
    return sorted(active, key=lambda event: event.occurred, reverse=True)


def describe_changes(changes: Sequence[Event], moment: datetime) -> list[str]:
    """`4m before: --v42 created by ci@example.com`, newest first."""
    return [f"{format_age((moment - event.occurred).total_seconds())} before: {event.summary}" for event in changes]
