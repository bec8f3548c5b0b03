"""The written forms of a moment that Azure's services use; no two of them agree."""

from datetime import UTC, datetime
from urllib.parse import unquote

from cockpit.simulator.answer import RefusedError


def format_zulu(moment: datetime) -> str:
    """`2026-02-27T02:14:31Z`: replicas, console log lines."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_with_offset(moment: datetime) -> str:
    """`2026-02-27T02:14:31+00:00`: revisions."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def format_naive(moment: datetime) -> str:
    """`2026-02-27T02:14:31.1234567`, seven digits and no zone: systemData, operation status."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "7"


def format_precise(moment: datetime) -> str:
    """`2026-02-27T02:14:31.1234567Z`: alerts, the Activity Log, Log Analytics."""
    return format_naive(moment) + "Z"


def format_verbose(moment: datetime) -> str:
    """`2026-02-27 02:14:31 +0000 UTC`: some lines of the system log."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S +0000 UTC")


def parse_time(text: str) -> datetime:
    """A moment as callers write it, in UTC if it names no zone. Raises RefusedError."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise RefusedError(400, "BadRequest", f"'{text}' is not a time in ISO 8601.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_range(text: str) -> tuple[datetime, datetime]:
    """`start/end`, two moments. Raises RefusedError."""
    start, slash, end = unquote(text).partition("/")  # az encodes it twice
    if not slash:
        raise RefusedError(400, "BadRequest", f"'{text}' is not a timespan; it must be start/end.")
    return parse_time(start), parse_time(end)
