"""What a number says about its signal: a pure fold over the limits that the team set."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from cockpit.model.answer import ProbeAnswer
from cockpit.model.conditions import Condition, ConditionLiteral, check_condition
from cockpit.model.probe import ProbeState, SignalPoint, SignalResult, WatchedSignal, format_number
from cockpit.model.problem import ProblemKind
from cockpit.model.text import clean_line
from cockpit.model.time import format_age

HOUR = timedelta(hours=1)
LONG_NUMBER = 1_000_000  # a limit from here on is read as the value beside it: 859M
MOST_POINTS = 240  # kept of one hour
LATE = timedelta(minutes=3)  # a number that is older is marked so
NO_DATA = {
    "unknown": ProbeState.UNKNOWN,
    "ok": ProbeState.UP,
    "degraded": ProbeState.DEGRADED,
    "down": ProbeState.DOWN,
}
GRAVITY = {ProbeState.UP: 0, ProbeState.UNKNOWN: 1, ProbeState.PENDING: 1, ProbeState.DEGRADED: 2, ProbeState.DOWN: 3}


@dataclass(frozen=True, slots=True)
class SignalSample:
    """One look. `value` None: there is no number; one that is not finite: the source itself says that it is none. `at`
    is the moment that the number is about.

    `points` are those of the time before, where the source tells them; `failure` is why it could not be asked at all.
    """

    value: float | None
    at: datetime
    points: tuple[SignalPoint, ...] = ()
    caution: str = ""
    failure: str = ""
    failed_by: ProblemKind | None = None


@dataclass(frozen=True, slots=True)
class SignalStanding:
    """Where a signal stands: `bad_since` is when its limit was first passed, without a break since."""

    result: SignalResult
    bad_since: datetime | None = None


def begin_signal(signal: WatchedSignal, now: datetime) -> SignalStanding:
    """Before the first look."""
    return SignalStanding(
        SignalResult(
            name=signal.name,
            environment=signal.environment,
            state=ProbeState.UNKNOWN,
            since=now,
            unit=signal.unit,
            limit=describe_limits(signal.degraded or signal.down),
            reason="not asked yet",
            limits=list_limits(signal),
            query=clean_line(signal.query or f"{signal.metric} of {signal.resource or 'the app'}", 500),
            runbook=signal.runbook,
        )
    )


def apply_sample(signal: WatchedSignal, before: SignalStanding, sample: SignalSample, now: datetime) -> SignalStanding:
    """The standing after one more look. A look that failed leaves the points and says why there is no newer number."""
    value = None if sample.value is None or not math.isfinite(sample.value) else sample.value
    state, limit, reason = judge_value(signal, value, sample)
    bad_since = before.bad_since if sample.failure else None  # a look that failed says nothing of what it looked at
    if state in (ProbeState.DEGRADED, ProbeState.DOWN):
        bad_since = before.bad_since or now
        lasted = (now - bad_since).total_seconds()
        if lasted < signal.lasting:
            left = format_age(signal.lasting - lasted)
            state, reason = ProbeState.PENDING, f"{reason}, counts in {left}"
    caution = sample.caution
    late = now - sample.at
    if value is not None and late > LATE and not caution:
        caution = f"measured {format_age(late.total_seconds())} ago"
    points = before.result.points if sample.failure else merge_points(before.result.points, sample, value, now)
    result = replace(
        before.result,
        state=state,
        since=before.result.since if before.result.state is state and before.result.checked else now,
        value=value,
        limit=limit or describe_limits(signal.degraded or signal.down),
        reason=clean_line(reason, 300),
        caution=clean_line(caution, 200),
        measured=sample.at if value is not None else before.result.measured,
        checked=now,
        points=points,
        failure=sample.failed_by if sample.failure else None,
    )
    return SignalStanding(result, bad_since)


def judge_value(signal: WatchedSignal, value: float | None, sample: SignalSample) -> tuple[ProbeState, str, str]:
    """The state, the limit that decided, and why."""
    if sample.failure:
        return ProbeState.UNKNOWN, "", sample.failure
    infinite = sample.value is not None and math.isinf(sample.value)
    if value is None and not infinite:
        return NO_DATA[signal.no_data], "", "no data" if sample.value is None else "no data: not a number"
    answer = ProbeAnswer(connected=True, value=Decimal(repr(sample.value)))
    for state, conditions in ((ProbeState.DOWN, signal.down), (ProbeState.DEGRADED, signal.degraded)):
        for condition in conditions:
            if check_condition(condition, answer) is not None:
                shown = "infinite" if infinite else format_number(value, signal.unit)
                limit = describe_limits([condition])
                clear = limit if shown.split()[0] not in limit else condition.text.replace("[VALUE]", "").strip()
                return state, limit, f"{shown}, not {clear}"
    # Infinite errors a request are no data where nobody asks, but never well.
    return (ProbeState.UNKNOWN, "", "no number: infinite") if infinite else (ProbeState.UP, "", "")


def merge_points(
    before: Sequence[SignalPoint], sample: SignalSample, value: float | None, now: datetime
) -> tuple[SignalPoint, ...]:
    """What was measured in the last hour: what the source tells of it goes before what we saw ourselves."""
    points = dict(before) | dict(sample.points)
    if not sample.points:
        points[sample.at] = value
    kept = sorted((moment, number) for moment, number in points.items() if now - HOUR <= moment <= now)
    return tuple(kept[-MOST_POINTS:])


def describe_limits(conditions: Sequence[Condition]) -> str:
    """`< 5`, `< 5 and >= 1`, `< 400M`: without the place that is always the same, numbers as values are shown."""
    return clean_line(" and ".join(_describe_limit(condition) for condition in conditions), 120)


def _describe_limit(condition: Condition) -> str:
    text, right = condition.text.replace("[VALUE]", "").strip(), condition.right
    if isinstance(right, ConditionLiteral) and isinstance(right.value, Decimal) and abs(right.value) >= LONG_NUMBER:
        return f"{text.removesuffix(right.text)}{format_number(float(right.value))}"
    return text


def list_limits(signal: WatchedSignal) -> tuple[float, ...]:
    """The numbers that the conditions compare with."""
    limits = (
        float(condition.right.value)
        for condition in (*signal.degraded, *signal.down)
        if isinstance(condition.right, ConditionLiteral) and isinstance(condition.right.value, Decimal)
    )
    return tuple(dict.fromkeys(limits))
