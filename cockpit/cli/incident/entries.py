"""The timeline itself, from a second shell: `decide`, `correct`, `pin`, `link`, `review`."""

import sys
from collections.abc import Sequence
from datetime import datetime, timedelta

import click

from cockpit.cli.options import Common, Refusal, common_options, incident_option, json_option
from cockpit.cli.output import at_option, format_full_time, format_json, print_event, reason_option, to_json_value
from cockpit.cli.session import CliSession, open_cli_session, print_clean, warn_unrecorded
from cockpit.incident.messages.offers import (
    build_message_context,
    compose_message,
    find_offers,
    list_offers,
    name_reader,
)
from cockpit.model.incident import Incident
from cockpit.model.plan import Template
from cockpit.model.response import Review
from cockpit.model.text import clean_line
from cockpit.model.time import RealTime, format_timestamp, parse_promise

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
    with open_cli_session(common) as cli_session:
        print_event(
            cli_session.incident_actions.decide(
                " ".join(text), reason, incident=incident, moment=cli_session.moment(at)
            ),
            as_json,
        )


@click.command(
    name="correct",
    help="Let an entry read otherwise, or with --at stand at another time; what it said stays on record. `-` reads the "
    "words.",
)
@event_argument
@click.argument("text", nargs=-1)
@at_option
@json_option
@common_options
def correct(common: Common, number: int, text: tuple[str, ...], at: str | None, as_json: bool) -> None:
    tokens = sys.stdin.read() if text == ("-",) else " ".join(text)
    with open_cli_session(common, there=True) as cli_session:
        event = cli_session.incident_actions.correct(number, tokens, cli_session.moment(at))
    dated = f", at {format_full_time(event.occurred)}" if at else ""
    print_event(event, as_json, f"Corrected {number}{dated}: {event.summary}")


@click.command(name="pin", help="Mark an entry as one that matters.")
@event_argument
@click.option("--off", is_flag=True, help="Take the mark away.")
@incident_option
@json_option
@common_options
def pin(common: Common, number: int, off: bool, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common, there=True) as cli_session:
        print_event(cli_session.incident_actions.pin(number, not off, incident=incident), as_json)


@click.command(name="link", help="Say where the proof of an entry is: an address, a file, a query.")
@event_argument
@click.argument("target")
@click.option("--text", default="", metavar="TEXT", help="What is to be seen there.")
@incident_option
@json_option
@common_options
def link(common: Common, number: int, target: str, text: str, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common, there=True) as cli_session:
        print_event(cli_session.incident_actions.link(number, target, text, incident=incident), as_json)


@click.command(name="review", help=f"Say where the post-mortem stands: {', '.join(Review)}.")
@click.argument("state", nargs=-1, required=True)
@reason_option
@incident_option
@json_option
@common_options
def review(common: Common, state: tuple[str, ...], reason: str, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common, there=True) as cli_session:
        incident = cli_session.find_lately(incident, acts=True).id
        print_event(
            cli_session.incident_actions.review(" ".join(state).replace("-", " "), reason, incident=incident), as_json
        )


# `cockpit message`: a message about an incident, filled from its template. It is printed; nothing is sent.


@click.command(name="message", help="Print a message about an incident, or without a name which ones there are.")
@click.argument("name", nargs=-1)
@click.option("--promise", metavar="LENGTH", help="When the next one follows: `30m`, `1h`, or `none`.")
@incident_option
@json_option
@common_options
def message(common: Common, name: tuple[str, ...], promise: str | None, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common, read_only=True) as cli_session:
        within = None if promise is None else parse_promise(promise) or timedelta()
        meant = cli_session.find_lately(incident, acts=bool(name))
        there = list_offers(meant, cli_session.plan)
        if not name:
            for template in there:
                reader = name_reader(template, template.audience, cli_session.plan)
                print_clean(f"{template.id}  {template.title}, to {reader} ({template.origin})")
            return
        recorded_until = warn_unrecorded(cli_session, meant.environment) if meant.open else None
        text = " ".join(name)
        template = find_template(there, text, is_over=not meant.open)
        if not meant.open and find_offers(there, text, is_over=False) != [template]:
            click.echo(f"{meant.id} is over: this is `{clean_line(template.id)}`, which tells its end.", err=True)
        _print_message(template, cli_session, meant, within, recorded_until, as_json)


def _print_message(
    template: Template,
    cli_session: CliSession,
    incident: Incident,
    within: timedelta | None,
    recorded_until: datetime | None,
    as_json: bool,
) -> None:
    scene = build_message_context(
        incident,
        cli_session.system,
        cli_session.plan,
        cli_session.zone,
        cli_session.incident_actions.bad(),
        recorded_until,
    )
    filled_message = compose_message(template, scene, RealTime().now(), within)
    if as_json:
        promised = format_timestamp(filled_message.promised) if filled_message.promised else None
        values_by_name = {"template": template.id, "audience": template.audience, "text": filled_message.text}
        more = {"promised": promised, "recorded_until": to_json_value(recorded_until)}
        click.echo(format_json({**values_by_name, "unknown": list(filled_message.unknown), **more}))
        return
    print_clean(filled_message.text)
    if filled_message.unknown:
        click.echo(f"To fill: {', '.join(clean_line(text) for text in filled_message.unknown)}.", err=True)


def find_template(templates: Sequence[Template], text: str, *, is_over: bool = False) -> Template:
    """The one that is meant, as `find_offers` finds it. Raises Refusal."""
    result = find_offers(templates, text, is_over=is_over)
    if len(result) != 1:
        names = ", ".join(template.id for template in result or templates)
        raise Refusal(
            f"`{clean_line(text, 40)}` names {'several messages' if result else 'no message'}: {names}.",
            code="unknown-message",
            text=clean_line(text, 40),
            known=names,
        )
    return result[0]
