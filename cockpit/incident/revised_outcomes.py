"""Outcomes of deadlines that were past and read otherwise now: what a correction or a back-dated act changed.

Nothing else can change one. So the old outcome stands beside the new one, with who changed it and when.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import INFORMATIVE_KINDS
from cockpit.incident.incident_state import FACTS
from cockpit.incident.ledger import Ledger
from cockpit.model.clock import Clock, ClockState
from cockpit.model.event import Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan

GONE = "withdrawn"  # what it was about was corrected away: a severity entered by mistake
AT_ONCE = timedelta(seconds=5)  # between an act and its record; more is a time that somebody gave
CHANGES_THE_PAST = frozenset({Kind.TICK, Kind.CLOCK, Kind.REVIEW})  # acts that may undo what was settled


@dataclass(frozen=True, slots=True)
class RevisedOutcome:
    """`old` and `new` are states of the clock, late ones as `missed`; `at` is when it was changed."""

    clock: str
    what: str
    old: str
    new: str
    at: datetime
    actor: str
    event: int


def revised_outcomes(
    incident: Incident, events: Sequence[Event], plan: Plan, zone: tzinfo = UTC
) -> list[RevisedOutcome]:
    """In the order in which they were changed. `events` are those of the incident's range. Pure."""
    if not any(_may_revise(event, incident.id) for event in events):
        return []
    ledger, result = Ledger(plan.severity_scale), list[RevisedOutcome]()
    for event in sorted(events, key=lambda event: event.id):
        if not _may_revise(event, incident.id) or incident.id not in ledger.incidents:
            ledger.apply(event)
            continue
        now = event.recorded
        before = _by_id(ledger.incidents[incident.id], plan, now, zone)
        ledger.apply(event)
        after = _by_id(ledger.incidents[incident.id], plan, now, zone)
        for clock in before.values():
            old = _past_outcome(clock, now)
            new = _describe_clock_outcome(after[clock.id], now) if clock.id in after else GONE
            if old and old != new:
                result.append(RevisedOutcome(clock.id, clock.what, old, new, now, event.actor, event.id))
    return result


def _may_revise(event: Event, incident: str) -> bool:
    if event.incident != incident or event.kind not in FACTS:
        return False
    return event.supersedes is not None or event.recorded - event.occurred > AT_ONCE or event.kind in CHANGES_THE_PAST


def _by_id(incident: Incident, plan: Plan, now: datetime, zone: tzinfo) -> Mapping[str, Clock]:
    return {
        clock.id: clock
        for clock in compute_clocks(incident, plan, now, zone=zone)
        if clock.kind not in INFORMATIVE_KINDS
    }


def _past_outcome(clock: Clock, now: datetime) -> str:
    return _describe_clock_outcome(clock, now) if clock.limit is not None and clock.limit < now else ""


def _describe_clock_outcome(clock: Clock, now: datetime) -> str:
    state = clock.state(now)
    return ClockState.MISSED.value if state is ClockState.OVERDUE else state.value
