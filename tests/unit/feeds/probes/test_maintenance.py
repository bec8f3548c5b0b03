"""Planned work that comes round: in the zone of those who do it, right in the nights in which clocks change."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.feeds.probes.maintenance import RhythmError, find_window_end, parse_rule
from cockpit.model.probe import RecurringWindow

BERLIN = "Europe/Berlin"


def window(every: str = "sun", at: str = "02:00", hours: float = 2, zone: str = BERLIN) -> RecurringWindow:
    return RecurringWindow(every, time.fromisoformat(at), hours * 3_600, zone)


@pytest.mark.parametrize(
    ("every", "moment", "open"),
    [
        ("sun", "2026-11-22T01:30:00", True),  # 02:30 in Berlin, in winter
        ("sun", "2026-11-22T00:59:59", False),
        ("sun", "2026-11-22T03:00:00", False),
        ("sun", "2026-07-05T00:30:00", True),  # 02:30 in summer
        ("mon, thu", "2026-11-26T01:30:00", True),
        ("weekdays", "2026-11-22T01:30:00", False),
        ("weekends", "2026-11-21T01:30:00", True),
        ("daily", "2026-11-24T01:30:00", True),
        ("first sun", "2026-11-01T01:30:00", True),
        ("first sun", "2026-11-08T01:30:00", False),
        ("last sun", "2026-11-29T01:30:00", True),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "2026-11-22T01:30:00", True),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "2026-11-29T01:30:00", False),
    ],
)
def test_a_window_is_open_at_its_local_time(every: str, moment: str, open: bool) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert (find_window_end([window(every)], now) is not None) is open


@pytest.mark.parametrize(
    ("night", "at", "begins", "ends"),
    [
        ("2026-03-29", "02:00", "01:00", "03:00"),  # clocks go from 02:00 to 03:00: it begins as it would have
        ("2026-03-29", "01:00", "00:00", "02:00"),  # two hours are two hours, though the clock moves by three
        ("2026-10-25", "01:00", "23:00", "01:00"),  # of the day before, in summer time
        ("2026-10-25", "02:30", "00:30", "02:30"),  # the first of the two half past two
    ],
)
def test_in_the_night_in_which_clocks_change_it_lasts_as_long_as_ever(
    night: str, at: str, begins: str, ends: str
) -> None:
    end = datetime.fromisoformat(f"{night}T{ends}").replace(tzinfo=UTC)
    first = end - timedelta(hours=2)
    assert f"{first:%H:%M}" == begins
    for moment, open in ((first, True), (end - timedelta(seconds=1), True), (end, False)):
        assert (find_window_end([window(at=at)], moment) == end) is open
    assert find_window_end([window(at=at)], first - timedelta(seconds=1)) is None


def test_one_that_lasts_past_midnight_is_open_on_the_next_day() -> None:
    late = window("sat", "23:00", hours=6)
    assert find_window_end([late], datetime(2026, 11, 22, 3, 0, tzinfo=UTC)) == datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "every", ["", "sometimes", "sunn, x", "FREQ=SECONDLY", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY\nEXDATE:20240101"]
)
def test_a_rhythm_that_is_none_is_refused(every: str) -> None:
    with pytest.raises(RhythmError):
        parse_rule(every, time(2, 0))


@given(st.integers(0, 90_000_000), st.sampled_from(["UTC", BERLIN, "Pacific/Auckland"]))
def test_whatever_the_moment_a_daily_day_long_window_is_open(seconds: int, zone: str) -> None:
    """A day of 25 hours may leave the last of them out: a window is as long as a stopwatch says."""
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert find_window_end([window("daily", "00:00", 25, zone)], now) is not None
