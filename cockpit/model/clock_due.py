"""The moment at which a clock is due, as people on two sides of the world read it."""

from datetime import UTC, datetime, timedelta, tzinfo

from cockpit.model.clock import Clock

WEEK = timedelta(days=6)  # a weekday names only one day within it


def shown_due(clock: Clock, zone: tzinfo, now: datetime) -> str:
    """`04:17 NZDT · 15:17Z`, with the weekday or the date where it is another day there; "" without a time.

    Where the zone is UTC it is said once.
    """
    if clock.due is None:
        return ""
    try:
        here, today = clock.due.astimezone(zone), now.astimezone(zone)
        utc, utc_today = clock.due.astimezone(UTC), now.astimezone(UTC)
    except OverflowError:  # the edge of the calendar, where a zone has no local time
        return ""
    universal = f"{_day(utc, utc_today)}{utc:%H:%M}Z"
    if here.tzname() == "UTC":
        return universal
    return f"{_day(here, today)}{here:%H:%M} {_name(here)} · {universal}"


def _day(at: datetime, today: datetime) -> str:
    if at.date() == today.date():
        return ""
    days = abs(at.date() - today.date())
    return f"{at:%a} " if days <= WEEK else f"{at.day} {at:%b} "


def _name(at: datetime) -> str:
    """The abbreviation in force; a zone that has only a number is told from UTC."""
    name = at.tzname() or ""
    return f"UTC{name}" if name[:1] in "+-" else name
