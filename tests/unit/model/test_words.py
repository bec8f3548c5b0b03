"""Ages, durations, stamps, severities and rungs read as people say them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.alert import Severity, parse_severity
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE, SeverityLevel, find_level, is_grave, rank_severity
from cockpit.model.time import format_age, format_elapsed, format_timestamp, parse_timestamp


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86_399, "23h"), (172_800, "2d")],
)
def test_an_age_is_its_largest_unit(seconds: float, shown: str) -> None:
    assert format_age(seconds) == shown


def test_a_running_duration_keeps_its_width_until_a_hundred_hours() -> None:
    assert [format_elapsed(763), format_elapsed(360_000)] == ["00:12:43", "4d 04h"]


@given(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_stamp_reads_back_as_the_same_moment(when: datetime) -> None:
    assert parse_timestamp(format_timestamp(when)) == when


@given(st.lists(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))))
def test_stamps_sort_as_their_moments_do(moments: list[datetime]) -> None:
    assert [format_timestamp(each) for each in sorted(moments)] == sorted(format_timestamp(each) for each in moments)


def test_a_stamp_is_utc_whatever_the_zone() -> None:
    auckland = timezone(timedelta(hours=13))
    assert format_timestamp(datetime(2026, 2, 27, 15, 14, 31, tzinfo=auckland)) == "2026-02-27T02:14:31.000000Z"


@pytest.mark.parametrize(("word", "meant"), [("Sev0", "critical"), ("WARNING", "medium"), (" error ", "high")])
def test_the_words_of_the_sources_map_onto_five_steps(word: str, meant: str) -> None:
    assert parse_severity(word) == Severity(meant)


def test_a_severity_nobody_knows_is_unknown_and_not_harmless() -> None:
    assert parse_severity("urgentish") is Severity.UNKNOWN
    assert parse_severity(None) is Severity.UNKNOWN


SEV = (SeverityLevel("SEV-1", 0), SeverityLevel("SEV-2", 1), SeverityLevel("SEV-3", 2))


@pytest.mark.parametrize(
    ("severity_scale", "typed", "severity_level"),
    [
        (DEFAULT_SEVERITY_SCALE, "p1", "P1"),
        (DEFAULT_SEVERITY_SCALE, "SEV-1", "P0"),
        (DEFAULT_SEVERITY_SCALE, "sev2", "P1"),
        (SEV, "SEV-1", "SEV-1"),
        (SEV, "sev 3", "SEV-3"),
        (SEV, "s2", "SEV-2"),
        (SEV, "P1", "SEV-1"),
    ],
)
def test_a_severity_level_is_found_by_its_name_or_its_number(
    severity_scale: tuple[SeverityLevel, ...], typed: str, severity_level: str
) -> None:
    found = find_level(severity_scale, typed)
    assert found is not None
    assert found.name == severity_level


@pytest.mark.parametrize("typed", ["", "P9", "SEV-0", "bad", "P"])
def test_a_rung_that_is_not_there_is_none(typed: str) -> None:
    assert find_level(DEFAULT_SEVERITY_SCALE, typed) is None
    assert rank_severity(DEFAULT_SEVERITY_SCALE, typed) is None


def test_a_ladder_without_rungs_has_none() -> None:
    assert find_level((), "P0") is None


SCALES = {
    "four": (DEFAULT_SEVERITY_SCALE, ["P0", "P1"]),
    "three and a backlog": ((*DEFAULT_SEVERITY_SCALE[:3], SeverityLevel("P3", 3, backlog=True)), ["P0", "P1"]),
    "five": (tuple(SeverityLevel(f"SEV{number}", number) for number in range(1, 6)), ["SEV1", "SEV2", "SEV3"]),
    "one": ((SeverityLevel("Major", 0),), ["Major"]),
    "only a backlog": ((SeverityLevel("Later", 0, backlog=True),), []),
}


@pytest.mark.parametrize("scale", SCALES)
def test_the_upper_half_of_a_scale_is_grave_and_its_backlog_never(scale: str) -> None:
    severity_scale, grave = SCALES[scale]
    assert [each.name for each in severity_scale if is_grave(severity_scale, each.name)] == grave


def test_a_severity_that_the_scale_lacks_is_grave() -> None:
    assert is_grave(DEFAULT_SEVERITY_SCALE, "catastrophic")
    assert is_grave(DEFAULT_SEVERITY_SCALE, "")
