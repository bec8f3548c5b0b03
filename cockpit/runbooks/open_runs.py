"""Runs that are not over: which one is meant by whoever asks for the same procedure again. Pure."""

from collections.abc import Iterable, Sequence

from cockpit.model.run import Run, StepState, Value
from cockpit.model.runbook import Procedure, Runbook
from cockpit.runbooks.placeholders import same


def still_open(
    runs: Iterable[Run], runbook: Runbook, procedure: Procedure, environment: str, about: Sequence[Value] = ()
) -> list[Run]:
    """Those of this procedure in this environment: first what needs a person, then the newest.

    An older text of the document counts: what was done by it was done. A run about another app does not.
    """
    mine = [
        run
        for run in runs
        if run.ended is None
        and (run.path == runbook.path or run.sha256 == runbook.sha256)
        and (run.procedure, run.environment) == (procedure.slug, environment)
        and same_target(run.values, about)
    ]
    return sorted(mine, key=lambda run: (bool(unknown(run)), run.started), reverse=True)


def same_target(values: Sequence[Value], others: Sequence[Value]) -> bool:
    """False only when both name an app, and not the same."""
    return len({app_of(values), app_of(others)} - {""}) < 2


def competing(runs: Iterable[Run], run: Run) -> list[Run]:
    """Other runs of its procedure on its target, over or not, whichever copy of the document they work on."""
    return [
        other
        for other in runs
        if other.id != run.id
        and (other.path == run.path or other.sha256 == run.sha256)
        and (other.procedure, other.environment) == (run.procedure, run.environment)
        and same_target(other.values, run.values)
    ]


def going_on(run: Run) -> list[int]:
    """The steps that run, or that nobody saw the end of."""
    return [step for step, state in run.states if state in (StepState.RUNNING, StepState.UNKNOWN)]


def unknown(run: Run) -> list[int]:
    """The steps that nobody saw the end of."""
    return [step for step, state in run.states if state is StepState.UNKNOWN]


def untouched(run: Run) -> bool:
    """True as long as nothing was done in it."""
    return not run.states


def agrees(run: Run, about: Sequence[Value]) -> bool:
    """True when a run stands on these values, as far as it has them."""
    known = {each.name: each.shown for each in run.values}
    return all(known.get(each.name, each.shown) == each.shown for each in about)


def app_of(values: Sequence[Value]) -> str:
    """The app that values are about, "" where none of them says."""
    return next((each.shown for each in values if same(each.name, "app")), "")
