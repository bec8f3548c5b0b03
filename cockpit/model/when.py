"""Times as people type them in an incident: `10m ago`, `14:05`, `yesterday 23:50`, `2026-02-27 14:05`."""

import re
from datetime import datetime, timedelta, tzinfo

from cockpit.model.duration import DurationError, seconds

AHEAD = timedelta(minutes=1)  # a clock time this little ahead of now is now, on a clock that runs a bit fast
HINT = "write `10m ago`, `14:05`, `yesterday 23:50` or `2026-02-27 14:05`"
_CLOCK = re.compile(r"(?:(today|yesterday)\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?(z)?", re.IGNORECASE)


class WhenError(ValueError):
    """Text that names no moment, or one that has not come yet."""


def when(text: str, now: datetime, zone: tzinfo) -> datetime:
    """The past moment that `text` names, aware; a time without a zone is in `zone`, `14:05Z` in UTC.

    A bare clock time is its last occurrence: `23:50` at ten past midnight was yesterday. Raises WhenError.
    """
    words = " ".join(text.split())
    found = _ago(words, now) or _clock(words, now, zone) or _date(words, zone)
    if found is None:
        raise WhenError(f"`{words[:40]}` is no time; {HINT}.")
    if found > now + AHEAD:
        raise WhenError(f"`{words[:40]}` has not come yet.")
    return min(found, now)


def _ago(words: str, now: datetime) -> datetime | None:
    if words.casefold() == "now":
        return now
    length, found, rest = words.casefold().rpartition("ago")
    if not found or rest:
        return None
    try:
        return now - timedelta(seconds=float(seconds(length.replace(" ", ""))))
    except (DurationError, OverflowError):
        return None


def _clock(words: str, now: datetime, zone: tzinfo) -> datetime | None:
    match = _CLOCK.fullmatch(words)
    if match is None:
        return None
    day, hour, minute, second, utc = match.groups()
    here = now if utc else now.astimezone(zone)
    try:
        at = here.replace(hour=int(hour), minute=int(minute), second=int(second or 0), microsecond=0)
    except ValueError:
        return None
    back = 1 if day and day.casefold() == "yesterday" else 0
    if not day and at > here + AHEAD:
        back = 1
    return at - timedelta(days=back)


def _date(words: str, zone: tzinfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(words)
    except ValueError:
        return None
    if "-" not in words:  # fromisoformat reads bare digits as dates; nobody means that here
        return None
    return at if at.tzinfo else at.replace(tzinfo=zone)
