"""When nobody recorded: each break in the record, short ones too, and what may have happened in one."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from cockpit.model.event import NEVER_RECORDED, Event, Kind, map_of, text_of, time_of
from cockpit.model.incident import RecordingBreak
from cockpit.model.time import format_duration, format_timestamp, measure_between

LEAST_BREAK = 3.0  # seconds; a recorder gives a sign of life every two
UNRECORDED = "unrecorded"  # in what a recorder says of itself: the short break before it began
STOPPED = "stopped"  # what a recorder event says when it is no beginning


BREAK_KINDS = (Kind.GAP, Kind.RECORDER)
"""The kinds of events that tell of a break."""


def read_recording_break(event: Event) -> RecordingBreak | None:
    """The break that an event tells of; None where it tells of none."""
    if event.kind not in BREAK_KINDS:
        return None
    detail = event.detail if event.kind == Kind.GAP else map_of(event.detail, UNRECORDED)
    begin, end = time_of(detail, "from"), time_of(detail, "until")
    return RecordingBreak(begin, end) if begin is not None and end is not None and begin < end else None


def list_recording_breaks(events: Iterable[Event]) -> list[RecordingBreak]:
    """Every break that the record tells of, in order, each moment in one of them at most."""
    return join_recording_breaks(item for event in events if (item := read_recording_break(event)) is not None)


def join_recording_breaks(breaks: Iterable[RecordingBreak]) -> list[RecordingBreak]:
    """The same in order, each moment in one of them at most."""
    joined: list[RecordingBreak] = []
    for recording_break in sorted(breaks, key=lambda item: item.begin):
        if joined and recording_break.begin <= joined[-1].end:
            joined[-1] = RecordingBreak(joined[-1].begin, max(joined[-1].end, recording_break.end))
        else:
            joined.append(recording_break)
    return joined


def build_break_before(began: datetime) -> RecordingBreak:
    """The time before the first recorder began: nobody had recorded yet."""
    return RecordingBreak(NEVER_RECORDED, began)


def find_record_begin(events: Iterable[Event]) -> datetime | None:
    """When the first recorder of these events began; None where none is on record."""
    return min((event.occurred for event in events if event.kind == Kind.RECORDER), default=None)


def find_record_end(events: Iterable[Event]) -> datetime | None:
    """When the last recorder stopped; None while one records, or where none is on record."""
    last = None
    for event in events:
        if event.kind == Kind.RECORDER:
            last = event
    return last.occurred if last is not None and text_of(last.detail, "what") == STOPPED else None


def measure_unrecorded(breaks: Iterable[RecordingBreak], begin: datetime, end: datetime) -> timedelta:
    """How long nobody recorded between two moments."""
    inside = ((max(item.begin, begin), min(item.end, end)) for item in breaks)
    return sum((measure_between(first, last) for first, last in inside if first < last), timedelta())


def list_unrecorded(
    breaks: Iterable[RecordingBreak], begin: datetime, end: datetime, recorded_until: datetime | None = None
) -> list[RecordingBreak]:
    """When nobody recorded in a span, in order: before anybody ever did, in each break, and since `recorded_until`,
    the end of the record where nobody records now.

    A break that began before the span keeps its own beginning, so that every place tells the same of it. Only the time
    before anybody ever recorded has none: it is told from the beginning of the span on.
    """
    since = []
    if recorded_until is not None and measure_between(recorded_until, end).total_seconds() > LEAST_BREAK:
        since = [RecordingBreak(recorded_until, end)]
    inside = [item for item in join_recording_breaks([*breaks, *since]) if item.begin < end and begin < item.end]
    return [RecordingBreak(begin if item.is_before_all else item.begin, min(item.end, end)) for item in inside]


def describe_recording_breaks(
    breaks: Iterable[RecordingBreak], begin: datetime, end: datetime, recorded_until: datetime | None = None
) -> str:
    """`12s in all, in 2 breaks: 02:11:05 to 02:11:12, 02:14:00 to 02:14:05 UTC`, each from its own beginning; "" where
    somebody always recorded."""
    inside = list_unrecorded(breaks, begin, end, recorded_until)
    if not inside:
        return ""
    length = format_duration(sum((measure_between(item.begin, item.end) for item in inside), timedelta()))
    count = "1 break" if len(inside) == 1 else f"{len(inside)} breaks"
    times = [f"{_format_moment(item.begin, begin)} to {_format_moment(item.end, item.begin)}" for item in inside[:4]]
    more = f" and {len(inside) - len(times)} more" if len(inside) > len(times) else ""
    return f"{length} in all, in {count}: {', '.join(times)}{more} UTC"


def draft_short_break(begin: datetime, end: datetime) -> dict[str, Any]:
    """How a recorder tells of the break before it, which is too short for a line of its own."""
    return {"from": format_timestamp(begin), "until": format_timestamp(end)}


def _format_moment(moment: datetime, day: datetime) -> str:
    moment, day = moment.astimezone(UTC), day.astimezone(UTC)
    return f"{moment:%H:%M:%S}" if moment.date() == day.date() else f"{moment:%Y-%m-%d %H:%M:%S}"
