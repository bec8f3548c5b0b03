"""Watch runs the feeds side by side, keeps the newest Reading of each and tells its listeners. The read side."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from cockpit.feeds.polling import Feed, explain_unknown_error
from cockpit.model.own_line import suspect_own_line
from cockpit.model.reading import Freshness, Reading, compute_freshness
from cockpit.model.time import StandstillWatch, Time

log = logging.getLogger(__name__)
Listener = Callable[[Reading[Any]], None]
FIRST_ANSWER = 5.0  # seconds after which what waits for a first answer goes on without one
LOOK_EVERY = 1.0  # seconds between two looks whether we stood still
RESTART_AFTER = 5.0  # seconds before a feed that broke its promise is started again
ASKED_ANEW = 10.0  # seconds in which a feed that is asked anew has to answer


class Watch:
    """The feeds of one or more environments. All methods belong to the loop's thread.

    `feeds` may be what builds them: a command that only acts pays for no probe.
    """

    def __init__(self, feeds: Sequence[Feed] | Callable[[], Sequence[Feed]], time: Time) -> None:
        self._feeds = None if callable(feeds) else tuple(feeds)
        self._build_feeds = feeds if callable(feeds) else tuple
        self._time = time
        self._started = time.monotonic()
        self._latest: dict[tuple[str, str], Reading[Any]] = {}
        self._listeners: list[Listener] = []
        self._standstill: StandstillWatch | None = None  # while the feeds run
        self._answered = asyncio.Event()  # set when the first feed published

    @property
    def feeds(self) -> tuple[Feed, ...]:
        if self._feeds is None:
            self._feeds = tuple(self._build_feeds())
        return self._feeds

    @feeds.setter
    def feeds(self, feeds: Sequence[Feed]) -> None:
        self._feeds = tuple(feeds)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every Reading from now on. The answer stops it, and may be called again."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    async def wait_for_first_reading(self) -> None:
        """Until a feed has answered, or failed to; not longer than FIRST_ANSWER."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_ANSWER if self.feeds else 0):
                await self._answered.wait()

    def latest(self, environment: str, feed: str) -> Reading[Any] | None:
        return self._latest.get((environment, feed))

    def readings(self, environment: str, prefix: str = "") -> list[Reading[Any]]:
        """The newest Reading of each feed of an environment whose name starts with `prefix`."""
        return [
            reading
            for (where, feed), reading in self._latest.items()
            if where == environment and feed.startswith(prefix)
        ]

    def freshness(self, environment: str) -> dict[str, Freshness]:
        """The state of every feed of an environment at this moment, by feed name."""
        woke = self.notice_standstill()
        now = self._time.monotonic()
        return {
            feed.name: compute_freshness(self.latest(environment, feed.name), now, self._started, woke)
            for feed in self.feeds
            if feed.environment == environment
        }

    def refresh(self) -> None:
        """Ask every feed for an answer now; one that nobody built has nobody who waits for it."""
        for feed in self._feeds or ():
            feed.refresh()

    async def read_anew(self, environment: str, feed: str) -> Reading[Any] | None:
        """A good answer that was asked for from now on; None where none came within ASKED_ANEW."""
        asked = self._time.monotonic()
        answer: asyncio.Future[Reading[Any]] = asyncio.get_running_loop().create_future()

        def take(reading: Reading[Any]) -> None:
            good = reading.seen is not None and reading.seen == reading.tried and not reading.is_from_before(asked)
            if (reading.environment, reading.feed) == (environment, feed) and good and not answer.done():
                answer.set_result(reading)

        stop = self.listen(take)
        self.refresh()
        patience = asyncio.ensure_future(self._time.sleep(ASKED_ANEW))
        try:
            await asyncio.wait((answer, patience), return_when=asyncio.FIRST_COMPLETED)
        finally:
            patience.cancel()
            stop()
        return answer.result() if answer.done() else None

    def publish(self, reading: Reading[Any]) -> None:
        """Keep a Reading and tell everybody. A listener that fails is logged and harms nobody else.

        Probes that all fell silent are reported as what they are: down, or in doubt with our own line.
        """
        reading = suspect_own_line(reading, self._latest.values())
        self._latest[reading.environment, reading.feed] = reading
        self._answered.set()
        for listener in tuple(self._listeners):
            try:
                listener(reading)
            except Exception:
                log.exception("a listener failed on %s", reading.feed)

    async def run(self) -> None:
        """Run every feed until cancelled."""
        self._started = self._time.monotonic()
        self._standstill = StandstillWatch(self._time)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_noticing(), name="standstill")
            for feed in self.feeds:
                group.create_task(self._keep_running(feed), name=f"feed {feed.environment}/{feed.name}")

    async def _keep_noticing(self) -> None:
        while True:
            await self._time.sleep(LOOK_EVERY)
            self.notice_standstill()

    def notice_standstill(self) -> float:
        """When we last woke from standing still. On waking every feed is asked: what it reported is of before."""
        if self._standstill is None:
            return float("-inf")
        if self._standstill.look():
            self.refresh()
        return self._standstill.woke

    async def _keep_running(self, feed: Feed) -> None:
        while True:
            try:
                await feed.run(self.publish)
            except asyncio.CancelledError as error:
                # Cancelled from within (a library's own scope that leaked) would end the feed without a word.
                if (task := asyncio.current_task()) is None or task.cancelling():
                    raise
                self._publish_fault(feed, error)
            except Exception as error:
                self._publish_fault(feed, error)
            await self._time.sleep(RESTART_AFTER)

    def _publish_fault(self, feed: Feed, error: BaseException) -> None:
        log.error("feed %s broke", feed.name, exc_info=error)
        before = self.latest(feed.environment, feed.name)
        self.publish(
            Reading(
                feed.name,
                feed.environment,
                feed.every,
                tried=self._time.monotonic(),
                value=before.value if before else None,
                seen=before.seen if before else None,
                at=before.at if before else None,
                problem=explain_unknown_error(error),
            )
        )
