"""What the pane of a step shows of it in how many rows."""

from cockpit.model.run import StepState
from cockpit.model.runbook import Step, StepKind
from cockpit.runbooks.types import Prepared
from screens.run.rows import render_change_effects, render_step
from screens.run.standing import StepStanding

CAUTION = "Preserve first: its logs go with it, and no line of them is in the record. " + "Record keeps lines. " * 6


def show_rows(most: int) -> str:
    step = Step(1, "Deactivate it", StepKind.DANGER, 3, "echo x")
    prepared = Prepared("", step, "prod", step.kind, step.command, step.command, (), notices=(CAUTION,))
    standing = StepStanding(step, StepState.TODO, prepared)
    rows = render_step(step, standing, None, None, 70, most, "c")
    return " ".join("".join(text for text, _ in row).strip() for row in rows)


def test_a_caution_is_cut_only_where_there_is_no_room_for_all_of_it() -> None:
    assert CAUTION.strip() in show_rows(30)
    assert "…" not in show_rows(30)
    assert "Preserve first" in show_rows(6)
    assert "…" in show_rows(6)


def test_what_a_change_meets_is_read_to_its_end_by_whoever_confirms_it() -> None:
    step = Step(1, "Move it", StepKind.CHANGE, 3, "echo x")
    prepared = Prepared("", step, "prod", step.kind, step.command, step.command, meets=(CAUTION,))
    rows = render_change_effects(prepared, 70)
    assert CAUTION.strip() in " ".join("".join(text for text, _ in row).strip() for row in rows)
