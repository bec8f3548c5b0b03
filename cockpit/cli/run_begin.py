"""The run that a command line is about: found again or begun, told of, and over when nothing is left to do."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import click

from cockpit.cli import documents as json_documents
from cockpit.cli.run_session import Written, incident_for
from cockpit.cli.run_steps import STOPPED, Ending
from cockpit.model.run import SETTLED, Run, Value
from cockpit.model.runbook import Procedure
from cockpit.runbooks.catalogue import Place
from cockpit.runbooks.execution import Refused
from cockpit.runbooks.open_runs import still_open, unknown, untouched
from cockpit.runbooks.trust import Trust
from cockpit.wiring import Session


def must_be_chosen(procedure: Procedure, step: int | None) -> None:
    """A menu is chosen from, and what is chosen is there. Raises Refused."""
    if procedure.menu and step is None:
        raise Refused(f"{procedure.title} is a menu: choose with --step N (cockpit runbooks lists them).")
    if step is not None and not any(each.ordinal == step for each in procedure.steps):
        raise Refused(f"{procedure.title} has no step {step}.")


def open_run(session: Session, place: Place) -> Run | None:
    """The newest run of this procedure that is not over: a step of it goes on with what was verified and answered."""
    runbook = place.document.runbook
    wanted = (runbook.path, place.procedure.slug, runbook.sha256, session.environment.name)
    mine = [
        each
        for each in session.runner.runs.runs.values()
        if (each.path, each.procedure, each.sha256, each.environment) == wanted and each.ended is None
    ]
    return max(mine, key=lambda each: each.started, default=None)


async def begun(
    session: Session,
    place: Place,
    given: Mapping[str, str],
    target: Sequence[Value],
    this: Run | None,
    incident: str | None,
    *,
    trust: str,
    as_json: bool,
) -> Run | None:
    """The run at hand, else a new one, on the incident that was named; None when the document must be read first."""
    runner, runbook = session.runner, place.document.runbook
    named = incident_for(session, incident, this)
    if this is not None:
        if named is not None:
            runner.belongs(this, named)
        return this
    standing = await asyncio.to_thread(runner.trust, runbook)
    if not standing.trusted and trust != standing.sha256:
        untrusted(place, standing, as_json)
        return None
    return await asyncio.to_thread(
        runner.start, runbook, place.procedure, given, trust=standing.sha256, proposed=target, incident=named
    )


def remind(session: Session, place: Place) -> None:
    """A new run begins from the top; who has left one open is told of it."""
    runs = list(session.runner.runs.runs.values())
    found = still_open(runs, place.document.runbook, place.procedure, session.environment.name)
    if found and not untouched(found[0]):
        unseen = "".join(f", and nobody knows how its step {each} ended" for each in unknown(found[0])[:1])
        click.echo(
            f"A run of this began at {found[0].started:%H:%M} UTC and is not over{unseen}: --step N goes on.", err=True
        )


def untrusted(place: Place, standing: Trust, as_json: bool) -> None:
    """A document that is new, or has changed since its last run, is shown first."""
    what = "has never run here" if standing.standing == "new" else "has changed since its last run"
    reason = f"{place.document.runbook.path} {what}"
    if as_json:
        stopped = {"step": None, "reason": reason}
        found = {"steps": [], "stopped": stopped, "trust": standing.sha256, "difference": standing.difference}
        click.echo(json_documents.as_json({**found, "exit": STOPPED}))
        return
    if standing.standing == "changed":
        click.echo(standing.difference)
    click.echo(f"{reason}: read it, then say --trust {standing.sha256}", err=True)


def finish(session: Session, this: Run, procedure: Procedure) -> Run:
    """The run is over when nothing is left to do in it; else it stays open for --step."""
    this = session.runner.run(this.id)
    left = [each for each in procedure.steps if each.command and each.alternative_to is None]
    over = procedure.menu or all(this.state(each.ordinal) in SETTLED for each in left)
    return session.runner.end(this) if over else this


def document_of(place: Place, this: Run, written: Written, ending: Ending) -> dict[str, Any]:
    return {
        "run": this.id,
        "procedure": place.name,
        "path": this.path,
        "sha256": this.sha256,
        "environment": this.environment,
        "incident": this.incident,
        "ended": this.ended is not None,
        "steps": written.steps,
        "stopped": {"step": ending.step, "reason": ending.reason} if ending.reason else None,
        "exit": ending.code,
    }
