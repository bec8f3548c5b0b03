"""When a rule is due, and when four fifths of its time are gone: on the wall, in working hours, in working days."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from cockpit.incident.business import DAY, NOTHING, add_days, add_hours, worked
from cockpit.model.clock import Counting
from cockpit.model.plan import Hours

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
        return DueTime(due, add_hours(start, worked(start, due, hours, zone) * RISK, hours, zone))
    except OverflowError:
        return NEVER


def risk_of(start: datetime, due: datetime | None) -> datetime | None:
    """Four fifths of the way to a time that somebody named."""
    return None if due is None else start + max(due - start, NOTHING) * RISK


def later_by(at: datetime | None, span: timedelta) -> datetime | None:
    """None where there is no such moment any more."""
    try:
        return None if at is None else at + span
    except OverflowError:
        return None
