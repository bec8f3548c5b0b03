"""`cockpit run ... --step N --settle WORD`: a person's word on a step that nobody here saw the end of, or could run."""

import asyncio

import click

from cockpit.cli import output
from cockpit.cli.run.begin import document_of, finish_run, must_be_chosen, open_or_begin_run, tell_whose
from cockpit.cli.run.report import DONE, STOPPED, Ending, Written
from cockpit.cli.run.steps import StepRequest
from cockpit.model.run import Run, StepState
from cockpit.model.runbook import Procedure, Runbook, Step
from cockpit.model.text import clean_line
from cockpit.runbooks.catalogue.catalogue import CatalogueEntry
from cockpit.runbooks.run.open_runs import find_run_to_settle
from cockpit.runbooks.run.runner import Runner
from cockpit.runbooks.run.runs import JUDGED_BY_A_PERSON
from cockpit.runbooks.types import RunRefused
from cockpit.session import Session

WORDS = {
    "ok": StepState.OK,
    "by-hand": StepState.BY_HAND,
    "failed": StepState.FAILED,
    "skipped": StepState.SKIPPED,
}


async def settle_step(runner: Runner, run: Run, step: int, word: str, reason: str) -> tuple[Run, Step, StepState]:
    """Write it down. What was never run here and is `ok` was done by hand. Raises RunRefused, RecordError."""
    result = await asyncio.to_thread(runner.step, run, step)
    state, was = WORDS[word], runner.run(run.id).state(step)
    if state is StepState.OK and was not in JUDGED_BY_A_PERSON:
        state = StepState.BY_HAND
    if state is StepState.BY_HAND and not reason.strip():
        raise RunRefused("Say what was done, with --reason TEXT: it goes on the timeline.", code="reason-missing")
    return await asyncio.to_thread(runner.settle, run, step, state, reason), result, state


def must_mean_one_step(document: Runbook, procedure: Procedure, place: CatalogueEntry, number: int) -> None:
    """A run keeps to the text that it began with. Where that number is another step by now, nobody can say which of
    both is meant. Raises RunRefused."""
    if document.sha256 == place.document.runbook.sha256:
        return
    then, now = (
        next((step for step in steps if step.ordinal == number), None)
        for steps in (procedure.steps, place.procedure.steps)
    )
    if then is None or (now is not None and (now.command or now.title) == (then.command or then.title)):
        return
    by_now = f"{now.title}" if now is not None else "not there any more"
    raise RunRefused(
        f"The document has changed since this run began: its step {number} is {then.title}, and in the document it is "
        f"{by_now}. Settle it on the screen, which shows the run's own text.",
        code="step-renumbered",
        step=number,
        then=then.title,
        now=by_now,
    )


def print_settled_step(step: Step, state: StepState, who: str, reason: str) -> None:
    click.echo(f"{step.ordinal} {clean_line(step.title)}: {state.value}, by {who}: {clean_line(reason, 300)}")


async def by_word(
    session: Session,
    place: CatalogueEntry,
    request: StepRequest,
    word: str,
    reason: str,
    incident: str | None,
    *,
    trust: str,
    as_json: bool,
) -> int:
    """Settle one step by a person's word; the exit code. Nothing is started, and nothing is watched."""
    runner, step = session.runner, request.step or 0
    try:
        await runner.leadership.recover()
        runs = list(runner.runs.runs.values())
        environment, names = runner.environment.name, session.author.names
        this = find_run_to_settle(runs, place.document.runbook, place.procedure, environment, step, names)
        if this is None:
            must_be_chosen(place.procedure, step)
        this = await open_or_begin_run(
            session, place, request.values_by_name, (), this, incident, trust=trust, as_json=as_json
        )
        if this is None:
            return STOPPED
        tell_whose(session, this)
        must_mean_one_step(runner.document(this), runner.procedure(this), place, step)
        this, result, state = await settle_step(runner, this, step, word, reason)
        this = await asyncio.to_thread(finish_run, session, this, runner.procedure(this))
    finally:
        await session.disconnect()
    if as_json:
        tell = Written()
        tell.begins(result, None)
        tell.settled(result, state, reason)
        click.echo(output.format_json(document_of(place, this, tell, Ending(DONE))))
    else:
        print_settled_step(result, state, session.operator, reason)
    return DONE
