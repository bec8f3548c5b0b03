"""The feed of signals: each asked by its own clock, reported together. One that cannot be asked says so in its row."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from cockpit.feeds.polling import JITTER, Publish, compute_poll_phase, explain_unknown_error, wait_for_poll
from cockpit.feeds.signals.judge import SignalSample, SignalStanding, apply_sample, begin_signal
from cockpit.feeds.signals.sources import Read
from cockpit.model.probe import SignalResult, WatchedSignal
from cockpit.model.problem import Problem, SourceError
from cockpit.model.reading import Reading
from cockpit.model.time import Time

DEADLINE = 30.0  # seconds for one look at one signal
PUBLISH_EVERY = 0.5  # seconds between two publications at least
PAST_AGAIN = 15  # looks until the points of the last hour are asked for once more: what came late is then in them


class SignalsFeed:
    """The signals of one environment as one feed. `make` says how one is asked; it may raise SourceError."""

    name = "signals"

    def __init__(
        self,
        environment: str,
        signals: Sequence[WatchedSignal],
        make: Callable[[WatchedSignal], Read],
        *,
        time: Time,
        random: Random,
    ) -> None:
        self.environment = environment
        self.every = min((signal.every for signal in signals), default=60.0)
        self._signals = tuple(signals)
        self._make = make
        self._time = time
        self._random = random
        self._readers: dict[str, Read] = {}
        self._looks: dict[str, int] = {}
        self._standings = {signal.name: begin_signal(signal, time.now()) for signal in signals}
        self._wakes = {signal.name: asyncio.Event() for signal in signals}
        self._changed = asyncio.Event()

    def refresh(self) -> None:
        for wake in self._wakes.values():
            wake.set()

    async def run(self, publish: Publish) -> None:
        """Publish Readings until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._publish_changes(publish), name="signals publish")
            for signal in self._signals:
                group.create_task(self._keep_asking(signal), name=f"signal {signal.name}")

    async def poll(self) -> Reading[tuple[SignalResult, ...]]:
        """One look at each."""
        await asyncio.gather(*(self._look(signal) for signal in self._signals))
        return self._reading()

    async def _keep_asking(self, signal: WatchedSignal) -> None:
        wait = compute_poll_phase(f"{self.environment}/{signal.name}", signal.every)
        while True:
            await self._look(signal)
            await wait_for_poll(self._time, wait, self._wakes[signal.name])
            wait = signal.every * self._random.uniform(1 - JITTER, 1 + JITTER)

    async def _look(self, signal: WatchedSignal) -> None:
        sample = await self._ask(signal)
        before = self._standings[signal.name]
        self._standings[signal.name] = apply_sample(signal, before, sample, self._time.now())
        self._changed.set()

    async def _ask(self, signal: WatchedSignal) -> SignalSample:
        """One number, or why there is none. Never raises."""
        looks = self._looks.get(signal.name, 0)
        try:
            reader = self._readers.get(signal.name)
            if reader is None:
                reader = self._readers[signal.name] = self._make(signal)
            async with asyncio.timeout(DEADLINE):
                sample = await reader(looks % PAST_AGAIN == 0)
        except Exception as error:
            problem = explain_failure(error)
            return SignalSample(None, self._time.now(), failure=problem.sentence, failed_by=problem.kind)
        self._looks[signal.name] = looks + 1
        return sample

    async def _publish_changes(self, publish: Publish) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            publish(self._reading())
            await self._time.sleep(PUBLISH_EVERY)

    def _reading(self) -> Reading[tuple[SignalResult, ...]]:
        tried = self._time.monotonic()
        value = tuple(self._find_standing(signal).result for signal in self._signals)
        return Reading(self.name, self.environment, self.every, tried, value, tried, self._time.now())

    def _find_standing(self, signal: WatchedSignal) -> SignalStanding:
        return self._standings[signal.name]


def explain_failure(error: Exception) -> Problem:
    """Why a signal could not be asked."""
    if isinstance(error, SourceError):
        return error.problem
    if isinstance(error, TimeoutError):
        return explain_unknown_error(error)
    from cockpit.feeds.http import explain_http_error

    return explain_http_error(error)
