"""`cockpit status`: one look at every source, one word, one exit code for scripts and other monitors."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from cockpit.cli.documents import as_json as to_json
from cockpit.cli.options import (
    Common,
    Refusal,
    choose_environment,
    common_options,
    json_option,
    load_system,
    usage_sentence,
)
from cockpit.cli.status_since import recorded_turns
from cockpit.cli.status_text import State, document, print_states
from cockpit.model.clean import clean_line
from cockpit.model.overall import WORSE, Word
from cockpit.model.reading import Reading, freshness
from cockpit.model.system import Environment, System
from cockpit.model.time import RealTime, Time

log = logging.getLogger(__name__)
HELP = """Look once at every source and say how it stands.

Exit code: 0 healthy, 1 degraded, 2 down, 3 when it cannot be known (a source did not answer, nothing is watched, or the
command itself failed). Without --env it looks at every environment, and the worst one counts.
"""


class Unknown(Refusal):
    """Why nothing can be said. Never the exit code of a service that is down."""

    exit_code = Word.UNKNOWN.exit_code


class StatusCommand(click.Command):
    """A mistyped option is no outage either."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise Unknown(usage_sentence(error, ctx.command_path)) from None


@click.command(name="status", cls=StatusCommand, help=HELP)
@json_option
@common_options
def command(common: Common, as_json: bool) -> None:
    states = looked(common)
    word = worst(states)
    if as_json:
        click.echo(to_json(document(states, word)))
    else:
        print_states(states)
    raise SystemExit(word.exit_code)


def looked(common: Common) -> list[State]:
    """How the asked environments stand. Raises Unknown for whatever keeps it from being known."""
    try:
        system = load_system(common)
        asked = system.environments if common.env is None else (choose_environment(system, common.env),)
        states = asyncio.run(look(system, asked))
        return [replace(each, turns=recorded_turns(system, common, each.environment.name)) for each in states]
    except Refusal as error:
        raise Unknown(error.message) from None
    except KeyboardInterrupt:
        raise Unknown("Interrupted before every source had answered.") from None
    except Exception as error:
        log.exception("status failed")
        problem = getattr(error, "problem", None)
        said = f"{problem.message} {problem.advice}".strip() if problem else f"{type(error).__name__}: {error}"
        raise Unknown(clean_line(said, 500)) from None


def worst(states: Sequence[State]) -> Word:
    """The word of several environments: their worst."""
    return max((each.overall.word for each in states), key=WORSE.__getitem__, default=Word.UNKNOWN)


async def look(system: System, environments: Sequence[Environment], time: Time | None = None) -> list[State]:
    """Ask every feed of the environments once, side by side; nothing is recorded. Raises SourceError."""
    import os
    from random import Random

    from cockpit.config import Secrets
    from cockpit.wiring import build_feeds, connect

    time, reveal = time or RealTime(), Secrets(os.environ).reveal
    credential, clouds = connect(system, environments, read_only=True, time=time)
    try:
        feeds = [
            feed
            for each in environments
            for feed in build_feeds(each, clouds.get(each.name), time=time, random=Random(), reveal=reveal)
        ]
        readings = await asyncio.gather(*(feed.poll() for feed in feeds))
    finally:
        for cloud in clouds.values():
            await cloud.close()
        if credential is not None:
            await credential.close()
    return [state(each, readings, time.monotonic()) for each in environments]


def state(environment: Environment, readings: Sequence[Reading[Any]], now: float) -> State:
    """One environment's part of the answers."""
    mine = [each for each in readings if each.environment == environment.name]
    return State(environment, tuple(mine), {each.feed: freshness(each, now) for each in mine})
