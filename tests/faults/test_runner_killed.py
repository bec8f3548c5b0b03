"""kill -9 between intent and outcome: whatever was running is found again, known to have ended, or unknown."""

# ruff: noqa: ASYNC110  # real processes are waited for, and nothing else runs on this loop

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cockpit.model.event import Event, RecordError
from cockpit.model.run import Run, StepState
from cockpit.runbooks.run.leading import TAKE_UP
from cockpit.runbooks.run.process.files import AttemptFiles
from cockpit.runbooks.run.process.identity import Owner, group_alive, is_alive
from cockpit.runbooks.run.process.shell import command_in, owner_in
from cockpit.runbooks.run.process.supervisor import LastWord
from cockpit.runbooks.types import RunRefused
from cockpit.timeline.follower import EVERY as FOLLOW_SECONDS
from tests.integration.runbooks.stage import Stage, fence

ROOT = Path(__file__).resolve().parents[2]
COCKPIT = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.integration.runbooks.stage import Stage

point, folder = sys.argv[1], Path(sys.argv[2])
stage = Stage(folder)
run = next(iter(stage.runner.runs.runs.values()))

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def record(plan):
    phases = []

    def watched(newest):
        drafts = plan(newest)
        phases.extend(draft.detail.get("phase") for draft in drafts)
        if f"before {phases[0]}" == point:
            die()
        return drafts

    events = stage.timeline.record(watched)
    if f"after {phases[0]}" == point:
        die()
    return events

runner = stage.again(record=record)
prepared = runner.prepare(run, 1)

def output(text):
    if point == "at first output":
        die()

asyncio.run(runner.perform(run, prepared, stage.consent(prepared, runner), output))
"""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    for pid_file in (tmp_path / "runs").rglob("*.pid"):
        owner = owner_in(AttemptFiles(pid_file.with_suffix(".log")))
        if is_alive(owner):
            os.kill(owner.pid, signal.SIGTERM)
    made.close()


def cockpit_that_dies(stage: Stage, point: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COCKPIT, point, str(stage.folder)],
        cwd=ROOT,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


async def next_cockpit(stage: Stage, run: Run) -> tuple[StepState, str]:
    """The state that the next cockpit finds, and what it says of it."""
    stage.runner = stage.again()
    await stage.runner.leadership.recover()
    found = stage.runner.run(run.id)
    return found.state(1), found.attempts[-1].outcome if found.attempts else ""


MAKE = fence("# Make\necho working; until [ -e go ]; do sleep 0.02; done; touch made", "bash change")


def let_go(stage: Stage) -> None:
    """MAKE may come to its end."""
    (stage.folder / "go").touch()


async def test_before_the_intent_nothing_was_tried(stage: Stage) -> None:
    run = stage.start(MAKE)
    cockpit_that_dies(stage, "before intent")
    assert await next_cockpit(stage, run) == (StepState.TODO, "")
    assert not (stage.folder / "made").exists()
    let_go(stage)
    assert (await stage.perform(run)).state is StepState.OK, "and it can be done as if nothing had been"


async def test_after_the_intent_and_before_the_start_it_is_unknown(stage: Stage) -> None:
    run = stage.start(MAKE)
    cockpit_that_dies(stage, "after intent")
    state, said = await next_cockpit(stage, run)
    assert state is StepState.UNKNOWN
    assert "no process and no exit code" in said
    prepared = stage.runner.prepare(run, 1)
    with pytest.raises(RunRefused, match="again"):
        await stage.runner.perform(run, prepared, stage.consent(prepared, again=False), stage.seen.append)
    stage.runner.settle(run, 1, StepState.SKIPPED, "looked: nothing was made")
    assert stage.runner.run(run.id).state(1) is StepState.SKIPPED


async def test_while_it_runs_it_goes_on_and_is_found_again(stage: Stage) -> None:
    run = stage.start(MAKE)
    cockpit_that_dies(stage, "at first output")
    assert (await next_cockpit(stage, run))[0] is StepState.RUNNING
    let_go(stage)
    attempt = await stage.runner.leadership.attach(run, 1, stage.seen.append)
    assert (attempt.state, attempt.output, stage.output) == (StepState.OK, "working\n", "working\n")
    assert (stage.folder / "made").exists()
    assert stage.phases() == ["intent", "outcome"]


async def test_a_cockpit_takes_up_by_itself_what_another_left(stage: Stage) -> None:
    run = stage.start(MAKE)
    cockpit_that_dies(stage, "at first output")
    stage.runner = stage.again()
    taking_up = asyncio.create_task(stage.runner.leadership.take_up())
    await asyncio.sleep(0)
    let_go(stage)
    await taking_up
    assert stage.runner.run(run.id).state(1) is StepState.OK
    assert stage.phases() == ["intent", "outcome"]


async def test_of_two_cockpits_that_find_it_one_writes_how_it_ended(stage: Stage) -> None:
    run = stage.start(MAKE)
    cockpit_that_dies(stage, "at first output")
    ours, theirs = stage.again(), stage.again()

    def tell_both(events: list[Event]) -> None:
        ours.apply_all(events)
        theirs.apply_all(events)

    stop = stage.timeline.follow(tell_both)
    both = asyncio.gather(ours.leadership.take_up(), theirs.leadership.take_up())
    await asyncio.sleep(0)
    let_go(stage)
    await both
    stop()
    assert ours.run(run.id).state(1) is theirs.run(run.id).state(1) is StepState.OK
    assert stage.phases() == ["intent", "outcome"]


async def test_a_step_found_running_can_be_stopped(stage: Stage) -> None:
    run = stage.start(fence("# Make\necho working; sleep 60", "bash change"))
    cockpit_that_dies(stage, "at first output")
    stage.runner = stage.again()
    attaching = asyncio.create_task(stage.runner.leadership.attach(run, 1, stage.seen.append))
    assert "may still be going on" in await stage.runner.cancel(run, 1)
    assert (await attaching).state is StepState.UNKNOWN


async def test_after_its_end_and_before_the_outcome_the_exit_file_tells(stage: Stage) -> None:
    run = stage.start(MAKE)
    let_go(stage)
    cockpit_that_dies(stage, "before outcome")
    assert await next_cockpit(stage, run) == (StepState.OK, "exit 0")
    assert stage.runner.run(run.id).attempts[0].output == "working\n"


async def test_a_failure_that_nobody_saw_is_a_failure(stage: Stage) -> None:
    run = stage.start(fence("# Look\nexit 3"))
    cockpit_that_dies(stage, "before outcome")
    assert await next_cockpit(stage, run) == (StepState.FAILED, "exit 3")


async def test_after_the_outcome_all_is_known(stage: Stage) -> None:
    run = stage.start(MAKE)
    let_go(stage)
    cockpit_that_dies(stage, "after outcome")
    assert await next_cockpit(stage, run) == (StepState.OK, "exit 0")
    assert stage.phases() == ["intent", "outcome"]


async def test_when_its_supervisor_is_killed_too_it_is_unknown(stage: Stage) -> None:
    run = stage.start(fence("# Make\necho $$; exec sleep 60", "bash change"))
    cockpit_that_dies(stage, "at first output")
    place = AttemptFiles(next((stage.folder / "runs").rglob("*.log")))
    owner = owner_in(place)
    os.kill(owner.pid, signal.SIGKILL)
    os.kill(int(place.transcript.read_text()), signal.SIGKILL)
    while is_alive(owner):
        await asyncio.sleep(0.01)
    assert (await next_cockpit(stage, run))[0] is StepState.UNKNOWN


async def test_a_request_that_was_on_its_way_is_unknown(stage: Stage) -> None:
    run = stage.start("# Mend\n\n## Mend\n\n- Clear: `POST http://127.0.0.1:1/cache`\n")
    cockpit_that_dies(stage, "before outcome")
    assert (await next_cockpit(stage, run))[0] is StepState.UNKNOWN


async def test_a_living_cockpits_step_is_left_alone(stage: Stage) -> None:
    run = stage.start(MAKE)
    performing = asyncio.create_task(stage.perform(run))
    while "working" not in stage.output:
        await asyncio.sleep(0.01)
    other = stage.again()
    assert await other.leadership.recover() == []
    let_go(stage)
    assert (await performing).state is StepState.OK
    assert stage.phases() == ["intent", "outcome"]


async def test_a_full_disk_does_not_stop_a_command_half_way(stage: Stage) -> None:
    run = stage.start(fence("# Make\nhead -c 200000 /dev/zero | tr '\\0' x; touch made", "bash change"))
    prepared = stage.runner.prepare(run, 1)
    from cockpit.runbooks.run import attempt

    reserve = attempt.reserve_attempt

    def on_a_full_disk(*given: object, **more: object) -> attempt.ReservedFiles:
        files = reserve(*given, **more)  # type: ignore[arg-type]
        os.close(files.transcript)
        files.transcript = os.open("/dev/full", os.O_WRONLY)
        return files

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attempt, "reserve_attempt", on_a_full_disk)
        found = await stage.runner.perform(run, prepared, stage.consent(prepared), stage.seen.append)
    assert found.state is StepState.OK
    assert "200000 bytes of output could not be written" in found.outcome
    assert (stage.folder / "made").exists()


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


def supervisor_and_command(stage: Stage) -> tuple[Owner, Owner]:
    place = AttemptFiles(next((stage.folder / "runs").rglob("*.log")))
    return owner_in(place), command_in(place)


async def test_a_command_whose_supervisor_was_killed_is_shown_as_running_and_followed_to_its_end(stage: Stage) -> None:
    run = stage.start(MAKE)
    cockpit_that_dies(stage, "at first output")
    supervisor, command = supervisor_and_command(stage)
    os.kill(supervisor.pid, signal.SIGKILL)
    await until(lambda: not is_alive(supervisor))
    state, outcome = await next_cockpit(stage, run)
    assert (state, outcome) == (
        StepState.UNKNOWN,
        f"its supervisor ended; the command may still run (pid {command.pid})",
    )
    assert await stage.runner.leadership.recover() == [], "that much is written once"
    let_go(stage)
    await until(lambda: not is_alive(command))
    await stage.runner.leadership.recover()
    attempt = stage.runner.run(run.id).attempts[0]
    assert (attempt.state, attempt.still_runs) == (StepState.UNKNOWN, 0)
    assert f"(pid {command.pid}) has ended" in attempt.outcome
    assert (stage.folder / "made").exists(), "it was not killed with its supervisor"


async def test_a_cockpit_takes_up_what_another_leaves_while_it_is_open(stage: Stage) -> None:
    """The other one dies later than this one was opened: its step must not seem to run for ever."""
    run = stage.start(MAKE)
    ours = stage.again()
    stop = stage.timeline.follow(ours.apply_all)
    watching = asyncio.create_task(ours.leadership.run_on())
    await asyncio.sleep(0)
    await asyncio.to_thread(cockpit_that_dies, stage, "at first output")
    let_go(stage)
    await until(lambda: ours.run(run.id).state(1) is StepState.OK)
    watching.cancel()
    stop()
    assert stage.phases() == ["intent", "outcome"]


async def test_what_another_cockpits_own_process_does_is_shown_to_who_watches(stage: Stage) -> None:
    """A request has no supervisor: it is done by the other cockpit itself, which holds the step."""
    run = stage.start(MAKE)
    performing = asyncio.create_task(stage.perform(run))
    await until(lambda: "working" in stage.output)
    other, seen = stage.again(), list[str]()
    stop = stage.timeline.follow(other.apply_all)
    attaching = asyncio.create_task(other.leadership.attach(run, 1, seen.append))
    await until(lambda: "working" in "".join(seen))
    let_go(stage)
    assert (await performing).state is (await attaching).state is StepState.OK
    stop()
    assert stage.phases() == ["intent", "outcome"]


async def test_of_two_who_settle_what_was_left_the_second_is_refused(stage: Stage) -> None:
    run = stage.start(MAKE)
    cockpit_that_dies(stage, "after intent")
    await next_cockpit(stage, run)
    other = stage.again()
    stage.runner.settle(run, 1, StepState.OK, "it is there")
    with pytest.raises(RunRefused):
        other.settle(run, 1, StepState.OK, "so it is")
    assert stage.phases() == ["intent", "outcome", "settled"]


async def test_a_command_that_lost_its_supervisor_can_be_stopped_with_all_that_it_started(stage: Stage) -> None:
    run = stage.start(
        fence("# Make\necho working; trap '' INT; (trap '' INT TERM; sleep 100) & sleep 100", "bash change")
    )
    cockpit_that_dies(stage, "at first output")
    supervisor, command = supervisor_and_command(stage)
    os.kill(supervisor.pid, signal.SIGKILL)
    await until(lambda: not is_alive(supervisor))
    assert (await next_cockpit(stage, run))[0] is StepState.UNKNOWN

    sentence = await stage.runner.cancel(run, 1)
    assert "Interrupted" in sentence
    assert not group_alive(command)
    await stage.runner.leadership.recover()
    assert stage.runner.run(run.id).attempts[0].still_runs == 0


def test_what_another_cockpit_did_is_known_within_two_seconds() -> None:
    """By what is waited for between two looks: nothing else stands between an event and whoever hears of it."""
    assert FOLLOW_SECONDS + TAKE_UP <= 2.0


async def test_an_outcome_without_room_is_kept_and_written_when_there_is_some(stage: Stage) -> None:
    full = False

    def record(plan: Any) -> Any:
        if full:
            raise RecordError("The disk is full.")
        return stage.timeline.record(plan)

    run = stage.start(fence("# Look\necho x"))
    runner = stage.again(record=record)
    prepared = runner.prepare(run, 1)

    def full_from_now_on(text: str) -> None:
        nonlocal full
        full = True

    with pytest.raises(RecordError, match="written when there is room"):
        await runner.perform(run, prepared, stage.consent(prepared, runner), full_from_now_on)
    assert stage.phases() == ["intent"]

    full = False
    watching = asyncio.create_task(runner.leadership.run_on())
    await until(lambda: stage.phases() == ["intent", "outcome"])
    watching.cancel()
    assert runner.run(run.id).state(1) is StepState.OK


def test_the_last_word_of_a_supervisor_finds_room_on_a_full_disk(small_disk: Path) -> None:
    """The exit code is known to nobody else; its room was taken before the command began."""
    word = LastWord(small_disk / "3-1.exit")
    with suppress(OSError):
        (small_disk / "ballast").write_bytes(b"x" * 10_000_000)
    with pytest.raises(OSError, match="space"):
        (small_disk / "more").write_bytes(b"x" * 10_000)
    word.write(b'{"exit_code": 3}')
    assert json.loads((small_disk / "3-1.exit").read_bytes()) == {"exit_code": 3}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_last_word_waits_for_no_folder_that_somebody_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The supervisor lived on for ever, and whoever watched the step with it."""

    def never(seconds: float) -> None:
        raise AssertionError("it waits for room")

    monkeypatch.setattr("cockpit.runbooks.run.process.supervisor.time.sleep", never)
    folder = tmp_path / "run-1"
    folder.mkdir()
    word = LastWord(folder / "1-1.exit")
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    word.write(b"{}")
    assert not folder.exists()
