"""Clocks that people begin and end, from a second shell: `task`, `loop`, `aware`, `clock`."""

import sys
from dataclasses import asdict
from datetime import datetime, timedelta, tzinfo

import click

from cockpit.cli.login import has_typed_ahead, somebody_to_ask
from cockpit.cli.options import Common, common_options, incident_option, json_option
from cockpit.cli.output import at_option, format_json, parse_time_ahead, print_event, reason_option, to_json_value
from cockpit.cli.session import CliSession, open_cli_session, print_clean, warn_unrecorded
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import list_urgent_clocks, met_and_missed
from cockpit.incident.clocks.response import find_on_call_question
from cockpit.incident.impact import as_of
from cockpit.incident.load import load_whole_incidents, read_deployment
from cockpit.model.clock import Clock, ClockState, show_moment, shown_due
from cockpit.model.incident import Incident
from cockpit.model.text import clean_line
from cockpit.model.time import RealTime, format_duration, parse_length


@click.command(name="task", help="Something to look at, with a time to come back to it.")
@click.argument("text", nargs=-1, required=True)
@click.option("--in", "within", required=True, metavar="TIME", help="Within what time: `3m`.")
@click.option("--who", default="", metavar="PERSON", help="Somebody else than you.")
@incident_option
@json_option
@common_options
def task(common: Common, text: tuple[str, ...], within: str, who: str, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common) as cli_session:
        event = cli_session.incident_actions.start_task(" ".join(text), parse_length(within), who, incident=incident)
    print_event(event, as_json, f"Began {event.subject}: {event.summary}")


@click.command(name="loop", help="Something was turned off for now and must be turned on again.")
@click.argument("text", nargs=-1, required=True)
@click.option("--in", "within", metavar="TIME", help="Within what time, if that matters: `2h`.")
@incident_option
@json_option
@common_options
def loop(common: Common, text: tuple[str, ...], within: str | None, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common) as cli_session:
        event = cli_session.incident_actions.start_loop(" ".join(text), parse_time_ahead(within), incident=incident)
    print_event(event, as_json, f"Began {event.subject}: {event.summary}")


@click.command(name="aware", help="Declare to be aware of a breach: the time to tell the authority counts from then.")
@click.argument("text", nargs=-1, required=True)
@at_option
@incident_option
@json_option
@common_options
def aware(common: Common, text: tuple[str, ...], at: str | None, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common) as cli_session:
        event = cli_session.incident_actions.aware(" ".join(text), cli_session.moment(at), incident=incident)
    since = f"{event.occurred:%Y-%m-%d %H:%M}Z"
    print_event(
        event, as_json, f"Aware since {since} on {event.incident}; `cockpit clocks` tells when the notice is due."
    )


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
    with open_cli_session(common) as cli_session:
        print_event(
            cli_session.incident_actions.clock_done(id, reason, cli_session.moment(at), incident=incident), as_json
        )


@clock.command(name="snooze", help="Be reminded later; the clock counts on.")
@click.argument("id")
@click.option("--for", "span", default="10m", metavar="TIME", help="For how long: `10m`, a day at most.")
@incident_option
@json_option
@common_options
def snooze(common: Common, id: str, span: str, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common) as cli_session:
        print_event(
            cli_session.incident_actions.snooze(id, RealTime().now() + parse_length(span), incident=incident), as_json
        )


@clock.command(name="na", help="The clock does not apply here. `breach`: it is not notifiable.")
@click.argument("id")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands on the timeline.")
@incident_option
@json_option
@common_options
def not_applicable(common: Common, id: str, reason: str, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common) as cli_session:
        print_event(cli_session.incident_actions.not_applicable(id, reason, incident=incident), as_json)


# Is that you? Asked once in an incident, before somebody is asked to call whoever is on call.


def ask_who_is_on_call(cli_session: CliSession, incident: Incident) -> None:
    """Where somebody sits at a terminal, and may be the one whom the plan calls; leaving it answers nothing. What was
    typed ahead is no answer: then it is left for the shell, and only said where it is asked."""
    if not somebody_to_ask():
        return
    now = RealTime().now()
    clocks = compute_clocks(incident, cli_session.plan, now, zone=cli_session.zone, deployed=now)
    names = (cli_session.incident_actions.operator,)
    clock = find_on_call_question(incident, cli_session.plan, clocks, names, now)
    if clock is None:
        return
    if has_typed_ahead(sys.stdin):
        click.echo(f"The plan calls {clean_line(clock.who)}. Is that you? `cockpit clocks` asks.", err=True)
        return
    try:
        is_me = click.confirm(f"The plan calls {clean_line(clock.who)}. Is that you", default=None, err=True)
    except click.Abort:
        click.echo("\nNot answered; it is asked again.", err=True)
        return
    event = cli_session.incident_actions.answer_on_call(clock.id, is_me, incident=incident.id)
    click.echo(clean_line(event.summary), err=True)


# `cockpit clocks`: what is due in an incident, why, and by when.


@click.command(name="clocks", help="What is due in an incident, why and by when; --all tells what is over, too.")
@click.option("--all", "everything", is_flag=True, help="Also what was done, missed, or does not apply.")
@incident_option
@json_option
@common_options
def list_clocks(common: Common, everything: bool, incident: str | None, as_json: bool) -> None:
    if somebody_to_ask() and not (as_json or everything):
        with open_cli_session(common, there=True) as cli_session:
            ask_who_is_on_call(cli_session, cli_session.find_lately(incident))
    with open_cli_session(common, read_only=True) as cli_session:
        meant, now = cli_session.find_lately(incident), RealTime().now()
        recorded_until = warn_unrecorded(cli_session, meant.environment) if meant.open else None
        (full,) = load_whole_incidents(cli_session.timeline, cli_session.plan.severity_scale, [meant])
        full = as_of(full, recorded_until or now)
        deployed = read_deployment(cli_session.timeline, full, now)
        result = compute_clocks(full, cli_session.plan, now, zone=cli_session.zone, deployed=deployed)
        visible = list_urgent_clocks(result, now)
        visible += [entry for entry in result if entry.state(now) is ClockState.OPEN]
        if everything or as_json:
            every = (outcome.clock for outcome in met_and_missed(result, now, full))
            visible += [entry for entry in every if entry not in visible]
        if as_json:
            until = {"recorded_until": to_json_value(recorded_until)}
            click.echo(format_json([_build_clock_document(entry, now) | until for entry in visible]))
            return
        for item in visible:
            moment = _show_time(item, cli_session.zone, now)
            print_clean(f"{format_left(item, now):<14}  {moment:<27} {item.id}: {_name_clock(item)}")
        if not visible:
            print_clean(f"Nothing is due in {meant.id}.")


def _show_time(clock: Clock, zone: tzinfo, now: datetime) -> str:
    """Until when its window is open, else when it is due; `due 19:59Z` behind `met`, which was met at another time."""
    if clock.until is not None and clock.is_window_open(now):
        return show_moment(clock.until, zone, now)
    due = shown_due(clock, zone, now)
    return f"due {due}" if due and clock.left(now) is None else due


def format_left(clock: Clock, now: datetime) -> str:
    """`12m 04s left`, `3m 10s late`; `open until` where its moment follows; how it stands where no time runs.

    Who may still call in time is not late: a window is late once it has closed.
    """
    if clock.is_window_open(now):
        return "open until"
    span = clock.remaining(now)
    if span is None:
        return clock.state(now).value
    return f"{format_duration(abs(span))} {'late' if span < timedelta() else 'left'}"


def _name_clock(clock: Clock) -> str:
    who = f" ({clock.who})" if clock.who else ""
    because = "; ".join(filter(None, (clock.not_applicable or clock.why, clock.remark)))
    return f"{clock.what}{who}; {because} [{clock.origin}]"


def _build_clock_document(clock: Clock, now: datetime) -> dict[str, object]:
    span = clock.left(now)
    return {
        **{name: to_json_value(value) for name, value in asdict(clock).items()},
        "state": clock.state(now).value,
        "seconds_left": None if span is None else span.total_seconds(),
        "window_open": clock.is_window_open(now),  # overdue, and yet in time until its `until`
    }
