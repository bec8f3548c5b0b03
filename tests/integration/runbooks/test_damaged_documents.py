"""A document that lost its line breaks: what a person does in it can be ticked, and no command of it runs."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.model.run import StepState
from cockpit.model.runbook import Damage
from cockpit.runbooks.types import RunRefused
from tests.integration.runbooks.stage import Stage

BY_HAND = "# Mend it\n\n## By hand\n\n1. Turn it off\n2. Look with `kubectl get pods`\n\n"
TEXT = BY_HAND + "## By command\n\n```bash\nkubectl get pods\n```\n"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.close()


def test_what_a_person_does_can_be_ticked(stage: Stage) -> None:
    runbook = replace(stage.document(TEXT), damage=Damage.RECONSTRUCTED)
    run = stage.runner.start(runbook, runbook.procedures[0], trust=runbook.sha256)
    stage.runner.settle(run, 1, StepState.BY_HAND)
    assert stage.runner.run(run.id).state(1) is StepState.BY_HAND


def test_a_command_of_it_does_not_run(stage: Stage) -> None:
    runbook = replace(stage.document(TEXT), damage=Damage.RECONSTRUCTED)
    run = stage.runner.start(runbook, runbook.procedures[0], trust=runbook.sha256)
    assert not stage.runner.prepare(run, 2).runnable


def test_a_procedure_of_commands_alone_is_only_shown(stage: Stage) -> None:
    runbook = replace(stage.document(TEXT), damage=Damage.RECONSTRUCTED)
    with pytest.raises(RunRefused) as refused:
        stage.runner.start(runbook, runbook.procedures[1], trust=runbook.sha256)
    assert refused.value.code == "document-repaired"
