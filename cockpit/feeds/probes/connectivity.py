"""Whether our own line works: when none of the references answers, no endpoint can be blamed."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import httpcore

from cockpit.feeds.probes.resolver import Resolver
from cockpit.feeds.probes.transport import open_wire

TIMEOUT = 3.0  # seconds for the first reference to answer


class Line:
    """`references` are `host:port` pairs that answer when our own line works; without any it counts as working."""

    def __init__(self, references: Sequence[str], resolver: Resolver) -> None:
        self._references = [reference.rpartition(":") for reference in references]
        self._resolver = resolver
        self._asking: asyncio.Task[bool] | None = None
        self._asked = 0.0

    @property
    def known(self) -> bool:
        """Whether there are references at all: only then can the line be distinguished from the endpoints."""
        return bool(self._references)

    async def offline(self, since: float) -> bool:
        """True when not one reference takes a connection. A finding from before `since` (the loop's clock) is old."""
        if not self._references:
            return False
        now = asyncio.get_running_loop().time()
        if self._asking is None or self._asked < since:
            self._asked = now
            self._asking = asyncio.create_task(self._nobody_answers(now + TIMEOUT), name="own line")
        return await asyncio.shield(self._asking)

    async def _nobody_answers(self, until: float) -> bool:
        asking = [asyncio.create_task(self._answers(host, int(port), until)) for host, _, port in self._references]
        try:
            for future in asyncio.as_completed(asking):
                if await future:
                    return False
            return True
        finally:
            for task in asking:
                task.cancel()

    async def _answers(self, host: str, port: int, until: float) -> bool:
        try:
            resolution = await self._resolver.find(host.strip("[]"), until)
        except (httpcore.NetworkError, httpcore.TimeoutException):
            return False
        for address in resolution.addresses:
            with suppress(httpcore.NetworkError, httpcore.TimeoutException):
                (await open_wire(address, port, until)).close()
                return True
        return False


# How late our own loop runs. A time-out while it lagged says nothing about anybody else.

TICK = 0.05  # seconds between two looks
NOTICED = 0.05  # seconds late that count; less costs nobody an answer


class LoopLag:
    """Ticks on the loop while a check is under way, and remembers how late each tick came."""

    def __init__(self) -> None:
        self._late: deque[tuple[float, float]] = deque(maxlen=2_000)
        self._tick: asyncio.TimerHandle | None = None
        self._checks = 0  # under way

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Between checks nothing ticks: a quiet cockpit wakes for nothing."""
        self._checks += 1
        if self._checks == 1:
            self.start()
        try:
            yield
        finally:
            self._checks -= 1
            if not self._checks:
                self.stop()

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
        for seconds, late in reversed(self._late):
            if seconds < moment:
                break
            total += min(late, seconds - moment)
        return total
