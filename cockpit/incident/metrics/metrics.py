"""The four numbers of an incident, each with the definition that is printed under it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from cockpit.incident.impact import (
    LengthMeasure,
    describe_unrecorded,
    describe_well,
    find_impact_start,
    format_stretches,
    is_unseen,
    measure_felt,
    measure_longest,
    measure_short_pauses,
    measure_shortest,
    measure_unrecorded_felt,
    measure_until_resolved,
    weigh_felt,
    weigh_until_resolved,
)
from cockpit.model.incident import Incident, weigh_length
from cockpit.model.plan import MetricTarget, Plan
from cockpit.model.severity_scale import find_level
from cockpit.model.time import measure_between


class MetricState(StrEnum):
    """Only RECORDED is a number. A value that cannot be right is shown as invalid, never dropped in silence."""

    RECORDED = "recorded"
    PENDING = "pending"  # the incident is open and the end has not come yet
    NOT_APPLICABLE = "not applicable"  # nothing in the timeline says when it began, or that it ever ended
    INVALID = "invalid"  # it ends before it begins


@dataclass(frozen=True, slots=True)
class Metric:
    """`value` is None unless `state` is recorded or invalid. Where it was interrupted it is the sum of its `stretches`:
    the time between them, in which users felt nothing or it was closed, does not count. `weight` stands in front of the
    value: `at least `, `at most ` or `about ` where a look after a break of the record dates an end of it, else "".
    Then it was `least` at the shortest and `most` at the longest, each None where it is the value. For `unrecorded` of
    it nobody recorded; for `well` of it all was well, and not for long enough to be no impact."""

    short: str
    name: str
    definition: str
    state: MetricState
    value: timedelta | None = None
    begin: datetime | None = None
    end: datetime | None = None
    stretches: int = 1
    weight: str = ""
    least: timedelta | None = None
    most: timedelta | None = None
    unrecorded: timedelta = timedelta()
    well: timedelta = timedelta()


MAY_BE_SHORTER = frozenset({weigh_length(False, True), weigh_length(True, True)})
MAY_BE_LONGER = frozenset({weigh_length(True, False), weigh_length(True, True)})


def _measure_straight(incident: Incident, begin: datetime, end: datetime) -> tuple[timedelta, int]:
    return measure_between(begin, end), 1


def _weigh_straight(incident: Incident, begin: datetime, end: datetime) -> str:
    """Somebody or something noticed or took it at that very moment: only the beginning may have been before."""
    return weigh_length(is_unseen(incident, begin), False)


@dataclass(frozen=True, slots=True)
class Measure:
    """How a metric is made: two moments of an incident, the words for both, and what counts between them."""

    short: str
    name: str
    definition: str
    begin: Callable[[Incident], datetime | None]
    end: Callable[[Incident], datetime | None]
    length: LengthMeasure = _measure_straight
    weigh: Callable[[Incident, datetime, datetime], str] = _weigh_straight


def impact_end(incident: Incident) -> datetime | None:
    """When it was mitigated, or else resolved; None while neither has happened."""
    return incident.mitigated or incident.resolved


FROM = "impact start: as a person stated it, else the first signal that users felt, else the detection"
PAUSES = "Time in which all was well for two minutes or more, such as until it was opened again, does not count"
MEASURES = (
    Measure(
        "TTD",
        "time to detect",
        "detection minus impact start; detection is as a person stated it, else the earliest bad probe or alert of "
        "the outage, bad when it was declared or over by then with less than two minutes of all well in between, else "
        "the declaration; impact start is stated by a person, never guessed",
        lambda incident: incident.impact_started,
        lambda incident: incident.detected,
    ),
    Measure(
        "TTA",
        "time to acknowledge",
        "first acknowledgement, of the incident or of one of its alerts, minus detection",
        lambda incident: incident.detected,
        lambda incident: incident.acknowledged,
    ),
    Measure(
        "TTM",
        "time to mitigate",
        f"mitigation minus {FROM}; mitigation is the end of the impact as a person stated it, else when the last of "
        "the signals that users feel (probes, and the health and alerts of revisions with traffic) recovered, held for "
        f"two minutes. {PAUSES}",
        find_impact_start,
        lambda incident: incident.mitigated,
        measure_felt,
        weigh_felt,
    ),
    Measure(
        "TTR",
        "time to resolve",
        f"the last resolution minus {FROM}. Time in which it was closed and users felt nothing does not count",
        find_impact_start,
        lambda incident: incident.resolved,
        measure_until_resolved,
        weigh_until_resolved,
    ),
)


def list_metrics(incident: Incident) -> tuple[Metric, ...]:
    """The numbers of one incident. Those of a drill are as real, but count in no statistics."""
    return tuple(_build_metric(measure, incident) for measure in MEASURES)


def _build_metric(measure: Measure, incident: Incident) -> Metric:
    begin, end = measure.begin(incident), measure.end(incident)
    value, stretches, weight = None, 1, ""
    if begin is None:
        state = MetricState.NOT_APPLICABLE
    elif end is None:
        state = MetricState.PENDING if incident.open else MetricState.NOT_APPLICABLE
    else:
        value, stretches = measure.length(incident, begin, end)
        weight = measure.weigh(incident, begin, end)
        state = MetricState.INVALID if value < timedelta() else MetricState.RECORDED
    metric = Metric(measure.short, measure.name, measure.definition, state, value, begin, end, stretches, weight)
    return _bound(metric, incident, measure.length)


def _bound(metric: Metric, incident: Incident, length: LengthMeasure) -> Metric:
    """With the shortest and the longest that it may have been, where its weight says that it may, and for how long of
    it nobody recorded or all was well."""
    begin, end = metric.begin, metric.end
    if begin is None or end is None:
        return metric
    if length is measure_felt:
        metric = replace(metric, well=measure_short_pauses(incident, begin, end))
    if not metric.weight:
        return metric
    least = measure_shortest(incident, begin, end, length) if metric.weight in MAY_BE_SHORTER else None
    most = measure_longest(incident, begin, end, length) if metric.weight in MAY_BE_LONGER else None
    unrecorded = measure_unrecorded_felt(incident, begin, end) if length is measure_felt else timedelta()
    return replace(metric, least=least, most=most, unrecorded=unrecorded)


def describe_value(metric: Metric) -> str:
    """`at most 5m 00s in 2 stretches, at least 3m 58s: not recorded for 1m 02s of it`, `5m 19s, all well for 1m 52s of
    it`; "" where there is no value."""
    if metric.value is None:
        return ""
    least = metric.value if metric.least is None else metric.least
    unrecorded = describe_unrecorded(metric.unrecorded, least)
    length = format_stretches(metric.value, metric.stretches)
    return f"{metric.weight}{length}{unrecorded}{describe_well(metric.well)}"


# What a recovery achieved: how long it took and how much was lost, against the target of the chosen scenario.

TIME = Metric(
    "RTO",
    "recovery time achieved",
    f"mitigation, else resolution, minus declaration, where a recovery scenario was chosen. {PAUSES}",
    MetricState.NOT_APPLICABLE,
)
POINT = Metric(
    "RPO",
    "recovery point achieved",
    "impact start, else the first signal that users felt, else the detection, minus the moment the data was brought "
    "back to; a moment after that start counts as nothing lost",
    MetricState.NOT_APPLICABLE,
)


def recovery_metrics(incident: Incident) -> tuple[Metric, Metric]:
    """Recovery time and point of one incident; not applicable where no scenario was chosen."""
    return _build_recovery_time(incident), _build_recovery_point(incident)


def _build_recovery_time(incident: Incident) -> Metric:
    if incident.recovery is None:
        return TIME
    end = impact_end(incident)
    if end is None:
        return replace(TIME, state=MetricState.PENDING if incident.open else MetricState.NOT_APPLICABLE)
    return measure_recovery(incident, incident.declared, end)


def measure_recovery(incident: Incident, begin: datetime, end: datetime) -> Metric:
    """For how long users felt it between two moments, and the shortest and longest that it may have been."""
    value, stretches = measure_felt(incident, begin, end)
    state = MetricState.INVALID if value < timedelta() else MetricState.RECORDED
    weight = weigh_felt(incident, begin, end)
    metric = replace(TIME, state=state, value=value, begin=begin, end=end, stretches=stretches, weight=weight)
    return _bound(metric, incident, measure_felt)


def _build_recovery_point(incident: Incident) -> Metric:
    if incident.recovery is None:
        return POINT
    point, begin = incident.recovery.point, find_impact_start(incident)
    if point is None or begin is None:
        return replace(POINT, state=MetricState.PENDING if incident.open else MetricState.NOT_APPLICABLE)
    lost = max(measure_between(point, begin), timedelta())
    weight = weigh_length(False, is_unseen(incident, begin))
    metric = replace(POINT, state=MetricState.RECORDED, value=lost, begin=point, end=begin, weight=weight)
    return _bound(metric, incident, _measure_lost)


def _measure_lost(incident: Incident, begin: datetime, end: datetime) -> tuple[timedelta, int]:
    return max(measure_between(begin, end), timedelta()), 1


# Which of the documents' targets a figure answers to.

SHORT = ("TTD", "TTA", "TTM", "TTR", "RTO", "RPO")
USAGE = "runbook"  # a target whose name has this word and a percentage asks how often a runbook was used


def target_of(plan: Plan, short: str, severity: str) -> MetricTarget | None:
    """The target for one metric of one severity: its own where there is one, else that of every severity."""
    metric_targets = [
        metric_target for metric_target in plan.metric_targets if _shorten_target_name(metric_target) == short
    ]
    own = (
        metric_target
        for metric_target in metric_targets
        if metric_target.level and severity and _is_same_severity(plan, metric_target.level, severity)
    )
    general = (metric_target for metric_target in metric_targets if not metric_target.level)
    return next(own, None) or next(general, None)


def limit_of(target: MetricTarget | None) -> timedelta | None:
    return target.limit if target else None


def usage_target(plan: Plan) -> MetricTarget | None:
    return next((metric_target for metric_target in plan.metric_targets if _is_usage(metric_target)), None)


def list_unmeasured_targets(plan: Plan) -> tuple[MetricTarget, ...]:
    """What the documents ask for and nothing that is recorded here can answer: backups, say."""
    return tuple(
        metric_target
        for metric_target in plan.metric_targets
        if _shorten_target_name(metric_target) not in SHORT and not _is_usage(metric_target)
    )


def _shorten_target_name(target: MetricTarget) -> str:
    """`TTD` of `MTTD`: the mean is how it is summed up, not what is measured."""
    name = target.metric.strip().upper()
    return name[1:] if name.startswith("MTT") else name


def _is_same_severity(plan: Plan, wanted_name: str, severity: str) -> bool:
    if wanted_name.casefold() == severity.casefold():
        return True
    severity_level = find_level(plan.severity_scale, wanted_name)
    return severity_level is not None and severity_level.name.casefold() == severity.casefold()


def _is_usage(target: MetricTarget) -> bool:
    return USAGE in target.metric.casefold() and target.percent is not None
