"""`cockpit message`: a message about an incident, filled from its template. It is printed; nothing is sent."""

from datetime import timedelta

import click

from cockpit.cli.documents import as_json as to_json
from cockpit.cli.options import Common, Refusal, common_options, incident_option, json_option
from cockpit.cli.seat import CliSession, echo, open_cli_session
from cockpit.cli.telling import length
from cockpit.incident.comms_offers import MessageScene, compose, offers
from cockpit.model.clean import clean_line
from cockpit.model.incident import Incident
from cockpit.model.plan import Template
from cockpit.model.time import RealTime, stamp


@click.command(name="message", help="Print a message about an incident, or without a name which ones there are.")
@click.argument("name", nargs=-1)
@click.option("--promise", metavar="LENGTH", help="When the next one follows: `30m`, `1h`, or `none`.")
@incident_option
@json_option
@common_options
def message(common: Common, name: tuple[str, ...], promise: str | None, incident: str | None, as_json: bool) -> None:
    within = timedelta() if promise == "none" else length(promise) if promise else None
    with open_cli_session(common, read_only=True) as seat:
        meant = seat.desk.find(incident)
        there = offers(meant, seat.plan)
        if not name:
            for each in there:
                echo(f"{each.id}  {each.title}, to {each.audience} ({each.origin})")
            return
        _print(_named(there, " ".join(name)), seat, meant, within, as_json)


def _print(template: Template, seat: CliSession, incident: Incident, within: timedelta | None, as_json: bool) -> None:
    symptoms = [each.label for each in seat.desk.bad()] if incident.open else []
    scene = MessageScene(incident, seat.system, seat.plan, seat.zone, symptoms)
    told = compose(template, scene, RealTime().now(), within)
    if as_json:
        promised = stamp(told.promised) if told.promised else None
        found = {"template": template.id, "audience": template.audience, "text": told.text}
        click.echo(to_json({**found, "unknown": list(told.unknown), "promised": promised}))
        return
    echo(told.text)
    if told.unknown:
        click.echo(f"To fill: {', '.join(clean_line(each) for each in told.unknown)}.", err=True)


def _named(templates: tuple[Template, ...], text: str) -> Template:
    """The one of that id, else the only one whose id or title has these words. Raises Refusal."""
    wanted = text.casefold()
    exact = [each for each in templates if each.id.casefold() == wanted]
    found = exact or [each for each in templates if wanted in each.id.casefold() or wanted in each.title.casefold()]
    if len(found) != 1:
        names = ", ".join(each.id for each in found or templates)
        raise Refusal(f"`{clean_line(text, 40)}` names {'several messages' if found else 'no message'}: {names}.")
    return found[0]
