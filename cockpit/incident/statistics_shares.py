"""Shares over incidents: how often a runbook was used, and how often what was promised was kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from cockpit.incident.clocks import clocks
from cockpit.incident.statistics_targets import usage_target
from cockpit.incident.told import Kept, intervals, promise
from cockpit.model.clock import ClockKind, ClockState
from cockpit.model.incident import Incident
from cockpit.model.plan import MetricTarget, Plan

DEADLINES = (
    (ClockKind.RESPONSE, "acknowledged in time", "deadlines to acknowledge, of each severity an incident ever had"),
    (ClockKind.COMMANDER, "commander in time", "deadlines for somebody to lead, also after the last one left"),
    (ClockKind.ESCALATION, "tiers called in time", "tiers whose window opened and that were called until it closed"),
    (ClockKind.CLIENT, "clients told in time", "deadlines to tell clients what they feel"),
    (ClockKind.CHECKLIST, "checklists done in time", "lists whose boxes were all ticked or skipped by their time"),
)
"""What bound once counts, whatever the severity became afterwards."""


@dataclass(frozen=True, slots=True)
class KeptShare:
    """`kept` of `total`; what has not ended yet is in neither and counted as `pending`."""

    name: str
    definition: str
    kept: int
    total: int
    pending: int = 0
    target: MetricTarget | None = None

    @property
    def percent(self) -> float | None:
        return 100 * self.kept / self.total if self.total else None

    @property
    def met(self) -> bool | None:
        if self.percent is None or self.target is None or self.target.percent is None:
            return None
        return self.percent >= self.target.percent


def shares(incidents: Sequence[Incident], plan: Plan, now: datetime, zone: tzinfo = UTC) -> tuple[KeptShare, ...]:
    """Every share, of incidents that count; `zone` is the system's. The order of the incidents changes nothing."""
    running = [each for incident in incidents for each in clocks(incident, plan, now, zone=zone)]
    told = [each.kept for incident in incidents for each in intervals(incident, plan, now, zone)]
    promises = [
        kept
        for incident in incidents
        for each in incident.updates
        if (kept := promise(each, incident.updates, now)) is not None
    ]
    return (
        KeptShare(
            "incidents with a runbook",
            "incidents in which at least one procedure of a runbook was run; one that is open may still come to it",
            sum(1 for each in incidents if each.ran),
            sum(1 for each in incidents if each.ran or not each.open),
            sum(1 for each in incidents if each.open and not each.ran),
            target=usage_target(plan),
        ),
        _of_clocks(
            "procedures within their budget",
            "runs that ended within the time their procedure is said to take, of those that have such a time",
            [each.state(now) for each in running if each.kind is ClockKind.BUDGET],
        ),
        _of_clocks(
            "recoveries within their target",
            "incidents mitigated, else resolved, within the recovery time of the chosen scenario, counted from the "
            "declaration",
            [each.state(now) for each in running if each.kind is ClockKind.RECOVERY],
        ),
        _of_words(
            "updates in time",
            "intervals between the declaration and the updates that followed it no longer than the severity's rule, or "
            "than the last update promised",
            told,
        ),
        _of_words(
            "promised updates kept",
            "times of the next update given in a message, by which one to the same audience followed",
            promises,
        ),
        *(
            _of_clocks(name, definition, [each.state(now) for each in running if each.kind is kind])
            for kind, name, definition in DEADLINES
        ),
    )


def _of_clocks(name: str, definition: str, states: Sequence[ClockState]) -> KeptShare:
    """What is overdue has missed its time already, whenever it will end."""
    missed = sum(1 for each in states if each in (ClockState.MISSED, ClockState.OVERDUE))
    met = states.count(ClockState.MET)
    pending = sum(1 for each in states if each in (ClockState.RUNNING, ClockState.AT_RISK))
    return KeptShare(name, definition, met, met + missed, pending)


def _of_words(name: str, definition: str, words: Sequence[Kept]) -> KeptShare:
    kept = words.count(Kept.KEPT)
    return KeptShare(name, definition, kept, kept + words.count(Kept.BROKEN), words.count(Kept.PENDING))
