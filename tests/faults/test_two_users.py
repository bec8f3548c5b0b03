"""Two Unix users on one shared directory, each with umask 077: what one may not look at is not gone."""

# ruff: noqa: ASYNC110  # real processes are waited for, and nothing else runs on this loop

import asyncio
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cockpit.model.run import Run, StepState
from cockpit.runbooks.run import leading as found_again
from cockpit.runbooks.run.process.files import AttemptFiles, take_lock
from tests.integration.runbooks.stage import Stage, fence

ROOT = Path(__file__).resolve().parents[2]
OTHER, TEAM = 65_533, 65_532
MAKE = fence("# Make\necho working; until [ -e go ]; do sleep 0.02; done; touch made", "bash change")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a second user")


@pytest.fixture
def shared() -> Iterator[Stage]:
    """A directory that a team shares, outside of what only the tester may enter; this process has umask 077."""
    folder = Path(tempfile.mkdtemp(prefix="cockpit-shared-", dir="/tmp"))
    before = os.umask(0o077)
    if os.geteuid() == 0:
        os.chown(folder, -1, TEAM)
    folder.chmod(0o2770)
    stage = Stage(folder)
    yield stage
    (folder / "go").touch()
    stage.close()
    os.umask(before)
    shutil.rmtree(folder, ignore_errors=True)


async def second_user(stage: Stage) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.faults.second_user", str(stage.folder), str(OTHER), str(TEAM)]
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


async def running(stage: Stage) -> "tuple[Run, asyncio.Task[Any]]":
    run = stage.start(MAKE)
    performing = asyncio.create_task(stage.perform(run))
    while "working" not in stage.output:
        await asyncio.sleep(0.01)
    return run, performing


@as_root
async def test_a_step_that_a_colleague_runs_stays_running_and_is_not_ours_to_stop(shared: Stage) -> None:
    _, performing = await running(shared)
    found = await second_user(shared)
    assert (found["changed"], found["state"], found["events"]) == (0, "running", ["intent"])
    assert found["cancelled"].startswith("refused: This is not yours to stop: you started it, as user root")
    (shared.folder / "go").touch()
    assert (await performing).state is StepState.OK


@as_root
async def test_files_that_only_their_owner_may_read_are_no_proof_of_an_end(shared: Stage) -> None:
    """As older versions left them under a umask of 077."""
    run, performing = await running(shared)
    for path in (shared.folder / "runs" / run.id).iterdir():
        path.chmod(0o600)
    found = await second_user(shared)
    assert (found["changed"], found["state"], found["events"]) == (0, "running", ["intent"])
    (shared.folder / "go").touch()
    assert (await performing).state is StepState.OK


async def test_what_a_run_leaves_on_the_disk_has_the_modes_of_the_team(shared: Stage) -> None:
    run, performing = await running(shared)
    folder = shared.folder / "runs" / run.id
    modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {".lock": 0o640, ".log": 0o640, ".pid": 0o640, ".group": 0o640, ".pipe": 0o600, ".exit": 0o640}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o2770
    (shared.folder / "go").touch()
    await performing


@pytest.mark.parametrize("error", [PermissionError(13, "no"), OSError(24, "too many files")])
def test_a_lock_that_cannot_be_looked_at_is_held(
    error: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> int | None:
        raise error

    monkeypatch.setattr(found_again, "take_lock", refuse)
    with found_again.nobody_else(AttemptFiles(tmp_path / "1-1.log"), 1) as free:
        assert not free


def test_a_folder_that_is_gone_holds_nobody(tmp_path: Path) -> None:
    with found_again.nobody_else(AttemptFiles(tmp_path / "gone" / "1-1.log"), 1) as free:
        assert free


def test_a_lock_is_one_persons_at_a_time(tmp_path: Path) -> None:
    lock = take_lock(tmp_path / "1.lock")
    assert lock is not None
    assert take_lock(tmp_path / "1.lock") is None
    os.close(lock)
