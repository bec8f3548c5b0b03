"""A clock that only moves when everybody waits, and then at once."""

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


class FakeTime:
    """Sleepers wake in order, each at its own moment; no real time passes."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.slept: list[float] = []
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        done = asyncio.get_running_loop().create_future()
        sleeper = (self.elapsed + max(0.0, seconds), len(self.slept), done)
        self._sleepers.append(sleeper)
        try:
            await done
        finally:
            self._sleepers.remove(sleeper)

    async def pass_by(self, seconds: float) -> None:
        """Let `seconds` go by, waking everybody who is due on the way."""
        end = self.elapsed + seconds
        await settle()
        while due := [each for each in self._sleepers if each[0] <= end]:
            moment, _, done = min(due, key=lambda each: each[:2])
            self.elapsed = max(self.elapsed, moment)
            done.set_result(None)
            await settle()
        self.elapsed = end


async def settle() -> None:
    """Let everything that can run do so."""
    for _ in range(20):
        await asyncio.sleep(0)
