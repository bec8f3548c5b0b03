"""The recorder writes what changed, once, in order, and says so when it cannot."""

import asyncio
import fcntl
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.clock_steps import draft_clock_step, list_clock_steps
from cockpit.model.event import UNSEEN_FROM, Draft, Event, Kind, RecordError, describe_unseen, time_of
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.reading import Reading
from cockpit.model.revision import Application, Revision
from cockpit.recorder.lock import RecorderLock
from cockpit.recorder.recorder import GAP_AFTER, LARGE, Recorder
from cockpit.recorder.recording_breaks import list_recording_breaks
from cockpit.timeline.rows import PreparedRow
from cockpit.timeline.timeline import Timeline
from tests.unit.incident.story import NIGHT, at

STARTED = 1000.0  # seconds since boot when a story begins


class Clock:
    """A wall clock that moves when told; sleeping takes a moment of the real one."""

    def __init__(self) -> None:
        self.wall = NIGHT
        self.stepped = timedelta()  # how far the wall clock was set, which no other clock saw

    def now(self) -> datetime:
        return self.wall + self.stepped

    def monotonic(self) -> float:
        return STARTED + (self.wall - NIGHT).total_seconds()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.002)


class FullDisk(Timeline):
    """A timeline whose disk is full while `full` is set."""

    full = False

    def record(self, drafts: Any) -> list[Event]:
        self._find_room()
        return super().record(drafts)

    def record_many(self, drafts: Any) -> int | None:
        self._find_room()
        return super().record_many(drafts)

    def _find_room(self) -> None:
        if self.full:
            raise RecordError("The disk is full.")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timeline(tmp_path: Path, clock: Clock) -> Iterator[FullDisk]:
    opened = FullDisk(tmp_path / "timeline.db", time=clock)
    yield opened
    opened.close()


def recorder(timeline: Timeline, clock: Clock, who: str = "ana@jump-1 pid 1") -> Recorder:
    return Recorder(timeline, "prod", time=clock, lock_path=timeline.path.with_name("prod.lock"), who=who)


@asynccontextmanager
async def running(one: Recorder) -> AsyncIterator[Recorder]:
    task = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110  what is waited for happens in a thread and a file
            await asyncio.sleep(0.002)


async def test_who_lost_the_file_leaves_the_recording_to_whoever_began_a_new_one(
    timeline: Timeline, clock: Clock
) -> None:
    """It kept the lock: `recorded by ana`, and nobody recorded."""
    async with running(recorder(timeline, clock)) as ana:
        await until(lambda: ana.status == "recording")
        for suffix in ("", "-wal", "-shm"):
            timeline.path.with_name(f"{timeline.path.name}{suffix}").unlink()
        with Timeline(timeline.path, time=clock) as begun_anew:
            async with running(recorder(begun_anew, clock, "ben@jump-1 pid 2")) as ben:
                await until(lambda: ben.status == "recording")
                assert ana.status.startswith("NOT RECORDED")
                assert [event.detail["who"] for event in begun_anew.events(kinds=[Kind.RECORDER])] == [
                    "ben@jump-1 pid 2"
                ]


def ready(state: ProbeState, minutes: float = 0, environment: str = "prod") -> Reading[Any]:
    result = ProbeResult("ready", environment, "http://x", state, at(minutes))
    monotonic = STARTED + minutes * 60
    return Reading("probes", environment, 15.0, monotonic, (result,), monotonic, at(minutes))


def facts(timeline: Timeline) -> list[str]:
    return [each.summary for each in timeline.events() if each.kind != Kind.RECORDER]


async def test_what_changes_is_written(timeline: FullDisk, clock: Clock) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        for state in (ProbeState.UP, ProbeState.DOWN, ProbeState.DOWN, ProbeState.UP):
            one.observe(ready(state))
        await until(lambda: len(facts(timeline)) == 2)
    assert facts(timeline) == ["ready down", "ready up again"]


async def test_what_was_seen_before_the_lock_was_ours_counts(timeline: FullDisk, clock: Clock) -> None:
    one = recorder(timeline, clock)
    one.observe(ready(ProbeState.DOWN))
    async with running(one):
        await until(lambda: facts(timeline) == ["ready down"])


async def test_other_environments_have_recorders_of_their_own(timeline: FullDisk, clock: Clock) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        one.observe(ready(ProbeState.DOWN, environment="staging"))
        one.observe(ready(ProbeState.DOWN))
    assert facts(timeline) == ["ready down"]


async def test_what_is_queued_when_it_ends_is_written_and_the_end_too(timeline: FullDisk, clock: Clock) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        one.observe(ready(ProbeState.DOWN))
    said = [each.summary for each in timeline.events()]
    assert said[0] == "recording started by ana@jump-1 pid 1"
    assert said[1:] == ["ready down", "recording stopped by ana@jump-1 pid 1"]


async def test_a_restart_writes_only_the_differences_and_the_gap(timeline: FullDisk, clock: Clock) -> None:
    async with running(recorder(timeline, clock)) as one:
        one.observe(ready(ProbeState.DOWN))
        await until(lambda: facts(timeline) == ["ready down"])
    clock.wall += timedelta(hours=3)
    async with running(recorder(timeline, clock)) as two:
        two.observe(ready(ProbeState.DOWN))
        await until(lambda: two.status == "recording")
        two.observe(ready(ProbeState.UP, 170))
    assert facts(timeline) == [
        "ready down",
        "nobody recorded for 3h 00m, from 2026-02-27 02:00:00Z",
        "ready up again",
    ]


@pytest.mark.parametrize(("seconds", "breaks"), [(1, []), (12, [12.0]), (29, [29.0]), (40, [40.0])])
async def test_a_short_break_is_no_line_of_its_own_and_is_on_record(
    timeline: FullDisk, clock: Clock, seconds: float, breaks: list[float]
) -> None:
    """A break of less than half a minute appeared nowhere, and what lay in it had an exact time."""
    async with running(recorder(timeline, clock)) as one:
        one.observe(ready(ProbeState.UP))
        await until(lambda: one.status == "recording")
    clock.wall += timedelta(seconds=seconds)
    async with running(recorder(timeline, clock)) as two:
        await until(lambda: two.status == "recording")
        two.observe(ready(ProbeState.DOWN, seconds / 60))
        await until(lambda: "ready down" in facts(timeline))
    events = timeline.events()
    found = [(item.end - item.begin).total_seconds() for item in list_recording_breaks(events)]
    (down,) = [event for event in events if event.kind == Kind.PROBE]
    assert found == breaks
    assert bool(timeline.events(kinds=[Kind.GAP])) == (seconds > GAP_AFTER)
    assert bool(describe_unseen(down)) == bool(breaks)


@pytest.mark.parametrize(("after", "is_unseen"), [(0, True), (10, True), (40, False)])
async def test_what_was_so_at_the_first_look_after_a_pause_may_have_begun_in_it(
    timeline: FullDisk, clock: Clock, after: float, is_unseen: bool
) -> None:
    async with running(recorder(timeline, clock)) as one:
        one.observe(ready(ProbeState.UP))
        await until(lambda: one.status == "recording")
        clock.wall += timedelta(seconds=20)
        await until(lambda: bool(timeline.events(kinds=[Kind.GAP])))
        for _ in range(round(after)):  # it lives on
            clock.wall += timedelta(seconds=1)
            await asyncio.sleep(0.005)
        one.observe(ready(ProbeState.DOWN, (20 + after) / 60))
        await until(lambda: "ready down" in facts(timeline))
    (down,) = [event for event in timeline.events() if event.kind == Kind.PROBE]
    assert bool(describe_unseen(down)) is is_unseen


@pytest.mark.parametrize(
    ("active", "changed", "off", "unseen"),
    [
        (True, None, None, [Kind.REVISION, Kind.TRAFFIC]),
        (True, 0.6, None, [Kind.REVISION]),  # the cloud says when the move was asked for
        (False, None, 0.5, [Kind.TRAFFIC]),  # and when it was stopped
    ],
)
async def test_of_an_app_what_only_the_first_look_after_a_break_dates_may_have_been_before(
    timeline: FullDisk, clock: Clock, active: bool, changed: float | None, off: float | None, unseen: list[Kind]
) -> None:
    def look(minutes: float, is_active: bool, weight: int) -> Reading[Any]:
        old = Revision("mi", "mi--v1", is_active, weight, at(-9), last_active=None if off is None else at(off))
        new = Revision("mi", "mi--v2", True, 100 - weight, at(-9))
        moment = None if changed is None else at(changed)
        app = Application("mi", "prod", "multiple", "", (old, new), changed_at=moment)
        return Reading("revisions", "prod", 15, minutes * 60, (app,), minutes * 60, at(minutes))

    async with running(recorder(timeline, clock)) as one:
        one.observe(look(0, not active, 0))
        await until(lambda: bool(timeline.events(kinds=[Kind.REVISION])))
    clock.wall += timedelta(seconds=60)
    async with running(recorder(timeline, clock)) as two:
        await until(lambda: two.status == "recording")
        two.observe(look(1, active, 100))
        await until(lambda: bool(timeline.events(kinds=[Kind.TRAFFIC])))
    events = timeline.events(kinds=[Kind.REVISION, Kind.TRAFFIC])
    assert sorted(event.kind for event in events if describe_unseen(event)) == sorted(unseen)


@pytest.mark.parametrize(
    ("change", "is_unseen"),
    [
        ({"since": at(0.8)}, False),  # it fired: its source says when
        ({"since": at(-1)}, False),
        ({"since": at(-1), "state": AlertState.RESOLVED, "ended": at(0.5)}, False),
        ({"since": at(-1), "state": AlertState.RESOLVED}, True),  # it was over at some time until now
        ({"since": at(-1), "state": AlertState.SUPPRESSED}, True),
    ],
)
async def test_an_alert_that_its_source_dates_has_that_time_after_a_break(
    timeline: FullDisk, clock: Clock, change: dict[str, Any], is_unseen: bool
) -> None:
    def look(minutes: float, *alerts: Alert) -> Reading[Any]:
        return Reading("alerts:am", "prod", 15, minutes * 60, alerts, minutes * 60, at(minutes))

    was_firing = Alert("am", "f1", "5xx errors", Severity.HIGH, AlertState.FIRING, at(-1), "prod", "shop")
    async with running(recorder(timeline, clock)) as one:
        one.observe(look(0, *([was_firing] if "state" in change else [])))
        await until(lambda: one.status == "recording")
        await until(lambda: bool(timeline.events(kinds=[Kind.ALERT])) or "state" not in change)
    clock.wall += timedelta(seconds=60)
    before = len(timeline.events(kinds=[Kind.ALERT]))
    async with running(recorder(timeline, clock)) as two:
        await until(lambda: two.status == "recording")
        two.observe(look(1, replace(was_firing, **change)))
        await until(lambda: len(timeline.events(kinds=[Kind.ALERT])) > before)
    assert bool(describe_unseen(timeline.events(kinds=[Kind.ALERT])[-1])) is is_unseen


@pytest.mark.parametrize("stepped", [timedelta(), timedelta(hours=1), timedelta(hours=-1)])
@pytest.mark.parametrize("failed", [0, 1, 3])
async def test_of_an_app_what_is_seen_after_looks_that_failed_may_have_been_since_the_last_good_one(
    timeline: FullDisk, clock: Clock, failed: int, stepped: timedelta
) -> None:
    silent = Problem(ProblemKind.NETWORK, "no answer", "Azure does not answer.")

    def look(minutes: float, health: str, *, fails: bool = False) -> Reading[Any]:
        old = Revision("mi", "mi--v1", True, 100, at(-9), health=health)
        app = Application("mi", "prod", "multiple", "", (old,))
        seen = 0.0 if fails else minutes
        tried, answered = STARTED + minutes * 60, STARTED + seen * 60
        moment = at(seen) if fails else at(seen) + clock.stepped  # who fails tells it by the clock of then
        return Reading("revisions", "prod", 15, tried, (app,), answered, moment, silent if fails else None)

    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        one.observe(look(0, "Healthy"))
        clock.stepped = stepped
        for number in range(failed):
            one.observe(look(0.03 * (number + 1), "Healthy", fails=True))
        clock.wall += timedelta(seconds=8)
        one.observe(look(8 / 60, "Unhealthy"))
        await until(lambda: len(timeline.events(kinds=[Kind.REVISION])) == 3)
    event = timeline.events(kinds=[Kind.REVISION])[-1]
    assert time_of(event.detail, UNSEEN_FROM) == (at(0) + stepped if failed else None)


async def test_whoever_looked_on_while_nobody_recorded_knows_when_it_was(timeline: FullDisk, clock: Clock) -> None:
    one = recorder(timeline, clock)
    async with running(one):
        await until(lambda: one.status == "recording")
    two = recorder(timeline, clock, "ben@jump-2 pid 2")
    two.observe(ready(ProbeState.UP))
    clock.wall += timedelta(seconds=8)
    async with running(two):
        await until(lambda: two.status == "recording")
        two.observe(ready(ProbeState.DOWN, 9 / 60))
        await until(lambda: "ready down" in facts(timeline))
    (down,) = [event for event in timeline.events() if event.kind == Kind.PROBE]
    assert not describe_unseen(down)


@pytest.mark.parametrize("looks_early", [False, True])
async def test_who_stood_still_and_then_takes_over_has_not_looked_while_nobody_recorded(
    timeline: FullDisk, clock: Clock, looks_early: bool
) -> None:
    two = recorder(timeline, clock, "ben@jump-2 pid 2")
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        one.observe(ready(ProbeState.UP))
        if looks_early:
            two.observe(ready(ProbeState.UP))  # and stands still from then on
        for _ in range(30):
            clock.wall += timedelta(seconds=1)
            await asyncio.sleep(0.005)
    clock.wall += timedelta(seconds=20)  # nobody records
    async with running(two):
        await until(lambda: two.status == "recording")
        two.observe(ready(ProbeState.DOWN, 51 / 60))
        await until(lambda: "ready down" in facts(timeline))
    (down,) = [event for event in timeline.events() if event.summary == "ready down"]
    assert describe_unseen(down)


@pytest.mark.parametrize("early", [False, True], ids=["looked when it recorded", "looked before it recorded"])
@pytest.mark.parametrize(
    ("states", "is_unseen"),
    [
        ([ProbeState.DOWN], True),
        ([ProbeState.PENDING, ProbeState.DOWN], True),  # the first failure accuses nobody yet
        ([ProbeState.UP, ProbeState.DOWN], False),
    ],
)
async def test_what_is_bad_when_it_is_looked_at_for_the_first_time_ever_may_have_been_before(
    timeline: FullDisk, clock: Clock, states: list[ProbeState], is_unseen: bool, early: bool
) -> None:
    """Whoever opens the cockpit because he was paged opens it late: the outage began with the first look at it."""
    one = recorder(timeline, clock)
    if early:
        one.observe(ready(states[0]))
    async with running(one):
        await until(lambda: one.status == "recording")
        for number, state in enumerate(states[early:], early):
            one.observe(ready(state, number / 30))
        await until(lambda: facts(timeline) == ["ready down"])
    (down,) = [event for event in timeline.events() if event.kind == Kind.PROBE]
    assert bool(describe_unseen(down)) is is_unseen
    assert list_recording_breaks(timeline.events()) == []


async def test_what_is_bad_long_after_the_first_look_ever_began_then(timeline: FullDisk, clock: Clock) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        one.observe(ready(ProbeState.PENDING))
        for _ in range(40):  # it lives on
            clock.wall += timedelta(seconds=1)
            await asyncio.sleep(0.005)
        one.observe(ready(ProbeState.DOWN, 40 / 60))
        await until(lambda: facts(timeline) == ["ready down"])
    (down,) = [event for event in timeline.events() if event.kind == Kind.PROBE]
    assert not describe_unseen(down)


async def test_a_quick_restart_leaves_no_gap(timeline: FullDisk, clock: Clock) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
    clock.wall += timedelta(seconds=10)
    async with running(recorder(timeline, clock)) as two:
        await until(lambda: two.status == "recording")
    assert facts(timeline) == []


async def test_a_quiet_night_under_watch_is_no_gap_even_after_a_kill(timeline: FullDisk, clock: Clock) -> None:
    async with running(recorder(timeline, clock)) as one:
        one.observe(ready(ProbeState.DOWN))
        await until(lambda: facts(timeline) == ["ready down"])
    clock.wall += timedelta(hours=5)
    killed = RecorderLock(timeline.path.with_name("prod.lock"), time=clock)  # it beat until a moment ago
    assert killed.try_acquire()
    killed.beat(1, recording=True)
    killed.release()
    async with running(recorder(timeline, clock)) as two:
        await until(lambda: two.status == "recording")
    assert facts(timeline) == ["ready down"]


async def test_a_second_cockpit_says_who_records_and_writes_nothing(timeline: FullDisk, clock: Clock) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        async with running(recorder(timeline, clock, "ben@jump-2 pid 2")) as two:
            await until(lambda: two.status == "recorded by ana@jump-1 pid 1")
            one.observe(ready(ProbeState.DOWN))
            two.observe(ready(ProbeState.DOWN))
            await until(lambda: facts(timeline) == ["ready down"])
            one.observe(ready(ProbeState.UP))
            two.observe(ready(ProbeState.UP))
            await until(lambda: len(facts(timeline)) > 1)
    assert facts(timeline) == ["ready down", "ready up again"]


async def test_when_the_lock_is_let_go_the_other_takes_over(timeline: FullDisk, clock: Clock) -> None:
    two = recorder(timeline, clock, "ben@jump-2 pid 2")
    async with asyncio.TaskGroup() as group:
        async with running(recorder(timeline, clock)) as one:
            await until(lambda: one.status == "recording")
            waiting = group.create_task(two.run())
            await until(lambda: two.status == "recorded by ana@jump-1 pid 1")
            one.observe(ready(ProbeState.DOWN))
            two.observe(ready(ProbeState.UP, 1))
        await until(lambda: two.status == "recording")
        await until(lambda: facts(timeline) == ["ready down", "ready up again"])
        waiting.cancel()
    taken = [each.summary for each in timeline.events(kinds=[Kind.RECORDER])]
    assert "recording took over by ben@jump-2 pid 2 from ana@jump-1 pid 1" in taken


async def test_a_full_disk_is_reported_and_nothing_is_lost(timeline: FullDisk, clock: Clock) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording" and len(timeline.events()) == 1)  # that it began is written
        timeline.full = True
        one.observe(ready(ProbeState.DOWN))
        one.observe(ready(ProbeState.UP, 1))
        one.observe(ready(ProbeState.DOWN, 2))
        await until(lambda: one.status == "NOT RECORDED, 3 facts waiting: The disk is full.")
        timeline.full = False
        await until(lambda: one.status == "recording")
    assert facts(timeline) == ["ready down", "ready up again", "ready down"]


async def test_a_fact_that_cannot_be_written_at_all_does_not_hold_up_the_rest(
    timeline: FullDisk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = timeline.prepare

    def choke(drafts: Sequence[Draft]) -> list[PreparedRow]:
        if drafts[0].detail.get("state") == "down":
            raise TypeError("not JSON")
        return real(drafts)

    monkeypatch.setattr(timeline, "prepare", choke)
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        one.observe(ready(ProbeState.DOWN))
        one.observe(ready(ProbeState.UP, 1))
        await until(lambda: facts(timeline) == ["ready up again"])


async def test_an_act_is_written_while_a_poll_is_still_masked(tmp_path: Path, clock: Clock) -> None:
    masking, acted = threading.Event(), threading.Event()

    def mask(text: str) -> str:
        if text == "down":
            masking.set()
            assert acted.wait(10)
        return text

    with Timeline(tmp_path / "timeline.db", time=clock, mask=mask) as timeline:
        async with running(recorder(timeline, clock)) as one:
            await until(lambda: one.status == "recording")
            one.observe(ready(ProbeState.DOWN))
            await until(masking.is_set)
            await asyncio.to_thread(timeline.record, [Draft(Kind.NOTE, "an act", clock.now(), "prod")])
            acted.set()
            await until(lambda: one.is_written)
        kinds = [event.kind for event in timeline.events()]
    assert kinds == [Kind.RECORDER, Kind.NOTE, Kind.PROBE, Kind.RECORDER]


async def test_cancelled_in_the_middle_of_a_write_it_writes_that_fact_once(
    timeline: FullDisk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, writing = timeline.record_many, asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(drafts: Any) -> int | None:
        loop.call_soon_threadsafe(writing.set)
        return real(drafts)

    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording" and len(timeline.events()) == 1)
        monkeypatch.setattr(timeline, "record_many", slow)
        writing.clear()
        one.observe(ready(ProbeState.DOWN))
        await writing.wait()
    assert facts(timeline) == ["ready down"]


async def test_a_read_only_file_is_not_recorded(tmp_path: Path, clock: Clock) -> None:
    with Timeline(tmp_path / "none.db", time=clock, read_only=True) as timeline:
        one = recorder(timeline, clock)
        await one.run()
        assert one.status == "not recording: read-only"


async def test_a_directory_we_may_not_write_to_is_reported(timeline: FullDisk, clock: Clock, tmp_path: Path) -> None:
    one = Recorder(timeline, "prod", time=clock, lock_path=tmp_path / "no" / "prod.lock", who="ana")
    async with running(one):
        await until(lambda: one.status.startswith("NOT RECORDED"))


async def passes_until(clock: Clock, true: Callable[[], bool]) -> None:
    """Time goes by while we wait, in steps that are shorter than any of the recorder's."""

    def tick() -> bool:
        clock.wall += timedelta(seconds=0.1)
        return true()

    await until(tick)


async def test_a_recorder_that_does_not_move_is_passed_over_and_writes_nothing_more(
    timeline: FullDisk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        monkeypatch.setattr(one._lock, "beat", lambda *_, **__: None)
        async with running(recorder(timeline, clock, "ben@jump-2 pid 2")) as two:
            await until(lambda: two.status == "recorded by ana@jump-1 pid 1")
            two.observe(ready(ProbeState.DOWN))
            await passes_until(clock, lambda: two.status == "recording")
            one.observe(ready(ProbeState.DOWN))
            one.observe(ready(ProbeState.UP))
            await until(lambda: facts(timeline) == ["ready down"])
            await until(lambda: one.status == "recorded by ben@jump-2 pid 2")
    assert facts(timeline) == ["ready down"]
    recorders = timeline.events(kinds=[Kind.RECORDER])
    assert [(event.detail["what"], event.detail["who"][:3]) for event in recorders][:2] == [
        ("started", "ana"),
        ("took over", "ben"),
    ]
    assert recorders[1].detail["passed_over"] == "ana@jump-1 pid 1"


async def test_a_transaction_with_an_old_lease_writes_nothing_even_by_one_who_believes_to_hold_the_lock(
    timeline: FullDisk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        monkeypatch.setattr(type(one._lock), "held", property(lambda _: True))
        timeline.record([Draft(Kind.RECORDER, "x", NIGHT, "prod", detail={"what": "took over", "who": "ben"})])
        one.observe(ready(ProbeState.DOWN))
        await until(lambda: one.status != "recording")
        assert facts(timeline) == []


async def test_an_older_version_that_hangs_is_named_and_not_passed_over(timeline: FullDisk, clock: Clock) -> None:
    path = timeline.path.with_name("prod.lock")
    path.write_text("old@jump-1 pid 3")
    with path.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        async with running(recorder(timeline, clock)) as one:
            await until(lambda: one.status == "recorded by old@jump-1 pid 3")
            await passes_until(clock, lambda: one.status.startswith("NOT RECORDED: old@jump-1 pid 3 "))
            assert path.read_text() == "old@jump-1 pid 3"
            os.utime(path)
            await until(lambda: one.status == "recorded by old@jump-1 pid 3")


async def test_standing_still_is_a_gap_before_anything_new_is_recorded(timeline: FullDisk, clock: Clock) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        clock.wall += timedelta(hours=1)
        one.observe(ready(ProbeState.DOWN, 60))
        await until(lambda: len(facts(timeline)) == 2)
    assert facts(timeline) == ["nobody recorded for 1h 00m, from 2026-02-27 02:00:00Z", "ready down"]


async def test_a_gap_is_as_long_as_the_boot_clock_says_whatever_the_wall_clock_did(
    timeline: FullDisk, clock: Clock
) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        clock.stepped = timedelta(hours=5)
        clock.wall += timedelta(hours=1)
        one.observe(ready(ProbeState.DOWN, 60))
        await until(lambda: "ready down" in facts(timeline))
    step, gap, _ = [event for event in timeline.events() if event.kind != Kind.RECORDER]
    assert (step.kind, gap.kind) == (Kind.WALL_CLOCK, Kind.GAP), "the gap is dated by the clock of now"
    (recording_break,) = list_recording_breaks([gap])
    assert (recording_break.begin, recording_break.end) == (clock.now() - timedelta(hours=1), clock.now())


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_clock_that_is_set_makes_no_later_look_the_first_one_after_the_break(
    timeline: FullDisk, clock: Clock, hours: int
) -> None:
    """Set back by an hour, all that was seen in that hour may have been since the break before it."""

    def look(weight: int) -> Reading[Any]:
        seconds = clock.monotonic()
        revisions = (
            Revision("mi", "mi--v1", True, weight, at(-9)),
            Revision("mi", "mi--v2", True, 100 - weight, at(-9)),
        )
        app = Application("mi", "prod", "multiple", "", revisions)
        return Reading("revisions", "prod", 15, seconds, (app,), seconds, clock.now())

    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
    clock.wall += timedelta(seconds=20)
    async with running(recorder(timeline, clock)) as two:
        await until(lambda: two.status == "recording")
        two.observe(look(100))
        clock.stepped = timedelta(hours=hours)
        for weight in (100, 0):
            clock.wall += timedelta(seconds=8)
            two.observe(look(weight))
        await until(lambda: bool(timeline.events(kinds=[Kind.TRAFFIC])))
    (move,) = timeline.events(kinds=[Kind.TRAFFIC])
    assert not describe_unseen(move)


def told_steps(timeline: Timeline) -> list[timedelta]:
    return [step.length for step in list_clock_steps(timeline.events())]


@pytest.mark.parametrize("hours", [-1, 2])
async def test_a_clock_that_is_set_is_a_fact_recorded_once(timeline: FullDisk, clock: Clock, hours: int) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        clock.stepped = timedelta(hours=hours)
        await until(lambda: bool(told_steps(timeline)))
        await asyncio.sleep(0.05)
    assert told_steps(timeline) == [timedelta(hours=hours)]
    assert not timeline.events(kinds=[Kind.GAP])


async def test_a_clock_that_was_set_while_nobody_recorded_is_recorded_by_the_next(
    timeline: FullDisk, clock: Clock
) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
    clock.wall += timedelta(seconds=20)
    clock.stepped = timedelta(hours=-3)
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
    assert told_steps(timeline) == [pytest.approx(timedelta(hours=-3), abs=timedelta(seconds=1))]


async def test_a_clock_that_was_set_back_is_recorded_also_where_the_lock_file_is_gone(
    timeline: FullDisk, clock: Clock
) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        one.observe(ready(ProbeState.UP))
    timeline.path.with_name("prod.lock").unlink()
    clock.wall += timedelta(seconds=20)
    clock.stepped = timedelta(hours=-3)
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
    (length,) = told_steps(timeline)
    assert length == timedelta(hours=-3, seconds=20)  # by the record alone no time passed meanwhile
    newest = timeline.events(limit=1)[-1]
    assert newest.recorded <= clock.now()


async def test_a_step_of_the_clock_that_a_command_recorded_is_not_recorded_again(
    timeline: FullDisk, clock: Clock
) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
    clock.stepped = timedelta(hours=-1)
    timeline.record([draft_clock_step("prod", timedelta(hours=-1), clock.now(), "cli")])
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        timeline.record([draft_clock_step("prod", timedelta(minutes=-30), clock.now(), "cli")])
        clock.stepped = timedelta(hours=-2)
        await until(lambda: len(told_steps(timeline)) == 3)
    assert told_steps(timeline) == [timedelta(hours=-1), timedelta(minutes=-30), timedelta(minutes=-30)]


async def test_what_was_asked_before_a_pause_and_came_after_it_is_not_recorded(
    timeline: FullDisk, clock: Clock
) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        clock.wall += timedelta(hours=1)
        one.observe(replace(ready(ProbeState.DOWN, 60), began=STARTED))
        one.observe(ready(ProbeState.UP, 60))
    assert facts(timeline) == ["nobody recorded for 1h 00m, from 2026-02-27 02:00:00Z"]


@pytest.mark.parametrize("name", ["timeline.db", "timeline.db-wal"])
async def test_a_file_that_is_removed_is_reported_before_there_is_a_fact_to_write(
    timeline: FullDisk, clock: Clock, name: str
) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        timeline.path.with_name(name).unlink()
        await until(lambda: one.status.startswith("NOT RECORDED"))


def storm(count: int, minutes: float = 0) -> Reading[Any]:
    value = tuple(
        Alert("am", str(number), f"Rule {number}", Severity.HIGH, AlertState.FIRING, at(0), "prod")
        for number in range(count)
    )
    monotonic = STARTED + minutes * 60
    return Reading("alerts:am", "prod", 15.0, monotonic, value, monotonic, at(minutes))


async def test_a_storm_is_gone_through_beside_the_screen_and_what_comes_behind_it_waits_its_turn(
    timeline: FullDisk, clock: Clock
) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        one.observe(storm(LARGE + 1))
        one.observe(ready(ProbeState.DOWN))
        assert not one.is_written
        one.observe(storm(LARGE + 1, 1))  # as before: no new fact
        await until(lambda: one.is_written)
    assert len(facts(timeline)) == LARGE + 2
    assert facts(timeline)[-1] == "ready down"


async def test_a_storm_that_waits_when_it_ends_is_written_too(timeline: FullDisk, clock: Clock) -> None:
    async with running(recorder(timeline, clock)) as one:
        await until(lambda: one.status == "recording")
        one.observe(storm(LARGE + 1))
    assert len(facts(timeline)) == LARGE + 1
