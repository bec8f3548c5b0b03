"""Steps of the wall clock: it was set, and what is written on its two sides does not fit together.

A deadline counts the time that passed, not what the clock says of it: the facts of an open incident are dated by the
clock of now. Those from before a step are moved by as much as the clock was, once, when the step becomes known. The
file keeps what was written; where such a fact is shown, the time by the clock of then stands beside it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cockpit.model.event import Draft, Event, Kind, time_of
from cockpit.model.time import Time, format_duration, format_timestamp, parse_timestamp

LEAST_STEP = 2.0  # seconds; time servers slew what is less, and two looks at two clocks are never quite one
LONGEST_LOOK_APART = 0.5  # seconds between two clocks that are read one after the other: more, and they say nothing
SHOWN_FOR = timedelta(hours=1)  # a step is a banner for so long, and while an incident that it moved is open
RECENT_ENOUGH = timedelta(days=1)  # in a list of everything: what was recorded longer before a step is history
CLOCK_THEN = "clock_then"  # in the detail of an event that was moved: when it occurred as it is written
FOREIGN_MOMENTS = frozenset({"certificate_ends"})  # in a detail: what no clock of ours has dated
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@dataclass(frozen=True, slots=True)
class ClockStep:
    """By how much the clock was set, forth or (below zero) back; `event` says so, `moment` is by the clock since."""

    event: int
    moment: datetime
    length: timedelta

    def was_noticed_at(self, end: datetime) -> bool:
        """Whether a gap that ended then was noticed with it, and so is dated by the clock since: older versions wrote
        such a gap before the step."""
        return abs(end - self.moment) < timedelta(seconds=LEAST_STEP)

    def is_shown(self, now: datetime) -> bool:
        return abs(now - self.moment) <= SHOWN_FOR


class ClockStepWatch:
    """Notices that the wall clock was set, by a clock that nobody sets. Somebody must look every few seconds."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._offset = self._read_offset()

    def look(self) -> timedelta:
        """By how much it was set since the last look; zero when it was not."""
        offset = self._read_offset()
        if offset is None or self._offset is None:
            self._offset = self._offset or offset
            return timedelta()
        step = offset - self._offset
        if abs(step) < LEAST_STEP:
            return timedelta()  # the offset stays: what creeps is recorded once it is as long as a step
        self._offset = offset
        return timedelta(seconds=step)

    def _read_offset(self) -> float | None:
        """None when this process was stopped between the two clocks."""
        before = self._time.monotonic()
        wall = self._time.now().timestamp()
        return None if self._time.monotonic() - before > LONGEST_LOOK_APART else wall - before


def draft_clock_step(environment: str, length: timedelta, now: datetime, source: str) -> Draft:
    """The event that tells of it, at the first moment of the new clock."""
    before = now - length
    return Draft(
        Kind.WALL_CLOCK,
        f"{describe_step(length)}: {before:%Y-%m-%d %H:%M:%S}Z became {now:%Y-%m-%d %H:%M:%S}Z",
        now,
        environment,
        source=source,
        detail={"before": format_timestamp(before), "after": format_timestamp(now)},
    )


def describe_step(length: timedelta) -> str:
    """`the clock of this machine was set back by 1h 00m`."""
    return f"the clock of this machine was set {'back' if length < timedelta() else 'forth'} by {_length(length)}"


def label_step(step: ClockStep) -> str:
    """For a bar: `CLOCK SET BACK 1h 00m`."""
    return f"CLOCK SET {'BACK' if step.length < timedelta() else 'FORTH'} {_length(step.length)}"


def _length(length: timedelta) -> str:
    """To the second: two looks at two clocks are some milliseconds apart, and "1h 59m" is no two hours."""
    return format_duration(timedelta(seconds=round(abs(length).total_seconds())))


def read_clock_step(event: Event) -> ClockStep | None:
    """None for an event of another kind, or one whose words were redacted."""
    length = read_length(event.detail) if event.kind == Kind.WALL_CLOCK else timedelta()
    return ClockStep(event.id, event.occurred, length) if length else None


def read_length(detail: Mapping[str, Any]) -> timedelta:
    """By how much the clock was set, as the detail of its event says; zero where it does not."""
    before, after = time_of(detail, "before"), time_of(detail, "after")
    return after - before if before is not None and after is not None else timedelta()


def move_moment(moment: datetime, length: timedelta) -> datetime:
    """As far as the calendar goes."""
    try:
        return moment + length
    except OverflowError:
        return moment


def move_event(event: Event, length: timedelta) -> Event:
    """An event by the clock of now: when it occurred, and the moments in its detail."""
    return replace(event, occurred=move_moment(event.occurred, length), detail=_move_detail(event.detail, length))


def _move_detail(detail: Mapping[str, Any], length: timedelta) -> dict[str, Any]:
    return {name: value if name in FOREIGN_MOMENTS else _move_value(value, length) for name, value in detail.items()}


def _move_value(value: Any, length: timedelta) -> Any:
    """A moment, or what holds some: the answers of a probe, its failures while it flapped."""
    if isinstance(value, Mapping):
        return _move_detail(value, length)
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return value
    try:
        return format_timestamp(parse_timestamp(value) + length)
    except (ValueError, OverflowError):
        return value


def tell_by_present_clock(
    events: Iterable[Event], steps: Sequence[ClockStep], within: timedelta = timedelta.max
) -> list[Event]:
    """Events by the clock of now, those from before a step with the time by the clock of then beside it.

    What was recorded more than `within` before a step was over when it came, and is left. A correction that keeps the
    time of what it corrects is dated by the clock of that.
    """
    result: list[Event] = []
    first: dict[int, tuple[int, datetime]] = {}  # by id: by the clock of which event its time is, and that time
    for event in sorted(events, key=lambda event: event.id):
        corrected = first.get(event.supersedes) if event.supersedes is not None else None
        by = corrected[0] if corrected is not None and corrected[1] == event.occurred else event.id
        first[event.id] = (by, event.occurred)
        reached = (
            step
            for step in steps
            if by < step.event
            and step.moment - step.length - event.recorded <= within
            and not (event.kind == Kind.GAP and step.was_noticed_at(event.occurred))
        )
        length = sum((step.length for step in reached), timedelta())
        result.append(_tell_both_times(event, length) if length else event)
    return result


def _tell_both_times(event: Event, length: timedelta) -> Event:
    moved = move_event(event, length)
    detail = {**moved.detail, CLOCK_THEN: format_timestamp(event.occurred)}
    return replace(moved, recorded=move_moment(event.recorded, length), detail=detail)


def describe_clock_then(event: Event) -> str:
    """`11:50:03Z by the clock before it was set`, of an event that `tell_by_present_clock` moved; else ""."""
    then = time_of(event.detail, CLOCK_THEN)
    return f"{then:%H:%M:%S}Z by the clock before it was set" if then else ""


def list_clock_steps(events: Iterable[Event]) -> list[ClockStep]:
    """Those that are reported among events of any kind, of one environment."""
    return [step for event in events if (step := read_clock_step(event))]
