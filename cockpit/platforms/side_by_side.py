"""One feed `revisions` of several platforms, side by side: one that fails hides nothing of the others."""

import asyncio
from collections.abc import Sequence
from random import Random

from cockpit.feeds.polling import Feed, IncompleteError, Polled
from cockpit.model.problem import SourceError
from cockpit.model.reading import Reading
from cockpit.model.revision import Application
from cockpit.model.time import Time

DEADLINE = 60.0  # seconds; each has one of its own


def merge_feeds(feeds: Sequence[Feed], *, time: Time, random: Random) -> Feed:
    """The feeds of one environment as one. `feeds` is not empty. It polls as often as the most eager of them."""
    if len(feeds) == 1:
        return feeds[0]

    async def read() -> tuple[Application, ...]:
        readings: list[Reading[tuple[Application, ...]]] = await asyncio.gather(*(feed.poll() for feed in feeds))
        problems = [reading.problem for reading in readings if reading.problem is not None]
        applications = tuple(application for reading in readings for application in reading.value or ())
        if problems and all(reading.problem is not None and reading.value is None for reading in readings):
            raise SourceError(problems[0])
        if problems:
            raise IncompleteError(applications, problems[0])
        return applications

    return Polled(
        feeds[0].name,
        feeds[0].environment,
        read,
        every=min(feed.every for feed in feeds),
        deadline=DEADLINE,
        time=time,
        random=random,
    )
