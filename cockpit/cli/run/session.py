"""What `run` and `exec` stand on: a session whose panes have been looked at once, and who hears what happens."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import click

from cockpit.build_session import build_session
from cockpit.cli.options import Common, Refusal, choose_environment, find_operator, load_system, timeline_path
from cockpit.cli.session import list_incident_choices
from cockpit.incident.actions.errors import IncidentActionError
from cockpit.model.event import RecordError
from cockpit.model.problem import SourceError
from cockpit.model.reading import Reading
from cockpit.model.run import Attempt, Run, StepState
from cockpit.model.runbook import Step
from cockpit.model.system import Environment, System
from cockpit.model.text import clean_text
from cockpit.model.time import format_timestamp
from cockpit.runbooks.types import Finished, Prepared
from cockpit.session import Session

APPS = "revisions"
NONE = "none"  # of the incidents; no id ends in these letters
FIRST_LOOK = 15.0  # seconds to wait for the panes; what they would have filled in is asked for after that


for_incident = click.option(
    "--incident", metavar="ID", help=f"The incident it belongs to, or `{NONE}`; the only open one if not given."
)


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
    """On which incident a run is written down; nothing where there is none to choose from."""
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


class Aloud:
    """Tells a person, as it happens. With `piped` standard output holds what the command printed there, alone."""

    def __init__(self, *, piped: bool = False) -> None:
        self._piped = piped
        self._native = False

    def begins(self, step: Step, prepared: Prepared | None) -> None:
        self._native = prepared is not None and prepared.native is not None
        kind = prepared.kind if prepared else step.kind
        click.secho(f"{step.ordinal} {clean_text(step.title)}  [{kind}]", bold=True, err=self._piped)
        if prepared is not None:
            if prepared.script is not None and prepared.cwd != prepared.start:
                click.echo(f"  in {prepared.cwd}", err=self._piped)
            if prepared.script is not None and prepared.kept_shell.variables:
                click.echo(f"  set before: {prepared.kept_shell.describe()}", err=self._piped)
            click.echo(command_line(prepared.as_run), nl=False, err=self._piped)
            for text in (*prepared.meets, *prepared.notices):
                click.echo(f"  {text}", err=self._piped)

    def output(self, text: str) -> None:
        click.echo(text, nl=False, err=self._piped and self._native and text.startswith("ERROR: "))

    def ended(self, step: Step, attempt: Attempt) -> None:
        sentence = "; ".join(text for text in (attempt.outcome, attempt.verified) if text)
        state = f"{attempt.state.value}{f': {sentence}' if sentence else ''}"
        click.echo(f"  {state} ({count_seconds(attempt):.1f} s)\n", err=self._piped)

    def settled(self, step: Step, state: StepState, reason: str) -> None:
        click.echo(f"  {state.value}: {reason}\n", err=self._piped)


class Written:
    """Keeps what happened, for JSON."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []

    def begins(self, step: Step, prepared: Prepared | None) -> None:
        self.steps.append(
            {
                "step": step.ordinal,
                "title": step.title,
                "kind": prepared.kind.value if prepared else step.kind.value,
                "command": prepared.as_run if prepared else "",
                "native": prepared is not None and prepared.native is not None,
                "notices": [*prepared.meets, *prepared.notices] if prepared else [],
                "state": StepState.TODO.value,
            }
        )

    def output(self, text: str) -> None:
        """The attempt has it all, at its end."""

    def ended(self, step: Step, attempt: Attempt) -> None:
        self.steps[-1] |= {
            "state": attempt.state.value,
            "exit_code": attempt.exit_code,
            "az_exit": attempt.exit_code if self.steps[-1]["native"] else None,
            "outcome": attempt.outcome,
            "verified": attempt.verified,
            "output": attempt.output,
            "began": format_timestamp(attempt.began),
            "seconds": count_seconds(attempt),
            "transcript": attempt.transcript,
        }

    def settled(self, step: Step, state: StepState, reason: str) -> None:
        self.steps[-1] |= {"state": state.value, "outcome": reason}


def command_line(command: str) -> str:
    """A command as it would be typed, its further lines below the first."""
    return "".join(f"  {'$' if index == 0 else ' '} {line}\n" for index, line in enumerate(command.splitlines()))


def count_seconds(attempt: Attempt) -> float:
    return (attempt.ended - attempt.began).total_seconds() if attempt.ended else 0.0
