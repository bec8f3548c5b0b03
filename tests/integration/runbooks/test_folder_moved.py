"""Somebody moves or removes the folder of a run while one of its steps runs: how that ended is known all the same."""
# ruff: noqa: ASYNC110, ASYNC240  # real processes are waited for, and nothing else runs on this loop

import asyncio
import shutil
from pathlib import Path

import pytest

from cockpit.model.run import Attempt, StepState
from cockpit.runbooks.run.attempt import FOLDER_REMOVED
from tests.integration.runbooks.stage import Stage, fence


async def perform(stage: Stage, folder: Path, go: Path, *, removed: bool) -> Attempt:
    """A step that prints before and after its folder is taken away."""
    command = f"echo working; while [ ! -e {go} ]; do sleep 0.01; done; echo worked; exit 3"
    run = stage.start(fence(f"# Make\n{command}", "bash change"))
    performing = asyncio.create_task(stage.perform(run))
    while "working" not in stage.output:
        await asyncio.sleep(0.01)
    if removed:
        shutil.rmtree(stage.folder / "runs")
    else:
        (stage.folder / "runs").rename(folder)
    go.mkdir()
    return await performing


@pytest.mark.parametrize("removed", [False, True], ids=["moved", "removed"])
async def test_a_step_whose_folder_is_taken_away_is_watched_to_its_end(
    stage: Stage, tmp_path: Path, removed: bool
) -> None:
    moved = tmp_path / "elsewhere"
    attempt = await perform(stage, moved, tmp_path / "go", removed=removed)
    assert (attempt.output, "worked" in stage.output) == ("working\nworked\n", True)
    if removed:  # nobody can write there any more how it ended
        assert (attempt.state, attempt.exit_code, FOLDER_REMOVED in attempt.outcome) == (StepState.UNKNOWN, None, True)
    else:
        assert (attempt.state, attempt.exit_code) == (StepState.FAILED, 3)
        (exit_file,) = moved.glob("*/1-1.exit")
        assert exit_file.stat().st_size > 0
