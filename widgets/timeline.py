"""Rows of the timeline pane: when, who or what, and the fact in one line. Oldest first, as it is read."""

from collections.abc import Container, Iterable
from datetime import date, datetime, tzinfo

from cockpit.model.clock_steps import (
    RECENT_ENOUGH,
    describe_clock_then,
    list_clock_steps,
    tell_by_present_clock,
)
from cockpit.model.event import WRITTEN_LATE, Event, Kind, describe_unseen, order_standing_events
from cockpit.model.time import format_duration, measure_between
from widgets.cell import Cell, Column, Row

DATED = 92  # cells from which every row has its date; under that only the days it is not today
COLUMNS = (
    Column(10, from_width=DATED),
    Column(3, below=DATED),
    Column(8),
    Column(8),
    Column(0, prose=True),
)

HUMAN = frozenset(
    {
        *(Kind.DECLARE, Kind.NOTE, Kind.ACK, Kind.SEVERITY, Kind.STATUS, Kind.RESOLVE, Kind.EXPORT),
        *(Kind.ROLE, Kind.CLOCK, Kind.UPDATE, Kind.PAGE, Kind.TICK, Kind.FREEZE, Kind.DECISION, Kind.ITEM),
        *(Kind.PIN, Kind.LINK, Kind.RECOVERY, Kind.REVIEW, Kind.PRACTICE),
    }
)
STATE_TONES = {
    "down": "bad",
    "firing": "bad",
    "blind": "bad",
    "degraded": "warn",
    "pending": "warn",
    "unknown": "warn",
    "resolved?": "warn",
    "up": "good",
    "live": "good",
    "resolved": "good",
}


def build_event_rows(
    events: Iterable[Event], operator: str, zone: tzinfo, today: date, pins: Container[int] = frozenset()
) -> list[Row]:
    """One row an event in the order they happened; times in `zone`, where it is `today`; `operator` is `you`.

    What a later event corrects is not shown; the correction stands in its row, at the time that it says. The row keeps
    the id of the first event, so that a cursor on it stays there. Where the clock was set, all is dated by
    the clock of now: what was recorded later stands later.
    """
    events = list(events)
    present = tell_by_present_clock(events, steps, RECENT_ENOUGH) if (steps := list_clock_steps(events)) else events
    standing = order_standing_events(present)
    return [_build_event_row(root, event, operator, zone, today, event.id in pins) for root, event in standing]


def choose_event_tone(event: Event) -> str:
    """The colour an event is worth: only what broke, got better or was decided by a person has one."""
    if event.kind in (Kind.DECLARE, Kind.RESOLVE, Kind.SEVERITY, Kind.STATUS, Kind.DECISION, Kind.UPDATE):
        return "info"
    if event.kind in (Kind.GAP, Kind.WALL_CLOCK):
        return "warn"
    if event.kind == Kind.WEBHOOK:
        return {"failed": "bad", "unknown": "warn"}.get(str(event.detail.get("outcome", "")), "")
    return STATE_TONES.get(str(event.detail.get("state", "")), "")


def went_wrong(event: object) -> bool:
    """True for an event that tells of something broken: a signal gone bad, a step or an operation that failed."""
    if not isinstance(event, Event):
        return False
    return (
        choose_event_tone(event) == "bad"
        or event.detail.get("state") == "failed"
        or event.detail.get("outcome") == "failed"
    )


def format_day_offset(day: date, today: date) -> str:
    """`-1d` for yesterday, "" for today, never more than three cells."""
    away = (day - today).days
    return f"{away:+d}d" if 0 < abs(away) < 10 else "old" if away else ""


def format_actor(event: Event, operator: str) -> str:
    """`you`, a name, or what kind of source it was."""
    if not event.actor or event.kind not in (*HUMAN, Kind.RUN, Kind.STEP):  # whose words say that it is a step
        return event.kind
    return "you" if event.actor == operator else event.actor.partition("@")[0]


def _format_lateness(event: Event) -> str:
    """` · recorded 12m 10s later`, of what a person stated of an earlier time."""
    late = measure_between(event.occurred, event.recorded)
    then = f" · {text}" if (text := describe_clock_then(event)) else ""
    if late < WRITTEN_LATE or not event.actor or event.redacted:
        return then
    return f"{then} · recorded {format_duration(late)} later"


def _build_event_row(root: int, event: Event, operator: str, zone: tzinfo, today: date, pinned: bool) -> Row:
    local: datetime = event.occurred.astimezone(zone)
    text = "(redacted)" if event.redacted else f"{event.summary}{describe_unseen(event)}"
    summary = f"{'★ ' if pinned else ''}{text}{_format_lateness(event)}"
    return Row(
        str(root),
        (
            Cell(f"{local:%Y-%m-%d}", "muted"),
            Cell(format_day_offset(local.date(), today), "muted"),
            Cell(f"{local:%H:%M:%S}", "muted"),
            Cell(format_actor(event, operator), "muted"),
            Cell(summary, "muted" if event.redacted else choose_event_tone(event)),
        ),
        (
            *(("kind", event.kind), ("by", event.actor), ("source", event.source), ("subject", event.subject)),
            *(("state", str(event.detail.get("state", ""))), ("incident", event.incident or "")),
            ("pinned", "yes" if pinned else "no"),
        ),
        went_wrong(event),
    )
