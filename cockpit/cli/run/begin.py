"""The run that a command line is about: found again or begun, and over when nothing is left to do. Whether a second one
of the same procedure may begin is the runner's to say (RunAlreadyOpen)."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import click

from cockpit.cli import output
from cockpit.cli.run.report import STOPPED, Ending, Written
from cockpit.cli.run.session import incident_for
from cockpit.model.problem import clean_fact
from cockpit.model.run import Run, Value, is_run_done
from cockpit.model.runbook import Procedure
from cockpit.model.text import clean_line
from cockpit.model.time import format_timestamp
from cockpit.runbooks.catalogue.catalogue import CatalogueEntry
from cockpit.runbooks.run.open_runs import find_run_to_go_on, going_on, is_own, is_untouched, still_open
from cockpit.runbooks.run.trust import Trust
from cockpit.runbooks.types import RunAlreadyOpen, RunRefused
from cockpit.session import Session


def must_be_chosen(procedure: Procedure, step: int | None) -> None:
    """A menu is chosen from, and what is chosen is there. Raises RunRefused."""
    if procedure.menu and step is None:
        raise RunRefused(
            f"{procedure.title} is a menu: choose with --step N (cockpit runbooks lists them).",
            code="menu-not-chosen",
            procedure=procedure.title,
        )
    if step is not None and not any(item.ordinal == step for item in procedure.steps):
        raise RunRefused(
            f"{procedure.title} has no step {step}.", code="unknown-step", procedure=procedure.title, step=step
        )


def open_run(session: Session, place: CatalogueEntry, values_by_name: Mapping[str, str]) -> Run | None:
    """The run that `--step` and `--go-on` go on in. Raises RunRefused where another one is as likely to be meant."""
    runs, names = list(session.runner.runs.runs.values()), session.author.names
    about = [Value(name, value, "operator") for name, value in values_by_name.items()]
    environment = session.environment.name
    result = find_run_to_go_on(runs, place.document.runbook, place.procedure, environment, about, names)
    if result is None:
        return None
    if result.own is not None:
        raise RunRefused(
            f"Your run of {place.procedure.title}, begun at {result.own.started:%H:%M} UTC, is on another text of the "
            f"document, and {result.run.operator} began one of this text at {result.run.started:%H:%M} UTC. Nothing "
            "was started. Go on in one of them on the screen, which shows its own text; --new begins one of your own.",
            code="run-of-older-text",
            run=result.own.id,
            other=result.run.id,
            operator=result.run.operator,
        )
    return result.run


def tell_whose(session: Session, this: Run) -> None:
    """That a run is another person's, for who goes on in it; nothing where it is their own."""
    if not is_own(this, session.author.names):
        click.echo(f"In the run that {clean_line(this.operator)} began at {this.started:%H:%M} UTC.", err=True)


async def open_or_begin_run(
    session: Session,
    place: CatalogueEntry,
    values_by_name: Mapping[str, str],
    target: Sequence[Value],
    this: Run | None,
    incident: str | None,
    *,
    trust: str,
    as_json: bool,
    beside: bool = False,
    typed: datetime | None = None,
) -> Run | None:
    """The open run, else a new one, on the incident that was named; None when the document must be read first.

    With `beside` a new one begins whatever is open. Raises RunAlreadyOpen, RunRefused.
    """
    runner, runbook = session.runner, place.document.runbook
    named = incident_for(session, incident, this)
    if this is not None:
        if named is not None:
            runner.belongs(this, named)
        return this
    standing = await asyncio.to_thread(runner.trust, runbook)
    if not standing.trusted and trust != standing.sha256:
        show_untrusted_document(place, standing, as_json)
        return None
    begins = partial(
        runner.start, runbook, place.procedure, values_by_name, trust=standing.sha256, proposed=target, incident=named
    )
    return await asyncio.to_thread(begins, beside=beside, decided=typed)


def already_open(refusal: RunAlreadyOpen, as_json: bool) -> int:
    """Somebody leads a run of this: who, since when, and what can be typed; the exit code."""
    if as_json:
        run = refusal.run
        leads = {"run": run.id, "operator": run.operator, "started": format_timestamp(run.started)}
        stopped = {"step": None, "reason": str(refusal)}
        click.echo(output.format_json({"steps": [], "stopped": stopped, "open": leads, "exit": STOPPED}))
    else:
        goes_on = "" if refusal.run.ended else " --go-on does what is left in it, --step N one step of it;"
        click.echo(f"{refusal}{goes_on} --new begins another.", err=True)
    return STOPPED


def remind_of_open_run(session: Session, place: CatalogueEntry, this: Run) -> None:
    """A new run begins from the top; who has left another one half-way reads of it."""
    runs = [run for run in session.runner.runs.runs.values() if run.id != this.id]
    others = still_open(runs, place.document.runbook, place.procedure, session.environment.name, this.values)
    if others and not is_untouched(others[0]):
        click.echo(f"Another run of this, begun at {others[0].started:%H:%M} UTC, is not over either.", err=True)


def show_untrusted_document(place: CatalogueEntry, standing: Trust, as_json: bool) -> None:
    """A document that is new, or has changed since its last run, is shown first."""
    reason = f"{place.document.runbook.path} {standing.news}"
    if as_json:
        stopped = {"step": None, "reason": reason}
        name_lists = {"steps": [], "stopped": stopped, "trust": standing.sha256, "difference": standing.difference}
        click.echo(output.format_json({**name_lists, "exit": STOPPED}))
        return
    if standing.standing == "changed":
        click.echo(standing.difference)
    click.echo(f"{reason}: read it, then say --trust {standing.sha256}", err=True)


def finish_run(session: Session, this: Run, procedure: Procedure) -> Run:
    """The run is over when nothing is left to do in it; else it stays open for --step.

    A menu is over with what was chosen, unless nobody knows what became of that: only in an open run is it asked about.
    """
    this = session.runner.run(this.id)
    is_over = not going_on(this) if procedure.menu else is_run_done(procedure, this)
    return session.runner.end(this) if is_over else this


def document_of(place: CatalogueEntry, this: Run, written: Written, ending: Ending) -> dict[str, Any]:
    return {
        "run": this.id,
        "procedure": place.name,
        "path": this.path,
        "sha256": this.sha256,
        "environment": this.environment,
        "incident": this.incident,
        "ended": this.ended is not None,
        "steps": written.steps,
        "stopped": describe_stop(ending) if ending.reason else None,
        "exit": ending.code,
    }


def describe_stop(ending: Ending) -> dict[str, Any]:
    """Where it stopped and why; where a rule of the runner stopped it, its code and what it names."""
    refused = {"code": ending.refused, "facts": clean_fact(ending.facts)} if ending.refused else {}
    return {"step": ending.step, "reason": ending.reason, **refused}
