"""What is typed in a shell starts what was meant: one word one danger, a known variable, a text that was read."""

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.cli.run.report import STOPPED, Written
from cockpit.cli.run.steps import StepRequest, run_steps
from cockpit.cli.run.typed_command import must_know_variables
from cockpit.model.runbook import StepKind
from cockpit.model.text import quote_for_shell
from cockpit.runbooks.prepare.confirmation import Approval
from tests.integration.runbooks.stage import Stage, fence
from tests.refusals import refuses


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.close()


@pytest.mark.parametrize(("words", "stopped"), [(("web-1",), 2), (("web-1", "web-1"), None)])
async def test_a_word_that_is_typed_once_starts_one_danger(
    stage: Stage, words: tuple[str, ...], stopped: int | None
) -> None:
    run = stage.start(fence("# Stop it\nrm -f web-1\n\n# Remove all of it\nrm -rf web-1"))
    request = StepRequest(yes=True, words=words)
    ending = await run_steps(stage.runner, run, stage.runner.procedure(run), request, Written())

    assert ending.step == stopped
    assert stage.phases().count("intent") == len(words)


async def test_the_approval_of_one_is_none_of_another(stage: Stage) -> None:
    document = (
        fence("# One\ntouch one", 'bash change approval="DBA"')
        + "\n"
        + fence("# Two\ntouch two", 'bash change approval="CTO"').partition("\n\n")[2].partition("\n\n")[2]
    )
    run = stage.start(document)
    request = StepRequest(yes=True, approval=Approval("Dana", "on the phone"))
    ending = await run_steps(stage.runner, run, stage.runner.procedure(run), request, Written())

    assert (ending.code, ending.step) == (STOPPED, 2)
    assert not (stage.folder / "two").exists()


@pytest.mark.parametrize("text", ["web-1", "x'; touch pwned; echo '", "$(touch pwned)", "a\nb", "`x`", ""])
def test_a_name_in_a_hint_is_one_word_of_the_shell(text: str) -> None:
    said = quote_for_shell(text)
    assert shlex.split(said) == [" ".join(text.split())]
    shown = subprocess.run(["bash", "-c", f"printf %s {said}"], capture_output=True, text=True, check=True).stdout
    assert shown == " ".join(text.split())


def test_a_change_with_a_variable_that_is_not_set_here_does_not_start() -> None:
    with refuses("variable-not-set"):
        must_know_variables("rm -rf /srv/$DIR/cache", StepKind.DANGER, {"HOME": "/root"})
    must_know_variables("rm -rf /srv/$DIR/cache", StepKind.DANGER, {"DIR": "web"})
    must_know_variables("rm -rf /srv/${DIR:-web}/cache $HOME/x", StepKind.DANGER, {})
    must_know_variables("for DIR in a b; do rm -rf $DIR; done", StepKind.DANGER, {})
    must_know_variables("ls /srv/$DIR", StepKind.READ, {})


async def test_an_older_text_that_ran_once_is_shown_again_once_another_has_run(stage: Stage) -> None:
    old, new = fence("# Old way\ntouch old", "bash change"), fence("# New way\ntouch new", "bash change")
    for text in (old, new):
        stage.start(text)
    back = stage.document(old)

    assert not stage.runner.trust(back).trusted
    stage.runner.start(back, back.procedures[0], trust=back.sha256)
    assert stage.runner.trust(back).trusted
