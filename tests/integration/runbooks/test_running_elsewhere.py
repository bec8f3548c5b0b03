"""A command that belongs to another place is refused, ticked by hand, or run through that place, seen and confirmed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.model.run import StepState
from cockpit.runbooks.types import Finished, RunRefused
from tests.integration.runbooks.stage import Stage, fence

RESTORE = fence(
    "# Connect\nkubectl exec -it api-0 -- bash\n\n# Stop it\ntouch stopped <NAME>\n\n# Come back\nexit\n\n# Look\nls"
)


async def test_what_belongs_to_a_host_never_runs_here(stage: Stage) -> None:
    run = stage.start(RESTORE)
    prepared = stage.runner.prepare(run, 2)
    assert not prepared.runnable
    assert "kubectl exec -it api-0 -- bash" in prepared.reason_not_runnable
    assert [value.name for value in prepared.values if value.value is None] == []  # nothing is asked for it
    with pytest.raises(RunRefused):
        await stage.runner.perform(run, prepared, stage.consent(prepared), stage.seen.append)
    assert stage.runner.run(run.id).attempts == ()
    assert stage.runner.prepare(run, 4).runnable


async def test_it_is_ticked_by_hand(stage: Stage) -> None:
    run = stage.start(RESTORE)
    assert stage.runner.settle(run, 2, StepState.BY_HAND, "typed there").state(2) is StepState.BY_HAND


async def test_an_edit_runs_it_only_through_that_place(stage: Stage, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "kubectl").write_text(f'#!/bin/bash\necho "$@" > {tmp_path / "sent"}\n')
    (tools / "kubectl").chmod(0o755)
    run = stage.start(RESTORE)
    runner = stage.again(environ={"PATH": f"{tools}:{os.environ['PATH']}"})
    for here in (
        "touch stopped",
        "touch stopped ",
        "ls",
        "kubectl exec api-0 -- bash",
        "kubectl exec api-1 -- bash -c ls",
    ):
        assert not runner.prepare(run, 2, edit=here).runnable, here
    prepared = runner.prepare(run, 2, edit="kubectl exec api-0 -- bash -c 'touch stopped'")
    assert prepared.runnable
    attempt = await runner.perform(run, prepared, stage.consent(prepared, runner), stage.seen.append)
    assert attempt.state is StepState.OK
    assert attempt.edited
    assert (tmp_path / "sent").read_text() == "exec api-0 -- bash -c touch stopped\n"


async def test_a_session_that_leaves_commands_behind_does_not_start(stage: Stage) -> None:
    run = stage.start(fence("# Both\nssh host; touch gone"))
    assert "goes on behind it" in stage.runner.prepare(run, 1).reason_not_runnable


@pytest.mark.parametrize("opener", ["kubectl exec -it api-0 -- bash", "psql postgres://db/shop", "redis-cli -h cache"])
async def test_who_opens_a_session_gets_the_terminal_and_reads_what_is_to_be_typed_there(
    stage: Stage, tmp_path: Path, capfd: pytest.CaptureFixture[str], opener: str
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("kubectl", "psql", "redis-cli"):
        (tools / name).write_text("#!/bin/bash\necho there\n")
        (tools / name).chmod(0o755)

    async def leave_screen(act: Callable[[], Finished]) -> Finished:
        return act()

    stage.runner = stage.again(environ={"PATH": f"{tools}:{os.environ['PATH']}"})
    run = stage.start(RESTORE.replace("kubectl exec -it api-0 -- bash", opener))
    assert not stage.runner.prepare(run, 1).runnable, "there is no terminal to hand over"

    stage.runner.terminal = leave_screen
    prepared = stage.runner.prepare(run, 1)
    assert (prepared.tty, prepared.done_there) == (True, ("touch stopped <NAME>", "exit"))
    attempt = await stage.runner.perform(run, prepared, stage.consent(prepared), stage.seen.append)
    assert attempt.state is StepState.OK
    printed = capfd.readouterr().out
    assert printed.index("touch stopped <NAME>") < printed.index("there\n", printed.index("tick these steps"))
    assert not (tmp_path / "stopped").exists()
