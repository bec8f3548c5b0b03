"""Cockpits on one file that are stopped, woken, killed and started at any moment, on clocks that only the test moves.

A cockpit that is stopped gets no further than its next sleep or its next piece of blocking work: so it may hold the
lock, stand right before its transaction, or be about to look at the lock. What must hold whatever happens: each change
of the world is written once, in order; one that runs records; and a time without a recorder is a gap of that length.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cockpit.model.clock_steps import list_clock_steps
from cockpit.model.event import Draft, Kind
from cockpit.model.incident import RecordingBreak
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.reading import Reading
from cockpit.model.time import STANDSTILL, format_timestamp
from cockpit.recorder.recorder import GAP_AFTER, Recorder
from cockpit.recorder.recording_breaks import measure_unrecorded
from cockpit.timeline.timeline import Timeline
from tests.unit.incident.folding import fold
from tests.unit.incident.story import NIGHT

T = TypeVar("T")
CURRENT: ContextVar["FrozenCockpit"] = ContextVar("CURRENT")
TAKES_OVER = 25  # seconds within which somebody who runs must record: two beats, ten seconds of watching, and room


class Machine:
    """What all cockpits share: the boot clock, and the wall clock that somebody sets."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.stepped = timedelta()


class FrozenCockpit:
    """One cockpit: its recorder, its sleepers, and whether it runs. It is the recorder's Time as well."""

    def __init__(self, machine: Machine, timeline: Timeline, name: str) -> None:
        self.machine = machine
        self.name = name
        self.runs = True
        self.stops_at_work = False
        self.sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self.at_work: list[asyncio.Future[None]] = []
        self.recorder = Recorder(timeline, "prod", time=self, lock_path=timeline.path.with_name("prod.lock"), who=name)

    def now(self) -> datetime:
        return NIGHT + timedelta(seconds=self.machine.seconds) + self.machine.stepped

    def monotonic(self) -> float:
        return self.machine.seconds

    async def sleep(self, seconds: float) -> None:
        sleeper = (self.machine.seconds + seconds, asyncio.get_running_loop().create_future())
        self.sleepers.append(sleeper)
        try:
            await sleeper[1]
        finally:
            self.sleepers.remove(sleeper)

    async def work(self) -> None:
        """Before each piece of blocking work: here we are stopped, where a test asks for it, and wait while we are."""
        if self.stops_at_work:
            self.stops_at_work, self.runs = False, False
        while not self.runs:
            waiting = asyncio.get_running_loop().create_future()
            self.at_work.append(waiting)
            await waiting

    def wake(self) -> None:
        for waiting in self.at_work:
            if not waiting.done():
                waiting.set_result(None)
        self.at_work.clear()
        for due, sleeper in tuple(self.sleepers):
            if due <= self.machine.seconds and not sleeper.done():
                sleeper.set_result(None)

    @property
    def stays_awake(self) -> bool:
        """Whether it goes on until a rule stops it: one that stops at its next work will take over from nobody."""
        return self.runs and not self.stops_at_work

    @property
    def records(self) -> bool:
        return self.recorder.status == "recording"


async def work_at_once(call: Callable[..., T], /, *arguments: Any) -> T:
    """In the place of `asyncio.to_thread`."""
    await CURRENT.get().work()
    return call(*arguments)


class RecordersOfOneFile(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.patched = patch("asyncio.to_thread", work_at_once)
        self.patched.start()
        self.machine = Machine()
        self.number = 0
        self.cockpits: list[FrozenCockpit] = []
        self.all_ever: list[FrozenCockpit] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.state = ProbeState.UP
        self.covered: float | None = None  # boot clock when somebody last recorded
        self.woken = 0  # times since then that somebody went on; what it stood still before may be no gap
        self.timeline = Timeline(self.folder / "timeline.db", time=FrozenCockpitTime(self.machine))
        self.start()
        self.second()
        self.declare()

    def declare(self) -> None:
        """An incident that is open all the while, so that all is told by the clock of now. Somebody records by then: of
        a step before the first recorder nobody knows."""
        detail = {"title": "Readiness failing", "severity": "P1", "reach_from": format_timestamp(NIGHT)}
        draft = Draft(Kind.DECLARE, "declared", self.now(), "prod", incident="i1", source="cli", detail=detail)
        self.timeline.record([draft])

    def now(self) -> datetime:
        return NIGHT + timedelta(seconds=self.machine.seconds) + self.machine.stepped

    def teardown(self) -> None:
        try:
            assert self.timeline.verify().ok
        finally:
            self.loop.run_until_complete(self.end_all())
            self.loop.close()
            self.patched.stop()
            self.timeline.close()
            shutil.rmtree(self.folder)

    async def end_all(self) -> None:
        """Also those that were killed: their tasks still stand where they stood."""
        for task in self.tasks.values():
            task.cancel()
        while not all(task.done() for task in self.tasks.values()):
            for cockpit in self.all_ever:
                cockpit.runs = True
                cockpit.wake()
            await self.settle()

    @precondition(lambda self: len(self.cockpits) < 3)
    @rule()
    def start(self) -> None:
        self.number += 1
        cockpit = FrozenCockpit(self.machine, self.timeline, f"cockpit {self.number}")
        self.cockpits.append(cockpit)
        self.all_ever.append(cockpit)

        async def run() -> None:
            CURRENT.set(cockpit)
            self.tasks[cockpit.name] = asyncio.create_task(cockpit.recorder.run())

        self.loop.run_until_complete(run())

    @rule(which=st.integers(0, 2))
    def stop(self, which: int) -> None:
        if which < len(self.cockpits):
            self.cockpits[which].runs = False

    @rule(which=st.integers(0, 2), seconds=st.integers(0, 3))
    def stop_before_its_next_transaction(self, which: int, seconds: int) -> None:
        """The worst moment: with a new fact in its hand and the belief that it holds the lock."""
        if which < len(self.cockpits):
            self.cockpits[which].stops_at_work = True
            self.state = ProbeState.UP if self.state is ProbeState.DOWN else ProbeState.DOWN
            self.let_time_pass(seconds)

    @rule(which=st.integers(0, 2))
    def go_on(self, which: int) -> None:
        if which < len(self.cockpits):
            self.cockpits[which].runs = True
            self.woken += 1

    @rule(which=st.integers(0, 2))
    def kill(self, which: int) -> None:
        """`kill -9`: it never runs again, and the kernel lets go of its lock."""
        if which < len(self.cockpits):
            cockpit = self.cockpits.pop(which)
            cockpit.runs = False
            cockpit.recorder._lock.release()

    @rule(state=st.sampled_from((ProbeState.UP, ProbeState.DOWN)))
    def change_world(self, state: ProbeState) -> None:
        self.state = state

    @rule(hours=st.integers(-5, 5))
    def set_wall_clock(self, hours: int) -> None:
        self.machine.stepped += timedelta(hours=hours)

    @rule(seconds=st.sampled_from((5.0, 12.0, 31.0, 3600.0)))
    def sleep_with_the_machine(self, seconds: float) -> None:
        self.machine.seconds += seconds

    @rule(seconds=st.integers(1, 15))
    def let_time_pass(self, seconds: int) -> None:
        for _ in range(seconds):
            self.second()

    @precondition(lambda self: any(cockpit.stays_awake for cockpit in self.cockpits))
    @rule()
    def one_that_runs_records(self) -> None:
        for _ in range(TAKES_OVER):
            self.second()
        assert sum(cockpit.records for cockpit in self.cockpits if cockpit.runs) == 1
        last = ([ProbeState.UP, *self.recorded_states()])[-1]
        assert last == self.state

    def second(self) -> None:
        self.machine.seconds += 1
        self.loop.run_until_complete(self.look_and_settle())
        if any(cockpit.records for cockpit in self.cockpits if cockpit.runs and self.holds_newest_lease(cockpit)):
            silence = 0.0 if self.covered is None else self.machine.seconds - self.covered
            if silence > GAP_AFTER + 5 + STANDSTILL * self.woken:
                self.must_be_a_gap(silence)
            self.covered, self.woken = self.machine.seconds, 0

    def must_be_a_gap(self, silence: float) -> None:
        """A time without a recorder is on record, in one gap or in several, where it was by the clock of now."""
        incident = fold(self.timeline.events()).incidents["i1"]
        length = measure_unrecorded(incident.breaks, self.now() - timedelta(seconds=silence + 5), self.now())
        # Whoever stands still for less than STANDSTILL does not notice it, between its start and its first word, say.
        assert abs(length.total_seconds() - silence) <= 5 + STANDSTILL * max(self.woken, 1)

    def list_gaps(self) -> list[RecordingBreak]:
        """The breaks of the incident since the first recorder began."""
        breaks = fold(self.timeline.events()).incidents["i1"].breaks
        return [item for item in breaks if not item.is_before_all]

    async def look_and_settle(self) -> None:
        for cockpit in self.cockpits:
            if cockpit.runs:
                cockpit.wake()
        await self.settle()
        for cockpit in self.cockpits:
            if cockpit.runs:
                now = self.machine.seconds
                result = ProbeResult("ready", "prod", "http://x", self.state, cockpit.now())
                CURRENT.set(cockpit)
                cockpit.recorder.observe(Reading("probes", "prod", 15.0, now, (result,), now, cockpit.now()))
        await self.settle()

    async def settle(self) -> None:
        for _ in range(40):
            await asyncio.sleep(0)

    def holds_newest_lease(self, cockpit: FrozenCockpit) -> bool:
        leases = [
            event.detail["who"]
            for event in self.timeline.events(kinds=[Kind.RECORDER])
            if event.detail["what"] != "stopped"
        ]
        return leases[-1:] == [cockpit.name]

    def recorded_states(self) -> list[str]:
        return [event.detail["state"] for event in self.timeline.events(kinds=[Kind.PROBE])]

    @invariant()
    def each_change_is_written_once_and_in_order(self) -> None:
        states = self.recorded_states()
        assert all(state == ("down", "up")[place % 2] for place, state in enumerate(states))


class FrozenCockpitTime:
    """The clocks of the machine for the timeline itself."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def now(self) -> datetime:
        return NIGHT + timedelta(seconds=self._machine.seconds) + self._machine.stepped

    def monotonic(self) -> float:
        return self._machine.seconds

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("the timeline does not sleep")


TestRecordersOfOneFile = pytest.mark.torture(RecordersOfOneFile.TestCase)
# A failure is not shrunk: that takes minutes of a machine that others share.
TestRecordersOfOneFile.settings = settings(stateful_step_count=20, phases=(Phase.generate,))


def test_one_that_was_stopped_with_a_fact_in_its_hand_does_not_write_it_after_another_did() -> None:
    story = RecordersOfOneFile()
    try:
        story.one_that_runs_records()
        story.stop_before_its_next_transaction(which=0, seconds=2)
        story.start()
        story.one_that_runs_records()
        story.go_on(which=0)
        story.one_that_runs_records()
        story.each_change_is_written_once_and_in_order()
        assert story.recorded_states() == ["down"]
    finally:
        story.teardown()


@pytest.mark.parametrize("hours", [3, -3, 0])
def test_a_pause_in_which_the_clock_was_set_is_a_gap_where_it_was(hours: int) -> None:
    """It was dated by the clock of now and moved once more with the step: a break in hours to come, and none where it
    was."""
    story = RecordersOfOneFile()
    try:
        story.one_that_runs_records()
        story.sleep_with_the_machine(3600.0)
        story.set_wall_clock(hours)
        story.one_that_runs_records()
        (gap,) = story.list_gaps()
        assert abs(gap.end - (story.now() - timedelta(seconds=TAKES_OVER))) <= timedelta(seconds=5)
        assert gap.end - gap.begin == timedelta(seconds=3601)
    finally:
        story.teardown()


def test_one_that_stands_still_again_right_after_its_waking_has_two_gaps_that_meet() -> None:
    story = RecordersOfOneFile()
    try:
        story.one_that_runs_records()
        story.stop(which=0)
        story.sleep_with_the_machine(3600.0)
        story.stop_before_its_next_transaction(which=0, seconds=3)
        story.go_on(which=0)
        story.let_time_pass(21)
        story.go_on(which=0)
        story.let_time_pass(12)
        assert len(story.timeline.events(kinds=[Kind.GAP])) == 2
        (gap,) = story.list_gaps()
        assert gap.end - gap.begin == timedelta(seconds=3625)
    finally:
        story.teardown()


def test_one_that_is_stopped_right_after_it_began_leaves_a_gap_though_the_clock_is_set_back() -> None:
    """Before its first beat with the lease its lock told no clock: neither the gap nor the step was on record."""
    story = RecordersOfOneFile()
    try:
        story.stop_before_its_next_transaction(which=0, seconds=1)
        story.start()
        story.sleep_with_the_machine(31.0)
        story.set_wall_clock(-1)
        story.one_that_runs_records()
        kinds = [event.kind for event in story.timeline.events(kinds=[Kind.GAP, Kind.WALL_CLOCK])]
        assert kinds == [Kind.WALL_CLOCK, Kind.GAP]
    finally:
        story.teardown()


def test_one_that_stands_still_between_reading_the_record_and_its_first_word_tells_of_that_too() -> None:
    """It had measured the gap before it by then, and noticed none of its own before it recorded."""
    story = RecordersOfOneFile()
    try:
        story.one_that_runs_records()
        story.kill(which=0)
        story.sleep_with_the_machine(3600.0)
        story.start()
        story.sleep_with_the_machine(31.0)
        story.set_wall_clock(2)
        story.one_that_runs_records()
        (gap,) = story.list_gaps()
        assert timedelta(seconds=3632) <= gap.end - gap.begin <= timedelta(seconds=3634), "since its last beat"
        kinds = [event.kind for event in story.timeline.events(kinds=[Kind.GAP, Kind.WALL_CLOCK])]
        assert kinds == [Kind.GAP, Kind.WALL_CLOCK, Kind.GAP]
    finally:
        story.teardown()


def test_a_step_of_the_clock_is_not_shortened_by_the_one_that_the_recorder_began_with() -> None:
    story = RecordersOfOneFile()
    try:
        story.one_that_runs_records()
        story.kill(which=0)
        story.set_wall_clock(-2)
        story.start()
        story.one_that_runs_records()
        story.set_wall_clock(-5)
        story.one_that_runs_records()
        steps = [step.length for step in list_clock_steps(story.timeline.events())]
        assert steps == [timedelta(hours=-2), timedelta(hours=-5)]
    finally:
        story.teardown()
