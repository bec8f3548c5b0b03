"""The `cockpit` command. Each subcommand lives in its own file and is imported when it runs."""

import importlib
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click

from cockpit.cli.core_dumps import forbid_core_dumps
from cockpit.cli.log import log_path, log_to_file
from cockpit.cli.options import JSON_ASKED, Common, Refusal, common_options, typed_at, usage_sentence
from cockpit.cli.streams import (
    BROKEN,
    OUTPUT_LOST,
    READER_LEFT,
    FinishedCommand,
    OutputError,
    ReaderLeftError,
    drop_output,
    leave_at_once,
    open_streams,
)

COMMANDS = {
    "wall": "cockpit.cli.screen:wall",
    "demo": "cockpit.cli.demo:demo",
    "simulator": "cockpit.cli.demo:simulator",
    "status": "cockpit.cli.status.command:command",
    "declare": "cockpit.cli.incident.lifecycle:declare",
    "note": "cockpit.cli.incident.lifecycle:note",
    "ack": "cockpit.cli.incident.lifecycle:ack",
    "change": "cockpit.cli.incident.lifecycle:change",
    "silence": "cockpit.cli.incident.silence:silence",
    "webhook": "cockpit.cli.incident.webhook:webhook",
    "beat": "cockpit.cli.beat:beat",
    "settle": "cockpit.cli.incident.lifecycle:settle",
    "severity": "cockpit.cli.incident.lifecycle:severity",
    "resolve": "cockpit.cli.incident.lifecycle:resolve",
    "impact": "cockpit.cli.incident.lifecycle:impact",
    "reopen": "cockpit.cli.incident.lifecycle:reopen",
    "role": "cockpit.cli.incident.people:role",
    "called": "cockpit.cli.incident.people:called",
    "update": "cockpit.cli.incident.people:update",
    "message": "cockpit.cli.incident.entries:message",
    "clocks": "cockpit.cli.incident.clocks:list_clocks",
    "clock": "cockpit.cli.incident.clocks:clock",
    "task": "cockpit.cli.incident.clocks:task",
    "loop": "cockpit.cli.incident.clocks:loop",
    "aware": "cockpit.cli.incident.clocks:aware",
    "tick": "cockpit.cli.incident.work:tick",
    "freeze": "cockpit.cli.incident.work:freeze",
    "item": "cockpit.cli.incident.work:item",
    "scenario": "cockpit.cli.incident.work:scenario",
    "recovered-to": "cockpit.cli.incident.work:recovered_to",
    "decide": "cockpit.cli.incident.entries:decide",
    "correct": "cockpit.cli.incident.entries:correct",
    "pin": "cockpit.cli.incident.entries:pin",
    "link": "cockpit.cli.incident.entries:link",
    "review": "cockpit.cli.incident.entries:review",
    "brief": "cockpit.cli.status.briefs:brief",
    "shift": "cockpit.cli.status.briefs:shift",
    "follow": "cockpit.cli.status.briefs:follow",
    "record": "cockpit.cli.timeline:record_headless",
    "incidents": "cockpit.cli.timeline:incidents",
    "timeline": "cockpit.cli.timeline:timeline",
    "export": "cockpit.cli.export:export",
    "metrics": "cockpit.cli.metrics:metrics",
    "search": "cockpit.cli.search:search",
    "drills": "cockpit.cli.runbooks.drills:command",
    "verify": "cockpit.cli.timeline:verify",
    "redact": "cockpit.cli.timeline:redact",
    "restore": "cockpit.cli.timeline:restore",
    "plan": "cockpit.cli.runbooks.plan:command",
    "runbooks": "cockpit.cli.runbooks.list:command",
    "lint": "cockpit.cli.runbooks.list:lint_documents",
    "run": "cockpit.cli.run.command:command",
    "exec": "cockpit.cli.run.exec:command",
    "import": "cockpit.cli.import_gatus:import_group",
    "check": "cockpit.cli.check.command:command",
    "schema": "cockpit.cli.check.command:schema",
    "info": "cockpit.cli.check.command:info",
    "reset": "cockpit.cli.reset:command",
}


@contextmanager
def refuse_in_one_sentence(command: Callable[[], str]) -> Iterator[None]:
    """A mistyped command line is refused in one sentence, without click's page about its usage."""
    try:
        yield
    except click.UsageError as error:
        raise Refusal(usage_sentence(error, command()), code="usage") from None
    except click.Abort:
        raise Refusal("Stopped: the question was not answered.", code="question-not-answered") from None


# How `cockpit --help` groups the commands.
COMMAND_GROUPS = {
    "Watch": ("wall", "status", "brief", "shift", "follow", "clocks", "drills"),
    "Act": ("run", "exec", "freeze", "change", "silence", "webhook", "beat"),
    "Incident": (
        *("declare", "note", "ack", "settle", "severity", "impact", "resolve", "reopen", "role", "called", "message"),
        *("update", "decide", "task", "loop", "tick", "clock", "aware", "scenario", "recovered-to"),
        *("pin", "link", "correct"),
    ),
    "Record": ("record", "incidents", "timeline", "search", "verify", "redact", "restore"),
    "Afterwards": ("export", "review", "item", "metrics"),
    "Runbooks": ("runbooks", "lint", "plan"),
    "Set up": ("check", "import", "schema", "info", "demo", "simulator", "reset"),
}


class LazyGroup(click.Group):
    """A group whose commands are named here and imported only when asked for."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One section for each group; every summary is cut to the same width."""
        width = max(map(len, COMMANDS))
        for title, names in COMMAND_GROUPS.items():
            commands = ((name, self.get_command(ctx, name)) for name in names)
            rows = [
                (name.ljust(width), command.get_short_help_str(formatter.width - width - 6))
                for name, command in commands
                if command is not None
            ]
            with formatter.section(title):
                formatter.write_dl(rows)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, name = place.split(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with refuse_in_one_sentence(lambda: "cockpit"):
            return super().make_context(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[JSON_ASKED] = "--json" in args  # also where what is mistyped keeps the option from being read
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with refuse_in_one_sentence(lambda: f"cockpit {ctx.invoked_subcommand or ''}".rstrip()):
            return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean `cockpit {near[0]}`?" if near else " `cockpit --help` lists the commands."
            raise Refusal(f"There is no command `{args[0]}`.{hint}", code="unknown-command", command=args[0])
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="incident-cockpit", prog_name="cockpit")
@common_options
@click.pass_context
def cockpit(ctx: click.Context, common: Common) -> None:
    """Watch, act and remember during an incident.

    Without a command it opens the screen on the system that cockpit.toml describes. `cockpit demo` shows it on a
    simulated one.
    """
    ctx.obj = common
    if ctx.invoked_subcommand is None:
        from cockpit.cli.screen import open_cockpit

        open_cockpit(common)


def _find_process_start() -> datetime:
    """Imported when a command asks for it: most do not."""
    from cockpit.runbooks.run.process.identity import process_began

    return process_began()


def _run_command(argv: Sequence[str] | None) -> None:
    try:
        cockpit.main(args=list(argv) if argv is not None else None, prog_name="cockpit")
    except FinishedCommand as end:
        if argv is not None:  # within another program, which goes on
            raise
        leave_at_once(end)


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point: every failure is one sentence on stderr, never a traceback."""
    open_streams()
    forbid_core_dumps()
    log_to_file()
    earlier_typed_at = typed_at.set(
        _find_process_start if argv is None else None
    )  # within another program that began long before
    try:
        _run_command(argv)
    except OutputError as error:
        # The deed stands before its words: a note that could not be printed is on the timeline all the same.
        drop_output()
        click.echo(f"cockpit: The output could not be written ({error.strerror}); what was done is done.", err=True)
        sys.exit(OUTPUT_LOST)
    except ReaderLeftError:
        # The reader of our output left (`cockpit timeline | head`): nothing more to say, and nobody to say it to.
        drop_output()
        sys.exit(READER_LEFT)
    except Exception as error:
        logging.getLogger("cockpit").exception("unexpected")
        from cockpit.model.problem import describe_shortage
        from cockpit.model.text import clean_line, clean_text

        if isinstance(error, OSError) and (sentence := describe_shortage(error)):
            click.echo(f"cockpit: {sentence}", err=True)
            sys.exit(BROKEN)
        click.echo(f"cockpit: unexpected {type(error).__name__}: {clean_line(error, 300)}", err=True)
        click.echo(f"This is a defect; {log_path()} says where. COCKPIT_DEBUG=1 prints it.", err=True)
        if os.environ.get("COCKPIT_DEBUG") == "1":
            click.echo(clean_text(traceback.format_exc()), err=True)  # what broke may have been told a secret
        sys.exit(BROKEN)
    finally:
        typed_at.reset(earlier_typed_at)
