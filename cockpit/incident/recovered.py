"""What a recovery achieved: how long it took and how much was lost, against the target of the chosen scenario."""

from dataclasses import replace
from datetime import timedelta

from cockpit.incident.metrics import Metric, MetricState, impact_begin, impact_end
from cockpit.model.incident import Incident

TIME = Metric(
    "RTO",
    "recovery time achieved",
    "mitigation, else resolution, minus declaration, where a recovery scenario was chosen",
    MetricState.NOT_APPLICABLE,
)
POINT = Metric(
    "RPO",
    "recovery point achieved",
    "impact start, or detection where nobody stated it, minus the moment the data was brought back to; a moment after "
    "that start counts as nothing lost",
    MetricState.NOT_APPLICABLE,
)


def recovery_metrics(incident: Incident) -> tuple[Metric, Metric]:
    """Recovery time and point of one incident; not applicable where no scenario was chosen."""
    return _time(incident), _point(incident)


def _time(incident: Incident) -> Metric:
    if incident.recovery is None:
        return TIME
    end = impact_end(incident)
    if end is None:
        return replace(TIME, state=MetricState.PENDING if incident.open else MetricState.NOT_APPLICABLE)
    value = end - incident.declared
    state = MetricState.INVALID if value < timedelta() else MetricState.RECORDED
    return replace(TIME, state=state, value=value, begin=incident.declared, end=end)


def _point(incident: Incident) -> Metric:
    if incident.recovery is None:
        return POINT
    point, begin = incident.recovery.point, impact_begin(incident)
    if point is None or begin is None:
        return replace(POINT, state=MetricState.PENDING if incident.open else MetricState.NOT_APPLICABLE)
    lost = max(begin - point, timedelta())
    return replace(POINT, state=MetricState.RECORDED, value=lost, begin=point, end=begin)
