"""A CLI session: what the commands that act or read on the timeline need, and their errors as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import click

from cockpit.cli.options import (
    Common,
    Refusal,
    choose_environment,
    find_operator,
    load_system,
    open_timeline,
    typed_at,
)
from cockpit.incident.actions.errors import AmbiguousIncident, IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.model.event import RecordError
from cockpit.model.incident import Incident
from cockpit.model.operator import PersonUnknown
from cockpit.model.plan import Plan
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.system import Environment, System
from cockpit.model.text import clean_line
from cockpit.model.time import (
    DurationError,
    LengthError,
    RealTime,
    WhenError,
    find_zone,
    format_age,
    name_hour,
    parse_past_moment,
    seconds,
)
from cockpit.recorder.record_end import describe_record_end, read_record_end
from cockpit.timeline.timeline import Timeline


@dataclass(frozen=True, slots=True)
class CliSession:
    system: System  # its severity scale is the plan's
    plan: Plan
    environment: Environment
    timeline: Timeline
    incident_actions: IncidentActions

    @property
    def zone(self) -> tzinfo:
        """The zone of local times: the configured one, else the machine's."""
        return find_zone(self.system.time_zone)

    def find_lately(self, incident: str | None, *, acts: bool = False) -> Incident:
        """The incident that is meant; while none is open the one that ended lately, and then it is named. `acts`:
        something is about to be done to it.

        Raises IncidentActionError, AmbiguousIncident.
        """
        meant = self.incident_actions.find(incident, lately=True, acts=acts)
        if incident is None and meant.resolved is not None:
            ago = format_age((RealTime().now() - meant.resolved).total_seconds())
            named = f"{meant.id}, resolved {ago} ago: {clean_line(meant.title)}"
            click.echo(f"No incident is open; this is about {named}", err=True)
        return meant

    def moment(self, text: str | None) -> datetime | None:
        """A time as it was typed. Raises WhenError."""
        if text is None:
            return None
        moment = parse_past_moment(text, RealTime().now(), self.zone)
        if which := name_hour(moment):
            click.echo(f"{which}. Write the zone beside it for the other one.", err=True)
        return moment


def _tell_taken(incident: Incident) -> None:
    """Which incident was taken for the one that is meant, for who may not have heard of it."""
    by = f" by {clean_line(incident.declared_by)}" if incident.declared_by else ""
    click.echo(
        f"On {incident.id}, declared at {incident.declared:%H:%M} UTC{by}: {clean_line(incident.title)}", err=True
    )


def _read_plan(system: System) -> Plan:
    from cockpit.runbooks.plan.load import read_plan

    return read_plan(system)


@contextmanager
def open_cli_session(
    common: Common, *, read_only: bool = False, there: bool = False, documents: bool = True
) -> Iterator[CliSession]:
    """The actions of the chosen environment. What they refuse becomes a Refusal; open incidents are listed.

    Without a configuration file any name of an environment will do. `there`: what acts on what was recorded begins no
    timeline. Without `documents` none is read: for what no plan has a say in.
    """
    system = load_system(common)
    if common.env and not system.file:
        environment = Environment(clean_line(common.env, 80))
    else:
        environment = choose_environment(system, common.env)
    plan = _read_plan(system) if documents else Plan(severity_scale=system.severity_scale or DEFAULT_SEVERITY_SCALE)
    system = replace(system, severity_scale=plan.severity_scale)
    try:
        with open_timeline(system, common, read_only=read_only, there=there) as timeline:
            incident_actions = IncidentActions(
                timeline,
                operator=find_operator(system, common),
                environment=environment.name,
                severity_scale=plan.severity_scale,
                plan=plan,
                time=RealTime(),
                source="cli",
                only_drills=environment.drill,
                typed=typed_at.get(),
                names_environment=common.env is not None,
                tell_taken=_tell_taken,
            )
            sends_webhooks = environment.webhooks and not read_only
            newest = timeline.events(limit=1) if sends_webhooks else []
            try:
                yield CliSession(system, plan, environment, timeline, incident_actions)
            finally:
                if sends_webhooks and has_turned(timeline, environment.name, after=newest[-1].id if newest else 0):
                    tell_in_background(common, system.file, str(timeline.path), environment.name)
    except AmbiguousIncident as error:
        raise Refusal(
            f"{error.reason}; choose one:\n{list_incident_choices(error.open)}\n"
            f"For example: `{_name_typed(error.own.id if error.own else 'ID')}`",
            code="ambiguous-incident",
            incidents=[{"id": incident.id, "title": clean_line(incident.title)} for incident in error.open],
        ) from None
    except (IncidentActionError, RecordError, WhenError, LengthError, PersonUnknown) as error:
        raise Refusal.of(error) from None


def warn_unrecorded(cli_session: CliSession, environment: str) -> datetime | None:
    """Say on standard error that what is read of the record is as of an earlier moment, where nobody records now; that
    moment, else None."""
    now = RealTime().now()
    recorded_until = read_record_end(cli_session.timeline, environment, now)
    if recorded_until is not None:
        click.echo(f"{clean_line(environment)} is told {describe_record_end(recorded_until, now)}.", err=True)
    return recorded_until


def _name_typed(id: str) -> str:
    """What to type to mean an incident, with the command that was typed: `cockpit brief --incident 2026-11-30-ghc`."""
    context = click.get_current_context(silent=True)
    return f"{context.command_path if context else 'cockpit brief'} --incident {id}"


def has_turned(timeline: Timeline, environment: str, *, after: int) -> bool:
    """Whether something was recorded since that is posted to webhooks."""
    from cockpit.incident.messages.webhook_payload import TURN_KINDS, find_turn

    return any(find_turn(event) for event in timeline.events(environment=environment, kinds=TURN_KINDS, after=after))


def list_incident_choices(incidents: tuple[Incident, ...] | list[Incident]) -> str:
    """One line for each incident that can be named, as it is typed."""
    return "\n".join(
        f"  --incident {incident.id}  {'DRILL ' if incident.drill else ''}{incident.severity_text} {incident.status} "
        f"{clean_line(incident.title)}"
        for incident in incidents
    )


def print_clean(text: str) -> None:
    """Print; what came from others was cleaned when it was written, and again here, for files we did not write.

    The indent stays: it is what right-aligns a first column, and what a line below belongs to.
    """
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip(" "))]
        click.echo(indent + clean_line(line, 10_000) if line.strip() else "")


# `--since`: how far back to look, `90d` or a time.

since_option = click.option(
    "--since", metavar="TIME", help="Only from then on: `90d`, `2h`, `14:05`, `2026-02-27 14:05`."
)


def parse_since(cli_session: CliSession, text: str | None) -> datetime | None:
    """The moment that was typed; a bare duration counts back from now. Raises WhenError."""
    if text is None:
        return None
    try:
        seconds(text.strip().casefold())
    except DurationError:
        return cli_session.moment(text)
    return cli_session.moment(f"{text} ago")


def tell_in_background(common: Common, config: str, timeline: str, environment: str) -> None:
    """Start a process that tells the webhooks, and wait for nothing: a receiver that hangs delays no command.

    Where it cannot be started, the next cockpit or command within ten minutes tells them.
    """
    import os
    import subprocess
    import sys
    import threading

    root = str(Path(__file__).resolve().parents[2])  # where the package lies
    options: dict[str, Any] = {"--config": config, "--db": timeline, "--env": environment, "--as": common.person}
    command = [sys.executable, "-P", "-m", "cockpit", "webhook", "send"]
    command += [text for name, value in options.items() if value for text in (name, str(value))]
    try:
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        threading.Thread(target=process.wait, daemon=True).start()  # it outlives us; while we live it is no zombie
    except OSError as error:
        click.echo(f"Webhooks are told by the next cockpit that opens: {error.strerror}.", err=True)
