"""Metrics over incidents: each number with its definition, how many it stands on, and what the documents ask for.

The mean of a few skewed durations says little, so the median and the worst stand beside it, and how many were within
the target. Pure: the order of the incidents changes nothing.
"""

import statistics as mathematics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.updates import PromiseState, check_promise, list_update_intervals
from cockpit.incident.impact import as_of
from cockpit.incident.metrics.metrics import (
    Metric,
    MetricState,
    limit_of,
    list_metrics,
    list_unmeasured_targets,
    recovery_metrics,
    target_of,
    usage_target,
)
from cockpit.model.clock import ClockKind, ClockState
from cockpit.model.incident import Incident, find_worst_severity
from cockpit.model.plan import MetricTarget, Plan
from cockpit.model.response import CloseReason
from cockpit.model.severity_scale import find_severity_position, is_grave

# Shares over incidents: how often a runbook was used, and how often what was promised was kept.

DEADLINES = (
    (ClockKind.RESPONSE, "acknowledged in time", "deadlines to acknowledge, of each severity an incident ever had"),
    (ClockKind.COMMANDER, "commander in time", "deadlines for somebody to lead, also after the last one left"),
    (ClockKind.ESCALATION, "escalations on time", "escalation tiers that were called before their window closed"),
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


def _used_runbook(incident: Incident) -> bool:
    """A command that was typed is recorded as a run, and no runbook."""
    return any(not run.is_typed for run in incident.ran)


def list_kept_shares(
    incidents: Sequence[Incident], plan: Plan, now: datetime, zone: tzinfo = UTC
) -> tuple[KeptShare, ...]:
    """Every share, of incidents that count; `zone` is the system's. The order of the incidents changes nothing."""
    running = [clock for incident in incidents for clock in compute_clocks(incident, plan, now, zone=zone)]
    kepts = [interval.kept for incident in incidents for interval in list_update_intervals(incident, plan, now, zone)]
    promises = [
        kept
        for incident in incidents
        for update in incident.updates
        if (kept := check_promise(update, incident.updates, now)) is not None
    ]
    return (
        KeptShare(
            "incidents with a runbook",
            "incidents in which at least one procedure of a runbook was run; one that is open may still come to it",
            sum(1 for incident in incidents if _used_runbook(incident)),
            sum(1 for incident in incidents if _used_runbook(incident) or not incident.open),
            sum(1 for incident in incidents if incident.open and not _used_runbook(incident)),
            target=usage_target(plan),
        ),
        _of_clocks(
            "procedures within their budget",
            "runs whose work was verified, else that ended, within the expected time of their procedure, of those that "
            "have one",
            [clock.state(now) for clock in running if clock.kind is ClockKind.BUDGET],
        ),
        _of_clocks(
            "recoveries within their target",
            "incidents mitigated, else resolved, within the recovery time of the chosen scenario, counted from the "
            "declaration; one that was opened again once more, within what was left of that time, or as much again",
            [clock.state(now) for clock in running if clock.kind is ClockKind.RECOVERY],
        ),
        _of_words(
            "updates in time",
            "intervals between the declaration and the updates that followed it no longer than the severity's rule, or "
            "than the last update promised where that is later",
            kepts,
        ),
        _of_words(
            "promised updates kept",
            "times of the next update given in a message, by which one to the same audience followed",
            promises,
        ),
        *(
            _of_clocks(
                name,
                definition,
                [
                    ClockState.RUNNING if clock.is_window_open(now) else clock.state(now)
                    for clock in running
                    if clock.kind is kind
                ],
            )
            for kind, name, definition in DEADLINES
        ),
    )


def _of_clocks(name: str, definition: str, states: Sequence[ClockState]) -> KeptShare:
    """What is overdue has missed its time already, whenever it will end."""
    missed = sum(1 for state in states if state in (ClockState.MISSED, ClockState.OVERDUE))
    met = states.count(ClockState.MET)
    pending = sum(1 for state in states if state in (ClockState.RUNNING, ClockState.AT_RISK))
    return KeptShare(name, definition, met, met + missed, pending)


def _of_words(name: str, definition: str, kepts: Sequence[PromiseState]) -> KeptShare:
    kept = kepts.count(PromiseState.KEPT)
    return KeptShare(name, definition, kept, kept + kepts.count(PromiseState.BROKEN), kepts.count(PromiseState.PENDING))


ALL = ""  # the level of a figure over every severity
NOTHING_HAPPENED = frozenset(
    {CloseReason.DUPLICATE, CloseReason.FALSE_POSITIVE, CloseReason.SUPERSEDED, CloseReason.CANCELLED}
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of one severity. Only recorded values are points; `within` of them kept the target.

    `met` is what the documents' word asks: the mean against the limit. None where there is no point or no limit.
    """

    short: str
    name: str
    definition: str
    level: str
    recorded: int
    pending: int
    not_applicable: int
    invalid: int
    median: timedelta | None = None
    mean: timedelta | None = None
    worst: timedelta | None = None
    target: MetricTarget | None = None
    within: int = 0
    met: bool | None = None
    unsure: int = 0  # of the recorded, those of which only a look after a break of the record dates an end


@dataclass(frozen=True, slots=True)
class Statistics:
    """`incidents` are counted; `drills` and `empty` (closed as something that was none) were left out.

    `unmeasured` are targets of the documents that no figure here answers to.
    """

    incidents: int
    drills: int
    empty: int
    figures: tuple[Figure, ...]
    shares: tuple[KeptShare, ...]
    unmeasured: tuple[MetricTarget, ...] = ()


def build_statistics(
    incidents: Iterable[Incident],
    plan: Plan,
    now: datetime,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    severity: str = ALL,
    zone: tzinfo = UTC,
) -> Statistics:
    """Over the incidents declared from `since` and before `until` whose worst severity was `severity`, where given.

    `zone` is the system's, for working hours that name none.
    """
    request = [
        as_of(incident, now)
        for incident in incidents
        if (since is None or incident.declared >= since)
        and (until is None or incident.declared < until)
        and severity in (ALL, find_worst_severity(incident, plan.severity_scale))
    ]
    real = [incident for incident in request if not incident.drill]
    counted = [incident for incident in real if incident.because not in NOTHING_HAPPENED]
    figures = _list_figures(counted, plan)
    shared = list_kept_shares(counted, plan, now, zone)
    return Statistics(
        incidents=len(counted),
        drills=len(request) - len(real),
        empty=len(real) - len(counted),
        figures=tuple(figures),
        shares=shared,
        unmeasured=list_unmeasured_targets(plan),
    )


def list_measurements(incident: Incident) -> tuple[Metric, ...]:
    """Every number of one incident, the four times and what a recovery achieved."""
    return (*list_metrics(incident), *recovery_metrics(incident))


def _list_figures(incidents: Sequence[Incident], plan: Plan) -> list[Figure]:
    """By metric, and within it by severity, the worst first, the whole last."""
    groups: dict[str, list[tuple[Metric, ...]]] = {}
    for incident in incidents:
        groups.setdefault(find_worst_severity(incident, plan.severity_scale), []).append(list_measurements(incident))
    names = sorted(groups, key=lambda name: (find_severity_position(plan.severity_scale, name), name))
    every = [group for name in names for group in groups[name]]
    rows = [(name, groups[name]) for name in names]
    if len(names) != 1:
        rows.append((ALL, every))
    count = len(every[0]) if every else 0
    return [
        _build_figure(name, [item[index] for item in group], plan) for index in range(count) for name, group in rows
    ]


def _build_figure(name: str, values: Sequence[Metric], plan: Plan) -> Figure:
    first = values[0]
    states = Counter(value.state for value in values)
    points = sorted(
        value.value.total_seconds()
        for value in values
        if value.state is MetricState.RECORDED and value.value is not None
    )
    target = target_of(plan, first.short, name)
    limit = limit_of(target)
    mean = timedelta(seconds=mathematics.fmean(points)) if points else None
    return Figure(
        first.short,
        first.name,
        first.definition,
        name,
        recorded=len(points),
        pending=states[MetricState.PENDING],
        not_applicable=states[MetricState.NOT_APPLICABLE],
        invalid=states[MetricState.INVALID],
        median=timedelta(seconds=mathematics.median(points)) if points else None,
        mean=mean,
        worst=timedelta(seconds=points[-1]) if points else None,
        target=target,
        within=sum(1 for point in points if limit is not None and point <= limit.total_seconds()),
        met=None if limit is None or mean is None else mean <= limit,
        unsure=sum(1 for value in values if value.state is MetricState.RECORDED and value.weight),
    )


# The same over the months, and over what was affected.

UNNAMED = "(no app named)"


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """How many incidents there were of a month or a service, how they went, and what is still to do of them."""

    name: str
    incidents: int
    grave: int  # of the upper half of the severity scale
    mitigate: timedelta | None  # medians; None where nothing was recorded
    resolve: timedelta | None
    open_items: int


def group_by_month(incidents: Iterable[Incident], plan: Plan, zone: tzinfo = UTC) -> list[GroupFigures]:
    """By the month of the declaration in the team's zone, the oldest first. Drills and what was none are left out."""
    return _group_figures(incidents, plan, lambda incident: [f"{incident.declared.astimezone(zone):%Y-%m}"])


def group_by_service(incidents: Iterable[Incident], plan: Plan) -> list[GroupFigures]:
    """By the apps and resources that the signals named; one of two counts for both. The most incidents first."""
    groups = _group_figures(incidents, plan, lambda incident: list(incident.services) or [UNNAMED])
    return sorted(groups, key=lambda group: (-group.incidents, group.name))


def _group_figures(
    incidents: Iterable[Incident], plan: Plan, names_of: Callable[[Incident], list[str]]
) -> list[GroupFigures]:
    groups: dict[str, list[Incident]] = {}
    for incident in incidents:
        if not incident.drill and incident.because not in NOTHING_HAPPENED:
            for name in names_of(incident):
                groups.setdefault(name, []).append(incident)
    return [
        GroupFigures(
            name,
            len(group),
            sum(
                is_grave(plan.severity_scale, find_worst_severity(incident, plan.severity_scale)) for incident in group
            ),
            _median_of(group, "TTM"),
            _median_of(group, "TTR"),
            sum(1 for incident in group for item in incident.items if item.done is None),
        )
        for name, group in sorted(groups.items())
    ]


def _median_of(incidents: Iterable[Incident], short: str) -> timedelta | None:
    points = [
        metric.value.total_seconds()
        for incident in incidents
        for metric in list_metrics(incident)
        if metric.short == short and metric.state is MetricState.RECORDED and metric.value is not None
    ]
    return timedelta(seconds=mathematics.median(points)) if points else None
