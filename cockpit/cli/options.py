"""Options that several commands share, and what they stand for: a system, an environment, a timeline, a person."""

import errno
import functools
import json
import os
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from cockpit.model.operator import Operator
    from cockpit.model.problem import CodedError
    from cockpit.model.system import Environment, System
    from cockpit.timeline.timeline import Timeline

F = TypeVar("F", bound=Callable[..., Any])
TIMELINE_FILE = "timeline.db"
DRILL_FILE = "drilled-system.json"  # beside the cockpit.toml of a simulator on which somebody drills their own system
typed_at: ContextVar[Callable[[], datetime] | None] = ContextVar("typed_at", default=None)
"""Tells when the command line of this process was typed: what happened later, nobody can have known who typed it."""


JSON_ASKED = "cockpit.json"
"""In click's context: whether the command that runs was asked for JSON; its refusal is JSON, too."""


class Refusal(click.ClickException):
    """One sentence that says what to do, with its code and facts; exit code 2.

    What was typed may hold anything, and is repeated: all of it is cleaned here.
    """

    exit_code = 2

    def __init__(self, message: str, *, code: str = "refused", **facts: Any) -> None:
        from cockpit.model.problem import clean_fact  # whoever is not refused does not wait for it
        from cockpit.model.text import clean_text

        super().__init__(clean_text(message))
        self.code, self.facts = code, {name: clean_fact(fact) for name, fact in facts.items()}
        context = click.get_current_context(silent=True)  # gone when it is shown
        self.as_json = bool(context and context.meta.get(JSON_ASKED))

    @classmethod
    def of(cls, error: "CodedError", message: str = "") -> "Refusal":
        """What an action, the runner or the timeline refused; `message` where the command line words it otherwise."""
        return cls(message or str(error), code=error.code, **error.facts)

    def document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"ok": False, "code": self.code, "message": self.message, "facts": self.facts}

    def show(self, file: Any = None) -> None:
        if self.as_json:
            click.echo(json.dumps(self.document()))
        click.echo(f"cockpit: {self.message}", err=True)


def usage_sentence(error: click.UsageError, command: str) -> str:
    """What was mistyped, and where the options stand: those of `command` where the error knows none itself."""
    sentence = error.format_message().rstrip()
    command = error.ctx.command_path if error.ctx is not None else command
    return f"{sentence}{'' if sentence.endswith(('.', '?')) else '.'} `{command} --help` tells the options."


@dataclass(frozen=True, slots=True)
class Common:
    """What was asked of every command alike. None means not given."""

    config: str | None = None
    db: str | None = None
    env: str | None = None
    read_only: bool = False
    person: str | None = None  # who is at a shared login

    def over(self, outer: "Common | None") -> "Common":
        """These options, with those given before the subcommand filling the gaps."""
        if outer is None:
            return self
        return Common(
            self.config or outer.config,
            self.db or outer.db,
            self.env or outer.env,
            self.read_only or outer.read_only,
            outer.person if self.person is None else self.person,
        )


def common_options(command: F) -> F:
    """Add --config, --db, --env, --read-only and --as; the command gets one `common: Common`."""

    @click.option("--config", metavar="PATH", help="The cockpit.toml to use.")
    @click.option("--db", metavar="PATH", help="The timeline file, instead of the one in the data directory.")
    @click.option("--env", metavar="NAME", help="The environment; the first in the file if not given.")
    @click.option("--read-only", is_flag=True, help="Refuse every change, to the cloud and to the timeline.")
    @click.option("--as", "person", metavar="NAME", help="Who you are, on a login that several people use.")
    @functools.wraps(command)
    def wrapped(
        *args: Any,
        config: str | None,
        db: str | None,
        env: str | None,
        read_only: bool,
        person: str | None,
        **kwargs: Any,
    ) -> Any:
        outer = click.get_current_context().obj
        common = Common(config, db, env, read_only, person).over(outer if isinstance(outer, Common) else None)
        return command(*args, common=common, **kwargs)

    return wrapped  # type: ignore[return-value]


incident_option = click.option("--incident", metavar="ID", help="The incident; the only open one if not given.")


def remember_json(context: click.Context, parameter: click.Parameter, value: bool) -> bool:
    """So that a refusal is JSON, too."""
    context.meta[JSON_ASKED] = value
    return value


json_option = click.option(
    "--json", "as_json", is_flag=True, is_eager=True, callback=remember_json, help="Print JSON; of a refusal as well."
)


def load_system(common: Common) -> "System":
    """The configured system, or the built-in default where no file is found. Raises Refusal with every error."""
    from cockpit.config import ConfigErrors, Secrets, default_system, find_config_file, list_candidates, load_system

    try:
        path = find_config_file(common.config, os.environ, Path.cwd())
        if path is not None and os.path.exists(path.parent / DRILL_FILE):
            return _load_drilled_system(common, path.parent / DRILL_FILE)
        searched = [candidate for _, candidate in list_candidates(common.config, os.environ, Path.cwd())]
        system = load_system(path) if path is not None else default_system(searched)
    except ConfigErrors as errors:
        raise Refusal.of(errors) from None
    Secrets(os.environ).learn(system.secrets())  # before anything from outside is read: all of it may echo one
    if system.commands:
        from cockpit.model.runbook import learn_team_commands

        learn_team_commands(system.commands)
    return replace(system, read_only=system.read_only or common.read_only)


def _load_drilled_system(common: Common, file: Path) -> "System":
    """The system of a drill on its simulator, as it is on the screen. Raises Refusal."""
    from cockpit.simulator.drill import simulate_by_ready_line

    try:
        drill = json.loads(file.read_text(encoding="utf-8"))
        own = load_system(replace(common, config=str(drill["config"])))
        return replace(simulate_by_ready_line(own, drill["ready_line"]), read_only=common.read_only)
    except (OSError, ValueError, KeyError, TypeError):
        from cockpit.model.text import clean_line

        raise Refusal(
            f"{clean_line(file)} should say which system is drilled there, and cannot be read.",
            code="drill-unreadable",
            file=clean_line(file),
        ) from None


def choose_environment(system: "System", name: str | None) -> "Environment":
    """The environment of that name, or the first. Raises Refusal naming those there are."""
    if name is None:
        return system.environments[0]
    chosen = system.environment(name)
    if chosen is None:
        from cockpit.model.text import clean_line

        environment_names = ", ".join(environment.name for environment in system.environments)
        raise Refusal(
            f"There is no environment `{clean_line(name, 60)}`; the configuration has: {environment_names}.",
            code="unknown-environment",
            name=clean_line(name, 60),
            known=environment_names,
        )
    return chosen


def timeline_path(system: "System", common: Common) -> Path:
    """Where the events are, and beside them whatever belongs to them."""
    from cockpit.timeline.location import find_real_file

    return find_real_file(Path(common.db).expanduser() if common.db else Path(system.data) / TIMELINE_FILE)


def open_timeline(system: "System", common: Common, *, read_only: bool = False, there: bool = False) -> "Timeline":
    """The timeline of this command; `there` for one that begins none. Raises Refusal when it cannot be opened."""
    from cockpit.config import Secrets
    from cockpit.model.event import RecordError
    from cockpit.model.time import RealTime
    from cockpit.timeline.timeline import Timeline

    secrets = Secrets(os.environ)
    secrets.learn(system.secrets())
    path, closed = timeline_path(system, common), read_only or system.read_only
    if (there or (read_only and common.db)) and _is_missing(path):
        from cockpit.model.text import clean_line

        advice = "check --db" if common.db else "nothing was recorded yet"
        raise Refusal(
            f"There is no timeline at {clean_line(path)}; {advice}.", code="timeline-missing", file=clean_line(path)
        )
    try:
        timeline = Timeline(path, time=RealTime(), read_only=closed, mask=secrets.mask)
    except RecordError as error:
        raise Refusal.of(error) from None
    if timeline.orphaned_wal is not None:
        from cockpit.timeline.rescue import describe_orphaned_wal

        click.echo(f"cockpit: {describe_orphaned_wal(timeline.orphaned_wal)}", err=True)
    return timeline


def _is_missing(path: Path) -> bool:
    """False also where we may not look: the timeline itself says so better."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ENOENT
    return False


def find_operator(system: "System", common: Common, *, can_ask: bool = True) -> "Operator":
    """Who is at the keys. Raises Refusal."""
    from cockpit.cli.login import operator_of
    from cockpit.model.operator import PersonError

    try:
        return operator_of(system.shared_logins, common.person, can_ask=can_ask)
    except PersonError as error:
        raise Refusal.of(error) from None
