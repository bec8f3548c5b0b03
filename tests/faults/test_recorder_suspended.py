"""A recorder that is stopped, as by `^Z` or a laptop that sleeps, and goes on later: real processes and real signals.

The seconds of the lock are a fifth of the real ones here; `pytest -m torture` (make torture) takes the real ones.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cockpit.model.event import Kind
from cockpit.model.time import RealTime
from cockpit.timeline.timeline import Timeline

# A cockpit with one probe, whose answer stands in a file. It prints each status of its recorder once.
COCKPIT = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path

from cockpit.recorder import lock, recorder
from cockpit.model import time as clocks
from cockpit.timeline.timeline import Timeline
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.reading import Reading
from cockpit.model.time import RealTime

folder, who, pace = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
lock.PASS_OVER_AFTER *= pace
recorder.BEAT *= pace
recorder.GAP_AFTER *= pace
clocks.STANDSTILL *= pace


async def main():
    clock, said = RealTime(), ""
    with Timeline(folder / "timeline.db", time=clock) as timeline:
        mine = recorder.Recorder(timeline, "prod", time=clock, lock_path=folder / "prod.lock", who=who)
        recording = asyncio.create_task(mine.run())
        while not (folder / "end").exists():
            state = ProbeState((folder / "world").read_text())
            result = ProbeResult("ready", "prod", "http://x", state, datetime.now(UTC))
            now = clock.monotonic()
            mine.observe(Reading("probes", "prod", 15.0, now, (result,), now, datetime.now(UTC)))
            if mine.status != said:
                said = mine.status
                print(said, flush=True)
            await asyncio.sleep(0.02)
        recording.cancel()
        await asyncio.wait([recording])

asyncio.run(main())
"""

# How 0.1.0 held the lock and showed that it lives: its name alone, and the time of the file.
OLD_COCKPIT = """
import fcntl, os, sys, time
descriptor = os.open(sys.argv[1] + "/prod.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
os.ftruncate(descriptor, 0)
os.pwrite(descriptor, b"old@jump-1 pid 3", 0)
print("recording", flush=True)
while True:
    now = time.time()
    os.utime(sys.argv[1] + "/prod.lock", (now, now))
    time.sleep(2.0 * float(sys.argv[2]))
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize("pace", [1.0 if metafunc.config.option.markexpr == "torture" else 0.2])


@contextmanager
def process(script: str, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def says(child: "subprocess.Popen[str]", status: str) -> None:
    """Wait until it says so; a process that hangs is ended by the time limit of the run."""
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith(status):
            return
    pytest.fail(f"it ended and never said {status!r}")


def world(folder: Path, state: str) -> None:
    new = folder / "world.new"
    new.write_text(state)
    os.replace(new, folder / "world")


def facts(folder: Path) -> list[str]:
    with Timeline(folder / "timeline.db", time=RealTime(), read_only=True) as timeline:
        return [event.summary for event in timeline.events() if event.kind != Kind.RECORDER]


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.torture
def test_a_stopped_recorder_is_passed_over_and_knows_it_when_it_wakes(tmp_path: Path, pace: float) -> None:
    world(tmp_path, "up")
    with process(COCKPIT, tmp_path, "ana", pace) as ana:
        says(ana, "recording")
        with process(COCKPIT, tmp_path, "ben", pace) as ben:
            says(ben, "recorded by ana")
            ana.send_signal(signal.SIGSTOP)
            world(tmp_path, "down")
            says(ben, "recording")
            until(lambda: facts(tmp_path) == ["ready down"])
            world(tmp_path, "up")
            until(lambda: facts(tmp_path) == ["ready down", "ready up again"])
            ana.send_signal(signal.SIGCONT)
            says(ana, "recorded by ben")
            world(tmp_path, "down")
            until(lambda: len(facts(tmp_path)) == 3)
            (tmp_path / "end").touch()
            ana.wait(60)
            ben.wait(60)
    assert facts(tmp_path) == ["ready down", "ready up again", "ready down"], "each once, by the one who held the lease"
    with Timeline(tmp_path / "timeline.db", time=RealTime()) as timeline:
        taken = [event for event in timeline.events(kinds=[Kind.RECORDER]) if event.detail["what"] == "took over"]
        assert [event.detail.get("passed_over") for event in taken] == ["ana"]
        assert timeline.verify().ok


@pytest.mark.torture
def test_a_recorder_that_was_stopped_alone_writes_the_gap_before_anything_new(tmp_path: Path, pace: float) -> None:
    world(tmp_path, "up")
    with process(COCKPIT, tmp_path, "ana", pace) as ana:
        says(ana, "recording")
        ana.send_signal(signal.SIGSTOP)
        world(tmp_path, "down")
        time.sleep(40 * pace)
        ana.send_signal(signal.SIGCONT)
        until(lambda: len(facts(tmp_path)) == 2)
    gap, fact = facts(tmp_path)
    assert gap.startswith("nobody recorded for ")
    assert fact == "ready down"


@pytest.mark.torture
def test_an_older_version_that_is_stopped_is_reported_and_keeps_its_lock(tmp_path: Path, pace: float) -> None:
    world(tmp_path, "down")
    with process(OLD_COCKPIT, tmp_path, pace) as old:
        says(old, "recording")
        with process(COCKPIT, tmp_path, "ana", pace) as ana:
            says(ana, "recorded by old@jump-1 pid 3")
            old.send_signal(signal.SIGSTOP)
            says(ana, "NOT RECORDED: old@jump-1 pid 3")
            assert facts(tmp_path) == []
            old.send_signal(signal.SIGCONT)
            says(ana, "recorded by old@jump-1 pid 3")
            old.kill()
            says(ana, "recording")
            until(lambda: facts(tmp_path) == ["ready down"])
