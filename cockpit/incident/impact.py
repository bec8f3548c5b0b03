"""From when until when users felt an incident, each moment with what says so: stated, seen, or not known."""

from dataclasses import dataclass
from datetime import datetime

from cockpit.incident.impact_signals import last_period
from cockpit.model.incident import Incident
from cockpit.model.time import format_duration, measure_between

STATED = "stated"


@dataclass(frozen=True, slots=True)
class ImpactMoment:
    """One end of the impact; `evidence` is what says so."""

    at: datetime
    evidence: str


def propose_impact_start(incident: Incident) -> ImpactMoment | None:
    """As a person stated it, else the earliest signal that users felt; never the declaration."""
    if incident.impact_started is not None:
        # Whoever takes what was proposed states what was seen: the evidence stays.
        is_seen = incident.impact_started == incident.felt_since
        return ImpactMoment(incident.impact_started, incident.felt_by if is_seen else STATED)
    if incident.felt_since is not None:
        return ImpactMoment(incident.felt_since, incident.felt_by)
    return None


def find_impact_start(incident: Incident) -> datetime | None:
    """When the impact began, for every duration that is shown: stated, else seen, else when it was detected."""
    proposal = propose_impact_start(incident)
    return proposal.at if proposal else incident.detected


def propose_impact_end(incident: Incident) -> ImpactMoment | None:
    """As a person stated it, else when the last signal that users feel recovered; None while one of them is bad."""
    period = last_period(incident.healthy)
    if incident.impact_ended is not None:
        is_seen = period is not None and period.start == incident.impact_ended
        return ImpactMoment(incident.impact_ended, period.evidence if period and is_seen else STATED)
    return None if period is None else ImpactMoment(period.start, period.evidence)


def describe_impact(incident: Incident) -> str:
    """`impact 12:07:00 UTC (probe readyz) to 12:07:58 UTC (all probes up), 58s`."""
    begin, end = propose_impact_start(incident), propose_impact_end(incident)
    if begin is None and end is None:
        return "nothing that was recorded says when users felt it"
    took = f", {format_duration(measure_between(begin.at, end.at))}" if begin and end else ""
    return f"impact {_format_moment(begin, 'not known')} to {_format_moment(end, 'not over')}{took}"


def _format_moment(moment: ImpactMoment | None, missing: str) -> str:
    return f"{moment.at:%Y-%m-%d %H:%M:%S} UTC ({moment.evidence})" if moment else missing
