"""`cockpit status`: one look at every source, one word, one exit code for scripts and other monitors."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import click

from cockpit.cli.options import (
    Common,
    Refusal,
    choose_environment,
    common_options,
    json_option,
    load_system,
    timeline_path,
    usage_sentence,
)
from cockpit.cli.output import format_json
from cockpit.cli.status.text import (
    EnvironmentRecord,
    State,
    build_status_document,
    freeze_document,
    print_freezes,
    print_states,
    read_records,
)
from cockpit.model.overall import WORSE, OverallState
from cockpit.model.own_line import suspect_own_line
from cockpit.model.reading import Freshness, Reading, compute_freshness
from cockpit.model.system import Environment, System
from cockpit.model.text import clean_line
from cockpit.model.time import RealTime, Time

log = logging.getLogger(__name__)
HELP = """Look once at every source and say how it stands, with the open incidents and the freeze of the timeline.

Exit code: 0 healthy, 1 degraded or an incident of the upper half of the severity scale is open, 2 down, 3 when it
cannot be known (a source did not answer or not all of it, nothing is watched, the timeline cannot be read, or the
command itself failed). Without --env it looks at every environment, and the worst one counts.

For pipelines, --freeze asks no source: exit code 1 while an environment is frozen, 0 while none is, 3 when the timeline
cannot be read or is not there.
"""
FROZEN = 1


class Unknown(Refusal):
    """Why nothing can be judged. Never the exit code of a service that is down."""

    exit_code = OverallState.UNKNOWN.exit_code


class StatusCommand(click.Command):
    """A mistyped option is no outage either."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise Unknown(usage_sentence(error, ctx.command_path), code="usage") from None


@click.command(name="status", cls=StatusCommand, help=HELP)
@click.option("--freeze", "only_freeze", is_flag=True, help="Only say whether deployments are frozen: exit code 1.")
@json_option
@common_options
def command(common: Common, only_freeze: bool, as_json: bool) -> None:
    if only_freeze:
        raise SystemExit(_say_freeze(common, as_json))
    states = check_asked_environments(common)
    word = find_worst_state(states)
    if as_json:
        click.echo(format_json(build_status_document(states, word)))
    else:
        print_states(states)
    raise SystemExit(word.exit_code)


def check_asked_environments(common: Common) -> list[State]:
    """How the asked environments stand. Raises Unknown for whatever keeps it from being known."""
    try:
        system, environments = _choose_environments(common)
        records = _read_records(system, common, environments)
        return asyncio.run(check_environments(system, environments, records))
    except Refusal as error:
        raise Unknown(error.message, code=error.code, **error.facts) from None
    except KeyboardInterrupt:
        raise Unknown("Interrupted before every source had answered.", code="interrupted") from None
    except Exception as error:
        log.exception("status failed")
        problem = getattr(error, "problem", None)
        sentence = problem.sentence if problem else f"{type(error).__name__}: {error}"
        raise Unknown(clean_line(sentence, 500), code=getattr(error, "code", "status-failed")) from None


def _choose_environments(common: Common) -> tuple[System, Sequence[Environment]]:
    """The system, and of its environments those that were asked for. Raises Refusal."""
    system = load_system(common)
    return system, system.environments if common.env is None else (choose_environment(system, common.env),)


def _read_records(
    system: System, common: Common, environments: Sequence[Environment]
) -> Mapping[str, EnvironmentRecord]:
    """What the timeline says of them, by the severity scale of the documents, as the screen has it."""
    from cockpit.runbooks.plan.load import read_plan

    return read_records(system, read_plan(system), common, environments)


def _say_freeze(common: Common, as_json: bool) -> int:
    """Print whether deployments are frozen; the exit code. Raises Unknown where nobody can know."""
    try:
        system, environments = _choose_environments(common)
        records = _read_records(system, common, environments)
    except Refusal as error:
        raise Unknown(error.message, code=error.code, **error.facts) from None
    for record in records.values():
        if record.problem or not record.exists:
            why = record.problem or f"nothing was recorded yet at {timeline_path(system, common)}."
            raise Unknown(f"Whether deployments are frozen is not known: {clean_line(why, 400)}", code="freeze-unknown")
    exit_code = FROZEN if any(record.freeze for record in records.values()) else OverallState.OK.exit_code
    if as_json:
        click.echo(format_json(freeze_document(records, exit_code)))
    else:
        print_freezes(records)
    return exit_code


def find_worst_state(states: Sequence[State]) -> OverallState:
    """The word of several environments: their worst."""
    return max((item.overall.word for item in states), key=WORSE.__getitem__, default=OverallState.UNKNOWN)


async def check_environments(
    system: System,
    environments: Sequence[Environment],
    records: Mapping[str, EnvironmentRecord],
    time: Time | None = None,
) -> list[State]:
    """Ask every feed of the environments once, side by side; nothing is recorded. Raises SourceError."""
    import os
    from random import Random

    from cockpit.config import Secrets
    from cockpit.connections import build_feeds, connect_environments

    time, reveal = time or RealTime(), Secrets(os.environ).reveal
    random = Random()
    connections = connect_environments(system, environments, read_only=True, time=time, random=random)
    try:
        known: dict[str, Any] = {}  # the apps of each environment, asked first: a probe of one at zero wakes nothing
        feeds = [
            feed
            for environment in environments
            for feed in build_feeds(
                environment,
                connections,
                time=time,
                random=random,
                reveal=reveal,
                references=system.references,
                memory=records[environment.name].memory,
                is_asleep=partial(_find_sleeper, known, environment.name),
            )
        ]
        began = time.monotonic()
        first = [feed for feed in feeds if feed.name == "revisions" and wakes_nothing(feed.environment, environments)]
        early = await asyncio.gather(*(feed.poll() for feed in first))
        known |= {reading.environment: reading.value for reading in early if reading.problem is None}
        polled = [*early, *await asyncio.gather(*(feed.poll() for feed in feeds if feed not in first))]
        readings = [suspect_own_line(reading, polled, began) for reading in polled]
    finally:
        await connections.close()
    now = time.monotonic()
    return [build_state(environment, readings, records[environment.name], now) for environment in environments]


def _find_sleeper(known: Mapping[str, Any], environment: str, app: str) -> bool | None:
    from cockpit.connections import is_app_asleep

    return is_app_asleep(known.get(environment), app)


def wakes_nothing(name: str, environments: Sequence[Environment]) -> bool:
    """Whether a probe of an environment asks only while its app runs."""
    return any(probe.only_while_running for item in environments if item.name == name for probe in item.probes)


def build_state(
    environment: Environment, readings: Sequence[Reading[Any]], record: EnvironmentRecord, now: float
) -> State:
    """One environment's part of the answers."""
    mine = [reading for reading in readings if reading.environment == environment.name]
    return State(environment, tuple(mine), {reading.feed: judge_single_look(reading, now) for reading in mine}, record)


def judge_single_look(reading: Reading[Any], now: float) -> Freshness:
    """Its state by the moment it answered: it waited for a source that hangs, and is no older for that."""
    if reading.seen is None:
        return compute_freshness(reading, now)
    return replace(compute_freshness(reading, reading.seen), age=max(0.0, now - reading.seen))


# What `cockpit` prints where nothing can be drawn: in a pipe, under cron, on a dumb terminal.


def print_status(common: Common) -> int:
    """Print how everything stands; the answer is the exit code of `cockpit status`."""
    click.echo("cockpit: there is no terminal to draw on, so this is `cockpit status`.", err=True)
    states = check_asked_environments(common)
    print_states(states)
    return find_worst_state(states).exit_code
