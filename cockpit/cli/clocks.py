"""`cockpit clocks`: what is due in an incident, why, and by when."""

from dataclasses import asdict
from datetime import datetime, timedelta

import click

from cockpit.cli.documents import as_json as to_json
from cockpit.cli.documents import plain
from cockpit.cli.options import Common, common_options, incident_option, json_option
from cockpit.cli.seat import echo, open_cli_session
from cockpit.incident.clocks import clocks
from cockpit.incident.clocks_urgent import urgent
from cockpit.incident.deployed import FOLDED, newest_deployed
from cockpit.model.clock import Clock, ClockState
from cockpit.model.clock_due import shown_due
from cockpit.model.time import RealTime, age

REMEMBERED = timedelta(days=30)  # how far back a deployment is looked for


@click.command(name="clocks", help="What is due in an incident, why and by when; --all tells what is over, too.")
@click.option("--all", "everything", is_flag=True, help="Also what was done, missed, or does not apply.")
@incident_option
@json_option
@common_options
def list_clocks(common: Common, everything: bool, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common, read_only=True) as seat:
        meant, now = seat.desk.find(incident), RealTime().now()
        deployed = newest_deployed(
            seat.timeline.events(environment=meant.environment, kinds=FOLDED, occurred_from=now - REMEMBERED)
        )
        found = clocks(meant, seat.plan, now, zone=seat.zone, deployed=deployed)
        shown = urgent(found, now)
        shown += [each for each in found if each.state(now) is ClockState.OPEN]
        if everything or as_json:
            shown += [each for each in found if each not in shown]
        if as_json:
            click.echo(to_json([_document(each, now) for each in shown]))
            return
        for each in shown:
            echo(f"{left(each, now):<14}  {shown_due(each, seat.zone, now):<27} {each.id}: {_what(each)}")
        if not shown:
            echo(f"Nothing is due in {meant.id}.")


def left(clock: Clock, now: datetime) -> str:
    """`12m left`, `3m late`; how it stands where no time runs."""
    span = clock.left(now)
    if span is None:
        return clock.state(now).value
    return f"{age(abs(span).total_seconds())} {'late' if span < timedelta() else 'left'}"


def _what(clock: Clock) -> str:
    who = f" ({clock.who})" if clock.who else ""
    because = clock.not_applicable or clock.why
    return f"{clock.what}{who}; {because} [{clock.origin}]"


def _document(clock: Clock, now: datetime) -> dict[str, object]:
    span = clock.left(now)
    return {
        **{name: plain(value) for name, value in asdict(clock).items()},
        "state": clock.state(now).value,
        "seconds_left": None if span is None else span.total_seconds(),
    }
