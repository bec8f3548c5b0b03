"""Who is asked when: each probe by its own clock, all of them told together."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

from cockpit.feeds.probes.feed import OFFLINE, PUBLISH_EVERY, STARTS, ProbesFeed, Results
from cockpit.feeds.probes.state import CheckOutcome, Grade
from cockpit.model.probe import Probe, ProbeState
from cockpit.model.reading import Reading
from tests.unit.feeds.fake_time import FakeTime

Readings = list[Reading[Results]]


class Story:
    """Answers for each probe by name, in turn, the last one for ever; `slow` probes take that long."""

    def __init__(self, time: FakeTime, answers: dict[str, list[Grade]], slow: dict[str, float] | None = None) -> None:
        self.asked: dict[str, list[float]] = {name: [] for name in answers}
        self.closed = False
        self.offline = False
        self.silent = False  # what fails does so without a word
        self._time = time
        self._answers = answers
        self._slow = slow or {}

    async def ask(self, probe: Probe) -> CheckOutcome:
        asked, answers = self.asked[probe.name], self._answers[probe.name]
        asked.append(self._time.monotonic())
        if probe.name in self._slow:
            await self._time.sleep(self._slow[probe.name])
        if self.offline:
            return CheckOutcome(self._time.now(), Grade.INCONCLUSIVE, "jump box offline", offline=True)
        grade = answers[min(len(asked), len(answers)) - 1]
        silent = self.silent and grade is Grade.FAILING
        return CheckOutcome(self._time.now(), grade, grade.value, 200, 0.01, began=asked[-1], silent=silent)

    async def aclose(self) -> None:
        self.closed = True


def probe(name: str, interval: float = 10.0) -> Probe:
    return Probe(name, "prod", f"https://{name}.example.com", interval=interval, retry_interval=2.0)


def feed_of(time: FakeTime, story: Story, *probes: Probe) -> ProbesFeed:
    return ProbesFeed("prod", probes, time=time, random=Random(3), reveal=str, asker=story)


@asynccontextmanager
async def running(feed: ProbesFeed) -> AsyncIterator[Readings]:
    readings: Readings = []
    task = asyncio.create_task(feed.run(readings.append))
    try:
        yield readings
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_every_probe_is_seen_at_once_and_then_by_its_own_clock() -> None:
    time = FakeTime()
    story = Story(time, {"fast": [Grade.GOOD], "slow": [Grade.GOOD]})
    async with running(feed_of(time, story, probe("fast", 5.0), probe("slow", 60.0))) as readings:
        await time.pass_by(1)
        assert [each.state for each in readings[-1].value or ()] == ["up", "up"]
        await time.pass_by(300)
    assert 56 <= len(story.asked["fast"]) <= 68
    assert 5 <= len(story.asked["slow"]) <= 8


async def test_a_hung_probe_takes_nothing_from_the_others() -> None:
    time = FakeTime()
    names = [f"p{number}" for number in range(40)]
    hung = dict.fromkeys(names[:20], 5.0)
    story = Story(time, {name: [Grade.GOOD] for name in names}, slow=hung)
    async with running(feed_of(time, story, *(probe(name, 5.0) for name in names))):
        await time.pass_by(100)
    assert all(18 <= len(story.asked[name]) <= 23 for name in names[20:])


async def test_many_probes_never_start_in_one_burst_also_when_all_are_asked_for() -> None:
    time = FakeTime()
    names = [f"p{number}" for number in range(500)]
    story = Story(time, {name: [Grade.GOOD] for name in names})
    feed = feed_of(time, story, *(probe(name, 5.0) for name in names))
    async with running(feed):
        await time.pass_by(6)
        feed.refresh()
        await time.pass_by(3)
    moments = sorted(moment for asked in story.asked.values() for moment in asked)
    crowd = Counter(int(moment) for moment in moments)
    assert max(crowd.values()) <= STARTS + 1


async def test_the_second_look_is_spread_over_the_interval() -> None:
    time = FakeTime()
    names = [f"p{number}" for number in range(100)]
    story = Story(time, {name: [Grade.GOOD] for name in names})
    async with running(feed_of(time, story, *(probe(name, 10.0) for name in names))):
        await time.pass_by(12)
    seconds = [asked[1] for asked in story.asked.values() if len(asked) > 1]
    assert len(seconds) == 100
    assert all(count < 25 for count in Counter(int(moment) for moment in seconds).values())


async def test_a_first_failure_is_looked_at_again_soon() -> None:
    time = FakeTime()
    story = Story(time, {"ready": [Grade.GOOD, Grade.GOOD, Grade.FAILING]})
    async with running(feed_of(time, story, probe("ready", 60.0))) as readings:
        await time.pass_by(200)
    third, fourth, fifth = story.asked["ready"][2:5]
    assert fourth - third == 2.0
    assert 54 <= fifth - fourth <= 66
    states = [each.value[0].state for each in readings if each.value]
    assert states.index(ProbeState.PENDING) < states.index(ProbeState.DOWN)


async def test_refresh_asks_every_probe_now() -> None:
    time = FakeTime()
    story = Story(time, {"a": [Grade.GOOD], "b": [Grade.GOOD]})
    feed = feed_of(time, story, probe("a", 600.0), probe("b", 600.0))
    async with running(feed):
        await time.pass_by(598)
        before = sum(map(len, story.asked.values()))
        feed.refresh()
        await time.pass_by(0.5)
    assert sum(map(len, story.asked.values())) == before + 2


async def test_answers_are_reported_together_and_not_one_by_one() -> None:
    time = FakeTime()
    names = [f"p{number}" for number in range(500)]
    story = Story(time, {name: [Grade.GOOD] for name in names})
    async with running(feed_of(time, story, *(probe(name, 5.0) for name in names))) as readings:
        await time.pass_by(10)
    assert 1 < len(readings) <= 10 / PUBLISH_EVERY + 1


async def test_results_keep_the_order_of_the_configuration() -> None:
    time = FakeTime()
    names = ["zeta", "alpha", "mid"]
    story = Story(time, {name: [Grade.GOOD] for name in names}, slow={"zeta": 3.0})
    async with running(feed_of(time, story, *map(probe, names))) as readings:
        await time.pass_by(20)
    assert all([each.name for each in reading.value or ()] == names for reading in readings)
    assert (readings[0].value or ())[0].reason == "not checked yet"


async def test_a_dead_line_of_our_own_is_a_problem_of_the_feed_and_of_no_probe() -> None:
    time = FakeTime()
    story = Story(time, {"a": [Grade.GOOD], "b": [Grade.GOOD]})
    async with running(feed_of(time, story, probe("a"), probe("b"))) as readings:
        await time.pass_by(15)
        seen = readings[-1].seen
        story.offline = True
        await time.pass_by(60)
        lost = readings[-1]
        story.offline = False
        await time.pass_by(15)
    assert lost.problem is OFFLINE
    assert lost.seen is not None
    assert seen is not None
    assert lost.seen <= 26.0
    assert {(each.state, each.reason) for each in lost.value or ()} == {(ProbeState.UNKNOWN, "jump box offline")}
    assert readings[-1].problem is None
    assert {each.state for each in readings[-1].value or ()} == {ProbeState.UP}


async def test_when_one_falls_silent_the_others_are_asked_at_once_and_not_again_and_again() -> None:
    time = FakeTime()
    names = ["quick", "slow", "slower"]
    story = Story(time, {name: [Grade.GOOD, Grade.FAILING] for name in names})
    story.silent = True
    feed = feed_of(time, story, probe("quick", 5.0), probe("slow", 600.0), probe("slower", 600.0))
    async with running(feed) as readings:
        await time.pass_by(20)
    assert all(each.silent_since is not None for each in readings[-1].value or ())
    assert all(len(story.asked[name]) <= 5 for name in names[1:])


async def test_asking_once_waits_until_every_verdict_is_settled() -> None:
    time = FakeTime()
    story = Story(time, {"up": [Grade.GOOD], "down": [Grade.FAILING], "blip": [Grade.FAILING, Grade.GOOD]})
    feed = feed_of(time, story, *map(probe, story.asked))
    polling = asyncio.create_task(feed.poll())
    await time.pass_by(5)
    assert [each.state for each in (await polling).value or ()] == ["up", "down", "up"]
    assert story.closed


async def test_the_end_of_the_feed_closes_its_connections() -> None:
    time = FakeTime()
    story = Story(time, {"a": [Grade.GOOD]})
    async with running(feed_of(time, story, probe("a"))):
        await time.pass_by(1)
    assert story.closed


async def test_an_environment_without_probes_stays_live() -> None:
    time = FakeTime()
    async with running(feed_of(time, Story(time, {}))) as readings:
        await time.pass_by(40)
    assert [each.value for each in readings] == [(), (), ()]


def test_the_feed_is_as_quick_as_its_quickest_probe() -> None:
    time = FakeTime()
    assert feed_of(time, Story(time, {}), probe("a", 60.0), replace(probe("b"), interval=5.0)).every == 5.0


async def test_an_answer_that_came_over_a_sleep_of_the_machine_accuses_nobody() -> None:
    time = FakeTime()
    story = Story(time, {"ready": [Grade.GOOD, Grade.FAILING, Grade.GOOD]})
    once = replace(probe("ready", 20.0), failures=1)
    async with running(feed_of(time, story, once)) as readings:
        await time.pass_by(0.5)
        story._slow["ready"] = 3600.0  # asked, and the lid was closed
        await time.pass_by(3600.0)
        del story._slow["ready"]
        await time.pass_by(100.0)
    states = {result.state for reading in readings for result in reading.value or ()}
    assert states == {ProbeState.UP}


async def test_a_reading_is_as_old_as_the_oldest_answer_in_it() -> None:
    time = FakeTime()
    story = Story(time, {"fast": [Grade.GOOD], "slow": [Grade.GOOD]})
    async with running(feed_of(time, story, probe("fast", 5.0), probe("slow", 600.0))) as readings:
        await time.pass_by(590)
    assert readings[-1].began == max(story.asked["slow"])


async def test_an_app_at_zero_is_never_woken_and_its_probe_sleeps() -> None:
    time = FakeTime()
    story = Story(time, {"shop": [Grade.GOOD], "other": [Grade.GOOD]})
    at_zero: list[bool | None] = [None]
    feed = ProbesFeed(
        "prod",
        [replace(probe("shop"), only_while_running="shop"), probe("other")],
        time=time,
        random=Random(3),
        reveal=str,
        asker=story,
        is_asleep=lambda app: at_zero[0],
    )
    states = []
    async with running(feed) as readings:
        for known in (None, True, False):
            at_zero[0] = known
            await time.pass_by(30)
            states.append([result.state for result in readings[-1].value or ()])
            if known is not False:
                assert story.asked["shop"] == []  # not known is not running: it might be woken
    assert states == [
        [ProbeState.UNKNOWN, ProbeState.UP],
        [ProbeState.ASLEEP, ProbeState.UP],
        [ProbeState.UP, ProbeState.UP],
    ]
