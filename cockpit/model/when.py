"""Times as people type them in an incident: `10m ago`, `14:05`, `yesterday 23:50`, `2026-02-27 14:05`."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from cockpit.model.duration import DurationError, seconds

AHEAD = timedelta(minutes=1)  # a clock time this little ahead of now is now, on a clock that runs a bit fast
HINT = "write `10m ago`, `14:05`, `14:05 UTC`, `yesterday 23:50` or `2026-02-27 14:05 UTC`"
_CLOCK = re.compile(r"(?:(today|yesterday)\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?", re.IGNORECASE)
_ZONED = re.compile(
    r"(?P<time>.*\d:\d\d(?::\d\d(?:[.,]\d+)?)?)\s*(?P<zone>[a-z][a-z/_]*|(?:utc|gmt)?[+-]\d{1,2}(?::?\d\d)?)",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:utc|gmt)?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?", re.IGNORECASE)


class WhenError(ValueError):
    """Text that names no moment, or one that has not come yet."""


def when(text: str, now: datetime, zone: tzinfo) -> datetime:
    """The past moment that `text` names, aware; a time without a zone is in `zone`, `14:05Z` and `14:05 UTC` in UTC.

    A bare clock time is its last occurrence: `23:50` at ten past midnight was yesterday. Raises WhenError.
    """
    words = " ".join(text.split())
    bare, its_zone = _split_zone(words, now, zone)
    found = _ago(words, now) or _clock(bare, now, its_zone) or _date(bare, its_zone)
    if found is None:
        raise WhenError(f"`{words[:40]}` is no time; {HINT}.")
    if found > now + AHEAD:
        raise WhenError(f"`{words[:40]}` has not come yet.")
    return min(found, now)


def _split_zone(words: str, now: datetime, zone: tzinfo) -> tuple[str, tzinfo]:
    """The time without its zone, and the zone: `14:05 UTC`, `14:05+13:00`, `14:05 NZDT` where that is `zone` itself.

    Raises WhenError for letters that name no single zone: CST is three.
    """
    match = _ZONED.fullmatch(words)
    if match is None:
        return words, zone
    time, name = match["time"], match["zone"]
    if name.casefold() in ("z", "utc", "gmt"):
        return time, UTC
    if (offset := _OFFSET.fullmatch(name)) and int(offset["hours"]) < 24 and int(offset["minutes"] or 0) < 60:
        length = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
        return time, timezone(-length if offset["sign"] == "-" else length)
    shown = {(now - timedelta(days=days)).astimezone(zone).strftime("%Z").casefold() for days in (0, 91, 182, 274)}
    if name.casefold() in shown:  # as the screen writes it, in winter or in summer
        return time, zone
    raise WhenError(f"`{name[:20]}` is no time zone that is known here; write UTC, or an offset such as +02:00.")


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
    day, hour, minute, second = match.groups()
    here = now.astimezone(zone)
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
