"""What was run, as the draft tells it: each procedure with each try of its steps, its command, its end and what came
back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cockpit.model.clock import Clock, ClockKind
from cockpit.model.event import (
    Event,
    Kind,
    attempt_of,
    text_of,
    words_of,
)
from cockpit.model.incident import Incident
from cockpit.model.response import ProcedureRun
from cockpit.model.run import describe_step_end, mark_step_ends, mark_step_title
from cockpit.model.text import clean_text
from cockpit.model.time import format_duration, measure_between

COMMAND = 4_000  # characters of a command
ANSWER = 400  # characters of the end of what it printed


@dataclass(frozen=True, slots=True)
class ProcedureRow:
    """One run of a procedure against the time it is expected to take, with its steps."""

    ran: ProcedureRun
    took: timedelta | None  # until it ended, else until its work was verified
    kept: str
    steps: tuple["RunRow", ...] = ()


def procedure_rows(
    incident: Incident, events: Iterable[Event], clocks: Sequence[Clock], now: datetime
) -> list[ProcedureRow]:
    """Every run of a procedure in which a step was begun, in the order they began."""
    states = {
        clock.id: clock.not_applicable or clock.state(now).value for clock in clocks if clock.kind is ClockKind.BUDGET
    }
    steps: dict[str, list[RunRow]] = {}
    for row in run_rows(events):
        steps.setdefault(row.run, []).append(row)
    runs = sorted(incident.ran, key=lambda entry: entry.started)
    rows = [
        ProcedureRow(
            run,
            measure_between(run.started, end) if (end := run.ended or run.verified) else None,
            states.get(f"budget:{run.id}", ""),
            tuple(steps.pop(run.id, ())),
        )
        for run in runs
    ]
    # Steps of a run that began before the record of this incident does.
    rows += [
        ProcedureRow(ProcedureRun(name, "steps of an earlier run", group[0].at), None, "", tuple(group))
        for name, group in steps.items()
    ]
    return [row for row in rows if row.steps]


def describe_run_length(row: ProcedureRow) -> str:
    """`took 43s, its work verified after 23s`: until it ended, whenever its work was verified."""
    if row.took is None:
        return "not ended"
    if row.ran.ended is None:
        return f"took {format_duration(row.took)} until its work was verified, not closed"
    took, verified = format_duration(row.took), row.ran.verified
    if verified is None or verified >= row.ran.ended:
        return f"took {took}"
    return f"took {took}, its work verified after {format_duration(measure_between(row.ran.started, verified))}"


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
    run: str = ""
    number: str = ""
    looked_again: bool = False  # nobody saw when it ended: `took` is until it was looked at again


def run_rows(events: Iterable[Event]) -> list[RunRow]:
    """Every try of every step, in the order they began; what a person settled stands with its last try."""
    rows: dict[tuple[str, object], RunRow] = {}
    for event in mark_step_ends(events):
        if event.kind != Kind.STEP:
            continue
        phase, key = text_of(event.detail, "phase"), attempt_of(event)
        if phase == "intent":
            rows[key] = _build_begun_run(event)
        elif phase == "outcome" and key in rows:
            rows[key] = _apply_end(rows[key], event)
        elif phase == "settled":
            last = next((row for row in reversed(rows) if row[0] == event.subject), key)
            rows[last] = _apply_settlement(rows.get(last), event)
    return list(rows.values())


def _build_begun_run(event: Event) -> RunRow:
    command = clean_text(words_of(event.detail, "as_run"), COMMAND)
    step = mark_step_title(text_of(event.detail, "title"), event.detail)
    run, _, number = event.subject.partition("#")
    approval = text_of(event.detail, "approval")
    return RunRow(event.occurred, event.actor, step, command, approval=approval, run=run, number=number)


def _apply_end(row: RunRow, event: Event) -> RunRow:
    seconds = event.detail.get("seconds")
    parts = [text_of(event.detail, "outcome"), text_of(event.detail, "verified")]
    return replace(
        row,
        state=describe_step_end(event.detail),
        outcome="; ".join(word for word in parts if word),
        took=float(seconds) if isinstance(seconds, int | float) else None,
        answer=_cut_answer(words_of(event.detail, "output")),
        looked_again=event.detail.get("looked_again") is True,
    )


def _cut_answer(output: str) -> str:
    """The last whole lines of what came back; of one long line its end, marked as cut."""
    text = clean_text(output).strip()
    if len(text) <= ANSWER:
        return text
    first, border, rest = text[-ANSWER:].partition("\n")
    return rest if border and rest.strip() else f"…{first}{border}{rest}"


def _apply_settlement(row: RunRow | None, event: Event) -> RunRow:
    """What a person said of a step stands at the time at which they said it; how its last try went stays beside it."""
    sentence, reason = text_of(event.detail, "state"), text_of(event.detail, "reason")
    run, _, number = event.subject.partition("#")
    settlement = RunRow(
        event.occurred, event.actor, text_of(event.detail, "title"), "", sentence, reason, run=run, number=number
    )
    if row is None:
        return settlement
    looked = " when looked at again" if row.looked_again else ""
    seconds = "" if row.took is None else f"{looked} after {row.took:.1f} s"
    before = "no end is known" if row.state == "running" else f"{row.state}{seconds}"
    last_try = f"the try of {row.at.astimezone(UTC):%H:%M:%S} UTC by {row.who}: {before}"
    return replace(
        row,
        at=settlement.at,
        who=settlement.who,
        state=sentence,
        took=None,
        outcome="; ".join(text for text in (reason, last_try, row.outcome) if text),
    )
