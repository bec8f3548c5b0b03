"""What a responder types for a time is a past moment, or a sentence that says how to write one."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.time import (
    LengthError,
    WhenError,
    find_zone,
    name_hour,
    parse_length,
    parse_past_moment,
    parse_promise,
)
from tests.refusals import refuses

AUCKLAND = ZoneInfo("Pacific/Auckland")
NOW = datetime(2026, 2, 27, 13, 26, 41, tzinfo=UTC)  # 02:26:41 on the 28th in Auckland


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("now", "2026-02-28T02:26:41+13:00"),
        ("10m ago", "2026-02-28T02:16:41+13:00"),
        ("1h30m ago", "2026-02-28T00:56:41+13:00"),
        ("90 s ago", "2026-02-28T02:25:11+13:00"),
        ("02:14", "2026-02-28T02:14:00+13:00"),
        ("2:14:31", "2026-02-28T02:14:31+13:00"),
        ("23:50", "2026-02-27T23:50:00+13:00"),
        ("yesterday 23:50", "2026-02-27T23:50:00+13:00"),
        ("today 02:00", "2026-02-28T02:00:00+13:00"),
        ("13:05Z", "2026-02-28T02:05:00+13:00"),
        ("2026-02-27 14:05", "2026-02-27T14:05:00+13:00"),
        ("2026-02-27T13:05:00Z", "2026-02-28T02:05:00+13:00"),
        ("13:05 UTC", "2026-02-28T02:05:00+13:00"),
        ("13:05 utc", "2026-02-28T02:05:00+13:00"),
        ("13:05:09 GMT", "2026-02-28T02:05:09+13:00"),
        ("23:50 UTC", "2026-02-26T23:50:00+00:00"),
        ("yesterday 13:05 UTC", "2026-02-26T13:05:00+00:00"),
        ("2026-02-27 13:05 UTC", "2026-02-27T13:05:00+00:00"),
        ("2026-02-27 13:05:31Z", "2026-02-27T13:05:31+00:00"),
        ("2026-02-27 13:05 +00:00", "2026-02-27T13:05:00+00:00"),
        ("2026-02-27T13:05:00.250+00:00", "2026-02-27T13:05:00.250+00:00"),
        ("14:05 +0100", "2026-02-27T13:05:00+00:00"),
        ("14:05 UTC+1", "2026-02-27T13:05:00+00:00"),
        ("02:05 NZDT", "2026-02-28T02:05:00+13:00"),
    ],
)
def test_a_time_as_typed(text: str, told: str) -> None:
    assert parse_past_moment(text, NOW, AUCKLAND) == datetime.fromisoformat(told)


def test_a_clock_that_runs_a_little_fast_means_now() -> None:
    assert parse_past_moment("02:27", NOW, AUCKLAND) == NOW


@pytest.mark.parametrize("text", ["2027-01-01 10:00", "today 23:00"])
def test_the_future_is_refused(text: str) -> None:
    with refuses("time-in-future", WhenError):
        parse_past_moment(text, NOW, AUCKLAND)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "10x ago", "20260227", "ago", "99999999d ago"])
def test_nonsense_is_answered_with_how_to_write_a_time(text: str) -> None:
    with pytest.raises(WhenError, match="10m ago"):
        parse_past_moment(text, NOW, AUCKLAND)


@pytest.mark.parametrize("text", ["10:00 CST", "10:00 mars", "2026-02-27 10:00 IST", "10:00 +25:00", "10:00 +01:75"])
def test_a_zone_that_is_none_or_several_is_asked_for_in_utc(text: str) -> None:
    with refuses("unknown-time-zone", WhenError):
        parse_past_moment(text, NOW, AUCKLAND)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2026, 2, 27)),
    st.sampled_from(("Z", " Z", " UTC", " utc", "+00:00", " GMT")),
)
def test_a_moment_in_utc_reads_the_same_however_utc_is_written(moment: datetime, zone: str) -> None:
    assert parse_past_moment(f"{moment:%Y-%m-%d %H:%M:%S}{zone}", NOW, AUCKLAND) == moment.replace(
        microsecond=0, tzinfo=UTC
    )


@given(st.text(max_size=30) | st.from_regex(r"[0-9:]{1,8}( ago)?", fullmatch=True))
def test_whatever_is_typed_is_a_past_moment_or_a_refusal(text: str) -> None:
    try:
        found = parse_past_moment(text, NOW, AUCKLAND)
    except WhenError:
        return
    assert found <= NOW + timedelta(0)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("3m", 3), ("20", 20), ("30 min", 30), ("1 hour", 60), ("1h30m", 90), ("2 hours", 120), ("1 day", 1440)],
)
def test_a_length_reads_the_same_wherever_it_is_typed(text: str, minutes: int) -> None:
    assert parse_length(text) == timedelta(minutes=minutes)
    assert parse_promise(f" {text} ") == timedelta(minutes=minutes)


def test_no_promise_is_a_word_and_nonsense_is_refused() -> None:
    assert [parse_promise(text) for text in ("", "none", "No", "-", "0")] == [None] * 5
    with pytest.raises(LengthError):
        parse_promise("soon")


@given(st.text(max_size=20))
def test_whatever_is_typed_for_a_length_is_one_or_a_refusal(text: str) -> None:
    with suppress(LengthError):
        assert isinstance(parse_length(text), timedelta)


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        (datetime(2026, 4, 4, 13, 45, tzinfo=UTC), datetime(2026, 4, 4, 13, 30, tzinfo=UTC)),  # the first 02:45
        (datetime(2026, 4, 4, 14, 45, tzinfo=UTC), datetime(2026, 4, 4, 14, 30, tzinfo=UTC)),  # the second
        (datetime(2026, 4, 4, 14, 15, tzinfo=UTC), datetime(2026, 4, 4, 13, 30, tzinfo=UTC)),
        (datetime(2026, 4, 4, 15, 45, tzinfo=UTC), datetime(2026, 4, 4, 14, 30, tzinfo=UTC)),  # 03:45, afterwards
    ],
)
def test_in_the_hour_that_comes_twice_the_last_one_that_is_over_is_meant(now: datetime, moment: datetime) -> None:
    assert parse_past_moment("02:30", now, ZoneInfo("Pacific/Auckland")).astimezone(UTC) == moment


ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("posix/", "right/")))


def changes_back(zone: ZoneInfo, year: int) -> list[datetime]:
    """The hours of a year (UTC) after which the clocks of a zone show less than an hour on."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(0, 365 * 24, 24)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [hours[day] for day in range(1, len(hours)) if offsets[day] < offsets[day - 1]]  # type: ignore[operator]


@given(
    st.sampled_from(ZONES),
    st.integers(1990, 2026),
    st.integers(-1_560, 180),
    st.integers(0, 1_439),
    st.booleans(),
    st.data(),
)
def test_a_clock_time_in_a_doubled_hour_is_the_nearest_past_one_in_every_zone(
    name: str, year: int, minutes: int, typed: int, dated: bool, data: st.DataObject
) -> None:
    zone = ZoneInfo(name)
    nights = changes_back(zone, year) or [datetime(year, 10, 25, tzinfo=UTC)]
    now = data.draw(st.sampled_from(nights)) + timedelta(minutes=minutes)
    clock = f"{typed // 60:02}:{typed % 60:02}"
    text = f"{now.astimezone(zone):%Y-%m-%d} {clock}" if dated else clock
    try:
        found = parse_past_moment(text, now, zone)
    except WhenError:
        return  # it has not come yet, or the clocks left it out
    shown = found.astimezone(zone)
    nearest = [
        moment for fold in (0, 1) if (moment := shown.replace(fold=fold)).astimezone(UTC) <= now + timedelta(minutes=1)
    ]
    if found.astimezone(UTC) != now:  # a clock that runs a bit fast means now
        assert f"{shown:%H:%M}" == clock
        assert found.astimezone(UTC) == max(moment.astimezone(UTC) for moment in nearest)
    twice = shown.replace(fold=0).utcoffset() > shown.replace(fold=1).utcoffset()  # type: ignore[operator]
    assert bool(name_hour(found)) == (twice and found.tzinfo is zone)


def test_the_other_one_of_a_doubled_hour_is_named_by_its_zone() -> None:
    now, zone = datetime(2026, 4, 4, 20, 0, tzinfo=UTC), ZoneInfo("Pacific/Auckland")
    first, second = (parse_past_moment(f"02:30 {name}", now, zone) for name in ("NZDT", "NZST"))
    assert (first.astimezone(UTC).hour, second.astimezone(UTC).hour) == (13, 14)
    assert parse_past_moment("2026-04-05 02:30", now, zone).astimezone(UTC) == second.astimezone(UTC)
    assert name_hour(second) == "02:30 came twice: taken for 02:30 NZST (14:30 UTC), not 02:30 NZDT (13:30 UTC)"


@pytest.mark.parametrize("text", ["02:30", "2026-09-27 02:30", "today 02:30"])
def test_a_time_that_the_clocks_left_out_is_refused(text: str) -> None:
    now = datetime(2026, 9, 26, 20, 0, tzinfo=UTC)  # 09:00 on the 27th, when 02:00 was followed by 03:00
    with refuses("time-left-out", WhenError):
        parse_past_moment(text, now, ZoneInfo("Pacific/Auckland"))


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's own zone, as its environment says it."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("text", "now", "moment"),
    [
        ("2026-03-28 12:00", "2026-03-30T09:00Z", "2026-03-28T11:00Z"),  # before the clocks went forth
        ("2026-07-01 12:00", "2026-11-30T09:00Z", "2026-07-01T10:00Z"),
        ("02:30", "2026-10-25T00:45Z", "2026-10-25T00:30Z"),  # the first of two
        ("02:30", "2026-10-25T01:45Z", "2026-10-25T01:30Z"),
        ("02:30 CEST", "2026-10-25T01:45Z", "2026-10-25T00:30Z"),
    ],
)
def test_the_zone_of_the_machine_has_the_offset_of_then_not_of_now(text: str, now: str, moment: str) -> None:
    parsed = parse_past_moment(text, datetime.fromisoformat(now), find_zone(""))
    assert parsed.astimezone(UTC) == datetime.fromisoformat(moment)


def test_a_zone_with_more_than_two_offsets_is_known_to_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Africa/Casablanca")  # an hour less in Ramadan
    parsed = parse_past_moment("2026-03-15 02:30", datetime(2026, 6, 1, tzinfo=UTC), find_zone(""))
    assert parsed.astimezone(UTC) == datetime(2026, 3, 15, 2, 30, tzinfo=UTC)


@pytest.mark.usefixtures("berlin")
def test_the_zone_of_the_machine_knows_what_came_twice_and_what_never_did() -> None:
    zone = find_zone("")
    assert "came twice" in name_hour(parse_past_moment("02:30", datetime(2026, 10, 25, 1, 45, tzinfo=UTC), zone))
    with pytest.raises(WhenError, match=r"There was no 02:30.* 03:30"):
        parse_past_moment("02:30", datetime(2026, 3, 29, 2, 10, tzinfo=UTC), zone)
