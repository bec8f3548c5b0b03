"""An undo is offered for what may have taken effect, and for nothing else."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cockpit.model.run import Attempt, Run, SettledBy, StepState
from cockpit.model.runbook import Step, StepKind
from cockpit.runbooks.run.preconditions import nothing_to_undo

NOW = datetime(2026, 11, 20, 13, tzinfo=UTC)
STEP = Step(1, "Make it so", StepKind.CHANGE, 1, "touch made", "bash")
RUN = Run("r1", "x.md", "x", "X", "0", "prod", "ana", NOW)


def attempt(number: int, state: StepState, *, undo: bool = False) -> Attempt:
    return Attempt(number=number, step=1, began=NOW, state=state, undo=undo)


OK, FAILED, UNKNOWN = (attempt(1, each) for each in (StepState.OK, StepState.FAILED, StepState.UNKNOWN))
UNDONE = attempt(2, StepState.OK, undo=True)


@pytest.mark.parametrize(
    ("attempts", "step", "offered"),
    [
        ((), STEP, False),
        ((OK,), STEP, True),
        ((UNKNOWN,), STEP, True),
        ((attempt(1, StepState.WARN),), STEP, True),
        ((FAILED,), STEP, True),  # half of it may be done
        ((replace(FAILED, started=False),), STEP, False),
        ((replace(FAILED, native=True),), STEP, False),  # the cloud refused it
        ((replace(FAILED, native=True, operation="https://x/op"),), STEP, True),  # it was taken, and went wrong there
        ((FAILED,), replace(STEP, language="http"), False),
        ((OK, UNDONE), STEP, False),
        ((OK, attempt(2, StepState.FAILED, undo=True)), STEP, True),
        ((OK, UNDONE, attempt(3, StepState.OK)), STEP, True),
        ((OK, replace(attempt(2, StepState.FAILED), started=False)), STEP, True),
    ],
)
def test_what_took_effect_can_be_undone(attempts: tuple[Attempt, ...], step: Step, offered: bool) -> None:
    assert (nothing_to_undo(replace(RUN, attempts=attempts), step) == "") is offered


def test_what_a_person_looked_at_and_left_out_has_no_undo() -> None:
    run = replace(RUN, attempts=(UNKNOWN,), words=(SettledBy(1, StepState.SKIPPED, "ana", "nothing is there", NOW),))
    assert nothing_to_undo(run, STEP)


def test_what_was_done_by_hand_can_be_undone() -> None:
    assert not nothing_to_undo(replace(RUN, states=((1, StepState.BY_HAND),)), STEP)
