"""`cockpit exec`: any command, run and recorded like a step of a runbook.

It is one command: what it loads is most of the time that it takes. A known read of az goes a short way of its own, and
what any other command needs is loaded for that one.
"""

import gc

import click

from cockpit.cli.options import Common, Refusal, common_options, json_option
from cockpit.cli.run.report import for_incident
from cockpit.cli.streams import FinishedCommand

RARELY = 100_000, 20, 20  # objects between two looks; a log that is followed for hours is still tidied


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
    from cockpit.cli.run.known_read import run_known_read  # after the collector's threshold: it loads most of it

    code = run_known_read(common, words, incident, as_json)
    if code is not None:
        raise FinishedCommand(code)
    from cockpit.cli.run.typed_command import run_typed_command

    raise SystemExit(run_typed_command(common, words, incident, as_json))
