"""Azure Monitor metrics of the container app, one point a minute."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from cockpit.simulator.answer import JSON, RefusedError, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.azure import times
from cockpit.simulator.world.site import REGION, make_identifier
from cockpit.simulator.world.stage import Stage, count_restarts, failing_share_at, slow_at, weight_at
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
    "CpuPercentage": "Percent",
    "MemoryPercentage": "Percent",
    "ResponseTime": "MilliSeconds",
}
INTERVALS = {
    "PT1M": 1,
    "PT5M": 5,
    "PT15M": 15,
    "PT30M": 30,
    "PT1H": 60,
    "PT6H": 360,
    "PT12H": 720,
    "P1D": 1_440,
}  # minutes
CORES, MEMORY = 0.5, 2**30  # of a container, as its template says
AGGREGATIONS = {"total", "average", "maximum", "minimum", "count"}
DIMENSIONS = {"revisionname": "revisionName", "statuscodecategory": "statusCodeCategory"}


KNOWN_QUERY = {"api-version", "timespan", "interval", "metricnames", "aggregation", "$filter", "autoadjusttimegrain"}
SAID_ANYWAY = {"metricnamespace": "microsoft.app/containerapps", "resulttype": "data"}  # what would change nothing


def _must_be_known(query: Mapping[str, str]) -> None:
    """Raises RefusedError for what is asked and would be passed over: `top`, `orderby`, another namespace."""
    unknown = [
        name for name, value in query.items() if name not in KNOWN_QUERY and SAID_ANYWAY.get(name) != value.lower()
    ]
    if unknown:
        raise RefusedError(
            400, "BadRequest", f"The simulator's metrics know no {', '.join(sorted(unknown))} like this."
        )


DATABASE_METRICS = ("dtu_consumption_percent", "cpu_percent")


def list_database_metrics(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """How busy a database is: more so while something that is ill has the traffic."""
    name = call.query.get("metricnames", DATABASE_METRICS[0])
    if name not in DATABASE_METRICS:
        raise RefusedError(400, "BadRequest", f"The simulator's databases have: {', '.join(DATABASE_METRICS)}.")
    since, until = _read_timespan(stage, call)
    world = stage.world()
    points = []
    for minute in _list_minutes(since, until):
        seconds = stage.clock.seconds(minute)
        busy = any(
            weight_at(world, revision.name, seconds) and failing_share_at(world, revision.name, seconds)
            for revision in world.revisions
        )
        wobble = int(make_identifier(world.scenario.seed, name, int(seconds // 60))[:2], 16) / 255
        mean = (82.0 if busy else 21.0) + wobble * 8
        points.append({"timeStamp": times.format_zulu(minute), "average": mean, "maximum": mean + 7.0})
    body = {"name": {"value": name, "localizedValue": name}, "unit": "Percent",
            "timeseries": [{"metadatavalues": [], "data": points}], "errorCode": "Success"}  # fmt: skip
    return SimulatedAnswer({"cost": 0, "interval": "PT1M", "value": [body], "resourceregion": REGION})


class MetricMinute(NamedTuple):
    """What one revision contributed to a minute."""

    revision: str
    category: str
    value: float


def list_metrics(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """The series of one or more metrics; a `$filter` on a dimension picks a value of it, `'*'` splits by it."""
    _must_be_known(call.query)
    names = [part.strip() for part in call.query.get("metricnames", "Requests").split(",")]
    unknown = [name for name in names if name not in UNITS]
    if unknown:
        raise RefusedError(
            400, "BadRequest", f"Failed to find metric configuration for {unknown[0]}. Valid: {', '.join(UNITS)}"
        )
    interval = call.query.get("interval", "PT1M")
    if interval.upper() not in INTERVALS:
        raise RefusedError(400, "BadRequest", f"Invalid time grain '{interval}'. Valid: {', '.join(INTERVALS)}")
    step = timedelta(minutes=INTERVALS[interval.upper()])
    aggregations = [part.strip().lower() for part in call.query.get("aggregation", "Total").split(",")]
    if not set(aggregations) <= AGGREGATIONS:
        raise RefusedError(400, "BadRequest", f"aggregation must be of {', '.join(sorted(AGGREGATIONS))}.")
    since, until = _read_timespan(stage, call)
    filters = _parse_filters(call.query.get("$filter", ""))
    return SimulatedAnswer(
        {
            "cost": 0,
            "timespan": f"{times.format_zulu(since)}/{times.format_zulu(until)}",
            "interval": interval,
            "namespace": "Microsoft.App/containerapps",
            "resourceregion": REGION,
            "value": [
                {
                    "id": f"{stage.scenario.site.app_id}/providers/Microsoft.Insights/metrics/{name}",
                    "type": "Microsoft.Insights/metrics",
                    "name": {"value": name, "localizedValue": name},
                    "unit": UNITS[name],
                    "timeseries": _build_series(stage, name, _list_minutes(since, until), step, filters, aggregations),
                    "errorCode": "Success",
                }
                for name in names
            ],
        }
    )


def define_metrics(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """Which metrics the app has, in which units and grains."""
    app_id = stage.scenario.site.app_id
    return SimulatedAnswer(
        {
            "value": [
                {
                    "id": f"{app_id}/providers/microsoft.insights/metricdefinitions/{name}",
                    "resourceId": app_id,
                    "namespace": "Microsoft.App/containerapps",
                    "name": {"value": name, "localizedValue": name},
                    "unit": unit,
                    "isDimensionRequired": False,
                    "primaryAggregationType": "Total" if unit == "Count" else "Average",
                    "supportedAggregationTypes": [text.capitalize() for text in sorted(AGGREGATIONS)],
                    "metricAvailabilities": [{"timeGrain": grain, "retention": "P93D"} for grain in INTERVALS],
                    "dimensions": [{"value": "revisionName", "localizedValue": "Revision"}],
                }
                for name, unit in UNITS.items()
            ]
        }
    )


Values = dict[datetime, list[float]]
"""What each interval holds, by its start: one value a minute and revision."""


def _build_series(
    stage: Stage,
    name: str,
    minutes: list[datetime],
    step: timedelta,
    filters: dict[str, str],
    aggregations: list[str],
) -> list[JSON]:
    """One series for each combination of the values of the dimensions asked for."""
    world = stage.world()
    starts = sorted({_find_start(minute, step) for minute in minutes})
    series: dict[tuple[str, ...], Values] = {} if filters else {(): {}}
    for minute in minutes:
        for cell in _list_metric_minutes(world, name, stage.clock.seconds(minute)):
            dimensions = {"revisionname": cell.revision, "statuscodecategory": cell.category}
            if all(value in ("*", dimensions[text]) for text, value in filters.items()):
                values = series.setdefault(tuple(dimensions[text] for text in filters), {})
                values.setdefault(_find_start(minute, step), []).append(cell.value)
    return [
        {
            # The service gives dimension names back in lower case.
            "metadatavalues": [
                {"name": {"value": text, "localizedValue": text}, "value": value}
                for text, value in zip(filters, key, strict=True)
            ],
            "data": [_build_point(start, values.get(start, []), aggregations) for start in starts],
        }
        for key, values in sorted(series.items())
    ]


def _find_start(minute: datetime, step: timedelta) -> datetime:
    midnight = minute.replace(hour=0, minute=0)
    return midnight + (minute - midnight) // step * step


def _build_point(start: datetime, values: list[float], aggregations: list[str]) -> JSON:
    """A point without a value has its time only."""
    if not values:
        return {"timeStamp": times.format_zulu(start)}
    point = {
        "total": sum(values),
        "average": sum(values) / len(values),
        "maximum": max(values),
        "minimum": min(values),
        "count": float(len(values)),
    }
    return {"timeStamp": times.format_zulu(start), **{aggregation: point[aggregation] for aggregation in aggregations}}


def _list_metric_minutes(world: World, name: str, seconds: float) -> Iterator[MetricMinute]:
    wobble = int(make_identifier(world.scenario.seed, name, int(seconds // 60))[:2], 16)  # 0 to 255
    for revision in world.revisions:
        if name == "Requests":
            total = (REQUESTS_A_MINUTE + wobble // 8) * weight_at(world, revision.name, seconds) / 100
            failed = float(int(total * failing_share_at(world, revision.name, seconds)))
            for category, value in (("2xx", total - failed), ("5xx", failed)):
                if value:
                    yield MetricMinute(revision.name, category, value)
        elif name == "ResponseTime":  # a mean, of those that answer: whoever has no traffic has none
            if weight_at(world, revision.name, seconds):
                fails = bool(failing_share_at(world, revision.name, seconds))
                mean = 2_400.0 if fails or slow_at(world, revision.name, seconds) else 180.0
                yield MetricMinute(revision.name, "5xx" if fails else "2xx", mean + wobble / 4)
        elif _is_alive(revision, seconds):
            yield MetricMinute(revision.name, "", _read_gauge(world, name, revision, seconds, wobble))


def _read_gauge(world: World, name: str, revision: SimulatedRevision, seconds: float, wobble: int) -> float:
    return {
        "Replicas": float(revision.min_replicas),
        "RestartCount": float(count_restarts(world, revision, seconds) * revision.min_replicas),
        "UsageNanoCores": 40e6 + wobble * 1e5,
        "WorkingSetBytes": 180e6 + wobble * 1e5,
        "CpuPercentage": (40e6 + wobble * 1e5) / (CORES * 1e9) * 100,
        "MemoryPercentage": (180e6 + wobble * 1e5) / MEMORY * 100,
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
