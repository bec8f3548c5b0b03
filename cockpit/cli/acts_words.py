"""The timeline itself, from a second shell: `decide`, `correct`, `pin`, `link`, `review`."""

import sys

import click

from cockpit.cli.options import Common, common_options, incident_option, json_option
from cockpit.cli.seat import open_cli_session
from cockpit.cli.telling import at_option, reason_option, tell
from cockpit.model.response import Review

event_argument = click.argument("number", metavar="EVENT", type=click.IntRange(min=1))


@click.command(name="decide", help="Write down a decision.")
@click.argument("text", nargs=-1, required=True)
@reason_option
@at_option
@incident_option
@json_option
@common_options
def decide(
    common: Common, text: tuple[str, ...], reason: str, at: str | None, incident: str | None, as_json: bool
) -> None:
    with open_cli_session(common) as seat:
        tell(seat.desk.decide(" ".join(text), reason, incident=incident, at=seat.moment(at)), as_json)


@click.command(name="correct", help="Let an entry read otherwise; what it said stays on record. `-` reads the words.")
@event_argument
@click.argument("text", nargs=-1, required=True)
@at_option
@json_option
@common_options
def correct(common: Common, number: int, text: tuple[str, ...], at: str | None, as_json: bool) -> None:
    words = sys.stdin.read() if text == ("-",) else " ".join(text)
    with open_cli_session(common, there=True) as seat:
        event = seat.desk.correct(number, words, seat.moment(at))
    tell(event, as_json, f"Corrected {number}: {event.summary}")


@click.command(name="pin", help="Mark an entry as one that matters.")
@event_argument
@click.option("--off", is_flag=True, help="Take the mark away.")
@incident_option
@json_option
@common_options
def pin(common: Common, number: int, off: bool, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common, there=True) as seat:
        tell(seat.desk.pin(number, not off, incident=incident), as_json)


@click.command(name="link", help="Say where the proof of an entry is: an address, a file, a query.")
@event_argument
@click.argument("target")
@click.option("--text", default="", metavar="TEXT", help="What is to be seen there.")
@incident_option
@json_option
@common_options
def link(common: Common, number: int, target: str, text: str, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common, there=True) as seat:
        tell(seat.desk.link(number, target, text, incident=incident), as_json)


@click.command(name="review", help=f"Say where the post-mortem stands: {', '.join(Review)}.")
@click.argument("state", nargs=-1, required=True)
@reason_option
@incident_option
@json_option
@common_options
def review(common: Common, state: tuple[str, ...], reason: str, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common, there=True) as seat:
        tell(seat.desk.review(" ".join(state).replace("-", " "), reason, incident=incident), as_json)
