"""Watch keeps the newest Reading of every feed, tells everybody, and outlives whatever breaks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from cockpit.feeds.polling import Publish
from cockpit.feeds.watch import ASKED_ANEW, RESTART_AFTER, Watch
from cockpit.model.problem import ProblemKind
from cockpit.model.reading import FeedState, Reading
from tests.unit.feeds.fake_time import FakeTime


class Told:
    """A feed that does what its script says, once for each start; then it waits."""

    every = 10.0

    def __init__(self, name: str, time: FakeTime, *script: Any, environment: str = "prod") -> None:
        self.name = name
        self.environment = environment
        self.refreshed = 0
        self.started = 0
        self._time = time
        self._script = script

    async def run(self, publish: Publish) -> None:
        self.started += 1
        act = self._script[self.started - 1] if self.started <= len(self._script) else "wait"
        if isinstance(act, BaseException):
            raise act
        if act == "end":
            return
        if act != "wait":
            publish(self.reading(act))
        await asyncio.Event().wait()

    async def poll(self) -> Reading[Any]:
        return self.reading("asked once")

    def refresh(self) -> None:
        self.refreshed += 1

    def reading(self, value: object) -> Reading[object]:
        now = self._time.monotonic()
        return Reading(self.name, self.environment, self.every, now, value, now, self._time.now())


@asynccontextmanager
async def running(watch: Watch) -> AsyncIterator[None]:
    task = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_newest_reading_of_each_feed_is_kept_and_passed_on() -> None:
    time = FakeTime()
    watch = Watch([Told("probes", time, 1), Told("alerts:a", time, 2), Told("alerts:b", time, 3)], time)
    heard: list[object] = []
    watch.listen(lambda reading: heard.append(reading.value))
    async with running(watch):
        await time.pass_by(0)
    latest = watch.latest("prod", "probes")
    assert latest is not None
    assert latest.value == 1
    assert sorted(str(each.value) for each in watch.readings("prod", "alerts:")) == ["2", "3"]
    assert sorted(heard, key=str) == [1, 2, 3]


async def test_environments_are_kept_apart() -> None:
    time = FakeTime()
    watch = Watch([Told("probes", time, 1), Told("probes", time, 2, environment="staging")], time)
    async with running(watch):
        await time.pass_by(0)
    assert [each.value for each in watch.readings("staging")] == [2]
    assert list(watch.freshness("staging")) == ["probes"]
    assert watch.latest("nowhere", "probes") is None


async def test_a_listener_that_fails_harms_nobody_else() -> None:
    time = FakeTime()
    feed = Told("probes", time)
    watch = Watch([feed], time)
    heard: list[object] = []

    def broken(_: Reading[Any]) -> None:
        raise RuntimeError

    watch.listen(broken)
    watch.listen(lambda reading: heard.append(reading.value))
    watch.publish(feed.reading("news"))
    assert heard == ["news"]


def test_a_listener_that_stopped_hears_nothing_and_may_stop_again() -> None:
    time = FakeTime()
    feed = Told("probes", time)
    watch = Watch([feed], time)
    heard: list[object] = []
    stop = watch.listen(lambda reading: heard.append(reading.value))
    stop()
    stop()
    watch.publish(feed.reading("news"))
    assert heard == []


def test_a_listener_may_stop_while_it_is_called() -> None:
    time = FakeTime()
    feed = Told("probes", time)
    watch = Watch([feed], time)
    heard: list[str] = []
    stops: list[Callable[[], None]] = []

    def once(_: Reading[Any]) -> None:
        heard.append("first")
        stops[0]()

    stops.append(watch.listen(once))
    watch.listen(lambda _: heard.append("second"))
    watch.publish(feed.reading(1))
    watch.publish(feed.reading(2))
    assert heard == ["first", "second", "second"]


@pytest.mark.parametrize(
    "breakage", [RuntimeError("promise broken"), asyncio.CancelledError(), ExceptionGroup("two", [OSError()])]
)
async def test_a_feed_that_breaks_says_so_keeps_its_value_and_is_started_again(breakage: BaseException) -> None:
    time = FakeTime()
    feed = Told("probes", time, breakage, "back")
    watch = Watch([feed], time)
    watch.publish(feed.reading("old"))
    async with running(watch):
        await time.pass_by(0)
        broken = watch.latest("prod", "probes")
        assert broken is not None
        assert broken.problem is not None
        assert (broken.value, broken.problem.kind) == ("old", ProblemKind.FAULT)
        assert watch.freshness("prod")["probes"].state is FeedState.BLIND
        await time.pass_by(RESTART_AFTER)
    back = watch.latest("prod", "probes")
    assert back is not None
    assert (back.value, back.problem) == ("back", None)


async def test_a_feed_that_ends_without_a_word_is_started_again() -> None:
    time = FakeTime()
    feed = Told("probes", time, "end", "end", "back")
    watch = Watch([feed], time)
    async with running(watch):
        await time.pass_by(2 * RESTART_AFTER)
    assert feed.started == 3


async def test_one_broken_feed_leaves_the_others_alone() -> None:
    time = FakeTime()
    sound = Told("alerts:a", time, "fine")
    watch = Watch([Told("probes", time, RuntimeError()), sound], time)
    async with running(watch):
        await time.pass_by(3 * RESTART_AFTER)
    assert sound.started == 1


async def test_the_end_of_the_watch_is_the_end_of_every_feed() -> None:
    time = FakeTime()
    watch = Watch([Told("probes", time), Told("alerts:a", time, RuntimeError())], time)
    task = asyncio.create_task(watch.run())
    await time.pass_by(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not [each for each in asyncio.all_tasks() if each.get_name().startswith("feed ")]


async def test_a_feed_that_never_answers_is_waited_for_and_then_blind() -> None:
    time = FakeTime()
    watch = Watch([Told("probes", time)], time)
    async with running(watch):
        await time.pass_by(14)
        assert watch.freshness("prod")["probes"].state is FeedState.WAITING
        await time.pass_by(2)
        assert watch.freshness("prod")["probes"].state is FeedState.BLIND


def test_refresh_asks_every_feed() -> None:
    time = FakeTime()
    feeds = [Told("probes", time), Told("alerts:a", time)]
    Watch(feeds, time).refresh()
    assert [each.refreshed for each in feeds] == [1, 1]


async def test_what_is_read_anew_was_asked_for_from_now_on_and_came_well() -> None:
    time = FakeTime()
    feed = Told("revisions", time, "old")
    watch = Watch([feed], time)
    async with running(watch):
        await time.pass_by(1)
        reading = asyncio.ensure_future(watch.read_anew("prod", "revisions"))
        await time.pass_by(1)
        assert feed.refreshed == 1
        watch.publish(replace(feed.reading("asked before"), began=0.5))
        watch.publish(replace(feed.reading("failed"), seen=0.5))
        watch.publish(Told("probes", time).reading("of another feed"))
        assert not reading.done()
        watch.publish(feed.reading("new"))
        answer = await reading
        assert answer is not None
        assert answer.value == "new"


async def test_what_is_read_anew_is_not_waited_for_without_end() -> None:
    time = FakeTime()
    watch = Watch([Told("revisions", time, "old")], time)
    async with running(watch):
        await time.pass_by(1)
        reading = asyncio.ensure_future(watch.read_anew("prod", "revisions"))
        await time.pass_by(ASKED_ANEW + 1)
        assert await reading is None


async def test_on_waking_every_reading_is_stale_at_once_and_every_feed_is_asked() -> None:
    time = FakeTime()
    feed = Told("alerts", time, "calm")
    watch = Watch([feed], time)
    async with running(watch):
        await time.pass_by(3)
        assert watch.freshness("prod")["alerts"].state is FeedState.LIVE
        time.elapsed += 11  # nothing ran meanwhile; by its interval the reading would still be live
        assert watch.freshness("prod")["alerts"].state is FeedState.STALE
        assert feed.refreshed == 1
        watch.publish(feed.reading("calm still"))
        assert watch.freshness("prod")["alerts"].state is FeedState.LIVE


async def test_an_answer_that_was_asked_for_before_a_pause_is_stale_however_late_it_came() -> None:
    time = FakeTime()
    feed = Told("alerts", time, "calm")
    watch = Watch([feed], time)
    async with running(watch):
        await time.pass_by(3)
        began = time.monotonic()
        time.elapsed += 3600
        watch.publish(replace(feed.reading("as it was an hour ago"), began=began))
        assert watch.freshness("prod")["alerts"].state is FeedState.STALE
