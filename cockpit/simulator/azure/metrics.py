"""Azure Monitor metrics of the container app, one point a minute."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from cockpit.simulator.answer import JSON, RefusedError, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.azure import times
from cockpit.simulator.world.site import REGION, make_identifier
from cockpit.simulator.world.stage import Stage, count_restarts, sick_at, weight_at
from cockpit.simulator.world.world import SimulatedRevision, World

MINUTE = timedelta(minutes=1)
LONGEST = timedelta(days=1)
REQUESTS_A_MINUTE = 120
UNITS = {
    "Requests": "Count",
    "Replicas": "Count",
    "RestartCount": "Count",
    "UsageNanoCores": "NanoCores",
    "WorkingSetBytes": "Bytes",
}
AGGREGATIONS = {"total", "average", "maximum", "minimum", "count"}
DIMENSIONS = {"revisionname": "revisionName", "statuscodecategory": "statusCodeCategory"}


class MetricMinute(NamedTuple):
    """What one revision contributed to a minute."""

    revision: str
    category: str
    value: float


def list_metrics(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """The series of one or more metrics; a `$filter` on a dimension picks a value of it, `'*'` splits by it."""
    names = [part.strip() for part in call.query.get("metricnames", "Requests").split(",")]
    unknown = [name for name in names if name not in UNITS]
    if unknown:
        raise RefusedError(
            400, "BadRequest", f"Failed to find metric configuration for {unknown[0]}. Valid: {', '.join(UNITS)}"
        )
    if call.query.get("interval", "PT1M") != "PT1M":
        raise RefusedError(400, "BadRequest", "The simulator keeps metrics for each minute; interval must be PT1M.")
    aggregations = [part.strip().lower() for part in call.query.get("aggregation", "Total").split(",")]
    if not set(aggregations) <= AGGREGATIONS:
        raise RefusedError(400, "BadRequest", f"aggregation must be of {', '.join(sorted(AGGREGATIONS))}.")
    since, until = _read_timespan(stage, call)
    filters = _parse_filters(call.query.get("$filter", ""))
    return SimulatedAnswer(
        {
            "cost": 0,
            "timespan": f"{times.format_zulu(since)}/{times.format_zulu(until)}",
            "interval": "PT1M",
            "namespace": "Microsoft.App/containerapps",
            "resourceregion": REGION,
            "value": [
                {
                    "id": f"{stage.scenario.site.app_id}/providers/Microsoft.Insights/metrics/{name}",
                    "type": "Microsoft.Insights/metrics",
                    "name": {"value": name, "localizedValue": name},
                    "unit": UNITS[name],
                    "timeseries": _build_series(stage, name, since, until, filters, aggregations),
                    "errorCode": "Success",
                }
                for name in names
            ],
        }
    )


def _build_series(
    stage: Stage, name: str, since: datetime, until: datetime, filters: dict[str, str], aggregations: list[str]
) -> list[JSON]:
    """One series for each combination of the values of the dimensions asked for."""
    world = stage.world()
    minutes = _list_minutes(since, until)
    seconds_listses: dict[tuple[str, ...], dict[datetime, float]] = {} if filters else {(): {}}
    for minute in minutes:
        for cell in _list_metric_minutes(world, name, stage.clock.seconds(minute)):
            values_by_name = {"revisionname": cell.revision, "statuscodecategory": cell.category}
            if all(value in ("*", values_by_name[text]) for text, value in filters.items()):
                points = seconds_listses.setdefault(tuple(values_by_name[filter_text] for filter_text in filters), {})
                points[minute] = points.get(minute, 0.0) + cell.value
    return [
        {
            # The service gives dimension names back in lower case.
            "metadatavalues": [
                {"name": {"value": text, "localizedValue": text}, "value": value}
                for text, value in zip(filters, key, strict=True)
            ],
            "data": [_build_point(minute, points.get(minute), aggregations) for minute in minutes],
        }
        for key, points in sorted(seconds_listses.items())
    ]


def _build_point(minute: datetime, value: float | None, aggregations: list[str]) -> JSON:
    """A point without a value has its time only."""
    values = (
        {} if value is None else {aggregation: 1.0 if aggregation == "count" else value for aggregation in aggregations}
    )
    return {"timeStamp": times.format_zulu(minute), **values}


def _list_metric_minutes(world: World, name: str, seconds: float) -> Iterator[MetricMinute]:
    wobble = int(make_identifier(world.scenario.seed, name, int(seconds // 60))[:2], 16)  # 0 to 255
    for revision in world.revisions:
        if name == "Requests":
            total = (REQUESTS_A_MINUTE + wobble // 8) * weight_at(world, revision.name, seconds) / 100
            failed = float(total // 3) if sick_at(world, revision.name, seconds) else 0.0
            for category, value in (("2xx", total - failed), ("5xx", failed)):
                if value:
                    yield MetricMinute(revision.name, category, value)
        elif _is_alive(revision, seconds):
            yield MetricMinute(revision.name, "", _read_gauge(world, name, revision, seconds, wobble))


def _read_gauge(world: World, name: str, revision: SimulatedRevision, seconds: float, wobble: int) -> float:
    return {
        "Replicas": float(revision.min_replicas),
        "RestartCount": float(count_restarts(world, revision, seconds) * revision.min_replicas),
        "UsageNanoCores": 40e6 + wobble * 1e5,
        "WorkingSetBytes": 180e6 + wobble * 1e5,
    }[name]


def _is_alive(revision: SimulatedRevision, seconds: float) -> bool:
    return revision.created <= seconds and (revision.stopped is None or seconds < revision.stopped)


def _list_minutes(since: datetime, until: datetime) -> list[datetime]:
    first = since.replace(second=0, microsecond=0)
    return [first + MINUTE * index for index in range(int((until - first) / MINUTE))]


def _read_timespan(stage: Stage, call: SimulatedRequest) -> tuple[datetime, datetime]:
    now = stage.clock.at(stage.clock.elapsed())
    since, until = times.read_range(call.query["timespan"]) if "timespan" in call.query else (now - 60 * MINUTE, now)
    if not timedelta(0) < until - since <= LONGEST:
        raise RefusedError(400, "BadRequest", "The simulator answers for timespans of up to one day.")
    return since, min(until, now)


def _parse_filters(text: str) -> dict[str, str]:
    """`dimension eq 'value' and ...` by lower-case dimension."""
    values_by_name: dict[str, str] = {}
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE) if text.strip() else []:
        test = re.fullmatch(r"(\w+)\s+eq\s+'([^']*)'", part, re.IGNORECASE)
        if test is None or test[1].lower() not in DIMENSIONS:
            known_name = ", ".join(DIMENSIONS.values())
            raise RefusedError(400, "BadRequest", f"The simulator filters by `DIMENSION eq 'VALUE'` of {known_name}.")
        values_by_name[test[1].lower()] = test[2]
    return values_by_name
