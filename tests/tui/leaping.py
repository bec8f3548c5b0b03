"""An event loop whose clock stands still while there is something to do, and leaps to the next timer when there is not.

Screens are tested on it: a pause costs nothing, and what a picture shows depends on no machine's speed. All that
follows from a key has happened before the clock moves on, however long that took. A thread is waited for, too, unless a
test holds it at a Gate, and not for ever: after PATIENCE the clock goes on without it.
"""

import asyncio
import selectors
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

PATIENCE = 0.5  # real seconds for each leap
FRAME = 0.02  # seconds; a screen draws within one


class Clock:
    """Seconds since the first loop of this process, as the loops see them."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def time(self) -> float:
        return self.seconds


CLOCK = Clock()


class Gate(threading.Event):
    """Holds threads until the test opens it. No leap waits for one that stands there."""

    held = 0  # threads at all gates
    _counting = threading.Lock()

    def __init__(self) -> None:
        super().__init__()
        self._waiting = 0

    def wait(self, timeout: float | None = None) -> bool:
        with self._counting:
            if not self.is_set():
                self._count(1)
        opened = super().wait(timeout)
        if not opened:
            with self._counting:
                if not self.is_set():
                    self._count(-1)
        return opened

    def set(self) -> None:
        """Open it: from here on each of its threads is waited for, also before it has woken."""
        with self._counting:
            self._count(-self._waiting)
            super().set()

    def _count(self, change: int) -> None:
        self._waiting += change
        Gate.held += change


class _Leap(selectors.DefaultSelector):
    """Moves the clock where another selector would let time pass."""

    threads = 0  # at work now

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if found or timeout == 0:
            return found
        if timeout is None:
            return super().select()
        if self.threads > Gate.held and (found := super().select(PATIENCE)):
            return found
        CLOCK.seconds += max(timeout, 0)
        return []


class LeapingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        return CLOCK.seconds

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> "asyncio.Future[T]":
        working = super().run_in_executor(executor, func, *args)
        self._leap.threads += 1
        working.add_done_callback(self._worked)
        return working

    if sys.version_info >= (3, 12):

        async def shutdown_default_executor(self, timeout: float | None = None) -> None:
            """Wait for the threads as long as it takes: the limit of a newer Python would be leapt over."""
            await super().shutdown_default_executor(None)

    def _worked(self, _: "asyncio.Future[Any]") -> None:
        self._leap.threads -= 1


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """`asyncio.run` on such a loop."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(main)


async def idle(min_sleep: float = 0, max_sleep: float = 1) -> None:
    """In place of Textual's guess from the use of the processor: everything has happened, and a frame been drawn."""
    await asyncio.sleep(FRAME)


REPLACED: dict[str, object] = {
    "asyncio.run": run,
    "textual._time.get_time": CLOCK.time,
    "textual.pilot.wait_for_idle": idle,
    "textual.app.wait_for_idle": idle,
}
