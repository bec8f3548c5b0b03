"""Lines of a log on their way from whoever watches its streams to whoever reads them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from cockpit.model.reading import LogLine
from cockpit.model.secret_detection.stream import KeyLineMask

WAITING_LINES = 1_000  # lines ready for a reader that is slow; then the streams wait too
LogQueue = asyncio.Queue[LogLine | None]


class ReplicaKeyMask:
    """The lines of a private key, known by those before. All else was masked line by line, by `clean_line`."""

    def __init__(self) -> None:
        self._replicas: dict[tuple[str, str], KeyLineMask] = {}

    def hide(self, line: LogLine) -> LogLine:
        text = self._replicas.setdefault((line.stream, line.replica), KeyLineMask()).hide(line.text)
        return line if text is line.text else replace(line, text=text)


async def read_log_queue(watch: Callable[[LogQueue], Awaitable[None]]) -> AsyncGenerator[LogLine, None]:
    """What `watch` puts into its queue, until it ends or the reader stops. Raises what `watch` raises."""
    key_mask = ReplicaKeyMask()
    waiting: LogQueue = asyncio.Queue(WAITING_LINES)
    work = asyncio.ensure_future(watch(waiting))
    work.add_done_callback(lambda _: _wake_reader(waiting))
    try:
        while not (work.done() and waiting.empty()):
            line = await waiting.get()
            if line is not None:
                yield key_mask.hide(line)
        if not work.cancelled():
            work.result()
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await work


def _wake_reader(waiting: LogQueue) -> None:
    """End the reader's wait; a full queue needs no waking."""
    with suppress(asyncio.QueueFull):
        waiting.put_nowait(None)
