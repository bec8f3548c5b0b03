"""Simulated seconds and the wall clock: the one place where they meet."""

from datetime import UTC, datetime, timedelta

from cockpit.model.time import Time


class SimulatedClock:
    """Seconds of simulated time since the start, `speed` of them for each real one.

    A moment after the start is shown where it happens on the real clock, so that nothing a faster world reports
    lies in the future of those who watch it. A moment before the start is that many true seconds ago.
    """

    def __init__(self, time: Time, speed: float) -> None:
        self.speed = speed
        self._time = time
        self._started = time.monotonic()
        self._epoch = time.now()

    def elapsed(self) -> float:
        """Simulated seconds since the start."""
        return (self._time.monotonic() - self._started) * self.speed

    def at(self, seconds: float) -> datetime:
        """When `seconds` was, on the wall, in UTC."""
        return self._epoch + timedelta(seconds=seconds / self.speed if seconds > 0 else seconds)

    def seconds(self, moment: datetime) -> float:
        """The inverse of `at`. A moment without a zone is in UTC."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        passed = (aware - self._epoch).total_seconds()
        return passed * self.speed if passed > 0 else passed

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of simulated time."""
        await self._time.sleep(seconds / self.speed)

    async def hold(self, seconds: float) -> None:
        """Wait for `seconds` of real time."""
        await self._time.sleep(seconds)
