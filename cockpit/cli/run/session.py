"""What `run` and `exec` stand on: a session whose panes have been looked at once."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import click

from cockpit.build_session import build_session
from cockpit.cli.options import Common, Refusal, choose_environment, find_operator, load_system, timeline_path
from cockpit.cli.run.report import NONE
from cockpit.cli.session import list_incident_choices
from cockpit.incident.actions.errors import IncidentActionError
from cockpit.model.event import RecordError
from cockpit.model.problem import SourceError
from cockpit.model.reading import Reading
from cockpit.model.run import Run
from cockpit.model.system import Environment, System
from cockpit.runbooks.types import Finished
from cockpit.session import Session

APPS = "revisions"
FIRST_LOOK = 15.0  # seconds to wait for the panes; what they would have filled in is asked for after that


def open_session(common: Common) -> tuple[System, Session]:
    """The session of the chosen environment; its feeds are built when they are asked for. Blocking. Raises Refusal."""
    system = load_system(common)
    environment: Environment = choose_environment(system, common.env)
    try:
        session = build_session(
            system,
            environment,
            timeline_path(system, common),
            operator=find_operator(system, common),
            watches=False,
        )
    except (RecordError, SourceError) as error:
        raise Refusal.of(error) from None
    if sys.stdin.isatty() and sys.stdout.isatty():
        session.runner.terminal = hand_over
    return system, session


def incident_for(session: Session, named: str | None, this: Run | None = None) -> str | None:
    """The id of the incident that was named, "" for `none`; None leaves it to the run, or to the only one open.

    Where several are open somebody must say which. Raises Refusal.
    """
    try:
        if this is not None and this.incident:
            if named and (named == NONE or session.incident_actions.find(named).id != this.incident):
                raise Refusal(
                    f"This run belongs to {this.incident}.", code="run-of-another-incident", incident=this.incident
                )
            return None
        if named:
            return "" if named == NONE else session.incident_actions.find(named).id
    except IncidentActionError as error:
        raise Refusal.of(error) from None
    if open := session.incident_choices(this):
        listed = f"{list_incident_choices(open)}\n  --incident {NONE}  it goes to the journal"
        raise Refusal(f"{len(open)} incidents are open; choose one:\n{listed}", code="ambiguous-incident")
    return None


def tell_where(session: Session, this: Run) -> None:
    """In which environment a run is, and on which incident it is written down; nothing where there is no choice."""
    if len(session.system.environments) > 1:
        click.echo(f"In {session.environment.name}.", err=True)
    where = session.runner.incident(this)
    if where or session.incident_actions.open():
        click.echo(f"On {where or 'no incident: it goes to the journal'}.", err=True)


async def hand_over(there: Callable[[], Finished]) -> Finished:
    """The terminal is ours to give."""
    return await asyncio.to_thread(there)


@asynccontextmanager
async def watch_environment(session: Session) -> AsyncIterator[None]:
    """Watch while it lasts; begins when the apps, which fill in values, have answered once or are late."""
    event = asyncio.Event()

    def heard(reading: Reading[Any]) -> None:
        if reading.feed == APPS:
            event.set()

    stop = session.watch.listen(heard)
    watch = asyncio.create_task(session.watch.run(), name="watch")
    if not any(feed.name == APPS for feed in session.watch.feeds):
        event.set()
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_LOOK):
                await event.wait()
        yield
    finally:
        stop()
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
        await session.disconnect()
