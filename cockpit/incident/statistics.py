"""Metrics over incidents: each number with its definition, how many it stands on, and what the documents ask for.

The mean of a few skewed durations says little, so the median and the worst stand beside it, and how many were within
the target. Pure: the order of the incidents changes nothing.
"""

import statistics as mathematics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from cockpit.incident.impact_signals import as_of
from cockpit.incident.metrics import Metric, MetricState, metrics
from cockpit.incident.recovered import recovery_metrics
from cockpit.incident.statistics_shares import KeptShare, shares
from cockpit.incident.statistics_targets import limit_of, target_of, unmeasured
from cockpit.model.incident import Incident, worst
from cockpit.model.ladder import order
from cockpit.model.plan import MetricTarget, Plan
from cockpit.model.response import CloseReason

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


def statistics(
    incidents: Iterable[Incident],
    plan: Plan,
    now: datetime,
    *,
    since: datetime | None = None,
    severity: str = ALL,
    zone: tzinfo = UTC,
) -> Statistics:
    """Over the incidents declared from `since` on whose worst severity was `severity`, each where given.

    `zone` is the system's, for working hours that name none.
    """
    asked = [
        as_of(each, now)
        for each in incidents
        if (since is None or each.declared >= since) and severity in (ALL, worst(each, plan.ladder))
    ]
    real = [each for each in asked if not each.drill]
    counted = [each for each in real if each.because not in NOTHING_HAPPENED]
    figures = _figures(counted, plan)
    shared = shares(counted, plan, now, zone)
    return Statistics(
        incidents=len(counted),
        drills=len(asked) - len(real),
        empty=len(real) - len(counted),
        figures=tuple(figures),
        shares=shared,
        unmeasured=unmeasured(plan),
    )


def measured(incident: Incident) -> tuple[Metric, ...]:
    """Every number of one incident, the four times and what a recovery achieved."""
    return (*metrics(incident), *recovery_metrics(incident))


def _figures(incidents: Sequence[Incident], plan: Plan) -> list[Figure]:
    """By metric, and within it by severity, the worst first, the whole last."""
    groups: dict[str, list[tuple[Metric, ...]]] = {}
    for each in incidents:
        groups.setdefault(worst(each, plan.ladder), []).append(measured(each))
    names = sorted(groups, key=lambda name: (order(plan.ladder, name), name))
    every = [each for name in names for each in groups[name]]
    rows = [(name, groups[name]) for name in names]
    if len(names) != 1:
        rows.append((ALL, every))
    count = len(every[0]) if every else 0
    return [_figure(name, [each[index] for each in group], plan) for index in range(count) for name, group in rows]


def _figure(name: str, values: Sequence[Metric], plan: Plan) -> Figure:
    first = values[0]
    states = Counter(each.state for each in values)
    points = sorted(
        each.value.total_seconds() for each in values if each.state is MetricState.RECORDED and each.value is not None
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
        within=sum(1 for each in points if limit is not None and each <= limit.total_seconds()),
        met=None if limit is None or mean is None else mean <= limit,
    )
