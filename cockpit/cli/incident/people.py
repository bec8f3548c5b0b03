"""People, from a second shell: `role`, `called`, `update`."""

import sys
from collections.abc import Callable

import click

from cockpit.cli.options import Common, common_options, incident_option, json_option
from cockpit.cli.output import at_option, parse_promised_time, print_event
from cockpit.cli.session import CliSession, open_cli_session
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import list_open_items
from cockpit.model.incident import Incident
from cockpit.model.time import RealTime

note_option = click.option("--note", "words", default="", metavar="TEXT", help="In a few words.")

Command = Callable[..., None]


def about_a_role(command: Command) -> Command:
    """The arguments of taking a role and of leaving it."""
    arguments = (
        click.argument("name", nargs=-1, required=True, metavar="ROLE"),
        click.option("--who", default="", metavar="PERSON", help="Somebody else than you."),
        *(note_option, at_option, incident_option, json_option, common_options),
    )
    for argument in reversed(arguments):
        command = argument(command)
    return command


@click.group(name="role", help="Who leads and who does what: take, leave, handover.", no_args_is_help=False)
@common_options
@click.pass_context
def role(ctx: click.Context, common: Common) -> None:
    ctx.obj = common


@role.command(name="take", help="Take a role, by its name or initials (`IC`), or give it with --who.")
@about_a_role
def take(
    common: Common, name: tuple[str, ...], who: str, words: str, at: str | None, incident: str | None, as_json: bool
) -> None:
    with open_cli_session(common) as cli_session:
        event = cli_session.incident_actions.take_role(
            " ".join(name), who, words, incident=incident, moment=cli_session.moment(at)
        )
    print_event(event, as_json)


@role.command(name="leave", help="Leave a role.")
@about_a_role
def leave(
    common: Common, name: tuple[str, ...], who: str, words: str, at: str | None, incident: str | None, as_json: bool
) -> None:
    with open_cli_session(common) as cli_session:
        event = cli_session.incident_actions.leave_role(
            " ".join(name), who, words, incident=incident, moment=cli_session.moment(at)
        )
    print_event(event, as_json)


@role.command(name="handover", help="Hand a role over; clocks and runs that go on are written into the note.")
@click.argument("name", metavar="ROLE")
@click.argument("to", metavar="PERSON")
@note_option
@at_option
@incident_option
@json_option
@common_options
def handover(
    common: Common, name: str, to: str, words: str, at: str | None, incident: str | None, as_json: bool
) -> None:
    with open_cli_session(common) as cli_session:
        goes_on = _goes_on(cli_session, cli_session.incident_actions.find(incident, acts=True))
        event = cli_session.incident_actions.hand_over(
            name, to, words, goes_on, incident=incident, moment=cli_session.moment(at)
        )
    print_event(event, as_json)


def _goes_on(cli_session: CliSession, incident: Incident) -> list[str]:
    """What who takes over must know."""
    now = RealTime().now()
    clocks = compute_clocks(incident, cli_session.plan, now, zone=cli_session.zone)
    return list_open_items(
        incident,
        clocks,
        now,
        cli_session.zone,
        cli_session.incident_actions.silenced(),
        cli_session.incident_actions.frozen(),
    )


@click.command(name="called", help="Write down that somebody was called. The cockpit calls nobody.")
@click.argument("who", nargs=-1, required=True)
@click.option("--tier", default=0, metavar="N", help="The tier of the escalation, from 1.")
@click.option("--how", default="", metavar="TEXT", help="Phone, pager, chat.")
@click.option("--note", "words", default="", metavar="TEXT", help="What they said.")
@click.option("--no-answer", is_flag=True, help="The call was made, and nobody answered.")
@at_option
@incident_option
@json_option
@common_options
def called(
    common: Common,
    who: tuple[str, ...],
    tier: int,
    how: str,
    words: str,
    no_answer: bool,
    at: str | None,
    incident: str | None,
    as_json: bool,
) -> None:
    with open_cli_session(common) as cli_session:
        event = cli_session.incident_actions.called(
            " ".join(who),
            tier,
            how,
            words,
            False if no_answer else None,
            incident=incident,
            moment=cli_session.moment(at),
        )
    print_event(event, as_json)


@click.command(name="update", help="Record an update that was sent to others. `-` reads it from standard input.")
@click.argument("text", nargs=-1, required=True)
@click.option(
    "--to", "audience", metavar="AUDIENCE", default="team", help="team, client, authority; team if not given."
)
@click.option(
    "--promise", metavar="LENGTH", help="In what time the message says that the next one comes: `30m`, `1h`, or `none`."
)
@at_option
@incident_option
@json_option
@common_options
def update(
    common: Common,
    text: tuple[str, ...],
    audience: str,
    promise: str | None,
    at: str | None,
    incident: str | None,
    as_json: bool,
) -> None:
    tokens = sys.stdin.read() if text == ("-",) else " ".join(text)
    with open_cli_session(common) as cli_session:
        incident = cli_session.find_lately(incident, acts=True).id
        event = cli_session.incident_actions.sent(
            audience, tokens, promised=parse_promised_time(promise), incident=incident, moment=cli_session.moment(at)
        )
    print_event(event, as_json)
