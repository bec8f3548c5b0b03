"""Any command that was typed, as a document of one step: it goes the whole way that a step of a runbook goes."""

import asyncio
import os
import re
import shlex
from collections.abc import Mapping

import click

from cockpit.cli.options import Common, Refusal
from cockpit.cli.run.report import STOPPED, Aloud, Ending, Written
from cockpit.cli.run.session import incident_for, open_session, tell_where
from cockpit.cli.run.steps import StepRequest, run_steps
from cockpit.cli.run.typed_document import LINE, make_typed_document, make_typed_procedure, make_typed_step
from cockpit.model.event import RecordError
from cockpit.model.operator import PersonUnknown
from cockpit.model.runbook import Runbook, StepKind
from cockpit.model.text import clean_line, is_clean
from cockpit.runbooks.document.read import name_safely
from cockpit.runbooks.document.step_kind import kind_of
from cockpit.runbooks.document.steps import from_fence, number_steps
from cockpit.runbooks.prepare.confirmation import find_required_confirmation
from cockpit.runbooks.prepare.prepare import CHANGES
from cockpit.runbooks.shell_syntax.hidden_letters import find_hidden_letters
from cockpit.runbooks.shell_syntax.literal_secrets import hide_literal_secrets
from cockpit.runbooks.shell_syntax.unset_variables import unset_variables
from cockpit.runbooks.types import RunRefused
from cockpit.session import Session

VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")


def run_typed_command(common: Common, words: tuple[str, ...], incident: str | None, as_json: bool) -> int:
    """Run and record it: the exit code. Raises Refusal."""
    _, session = open_session(common)
    try:
        session.author.must_be_named()
        runbook = make_command_document(line_of(words))
        step = runbook.procedures[0].steps[0]
        must_know_variables(step.command, step.kind, os.environ)
        ending = asyncio.run(run_command(session, runbook, incident, as_json))
    except (RunRefused, RecordError, PersonUnknown) as refusal:
        raise Refusal.of(refusal) from None
    finally:
        session.close()
    return ending.code


def line_of(parts: tuple[str, ...]) -> str:
    """The command as bash gets it: the words as they are, or the one line that was typed."""
    return parts[0] if len(parts) == 1 and " " in parts[0].strip() else shlex.join(parts)


def make_command_document(line: str) -> Runbook:
    """A document with this one command, as if it lay in the current folder; nothing in it is a placeholder.

    What runs is the line to the letter: nobody mends what was typed. Raises RunRefused for what is not one command.
    """
    steps = number_steps(from_fence("bash", line, LINE - 1).steps)
    if len(steps) != 1 or not steps[0].command:
        raise RunRefused("This is not one command: put it into a script, or into a runbook.", code="not-one-command")
    is_altered = not is_clean(line) or bool(find_hidden_letters(line))
    step = make_typed_step(line, kind_of(line), clean_line(hide_literal_secrets(line)), altered=is_altered)
    return make_typed_document(line, name_safely([make_typed_procedure(step)])[0])


def list_shell_variables(line: str, environ: Mapping[str, str]) -> dict[str, str]:
    """What the shell that this was typed at knows of the variables in it; steps start in an environment without."""
    return {name: environ[name] for name in VARIABLE.findall(line) if name in environ}


def must_know_variables(line: str, kind: StepKind, environ: Mapping[str, str]) -> None:
    """A variable that the shell at hand has, but did not export, would be empty here: `rm -rf $DIR/*` is another thing
    then. What only looks may find nothing. Raises RunRefused."""
    if kind not in CHANGES:
        return
    unknown = [variable.name for variable in unset_variables(line) or () if variable.name not in environ]
    if unknown:
        raise RunRefused(
            f"${unknown[0]} is not set here, and would be empty: export it before, or write its value.",
            code="variable-not-set",
            name=unknown[0],
        )


async def run_command(session: Session, runbook: Runbook, incident: str | None, as_json: bool) -> Ending:
    """Run the only step there is. Who typed the command has seen it: that is its confirmation."""
    (procedure,) = runbook.procedures
    runner = session.runner
    values_by_name = list_shell_variables(procedure.steps[0].command, os.environ)
    tell = Written() if as_json else Aloud(piped=True)
    try:
        await runner.check_guards()
        visible = await runner.survey(await asyncio.to_thread(runner.preview, runbook, procedure, 1, values_by_name))
        if not visible.runnable:
            return not_started(visible.reason_not_runnable, as_json)
        named = incident_for(session, incident)
        this = await asyncio.to_thread(
            runner.start, runbook, procedure, values_by_name, trust=runbook.sha256, incident=named
        )
        if not as_json:
            tell_where(session, this)
        prepared = runner.prepare(this, 1)
        required_confirmation = find_required_confirmation(prepared, procedure, this.state(1))
        parts = (required_confirmation.word,) if prepared.kind is StepKind.DANGER else ()
        ending = await run_steps(runner, this, procedure, StepRequest(1, True, parts), tell)
        this = await asyncio.to_thread(runner.end, this)
    finally:
        await session.disconnect()
    if isinstance(tell, Written):
        click.echo(tell.format_document(this.id, this.incident, ending.reason or None, ending.code))
        return ending
    if ending.reason:
        click.echo(f"{ending.reason.removesuffix('.')}.", err=True)
    tell.must_be_heard()
    return ending


def not_started(reason: str, as_json: bool) -> Ending:
    """Refused before there is a run: the timeline tells of what was done, not of what was not."""
    if as_json:
        click.echo(Written().format_document(None, None, reason, STOPPED))
    else:
        click.echo(f"{reason.removesuffix('.')}.", err=True)
    return Ending(STOPPED, reason)
