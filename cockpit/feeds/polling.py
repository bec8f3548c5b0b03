"""How every feed polls: a deadline, a hashed phase, jitter, back-off, Retry-After, and no failure that ends it."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Generic, Protocol, TypeVar

from cockpit.model.event import OutsideChange
from cockpit.model.problem import CodedError, Problem, ProblemKind, SourceError
from cockpit.model.reading import Reading
from cockpit.model.text import clean_line
from cockpit.model.time import Time, format_age

T = TypeVar("T")
Publish = Callable[[Reading[Any]], None]
Explain = Callable[[Exception], Problem]

JITTER = 0.10  # of the interval, either way
LONGEST_WAIT = 60.0  # seconds between two polls of a failing source: what fires is unseen for that much longer
LONGEST_RETRY_AFTER = 120.0  # seconds; a source that asks for an hour would leave us blind in the middle of a night


class Feed(Protocol):
    """A source of Readings. `name` is unique within its environment: `probes`, `revisions`, `alerts:prom-1`."""

    @property
    def name(self) -> str: ...

    @property
    def environment(self) -> str: ...

    @property
    def every(self) -> float: ...

    async def run(self, publish: Publish) -> None:
        """Publish Readings until cancelled. Never raises anything else."""

    async def poll(self) -> Reading[Any]:
        """One look, for a command that asks once. Never raises: the Reading says what went wrong."""
        ...

    def refresh(self) -> None:
        """Ask for an answer now. Safe at any time, from the loop's thread."""


def compute_poll_phase(name: str, every: float) -> float:
    """Where in its interval a feed first polls: the same on every start, different for every name."""
    return zlib.crc32(name.encode()) / 2**32 * every


def wait_after(every: float, failures: int, retry_after: float | None, random: Random) -> float:
    """Seconds until the next poll: the interval with jitter, doubled for each failure, never under Retry-After."""
    base = min(every * 2.0 ** min(failures, 16), max(every, LONGEST_WAIT))
    jittered = base * random.uniform(1 - JITTER, 1 + JITTER)
    return max(jittered, min(retry_after or 0.0, LONGEST_RETRY_AFTER))


class IncompleteError(SourceError, Generic[T]):
    """An answer with something missing: `value` is new and may be shown, `problem` says what it lacks."""

    def __init__(self, value: T, problem: Problem) -> None:
        super().__init__(problem)
        self.value = value


class UnsureError(IncompleteError[T]):
    """A whole answer of a source that may not know everything: `problem` says why. It is shown, and never called OK."""


def say_how_long(problem: Problem) -> Problem:
    """A problem whose source asked us to wait says for how long: `HTTP 429, asked again in 2m`."""
    if not problem.retry_after or "asked again in" in problem.short:
        return problem
    wait = min(problem.retry_after, LONGEST_RETRY_AFTER)
    return replace(problem, short=f"{problem.short}, asked again in {format_age(wait)}")


async def wait_for_poll(time: Time, seconds: float, wake: asyncio.Event) -> None:
    """Sleep until the next poll is due or `wake` is set, which is cleared."""
    sleeping = asyncio.ensure_future(time.sleep(seconds))
    waking = asyncio.ensure_future(wake.wait())
    try:
        await asyncio.wait((sleeping, waking), return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleeping.cancel()
        waking.cancel()
        wake.clear()


def explain_unknown_error(error: BaseException) -> Problem:
    """The Problem of an exception no adapter knows: shown as our own fault, never raised further."""
    if isinstance(error, SourceError):
        return error.problem
    if isinstance(error, TimeoutError):
        return Problem(ProblemKind.TIMEOUT, "timed out", "The source did not answer within its deadline.")
    if isinstance(error, CodedError):  # a sentence for people already, and no defect
        sentence = clean_line(error, 300)
        return Problem(ProblemKind.REFUSED, sentence, sentence, code=error.code, facts=error.facts)
    name = type(error).__name__
    return Problem(
        ProblemKind.FAULT,
        f"fault {name}",
        clean_line(f"Unexpected {name} while reading: {error}", 300),
        "This is a defect of the cockpit; the log file has the details.",
    )


class Polled(Generic[T]):
    """A feed made of one coroutine that reads everything at once. `deadline` bounds one poll, in seconds."""

    def __init__(
        self,
        name: str,
        environment: str,
        read: Callable[[], Awaitable[T]],
        *,
        every: float,
        deadline: float,
        time: Time,
        random: Random,
        explain: Explain = explain_unknown_error,
        ask_anyway: Callable[[], None] = lambda: None,
        recalled: T | None = None,
    ) -> None:
        """`ask_anyway` is called when a person wants an answer now, whatever the source asked us to wait. `recalled` is
        what is shown, beside the problem, until the source answers for the first time."""
        self._recalled = recalled
        self._ask_anyway = ask_anyway
        self.name = name
        self.environment = environment
        self.every = every
        self._read = read
        self._deadline = deadline
        self._time = time
        self._random = random
        self._explain = explain
        self._wake = asyncio.Event()
        self._last: Reading[T] | None = None

    def refresh(self) -> None:
        self._ask_anyway()
        self._wake.set()

    async def run(self, publish: Publish) -> None:
        failures = 0
        # The first look is at once for a person who has just opened the screen; the phase spreads the second.
        spread = compute_poll_phase(f"{self.environment}/{self.name}", self.every)
        while True:
            reading = await self.poll()
            publish(reading)
            failures = 0 if reading.seen == reading.tried else failures + 1  # half an answer is no reason to back off
            retry_after = reading.problem.retry_after if reading.problem else None
            wait = wait_after(self.every, failures, retry_after, self._random)
            asked_to_wait = min(retry_after or 0.0, LONGEST_RETRY_AFTER)
            await wait_for_poll(self._time, max(spread, asked_to_wait) if spread and not failures else wait, self._wake)
            spread = 0.0

    async def poll(self) -> Reading[T]:
        """One look: a good Reading, or the last good value with the problem beside it."""
        before = self._last or Reading(self.name, self.environment, self.every, self._time.monotonic(), self._recalled)
        began = self._time.monotonic()
        problem: Problem | None = None
        caution: Problem | None = None
        try:
            async with asyncio.timeout(self._deadline):
                value = await self._read()
        except UnsureError as error:
            value, caution = error.value, error.problem
        except IncompleteError as error:
            value, problem = error.value, error.problem
        except Exception as error:
            self._last = replace(before, tried=self._time.monotonic(), began=began, problem=self._problem(error))
            return self._last
        now = self._time.monotonic()
        self._last = replace(
            before, tried=now, began=began, value=value, seen=now, at=self._time.now(), problem=problem, caution=caution
        )
        return self._last

    def _problem(self, error: Exception) -> Problem:
        try:
            known = isinstance(error, SourceError | TimeoutError)
            return say_how_long(explain_unknown_error(error) if known else self._explain(error))
        except Exception as second:
            return explain_unknown_error(second)


def join_changes(results: Sequence[Sequence[OutsideChange] | BaseException]) -> tuple[OutsideChange, ...]:
    """What `gather` brought from several places that know of changes, the newest last.

    Raises SourceError where none answered, IncompleteError where some did, and whatever else one of them raised.
    """
    changes: list[OutsideChange] = []
    problems: list[Problem] = []
    for result in results:
        if isinstance(result, SourceError):
            problems.append(result.problem)
        elif isinstance(result, BaseException):
            raise result
        else:
            changes += result
    if problems and len(problems) == len(results):
        raise SourceError(problems[0])
    changes.sort(key=lambda change: change.at)
    if problems:
        raise IncompleteError(tuple(changes), problems[0])
    return tuple(changes)
