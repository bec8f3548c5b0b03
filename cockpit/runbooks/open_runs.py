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
    wanted = (runbook.path, procedure.slug, environment)
    mine = [
        each
        for each in runs
        if each.ended is None
        and (each.path, each.procedure, each.environment) == wanted
        and app_of(each.values) in ("", app_of(about) or app_of(each.values))
    ]
    return sorted(mine, key=lambda each: (bool(unknown(each)), each.started), reverse=True)


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
