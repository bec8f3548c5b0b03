"""When a rule is due, and when four fifths of its time are gone: on the wall, in working hours, in working days."""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from cockpit.incident.clocks.business_hours import DAY, NOTHING, add_days, add_hours, compute_working_time
from cockpit.incident.impact import EARLIEST, LATEST, find_impact_start, list_pauses
from cockpit.model.clock import Clock, Counting, Rule
from cockpit.model.incident import HealthyPeriod, Incident
from cockpit.model.plan import Hours
from cockpit.model.time import measure_between

RISK = 0.8  # of the counted time; the share at which service level tools warn


@dataclass(frozen=True, slots=True)
class DueTime:
    """Both None: it never comes, because nobody ever works or the calendar ends before it does."""

    due: datetime | None
    risk: datetime | None


NEVER = DueTime(None, None)


def due_after(start: datetime, after: timedelta, counting: Counting, hours: Hours, zone: tzinfo) -> DueTime:
    """`after` counted from `start`; below zero is at once. Days are whole: one begun is one more. Never raises."""
    span = max(after, NOTHING)
    try:
        if counting is Counting.WALL:
            return DueTime(start + span, start + span * RISK)
        if counting is Counting.HOURS:
            due = add_hours(start, span, hours, zone)
            return NEVER if due is None else DueTime(due, add_hours(start, span * RISK, hours, zone))
        due = add_days(start, math.ceil(span / DAY), hours, zone)
        if due is None:
            return NEVER
        return DueTime(due, add_hours(start, compute_working_time(start, due, hours, zone) * RISK, hours, zone))
    except OverflowError:
        return NEVER


def risk_of(start: datetime, due: datetime | None) -> datetime | None:
    """Four fifths of the way to a time that somebody named."""
    return None if due is None else start + max(due - start, NOTHING) * RISK


def later_by(moment: datetime | None, span: timedelta) -> datetime | None:
    """None where there is no such moment any more."""
    try:
        return None if moment is None else moment + span
    except OverflowError:
        return None


# How a clock ends when what it is for is over: in time it was never needed, too late it was missed.

OVER = "resolved before it was late"
MITIGATED_IN_TIME = "mitigated before it was late"


@dataclass(frozen=True, slots=True)
class SeverityPeriod:
    """From when on a severity bound, with what. `raised`: it was worse than the one before, or the first."""

    severity: str
    start: datetime
    why: str
    raised: bool
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Episode:
    """One time in which an incident was open; `end` None: it is. `because` is the reason that it was closed for."""

    start: datetime
    end: datetime | None
    because: str
    periods: tuple[SeverityPeriod, ...]


def settle_clock(clock: Clock, done: datetime | None, end: datetime | None, reason: str = OVER) -> Clock:
    """Done at that time; without it excused or missed at `end`, after which only how late it was can change."""
    if done is not None and (end is None or done <= end or (clock.limit is not None and done <= clock.limit)):
        return replace(clock, done=done, undone=False, not_applicable="") if not clock.not_applicable else clock
    clock = end_clock(clock, end, reason)
    return replace(clock, done=done, undone=False) if clock.undone and done is not None else clock


def excuse_clock(clock: Clock, moment: datetime | None, reason: str) -> Clock:
    """Not applicable, where `moment` came while it could be done in time. One that is over already stays as it is."""
    if moment is None or _is_settled(clock) or (clock.limit is not None and moment > clock.limit):
        return clock
    return replace(clock, not_applicable=reason)


def end_clock(clock: Clock, moment: datetime | None, reason: str) -> Clock:
    """Excused, or missed at `moment`: nobody can do it any more."""
    clock = excuse_clock(clock, moment, reason)
    return clock if _is_settled(clock) else replace(clock, done=moment, undone=moment is not None)


def well_at(incident: Incident, limit: datetime | None) -> datetime | None:
    """Since when users felt nothing, at the last moment that a clock could be done in time; None where they did."""
    return next(
        (
            healthy_period.start
            for healthy_period in healthy_periods(incident)
            if healthy_period.start <= (limit or LATEST) and _goes_on(healthy_period, limit)
        ),
        None,
    )


def list_window_pauses(incident: Incident, opens: datetime, closes: datetime) -> list[tuple[datetime, datetime]]:
    """The parts of a window in which nobody needs to do anything, for all was well: it closes so much later.

    Whether it is over is asked when it would close: where all was well then it is, whatever comes later. A pause that
    counts as impact is not such a time: what was told as felt everywhere else leaves less of the window here too.
    """
    counted, parts = closes, []
    for start, over in list_pauses(incident, find_impact_start(incident) or EARLIEST, incident.mitigated or LATEST):
        if start > counted or over > counted:
            break  # it closed before, or while all was well
        well = measure_between(max(start, opens), over)
        if well > timedelta():
            counted = later_by(counted, well) or counted
            parts.append((max(start, opens), over))
    return parts


def find_felt_due(incident: Incident, begin: datetime, span: timedelta) -> datetime | None:
    """When users will have felt it for so long since a moment: what `measure_felt` leaves out takes none of the time.
    None where the calendar ends before."""
    due = later_by(begin, max(span, NOTHING))
    for start, over in list_pauses(incident, begin, incident.mitigated or LATEST):
        if due is None or start > due:
            break
        due = later_by(due, measure_between(start, over))
    return due


def healthy_periods(incident: Incident) -> list[HealthyPeriod]:
    """What was recorded, and what a person stated."""
    stated = incident.impact_ended if incident.healthy else incident.mitigated
    return [*incident.healthy, *([HealthyPeriod(stated)] if stated is not None else [])]


def _goes_on(period: HealthyPeriod, limit: datetime | None) -> bool:
    return period.end is None or (limit is not None and period.end > limit)


def _is_settled(clock: Clock) -> bool:
    return clock.done is not None or bool(clock.not_applicable)
