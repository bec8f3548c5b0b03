"""Time as it is injected everywhere: wall clock for people, monotonic clock for ages."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

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


def stamp(moment: datetime) -> str:
    """The one written form of a moment: UTC, microseconds, `2026-02-27T02:14:31.000000Z`; sorts as text."""
    # isoformat and not strftime: the year 1, an API's way to say "never", must keep its four digits to sort.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment(text: str) -> datetime:
    """The inverse of `stamp`. Raises ValueError."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def age(seconds: float) -> str:
    """The largest unit that tells: `0s`, `38s`, `12m`, `3h`, `4d`. Negative (a clock that stepped) reads `0s`."""
    whole = max(0, int(seconds))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def elapsed(seconds: float) -> str:
    """A running duration as `HH:MM:SS`; from two days on in its two largest units, as `lasted` says it."""
    whole = max(0, int(seconds))
    if whole >= LONG:
        return lasted(timedelta(seconds=whole))
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


LONG = 2 * 86_400  # seconds; from here on days and hours


def lasted(length: timedelta) -> str:
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
