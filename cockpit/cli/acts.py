"""What a responder does from a second shell: `declare`, `note`, `ack`, `severity`, `resolve`."""

import sys
from datetime import UTC, datetime

import click

from cockpit.cli.documents import as_json as to_json
from cockpit.cli.documents import event_document, incident_document
from cockpit.cli.options import Common, Refusal, common_options, incident_option, json_option
from cockpit.cli.seat import Seat, echo, take_seat
from cockpit.model.event import Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.time import RealTime, age

at_option = click.option(
    "--at", metavar="TIME", help="When it happened, if not now: `10m ago`, `14:05`, `2026-02-27 14:05`."
)
reason_option = click.option("--reason", default="", metavar="TEXT", help="Why; it stands on the timeline.")


@click.command(name="declare", help="Declare an incident: one line that says what is wrong.")
@click.argument("title", nargs=-1, required=True)
@click.option("--severity", metavar="LEVEL", help="A rung of the ladder, or SEV-n; the worst but one if not given.")
@click.option("--impact", metavar="TIME", help="When users first felt it, if that is known.")
@click.option("--reach", metavar="TIME", help="How far back the incident's range reaches, if further or less.")
@click.option("--drill", is_flag=True, help="An exercise: it counts in no statistics.")
@json_option
@common_options
def declare(
    common: Common,
    title: tuple[str, ...],
    severity: str | None,
    impact: str | None,
    reach: str | None,
    drill: bool,
    as_json: bool,
) -> None:
    with take_seat(common) as seat:
        incident = seat.desk.declare(
            " ".join(title),
            severity,
            reach_from=seat.moment(reach),
            impact_started=seat.moment(impact),
            drill=drill,
        )
    if as_json:
        click.echo(to_json(incident_document(incident)))
        return
    what = "drill " if incident.drill else ""
    echo(f"Declared {what}{incident.severity} {incident.id} in {incident.environment}: {incident.title}")
    if incident.detected and incident.detected < incident.declared:
        echo(f"Detected {incident.detected:%H:%M:%S} UTC by {incident.detected_by}.")
    if incident.impact_started:
        echo(f"Users felt it from {_at(incident.impact_started)}.")
    reaches = _at(incident.reach_from) if reach else f"{incident.reach_from:%H:%M:%S} UTC"
    echo(f"It reaches back to {reaches}. `cockpit note TEXT` adds to it.")


@click.command(name="note", help="Write down what was seen, thought or done. `-` reads it from standard input.")
@click.argument("text", nargs=-1, required=True)
@at_option
@incident_option
@json_option
@common_options
def note(common: Common, text: tuple[str, ...], at: str | None, incident: str | None, as_json: bool) -> None:
    words = sys.stdin.read() if text == ("-",) else " ".join(text)
    with take_seat(common) as seat:
        event = seat.desk.note(words, incident, seat.moment(at))
    back = f" at {_at(event.occurred)}" if at else ""
    _say(event, as_json, f"Noted{back}{_where(event)}: {event.summary}")


@click.command(name="ack", help="Take an alert, by its name or its key; without one the incident itself.")
@click.argument("alert", required=False)
@click.option("--note", "words", default="", metavar="TEXT", help="What you are about to do.")
@incident_option
@json_option
@common_options
def ack(common: Common, alert: str | None, words: str, incident: str | None, as_json: bool) -> None:
    with take_seat(common) as seat:
        key, name = _alert(seat, alert) if alert else ("", "")
        event = seat.desk.acknowledge(key, name, incident, words)
    _say(event, as_json, f"{event.summary[:1].upper()}{event.summary[1:]}{_where(event)}")


@click.command(name="severity", help="Move an incident on the ladder.")
@click.argument("level")
@reason_option
@incident_option
@json_option
@common_options
def severity(common: Common, level: str, reason: str, incident: str | None, as_json: bool) -> None:
    with take_seat(common) as seat:
        event = seat.desk.change_severity(level, incident, reason)
    _say(event, as_json, f"{event.incident}: {event.summary}")


@click.command(name="resolve", help="End an incident.")
@reason_option
@at_option
@incident_option
@json_option
@common_options
def resolve(common: Common, reason: str, at: str | None, incident: str | None, as_json: bool) -> None:
    with take_seat(common) as seat:
        event = seat.desk.resolve(reason, incident, seat.moment(at))
        ended: Incident = seat.desk.find(event.incident)
    back = f" at {_at(event.occurred)}" if at else ""
    _say(
        event,
        as_json,
        f"Resolved {ended.id}{back}: {ended.title}\n`cockpit export --incident {ended.id}` drafts its post-mortem.",
    )


def _say(event: Event, as_json: bool, sentence: str) -> None:
    if as_json:
        click.echo(to_json(event_document(event)))
    else:
        echo(sentence)


def _at(moment: datetime) -> str:
    """`2026-11-20 14:05 UTC (17h ago)`: a bare clock time may have meant yesterday, and is repeated with its day."""
    ago = age((RealTime().now() - moment).total_seconds())
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({ago} ago)"


def _where(event: Event) -> str:
    return f" on {event.incident}" if event.incident else f" in the journal of {event.environment}"


def _alert(seat: Seat, wanted: str) -> tuple[str, str]:
    """Key and name of the one bad alert that is meant. Raises Refusal naming those there are."""
    alerts = {
        each.key.partition(":")[2]: each.label.removeprefix("alert ")
        for each in seat.desk.bad()
        if each.key.startswith(f"{Kind.ALERT}:")
    }
    if wanted in alerts:
        return wanted, alerts[wanted]
    named = [(key, name) for key, name in alerts.items() if name.casefold() == wanted.strip().casefold()]
    if len(named) == 1:
        return named[0]
    listed = "".join(f"\n  {key}  {name}" for key, name in named or alerts.items())
    if named:
        raise Refusal(f"{len(named)} alerts have that name; choose one by its key:{listed}")
    there = f"; there are:{listed}" if alerts else "; none is."
    raise Refusal(f"No alert `{wanted}` is recorded as firing in {seat.environment.name}{there}")
