"""`cockpit redact ID`: take the text of one event out of the timeline, and write down that it was done."""

import json
import sys

import click

from cockpit.cli.options import Common, Refusal, common_options, json_option, load_system, open_timeline, operator
from cockpit.model.event import RecordError
from cockpit.model.operator import PersonUnknown


@click.command(
    name="redact",
    help="Empty the text of event ID, for good: a leaked token, a person's data. Who, when and why stay on record.",
)
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Why; it is kept, so do not repeat what must go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@common_options
def redact(common: Common, number: int, reason: str, yes: bool, as_json: bool) -> None:
    if not reason.strip():
        raise Refusal("Say why with --reason; it is what remains of the event.")
    try:
        system = load_system(common)
        with open_timeline(system, common, there=True) as timeline:
            event = timeline.event(number)
            if event is None:
                raise Refusal(f"There is no event {number}; `cockpit timeline` lists them.")
            if not yes and not event.redacted:
                if not somebody_is_there():
                    raise Refusal("There is no terminal to ask on; add --yes to empty the event without a question.")
                click.echo(f"{number} {event.occurred:%Y-%m-%d %H:%M:%S} UTC {event.kind} {event.summary}", err=True)
                if not click.confirm("Empty its text? It cannot be brought back", err=True):
                    raise Refusal(f"Event {number} stays as it is.")
            redaction = timeline.redact(number, operator(system, common), reason)
    except (RecordError, PersonUnknown) as error:
        raise Refusal(str(error)) from None
    if as_json:
        click.echo(json.dumps({"redacted": number, "event": redaction.id, "head": redaction.hash}))
    else:
        click.echo(f"Event {number} is empty; event {redaction.id} says who did it and why.")
        click.echo("Backups and copies of the file still hold the old text. A leaked secret must be changed as well.")


def somebody_is_there() -> bool:
    return sys.stdin.isatty()
