"""A feed polls on and on: at its pace when all is well, slower when not, and whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.azure.errors import explain_azure_error
from cockpit.feeds.http import explain_http_error
from cockpit.feeds.polling import (
    JITTER,
    LONGEST_RETRY_AFTER,
    LONGEST_WAIT,
    IncompleteError,
    Polled,
    compute_poll_phase,
    explain_unknown_error,
    wait_after,
    wait_for_poll,
)
from cockpit.model.problem import CodedError, Problem, ProblemKind, SourceError
from cockpit.model.reading import Reading
from cockpit.model.time import RealTime
from tests.unit.feeds.fake_time import START, FakeTime

BUSY = Problem(ProblemKind.THROTTLED, "429", "Too many requests.", retry_after=90.0)
HALF = Problem(ProblemKind.NETWORK, "am-2 gone", "One of two servers does not answer.")


class Source:
    """Answers with what it is told, in turn, and then with the last of it."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def read(self) -> object:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, BaseException):
            raise answer
        return answer


def feed_of(source: Source, time: FakeTime, *, every: float = 10.0, **options: Any) -> Polled[object]:
    return Polled("signals", "prod", source.read, every=every, deadline=5.0, time=time, random=Random(7), **options)


@asynccontextmanager
async def running(feed: Polled[object]) -> AsyncIterator[list[Reading[object]]]:
    readings: list[Reading[object]] = []
    task = asyncio.create_task(feed.run(readings.append))
    try:
        yield readings
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@given(every=st.floats(0.1, 600), failures=st.integers(0, 10_000), asked=st.none() | st.floats(), seed=st.integers())
def test_the_wait_is_never_shorter_than_asked_nor_without_end(
    every: float, failures: int, asked: float | None, seed: int
) -> None:
    wait = wait_after(every, failures, asked, Random(seed))
    assert every * (1 - JITTER) <= wait <= max(max(every, LONGEST_WAIT) * (1 + JITTER), LONGEST_RETRY_AFTER)
    if asked is not None and asked == asked:
        assert wait >= min(asked, LONGEST_RETRY_AFTER)


def test_a_source_that_asks_for_an_hour_is_asked_again_within_two_minutes() -> None:
    assert wait_after(15.0, 1, 3_600.0, Random(1)) == 120


@given(every=st.floats(0.1, 600), failures=st.integers(0, 30), seed=st.integers())
def test_each_failure_makes_the_wait_no_shorter(every: float, failures: int, seed: int) -> None:
    assert wait_after(every, failures, None, Random(seed)) <= wait_after(every, failures + 1, None, Random(seed))


@given(name=st.text(), every=st.floats(0.1, 600))
def test_a_phase_lies_within_the_interval_and_is_the_same_at_every_start(name: str, every: float) -> None:
    assert 0 <= compute_poll_phase(name, every) < every
    assert compute_poll_phase(name, every) == compute_poll_phase(name, every)


async def test_the_first_look_is_at_once_and_the_next_ones_keep_the_pace() -> None:
    time = FakeTime()
    source = Source(1)
    async with running(feed_of(source, time)) as readings:
        await time.pass_by(0)
        assert [each.value for each in readings] == [1]
        await time.pass_by(100)
    assert 10 <= source.asked <= 13


async def test_a_failed_poll_keeps_the_last_value_and_says_why() -> None:
    time = FakeTime()
    feed = feed_of(Source("good", SourceError(BUSY)), time)
    await feed.poll()
    time.elapsed = 12.0
    reading = await feed.poll()
    assert (reading.value, reading.seen, reading.at) == ("good", 0.0, START)
    assert reading.problem is not None
    assert (reading.tried, reading.problem.message) == (12.0, BUSY.message)
    assert reading.problem.short == f"{BUSY.short}, asked again in 1m"


async def test_a_failing_source_is_asked_less_and_less_often_and_at_the_old_pace_once_it_is_back() -> None:
    time = FakeTime()
    source = Source(*[OSError("no route")] * 4, "back")
    async with running(feed_of(source, time)) as readings:
        await time.pass_by(400)
    assert [round(each, -1) for each in time.slept[:2]] == [20, 40]
    assert all(54 <= each <= 66 for each in time.slept[2:4])  # what fires is not unseen for longer than that
    assert all(9 <= each <= 11 for each in time.slept[4:])
    assert readings[-1].problem is None


async def test_a_source_that_asks_for_patience_gets_it() -> None:
    time = FakeTime()
    source = Source(SourceError(BUSY))
    async with running(feed_of(source, time)):
        await time.pass_by(89)
        assert source.asked == 1
        await time.pass_by(2)
    assert source.asked == 2


async def test_half_an_answer_is_shown_with_its_problem_and_slows_nothing_down() -> None:
    time = FakeTime()
    source = Source(IncompleteError(("a",), HALF))
    async with running(feed_of(source, time)) as readings:
        await time.pass_by(100)
    assert (readings[-1].value, readings[-1].problem) == (("a",), HALF)
    assert readings[-1].seen == readings[-1].tried
    assert source.asked >= 10


async def test_asking_for_an_answer_brings_one_now() -> None:
    time = FakeTime()
    source = Source(1)
    feed = feed_of(source, time, every=600.0)
    async with running(feed):
        await time.pass_by(550)
        before = source.asked
        feed.refresh()
        await time.pass_by(0)
    assert source.asked == before + 1


async def test_a_question_asked_during_a_poll_is_answered_by_the_next_one_at_once() -> None:
    time = FakeTime()
    asked = 0

    async def read() -> int:
        nonlocal asked
        asked += 1
        if asked == 1:
            feed.refresh()
        return asked

    feed = Polled("signals", "prod", read, every=600.0, deadline=5.0, time=time, random=Random(7))
    task = asyncio.create_task(feed.run(lambda _: None))
    await time.pass_by(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert asked == 2


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (SourceError(BUSY), ProblemKind.THROTTLED),
        (TimeoutError(), ProblemKind.TIMEOUT),
        (RuntimeError("\x1b[2Jboom"), ProblemKind.FAULT),
        (KeyError("x"), ProblemKind.FAULT),
        (ExceptionGroup("both", [ValueError(), OSError()]), ProblemKind.FAULT),
    ],
)
async def test_every_failure_has_a_problem_and_none_ends_the_feed(error: Exception, kind: ProblemKind) -> None:
    time = FakeTime()
    source = Source(error, "fine")
    async with running(feed_of(source, time)) as readings:
        await time.pass_by(100)
    assert readings[0].problem is not None
    assert readings[0].problem.kind is kind
    assert "\x1b" not in readings[0].problem.message
    assert readings[-1].value == "fine"


async def test_a_source_that_never_answers_times_out_at_its_deadline() -> None:
    async def read() -> object:
        await asyncio.Event().wait()
        raise AssertionError

    feed = Polled("signals", "prod", read, every=10.0, deadline=0.01, time=RealTime(), random=Random(7))
    reading = await feed.poll()
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.TIMEOUT


def test_an_adapter_that_cannot_explain_its_own_failure_is_explained_as_a_fault() -> None:
    def broken(_: Exception) -> Problem:
        raise ZeroDivisionError("in the explanation")

    async def story() -> Reading[object]:
        return await feed_of(Source(ValueError("first")), FakeTime(), explain=broken).poll()

    problem = asyncio.run(story()).problem
    assert problem is not None
    assert problem.short == "fault ZeroDivisionError"


@pytest.mark.parametrize("wake_first", [True, False])
async def test_a_rest_ends_when_woken_and_forgets_the_call(wake_first: bool) -> None:
    time, wake = FakeTime(), asyncio.Event()
    resting = asyncio.create_task(wait_for_poll(time, 1e9, wake))
    if not wake_first:
        await time.pass_by(0)
    wake.set()
    await time.pass_by(0)
    assert resting.done()
    assert not wake.is_set()


def test_the_text_of_a_fault_is_cleaned() -> None:
    message = explain_unknown_error(ValueError("\x1b]52;c;eA==\x07\n" + "x" * 10_000)).message
    assert "\x1b" not in message
    assert len(message) < 500


async def test_a_reading_remembers_when_it_was_asked_for() -> None:
    time = FakeTime()

    class Slow(Source):
        async def read(self) -> object:
            time.elapsed += 3.0
            return await super().read()

    for answer in ("calm", OSError("gone")):
        began = time.monotonic()
        reading = await feed_of(Slow(answer), time).poll()
        assert (reading.began, reading.tried) == (began, began + 3.0)


@pytest.mark.parametrize("explain", [explain_unknown_error, explain_http_error, explain_azure_error])
def test_a_coded_error_is_explained_as_a_refusal_and_as_no_defect(explain: Callable[[Exception], Problem]) -> None:
    problem = explain(CodedError("Name one with --source.", code="source-not-named"))
    assert (problem.kind, problem.code) == (ProblemKind.REFUSED, "source-not-named")
