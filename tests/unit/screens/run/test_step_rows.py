"""What the pane of a step shows of it in how many rows."""

import pytest

from cockpit.model.run import StepState
from cockpit.model.runbook import Step, StepKind
from cockpit.runbooks.types import Prepared, Resolved
from screens.run.rows import render_change_effects, render_step
from screens.run.standing import StepStanding, render_hint

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


@pytest.mark.parametrize("most", range(4, 12))
@pytest.mark.parametrize("command", ["echo x", "az containerapp update " + "--set-env-vars KEY=value " * 20])
def test_a_caution_is_read_whatever_else_there_is_to_tell_in_a_low_pane(most: int, command: str) -> None:
    """At 60x20 the pane has four rows: the command, its values and the traffic now came first, and filled them."""
    step = Step(1, "Deactivate it", StepKind.DANGER, 3, command, remark="What it is for. " * 9)
    values = tuple(Resolved(name, "shop-api", "environment") for name in ("app", "rg", "revision"))
    prepared = Prepared(
        "", step, "prod", step.kind, command, command, values, notices=(CAUTION,), meets=("Traffic now: all.",) * 3
    )
    rows = render_step(step, StepStanding(step, StepState.TODO, prepared), None, None, 56, most, "c")
    text = ["".join(piece for piece, _ in row) for row in rows]
    assert len(rows) <= most
    assert "Preserve first" in " ".join(text)
    assert text[0].startswith(("What it is for", command.split()[0]))


def test_what_a_change_meets_is_read_to_its_end_by_whoever_confirms_it() -> None:
    step = Step(1, "Move it", StepKind.CHANGE, 3, "echo x")
    prepared = Prepared("", step, "prod", step.kind, step.command, step.command, meets=(CAUTION,))
    rows = render_change_effects(prepared, 70)
    assert CAUTION.strip() in " ".join("".join(text for text, _ in row).strip() for row in rows)


@pytest.mark.parametrize(
    "names",
    [
        ("queue",),
        ("mailbox", "relay"),
        ("database-cluster", "standby-hostname", "replication-slot"),
        ("the name of the game server that the players were moved to",),
        tuple(f"node-{number}" for number in range(12)),
    ],
)
@pytest.mark.parametrize("armed", [True, False])
def test_the_key_that_asks_for_values_stands_on_a_line_of_80_columns(names: tuple[str, ...], armed: bool) -> None:
    step = Step(1, "Move it", StepKind.CHANGE, 3, "echo x")
    values = tuple(Resolved(name, None, "") for name in names)
    prepared = Prepared("", step, "prod", step.kind, step.command, step.command, values)
    pieces = render_hint(StepStanding(step, StepState.TODO, prepared), {"run": "Enter", "skip": "s"}, armed=armed)
    line = "".join(text for text, _ in pieces)
    assert len(line) <= 80
    assert "Enter" in line
    assert (", ".join(names) in line) is (len(names) < 3 and len(names[0]) < 20)
