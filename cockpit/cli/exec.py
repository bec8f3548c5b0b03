"""`cockpit exec`: any command, run and recorded like a step of a runbook."""

import asyncio
import shlex
from pathlib import Path

import click

from cockpit.cli import documents as json_documents
from cockpit.cli.options import Common, Refusal, common_options, json_option
from cockpit.cli.run_session import Aloud, Written, open_session
from cockpit.cli.run_steps import Asked, Ending, go
from cockpit.model.clean import clean_line
from cockpit.model.event import RecordError
from cockpit.model.runbook import Runbook, StepKind
from cockpit.runbooks.ceremony import ceremony
from cockpit.runbooks.document import read
from cockpit.runbooks.execution import Refused
from cockpit.wiring import Session

NAME = "exec"
SHOWN = 100  # letters of the command in the title


@click.command(
    help="Run COMMAND and record it on the timeline like a step: as typed, what came back, how long it took."
    " A single word with spaces in it is a line for bash. Exit 0: done, 1: it failed, 3: not started, 4: unknown.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("words", metavar="-- COMMAND...", nargs=-1, type=click.UNPROCESSED)
@json_option
@common_options
def command(common: Common, words: tuple[str, ...], as_json: bool) -> None:
    if not words:
        raise Refusal("Say what to run: cockpit exec -- COMMAND ...")
    _, session = open_session(common)
    try:
        ending = asyncio.run(run(session, document(line_of(words)), as_json))
    except (Refused, RecordError) as refusal:
        raise Refusal(str(refusal)) from None
    finally:
        session.close()
    raise SystemExit(ending.code)


def line_of(words: tuple[str, ...]) -> str:
    """The command as bash gets it: the words as they are, or the one line that was typed."""
    return words[0] if len(words) == 1 and " " in words[0].strip() else shlex.join(words)


def document(line: str) -> Runbook:
    """A document with this one command, as if it lay in the current folder."""
    fence = "`" * 12
    return read(
        str(Path.cwd() / NAME), f"# {NAME}: {clean_line(line, SHOWN)}\n\n{fence}bash\n{line}\n{fence}\n".encode()
    )


async def run(session: Session, runbook: Runbook, as_json: bool) -> Ending:
    """Run the only step there is. Who typed the command has seen it: that is its ceremony."""
    if not runbook.procedures or len(runbook.procedures[0].steps) != 1:
        raise Refused("This is not one command: put it into a script, or into a runbook.")
    (procedure,) = runbook.procedures
    runner = session.runner
    tell = Written() if as_json else Aloud()
    try:
        await runner.check_guards()
        this = await asyncio.to_thread(runner.start, runbook, procedure, trust=runbook.sha256)
        prepared = runner.prepare(this, 1)
        wanted = ceremony(prepared, procedure, this.state(1))
        words = (wanted.word,) if prepared.kind is StepKind.DANGER else ()
        ending = await go(runner, this, procedure, Asked(1, True, words), tell)
        this = await asyncio.to_thread(runner.end, this)
    finally:
        await session.disconnect()
    if isinstance(tell, Written):
        found = {"run": this.id, "incident": this.incident, "steps": tell.steps, "stopped": ending.reason or None}
        click.echo(json_documents.as_json({**found, "exit": ending.code}))
    elif ending.reason:
        click.echo(f"{ending.reason}.", err=True)
    return ending
