"""A number and its limits: what it says, how long it must last, and what no source, however odd, can make of it."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.feeds.signals.feed import SignalsFeed
from cockpit.feeds.signals.judge import SignalSample, SignalStanding, apply_sample, begin_signal
from cockpit.feeds.signals.sources import (
    Read,
    build_metric_sample,
    divide,
    parse_instant,
    parse_metric,
    parse_range,
    parse_rows,
)
from cockpit.model.conditions import parse_condition
from cockpit.model.probe import ProbeState, SignalResult, WatchedSignal
from cockpit.model.problem import SourceError
from cockpit.model.text import is_clean_line
from tests.unit.feeds.fake_time import FakeTime

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SIGNAL = WatchedSignal(
    name="5xx share",
    kind="promql",
    environment="prod",
    query="errors / requests",
    url="http://prom:9090",
    unit="%",
    degraded=(parse_condition("[VALUE] < 5"),),
    down=(parse_condition("[VALUE] < 20"),),
    lasting=120.0,
)


def play(signal: WatchedSignal, *values: float | None, every: float = 60.0) -> list[SignalResult]:
    """The results of looks at these values, a minute apart."""
    standing, results = begin_signal(signal, NOW), []
    for index, value in enumerate(values):
        moment = NOW + timedelta(seconds=every * index)
        standing = apply_sample(signal, standing, SignalSample(value, moment), moment)
        results.append(standing.result)
    return results


def test_a_limit_counts_when_it_was_passed_for_long_enough() -> None:
    states = [result.state for result in play(SIGNAL, 1.0, 7.0, 7.0, 7.0, 1.0)]
    pending = ProbeState.PENDING
    assert states == [ProbeState.UP, pending, pending, ProbeState.DEGRADED, ProbeState.UP]


def test_a_break_begins_the_waiting_anew() -> None:
    assert play(SIGNAL, 7.0, 7.0, 1.0, 7.0, 7.0)[-1].state is ProbeState.PENDING


def test_the_graver_limit_decides_and_says_so() -> None:
    result = play(replace(SIGNAL, lasting=0.0), 31.25)[0]
    assert (result.state, result.limit, result.reason) == (ProbeState.DOWN, "< 20", "31.2 %, not < 20")


@pytest.mark.parametrize(
    ("value", "limit", "reason"),
    [
        (9e8, "< 859M", "900M B, not < 859M"),
        (858993460.0, "< 859M", "859M B, not < 858993459"),  # rounded they would be the same
    ],
)
def test_a_long_limit_is_read_as_the_value_beside_it(value: float, limit: str, reason: str) -> None:
    signal = replace(SIGNAL, unit="B", lasting=0.0, down=(), degraded=(parse_condition("[VALUE] < 858993459"),))
    result = play(signal, value)[0]
    assert (result.limit, result.reason) == (limit, reason)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("unknown", ProbeState.UNKNOWN),
        ("ok", ProbeState.UP),
        ("degraded", ProbeState.DEGRADED),
        ("down", ProbeState.DOWN),
    ],
)
def test_what_no_data_means_is_the_teams_to_say(word: Any, state: ProbeState) -> None:
    signal = replace(SIGNAL, no_data=word, lasting=0.0)
    assert [result.state for result in play(signal, None, float("nan"))] == [state, state]


def test_a_failed_look_is_unknown_and_keeps_what_was_measured() -> None:
    before = apply_sample(SIGNAL, begin_signal(SIGNAL, NOW), SignalSample(1.0, NOW), NOW)
    after = apply_sample(SIGNAL, before, SignalSample(None, NOW, failure="The query fails: no such metric."), NOW)
    assert (after.result.state, after.result.points) == (ProbeState.UNKNOWN, before.result.points)
    assert after.result.reason == "The query fails: no such metric."


def test_a_failed_look_between_two_bad_ones_does_not_begin_the_waiting_anew() -> None:
    standing = begin_signal(SIGNAL, NOW)
    looks = [SignalSample(7.0, NOW), SignalSample(None, NOW, failure="No answer in time."), SignalSample(7.0, NOW)]
    for minutes, sample in enumerate(looks):
        moment = NOW + timedelta(seconds=minutes * SIGNAL.lasting)
        standing = apply_sample(SIGNAL, standing, replace(sample, at=moment), moment)
    assert standing.result.state is ProbeState.DEGRADED


def test_a_number_of_long_ago_is_marked_as_old() -> None:
    sample = SignalSample(1.0, NOW - timedelta(minutes=12))
    assert apply_sample(SIGNAL, begin_signal(SIGNAL, NOW), sample, NOW).result.caution == "measured 12m ago"


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), max_size=12))
def test_no_number_makes_the_judgement_raise_and_only_a_limit_accuses(values: list[float | None]) -> None:
    for value, result in zip(values, play(replace(SIGNAL, lasting=0.0), *values), strict=True):
        assert is_clean_line(result.reason)
        assert is_clean_line(result.text)
        if result.state in (ProbeState.DEGRADED, ProbeState.DOWN):
            assert value is not None
            assert value >= 5


@pytest.mark.parametrize(
    ("value", "by", "unit", "ratio"),
    [(5, 100, "%", 5.0), (5, 100, "", 0.05), (None, 100, "%", 0.0), (5, 0, "%", None), (5, None, "%", None)],
)
def test_a_ratio_of_nothing_is_nothing_and_by_nothing_there_is_none(
    value: float | None, by: float | None, unit: str, ratio: float | None
) -> None:
    assert divide(value, by, unit) == ratio


# What the sources answer


def vector(*values: object, **more: Any) -> dict[str, Any]:
    series = [{"metric": {"pod": f"p{index}"}, "value": [NOW.timestamp(), value]} for index, value in enumerate(values)]
    return {"status": "success", "data": {"resultType": "vector", "result": series}, **more}


def test_one_series_is_a_number_and_none_is_no_data() -> None:
    assert parse_instant(vector("0.25"), NOW) == (0.25, NOW, "")
    assert parse_instant(vector(), NOW) == (None, NOW, "")


@pytest.mark.parametrize("word", ["NaN", "+Inf", "-Inf"])
def test_what_is_no_finite_number_is_not_the_same_as_no_series(word: str) -> None:
    value, _, _ = parse_instant(vector(word), NOW)
    assert value is not None
    assert not math.isfinite(value)


@pytest.mark.parametrize("no_data", ["unknown", "ok"])
def test_what_is_infinite_is_never_well(no_data: Any) -> None:
    signal = replace(SIGNAL, no_data=no_data, lasting=0.0)
    above, below = play(signal, math.inf, -math.inf)
    assert (above.state, above.value, above.reason) == (ProbeState.DOWN, None, "infinite, not < 20")
    assert (below.state, below.reason) == (ProbeState.UNKNOWN, "no number: infinite")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_ratio_of_what_is_no_number_is_not_nothing(value: float) -> None:
    ratio = divide(value, 20.0, "%")
    assert ratio is not None
    assert not math.isfinite(ratio)


def test_a_partial_answer_says_so() -> None:
    assert parse_instant(vector("1", warnings=["store gone"]), NOW)[2] == "partial answer"


@pytest.mark.parametrize(
    ("answer", "short"),
    [
        (vector("1", "2", "3"), "3 series"),
        ({"data": {"resultType": "string", "result": [NOW.timestamp(), "\x1b[2Jup"]}}, "no number"),
        ({"data": {"resultType": "vector", "result": "many"}}, "no number"),
        ({"data": {"resultType": "vector", "result": [{"value": [1]}]}}, "no number"),
        ([], "no number"),
        (None, "no number"),
    ],
)
def test_what_is_no_single_number_is_refused_with_a_reason(answer: Any, short: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_instant(answer, NOW)
    assert caught.value.problem.short == short


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["data", "result", "value", "values", "metric", "resultType"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_no_answer_however_odd_raises_anything_else(answer: Any) -> None:
    parse_range(answer)
    with suppress(SourceError):
        parse_instant(answer, NOW)


def metric(values: Sequence[float | None], **more: Any) -> dict[str, Any]:
    start = NOW - timedelta(minutes=len(values))
    data = [
        {"timeStamp": (start + timedelta(minutes=index)).isoformat(), **({} if value is None else {"total": value})}
        for index, value in enumerate(values)
    ]
    return {"value": [{"errorCode": "Success", "timeseries": [{"data": data}], **more}]}


AZURE = WatchedSignal(name="requests", kind="azure_metric", environment="prod", metric="Requests", window=120.0)


def test_the_newest_window_that_was_reported_is_the_number() -> None:
    sample = build_metric_sample(AZURE, parse_metric(metric([1, 2, 3, None]), AZURE), None, NOW)
    assert (sample.value, sample.at) == (5.0, NOW - timedelta(minutes=1))
    assert [value for _, value in sample.points] == [1.0, 3.0, 5.0]


def test_minutes_without_errors_are_a_share_of_nothing() -> None:
    errors, whole = parse_metric(metric([None, None, None]), AZURE), parse_metric(metric([10, 10, 10]), AZURE)
    assert build_metric_sample(replace(AZURE, unit="%"), errors, whole, NOW).value == 0.0


def test_a_metric_that_azure_cannot_tell_is_refused() -> None:
    with pytest.raises(SourceError, match="cannot tell"):
        parse_metric(metric([1], errorCode="NotFound", errorMessage="no such \x1b[2J"), AZURE)
    with pytest.raises(SourceError, match="does not know"):
        parse_metric({"value": []}, AZURE)


def test_a_table_with_times_is_a_series_and_one_row_is_a_number() -> None:
    earlier = NOW - timedelta(minutes=1)
    rows: list[Mapping[str, Any]] = [{"TimeGenerated": NOW, "n": 3}, {"TimeGenerated": earlier, "n": 2.5}]
    assert parse_rows(rows, NOW) == [(earlier, 2.5), (NOW, 3.0)]
    assert parse_rows([{"share": 0.5}], NOW) == [(NOW, 0.5)]
    assert parse_rows([], NOW) == []
    ((_, null),) = parse_rows([{"share": None}], NOW)
    assert null is not None  # a row without a number is not the same as no row
    assert math.isnan(null)


@pytest.mark.parametrize("rows", [[{"a": 1}, {"a": 2}], [{"a": "text"}]])
def test_a_table_that_is_no_number_is_refused(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(SourceError):
        parse_rows(rows, NOW)


# The feed


def feed_of(*signals: WatchedSignal, **answers: SignalSample | Exception) -> SignalsFeed:
    def make(signal: WatchedSignal) -> Read:
        async def read(_: bool) -> SignalSample:
            answer = answers[signal.name]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return read

    return SignalsFeed("prod", signals, make, time=FakeTime(), random=Random(7))


async def test_a_signal_that_cannot_be_asked_says_so_in_its_row_and_the_others_go_on() -> None:
    good, bad = replace(SIGNAL, name="good"), replace(SIGNAL, name="bad")
    reading = await feed_of(good, bad, good=SignalSample(1.0, NOW), bad=OSError("no route \x1b[2J")).poll()
    assert reading.problem is None
    states = {result.name: result.state for result in reading.value or ()}
    assert states == {"good": ProbeState.UP, "bad": ProbeState.UNKNOWN}
    assert all(is_clean_line(result.reason) for result in reading.value or ())


async def test_a_signal_without_its_source_ends_nothing() -> None:
    def refuse(signal: WatchedSignal) -> Read:
        raise asyncio.CancelledError if signal.name == "never" else ValueError("no such source")

    reading = await SignalsFeed("prod", [SIGNAL], refuse, time=FakeTime(), random=Random(7)).poll()
    (result,) = reading.value or ()
    assert result.state is ProbeState.UNKNOWN


def test_a_standing_begins_unknown() -> None:
    assert isinstance(begin_signal(SIGNAL, NOW), SignalStanding)
    assert begin_signal(SIGNAL, NOW).result.state is ProbeState.UNKNOWN
