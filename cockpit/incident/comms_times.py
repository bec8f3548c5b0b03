"""Moments and lengths of time as a message tells them: in the zone in force, with UTC beside it."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

UTC_NAMES = frozenset({"UTC", "GMT", "Z"})
ABBREVIATION = re.compile(r"(?:UTC|GMT|Z|[A-Z]{1,4}[SD]T|[CEMW]E[S]?T)")
LENGTH = re.compile(r"(\d{1,4})\s*(m|mins?|minutes?|h|hrs?|hours?)\b", re.IGNORECASE)
LONGEST = timedelta(days=7)  # nobody promises the next message for later


def abbreviations(zone: tzinfo, now: datetime) -> frozenset[str]:
    """What a zone is called in the course of this year: `NZST` and `NZDT`. Bare offsets such as `+03` are no names."""
    year = now.astimezone(zone).year
    names = {datetime(year, month, 1, tzinfo=zone).tzname() or "" for month in range(1, 13)}
    return frozenset(name for name in names if name.isascii() and name.isalpha() and name not in UTC_NAMES)


def told(at: datetime, now: datetime, zone: tzinfo, *, utc_only: bool = False) -> str:
    """`02:14 NZDT (13:14 UTC)`, with its day where that is not today's."""
    local, utc = at.astimezone(zone), at.astimezone(UTC)
    if utc_only or local.tzname() in UTC_NAMES:
        return f"{_day(utc, now.astimezone(UTC))}{utc:%H:%M} UTC"
    return f"{_day(local, now.astimezone(zone))}{local:%H:%M %Z} ({utc:%H:%M} UTC)"


def brief(at: datetime, zone: tzinfo) -> str:
    """`02:14 NZDT (13:14Z)`."""
    local = at.astimezone(zone)
    return (
        f"{at.astimezone(UTC):%H:%M}Z"
        if local.tzname() in UTC_NAMES
        else f"{local:%H:%M %Z} ({at.astimezone(UTC):%H:%M}Z)"
    )


def _day(at: datetime, today: datetime) -> str:
    return "" if at.date() == today.date() else f"{at.day} {at:%b} "


def words(length: timedelta) -> str:
    """`12 minutes`, `1 hour 5 minutes`, `2 days 3 hours`; anything shorter is `less than a minute`."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 1:
        return "less than a minute"
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "day"), (hours, "hour"), (0 if days else minutes, "minute")]
    return " ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in parts if count)


def length(text: str) -> timedelta | None:
    """The length that `30 minutes`, `1 hour` or `2h` names, when it names nothing else."""
    found = LENGTH.fullmatch(text.strip().removeprefix("in ").removeprefix("within ").strip())
    if found is None:
        return None
    unit = timedelta(hours=1) if found[2].casefold().startswith("h") else timedelta(minutes=1)
    return min(int(found[1]) * unit, LONGEST)
