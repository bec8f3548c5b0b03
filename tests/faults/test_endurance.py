"""What goes on for days grows nowhere: alerts that come and go, a quiet week, a flood of log lines. Time is injected.

A small version of each runs always; `pytest -m torture` (make torture) takes 5,000 alerts, the whole week and ten
thousand lines a second for a minute. Memory is judged as a ratio of two halves of the same run, never in seconds.
"""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.event import Draft, Kind
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.reading import Reading
from cockpit.model.text import _clean_short_text
from cockpit.platforms.container_apps.log_lines import console_line
from cockpit.recorder.recorder import Recorder
from cockpit.timeline.timeline import Timeline
from screens.logs import batch_items
from tests.unit.recorder.test_recorder import Clock, recorder, running

POLL, BEAT = 14.0, 2.0  # seconds
WAL_MOST = 16 * 1_048_576  # bytes; SQLite empties it after 4 MB where nobody reads
HELD_MOST = 4 * 1_048_576  # bytes, after the last batch was drawn
GROWTH_MOST = 1.25  # of the second half over the first


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    torture = metafunc.config.option.markexpr == "torture"
    for name, small, whole in (("alerts", 40, 5_000), ("days", 0.1, 7.0), ("seconds", 0.3, 60.0)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, [whole if torture else small])


def make_alert(number: int, clock: Clock) -> Alert:
    labels = (("app", f"shop-{number % 40}"), ("pod", f"shop-{number % 40}-{number:05d}"))
    firing = Alert(
        "am", f"f{number:05d}", f"5xx high {number % 25}", Severity.HIGH, AlertState.FIRING, clock.now(), "prod"
    )
    return replace(firing, labels=labels)


async def all_saved(one: Recorder) -> None:
    """Every fact is on the disk."""
    while not one.is_written or one.status != "recording":
        assert "NOT" not in one.status, one.status
        await asyncio.sleep(0.001)


class Growth:
    """How much is held at each half of a run."""

    def __init__(self) -> None:
        gc.collect()
        tracemalloc.start()
        self._marks: list[int] = []

    def mark(self) -> None:
        """What remembers a bounded number of texts is no growth while it fills."""
        _clean_short_text.cache_clear()
        gc.collect()
        self._marks.append(tracemalloc.get_traced_memory()[0])

    def held(self) -> int:
        """Bytes at the last mark."""
        tracemalloc.stop()
        return self._marks[-1]

    def ratio(self) -> float:
        """What was held at the last mark over what was held at the first."""
        tracemalloc.stop()
        return self._marks[-1] / max(1, self._marks[0])


def wal_size(timeline: Timeline) -> int:
    path = timeline.path.with_name(f"{timeline.path.name}-wal")
    return path.stat().st_size if path.exists() else 0


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def watch_for(
    clock: Clock,
    one: Recorder,
    length: timedelta,
    poll: float,
    read: Callable[[int], list[Reading[Any]]],
    growth: Growth,
) -> None:
    """Polls of a time that is not waited for; memory is looked at after a quarter, and at the end."""
    polls = int(length.total_seconds() / poll)
    for number in range(polls):
        for _ in range(int(poll / BEAT)):  # who does not look for longer has been asleep
            clock.wall += timedelta(seconds=BEAT)
            one.observe(Reading("signals", "prod", BEAT, clock.monotonic(), (), clock.monotonic(), clock.now()))
        for reading in read(number):
            one.observe(reading)
        await all_saved(one)
        if number == polls // 4:
            growth.mark()
    growth.mark()


@pytest.mark.torture
async def test_alerts_that_come_and_go_are_each_recorded_once_and_nothing_grows(
    tmp_path: Path, clock: Clock, alerts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For ten minutes half of them fire at each poll, and the other half at the next."""
    monkeypatch.setattr("cockpit.timeline.writer.KEPT", 2 * alerts)  # full before memory is looked at first
    growth, waves = Growth(), 40

    def read(poll: int) -> list[Reading[Any]]:
        value = tuple(make_alert(number, clock) for number in range(alerts) if (number + poll) % 2)
        return [Reading("alerts:am", "prod", POLL, clock.monotonic(), value, clock.monotonic(), clock.now())]

    with Timeline(tmp_path / "timeline.db", time=clock) as timeline:
        async with running(recorder(timeline, clock)) as one:
            await all_saved(one)
            await watch_for(clock, one, timedelta(seconds=waves * POLL), POLL, read, growth)
            assert wal_size(timeline) < WAL_MOST
        facts = [event for event in timeline.events() if event.kind == Kind.ALERT]
    assert len(facts) >= alerts
    assert len({(event.subject, event.occurred, event.summary) for event in facts}) == len(facts)
    assert growth.ratio() < GROWTH_MOST


@pytest.mark.torture
async def test_a_week_of_polls_holds_no_more_than_its_first_days(
    tmp_path: Path, clock: Clock, days: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty probes, of which one is down for a poll each hour."""
    monkeypatch.setattr("cockpit.timeline.writer.KEPT", 2)  # full before memory is looked at first
    growth = Growth()

    def read(poll: int) -> list[Reading[Any]]:
        state = [
            ProbeState.DOWN if poll % 120 == 0 and number == poll // 120 % 20 else ProbeState.UP for number in range(20)
        ]
        value = tuple(
            ProbeResult(f"probe-{number}", "prod", "http://x", state[number], clock.now()) for number in range(20)
        )
        return [Reading("probes", "prod", 30.0, clock.monotonic(), value, clock.monotonic(), clock.now())]

    with Timeline(tmp_path / "timeline.db", time=clock) as timeline:
        async with running(recorder(timeline, clock)) as one:
            await all_saved(one)
            await watch_for(clock, one, timedelta(days=days), 30.0, read, growth)
            assert wal_size(timeline) < WAL_MOST
        count = len(timeline.events())
    assert count <= 10 + 4 * 24 * max(1, days)
    assert growth.ratio() < GROWTH_MOST


@pytest.mark.torture
async def test_a_flood_of_log_lines_is_shown_in_batches_of_which_none_grows(clock: Clock, seconds: float) -> None:
    """Ten thousand lines a second; whoever draws sees the newest of them, ten times a second."""
    growth, drawn, longest = Growth(), 0, 0

    async def lines() -> AsyncIterator[object]:
        for number in range(int(seconds * 10_000)):
            text = f'{{"TimeStamp": "2026-11-29T13:00:00Z", "Log": "GET /orders/{number} 200 token=none user=ops"}}'
            yield console_line(text.encode(), "shop--1", "shop--1-a")
            if number % 1_000 == 0:
                await asyncio.sleep(0)

    async for batch in batch_items(lines(), every=0.1, longest=2_000, time=clock):
        drawn, longest = drawn + 1, max(longest, len(batch))
    growth.mark()
    growth.mark()
    assert drawn > 1
    assert longest <= 2_000
    assert growth.held() < HELD_MOST


async def test_long_facts_are_remembered_only_as_far_as_the_wal_may_hold_them(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the writer keeps for files that get lost is bounded in size, too: outputs of steps have 50 KB each."""
    monkeypatch.setattr("cockpit.timeline.writer.KEPT_SIZE", 200_000)
    growth = Growth()
    with Timeline(tmp_path / "timeline.db", time=clock) as timeline:
        for number in range(40):
            timeline.record(
                [Draft(Kind.NOTE, f"output {number}", clock.now(), detail={"text": f"{number:05d}" * 5_000})]
            )
            if number == 10:
                growth.mark()
        growth.mark()
    assert growth.ratio() < GROWTH_MOST
