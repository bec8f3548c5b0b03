"""`cockpit timeline`: what happened, in the order it happened."""

import click

from cockpit.cli.documents import as_json as to_json
from cockpit.cli.documents import event_document
from cockpit.cli.options import Common, common_options, incident_option, json_option
from cockpit.cli.seat import CliSession, echo, open_cli_session
from cockpit.incident.history import with_events
from cockpit.incident.membership import standing
from cockpit.model.event import Event


@click.command(
    name="timeline",
    help="Print the events of an incident; without --incident everything of the environment. Times are UTC.",
)
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Only the newest N events.")
@incident_option
@json_option
@common_options
def timeline(common: Common, limit: int | None, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common, read_only=True) as seat:
        events = _events(seat, incident, limit)
    if as_json:
        click.echo(to_json([event_document(each) for each in events]))
        return
    for each in standing(events):
        echo(line(each))
    if not events:
        echo(f"Nothing is recorded in {seat.environment.name} yet.")


def _events(seat: CliSession, incident: str | None, limit: int | None) -> list[Event]:
    if incident is None:
        return seat.timeline.events(environment=seat.environment.name, limit=limit)
    _, events = with_events(seat.timeline, seat.system.ladder, seat.desk.find(incident))
    return events[-limit:] if limit else events


def line(event: Event) -> str:
    """`   42  2026-02-27 02:14:31Z  alert     recorder    5xx errors fired (high)`; the id is what `redact` takes."""
    words = "(redacted)" if event.redacted else event.summary
    corrected = " (corrected)" if event.supersedes is not None else ""
    who = event.actor or event.source
    return f"{event.id:>5}  {event.occurred:%Y-%m-%d %H:%M:%S}Z  {event.kind:<9} {who:<11} {words}{corrected}"
