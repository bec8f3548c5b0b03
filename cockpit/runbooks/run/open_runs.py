"""Runs that are not over: which one is meant by whoever asks for the same again, and which waits for a person. Pure."""

import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cockpit.model.run import SETTLED, Run, StepState, Value
from cockpit.model.runbook import Procedure, Runbook, StepKind
from cockpit.runbooks.run.runs import JUDGED_BY_A_PERSON
from cockpit.runbooks.shell_syntax.placeholders import asks_for_same

DONE = frozenset({StepState.OK, StepState.WARN})
HOME = re.compile(r"^/(?:home/[^/]+|Users/[^/]+|root)/")
HAS_BEEN_DONE = DONE | {StepState.BY_HAND}
CHANGES = frozenset({StepKind.CHANGE.value, StepKind.DANGER.value})


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
    return sorted(mine, key=lambda run: (bool(list_unknown_steps(run)), run.started), reverse=True)


@dataclass(frozen=True, slots=True)
class RunToGoOn:
    """The open run in which a person goes on; `own` is one of theirs that it is not, on another text of the document
    and begun or worked on by them: then nobody can say which of both they mean."""

    run: Run
    own: Run | None = None


def find_run_to_go_on(
    runs: Iterable[Run],
    runbook: Runbook,
    procedure: Procedure,
    environment: str,
    about: Sequence[Value],
    names: Sequence[str],
) -> RunToGoOn | None:
    """The run of this very text that is not over, whichever copy of it somebody has read: a step of it goes on with
    what was verified and answered. Their own comes before anybody else's, by the `names` of the person; of several the
    newest. One about another app than `about` names is not meant."""
    result = still_open(runs, runbook, procedure, environment, about)
    same = [run for run in result if run.sha256 == runbook.sha256]
    newest = max(same, key=lambda run: (is_own(run, names), run.started), default=None)
    if newest is None:
        return None
    own = [] if is_own(newest, names) else [run for run in result if is_own(run, names)]
    return RunToGoOn(newest, max(own, key=lambda run: run.started, default=None))


def find_run_to_settle(
    runs: Iterable[Run], runbook: Runbook, procedure: Procedure, environment: str, step: int, names: Sequence[str]
) -> Run | None:
    """The run in which that step waits for a person, else the newest that is not over; of an older text, too. Their own
    comes before anybody else's, by the `names` of the person."""
    result = still_open(runs, runbook, procedure, environment)
    result.sort(key=lambda run: (run.state(step) not in JUDGED_BY_A_PERSON, not is_own(run, names)))
    return next(iter(result), None)


def is_own(run: Run, names: Iterable[str]) -> bool:
    """Whether a person of these names has begun a run, or a step of it."""
    actors = {run.operator.casefold(), *(attempt.actor.casefold() for attempt in run.attempts)}
    return any(name.casefold() in actors for name in names)


def same_target(values: Sequence[Value], others: Sequence[Value]) -> bool:
    """False only when both name an app, and not the same."""
    return len({app_of(values), app_of(others)} - {""}) < 2


def list_competing_runs(runs: Iterable[Run], run: Run) -> list[Run]:
    """Other runs of its procedure on its target, over or not, whichever copy of the document they work on."""
    return [
        other
        for other in runs
        if other.id != run.id
        and (drop_home(other.path) == drop_home(run.path) or other.sha256 == run.sha256)
        and (other.procedure, other.environment) == (run.procedure, run.environment)
        and same_target(other.values, run.values)
    ]


def drop_home(path: str) -> str:
    """A path without whose home it lies in: two checkouts of one folder are one document, at other commits as well."""
    return HOME.sub("~/", path)


def going_on(run: Run) -> list[int]:
    """The steps that run, or that nobody saw the end of."""
    return [step for step, state in run.states if state in (StepState.RUNNING, StepState.UNKNOWN)]


def list_unknown_steps(run: Run) -> list[int]:
    """The steps that nobody saw the end of."""
    return [step for step, state in run.states if state is StepState.UNKNOWN]


def list_done_changes(run: Run) -> list[int]:
    """The steps whose change was done here, and is not known to be undone."""
    return [
        step
        for step, state in run.states
        if state in HAS_BEEN_DONE
        and any(
            attempt.step == step and attempt.kind in CHANGES and attempt.state in DONE and not attempt.undo
            for attempt in run.attempts
        )
    ]


def find_last_moment(run: Run) -> datetime:
    """When something was begun in it last."""
    return max((attempt.began for attempt in run.attempts), default=run.started)


def find_rollback_to(runs: Iterable[Run], environment: str, application: str, revision: str) -> Run | None:
    """The newest run, over by now, that took an app back to the revision; None where none did."""
    led_there = {"app": application, "previous": revision}
    return max(
        (
            run
            for run in runs
            if run.environment == environment
            and run.ended is not None
            and led_there.items() <= {value.name: value.shown for value in run.values}.items()
            and list_done_changes(run)
        ),
        key=find_last_moment,
        default=None,
    )


def is_about_another_target(run: Run, other: Run) -> bool:
    """True when a person named something else for one than the other has: it is about another thing. What was
    proposed differs by itself once the first has changed something."""
    others = {value.name: value for value in other.values}
    return any(
        value.shown != others[value.name].shown and "operator" in (value.source, others[value.name].source)
        for value in run.values
        if value.name in others
    )


def is_untouched(run: Run) -> bool:
    """True as long as nothing was done in it."""
    return not run.states


def agrees_with_values(run: Run, about: Sequence[Value]) -> bool:
    """True when a run stands on these values, as far as it has them."""
    values_by_name = {value.name: value.shown for value in run.values}
    return all(values_by_name.get(value.name, value.shown) == value.shown for value in about)


def app_of(values: Sequence[Value]) -> str:
    """The app that values are about, "" where none of them says."""
    return next((value.shown for value in values if asks_for_same(value.name, "app")), "")


# One that waits for a person: at which step, and what it leaves until then.


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
