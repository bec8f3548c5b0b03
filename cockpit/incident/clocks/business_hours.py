"""Working time: what `Hours` mean on the calendar of a real zone, daylight saving, month ends and holidays included.

A local time that does not exist, or exists twice, is read as RFC 5545 (3.3.5) reads it: with the offset before the
gap, and as its first occurrence. Hours that close before they open run over midnight and belong to the day on which
they open; hours that close when they open are whole days. All moments taken and given are aware.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from cockpit.model.plan import Hours

DAY = timedelta(days=1)
NOTHING = timedelta()
SEARCHED = 3_660  # days; who opens on none of ten years does not open


@lru_cache(maxsize=64)
def zone_named(name: str) -> tuple[tzinfo, str]:
    """The zone of an IANA name, and the name that is in force: `UTC` for one that does not exist. Never raises."""
    try:
        return ZoneInfo(name), name
    except (KeyError, ValueError, OSError):  # no such zone; a path that leads out; a folder such as `Europe`
        return UTC, "UTC"


def zone_of(hours: Hours, zone: tzinfo) -> tuple[tzinfo, str]:
    """Where these hours are meant, and the name in force: their own zone, else the one given. Never raises.

    Hours of a zone that does not exist are meant in UTC: the name, unlike what was asked for, is then `UTC`.
    """
    return zone_named(hours.zone) if hours.zone else (zone, str(zone))


def is_open(moment: datetime, hours: Hours, zone: tzinfo = UTC) -> bool:
    """True from each opening until just before its closing."""
    return any(opens <= moment < closes for opens, closes in _iterate_working_spans(moment, hours, zone, days=2))


def next_opening(moment: datetime, hours: Hours, zone: tzinfo = UTC) -> datetime | None:
    """The first opening after `moment`; None where there is none in ten years."""
    return next((opens for opens, _ in _iterate_working_spans(moment, hours, zone) if opens > moment), None)


def add_hours(start: datetime, duration: timedelta, hours: Hours, zone: tzinfo = UTC) -> datetime | None:
    """The moment at which `duration` of working time has passed since `start`; None where it never does.

    It is inside the hours or at a closing. A duration below zero is none at all.
    """
    left = max(duration, NOTHING)
    for opens, closes in _iterate_working_spans(start, hours, zone):
        if closes < start:
            continue
        begins = max(opens, start)
        if left <= closes - begins:
            return begins + left
        left -= closes - begins
    return None


def add_days(start: datetime, days: int, hours: Hours, zone: tzinfo = UTC) -> datetime | None:
    """The closing of the n-th working day after the day of `start`, which does not count itself; None: never."""
    where, _ = zone_of(hours, zone)
    today = _get_local_date(start, where)
    closings = (
        closes for opens, closes in _iterate_working_spans(start, hours, zone) if _get_local_date(opens, where) > today
    )
    return next((closes for number, closes in enumerate(closings, 1) if number >= days), None)


def compute_working_time(start: datetime, end: datetime, hours: Hours, zone: tzinfo = UTC) -> timedelta:
    """The working time between two moments; none where the second comes first."""
    total = NOTHING
    for opens, closes in _iterate_working_spans(start, hours, zone):
        if opens >= end:
            break
        total += max(NOTHING, min(closes, end) - max(opens, start))
    return total


def _iterate_working_spans(
    start: datetime, hours: Hours, zone: tzinfo, days: int = SEARCHED
) -> Iterator[tuple[datetime, datetime]]:
    """From opening to closing in UTC, one after the other, beginning with the day before that of `start`."""
    where, _ = zone_of(hours, zone)
    last = datetime.min.replace(tzinfo=UTC)
    night = DAY if hours.closes <= hours.opens else NOTHING
    first = _get_local_date(start, where)
    try:
        for day in (first + number * DAY for number in range(-1, days)):
            if day.weekday() not in hours.days or day in hours.holidays:
                continue
            opens = datetime.combine(day, hours.opens, where).astimezone(UTC)
            closes = datetime.combine(day + night, hours.closes, where).astimezone(UTC)
            opens = max(opens, last)  # hours that touch in the hour that is left out must not count it twice
            if opens < closes:
                yield opens, closes
                last = closes
    except OverflowError:  # the calendar ends
        return


def _get_local_date(moment: datetime, where: tzinfo) -> date:
    try:
        return moment.astimezone(where).date()
    except OverflowError:  # the first or the last day of the calendar, elsewhere
        return moment.date()
