"""How late our own loop runs. A time-out while it lagged says nothing about anybody else."""

import asyncio
from collections import deque

TICK = 0.05  # seconds between two looks
NOTICED = 0.05  # seconds late that count; less costs nobody an answer


class LoopLag:
    """Ticks on the loop and remembers how late each tick came."""

    def __init__(self) -> None:
        self._late: deque[tuple[float, float]] = deque(maxlen=2_000)
        self._tick: asyncio.TimerHandle | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()

        def tick(due: float) -> None:
            now = loop.time()
            if now - due > NOTICED:
                self._late.append((now, now - due))
            self._tick = loop.call_at(now + TICK, tick, now + TICK)

        self.stop()
        tick(loop.time())

    def stop(self) -> None:
        if self._tick is not None:
            self._tick.cancel()

    def since(self, moment: float) -> float:
        """Seconds the loop was late, altogether, since `moment` of its clock."""
        total = 0.0
        for at, late in reversed(self._late):
            if at < moment:
                break
            total += min(late, at - moment)
        return total
