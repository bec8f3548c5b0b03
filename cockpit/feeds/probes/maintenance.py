"""Recurring planned work: every Sunday at two, in the zone of those who do it, across changes of the clocks."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cockpit.model.probe import RecurringWindow

if TYPE_CHECKING:
    from dateutil.rrule import rrule

ANCHOR = datetime(2024, 1, 1)  # noqa: DTZ001  local in every zone; a Monday: from it every second week is counted
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAMED = {"daily": "FREQ=DAILY", "weekdays": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "weekends": "FREQ=WEEKLY;BYDAY=SA,SU"}
PLACES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
OF_MONTH = re.compile(rf"(?P<place>{'|'.join(PLACES)}) (?P<day>{'|'.join(DAYS)})")
REACH = timedelta(days=1)  # a zone is never further from another one


class RhythmError(ValueError):
    """What was written names no rhythm; the message says how one is written."""


@lru_cache(maxsize=64)
def parse_rule(every: str, at: time) -> "rrule":
    """`daily`, `weekdays`, `sun`, `mon, thu`, `first sun`, or a rule of RFC 5545. Raises RhythmError."""
    from dateutil.rrule import rrule, rrulestr

    text = " ".join(every.strip().lower().split())
    days = [day.strip()[:3] for day in text.split(",")]
    if match := OF_MONTH.fullmatch(text):
        rule = f"FREQ=MONTHLY;BYDAY={PLACES[match['place']]}{match['day'][:2].upper()}"
    elif all(day in DAYS for day in days):
        rule = f"FREQ=WEEKLY;BYDAY={','.join(day[:2].upper() for day in days)}"
    else:
        rule = NAMED.get(text, every.strip().upper())
    fine = any(f"FREQ={word}" in rule for word in ("HOURLY", "MINUTELY", "SECONDLY"))
    try:
        if "\n" in rule or "DTSTART" in rule or fine:
            raise ValueError(rule)
        parsed = rrulestr(rule, dtstart=datetime.combine(ANCHOR, at))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise RhythmError(f"`{every}` must be daily, weekdays, sun, mon,thu, first sun or FREQ=WEEKLY;...") from None
    if not isinstance(parsed, rrule):
        raise RhythmError(f"`{every}` must be one rule")
    return parsed


def find_window_end(windows: Iterable[RecurringWindow], now: datetime) -> datetime | None:
    """The end of the window that is open now, of several the last; None while none is.

    A window begins at its local time and lasts so long as a stopwatch says, also in the night in which clocks change.
    A time that such a night leaves out is taken as it would have been.
    """
    ends = []
    for window in windows:
        zone, length = ZoneInfo(window.zone), timedelta(seconds=window.lasting)
        local = now.astimezone(zone).replace(tzinfo=None)
        for start in parse_rule(window.every, window.at).between(local - length - REACH, local + REACH, inc=True):
            begins = start.replace(tzinfo=zone).astimezone(UTC)
            if begins <= now < begins + length:
                ends.append(begins + length)
    return max(ends, default=None)
