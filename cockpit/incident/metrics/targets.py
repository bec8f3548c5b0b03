"""Which of the documents' targets a figure answers to."""

from datetime import timedelta

from cockpit.model.plan import MetricTarget, Plan
from cockpit.model.severity_scale import find_level

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
