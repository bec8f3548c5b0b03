"""Doing what a known command stands for. Thin: reads and changes each have their table of what does them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cockpit.azure.changes.change import AzureChange, ChangeOutcome
from cockpit.azure.client import Azure
from cockpit.azure.patience import read_patiently
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import read_moment
from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.model.text import clean_line
from cockpit.runbooks.az.output import NoTableError, format_az_output
from cockpit.runbooks.az.parse import AzCommand
from cockpit.runbooks.az.reads import READS, TABLES, Found, Read
from cockpit.runbooks.types import Finished, Progress

CLOCKS_DIFFER = timedelta(minutes=1)  # our clock and the cloud's


@dataclass(frozen=True, slots=True)
class Survey:
    """What a change would meet: `words` for the dialog, `fingerprint` for `perform_az_command` to compare with.

    That is "" if nothing is to be compared. `refusal` says that it would be refused now, and why.
    """

    words: tuple[str, ...] = ()
    fingerprint: str = ""
    refusal: str = ""


async def survey_az_change(native: AzCommand, azure: Azure) -> Survey:
    """Look at what a change would meet, without changing anything. A read meets nothing."""
    from cockpit.runbooks.az.changes import describe_change_effect

    try:
        parts, fingerprint = await describe_change_effect(native, azure)
    except SourceError as error:
        return Survey(refusal=describe_az_problem(error.problem))
    return Survey(parts, fingerprint)


async def perform_az_command(native: AzCommand, azure: Azure, progress: Progress, *, confirmed: str = "") -> Finished:
    """Do it, print as az prints, and tell how it ended. A change is sent once.

    `confirmed`: the fingerprint of the survey that the person saw; when the app is no longer as it was, it is refused.
    """
    try:
        if native.words == "containerapp logs show":
            from cockpit.runbooks.az.logs import show_logs

            return Finished(StepState.OK, await show_logs(native, azure, progress), 0)
        if read := READS.get(native.words):
            value, notes = await _ask(read, native, azure, progress)
            return finish_az_command(native, progress, value, notes)
        from cockpit.runbooks.az.changes import CHANGES  # a read is done without what changes things

        change, value = await CHANGES[native.words](native, azure, progress, confirmed)
    except SourceError as error:
        return build_failure(progress, error.problem, native=native)
    return of_change(native, progress, change, value)


async def _ask(read: Read, native: AzCommand, azure: Azure, progress: Progress) -> Found:
    """A throttled read is asked again where az does so, which is for what it does through an SDK."""
    if not native.words.startswith(WITH_SDK):
        return await read(native, azure)
    return await read_patiently(azure, lambda: read(native, azure), progress.output)


async def resume_operation(
    url: str,
    azure: Azure,
    progress: Progress | None = None,
    *,
    native: AzCommand | None = None,
    since: datetime | None = None,
) -> Finished:
    """Wait for a long operation by its URL, as after a restart. One that is lost from sight is not lost from the world:
    with `native`, the command that began it `since` then, what it was about is looked at again.
    """
    from cockpit.azure.changes.container_app import resume_change as follow
    from cockpit.azure.changes.long_running import settle_change

    change = await follow(azure, url)
    if native is not None and since is not None:
        from cockpit.runbooks.az.changes import has_taken_effect

        sent = since - CLOCKS_DIFFER
        change = await settle_change(azure, change, lambda: has_taken_effect(native, azure, sent))
    if change.outcome is ChangeOutcome.DONE:
        sentence = LOOKED if change.looked else "The operation ended well while it was looked for again."
        return Finished(StepState.OK, sentence, 0, operation=url, ended=read_end(change))
    return replace(not_done(progress, change), ended=read_end(change))


def read_end(change: AzureChange) -> datetime | None:
    """When a long operation ended, by Azure; None where it does not tell. Nobody here may have looked then."""
    return read_moment(change.answer.get("endTime")) if isinstance(change.answer, Mapping) else None


def of_change(native: AzCommand, progress: Progress, change: AzureChange, value: Any) -> Finished:
    if change.outcome is not ChangeOutcome.DONE:
        return not_done(progress, change)
    notes = (LOOKED,) if change.looked else ()
    return finish_az_command(native, progress, value, notes, operation=change.operation)


def finish_az_command(
    native: AzCommand, progress: Progress, value: Any, notes: tuple[str, ...] = (), operation: str = ""
) -> Finished:
    """Print the result; what was done stays done when it cannot be printed as asked."""
    try:
        text = format_az_output(value, output=native.output, query=native.query, rows=TABLES.get(native.words))
    except ValueError as error:
        sentences = str(error) if isinstance(error, NoTableError) else f"The query fails on this result: {error}"
        changed = native.kind is not StepKind.READ
        progress.output(f"ERROR: {clean_line(sentences)}\n")
        done = "It was done, but its result could not be printed. " if changed else ""
        state = StepState.WARN if changed else StepState.FAILED
        return Finished(state, clean_line(done + sentences), 0 if changed else 1, operation=operation)
    if text:
        progress.output(text)
    return Finished(StepState.OK, " ".join((f"{native.describe()}: done.", *notes)), 0, operation=operation)


def not_done(progress: Progress | None, change: AzureChange) -> Finished:
    why = change.problem
    if why is not None and change.outcome is ChangeOutcome.FAILED:
        return build_failure(progress, why, change.operation)
    sentences = f"Unknown whether it was done: {why.message if why else 'no answer came.'} {STILL}"
    if progress is not None:
        progress.output(f"UNKNOWN: {sentences}\n")
    return Finished(StepState.UNKNOWN, sentences, operation=change.operation)


def build_failure(
    progress: Progress | None, problem: Problem, operation: str = "", native: AzCommand | None = None
) -> Finished:
    """`native`: the command that failed, where there is one: az's groups print and end in two ways."""
    words = native.words if native is not None else ""
    if progress is not None:
        if native is not None and problem.kind is ProblemKind.MISSING and words in SWALLOWED:
            progress.output(f"ERROR: The containerapp '{native.one('name')}' does not exist\n")
        else:
            progress.output(format_az_error(problem, words))
    missing = problem.kind is ProblemKind.MISSING and (words.startswith(WITH_SDK) or words in SWALLOWED)
    return Finished(StepState.FAILED, describe_az_problem(problem), 3 if missing else 1, operation=operation)


SWALLOWED = ("containerapp ingress traffic show",)  # az keeps Azure's own words to itself and says its own
WITH_SDK = ("sql ", "monitor ", "account ")  # what az does through an SDK ends with 3 where nothing was found
CODED = re.compile(r"([A-Za-z]\w+): (.+)", re.DOTALL)


def format_az_error(problem: Problem, words: str) -> str:
    """What az writes to its standard error."""
    coded = CODED.fullmatch(problem.message)
    if coded is None:
        return f"ERROR: {clean_line(problem.message)}\n"
    code, message = coded[1], clean_line(coded[2])
    further = f"Code: {code}\nMessage: {message}\n" if words.startswith(WITH_SDK) else ""
    return f"ERROR: ({code}) {message}\n{further}"


def describe_az_problem(problem: Problem) -> str:
    return problem.refusal


LOOKED = "Azure gave no answer, but looking again shows that it was done."
STILL = "Azure may still be working on it. Look before you try again."
