"""What asks for something now, and how often a person is reminded of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from cockpit.model.clock import Clock, ClockKind, ClockState, show_moment, shown_due
from cockpit.model.incident import Incident
from cockpit.model.response import Freeze
from cockpit.model.time import measure_between

ASKING = frozenset({ClockState.RUNNING, ClockState.AT_RISK, ClockState.OVERDUE})
INFORMATIVE_KINDS = frozenset({ClockKind.BUDGET, ClockKind.TAIL, ClockKind.GAP, ClockKind.ROLLBACK})
"""They tell how long something takes or stays open. Nobody can be late for one, so they never nudge and come last."""

MOST = 5  # reminders of one clock; one that never stops is switched off for ever
LEAST_PAUSE = timedelta(minutes=5)


def list_urgent_clocks(clocks: Iterable[Clock], now: datetime) -> list[Clock]:
    """What asks for something by a time: the first due first, then what only tells, then what is snoozed."""
    soonest: dict[str, Clock] = {}  # of what several severities asked for once, only one asks
    for clock in clocks:
        if clock.state(now) in ASKING:
            name = clock.obligation or clock.id
            first = soonest.get(name)
            if first is None or (clock.due or now) < (first.due or now):
                soonest[name] = clock
    asking = list(soonest.values())
    return sorted(
        asking, key=lambda clock: (clock.snoozed(now), clock.kind in INFORMATIVE_KINDS, clock.due or now, clock.id)
    )


def find_due_reminder(clock: Clock, now: datetime) -> int:
    """The ordinal of the newest reminder that is due, at most 5; 0 for none, and while it is snoozed.

    The first at risk, the second when due, then one after each quarter of its length, at least five minutes apart.
    """
    state = clock.state(now)
    if clock.due is None or clock.kind in INFORMATIVE_KINDS or clock.snoozed(now) or state not in ASKING:
        return 0
    if state is not ClockState.OVERDUE:
        return int(state is ClockState.AT_RISK)
    pause = max((clock.due - clock.started) / 4, LEAST_PAUSE)
    return min(MOST, 2 + (now - clock.due) // pause)


def list_open_items(
    incident: Incident,
    clocks: Iterable[Clock],
    now: datetime,
    zone: tzinfo,
    silenced: Iterable[str] = (),
    freeze: Freeze | None = None,
) -> list[str]:
    """What who takes over must know: clocks that ask for something, runs that go on, silences, a freeze.

    All with their moments: the lines stay on record, where a length would be that of another moment. A run that is open
    need not run: it may wait for a person, or nobody may know how its step ended.
    """
    clocks = [clock for clock in clocks if clock.kind not in INFORMATIVE_KINDS]
    timed = list_urgent_clocks(clocks, now)
    timeless = [clock for clock in clocks if clock.state(now) is ClockState.OPEN]
    lines = [
        f"{clock.what}, open until {show_moment(clock.until, zone, now)}{f' ({clock.remark})' if clock.remark else ''}"
        if clock.until is not None and clock.is_window_open(now)
        else f"{clock.what}, due {shown_due(clock, zone, now) or 'when it can be done'}"
        for clock in timed
    ]
    lines += [f"{clock.what}, still open" for clock in timeless]
    lines += [
        f"run not closed, {run.standing}: {run.title}"
        if run.standing
        else f"run not ended, open since {show_moment(run.started, zone, now)}: {run.title}"
        for run in incident.ran
        if run.ended is None
    ]
    lines += [f"silenced at its source: {name}" for name in silenced]
    lines += [
        f"silence of {silence.describe(show_moment(silence.until, zone, now))}"
        for silence in incident.silences
        if silence.holds(now)
    ]
    return [*lines, *([f"{freeze.environment} is frozen: {freeze.reason}".rstrip(": ")] if freeze else [])]


@dataclass(frozen=True, slots=True)
class ClockOutcome:
    """How one clock went. `target` is the time it had, `actual` the time it took or has taken so far."""

    clock: Clock
    state: ClockState
    target: timedelta | None
    actual: timedelta | None


def met_and_missed(
    clocks: Iterable[Clock], now: datetime, incident: Incident | None = None
) -> tuple[ClockOutcome, ...]:
    """Every deadline and what became of it, in the order in which they began: `clocks --all`, the draft and the JSON
    export list these.

    What was not done when its `incident` was resolved and that was opened again is not done still: the time goes on.
    """
    kept = sorted(clocks, key=lambda clock: (clock.started, clock.id))
    return tuple(_build_clock_outcome(clock, _find_count_end(clock, kept, now, incident), now) for clock in kept)


def _find_count_end(clock: Clock, clocks: Iterable[Clock], now: datetime, incident: Incident | None) -> datetime:
    if incident is None or not clock.undone or all(closed != clock.done for closed, _ in incident.closures):
        return clock.done or now
    later = [
        other.done
        for other in clocks
        if clock.obligation and other.obligation == clock.obligation and other.done is not None and not other.undone
    ]
    after = [moment for moment in later if clock.done is not None and moment > clock.done]
    return min(after, default=incident.resolved or now)


def _build_clock_outcome(clock: Clock, end: datetime, now: datetime) -> ClockOutcome:
    target = None if clock.limit is None else max(measure_between(clock.started, clock.limit), timedelta())
    actual = None if clock.not_applicable else max(measure_between(clock.started, end), timedelta())
    return ClockOutcome(clock, clock.state(now), target, actual)
