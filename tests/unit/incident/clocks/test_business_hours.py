"""Working time in real zones: around changes of the clock, month ends, holidays and the edges of the day."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.incident.clocks.business_hours import (
    add_days,
    add_hours,
    compute_working_time,
    is_open,
    next_opening,
    zone_of,
)
from cockpit.model.plan import Hours

AUCKLAND = ZoneInfo("Pacific/Auckland")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BUSINESS_HOURS = Hours(zone="Pacific/Auckland")  # Monday to Friday, 8 to 18
NIGHTS = Hours(days=(5, 6), opens=time(22), closes=time(6), zone="Pacific/Auckland")
ALWAYS = Hours(days=tuple(range(7)), opens=time(0), closes=time(0), zone="Pacific/Auckland")
CLOSED = Hours(days=())

# The last of summer time and the first of it, in 2026: days of 25 and of 23 hours. Kolkata has none.
TURNS = {
    "Pacific/Auckland": (date(2026, 4, 5), date(2026, 9, 27)),
    "Europe/Berlin": (date(2026, 10, 25), date(2026, 3, 29)),
    "America/New_York": (date(2026, 11, 1), date(2026, 3, 8)),
    "Asia/Kolkata": (date(2026, 2, 28), date(2026, 12, 31)),
}


def local(text: str, zone: str = "Pacific/Auckland") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-02-27T10:00", 2, "2026-02-27T12:00"),  # a Friday
        ("2026-02-27T03:00", 2, "2026-02-27T10:00"),  # at night: from the opening
        ("2026-02-27T17:00", 2, "2026-03-02T09:00"),  # over the weekend and the month's end
        ("2026-02-27T16:00", 2, "2026-02-27T18:00"),  # just at closing
        ("2026-02-27T18:00", 0, "2026-02-27T18:00"),
        ("2026-02-28T12:00", 0, "2026-03-02T08:00"),
        ("2026-02-27T08:00", 50, "2026-03-05T18:00"),  # a whole week
        ("2028-02-28T17:00", 2, "2028-02-29T09:00"),  # a leap day
        ("2026-12-31T17:30", 1, "2027-01-01T08:30"),
    ],
)
def test_working_hours_are_counted_only_while_it_is_open(start: str, hours: float, due: str) -> None:
    assert add_hours(local(start), hours * HOUR, BUSINESS_HOURS) == local(due)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-02-25T10:00", 3, "2026-03-02T18:00"),  # Wednesday: Thursday, Friday, Monday
        ("2026-02-25T03:00", 1, "2026-02-26T18:00"),  # its own day does not count, however early
        ("2026-02-28T12:00", 1, "2026-03-02T18:00"),  # Saturday
        ("2026-12-30T10:00", 3, "2027-01-04T18:00"),
    ],
)
def test_working_days_end_when_the_last_of_them_closes(start: str, days: int, due: str) -> None:
    assert add_days(local(start), days, BUSINESS_HOURS) == local(due)


def test_a_holiday_is_no_working_day() -> None:
    christmas = Hours(zone="Pacific/Auckland", holidays=(date(2026, 12, 25), date(2026, 12, 28)))
    assert add_hours(local("2026-12-24T17:00"), 2 * HOUR, christmas) == local("2026-12-29T09:00")
    assert add_days(local("2026-12-23T10:00"), 2, christmas) == local("2026-12-29T18:00")
    assert not is_open(local("2026-12-25T10:00"), christmas)


def test_it_is_open_from_the_opening_until_just_before_the_closing() -> None:
    assert is_open(local("2026-02-27T08:00"), BUSINESS_HOURS)
    assert not is_open(local("2026-02-27T18:00"), BUSINESS_HOURS)
    assert next_opening(local("2026-02-27T08:00"), BUSINESS_HOURS) == local("2026-03-02T08:00")


def test_hours_over_midnight_belong_to_the_day_on_which_they_open() -> None:
    assert is_open(local("2026-03-02T05:59"), NIGHTS)  # Monday morning, of Sunday's night
    assert not is_open(local("2026-02-28T05:00"), NIGHTS)  # Saturday morning: nobody opened on Friday
    # The night in which summer time ends is nine hours long, the one in which it begins seven.
    assert compute_working_time(local("2026-04-04T22:00"), local("2026-04-05T06:00"), NIGHTS) == 9 * HOUR
    assert compute_working_time(local("2026-09-26T22:00"), local("2026-09-27T06:00"), NIGHTS) == 7 * HOUR


def test_days_of_23_and_25_hours_are_as_long_as_they_are() -> None:
    for day, length in ((date(2026, 9, 27), 23), (date(2026, 4, 5), 25)):
        midnight = datetime.combine(day, time(), AUCKLAND)
        assert compute_working_time(midnight, datetime.combine(day + DAY, time(), AUCKLAND), ALWAYS) == length * HOUR


def test_a_time_that_does_not_exist_or_exists_twice_is_read_as_rfc_5545_says() -> None:
    early = Hours(days=(6,), opens=time(2, 30), closes=time(12), zone="Pacific/Auckland")
    spring, autumn = local("2026-09-27T00:00"), local("2026-04-05T00:00")
    assert next_opening(spring, early) == local("2026-09-27T03:30")
    opens = next_opening(autumn, early)
    assert opens is not None
    assert opens.astimezone(UTC) == datetime(2026, 4, 4, 13, 30, tzinfo=UTC)  # the first of the two, in summer time


def test_hours_that_never_open_have_no_end() -> None:
    assert add_hours(local("2026-02-27T10:00"), HOUR, CLOSED) is None
    assert add_days(local("2026-02-27T10:00"), 3, CLOSED) is None
    assert next_opening(local("2026-02-27T10:00"), CLOSED) is None


def test_hours_without_a_zone_are_meant_in_the_one_given_and_an_unknown_zone_is_utc() -> None:
    assert zone_of(Hours(), AUCKLAND) == (AUCKLAND, "Pacific/Auckland")
    for unknown in ("Mars/Olympus", "../etc/passwd", "Europe", "\x00", "", "\udcff"):
        assert zone_of(Hours(zone=unknown or "NZST/NZDT"), AUCKLAND) == (UTC, "UTC")
    assert is_open(local("2026-02-27T08:00", "UTC"), Hours(zone="Mars/Olympus"))


def test_nothing_is_raised_at_the_edges_of_the_calendar() -> None:
    for edge in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        add_hours(edge, HOUR, BUSINESS_HOURS)
        add_days(edge, 1, BUSINESS_HOURS)
        compute_working_time(edge, edge, BUSINESS_HOURS)
        is_open(edge, BUSINESS_HOURS)


zones = st.sampled_from(sorted(TURNS))
edges = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))


@st.composite
def weeks(draw: st.DrawFn) -> tuple[Hours, datetime]:
    """Hours of any shape, and a moment within three days of a change of the clock. No edge lies within the change."""
    zone = draw(zones)
    turn = draw(st.sampled_from(TURNS[zone]))
    hours = Hours(
        days=tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1)))),
        opens=draw(edges.filter(lambda at: at.hour not in (1, 2))),
        closes=draw(edges.filter(lambda at: at.hour not in (1, 2))),
        zone=zone,
        holidays=tuple(draw(st.sets(st.sampled_from([turn, turn + DAY]), max_size=1))),
    )
    minutes = draw(st.integers(-3 * 1440, 3 * 1440))
    return hours, datetime.combine(turn, time(), UTC) + minutes * MINUTE


def open_by_the_wall(at: datetime, hours: Hours) -> bool:
    """What somebody says who looks at a wall clock and a calendar."""
    here = at.astimezone(ZoneInfo(hours.zone))
    today, yesterday = here.date(), here.date() - DAY
    works = {day: day.weekday() in hours.days and day not in hours.holidays for day in (today, yesterday)}
    if hours.opens < hours.closes:
        return works[today] and hours.opens <= here.time() < hours.closes
    return (works[today] and here.time() >= hours.opens) or (works[yesterday] and here.time() < hours.closes)


@given(weeks(), st.integers(0, 1200))
def test_hours_are_those_that_a_look_at_the_wall_clock_each_minute_counts(
    week: tuple[Hours, datetime], minutes: int
) -> None:
    hours, start = week
    at, left = start, minutes
    for _ in range(3 * 1440):
        if left == 0:
            break
        left -= open_by_the_wall(at, hours)
        at += MINUTE
    due = add_hours(start, minutes * MINUTE, hours)
    if left == 0 and minutes:
        assert due == at
    assert compute_working_time(start, start + 600 * MINUTE, hours) == MINUTE * sum(
        open_by_the_wall(start + each * MINUTE, hours) for each in range(600)
    )
    assert is_open(start, hours) == open_by_the_wall(start, hours)


@given(weeks(), st.lists(st.integers(0, 4000), min_size=2, max_size=2))
def test_more_time_is_never_due_sooner_and_two_parts_are_the_whole(
    week: tuple[Hours, datetime], parts: list[int]
) -> None:
    hours, start = week
    first, second = (each * MINUTE for each in parts)
    part, whole = add_hours(start, first, hours), add_hours(start, first + second, hours)
    assert part is not None
    assert whole is not None
    assert start <= part <= whole
    assert add_hours(part, second, hours) == whole
    assert compute_working_time(start, whole, hours) == first + second
    assert is_open(whole, hours) or is_open(whole - timedelta(microseconds=1), hours)


@given(weeks())
def test_each_further_day_ends_later_and_at_a_closing(week: tuple[Hours, datetime]) -> None:
    hours, start = week
    ends = [end for days in range(1, 5) if (end := add_days(start, days, hours)) is not None]
    assert len(ends) == 4
    assert start < ends[0]
    assert all(one < other for one, other in pairwise(ends))
    assert all(is_open(end - MINUTE, hours) for end in ends)
