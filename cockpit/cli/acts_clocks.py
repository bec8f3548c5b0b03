"""Clocks that people begin and end, from a second shell: `task`, `loop`, `aware`, `clock`."""

import click

from cockpit.cli.options import Common, common_options, incident_option, json_option
from cockpit.cli.seat import open_cli_session
from cockpit.cli.telling import ahead, at_option, length, reason_option, tell
from cockpit.model.time import RealTime


@click.command(name="task", help="Something to look at, with a time to come back to it.")
@click.argument("text", nargs=-1, required=True)
@click.option("--in", "within", required=True, metavar="TIME", help="Within what time: `3m`.")
@click.option("--who", default="", metavar="PERSON", help="Somebody else than you.")
@incident_option
@json_option
@common_options
def task(common: Common, text: tuple[str, ...], within: str, who: str, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common) as seat:
        event = seat.desk.start_task(" ".join(text), length(within), who, incident=incident)
    tell(event, as_json, f"Began {event.subject}: {event.summary}")


@click.command(name="loop", help="Something was turned off for now and must be turned on again.")
@click.argument("text", nargs=-1, required=True)
@click.option("--in", "within", metavar="TIME", help="Within what time, if that matters: `2h`.")
@incident_option
@json_option
@common_options
def loop(common: Common, text: tuple[str, ...], within: str | None, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common) as seat:
        event = seat.desk.start_loop(" ".join(text), ahead(within), incident=incident)
    tell(event, as_json, f"Began {event.subject}: {event.summary}")


@click.command(name="aware", help="Declare to be aware of a breach: the time to tell the authority counts from then.")
@click.argument("text", nargs=-1, required=True)
@at_option
@incident_option
@json_option
@common_options
def aware(common: Common, text: tuple[str, ...], at: str | None, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common) as seat:
        event = seat.desk.aware(" ".join(text), seat.moment(at), incident=incident)
    since = f"{event.occurred:%Y-%m-%d %H:%M}Z"
    tell(event, as_json, f"Aware since {since} on {event.incident}; `cockpit clocks` tells when the notice is due.")


@click.group(name="clock", help="Say what became of a clock: done, snooze, na.", no_args_is_help=False)
@common_options
@click.pass_context
def clock(ctx: click.Context, common: Common) -> None:
    ctx.obj = common


@clock.command(name="done", help="What the clock asks for is done. `breach`: the authority was notified.")
@click.argument("id")
@reason_option
@at_option
@incident_option
@json_option
@common_options
def done(common: Common, id: str, reason: str, at: str | None, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common) as seat:
        tell(seat.desk.clock_done(id, reason, seat.moment(at), incident=incident), as_json)


@clock.command(name="snooze", help="Be reminded later; the clock counts on.")
@click.argument("id")
@click.option("--for", "span", default="10m", metavar="TIME", help="For how long: `10m`, a day at most.")
@incident_option
@json_option
@common_options
def snooze(common: Common, id: str, span: str, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common) as seat:
        tell(seat.desk.snooze(id, RealTime().now() + length(span), incident=incident), as_json)


@clock.command(name="na", help="The clock does not apply here. `breach`: it is not notifiable.")
@click.argument("id")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands on the timeline.")
@incident_option
@json_option
@common_options
def not_applicable(common: Common, id: str, reason: str, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common) as seat:
        tell(seat.desk.not_applicable(id, reason, incident=incident), as_json)
