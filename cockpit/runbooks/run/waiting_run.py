"""A run that somebody began and that waits for a person: at which step, and what it leaves until then. Pure."""

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cockpit.model.run import SETTLED, Run, StepState
from cockpit.model.runbook import Procedure, StepKind

DONE = frozenset({StepState.OK, StepState.WARN})


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """`step` is the next one, None where every step is done; `leaves` is what is not as it should be until then."""

    run: str
    title: str
    step: int | None
    step_title: str = ""
    leaves: str = ""


def find_waiting_run(
    runs: Iterable[Run], environment: str, procedure_of: Callable[[Run], Procedure | None]
) -> WaitingRun | None:
    """The newest that waits in the middle; one that leaves something broken comes before all others.

    A run of which nothing was changed yet leaves nothing, and one at whose steps somebody is does not wait.
    """
    waiting = [
        _make_waiting_run(run, procedure_of(run))
        for run in sorted(runs, key=lambda run: run.started)
        if run.environment == environment and run.ended is None and in_the_middle(run)
    ]
    leaving = [waiting_run for waiting_run in waiting if waiting_run.leaves]
    return next(reversed(leaving or waiting), None)


def in_the_middle(run: Run) -> bool:
    states = [state for _, state in run.states]
    busy = any(state in (StepState.RUNNING, StepState.UNKNOWN) for state in states)
    return bool(states) and not busy


def _make_waiting_run(run: Run, procedure: Procedure | None) -> WaitingRun:
    left = describe_leftovers(run)
    if procedure is None:
        done = [number for number, state in run.states if state in SETTLED]
        return WaitingRun(run.id, run.title, max(done, default=0) + 1, leaves=left)
    steps = [step for step in procedure.steps if step.kind is not StepKind.NOTE]
    following = next((step for step in steps if run.state(step.ordinal) not in SETTLED), None)
    if following is None:
        return WaitingRun(run.id, run.title, None, leaves=left)
    return WaitingRun(run.id, run.title, following.ordinal, following.title, left)


def describe_leftovers(run: Run) -> str:
    """What the changes done so far leave behind that the next ones are to mend: a database that has no name."""
    missing: dict[str, str] = {}
    for attempt in sorted(run.attempts, key=lambda attempt: (attempt.began, attempt.number)):
        if attempt.state in DONE and (renamed := _find_rename(attempt.as_run)):
            old, new = renamed
            missing.pop(new, None)
            missing[old] = new
    # What was renamed on from a name of the run's own is no gap: only the first name is one that others use.
    gaps = [old for old in missing if old not in missing.values()]
    return f"no database is called {', '.join(gaps)} now" if gaps else ""


def _find_rename(command: str) -> tuple[str, str] | None:
    """(from, to) of an `az sql db rename`."""
    try:
        parts = shlex.split(command)
    except ValueError:
        return None
    if parts[:4] != ["az", "sql", "db", "rename"]:
        return None
    old = _read_option(parts, "--name", "-n")
    new = _read_option(parts, "--new-name")
    return (old, new) if old and new else None


def _read_option(parts: list[str], *names: str) -> str:
    for index, word in enumerate(parts):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else next(iter(parts[index + 1 : index + 2]), "")
    return ""
