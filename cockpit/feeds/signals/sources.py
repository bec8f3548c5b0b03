"""Who measures a signal, and how each is asked. One more kind is a reader and a line in READERS."""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cockpit.feeds.signals.judge import HOUR, SignalSample
from cockpit.model.probe import HttpAccess, SignalPoint, WatchedSignal
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, list_mappings, read_moment, read_text
from cockpit.model.system import Environment
from cockpit.model.time import Time

if TYPE_CHECKING:
    from cockpit.azure.client import Azure
    from cockpit.feeds.http import Reveal

LARGEST = 512 * 1024  # bytes of one answer: one number, or one series of an hour
ONE_SERIES = "Wrap it in sum(), max() or min()."
STEP = 60  # seconds between two points of an hour
API_VERSION = "2023-10-01"  # of Microsoft.Insights/metrics
COMBINE: Mapping[str, Callable[[Sequence[float]], float]] = {
    "total": math.fsum,
    "count": math.fsum,
    "average": lambda numbers: math.fsum(numbers) / len(numbers),
    "maximum": max,
    "minimum": min,
}


@dataclass(frozen=True, slots=True)
class SignalContext:
    """What the readers need beside the signal."""

    environment: Environment
    azure: "Azure | None"
    time: Time
    reveal: "Reveal"


Read = Callable[[bool], Awaitable[SignalSample]]
"""One look; with `True` the points of the last hour are wanted, too. Raises SourceError, or what its client raises."""


def make_reader(signal: WatchedSignal, context: SignalContext) -> Read:
    """How this signal is asked. Nothing is imported or opened before the first look."""
    return READERS[signal.kind](signal, context)


def _refuse(short: str, message: str, advice: str = "") -> SourceError:
    return SourceError(Problem(ProblemKind.GARBAGE, short, message, advice))


def divide(value: float | None, by: float | None, unit: str) -> float | None:
    """A ratio. Nothing divided by something is nothing; by nothing, or by what is no number, there is no ratio."""
    if by is None or by == 0 or not math.isfinite(by):
        return None
    return (value or 0.0) / by * (100 if unit.startswith("%") else 1)


def is_finite(number: float | None) -> bool:
    return number is not None and math.isfinite(number)


# Prometheus


def read_promql(signal: WatchedSignal, context: SignalContext) -> Read:
    """Asks a Prometheus, or whatever answers its API."""
    access, address = _find_prometheus(signal, context.environment)

    async def ask(path: str, parameters: Mapping[str, str]) -> Any:
        from cockpit.feeds.alertmanager.alerts import decode_json
        from cockpit.feeds.http import explain_refusal, open_client_for, read_bounded, refuse_web_page

        headers = {"Accept-Encoding": "identity"}
        async with open_client_for(access, address, context.reveal) as http:
            async with http.stream("GET", f"{address}{path}", params=dict(parameters), headers=headers) as response:
                body, whole = await read_bounded(response, LARGEST)
            if not whole:
                raise _refuse("too many series", "The query gives too many series.", ONE_SERIES)
            if response.status_code not in (200, 400, 422, 503):
                raise SourceError(explain_refusal(response.status_code, response.headers, body, context.time.now()))
            refuse_web_page(body)
            answer = decode_json(body)
        if dig_value(answer, "status") != "success":
            reason = read_text(dig_value(answer, "error"), 200) or f"HTTP {response.status_code}"
            raise _refuse("query fails", f"The query fails: {reason}.")
        return answer

    async def read(with_past: bool) -> SignalSample:
        now = context.time.now()
        value, at, caution = parse_instant(await ask("/api/v1/query", {"query": signal.query}), now)
        points: tuple[SignalPoint, ...] = ()
        if with_past:
            when = {"start": str((now - HOUR).timestamp()), "end": str(now.timestamp()), "step": str(STEP)}
            points = parse_range(await ask("/api/v1/query_range", {"query": signal.query, **when}))
        if signal.per_query:
            by, _, more = parse_instant(await ask("/api/v1/query", {"query": signal.per_query}), now)
            value, caution, points = divide(value, by, signal.unit), caution or more, ()
        return SignalSample(value, at, points, caution)

    return read


def _find_prometheus(signal: WatchedSignal, environment: Environment) -> tuple[HttpAccess, str]:
    """How it is reached, and where."""
    if signal.url:
        return signal, signal.url.rstrip("/")
    source = next((source for source in environment.alerts if source.name == signal.source), None)
    if source is None or not source.prometheus:
        raise _refuse("no source", f"There is no alert source `{signal.source}` with a prometheus.")
    return source.prometheus_access or source, source.prometheus[0].rstrip("/")


def parse_instant(answer: Any, now: datetime) -> tuple[float | None, datetime, str]:
    """The one number of an instant query, when it is of, and what it may lack. Raises SourceError."""
    kind, result = dig_value(answer, "data", "resultType"), dig_value(answer, "data", "result")
    caution = "partial answer" if dig_value(answer, "warnings") else ""
    if kind in ("scalar", "string"):
        series: list[Mapping[str, Any]] = [{"value": result}]
    elif isinstance(result, list):
        series = list_mappings(result)
    else:
        raise _refuse("no number", "The answer is no number.")
    if not series:
        return None, now, caution
    if len(series) > 1:
        raise _refuse(
            f"{len(series)} series",
            f"The query gives {len(series)} series, and one is needed.",
            ONE_SERIES,
        )
    pair = parse_pair(series[0].get("value"))
    if pair is None:
        raise _refuse("no number", "The query gives text, and a number is needed.")
    return pair[1], pair[0], caution


def parse_range(answer: Any) -> tuple[SignalPoint, ...]:
    """The points of a range query that gives one series; () for any other."""
    series = list_mappings(dig_value(answer, "data", "result"))
    values = series[0].get("values") if len(series) == 1 else None
    points = (parse_point(value) for value in values) if isinstance(values, list) else ()
    return tuple(point for point in points if point is not None)


def parse_pair(raw: object) -> tuple[datetime, float] | None:
    """`[1700000000.1, "0.25"]`, also with `NaN` or `+Inf`: that is not the same as no series, which divided is nothing,
    and well. None where it is no such pair."""
    if not isinstance(raw, list) or len(raw) != 2 or not isinstance(raw[0], int | float):
        return None
    try:
        return datetime.fromtimestamp(raw[0], UTC), float(raw[1])
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def parse_point(raw: object) -> SignalPoint | None:
    """The same to be drawn: a value that is not finite is none."""
    pair = parse_pair(raw)
    return pair and (pair[0], pair[1] if is_finite(pair[1]) else None)


# Azure Monitor


def read_azure_metric(signal: WatchedSignal, context: SignalContext) -> Read:
    """Asks Azure Monitor for the minutes of the last hour, so that there is always a past to draw."""

    async def ask(metric: str, filter: str, now: datetime) -> dict[datetime, float | None]:
        if context.azure is None:
            raise _refuse("no cloud", "This environment has no subscription.", "Set `subscription` in cockpit.toml.")
        resource = find_resource_id(signal, context.environment)
        parameters = {
            "api_version": API_VERSION,
            "metricnames": metric,
            "aggregation": signal.aggregation,
            "interval": "PT1M",
            "timespan": f"{_to_zulu(now - HOUR)}/{_to_zulu(now)}",
            **({"$filter": filter} if filter else {}),
        }
        answer = await context.azure.get(f"{resource}/providers/Microsoft.Insights/metrics", **parameters)
        return parse_metric(answer, signal)

    async def read(with_past: bool) -> SignalSample:
        now = context.time.now()
        minutes = await ask(signal.metric, signal.filter, now)
        whole = await ask(signal.per_metric, signal.per_filter, now) if signal.per_metric else None
        return build_metric_sample(signal, minutes, whole, now)

    return read


def find_resource_id(signal: WatchedSignal, environment: Environment) -> str:
    """The id of what is measured. Raises SourceError when nothing names it."""
    if signal.resource.startswith("/"):
        return signal.resource.rstrip("/")
    name = signal.resource or next(iter(environment.apps), "")
    if not name or not environment.resource_group:
        raise _refuse("no resource", "Nothing names the resource.", "Set `resource`, or `resource_group` and `apps`.")
    from urllib.parse import quote

    group = f"/subscriptions/{environment.subscription}/resourceGroups/{quote(environment.resource_group)}"
    return f"{group}/providers/Microsoft.App/containerApps/{quote(name)}"


def _to_zulu(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def parse_metric(answer: Any, signal: WatchedSignal) -> dict[datetime, float | None]:
    """The minutes of one metric, all its series together. Raises SourceError when that metric is not among them."""
    metrics = list_mappings(dig_value(answer, "value"))
    if not metrics:
        raise _refuse("no metric", "Azure Monitor does not know this metric here.", "Look at the metric's name.")
    error = read_text(metrics[0].get("errorCode"), 80)
    if error and error != "Success":
        reason = read_text(metrics[0].get("errorMessage"), 200) or error
        raise _refuse("metric fails", f"Azure Monitor cannot tell this metric: {reason}.")
    minutes: dict[datetime, list[float]] = {}
    for series in list_mappings(metrics[0].get("timeseries")):
        for point in list_mappings(series.get("data")):
            moment, number = read_moment(point.get("timeStamp")), point.get(signal.aggregation)
            if moment is not None:
                numbers = minutes.setdefault(moment, [])
                if isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number):
                    numbers.append(float(number))
    combine = COMBINE[signal.aggregation]
    return {moment: combine(numbers) if numbers else None for moment, numbers in minutes.items()}


def build_metric_sample(
    signal: WatchedSignal,
    minutes: Mapping[datetime, float | None],
    whole: Mapping[datetime, float | None] | None,
    now: datetime,
) -> SignalSample:
    """The number of the newest window. Minutes come late: the window ends with the last one that was reported."""
    numbers = minutes if whole is None else whole
    newest = max((moment for moment, number in numbers.items() if number is not None), default=None)
    points = tuple(
        (moment, _combine_window(signal, minutes, whole, moment))
        for moment in sorted({*minutes, *(whole or ())})
        if newest is not None and moment <= newest
    )
    if newest is None:
        return SignalSample(None, now, points)
    return SignalSample(points[-1][1], newest + timedelta(minutes=1), points)


def _combine_window(
    signal: WatchedSignal,
    minutes: Mapping[datetime, float | None],
    whole: Mapping[datetime, float | None] | None,
    end: datetime,
) -> float | None:
    """The number of the window that ends with the minute `end`."""
    start = end - timedelta(seconds=max(0.0, signal.window - 60))
    combine = COMBINE[signal.aggregation]

    def gather(source: Mapping[datetime, float | None]) -> float | None:
        numbers = [number for moment, number in source.items() if start <= moment <= end and number is not None]
        return combine(numbers) if numbers else None

    return gather(minutes) if whole is None else divide(gather(minutes), gather(whole), signal.unit)


# Log Analytics


def read_kql(signal: WatchedSignal, context: SignalContext) -> Read:
    """Asks a workspace. A table with a time in it is a series, any other is one number."""

    async def ask(query: str, since: datetime, now: datetime) -> tuple[list[SignalPoint], str]:
        if context.azure is None or not context.environment.workspace:
            raise _refuse("no workspace", "This environment has no workspace.", "Set `workspace` in cockpit.toml.")
        table = await context.azure.query(context.environment.workspace, query, since, now)
        return parse_rows(table.rows, now), f"partial answer: {table.partial}" if table.partial else ""

    async def read(with_past: bool) -> SignalSample:
        now = context.time.now()
        since = now - timedelta(seconds=signal.window)
        points, caution = await ask(signal.query, since, now)
        value, at = (points[-1][1], points[-1][0]) if points else (None, now)
        if signal.per_query:
            others, more = await ask(signal.per_query, since, now)
            value, caution = divide(value, others[-1][1] if others else None, signal.unit), caution or more
            points = []
        past = tuple((moment, number if is_finite(number) else None) for moment, number in points)
        return SignalSample(value, at, past if len(points) > 1 else (), caution)

    return read


def parse_rows(rows: Sequence[Mapping[str, Any]], now: datetime) -> list[SignalPoint]:
    """One point for each row, oldest first: its first number, and its time where it has one. Raises SourceError."""
    points: list[SignalPoint] = []
    for row in rows[:10_000]:
        moment = next((parsed for value in row.values() if (parsed := _read_time(value)) is not None), now)
        numbers = [value for value in row.values() if isinstance(value, int | float) and not isinstance(value, bool)]
        if not numbers and any(isinstance(value, str) for value in row.values()) and len(row) == 1:
            raise _refuse("no number", "The query gives text, and a number is needed.")
        points.append((moment, float(numbers[0]) if numbers else math.nan))
    untimed = sum(moment == now for moment, _ in points)
    if untimed > 1:
        raise _refuse(
            f"{untimed} rows", f"The query gives {untimed} rows, and one is needed.", "Summarize it to one number."
        )
    return sorted(points, key=lambda point: point[0])


def _read_time(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return read_moment(value) if isinstance(value, str) and "T" in value else None


READERS: Mapping[str, Callable[[WatchedSignal, SignalContext], Read]] = {
    "azure_metric": read_azure_metric,
    "kql": read_kql,
    "promql": read_promql,
}
