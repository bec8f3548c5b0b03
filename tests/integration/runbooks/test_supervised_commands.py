"""Real commands under a real supervisor: output, secrets, cancel, time-outs, and being found again."""
# ruff: noqa: ASYNC110, ASYNC240  # real processes are waited for, and nothing else runs on this loop

import asyncio
import contextlib
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cockpit.model.time import RealTime
from cockpit.runbooks.run.process import shell
from cockpit.runbooks.run.process.files import AttemptFiles, create_file
from cockpit.runbooks.run.process.identity import Owner, is_alive
from cockpit.runbooks.run.process.shell import (
    CommandEnd,
    cancel_command,
    ended_in,
    owner_in,
    watch_output,
)

PATH = os.environ["PATH"]
Begin = Callable[..., "Running"]


@dataclass
class Running:
    place: AttemptFiles
    owner: Owner
    seen: list[str] = field(default_factory=list)

    async def end(self) -> CommandEnd:
        return await watch_output(lambda: self.place, self.owner, self.seen.append, lambda text: text, RealTime())

    @property
    def output(self) -> str:
        return "".join(self.seen)

    @property
    def transcript(self) -> str:
        return self.place.transcript.read_text()

    async def prints(self, text: str) -> None:
        while text not in self.transcript:
            await asyncio.sleep(0.01)


@pytest.fixture
async def begin(tmp_path: Path) -> AsyncIterator[Begin]:
    """Starts bash on a script; whatever still runs at the end of the test is killed."""
    started: list[Running] = []

    def begin(script: str, **options: Any) -> Running:
        place = AttemptFiles(tmp_path / f"{len(started)}.log")
        descriptor = create_file(place.transcript)
        given: dict[str, Any] = {
            "env": {"PATH": PATH},
            "cwd": str(tmp_path),
            "secrets": [],
            "timeout": None,
            "grace": 0.2,
        }
        argv = options.pop("argv", ["bash", "-e", "-o", "pipefail", "-c", script])
        owner = shell.start_command(argv, place=place, descriptor=descriptor, **(given | options))
        os.close(descriptor)
        started.append(Running(place, owner))
        return started[-1]

    yield begin
    for each in started:
        if is_alive(each.owner):
            with contextlib.suppress(ProcessLookupError):  # it ended by itself in between
                os.kill(each.owner.pid, signal.SIGTERM)
        while is_alive(each.owner):
            await asyncio.sleep(0.02)


async def test_output_and_exit_code_come_back(begin: Begin) -> None:
    running = begin("echo one; echo two >&2; exit 3")
    ended = await running.end()
    assert ended == CommandEnd(exit_code=3)
    assert running.output == running.transcript == "one\ntwo\n"


async def test_output_is_shown_while_the_command_still_runs(begin: Begin) -> None:
    running = begin("echo first; sleep 60")
    watching = asyncio.create_task(running.end())
    while "first" not in running.output:
        await asyncio.sleep(0.01)
    assert is_alive(running.owner)
    assert await cancel_command(running.place, RealTime())
    assert (await watching).cancelled


async def test_the_last_line_needs_no_line_break(begin: Begin) -> None:
    running = begin("printf 'no break'")
    await running.end()
    assert running.output == "no break"


async def test_a_transcript_is_for_its_owner_alone(begin: Begin) -> None:
    running = begin("umask 000; echo x")
    await running.end()
    assert stat.S_IMODE(running.place.transcript.stat().st_mode) == 0o600
    assert stat.S_IMODE(running.place.exit_file.stat().st_mode) == 0o600


async def test_in_a_shared_directory_the_team_may_read_it(begin: Begin, tmp_path: Path) -> None:
    tmp_path.chmod(0o2770)
    running = begin("echo x")
    await running.end()
    assert stat.S_IMODE(running.place.transcript.stat().st_mode) == 0o640


async def test_a_command_finds_only_the_environment_it_was_given(begin: Begin) -> None:
    running = begin("env | cut -d= -f1 | sort | tr '\\n' ' '", env={"PATH": PATH, "COCKPIT_ENV": "prod"})
    await running.end()
    assert set(running.output.split()) - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "COCKPIT_ENV"}


async def test_a_command_reads_nothing_from_a_keyboard(begin: Begin) -> None:
    running = begin("cat; read x || echo 'no input'")
    assert (await running.end()).exit_code == 0
    assert running.output == "no input\n"


async def test_secrets_are_dots_in_the_transcript(begin: Begin) -> None:
    running = begin(
        'echo "token=$P1."; printf hunt; sleep 0.2; echo er2secret',
        secrets=["hunter2secret"],
        env={"PATH": PATH, "P1": "hunter2secret"},
    )
    await running.end()
    assert running.transcript == "token=•••.\n•••\n"


async def test_no_secret_is_in_an_argument_list_or_a_file(begin: Begin, tmp_path: Path) -> None:
    running = begin(
        'echo ready; sleep 60; : "$P1"', secrets=["hunter2secret"], env={"PATH": PATH, "P1": "hunter2secret"}
    )
    await running.prints("ready")
    lists = [each.read_bytes() for each in Path("/proc").glob("[0-9]*/cmdline") if os.access(each, os.R_OK)]
    assert not any(b"hunter2secret" in each for each in lists)
    assert not any(b"hunter2secret" in each.read_bytes() for each in tmp_path.iterdir())
    environment = Path(f"/proc/{running.owner.pid}/environ").read_bytes()
    assert b"hunter2secret" not in environment


async def test_a_supervisor_has_a_session_of_its_own(begin: Begin) -> None:
    running = begin("echo ready; sleep 60")
    await running.prints("ready")
    assert os.getsid(running.owner.pid) == running.owner.pid != os.getsid(0)


async def test_a_dropped_line_ends_nothing(begin: Begin) -> None:
    running = begin("echo ready; sleep 0.3; echo survived")
    await running.prints("ready")
    os.killpg(running.owner.pid, signal.SIGHUP)
    assert (await running.end()).exit_code == 0
    assert "survived" in running.output


async def test_whoever_comes_later_finds_it_running_and_sees_all_of_it(begin: Begin) -> None:
    running = begin("echo before; sleep 0.3; echo after")
    await running.prints("before")
    later = Running(running.place, owner_in(running.place))
    assert later.owner == running.owner
    assert is_alive(later.owner)
    assert await later.end() == CommandEnd(exit_code=0)
    assert later.output == "before\nafter\n"


async def test_whoever_comes_too_late_finds_how_it_ended(begin: Begin) -> None:
    running = begin("exit 4")
    await running.end()
    assert not is_alive(owner_in(running.place))
    assert ended_in(running.place) == CommandEnd(exit_code=4)


async def test_a_command_whose_supervisor_was_killed_is_found_by_its_pid_until_it_ends(begin: Begin) -> None:
    running = begin("echo $$; exec sleep 60")
    await running.prints("\n")
    os.kill(running.owner.pid, signal.SIGKILL)
    command = int(running.transcript)
    assert await running.end() == CommandEnd(known=False, still_runs=command)
    os.kill(command, signal.SIGKILL)
    while shell.left_behind(running.place).still_runs:
        await asyncio.sleep(0.01)
    assert await running.end() == shell.GONE


async def test_a_command_is_not_killed_by_printing_after_its_supervisor_was(begin: Begin, tmp_path: Path) -> None:
    running = begin("echo here; until [ -e go ]; do sleep 0.02; done; head -c 300000 /dev/zero; touch made")
    await running.prints("here\n")
    os.kill(running.owner.pid, signal.SIGKILL)
    (tmp_path / "go").touch()
    while shell.left_behind(running.place).still_runs:
        shell.let_print(running.place)
        await asyncio.sleep(0.01)
    assert (tmp_path / "made").exists()


async def test_cancel_interrupts_first(begin: Begin) -> None:
    running = begin("trap 'echo interrupted; exit 9' INT; echo ready; while :; do sleep 0.05; done")
    await running.prints("ready")
    await cancel_command(running.place, RealTime())
    ended = await running.end()
    assert (ended.exit_code, ended.cancelled) == (9, True)
    assert "interrupted" in running.output


async def test_cancel_kills_what_does_not_listen(begin: Begin) -> None:
    running = begin("trap '' INT TERM; echo ready; while :; do sleep 0.05 || :; done")
    await running.prints("ready")
    await cancel_command(running.place, RealTime())
    ended = await running.end()
    assert (ended.signal, ended.cancelled) == (signal.SIGKILL, True)


async def test_cancel_ends_the_children_too(begin: Begin) -> None:
    running = begin("(trap '' INT; echo $BASHPID; exec sleep 60) & wait")
    await running.prints("\n")
    await cancel_command(running.place, RealTime())
    await running.end()
    child = int(running.transcript.split()[0])
    while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().rpartition(")")[2]:
        await asyncio.sleep(0.02)


async def test_a_time_out_ends_it_and_says_so(begin: Begin) -> None:
    running = begin("echo working; sleep 60", timeout=0.2)
    ended = await running.end()
    assert ended.timed_out
    assert not ended.cancelled
    assert ended.signal == signal.SIGINT


async def test_a_time_out_holds_after_the_output_was_closed(begin: Begin) -> None:
    assert (await begin("exec >&- 2>&-; sleep 60", timeout=0.2).end()).timed_out


async def test_something_left_in_the_background_does_not_hold_up_the_end(begin: Begin) -> None:
    running = begin("sleep 5 & echo started")
    ended = await asyncio.wait_for(running.end(), 4)
    assert ended.exit_code == 0
    assert running.output == "started\n"


async def test_a_command_that_is_not_there_is_reported(begin: Begin) -> None:
    ended = await begin("", argv=["no-such-tool"]).end()
    assert ended.trouble == "no-such-tool: No such file or directory"


async def test_ten_megabytes_are_kept_whole_and_the_loop_stays_free(begin: Begin) -> None:
    running = begin(
        f"{sys.executable} -S -c \"import sys; [sys.stdout.write('x' * 99 + chr(10)) for _ in range(100_000)]\""
    )
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0)
            beats += 1

    heart = asyncio.create_task(beat())
    assert (await running.end()).exit_code == 0
    heart.cancel()
    assert running.place.transcript.stat().st_size == 10_000_000
    assert running.output.endswith("x\n")
    assert beats > 10
