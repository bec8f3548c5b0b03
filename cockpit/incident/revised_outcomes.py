"""Outcomes of deadlines that were past and read otherwise now: what a correction or a back-dated act changed.

Nothing else can change one. So the old outcome stands beside the new one, with who changed it and when.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import INFORMATIVE_KINDS
from cockpit.incident.clocks.updates import PromiseState, check_promise, list_update_intervals
from cockpit.incident.incident_state import FACTS
from cockpit.incident.ledger import Ledger
from cockpit.model.clock import Clock, ClockKind, ClockState
from cockpit.model.event import Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan

GONE = "withdrawn"  # what it was about was corrected away: a severity entered by mistake
NOT_DUE = "not due"  # it binds only since: a severity that was set with an earlier time
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


@dataclass(frozen=True, slots=True)
class DeadlineOutcome:
    """How a deadline stands at one moment; `past`: its time is over, so that no time alone can change it."""

    clock: str
    what: str
    outcome: str
    past: bool


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
        before = list_deadline_outcomes(ledger.incidents[incident.id], plan, event.recorded, zone)
        ledger.apply(event)
        after = list_deadline_outcomes(ledger.incidents[incident.id], plan, event.recorded, zone)
        result += [
            RevisedOutcome(deadline.clock, deadline.what, old, new, event.recorded, event.actor, event.id)
            for deadline, old, new in _list_changes(before, after)
        ]
    return result


def _list_changes(
    before: Mapping[Hashable, DeadlineOutcome], after: Mapping[Hashable, DeadlineOutcome]
) -> Iterator[tuple[DeadlineOutcome, str, str]]:
    """What was past and reads otherwise, and what is past only by what was written down now."""
    for key, old in before.items():
        new = after.get(key)
        if old.past and old.outcome != (new.outcome if new else GONE):
            yield old, old.outcome, new.outcome if new else GONE
    for key, new in after.items():
        known = before.get(key)
        if new.past and (known is None or (not known.past and known.outcome != new.outcome)):
            yield new, known.outcome if known else NOT_DUE, new.outcome


def _may_revise(event: Event, incident: str) -> bool:
    if event.incident != incident or event.kind not in FACTS:
        return False
    return event.supersedes is not None or event.recorded - event.occurred > AT_ONCE or event.kind in CHANGES_THE_PAST


def list_deadline_outcomes(
    incident: Incident, plan: Plan, now: datetime, zone: tzinfo = UTC
) -> Mapping[Hashable, DeadlineOutcome]:
    """Every deadline by what stays the same of it. Updates and promises count one by one: each begins another."""
    result: dict[Hashable, DeadlineOutcome] = {
        clock.id: DeadlineOutcome(clock.id, clock.what, _describe_clock_outcome(clock, now), _is_past(clock, now))
        for clock in compute_clocks(incident, plan, now, zone=zone)
        if clock.kind not in INFORMATIVE_KINDS | ONE_BY_ONE
    }
    for interval in list_update_intervals(incident, plan, now, zone):
        if not interval.promised:
            what = f"{interval.rule.what or 'update'}, due {interval.due:%H:%M}Z"
            outcome = WORDS.get(interval.kept, interval.kept.value)
            result["update", interval.started] = DeadlineOutcome("update", what, outcome, interval.due < now)
    for number, update in enumerate(incident.updates):  # in the order of their first words: a correction moves none
        kept = check_promise(update, incident.updates, now)
        if kept is not None and update.promised is not None:
            what = f"update to {update.readers} promised for {update.promised:%H:%M}Z"
            outcome = WORDS.get(kept, kept.value)
            result["promise", number] = DeadlineOutcome("promise", what, outcome, update.promised < now)
    return result


ONE_BY_ONE = frozenset({ClockKind.UPDATE, ClockKind.PROMISE})
WORDS = {
    PromiseState.KEPT: ClockState.MET.value,
    PromiseState.BROKEN: ClockState.MISSED.value,
    PromiseState.PENDING: ClockState.RUNNING.value,
    PromiseState.SPARED: ClockState.NOT_APPLICABLE.value,
}


def _is_past(clock: Clock, now: datetime) -> bool:
    return clock.limit is not None and clock.limit < now


def _describe_clock_outcome(clock: Clock, now: datetime) -> str:
    """Late is missed once its time is over; a tier whose window is open is overdue, and can still be met."""
    state = clock.state(now)
    if state is ClockState.OVERDUE and _is_past(clock, now):
        return ClockState.MISSED.value
    return (ClockState.RUNNING if state is ClockState.AT_RISK else state).value
