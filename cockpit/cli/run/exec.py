"""`cockpit exec`: any command, run and recorded like a step of a runbook."""

import asyncio
import gc
import hashlib
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import click

from cockpit.cli import output
from cockpit.cli.options import Common, Refusal, common_options, json_option
from cockpit.cli.run.session import (
    Aloud,
    Written,
    for_incident,
    incident_for,
    open_session,
    tell_where,
)
from cockpit.cli.run.steps import STOPPED, Ending, StepRequest, run_steps
from cockpit.model.event import RecordError
from cockpit.model.operator import PersonUnknown
from cockpit.model.runbook import Procedure, Runbook, Step, StepKind
from cockpit.model.text import clean_line, clean_unmasked, is_clean
from cockpit.runbooks.document.labels import make_slug
from cockpit.runbooks.document.read import named_safely
from cockpit.runbooks.document.step_kind import kind_of
from cockpit.runbooks.document.steps import from_fence, number_steps
from cockpit.runbooks.prepare.confirmation import find_required_confirmation
from cockpit.runbooks.shell_syntax.hidden_letters import find_hidden_letters
from cockpit.runbooks.shell_syntax.literal_secrets import hide_literal_secrets
from cockpit.runbooks.types import RunRefused
from cockpit.session import Session

NAME = "exec"
VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")
SHOWN = 100  # letters of the command in the title
RARELY = 100_000, 20, 20  # objects between two looks; a log that is followed for hours is still tidied
LINE = 4  # where the command stands in its document


@click.command(
    help="Run COMMAND and record it on the timeline like a step: as typed, what came back, how long it took."
    " A single word with spaces in it is a line for bash. Exit 0: done, 1: it failed, 3: not started, 4: unknown.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("words", metavar="-- COMMAND...", nargs=-1, type=click.UNPROCESSED)
@for_incident
@json_option
@common_options
def command(common: Common, words: tuple[str, ...], incident: str | None, as_json: bool) -> None:
    if not words:
        raise Refusal("Say what to run: cockpit exec -- COMMAND ...", code="command-missing")
    gc.set_threshold(*RARELY)  # it is one command: to look for garbage in what was just loaded is a part of its time
    _, session = open_session(common)
    try:
        session.author.must_be_named()
        ending = asyncio.run(run_command(session, make_command_document(line_of(words)), incident, as_json))
    except (RunRefused, RecordError, PersonUnknown) as refusal:
        raise Refusal.of(refusal) from None
    finally:
        session.close()
    raise SystemExit(ending.code)


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
    shown_text = clean_line(hide_literal_secrets(line))
    shown_text = shown_text if len(shown_text) <= SHOWN else f"{shown_text[: SHOWN - 1]}…"  # the step has it whole
    is_altered = not is_clean(line) or bool(find_hidden_letters(line))
    step = Step(1, f"{NAME}: {shown_text}", kind_of(line), LINE, line, "bash", altered=is_altered, literal=True)
    procedure = named_safely(Procedure(step.title, make_slug(step.title), 1, 1, (step,)))
    fence, path = "`" * 12, str(Path.cwd() / NAME)
    text = f"# {procedure.title}\n\n{fence}bash\n{line}\n{fence}\n"
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Runbook(path, procedure.title, digest, clean_unmasked(text), (procedure,))


def list_shell_variables(line: str, environ: Mapping[str, str]) -> dict[str, str]:
    """What the shell that this was typed at knows of the variables in it; steps start in an environment without."""
    return {name: environ[name] for name in VARIABLE.findall(line) if name in environ}


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
        fields = {"run": this.id, "incident": this.incident, "steps": tell.steps, "stopped": ending.reason or None}
        click.echo(output.format_json({**fields, "exit": ending.code}))
    elif ending.reason:
        click.echo(f"{ending.reason.removesuffix('.')}.", err=True)
    return ending


def not_started(reason: str, as_json: bool) -> Ending:
    """Refused before there is a run: the timeline tells of what was done, not of what was not."""
    if as_json:
        click.echo(output.format_json({"run": None, "incident": None, "steps": [], "stopped": reason, "exit": STOPPED}))
    else:
        click.echo(f"{reason.removesuffix('.')}.", err=True)
    return Ending(STOPPED, reason)
