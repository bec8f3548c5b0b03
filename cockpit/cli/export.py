"""`cockpit export`: the post-mortem draft, the whole incident as JSON, or its timeline as a table."""

from pathlib import Path

import click

from cockpit.cli.options import Common, Refusal, common_options, incident_option, json_option
from cockpit.cli.output import format_json
from cockpit.cli.session import CliSession, list_incident_choices, open_cli_session, print_clean
from cockpit.incident.actions.errors import AmbiguousIncident, IncidentActionError
from cockpit.incident.postmortem.export import NEW_FILE, Exporter, ExportForm, ExportResult
from cockpit.incident.postmortem.merge import NotOurDraft
from cockpit.model.incident import Incident
from cockpit.model.time import RealTime

NEWEST = 5  # incidents that are offered when none is open


@click.command(
    name="export",
    help="Write the post-mortem draft of an incident, all that is known of it as JSON, or its timeline as CSV. "
    "Exporting the draft again keeps what people wrote in it.",
)
@click.option(
    "--output",
    metavar="PATH",
    help="Where to; `-` prints it. Default: docs/incidents/DATE-TITLE.md in the checkout of the configuration.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([export_form.value for export_form in ExportForm]),
    default=ExportForm.MARKDOWN.value,
    show_default=True,
    help="The draft, the whole incident, or the timeline for a spreadsheet.",
)
@click.option("--force", is_flag=True, help="Write over whatever is there.")
@incident_option
@json_option
@common_options
def export(common: Common, output: str | None, form: str, force: bool, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common, there=True) as cli_session:
        meant = _find_incident(cli_session, incident)
        exporter = Exporter(
            meant,
            cli_session.timeline,
            cli_session.incident_actions,
            cli_session.system,
            RealTime(),
            cli_session.plan,
            ExportForm(form),
        )
        path = exporter.preset if output is None else Path(output).expanduser()
        text, head = exporter.render_with_head() if output == "-" else ("", "")
        result = None if output == "-" else _write_export(exporter, path, force)
    if result is None:
        what = "markdown" if exporter.form is ExportForm.MARKDOWN else exporter.form.value
        click.echo(format_json({"incident": meant.id, "head": head, what: text}) if as_json else text, nl=as_json)
    elif as_json:
        is_merged = result.done != NEW_FILE
        document = {"incident": meant.id, "format": form, "path": str(result.path), "merged": is_merged}
        picture = str(result.picture) if result.picture else None
        click.echo(format_json({**document, "head": result.head, "picture": picture, "notes": list(result.notes)}))
    else:
        print_clean(f"{'Wrote' if result.done == NEW_FILE else 'Brought up to date'} {result.path}")
        for note in result.notes:
            print_clean(f"  {note}")
        if result.picture:
            print_clean(f"Its picture is {result.picture}")


def _find_incident(cli_session: CliSession, incident: str | None) -> Incident:
    """The incident that is named, else the only open one, else the one that ended lately; else a choice is offered."""
    try:
        return cli_session.find_lately(incident)
    except AmbiguousIncident:
        raise
    except IncidentActionError:
        if incident is not None:
            raise
        name = cli_session.environment.name
        here = [candidate for candidate in cli_session.incident_actions.incidents() if candidate.environment == name]
        if here:
            raise Refusal(
                f"No incident is open in {name}; choose one:\n{list_incident_choices(here[-NEWEST:])}",
                code="incident-not-named",
                name=name,
            ) from None
        raise Refusal(f"There is no incident in {name} to write about.", code="no-incident", name=name) from None


def _write_export(exporter: Exporter, path: Path, force: bool) -> ExportResult:
    try:
        return exporter.write(path, force=force)
    except NotOurDraft as error:
        raise Refusal(
            f"{path} is there already: {error}. Name another with --output, or add --force.",
            code="not-our-draft",
            file=path,
            error=error,
        ) from None
