"""Lines of a log on their way from whoever watches its streams to whoever reads them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from cockpit.model.raw import read_moment
from cockpit.model.reading import LogLine
from cockpit.model.text import MAX_LINE, clean_lines
from cockpit.platforms.log_mask import LONGEST_WAIT, LogMask

WAITING_LINES = 1_000  # lines ready for a reader that is slow; then the streams wait too
LONGEST_LINE = 65_536  # bytes
LogQueue = asyncio.Queue[LogLine | None]


class LogLineSplitter:
    """Bytes in, whole lines out; never holds more than LONGEST_LINE of a line that does not end."""

    def __init__(self) -> None:
        self._rest = b""
        self._dropping = False

    def feed(self, chunk: bytes) -> list[bytes]:
        *whole, rest = (self._rest + chunk).split(b"\n")
        if self._dropping and whole:
            whole, self._dropping = whole[1:], False
        if self._dropping:
            rest = b""
        if len(rest) > LONGEST_LINE:
            whole.append(rest[:LONGEST_LINE])
            rest, self._dropping = b"", True
        self._rest = rest
        return [data[:LONGEST_LINE] for data in whole if data.strip()]


@dataclass(frozen=True, slots=True)
class StampedLogLine:
    """A line as docker and Kubernetes send it: the moment before the text. `raw` tells it from others of its moment."""

    raw: bytes
    moment: datetime | None
    text: str


def read_stamped_lines(several: Sequence[bytes]) -> list[StampedLogLine]:
    """Lines that came together, and are cleaned together: that costs half. A line without a moment is all text."""
    moments, texts = [], []
    for raw in several:
        stamp, _, text = raw[:LONGEST_LINE].partition(b" ")
        moment = read_moment(stamp.decode("ascii", "replace"))
        moments.append(moment)
        texts.append((raw[:LONGEST_LINE] if moment is None else text).decode("utf-8", "replace"))
    cleaned = clean_lines(texts, MAX_LINE)
    return [StampedLogLine(*parts) for parts in zip(several, moments, cleaned, strict=True)]


def describe_hole(name: str, since: datetime | None, until: datetime | None) -> str:
    """In UTC, as all our own words in a log are."""
    times = [f"{time:%H:%M:%S}Z" if time else "?" for time in (since, until)]
    return f"the stream of {name} began again: lines between {times[0]} and {times[1]} may be missing"


async def read_log_queue(watch: Callable[[LogQueue], Awaitable[None]]) -> AsyncGenerator[LogLine, None]:
    """What `watch` puts into its queue, until it ends or the reader stops. Raises what `watch` raises."""
    mask = LogMask()
    waiting: LogQueue = asyncio.Queue(WAITING_LINES)
    work = asyncio.ensure_future(watch(waiting))
    work.add_done_callback(lambda _: _wake_reader(waiting))
    try:
        while not (work.done() and waiting.empty()):
            for line in await _read_ready(waiting, mask):
                yield line
        for line in mask.settle():
            yield line
        if not work.cancelled():
            work.result()
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await work


async def _read_ready(waiting: LogQueue, mask: LogMask) -> list[LogLine]:
    """All lines that are there, or what the mask held when none comes."""
    try:
        async with asyncio.timeout(LONGEST_WAIT if mask.is_holding else None):
            several = [await waiting.get()]
    except TimeoutError:
        return mask.settle()
    while not waiting.empty():
        several.append(waiting.get_nowait())
    return mask.feed([line for line in several if line is not None])


def _wake_reader(waiting: LogQueue) -> None:
    """End the reader's wait; a full queue needs no waking."""
    with suppress(asyncio.QueueFull):
        waiting.put_nowait(None)
