"""Rows of clocks and people: what is due, how long it has, who does it, and where the rule stands."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from cockpit.model.clock import Clock, ClockKind, ClockState, shown_due
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan, Role
from cockpit.model.time import format_clock_time
from widgets.cell import Cell, Column, Piece, Row, cut_text

SIGNS = {
    ClockState.RUNNING: ("○", ""),
    ClockState.AT_RISK: ("◐", "warn"),
    ClockState.OVERDUE: ("✖", "bad"),
    ClockState.OPEN: ("○", ""),
    ClockState.MET: ("✔", "good"),
    ClockState.MISSED: ("✖", "warn"),
    ClockState.NOT_APPLICABLE: ("–", "muted"),
}
ASKS = frozenset({ClockState.RUNNING, ClockState.AT_RISK, ClockState.OVERDUE, ClockState.OPEN})
BRIEF = {
    ClockKind.RESPONSE: "answer",
    ClockKind.COMMANDER: "IC",
    ClockKind.CHECKLIST: "checklist",
    ClockKind.UPDATE: "update",
    ClockKind.PROMISE: "promised update",
    ClockKind.ESCALATION: "escalate",
    ClockKind.CLIENT: "tell clients",
    ClockKind.RECOVERY: "recovery",
    ClockKind.BUDGET: "runbook",
    ClockKind.TAIL: "may still work",
    ClockKind.GAP: "name missing",
    ClockKind.BREACH: "breach notice",
    ClockKind.ROLLBACK: "rollback window",
    ClockKind.POSTMORTEM: "post-mortem",
}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NEAR = timedelta(minutes=5)  # to when it is due: from there on its seconds count
FULL = 94  # cells from which the moment it is due is written in both zones
COLUMNS = (  # what it is about keeps thirty cells at every width; what has no column is shown below the panes
    Column(1),
    Column(0, prose=True),
    Column(24, prose=True, from_width=88),
    Column(11, right=True),
    Column(12, from_width=54, below=FULL),
    Column(27, from_width=FULL),
    Column(16, from_width=124, prose=True),
    Column(24, from_width=150),
)


def render_brief_clock(clock: Clock, now: datetime, named: int = 22) -> list[Piece]:
    """One clock for the bar: `update 4:17`, `escalate now`; its word in at most `named` cells."""
    _, tone = SIGNS[clock.state(now)]
    name = BRIEF.get(clock.kind) or cut_text(clock.what, named, middle=False)
    return [(f"{name} ", tone or "muted"), (format_remaining(clock, now), tone or "strong")]


def format_remaining(clock: Clock, now: datetime, *, calm: bool = False) -> str:
    """`4:17` under an hour, `3h 05m` under two days, `6d` beyond; `1:12 late`; how it ended. While a window is open
    `now`: nobody is late, it is their turn to be called.

    `calm` gives what is not NEAR in minutes: `29 min`.
    """
    if clock.is_window_open(now):
        return "now"
    left = clock.remaining(now)
    if left is None:
        return "" if clock.state(now) in ASKS else clock.state(now).value
    late = left < timedelta()
    length = abs(left)
    sentence = f"{length // MINUTE} min" if calm and NEAR <= length < HOUR else format_span(length)
    return f"{sentence}{' late' if late else ''}"


def format_span(length: timedelta) -> str:
    """A length of time in at most six cells."""
    seconds = int(length.total_seconds())
    if seconds < 3_600:
        return f"{seconds // 60}:{seconds % 60:02}"
    if seconds < 2 * 86_400:
        return f"{seconds // 3_600}h {seconds // 60 % 60:02}m"
    return f"{seconds // 86_400}d"


def build_clock_rows(
    clocks: Sequence[Clock], now: datetime, zone: tzinfo, ids: Sequence[str] = (), *, calm: bool = False
) -> list[Row]:
    """One row a clock, in the order given: sign, what and why, what is left, when it is due, who, and whose rule.

    `ids` name the rows where clocks of several incidents stand together; `calm` ones tick only while they are NEAR.
    """
    named = ids or [clock.id for clock in clocks]
    return [_build_clock_row(clock, id, now, zone, calm=calm) for clock, id in zip(clocks, named, strict=True)]


def _build_clock_row(clock: Clock, id: str, now: datetime, zone: tzinfo, *, calm: bool) -> Row:
    state = clock.state(now)
    sign, tone = SIGNS[state]
    asks = state in ASKS
    why = clock.not_applicable or clock.why
    if asks and clock.snoozed(now) and clock.snoozed_until:
        why = f"snoozed until {format_clock_time(clock.snoozed_until, zone, now.astimezone(zone).date())}"
    return Row(
        id,
        (
            Cell(sign, tone),
            Cell(clock.what, tone if asks else "muted"),
            Cell(why, "muted"),
            *(
                (
                    Cell(format_remaining(clock, now, calm=calm), tone),
                    Cell(format_due_time(clock, zone, now), "muted"),
                    Cell(shown_due(clock, zone, now), "muted"),
                )
                if asks
                else (Cell(clock.state(now).value, "muted", span=3),)  # how it ended needs no time beside it
            ),
            Cell(clock.who, "" if asks else "muted"),
            Cell(clock.origin, "muted"),
        ),
        (("state", state.value), ("name", clock.what), ("who", clock.who)),
        state is ClockState.OVERDUE,
    )


def format_due_time(clock: Clock, zone: tzinfo, now: datetime) -> str:
    """The local time it is due, short: `04:17 NZDT`, `22 Nov 04:17` on another day."""
    if clock.due is None:
        return ""
    local = clock.due.astimezone(zone)
    far = local.date() != now.astimezone(zone).date()
    return f"{local:%d %b %H:%M}" if far else f"{local:%H:%M %Z}"


def count_clocks(clocks: Sequence[Clock], now: datetime) -> list[Piece]:
    """` ✖1 ◐2 ○3` of those that ask for something."""
    pairs = [SIGNS[clock.state(now)] for clock in clocks if clock.state(now) in ASKS]
    triples = [(sign, tone, sum(one == (sign, tone) for one in pairs)) for sign, tone in dict.fromkeys(pairs)]
    return [(f" {sign}{count}", tone or "muted") for sign, tone, count in sorted(triples)]


def render_leaders(incident: Incident, plan: Plan, operator: str) -> list[Piece]:
    """`IC ana · Ops you · Scribe –`: every role of the plan in few letters, and who holds it."""
    pieces: list[Piece] = []
    for role in plan.roles:
        people = [shorten_person(text, operator) for text in incident.in_role(role.name)]
        empty = "bad" if role.lead else "muted"
        pieces += [(" · " if pieces else " ", "muted"), (f"{shorten_role(role)} ", "muted")]
        pieces.append((", ".join(people) or "–", "" if people else empty))
    return pieces


def leader_rows(incident: Incident, plan: Plan, operator: str) -> list[Row]:
    """The same as rows for below the clocks: `IC  ana`."""
    rows = []
    for role in plan.roles:
        people = ", ".join(shorten_person(text, operator) for text in incident.in_role(role.name))
        tone = "" if people else "bad" if role.lead else "muted"
        rows.append(Row(f"role:{role.name}", (Cell(), Cell(f"{shorten_role(role):<8}{people or 'nobody'}", tone))))
    return rows


def shorten_role(role: Role) -> str:
    """`IC` for Incident Commander; the first word of any other role."""
    parts = role.name.split()
    if role.lead and len(parts) > 1:
        return "".join(word[0] for word in parts).upper()
    return parts[0] if parts else role.name


def shorten_person(person: str, operator: str) -> str:
    """`you`, or what stands before the @."""
    return "you" if person == operator else person.partition("@")[0]
