"""`cockpit export`: the post-mortem draft, written as a file that people go on with."""

from pathlib import Path

import click

from cockpit.cli.documents import as_json as to_json
from cockpit.cli.options import Common, Refusal, common_options, incident_option, json_option
from cockpit.cli.seat import Seat, choices, echo, take_seat
from cockpit.incident.draft_file import NotOurDraft
from cockpit.incident.export import OUR_DRAFT, write
from cockpit.incident.history import with_events
from cockpit.incident.postmortem import default_path, render
from cockpit.model.incident import Incident
from cockpit.model.time import RealTime

NEWEST = 5  # incidents that are offered when none is open


@click.command(
    name="export",
    help="Write the post-mortem draft of an incident. Exporting again keeps what people wrote in it.",
)
@click.option("--output", metavar="PATH", help="Where to; `-` prints it. Default: docs/incidents/DATE-TITLE.md here.")
@click.option("--force", is_flag=True, help="Write over whatever is there.")
@incident_option
@json_option
@common_options
def command(common: Common, output: str | None, force: bool, incident: str | None, as_json: bool) -> None:
    with take_seat(common) as seat:
        meant = _meant(seat, incident)
        full, events = with_events(seat.timeline, seat.system.ladder, meant)
        head = seat.timeline.head()
        draft = render(
            full, events, system=seat.system, time_zone=seat.system.time_zone, head=head, now=RealTime().now()
        )
        path = default_path(full) if output is None else Path(output).expanduser()
        if output != "-":
            done = _written(path, draft, force)
            if not seat.timeline.read_only:
                seat.desk.exported(str(path), head, full.id)
    if output == "-":
        click.echo(to_json({"incident": full.id, "head": head, "markdown": draft}) if as_json else draft, nl=as_json)
    elif as_json:
        click.echo(to_json({"incident": full.id, "head": head, "path": str(path), "merged": done == OUR_DRAFT}))
    else:
        echo(f"{'Brought up to date' if done == OUR_DRAFT else 'Wrote'} {path}")


def _meant(seat: Seat, incident: str | None) -> Incident:
    """The incident that is named, else the only open one; where none is open, the newest are offered."""
    if incident is None and not seat.desk.open():
        here = [each for each in seat.desk.incidents() if each.environment == seat.environment.name]
        if here:
            raise Refusal(f"No incident is open in {seat.environment.name}; choose one:\n{choices(here[-NEWEST:])}")
        raise Refusal(f"There is no incident in {seat.environment.name} to write about.")
    return seat.desk.find(incident)


def _written(path: Path, draft: str, force: bool) -> str:
    try:
        return write(path, draft, force=force)
    except NotOurDraft as error:
        raise Refusal(f"{path} is there already: {error}. Name another with --output, or add --force.") from None
