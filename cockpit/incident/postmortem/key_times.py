"""The moments of an incident that a reader looks for, each with what says so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from cockpit.incident.change_dates import SKEW, describe_request
from cockpit.incident.impact import (
    describe_unseen_moment,
    find_relapse_after_close,
    propose_impact_end,
    propose_impact_start,
)
from cockpit.incident.postmortem.remedies import find_impact, find_trigger, list_stretches
from cockpit.incident.postmortem.story import describe_failed_sooner, find_recovery_evidence, is_relapse
from cockpit.incident.postmortem.turning_points import describe_summary
from cockpit.incident.signals import find_beginning, says_bad, signal_of
from cockpit.model.event import Event
from cockpit.model.incident import Incident, Status
from cockpit.model.time import format_duration, measure_between

FELT_TIMES = ("users felt it", "users felt it no more", "users felt it again")  # key times that a look dates


@dataclass(frozen=True, slots=True)
class KeyTime:
    """One moment that a reader looks for; `evidence` says how it is known."""

    what: str
    at: datetime
    evidence: str = ""


def list_key_times(incident: Incident, events: Sequence[Event]) -> list[KeyTime]:
    """In the order in which they happened; what is not on record is left out."""
    begin, _ = find_impact(incident)
    start = propose_impact_start(incident)
    times = []
    if (change := find_trigger(events, begin)) is not None:
        evidence = f"{describe_summary(change)}{describe_request(change, events)}"
        times.append(KeyTime("last change before it", change.occurred, evidence))
    if start is not None:
        times.append(KeyTime("users felt it", start.at, start.source))
    if incident.detected is not None:
        sooner = describe_failed_sooner(incident, events, incident.detected)
        times.append(KeyTime("detected", incident.detected, f"{incident.detected_by}{sooner}"))
    times.append(KeyTime("declared", incident.declared, f"by {incident.declared_by}"))
    if incident.acknowledged is not None:
        first = min(incident.acks, key=lambda ack: ack.at, default=None)
        times.append(KeyTime("acknowledged", incident.acknowledged, f"by {first.actor}" if first else ""))
    if incident.roles:
        first_role = min(incident.roles, key=lambda holding: holding.since)
        times.append(KeyTime(f"first {first_role.role}", first_role.since, first_role.person))
    stretches = list_stretches(incident, events)
    for stretch in stretches:
        if (act := stretch.remedy) is not None:
            later = describe_request(act, events)
            is_after = stretch.end is not None and act.occurred > stretch.end + SKEW
            over = "users felt it no more" if len(stretches) > 1 else "it was over"  # of several each has a remedy
            last = "change" if stretch.later else "last change"
            what = "change after which it stayed well" if is_after else f"{last} before {over}"
            times.append(KeyTime(what, act.occurred, f"{describe_summary(act)}{later}"))
    for before_it, after_it in pairwise(stretches):
        if before_it.end is not None and (evidence := find_recovery_evidence(incident, before_it.end)):
            times.append(KeyTime("users felt it no more", before_it.end, evidence))
        if is_relapse(incident, after_it.begin):
            times.append(KeyTime("users felt it again", after_it.begin, _find_sign(events, after_it.begin)))
    if incident.mitigated is not None and find_relapse_after_close(incident) is None:
        proposal = propose_impact_end(incident)
        times.append(KeyTime("users felt it no more", incident.mitigated, proposal.source if proposal else ""))
    for moment in incident.slow:
        length = format_duration(measure_between(moment.start, moment.end or moment.start))
        times.append(KeyTime("slow again", moment.start, f"{moment.evidence}, for {length}"))
    for before, after in pairwise(incident.statuses):
        if before.value == Status.RESOLVED and after.value != Status.RESOLVED:
            times.append(KeyTime("resolved, as was thought", before.at, before.reason))
            times.append(KeyTime("opened again", after.at, after.reason or f"by {after.actor}"))
    if incident.resolved is not None:
        times.append(KeyTime("resolved", incident.resolved, incident.close_reason))
    felt = [
        replace(key_time, evidence=f"{key_time.evidence}{describe_unseen_moment(incident, key_time.at)}")
        if key_time.what in FELT_TIMES
        else key_time
        for key_time in times
    ]
    return sorted(felt, key=lambda key_time: key_time.at)


def _find_sign(events: Iterable[Event], begin: datetime) -> str:
    """`probe ready`: the signal with which users felt it again; "" where none of a probe or alert says it."""
    signs = [
        event for event in events if says_bad(event.kind, event.detail) and abs(find_beginning(event) - begin) <= SKEW
    ]
    first = min(signs, key=lambda event: abs(find_beginning(event) - begin), default=None)
    return signal_of(first).label if first else ""


def describe_offset(moment: datetime, begin: datetime) -> str:
    """How long after the start of the impact: `+1m 15s`, `-4s`."""
    length = measure_between(begin, moment)
    return format_duration(length) if length < timedelta() else f"+{format_duration(length)}"
