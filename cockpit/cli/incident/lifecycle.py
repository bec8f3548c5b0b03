"""What a responder does from a second shell: `declare`, `note`, `ack`, `severity`, `resolve`, `reopen`."""

import sys

import click

from cockpit.cli.incident.clocks import ask_who_is_on_call
from cockpit.cli.login import somebody_to_ask
from cockpit.cli.options import Common, Refusal, common_options, incident_option, json_option
from cockpit.cli.output import (
    at_option,
    capital,
    describe_destination,
    format_full_time,
    format_json,
    incident_document,
    print_event,
    reason_option,
    to_json_value,
)
from cockpit.cli.session import CliSession, open_cli_session, print_clean
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.impact import as_of, describe_impact
from cockpit.incident.incident_state import default_severity
from cockpit.incident.open_ends import (
    ELSEWHERE_LED,
    OpenEnd,
    OpenEndKind,
    find_open_ends,
    list_left_open,
    list_recorded_applications,
)
from cockpit.model.alert import Alert, AlertState, name_alert_subjects
from cockpit.model.incident import Incident
from cockpit.model.response import CloseReason
from cockpit.model.severity_scale import find_level, is_lowered
from cockpit.model.text import clean_line
from cockpit.model.time import RealTime
from cockpit.recorder.last_recorded import list_recorded_alerts
from cockpit.recorder.record_end import describe_record_end, read_record_end
from cockpit.recorder.recorder import read_last_recorded


@click.command(name="declare", help="Declare an incident: one line that says what is wrong.")
@click.argument("title", nargs=-1, required=True)
@click.option(
    "--severity",
    metavar="LEVEL",
    help="A level, or SEV-n; else what the documents say of the alerts that fire.",
)
@click.option("--unsure", is_flag=True, help="Between two levels: take the worse one.")
@click.option("--impact", metavar="TIME", help="When users first felt it, if that is known.")
@click.option("--reach", metavar="TIME", help="How far back the incident's range reaches, if further or less.")
@click.option("--drill", is_flag=True, help="An exercise: it counts in no statistics.")
@click.option(
    "--join/--another", default=None, help="While one is open: write the title into it as a note, or declare another."
)
@at_option
@json_option
@common_options
def declare(
    common: Common,
    title: tuple[str, ...],
    severity: str | None,
    unsure: bool,
    impact: str | None,
    reach: str | None,
    drill: bool,
    join: bool | None,
    at: str | None,
    as_json: bool,
) -> None:
    with open_cli_session(common) as cli_session:
        is_drill = drill or cli_session.environment.drill
        # A drill is never the same as what is real.
        running = [incident for incident in cli_session.incident_actions.open() if incident.drill == is_drill]
        if running and _joins(running, join):
            same = running[0] if len(running) == 1 else cli_session.incident_actions.find(None)
            event = cli_session.incident_actions.note(" ".join(title), same.id, cli_session.moment(at))
            print_event(event, as_json, f"Noted{describe_destination(event)}: {event.summary}")
            return
        incident = cli_session.incident_actions.declare(
            " ".join(title),
            severity if severity is not None else propose_recorded_severity(cli_session),
            unsure=unsure,
            reach_from=cli_session.moment(reach),
            impact_started=cli_session.moment(impact),
            drill=drill,
            moment=cli_session.moment(at),
        )
    if running:
        _name_open(running)
        click.echo(
            f"If it is the same: cockpit resolve --incident {incident.id} --duplicate-of {running[0].id}", err=True
        )
    if as_json:
        click.echo(format_json(incident_document(incident)))
        return
    what = "drill " if incident.drill else ""
    print_clean(f"Declared {what}{incident.severity} {incident.id} in {incident.environment}: {incident.title}")
    if incident.detected and incident.detected < incident.declared:
        print_clean(f"Detected {incident.detected:%H:%M:%S} UTC by {incident.detected_by}.")
    if incident.impact_started:
        print_clean(f"Users felt it from {format_full_time(incident.impact_started)}.")
    reaches = format_full_time(incident.reach_from) if reach else f"{incident.reach_from:%H:%M:%S} UTC"
    print_clean(f"It reaches back to {reaches}. `cockpit note TEXT` adds to it.")
    if somebody_to_ask():
        with open_cli_session(common) as cli_session:
            ask_who_is_on_call(cli_session, cli_session.incident_actions.find(incident.id))


def _joins(running: list[Incident], join: bool | None) -> bool:
    """Whether what is declared belongs to an open incident: as was typed, else asked where somebody is there."""
    if join is None and len(running) == 1 and somebody_to_ask():
        _name_open(running)
        join = click.confirm("Is it the same? Then this becomes a note in it", default=False, err=True)
    return bool(join)


def _name_open(running: list[Incident]) -> None:
    """What is open already, and since when: it may be the same."""
    for incident in running:
        who = f" by {clean_line(incident.declared_by)}" if incident.declared_by else ""
        standing = f"{incident.severity_text} {incident.id} is open since {incident.declared:%H:%M} UTC{who}"
        click.echo(f"{standing}: {clean_line(incident.title)}", err=True)


@click.command(name="note", help="Write down what was seen, thought or done. `-` reads it from standard input.")
@click.argument("text", nargs=-1, required=True)
@at_option
@incident_option
@json_option
@common_options
def note(common: Common, text: tuple[str, ...], at: str | None, incident: str | None, as_json: bool) -> None:
    tokens = sys.stdin.read() if text == ("-",) else " ".join(text)
    with open_cli_session(common, documents=False) as cli_session:
        event = cli_session.incident_actions.note(tokens, incident, cli_session.moment(at))
    back = f" at {format_full_time(event.occurred)}" if at else ""
    print_event(event, as_json, f"Noted{back}{describe_destination(event)}: {event.summary}")


@click.command(name="ack", help="Take an alert, by its name or its key; without one the incident itself.")
@click.argument("alert", required=False)
@click.option("--all", "every", is_flag=True, help="Every alert of that name, as one entry.")
@click.option("--note", "words", default="", metavar="TEXT", help="What you are about to do.")
@at_option
@incident_option
@json_option
@common_options
def ack(
    common: Common, alert: str | None, every: bool, words: str, at: str | None, incident: str | None, as_json: bool
) -> None:
    if every and not alert:
        raise Refusal("--all takes every alert of a name: write the name before it.", code="alerts-not-named")
    with open_cli_session(common) as cli_session:
        alerts = _find_alerts(cli_session, alert, every) if alert else []
        actions, moment = cli_session.incident_actions, cli_session.moment(at)
        if len(alerts) > 1:
            event = actions.acknowledge_all(alerts, words, incident, moment)
        else:
            key, name = (alerts[0].key, alerts[0].name) if alerts else ("", "")
            event = actions.acknowledge(key, name, incident, words, moment)
    print_event(event, as_json, f"{capital(event.summary)}{describe_destination(event)}")


@click.command(name="change", help="Mark a change on the timeline, for pipelines: what, of what, and where to read on.")
@click.argument("text", nargs=-1, required=True)
@click.option("--of", "subject", default="", metavar="NAME", help="What was changed: an app, a setting.")
@click.option("--url", default="", metavar="URL", help="Where to read on: the run of the pipeline, the commit.")
@click.option("--by", default="", metavar="NAME", help="Who or what changed it, if not you.")
@at_option
@json_option
@common_options
def change(
    common: Common, text: tuple[str, ...], subject: str, url: str, by: str, at: str | None, as_json: bool
) -> None:
    with open_cli_session(common) as cli_session:
        event = cli_session.incident_actions.mark_change(" ".join(text), subject, url, by, cli_session.moment(at))
    print_event(event, as_json, f"Marked: {event.summary}")


@click.command(name="settle", help="Say that alerts that are `resolved?` are over, by name or key.")
@click.argument("alerts", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that the timeline has as `resolved?`.")
@reason_option
@json_option
@common_options
def settle(common: Common, alerts: tuple[str, ...], every: bool, reason: str, as_json: bool) -> None:
    if every == bool(alerts):
        raise Refusal("Name the alerts that are over, or write --all.", code="alerts-not-named")
    with open_cli_session(common, there=True) as cli_session:
        unsure = list_unsure_alerts(cli_session)
        chosen = [alert for alert in unsure if every or {alert.key, alert.name} & set(alerts)]
        if missing := [name for name in alerts if not any(name in (alert.key, alert.name) for alert in unsure)]:
            there = ", ".join(sorted({alert.name for alert in unsure})) or "none is"
            raise Refusal(
                f"`{clean_line(missing[0], 80)}` is not an alert in the state `resolved?`: {clean_line(there, 300)}.",
                code="alert-not-resolving",
            )
        event = cli_session.incident_actions.settle(chosen, reason)
    print_event(event, as_json, f"Settled {len(chosen)}: {', '.join(sorted({alert.name for alert in chosen}))}")


def list_recorded_alerts_of_all(cli_session: CliSession) -> list[Alert]:
    """The alerts of every source that the timeline does not know to be over. Raises RecordError."""
    last_recorded = read_last_recorded(cli_session.timeline, cli_session.environment.name)
    now, environment = RealTime().now(), cli_session.environment.name
    sources = sorted({key.partition(":")[0] for key in last_recorded.alerts})
    return [alert for source in sources for alert in list_recorded_alerts(last_recorded, environment, source, now)]


def list_unsure_alerts(cli_session: CliSession) -> list[Alert]:
    """The alerts that the timeline has as `resolved?`. Raises RecordError."""
    return [alert for alert in list_recorded_alerts_of_all(cli_session) if alert.state is AlertState.RESOLVING]


def propose_recorded_severity(cli_session: CliSession) -> str | None:
    """What the dialog on screen would propose, by the alerts that the timeline has as firing; None for nothing."""
    if not cli_session.plan.alert_severities:
        return None
    from cockpit.runbooks.plan.severities import propose_severity

    scale = cli_session.plan.severity_scale
    firing = [alert for alert in list_recorded_alerts_of_all(cli_session) if alert.state is AlertState.FIRING]
    return propose_severity(cli_session.plan, scale, firing, default_severity(scale)) if firing else None


@click.command(name="severity", help="Raise or lower the severity of an incident; its rules bind from now on.")
@click.argument("level")
@click.option("--mistake", is_flag=True, help="The one it has was entered by mistake; this one held from then on.")
@reason_option
@at_option
@incident_option
@json_option
@common_options
def severity(
    common: Common, level: str, mistake: bool, reason: str, at: str | None, incident: str | None, as_json: bool
) -> None:
    if mistake and at:
        raise Refusal(
            "A severity entered by mistake is corrected from its own time on; leave --at out.", code="mistake-with-time"
        )
    with open_cli_session(common) as cli_session:
        if mistake:
            event = cli_session.incident_actions.correct_severity(level, reason, incident)
        else:
            meant = cli_session.incident_actions.find(incident, acts=True)
            reason = reason or _ask_why_lowered(cli_session, meant, level)
            event = cli_session.incident_actions.change_severity(level, meant.id, reason, cli_session.moment(at))
    print_event(event, as_json, f"{event.incident}: {event.summary}")


def _ask_why_lowered(cli_session: CliSession, incident: Incident, level: str) -> str:
    """The reason of a lowering, asked for where somebody is there to answer. Raises Refusal."""
    new = find_level(cli_session.plan.severity_scale, level)
    if new is None or not is_lowered(cli_session.plan.severity_scale, incident.severity, new.name):
        return ""
    question = f"It was {incident.severity}. Why is it only {new.name}?"
    reason = click.prompt(question, err=True, default="", show_default=False) if somebody_to_ask() else ""
    if not str(reason).strip():
        raise Refusal(
            f"{question} Say it with --reason; a severity entered by mistake is taken back with --mistake.",
            code="reason-missing",
            severity=new.name,
        )
    return str(reason)


@click.command(
    name="impact",
    help="Say from when until when users felt it, and when it was noticed; without times show what is known of it.",
)
@click.option("--from", "begin", metavar="TIME", help="When users first felt it.")
@click.option("--to", "end", metavar="TIME", help="When they felt it no more.")
@click.option(
    "--detected", metavar="TIME", help="When it was noticed: for what was bad before and had nothing to do with it."
)
@incident_option
@json_option
@common_options
def impact(
    common: Common, begin: str | None, end: str | None, detected: str | None, incident: str | None, as_json: bool
) -> None:
    with open_cli_session(common, there=True) as cli_session:
        states = bool(begin or end or detected)
        incident = cli_session.find_lately(incident, acts=states).id
        if states:
            cli_session.incident_actions.amend(
                incident,
                impact_started=cli_session.moment(begin),
                impact_ended=cli_session.moment(end),
                detected=cli_session.moment(detected),
            )
        result, now = cli_session.incident_actions.find(incident), RealTime().now()
        recorded_until = read_record_end(cli_session.timeline, result.environment, now) if result.open else None
    if recorded_until is not None:
        result = as_of(result, recorded_until)  # a recovery that nobody saw hold ends nothing
    if as_json:
        click.echo(format_json({**incident_document(result), "recorded_until": to_json_value(recorded_until)}))
    else:
        as_then = f"; {describe_record_end(recorded_until, now)}" if recorded_until else ""
        print_clean(f"{result.id}: {describe_impact(result)}{as_then}")
        if result.detected:
            print_clean(f"Detected {result.detected:%Y-%m-%d %H:%M:%S} UTC by {result.detected_by}.")


@click.command(name="reopen", help="Open a resolved incident again: the one resolved last, or --incident.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands on the timeline.")
@incident_option
@json_option
@common_options
def reopen(common: Common, reason: str, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common, there=True) as cli_session:
        print_event(cli_session.incident_actions.reopen(reason, incident), as_json)


@click.command(name="resolve", help="End an incident.")
@reason_option
@click.option("--because", default="", metavar="KIND", help=f"One of {', '.join(CloseReason)}.")
@click.option("--duplicate-of", metavar="ID", help="The incident that it repeats; each then names the other.")
@at_option
@incident_option
@json_option
@common_options
def resolve(
    common: Common,
    reason: str,
    because: str,
    duplicate_of: str | None,
    at: str | None,
    incident: str | None,
    as_json: bool,
) -> None:
    with open_cli_session(common) as cli_session:
        event = cli_session.incident_actions.resolve(reason, incident, cli_session.moment(at), because, duplicate_of)
        ended: Incident = cli_session.incident_actions.find(event.incident)
        ends = _list_open_ends(cli_session, ended)
        for text in list_left_open(ended, ends):
            cli_session.incident_actions.start_loop(text, incident=ended.id)
    back = f" at {format_full_time(event.occurred)}" if at else ""
    still = "".join(f"\nStill open: {end.text}{DEALS.get(end.kind, '')}" for end in ends)
    drafts = f"`cockpit export --incident {ended.id}` drafts its post-mortem."
    felt = (
        f"{capital(describe_impact(ended))}\n`cockpit impact --from TIME --to TIME --incident {ended.id}` corrects it."
    )
    print_event(event, as_json, f"Resolved {ended.id}{back}: {ended.title}\n{felt}\n{drafts}{still}")


DEALS = {
    OpenEndKind.SILENCE: "; `cockpit silence expire` lifts it",
    OpenEndKind.FREEZE: "; `cockpit freeze off` lifts it",
    OpenEndKind.RUN: "; `cockpit run` goes on with it",
    OpenEndKind.CHECKLIST: "; `cockpit tick` ticks them",
    OpenEndKind.TASK: "; `cockpit clock done` ends it",
    OpenEndKind.NOTHING_SENT: "; `cockpit message` writes to clients and the team",
}
"""What deals with an end that is left open."""


def _list_open_ends(cli_session: CliSession, incident: Incident) -> tuple[OpenEnd, ...]:
    """What the record knows to be open at this moment; nothing where it was no incident of its own."""
    if incident.because in ELSEWHERE_LED:
        return ()
    now, environment = RealTime().now(), incident.environment
    return find_open_ends(
        incident,
        now,
        bad=cli_session.incident_actions.bad_of(incident.id),
        silenced=cli_session.incident_actions.silenced() if environment == cli_session.environment.name else (),
        freeze=cli_session.incident_actions.frozen() if environment == cli_session.environment.name else None,
        applications=list_recorded_applications(read_last_recorded(cli_session.timeline, environment), environment),
        checklists=cli_session.plan.checklists,
        clocks=compute_clocks(incident, cli_session.plan, now, zone=cli_session.zone),
        zone=cli_session.zone,
    )


MOST_LISTED = 10  # alerts in one refusal


def _find_alerts(cli_session: CliSession, wanted_name: str, every: bool) -> list[Alert]:
    """The one bad alert that is meant, or `every` one of that name. Raises Refusal naming those there are."""
    bad = {signal.key.partition(":")[2] for signal in cli_session.incident_actions.bad()}
    alerts = [alert for alert in list_recorded_alerts_of_all(cli_session) if alert.key in bad]
    exact = [alert for alert in alerts if alert.key == wanted_name]
    if exact:
        return exact
    named = [alert for alert in alerts if alert.name.casefold() == wanted_name.strip().casefold()]
    if len(named) == 1 or (named and every):
        return named
    shown = named or alerts
    subjects = name_alert_subjects(shown)
    listed = "".join(
        f"\n  {alert.key}  {alert.name}{f' on {subject}' if (subject := subjects[alert.key]) else ''}"
        for alert in shown[:MOST_LISTED]
    )
    if len(shown) > MOST_LISTED:
        listed += f"\n  and {len(shown) - MOST_LISTED} more"
    if named:
        raise Refusal(
            f"{len(named)} alerts have that name; --all takes them all, or choose one by its key:{listed}",
            code="ambiguous-alert",
        )
    there = f"; there are:{listed}" if alerts else "; none is."
    raise Refusal(
        f"No alert `{wanted_name}` is recorded as firing in {cli_session.environment.name}{there}",
        code="unknown-alert",
        name=wanted_name,
        environment=cli_session.environment.name,
    )
