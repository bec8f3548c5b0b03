"""Times as documents write them, and what looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.clock import Counting
from cockpit.runbooks.plan.durations import find_amount, list_amounts


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15 min", 900),
        ("<5 minutes", 300),
        ("~30 minutes", 1_800),
        ("24h", 86_400),
        ("half an hour", 1_800),
        ("an hour", 3_600),
        ("1 h 30 min", 5_400),
        ("2 hours and 15 minutes", 8_100),
        ("less than a minute", 60),
        ("forty-five minutes", 2_700),
        ("72-hour notice", 259_200),
        ("within three days", 259_200),
    ],
)
def test_a_time(text: str, seconds: int) -> None:
    found = find_amount(text)
    assert found is not None
    assert (found.after.total_seconds(), found.counting) == (seconds, Counting.WALL)


@pytest.mark.parametrize(("text", "seconds"), [("5-15 minutes", 900), ("5 to 15 min", 900), ("30–120 minutes", 7_200)])
def test_of_a_range_the_longer_one(text: str, seconds: int) -> None:
    found = find_amount(text)
    assert found is not None
    assert found.after.total_seconds() == seconds


@pytest.mark.parametrize(
    ("text", "counting"),
    [("3 business days", Counting.DAYS), ("two working days", Counting.DAYS), ("4 business hours", Counting.HOURS)],
)
def test_working_time_is_counted_as_such(text: str, counting: Counting) -> None:
    found = find_amount(text)
    assert found is not None
    assert found.counting is counting


@pytest.mark.parametrize(
    "text", ["", "max 10 replicas", "on-call and backup", "a deployment", "5xx", "P1", "60+ min", "v2.3.4m", "80 %"]
)
def test_no_time(text: str) -> None:
    assert find_amount(text) is None


def test_each_time_knows_its_place() -> None:
    text = "<1 minute (+ up to 5 min cache lag)"
    assert [text[each.start : each.end] for each in list_amounts(text)] == ["1 minute", "5 min"]


@given(st.text(max_size=200))
def test_any_text_has_times_that_lie_in_it_one_behind_the_other(text: str) -> None:
    end = 0
    for each in list_amounts(text):
        assert end <= each.start < each.end <= len(text)
        assert each.after.total_seconds() >= 0
        end = each.end
