"""Fields of answers that keep no promise about their type."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.raw import dig_value, list_mappings, read_integer, read_moment, read_retry_after, read_text

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2023-06-27T03:58:38Z", datetime(2023, 6, 27, 3, 58, 38, tzinfo=UTC)),
        ("2023-06-27 03:58:10 +0000 UTC", datetime(2023, 6, 27, 3, 58, 10, tzinfo=UTC)),
        ("2023-07-14T05:11:12.34696", datetime(2023, 7, 14, 5, 11, 12, 346960, tzinfo=UTC)),
        ("2023-07-14T05:11:32.3032299+00:00", datetime(2023, 7, 14, 5, 11, 32, 303229, tzinfo=UTC)),
        ("2023-07-14T17:11:32+12:00", datetime(2023, 7, 14, 5, 11, 32, tzinfo=UTC)),
        ("2023-07-14 05:11:32.123456789 +0000 UTC m=+0.1", datetime(2023, 7, 14, 5, 11, 32, 123456, tzinfo=UTC)),
        (datetime(2023, 7, 14, 5, 11, 32), datetime(2023, 7, 14, 5, 11, 32, tzinfo=UTC)),
    ],
)
def test_every_shape_of_time_that_azure_writes_is_read_as_utc(written: object, meant: datetime) -> None:
    assert read_moment(written) == meant


@pytest.mark.parametrize(
    "written", [None, "", "soon", "0001-01-01T00:00:00Z", "2023-13-45T99:99:99Z", 7, [], {}, "9" * 99]
)
def test_what_is_no_time_is_none_and_the_zero_of_year_one_means_never(written: object) -> None:
    assert read_moment(written) is None


@given(json_values)
def test_no_value_makes_a_reader_raise(value: object) -> None:
    assert "\x1b" not in read_text(value)
    dig_value(value, "a", "b")
    assert all(hasattr(each, "get") for each in list_mappings(value))
    number = read_integer(value)
    assert number is None or isinstance(number, int)


@given(st.text() | st.datetimes() | st.datetimes(timezones=st.timezones()))
def test_a_time_is_in_utc_or_it_is_none(value: object) -> None:
    found = read_moment(value)
    assert found is None or found.tzinfo is UTC


def test_a_weight_sent_as_text_is_a_number_and_a_flag_is_none() -> None:
    assert read_integer("100") == 100
    assert read_integer(True) is None
    assert read_integer(float("inf")) is None
    assert read_integer("1" * 400) is None


NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 3 ", 3.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("30s", 30.0),
        ("120, 120", 120.0),  # as clients join a header that came twice
        ("Sat, 21 Nov 2026 02:01:00 GMT", 60.0),
        ("Saturday, 21-Nov-26 02:01:00 GMT", 60.0),
        ("Sat, 21 Nov 2026 02:01:00 -0000", 60.0),
        ("Sat, 21 Nov 2026 03:01:00 +0100", 60.0),
        ("Sat, 21 Nov 2026 01:00:00 GMT", 0.0),
        ("Sat, 99 Nov 2026 99:99:99 GMT", None),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("12 oranges", None),
        (None, None),
    ],
)
def test_a_server_may_ask_for_patience_in_seconds_or_until_a_date(value: object, seconds: float | None) -> None:
    assert read_retry_after(value, NOW) == seconds


@pytest.mark.parametrize("value", ["1764504000000", "9" * 400, "Sat, 21 Nov 9999 02:01:00 GMT"])
def test_whoever_asks_for_more_than_can_be_counted_still_asks_for_patience(value: str) -> None:
    assert (read_retry_after(value, NOW) or 0.0) >= 86_400


@given(st.text(max_size=60))
def test_any_header_asks_for_some_patience_or_none(value: str) -> None:
    seconds = read_retry_after(value, NOW)
    assert seconds is None or 0.0 <= seconds < float("inf")
