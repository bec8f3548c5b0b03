"""Time as it is injected everywhere: wall clock for people, monotonic clock for ages. And times, zones and durations as
people write them.
"""

import asyncio
import os
import re
import time
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Protocol

from cockpit.model.problem import CodedError

MACHINE_ZONE = "/etc/localtime"

# Durations: `300ms`, `15s`, `1h30m`, `14d`

UNITS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3_600),
    "d": Decimal(86_400),
    "w": Decimal(604_800),
}
PATTERN = r"^([0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h|d|w))+$"
_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([a-zA-Zµ]*)")
_SHOWN = (
    ("d", 2 * 86_400),
    ("h", 7_200),
    ("m", 120),
    ("s", 1),
)  # the unit of a shown duration, and from how many seconds


class DurationError(ValueError):
    """Text that is no duration; `suggestion` is the nearest one, or ""."""

    def __init__(self, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.suggestion = suggestion


def seconds(text: str) -> Decimal:
    """The seconds that `text` stands for. Raises DurationError for anything without a known unit."""
    parts = _PART.findall(text) if _PART.sub("", text) == "" else []
    if not parts:
        raise DurationError("is not a duration; write a number and a unit, such as 300ms, 15s, 2h or 14d")
    for number, unit in parts:
        if unit not in UNITS:
            raise DurationError(_unknown(unit), _nearest(number, unit))
    return sum((Decimal(number) * UNITS[unit] for number, unit in parts), Decimal(0))


def show(value: Decimal | float) -> str:
    """Seconds in the largest unit that tells, four digits: `412ms`, `1.8s`, `13.4d`."""
    size = abs(float(value))
    for unit, least in _SHOWN:
        if size >= least:
            return f"{float(value) / float(UNITS[unit]):.4g}{unit}"
    return f"{float(value) * 1000:.4g}ms"


def _unknown(unit: str) -> str:
    return f"has no known unit{f' ({unit})' if unit else ''}; the units are {', '.join(UNITS)}"


def _nearest(number: str, unit: str) -> str:
    if not unit:
        return f"{number}s"
    if unit.lower().startswith(("ms", "mil")):
        return f"{number}ms"
    return f"{number}{unit[0].lower()}" if unit[0].lower() in UNITS else ""


# Clocks, as they are injected

BOOT_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux stops CLOCK_MONOTONIC while the machine sleeps, and what was read before would look fresh after it."""

STANDSTILL = 10.0  # seconds without a look; a busy loop is late by less


class Time(Protocol):
    """What the cockpit asks of time. Tests pass their own."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC. May jump."""

    def monotonic(self) -> float:
        """Seconds that never go back and that count the sleep of the machine; the only source of ages."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class RealTime:
    """The machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.clock_gettime(BOOT_CLOCK)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class StandstillWatch:
    """Notices that this process did not run: it was stopped, it hung, or it slept with its machine.

    Somebody must look every few seconds: a look that comes `STANDSTILL` seconds after the last is the waking.
    """

    def __init__(self, time: Time) -> None:
        self._time = time
        self._looked = time.monotonic()
        self.woke = float("-inf")
        """The monotonic second of the last waking: what was asked before it tells of the time before it."""

    def look(self) -> float:
        """Seconds we stood still until now; 0.0 when we did not."""
        now = self._time.monotonic()
        seconds, self._looked = now - self._looked, now
        if seconds < STANDSTILL:
            return 0.0
        self.woke = now
        return seconds


def format_timestamp(moment: datetime) -> str:
    """The one written form of a moment: UTC, microseconds, `2026-02-27T02:14:31.000000Z`; sorts as text."""
    # isoformat and not strftime: the year 1, an API's way to say "never", must keep its four digits to sort.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def format_clock_time(moment: datetime, zone: tzinfo, today: date, *, seconds: bool = False) -> str:
    """`14:05`, or `14:05:31`, by a clock in `zone`; of another day than `today` with its date: `27 Feb 14:05`."""
    local = moment.astimezone(zone)
    if local.date() != today:
        return f"{local.day} {local:%b %H:%M}"
    return f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"


UTC_NAMES = frozenset({"UTC", "GMT", "Z"})  # zones whose time is UTC's, and whose name says so


def is_named_utc(local: datetime) -> bool:
    """Whether a local time reads as UTC by its zone's own name; beside it, UTC would be the same time twice."""
    return local.tzname() in UTC_NAMES and local.utcoffset() == timedelta()


def parse_timestamp(text: str) -> datetime:
    """The inverse of `format_timestamp`. Raises ValueError."""
    if AS_WRITTEN.fullmatch(text):  # forty times as fast, and thousands are read in a storm
        return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


AS_WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def format_age(seconds: float) -> str:
    """The largest unit that tells: `0s`, `38s`, `12m`, `3h`, `4d`. Negative (a clock that stepped) reads `0s`."""
    whole = max(0, int(seconds))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def format_elapsed(seconds: float) -> str:
    """A running duration as `HH:MM:SS`; from two days on in its two largest units, as `format_duration` says it."""
    whole = max(0, int(seconds))
    if whole >= LONG:
        return format_duration(timedelta(seconds=whole))
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


LONG = 2 * 86_400  # seconds; from here on days and hours


def format_duration(length: timedelta) -> str:
    """The one way to write a duration, whole seconds in its two largest units: `12s`, `28m 05s`, `3h 02m`, `4d 03h`.

    What is begun is not counted, on a running clock and in a report alike. A negative one keeps its sign.
    """
    seconds = int(abs(length.total_seconds()))
    sign = "-" if length < timedelta() and seconds else ""
    if seconds < 60:
        return f"{sign}{seconds}s"
    if seconds < 3_600:
        return f"{sign}{seconds // 60}m {seconds % 60:02}s"
    if seconds < LONG:
        return f"{sign}{seconds // 3_600}h {seconds // 60 % 60:02}m"
    return f"{sign}{seconds // 86_400}d {seconds // 3_600 % 24:02}h"


def measure_between(begin: datetime, end: datetime) -> timedelta:
    """The length between two moments as they are shown, in whole seconds: whoever subtracts them gets the same."""
    return end.replace(microsecond=0) - begin.replace(microsecond=0)


# What people write for a time zone: abbreviations, which are no zones, with the zone that each means.

# Abbreviations that mean one place, winter or summer; IST, CST, AST and BST mean several and are not in here.
ABBREVIATIONS = {
    **dict.fromkeys(("NZST", "NZDT", "NZT"), "Pacific/Auckland"),
    **dict.fromkeys(("AEST", "AEDT"), "Australia/Sydney"),
    **dict.fromkeys(("ACST", "ACDT"), "Australia/Adelaide"),
    "AWST": "Australia/Perth",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "SGT": "Asia/Singapore",
    "HKT": "Asia/Hong_Kong",
    **dict.fromkeys(("CET", "CEST", "MEZ", "MESZ"), "Europe/Berlin"),
    **dict.fromkeys(("EET", "EEST"), "Europe/Helsinki"),
    **dict.fromkeys(("GMT", "UTC", "Z"), "UTC"),
    **dict.fromkeys(("EST", "EDT", "ET"), "America/New_York"),
    **dict.fromkeys(("CDT", "CT"), "America/Chicago"),
    **dict.fromkeys(("MDT", "MT"), "America/Denver"),
    **dict.fromkeys(("PST", "PDT", "PT"), "America/Los_Angeles"),
}


# Times as people type them in an incident: `10m ago`, `14:05`, `yesterday 23:50`, `2026-02-27 14:05`.

AHEAD = timedelta(minutes=1)  # a clock time this little ahead of now is now, on a clock that runs a bit fast
HINT = "write `10m ago`, `14:05`, `14:05 UTC`, `yesterday 23:50` or `2026-02-27 14:05 UTC`"
_CLOCK = re.compile(r"(?:(today|yesterday)\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?", re.IGNORECASE)
_ZONED = re.compile(
    r"(?P<time>.*\d:\d\d(?::\d\d(?:[.,]\d+)?)?)\s*(?P<zone>[a-z][a-z/_]*|(?:utc|gmt)?[+-]\d{1,2}(?::?\d\d)?)",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:utc|gmt)?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?", re.IGNORECASE)


class WhenError(CodedError, ValueError):
    """Text that names no moment, or one that has not come yet."""


def parse_past_moment(text: str, now: datetime, zone: tzinfo) -> datetime:
    """The past moment that `text` names, aware; a time without a zone is in `zone`, `14:05Z` and `14:05 UTC` in UTC.

    A bare clock time is its last occurrence: `23:50` at ten past midnight was yesterday. Where the clocks went back an
    hour came twice: the last one that is over is meant, unless its own name stands there (`02:30 NZDT`); `name_hour`
    says which. Raises WhenError, for a time that the clocks left out as well.
    """
    tokens = " ".join(text.split())
    bare, its_zone, name = _split_zone(tokens, now, zone)
    result = _parse_ago(tokens, now) or _parse_clock_time(bare, now, its_zone, name)
    result = result or _parse_date(bare, now, its_zone, name)
    if result is None:
        raise WhenError(f"`{tokens[:40]}` is not a time; {HINT}.", code="not-a-time", text=tokens[:40])
    if result.astimezone(UTC) > now + AHEAD:
        raise WhenError(f"`{tokens[:40]}` has not come yet.", code="time-in-future", text=tokens[:40])
    return min(result, now, key=lambda moment: moment.astimezone(UTC))


def find_zone(name: str) -> tzinfo:
    """The zone of that name, "" for the machine's own: with its rules, as a moment of last month or one in an hour that
    came twice has another offset than now."""
    # Neither before the first frame, which shows no time that needs them.
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name:
        return ZoneInfo(name)
    try:  # the C library tells only what holds this year, and has two offsets for a zone that has had more
        if own_name := os.environ.get("TZ", ""):
            return ZoneInfo(own_name.removeprefix(":"))
        with open(MACHINE_ZONE, "rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        from dateutil.tz import tzlocal

        return tzlocal()


def name_hour(moment: datetime) -> str:
    """Which of the two is meant, of a moment in an hour that came twice: `02:30 came twice: taken for 02:30 NZST (14:30
    UTC), not 02:30 NZDT (13:30 UTC)`. "" for any other."""
    if not _comes_twice(moment):
        return ""
    other = moment.replace(fold=1 - moment.fold)
    return f"{moment:%H:%M} came twice: taken for {_name_both_times(moment)}, not {_name_both_times(other)}"


def _name_both_times(moment: datetime) -> str:
    return f"{moment:%H:%M %Z} ({moment.astimezone(UTC):%H:%M} UTC)"


def _comes_twice(moment: datetime) -> bool:
    """Whether the clocks of its zone show this time a second time, an offset later."""
    first, second = (moment.replace(fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second


def _split_zone(text: str, now: datetime, zone: tzinfo) -> tuple[str, tzinfo, str]:
    """The time without its zone, the zone, and its name where that is `zone` itself: `14:05 UTC`, `14:05+13:00`,
    `14:05 NZDT`.

    Raises WhenError for letters that name no single zone: CST is three.
    """
    match = _ZONED.fullmatch(text)
    if match is None:
        return text, zone, ""
    time, name = match["time"], match["zone"]
    if name.casefold() in ("z", "utc", "gmt"):
        return time, UTC, ""
    if (offset := _OFFSET.fullmatch(name)) and int(offset["hours"]) < 24 and int(offset["minutes"] or 0) < 60:
        length = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
        return time, timezone(-length if offset["sign"] == "-" else length), ""
    own_names = {(now - timedelta(days=days)).astimezone(zone).strftime("%Z").casefold() for days in (0, 91, 182, 274)}
    if name.casefold() in own_names:  # as the screen writes it, in winter or in summer
        return time, zone, name.casefold()
    raise WhenError(
        f"`{name[:20]}` is not a time zone known here; write UTC, or an offset such as +02:00.",
        code="unknown-time-zone",
        name=name[:20],
    )


def _parse_ago(text: str, now: datetime) -> datetime | None:
    if text.casefold() == "now":
        return now
    length, ago, rest = text.casefold().rpartition("ago")
    if not ago or rest:
        return None
    try:
        return now - timedelta(seconds=float(seconds(length.replace(" ", ""))))
    except (DurationError, OverflowError):
        return None


def _parse_clock_time(text: str, now: datetime, zone: tzinfo, name: str) -> datetime | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    day, hour, minute, second = match.groups()
    here = now.astimezone(zone)
    try:
        today_then = here.replace(hour=int(hour), minute=int(minute), second=int(second or 0), microsecond=0)
    except ValueError:
        return None
    back = 1 if day and day.casefold() == "yesterday" else 0
    moment = _choose_latest_past(today_then - timedelta(days=back), now, name)
    if not day and moment.astimezone(UTC) > now + AHEAD:
        moment = _choose_latest_past(today_then - timedelta(days=1), now, name)
    return _must_exist(moment)


def _choose_latest_past(local_time: datetime, now: datetime, name: str) -> datetime:
    """Where the clocks go back an hour comes twice: the last one that is over is meant, or the one of that name."""
    both = [local_time.replace(fold=fold) for fold in (0, 1)]
    if _comes_twice(local_time):
        both = [moment for moment in both if (moment.tzname() or "").casefold() == name] or both
    moments = [moment for moment in both if moment.astimezone(UTC) <= now + AHEAD] or both[:1]
    return max(moments, key=lambda moment: moment.astimezone(UTC))


def _must_exist(moment: datetime) -> datetime:
    """Raises WhenError for a time that the clocks left out when they went forth."""
    zone = moment.tzinfo
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment.replace(tzinfo=None):
        there = moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
        after = moment + abs(there - moment.replace(tzinfo=None))
        raise WhenError(
            f"There was no {moment:%H:%M} on {moment:%Y-%m-%d}: the clocks went forth. Write the time after it, "
            f"{after:%H:%M}, or UTC.",
            code="time-left-out",
            moment=moment.replace(tzinfo=None),
        )
    return moment


def _parse_date(text: str, now: datetime, zone: tzinfo, name: str) -> datetime | None:
    try:
        position = datetime.fromisoformat(text)
    except ValueError:
        return None
    if "-" not in text:  # fromisoformat reads bare digits as dates; nobody means that here
        return None
    if position.tzinfo:
        return position
    return _must_exist(_choose_latest_past(position.replace(tzinfo=zone), now, name))


# Lengths of time as people type them: `90s`, `3m`, `1h30m`, `30 min`, `1 hour`, bare minutes.

NO_PROMISE = frozenset({"", "-", "–", "none", "no", "0"})
_SPELLED_UNIT = re.compile(r"(?<=[\d\s])(min(?:ute)?s?|h(?:ou)?rs?|sec(?:ond)?s?|days?)\b", re.IGNORECASE)
_UNIT_LETTERS = {"m": "m", "h": "h", "s": "s", "d": "d"}


class LengthError(CodedError, ValueError):
    """Text that names no length of time; the message says what to write."""


def parse_length(text: str) -> timedelta:
    """The length that was typed, whatever front end it was typed at; a bare number is minutes. Raises LengthError."""
    short = _SPELLED_UNIT.sub(lambda match: _UNIT_LETTERS[match[0][0].casefold()], text.strip())
    short = "".join(short.split())
    try:
        return timedelta(seconds=float(seconds(f"{short}m" if short.isdecimal() else short)))
    except (DurationError, OverflowError):
        raise LengthError(
            f"`{' '.join(text.split())[:40]}` is not a duration; write `90s`, `30m`, `1h30m` or `2d`.",
            code="not-a-duration",
        ) from None


def parse_promise(text: str) -> timedelta | None:
    """In what time the next message was promised, None for no promise. Raises LengthError."""
    return None if text.strip().casefold() in NO_PROMISE else parse_length(text)
