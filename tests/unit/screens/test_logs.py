"""Lines are told in batches: soon when they are rare, together when they pour."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from cockpit.model.time import RealTime
from screens.logs import batch_items
from screens.main.status_lines import find_followed_revision
from tests.tui.stage import application


class Pauses(RealTime):
    """Counts the pauses and makes them as short as they can be."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        await asyncio.sleep(0)


async def test_a_flood_is_few_batches_and_every_line_is_in_one() -> None:
    async def flood() -> AsyncIterator[int]:
        for number in range(1_000):
            yield number
            if number % 100 == 99:
                await asyncio.sleep(0)

    got = [batch async for batch in batch_items(flood(), every=0.1, longest=5_000, time=Pauses())]
    assert [number for batch in got for number in batch] == list(range(1_000))
    assert len(got) <= 11


async def test_there_is_a_pause_after_every_batch() -> None:
    async def trickle() -> AsyncIterator[str]:
        for word in ("one", "two"):
            yield word
            await asyncio.sleep(0.01)

    time = Pauses()
    got = [batch async for batch in batch_items(trickle(), every=0.1, longest=10, time=time)]
    assert got == [["one"], ["two"]]
    assert time.asked == [0.1, 0.1]


async def test_of_a_flood_that_nobody_reads_the_newest_is_kept() -> None:
    async def flood() -> AsyncIterator[int]:
        for number in range(100):
            yield number

    skipped: list[int] = []
    batches = batch_items(flood(), every=0.1, longest=3, time=Pauses(), skip=skipped.append)
    assert [batch async for batch in batches] == [[97, 98, 99]]
    assert skipped == [97]  # so that the screen says how many there were


async def test_what_ends_the_source_is_raised_after_the_last_line() -> None:
    async def broken() -> AsyncIterator[int]:
        yield 1
        raise ConnectionError("gone")

    stream = batch_items(broken(), every=0.1, longest=10, time=Pauses())
    assert await anext(stream) == [1]
    with pytest.raises(ConnectionError, match="gone"):
        await anext(stream)


async def test_leaving_closes_the_source() -> None:
    closed = asyncio.Event()

    async def endless() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
                await asyncio.sleep(0)
        finally:
            closed.set()

    stream = batch_items(endless(), every=0.1, longest=10, time=Pauses())
    async for _ in stream:
        break
    await stream.aclose()  # type: ignore[attr-defined]  # it is an async generator
    assert closed.is_set()


def followed(*, in_incident: bool, under_cursor: object = None) -> str:
    """The revision whose logs the key opens: --v42 serves and is well, --v41 is ill, --v40 too and older."""
    app = application()
    serving, *older = app.revisions
    ill = [replace(revision, active=True, health="Unhealthy") for revision in older]
    app = replace(app, revisions=(replace(serving, health="Healthy", replicas=()), *ill))
    open_incidents = ["i1"] if in_incident else []
    screen: Any = SimpleNamespace(
        current=2 if under_cursor else 0,
        under_cursor=lambda pane: app.revisions[-1] if under_cursor else None,
        session=SimpleNamespace(
            ledger=SimpleNamespace(open=lambda name: open_incidents), environment=SimpleNamespace(name="prod")
        ),
        seen=SimpleNamespace(applications=(app,)),
    )
    pair = find_followed_revision(screen)
    assert pair is not None
    return pair[1].name


def test_in_an_incident_the_logs_open_on_the_newest_revision_that_is_ill() -> None:
    assert followed(in_incident=True) == "mi-prod--v41"
    assert followed(in_incident=False) == "mi-prod--v42"
    assert followed(in_incident=True, under_cursor=True) == "mi-prod--v40"
