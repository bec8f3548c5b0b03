"""What commands print: JSON documents, or the one line that says what was written; times as they are typed."""

import json
from datetime import UTC, date, datetime

import click

from cockpit.cli.options import Refusal
from cockpit.cli.session import print_clean
from cockpit.incident.postmortem.json_document import (
    event_document,
    incident_document,
    presented_document,
    to_json_value,
)
from cockpit.model.event import Event
from cockpit.model.text import clean_line
from cockpit.model.time import RealTime, format_age, parse_length, parse_promise

# Events and incidents as JSON documents: times as text in UTC, durations in seconds.

__all__ = ["event_document", "format_json", "incident_document", "presented_document", "to_json_value"]


def format_json(document: object) -> str:
    """Pure ASCII, so that no terminal is moved by what it holds."""
    return json.dumps(document, indent=2)


at_option = click.option(
    "--at", metavar="TIME", help="When it happened, if not now: `10m ago`, `14:05`, `14:05 UTC`, `2026-02-27 14:05`."
)
reason_option = click.option("--reason", default="", metavar="TEXT", help="Why; it stands on the timeline.")


def print_event(event: Event, as_json: bool, sentence: str = "") -> None:
    """What was written: its document, or a sentence; without one where it stands, and the line that it reads as."""
    if as_json:
        click.echo(format_json(event_document(event)))
    else:
        print_clean(sentence or f"{event.incident}: {event.summary}")


def capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def describe_destination(event: Event) -> str:
    return f" on {event.incident}" if event.incident else f" in the journal of {event.environment}"


def format_full_time(moment: datetime) -> str:
    """`2026-11-20 14:05 UTC (17h ago)`: a bare clock time may have meant yesterday, and is repeated with its day."""
    ago = format_age((RealTime().now() - moment).total_seconds())
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({ago} ago)"


def parse_time_ahead(text: str | None) -> datetime | None:
    """The moment that lies so far ahead. Raises LengthError."""
    return None if text is None else RealTime().now() + parse_length(text)


def parse_promised_time(text: str | None) -> datetime | None:
    """When the next message was promised; None for no promise, also where that is said in a word (`none`). Raises
    LengthError."""
    within = None if text is None else parse_promise(text)
    return None if within is None else RealTime().now() + within


def parse_day(text: str | None) -> date | None:
    """`2026-12-01`. Raises Refusal."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refusal(
            f"`{clean_line(text, 40)}` is not a valid date; write it as 2026-12-01.",
            code="not-a-day",
            text=clean_line(text, 40),
        ) from None
