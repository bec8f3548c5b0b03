"""What a person does is about what they saw: what somebody else did meanwhile is neither undone nor passed over."""

# ruff: noqa: ASYNC110  # real processes are waited for, and nothing else runs on this loop

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.model.run import StepState
from cockpit.runbooks.types import RunRefused, StepTakenElsewhere
from tests.integration.runbooks.stage import Stage, fence

LONG = "# Wait\necho begun >> begun; until [ -e go ]; do sleep 0.02; done; rm go"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.close()


@pytest.mark.parametrize("state", [StepState.SKIPPED, StepState.BY_HAND, StepState.FAILED])
async def test_a_word_on_a_step_that_a_colleague_did_meanwhile_is_refused(stage: Stage, state: StepState) -> None:
    seen = stage.start(fence("# Make\ntouch made", "bash change"))
    other = stage.again()
    prepared = other.prepare(seen, 1)
    await other.perform(seen, prepared, stage.consent(prepared, other), stage.seen.append)

    with pytest.raises(StepTakenElsewhere):
        stage.runner.settle(seen, 1, state, "not needed", seen=seen)
    assert stage.again().run(seen.id).state(1) is StepState.OK


async def test_a_word_on_a_step_that_a_colleague_has_settled_meanwhile_is_refused(stage: Stage) -> None:
    seen = stage.start(fence("# Make\ntouch made", "bash change"))
    stage.again().settle(seen, 1, StepState.BY_HAND)

    with pytest.raises(StepTakenElsewhere):
        stage.runner.settle(seen, 1, StepState.SKIPPED, "not needed", seen=seen)


async def test_only_the_attempt_that_was_seen_is_cancelled(stage: Stage) -> None:
    run = stage.start(fence(LONG, "bash change"))

    async def begin(times: int) -> "asyncio.Task[object]":
        performing: asyncio.Task[object] = asyncio.create_task(stage.perform(stage.runner.run(run.id)))
        while not (stage.folder / "begun").exists() or len((stage.folder / "begun").read_text().split()) < times:
            await asyncio.sleep(0.01)
        return performing

    first = await begin(1)
    seen = stage.runner.run(run.id)
    (stage.folder / "go").touch()
    await first
    second = await begin(2)
    with pytest.raises(StepTakenElsewhere):
        await stage.runner.cancel(seen, 1, seen=seen)
    assert stage.runner.run(run.id).state(1) is StepState.RUNNING
    (stage.folder / "go").touch()
    await second
    assert stage.runner.run(run.id).state(1) is StepState.OK


async def test_a_run_is_not_ended_under_somebody_who_has_gone_on_in_it(stage: Stage) -> None:
    seen = stage.start(fence("# Make\ntouch made\n\n# And more\ntouch more", "bash change"))
    stage.again().settle(seen, 1, StepState.BY_HAND)

    with pytest.raises(StepTakenElsewhere):
        stage.runner.end(seen, "nobody is at it", seen=seen)
    assert stage.again().run(seen.id).ended is None


@pytest.mark.parametrize("command", ["bash deploy.sh", "./deploy.sh", "touch -r deploy.sh made"])
async def test_a_change_whose_files_are_others_than_when_it_was_shown_does_not_start(
    stage: Stage, command: str
) -> None:
    script = stage.folder / "deploy.sh"
    script.write_text("#!/bin/sh\ntouch made")
    script.chmod(0o755)
    run = stage.start(fence(f"# Deploy\n{command}", "bash change"))
    prepared = stage.runner.prepare(run, 1)
    script.write_text("#!/bin/sh\ntouch other")

    with pytest.raises(RunRefused) as refusal:
        await stage.runner.perform(run, prepared, stage.consent(prepared), stage.seen.append)
    assert refusal.value.code == "files-changed"
    assert stage.phases() == []


async def test_a_change_in_a_folder_that_is_another_than_when_it_was_shown_does_not_start(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    (tmp_path / "current").symlink_to("old")
    stage = Stage(tmp_path, options={"workdir": lambda runbook: str(tmp_path / "current")})
    run = stage.start(fence("# Deploy\ntouch made", "bash change"))
    prepared = stage.runner.prepare(run, 1)
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to("new")

    with pytest.raises(RunRefused) as refusal:
        await stage.runner.perform(run, prepared, stage.consent(prepared), stage.seen.append)
    assert refusal.value.code == "files-changed"
    stage.close()


async def test_a_look_needs_nothing_to_have_stayed(stage: Stage) -> None:
    (stage.folder / "list.json").write_text("{}")
    run = stage.start(fence("# Look\ncat list.json"))
    prepared = stage.runner.prepare(run, 1)
    (stage.folder / "list.json").write_text("[]")

    attempt = await stage.runner.perform(run, prepared, stage.consent(prepared), stage.seen.append)
    assert attempt.output == "[]"
