"""Lines that come one by one, told in batches: a screen is repainted ten times a second at most."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TypeVar

from cockpit.model.time import Time

T = TypeVar("T")


async def batches(items: AsyncIterator[T], *, every: float, longest: int, time: Time) -> AsyncIterator[list[T]]:
    """What came since the last batch, at most one batch in `every` seconds, the newest `longest` items of it.

    Ends when `items` ends, and raises what it raised. The first item waits for nothing.
    """
    waiting: deque[T] = deque(maxlen=longest)
    arrived = asyncio.Event()

    async def read() -> None:
        try:
            async for item in items:
                waiting.append(item)
                arrived.set()
        finally:
            arrived.set()

    reading = asyncio.create_task(read())
    try:
        while not reading.done() or waiting:
            await arrived.wait()
            arrived.clear()
            if waiting:
                batch = list(waiting)
                waiting.clear()
                yield batch
                await time.sleep(every)
            if reading.done():
                arrived.set()
        await reading
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await reading
