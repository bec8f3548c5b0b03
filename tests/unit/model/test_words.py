"""Ages, durations, stamps, severities and rungs read as people say them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.alert import Severity, severity
from cockpit.model.severity_scale import DEFAULT_LADDER, Level, is_grave, level, rank
from cockpit.model.time import age, elapsed, moment, stamp


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86_399, "23h"), (172_800, "2d")],
)
def test_an_age_is_its_largest_unit(seconds: float, shown: str) -> None:
    assert age(seconds) == shown


def test_a_running_duration_keeps_its_width_until_a_hundred_hours() -> None:
    assert [elapsed(763), elapsed(360_000)] == ["00:12:43", "4d 04h"]


@given(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_stamp_reads_back_as_the_same_moment(when: datetime) -> None:
    assert moment(stamp(when)) == when


@given(st.lists(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))))
def test_stamps_sort_as_their_moments_do(moments: list[datetime]) -> None:
    assert [stamp(each) for each in sorted(moments)] == sorted(stamp(each) for each in moments)


def test_a_stamp_is_utc_whatever_the_zone() -> None:
    auckland = timezone(timedelta(hours=13))
    assert stamp(datetime(2026, 2, 27, 15, 14, 31, tzinfo=auckland)) == "2026-02-27T02:14:31.000000Z"


@pytest.mark.parametrize(("word", "meant"), [("Sev0", "critical"), ("WARNING", "medium"), (" error ", "high")])
def test_the_words_of_the_sources_map_onto_five_steps(word: str, meant: str) -> None:
    assert severity(word) == Severity(meant)


def test_a_severity_nobody_knows_is_unknown_and_not_harmless() -> None:
    assert severity("urgentish") is Severity.UNKNOWN
    assert severity(None) is Severity.UNKNOWN


SEV = (Level("SEV-1", 0), Level("SEV-2", 1), Level("SEV-3", 2))


@pytest.mark.parametrize(
    ("ladder", "typed", "rung"),
    [
        (DEFAULT_LADDER, "p1", "P1"),
        (DEFAULT_LADDER, "SEV-1", "P0"),
        (DEFAULT_LADDER, "sev2", "P1"),
        (SEV, "SEV-1", "SEV-1"),
        (SEV, "sev 3", "SEV-3"),
        (SEV, "s2", "SEV-2"),
        (SEV, "P1", "SEV-1"),
    ],
)
def test_a_rung_is_found_by_its_name_or_its_number(ladder: tuple[Level, ...], typed: str, rung: str) -> None:
    found = level(ladder, typed)
    assert found is not None
    assert found.name == rung


@pytest.mark.parametrize("typed", ["", "P9", "SEV-0", "bad", "P"])
def test_a_rung_that_is_not_there_is_none(typed: str) -> None:
    assert level(DEFAULT_LADDER, typed) is None
    assert rank(DEFAULT_LADDER, typed) is None


def test_a_ladder_without_rungs_has_none() -> None:
    assert level((), "P0") is None


SCALES = {
    "four": (DEFAULT_LADDER, ["P0", "P1"]),
    "three and a backlog": ((*DEFAULT_LADDER[:3], Level("P3", 3, backlog=True)), ["P0", "P1"]),
    "five": (tuple(Level(f"SEV{number}", number) for number in range(1, 6)), ["SEV1", "SEV2", "SEV3"]),
    "one": ((Level("Major", 0),), ["Major"]),
    "only a backlog": ((Level("Later", 0, backlog=True),), []),
}


@pytest.mark.parametrize("scale", SCALES)
def test_the_upper_half_of_a_scale_is_grave_and_its_backlog_never(scale: str) -> None:
    ladder, grave = SCALES[scale]
    assert [each.name for each in ladder if is_grave(ladder, each.name)] == grave


def test_a_severity_that_the_scale_lacks_is_grave() -> None:
    assert is_grave(DEFAULT_LADDER, "catastrophic")
    assert is_grave(DEFAULT_LADDER, "")
