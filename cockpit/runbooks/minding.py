"""What a person should mind before a change: that deployments are frozen, that nobody has kept the evidence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from cockpit.model.run import SETTLED, Run
from cockpit.model.runbook import StepKind
from cockpit.runbooks.ceremony import NEEDS
from cockpit.runbooks.execution import Prepared


@dataclass(frozen=True, slots=True)
class Minding:
    """`frozen` says that nothing may be deployed, "" while it may; `snapshot` is the procedure that preserves the
    evidence, `DOC#PROCEDURE`, "" for none.
    """

    frozen: Callable[[], str] = str
    snapshot: Callable[[], str] = str

    def added(self, prepared: Prepared, incident: str | None, runs: Mapping[str, Run]) -> Prepared:
        """A change with these words among its notices; anything else as it is. It may start all the same."""
        if prepared.kind not in NEEDS:
            return prepared
        words = [self.frozen()]
        if prepared.kind is StepKind.DANGER and incident is not None:
            words.append(not_kept(self.snapshot(), incident, runs, prepared.run))
        return replace(prepared, notices=(*prepared.notices, *filter(None, words)))


def not_kept(snapshot: str, incident: str, runs: Mapping[str, Run], this: str = "") -> str:
    """That no step of the procedure is on record as done in the incident; "" when one is, or `this` run is of it."""
    of_it = [run for run in runs.values() if is_of(snapshot, run)]
    kept = any(run.incident == incident and any(state in SETTLED for _, state in run.states) for run in of_it)
    if not snapshot or kept or this in {run.id for run in of_it}:
        return ""
    return f"No snapshot was taken in this incident: {snapshot} preserves the evidence."


def is_of(snapshot: str, run: Run) -> bool:
    """True for a run of that procedure; its document may be named with its ending or without."""
    document, _, procedure = snapshot.strip().rpartition("#")
    path = PurePath(run.path)
    return run.procedure.casefold() == procedure.casefold() and document.rpartition("/")[2] in (path.name, path.stem)
