"""A handler of a signal runs wherever the program is: also in the middle of the loop's own bookkeeping."""

import asyncio
from collections import deque
from types import SimpleNamespace
from typing import Any, cast

from textual._queue import Queue

from screens.shared.driver import TerminalDriver


class InterruptedWaiters(deque[Any]):
    """The waiters of an event, and a signal that comes when one has looked, and is not yet among them."""

    def __init__(self, handle_signal: Any) -> None:
        super().__init__()
        self._handle_signal = handle_signal

    def append(self, waiter: Any) -> None:
        self._handle_signal()
        super().append(waiter)


def test_a_signal_in_the_middle_of_waiting_leaves_no_app_asleep() -> None:
    """Seen once in a hundred ends of a line: SIGCONT comes behind SIGHUP, and the app never ended, nor took a key."""

    async def wait_through_a_signal() -> object:
        queue: Queue[Any] = Queue()
        app = SimpleNamespace(is_running=True, return_code=None, call_later=queue.put_nowait)
        driver = cast("Any", TerminalDriver.__new__(TerminalDriver))
        driver._app, driver._loop, driver._must_signal_resume = app, asyncio.get_running_loop(), False
        driver._key_thread, driver.exit_event = object(), asyncio.Event()
        queue.ready_event._waiters = InterruptedWaiters(driver._sigcont_application)
        return await asyncio.wait_for(queue.get(), 5)

    assert callable(asyncio.run(wait_through_a_signal()))
