"""`cockpit brief`, `cockpit shift`, `cockpit follow`: what there is to know, in plain lines."""

import json
import queue
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import click

from cockpit.cli.options import Common, common_options, incident_option, json_option
from cockpit.cli.output import format_json, incident_document, presented_document, to_json_value
from cockpit.cli.session import open_cli_session, parse_since, print_clean, warn_unrecorded
from cockpit.cli.timeline import format_followed_line
from cockpit.incident.change_dates import CONTEXT, present_events
from cockpit.incident.messages.briefing import read_brief
from cockpit.incident.messages.fields import find_lead
from cockpit.incident.messages.shift_report import build_shift_report, describe_shift
from cockpit.model.event import Event, Kind
from cockpit.model.time import RealTime
from cockpit.recorder.lock import LOOK_WHO_RECORDS
from cockpit.recorder.record_end import describe_record_end, read_record_end

LOOK = 0.5  # seconds between two looks whether somebody pressed Ctrl+C
SHIFT = timedelta(hours=12)


def print_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    """One line each, its title in front, as a screen reader reads it."""
    for title, line in pairs:
        print_clean(f"{title:<11} {line}")


@click.command(name="brief", help="The situation in half a minute, for whoever takes over.")
@incident_option
@json_option
@common_options
def brief(common: Common, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common, read_only=True) as cli_session:
        meant = cli_session.find_lately(incident)
        now = RealTime().now()
        pairs = read_brief(cli_session.incident_actions, cli_session.timeline, meant, cli_session.zone, now)
        until = to_json_value(read_record_end(cli_session.timeline, meant.environment, now)) if as_json else None
    if as_json:
        lines = [{"title": title, "text": line} for title, line in pairs]
        click.echo(format_json({"incident": meant.id, "lines": lines, "recorded_until": until}))
    else:
        print_pairs(pairs)


@click.command(
    name="shift", help="The last hours: what fired or failed and who took it, runs, silences, and what nobody touched."
)
@click.option("--since", default="12h", show_default=True, metavar="TIME", help="From then on: `12h`, `22:00`.")
@json_option
@common_options
def shift(common: Common, since: str, as_json: bool) -> None:
    with open_cli_session(common, read_only=True) as cli_session:
        now = RealTime().now()
        begin = parse_since(cli_session, since) or now - SHIFT
        name = cli_session.environment.name
        events = cli_session.timeline.events(environment=name, occurred_from=begin)
        before = cli_session.timeline.events(environment=name, kinds=(Kind.RECORDER,), occurred_until=begin, limit=1)
        incidents = [incident for incident in cli_session.incident_actions.incidents() if incident.environment == name]
        report = build_shift_report(
            events,
            incidents,
            since=begin,
            now=now,
            freeze=cli_session.incident_actions.frozen(),
            environment=name,
            bad=cli_session.incident_actions.bad(),
            silences=cli_session.incident_actions.silences(),
            lead=find_lead(cli_session.plan).name,
            recorded_until=read_record_end(cli_session.timeline, name, now),
            is_recorded_before=bool(before),
        )
        zone = cli_session.zone
    if as_json:
        document = {name: to_json_value(value) for name, value in asdict(report).items() if name != "incidents"}
        click.echo(format_json({**document, "incidents": [incident_document(item) for item in report.incidents]}))
    else:
        print_pairs(describe_shift(report, zone))


@click.command(
    name="follow", help="Print what happens as it happens, a line each, until Ctrl+C; --json one object a line."
)
@click.option("--last", "count", default=5, show_default=True, type=click.IntRange(min=0), help="Begin with so many.")
@json_option
@common_options
def follow(common: Common, count: int, as_json: bool) -> None:
    with open_cli_session(common, read_only=True, there=True) as cli_session:
        name = cli_session.environment.name
        waiting: queue.SimpleQueue[list[Event]] = queue.SimpleQueue()
        warn_unrecorded(cli_session, name)
        before = cli_session.timeline.events(environment=name, limit=max(count, CONTEXT))
        newest = before[-count:] if count else []
        last = max((event.id for event in cli_session.timeline.events(limit=1)), default=0)
        stop = cli_session.timeline.follow(waiting.put, after=last)
        ending = RecordEndWatch(RealTime().monotonic)
        try:
            print_events(newest, as_json, before)
            ending.look(lambda: read_record_end(cli_session.timeline, name, RealTime().now()))
            while True:
                if turn := ending.look(lambda: read_record_end(cli_session.timeline, name, RealTime().now())):
                    print_record_turn(turn, as_json)
                try:
                    events = waiting.get(timeout=LOOK)
                except queue.Empty:
                    continue
                own = [event for event in events if event.environment in (name, "")]
                before = [*before, *own][-CONTEXT:]
                print_events(own, as_json, before)
        except KeyboardInterrupt:
            pass
        finally:
            stop()


@dataclass(frozen=True, slots=True)
class RecordTurn:
    """Recording ended or goes on: `recorded_until` is the moment of the end, None while somebody records."""

    recorded_until: datetime | None


class RecordEndWatch:
    """Looks every few seconds whether anybody records. `monotonic` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._next = float("-inf")
        self._was_ended: bool | None = None  # None: nobody has looked yet

    def look(self, read_end: Callable[[], datetime | None]) -> RecordTurn | None:
        """A turn since the last look; None where there is none, for the first look, and before the next is due."""
        if self._monotonic() < self._next:
            return None
        self._next = self._monotonic() + LOOK_WHO_RECORDS
        recorded_until = read_end()
        was_ended, self._was_ended = self._was_ended, recorded_until is not None
        return RecordTurn(recorded_until) if was_ended not in (None, self._was_ended) else None


def print_record_turn(turn: RecordTurn, as_json: bool) -> None:
    """A line of its own: what follows it, or does not, means something else from here on."""
    now = RealTime().now()
    if as_json:
        click.echo(json.dumps({"recorded_until": to_json_value(turn.recorded_until), "at": to_json_value(now)}))
    elif turn.recorded_until is None:
        print_clean(f"       {now:%Y-%m-%d %H:%M:%S}Z  somebody records again")
    else:
        print_clean(f"       {now:%Y-%m-%d %H:%M:%S}Z  from here on {describe_record_end(turn.recorded_until, now)}")


def print_events(events: Iterable[Event], as_json: bool, before: Sequence[Event]) -> None:
    """At once: whoever reads waits for it. `before` are the newest events, these among them, by which a line is dated
    as everywhere else."""
    presented = {event.id: event for event in present_events(before)}
    for event in events:
        shown_event = presented.get(event.id, event)
        if as_json:
            click.echo(json.dumps(presented_document(event, shown_event)))
        else:
            print_clean(format_followed_line(shown_event))
