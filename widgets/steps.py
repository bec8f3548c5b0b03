"""The steps of a run, as rows: what was done, what it came to, and which one the document suggests next."""

import re
from datetime import timedelta

from cockpit.model.run import (
    SETTLED,
    Run,
    StepLength,
    StepState,
    chosen_instead,
    find_needed_step,
    find_newest_attempt,
    list_alternatives,
)
from cockpit.model.runbook import Procedure, Step, StepKind
from cockpit.model.time import format_duration
from widgets.cell import Cell, Column, Row

COLUMNS = (Column(1), Column(1), Column(2, right=True), Column(0, prose=True), Column(8, right=True))
SIGNS: dict[StepState, tuple[str, str]] = {
    StepState.RUNNING: ("◐", "info"),
    StepState.OK: ("✔", "good"),
    StepState.WARN: ("◐", "warn"),
    StepState.FAILED: ("✖", "bad"),
    StepState.SKIPPED: ("–", "muted"),
    StepState.BY_HAND: ("✔", "info"),
    StepState.UNKNOWN: ("◌", "warn"),
}
TODO: dict[StepKind, tuple[str, str]] = {StepKind.DANGER: ("⚠", "warn"), StepKind.NOTE: ("·", "muted")}
SAYS_OR = re.compile(r"(?i)(or|either|alternatively)\b")


def build_step_rows(procedure: Procedure, run: Run, next: int | None) -> list[Row]:
    """One row a step, its ordinal being the row's id; `next` is marked as the one to do."""
    return [_build_step_row(step, procedure, run, step.ordinal == next) for step in procedure.steps]


def format_length(length: StepLength) -> str:
    """`0.4s`, `12s`, `about 3m 05s`."""
    seconds = length.seconds
    text = f"{max(0.0, seconds):.1f}s" if seconds < 9.95 else format_duration(timedelta(seconds=seconds))
    return f"{length.qualifier}{text}"


def _build_step_row(step: Step, procedure: Procedure, run: Run, next: bool) -> Row:
    state = run.state(step.ordinal)
    passed_over = chosen_instead(step, procedure, run) is not None
    glyph, tone = SIGNS.get(state) or TODO.get(step.kind, ("○", ""))
    quiet = "muted" if state in SETTLED or passed_over or step.kind is StepKind.NOTE else ""
    return Row(
        str(step.ordinal),
        (
            Cell("▸" if next else "", "info"),
            Cell(glyph, "muted" if passed_over else tone),
            Cell(str(step.ordinal), "muted"),
            Cell(_build_step_title(step, procedure), "strong" if next else quiet),
            _build_step_tail(step, procedure, run, passed_over),
        ),
    )


def _build_step_title(step: Step, procedure: Procedure) -> str:
    """Alternatives say so: `either ...`, `or ...`."""
    if step.way is not None:
        return step.full_title
    if len(list_alternatives(step, procedure)) == 1 or SAYS_OR.match(step.title):
        return step.title
    return f"{'or' if step.alternative_to else 'either'}: {step.title}"


def _build_step_tail(step: Step, procedure: Procedure, run: Run, passed_over: bool) -> Cell:
    """How long it took, what became of it, or what it waits for."""
    state, attempt = run.state(step.ordinal), find_newest_attempt(run, step.ordinal)
    if state is StepState.RUNNING:
        return Cell("running", "info", attempt.began if attempt else None)
    if state is StepState.TODO:
        before = find_needed_step(step, procedure)
        waits = before is not None and run.state(before) not in (StepState.OK, StepState.BY_HAND)
        return Cell("not this" if passed_over else f"needs {before}" if waits else "", "muted")
    if state is StepState.OK and attempt is not None and attempt.took is not None:
        return Cell(format_length(attempt.took), "muted")
    return Cell(state.value, SIGNS[state][1])
