"""The timeline of an incident as a table for a spreadsheet, every event of it, also those that were corrected."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from cockpit.incident.detail import words_of
from cockpit.model.event import Event
from cockpit.model.incident import Incident

COLUMNS = (
    "incident", "time_utc", "local_time", "recorded_utc", "event", "from", "kind", "source", "actor", "subject", "what",
    "text", "corrects", "corrected_by", "pinned", "evidence", "hash",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # a spreadsheet would run it
SEPARATOR = "; "


def as_csv(incident: Incident, events: Sequence[Event], zone: tzinfo) -> str:
    """RFC 4180 with a header. `events` in any order; the rows are in the order in which it happened."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    corrected = {each.supersedes: each.id for each in events if each.supersedes is not None}
    evidence: dict[int, list[str]] = {}
    for link in incident.links:
        evidence.setdefault(link.event, []).append(f"{link.text}: {link.target}" if link.text else link.target)
    for event in sorted(events, key=lambda each: (each.occurred, each.id)):
        table.writerow(
            [
                incident.id,
                _utc(event.occurred),
                f"{event.occurred.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}",
                _utc(event.recorded),
                event.id,
                "incident" if event.incident else "journal",
                safe(event.kind),
                safe(event.source),
                safe(event.actor),
                safe(event.subject),
                "(redacted)" if event.redacted else safe(event.summary),
                safe(words_of(event.detail, "text")),
                event.supersedes or "",
                corrected.get(event.id, ""),
                "yes" if event.id in incident.pins else "",
                safe(SEPARATOR.join(evidence.get(event.id, ()))),
                event.hash,
            ]
        )
    return text.getvalue()


def safe(cell: str) -> str:
    """A cell that every spreadsheet takes for text: what it would take for a formula begins with an apostrophe."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
