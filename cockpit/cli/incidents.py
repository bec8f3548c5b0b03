"""`cockpit incidents`: every incident, newest last."""

import click

from cockpit.cli.documents import as_json as to_json
from cockpit.cli.documents import incident_document
from cockpit.cli.options import Common, common_options, json_option
from cockpit.cli.seat import echo, open_cli_session
from cockpit.model.incident import Incident, describe_severity
from cockpit.model.ladder import SeverityScale
from cockpit.model.time import lasted


@click.command(name="incidents", help="List the incidents, newest last; with --env those of one environment.")
@click.option("--open", "only_open", is_flag=True, help="Only those still open.")
@json_option
@common_options
def incidents(common: Common, only_open: bool, as_json: bool) -> None:
    with open_cli_session(common, read_only=True) as seat:
        ladder = seat.plan.ladder
        found = [
            each
            for each in seat.desk.incidents()
            if (common.env is None or each.environment == seat.environment.name) and (each.open or not only_open)
        ]
    if as_json:
        click.echo(to_json([incident_document(each) for each in found]))
        return
    for each in found:
        echo(render_incident_line(each, ladder))
    if not found:
        echo("No open incident." if only_open else "No incident yet. `cockpit declare TITLE` begins one.")


def render_incident_line(incident: Incident, ladder: SeverityScale = ()) -> str:
    """`2026-02-27-k7f  P1  resolved       02-27 02:15Z  28m 05s  prod  Readiness failing`."""
    ran = lasted(incident.open_for(incident.resolved)) if incident.resolved else ""
    drill = "[drill] " if incident.drill else ""
    severity = describe_severity(incident, ladder)
    return (
        f"{incident.id}  {severity:<5} {incident.status:<13} {incident.declared:%m-%d %H:%M}Z  {ran:>11}  "
        f"{incident.environment}  {drill}{incident.title}"
    )
