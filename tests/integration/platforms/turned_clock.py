"""The clock of every simulated platform's stage."""

import asyncio
from datetime import UTC, datetime, timedelta

from cockpit.model.time import RealTime

T0 = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


class TurnedClock(RealTime):
    """Stands still until it is turned; whoever sleeps turns it, and waits for nothing."""

    def __init__(self) -> None:
        self.moment = T0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return (self.moment - T0).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.turn(seconds)
        await asyncio.sleep(0)

    def turn(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
