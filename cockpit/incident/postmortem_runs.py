"""What was run, as the draft tells it: each try of a step with its command, its end and what came back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from cockpit.incident.detail import text_of
from cockpit.model.clean import clean_line
from cockpit.model.event import Event, Kind

COMMAND = 400  # characters of a command in its cell
ANSWER = 200  # characters of the end of what it printed


@dataclass(frozen=True, slots=True)
class RunRow:
    """One try. `state` is "running" while no end is known, `took` in seconds, `answer` the end of its output."""

    at: datetime
    who: str
    step: str
    command: str
    state: str = "running"
    outcome: str = ""
    took: float | None = None
    answer: str = ""
    approval: str = ""


def run_rows(events: Iterable[Event]) -> list[RunRow]:
    """Every try of every step, in the order they began; what a person settled stands with its last try."""
    rows: dict[tuple[str, object], RunRow] = {}
    for event in events:
        if event.kind != Kind.STEP:
            continue
        phase, key = text_of(event.detail, "phase"), (event.subject, event.detail.get("attempt"))
        if phase == "intent":
            rows[key] = _begun(event)
        elif phase == "outcome" and key in rows:
            rows[key] = _ended(rows[key], event)
        elif phase == "settled":
            last = next((each for each in reversed(rows) if each[0] == event.subject), key)
            rows[last] = _settled(rows.get(last), event)
    return list(rows.values())


def _begun(event: Event) -> RunRow:
    command = clean_line(text_of(event.detail, "as_run"), COMMAND)
    edited = " (edited)" if event.detail.get("edited") is True else ""
    step = text_of(event.detail, "title") + edited
    return RunRow(event.occurred, event.actor, step, command, approval=text_of(event.detail, "approval"))


def _ended(row: RunRow, event: Event) -> RunRow:
    seconds = event.detail.get("seconds")
    words = [text_of(event.detail, "outcome"), text_of(event.detail, "verified")]
    return replace(
        row,
        state=text_of(event.detail, "state"),
        outcome="; ".join(each for each in words if each),
        took=float(seconds) if isinstance(seconds, int | float) else None,
        answer=clean_line(text_of(event.detail, "output")[-ANSWER:]),
    )


def _settled(row: RunRow | None, event: Event) -> RunRow:
    said, reason = text_of(event.detail, "state"), text_of(event.detail, "reason")
    if row is None:
        return RunRow(event.occurred, event.actor, text_of(event.detail, "title"), "", said, reason)
    return replace(row, state=said, outcome="; ".join(each for each in (row.outcome, reason) if each))
