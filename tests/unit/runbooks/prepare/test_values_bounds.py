"""What a table of parameters asks of a value: that of another revision, a moment that a backup still reaches."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.runbook import Parameter
from cockpit.model.system import Environment
from cockpit.runbooks.prepare.values import Live, out_of_bounds, resolve_values
from cockpit.runbooks.types import Resolved

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ASKED = "before the impact began; at most 7 days, at least 15 minutes ago"


def asked(name: str, check: str, now: datetime | None = NOW, **given: str) -> Resolved:
    return resolve_values([Parameter(name, check=check)], Environment("prod"), Live(), given, now=now)[0]


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-11-21T11:45:00Z", ""),
        ("2026-11-14T12:00:00Z", ""),
        ("2026-11-22T00:45:00+13:00", ""),  # the same quarter of an hour ago, told in Auckland
        ("2026-11-21T11:45:01Z", "RESTORE_TIME is not at least 15 minutes ago"),
        ("2026-11-14T11:59:59Z", "RESTORE_TIME is not at most 7 days ago"),
        ("2026-11-21T12:00:01Z", "RESTORE_TIME lies in the future: it is 2026-11-21T12:00:00Z"),
    ],
)
def test_a_moment_is_held_to_how_long_ago_it_may_be(moment: str, said: str) -> None:
    found = asked("RESTORE_TIME", ASKED, RESTORE_TIME=moment)
    assert (found.problem, found.value) == (said, None if said else moment)
    assert found.shown == moment


def test_what_its_document_does_not_limit_may_be_any_moment() -> None:
    assert asked("RESTORE_TIME", "", RESTORE_TIME="2020-01-01T00:00:00Z").value
    assert asked("RESTORE_TIME", "the last good minute", RESTORE_TIME="2036-01-01T00:00:00Z").value
    assert asked("RESTORE_TIME", ASKED, now=None, RESTORE_TIME="2020-01-01T00:00:00Z").value


def test_a_value_must_not_be_that_of_the_parameter_it_must_differ_from() -> None:
    same = asked("TARGET", "not SOURCE", TARGET="v1", SOURCE="v1")
    assert (same.value, same.problem) == (None, "TARGET must not be that of SOURCE")
    assert asked("TARGET", "not SOURCE", TARGET="v1", SOURCE="v2").value == "v1"
    assert asked("TARGET", "not SOURCE", TARGET="v1").value == "v1"


@given(st.text(max_size=60), st.text(max_size=40))
def test_any_words_about_any_value_are_no_crash(check: str, value: str) -> None:
    assert isinstance(out_of_bounds(check, value, NOW), str)


@given(st.integers(0, 20 * 24 * 60), st.integers(-12, 12))
def test_the_zone_in_which_a_moment_is_written_changes_nothing(minutes: int, hours: int) -> None:
    moment = (NOW - timedelta(minutes=minutes)).astimezone(timezone(timedelta(hours=hours)))
    assert bool(out_of_bounds(ASKED, moment.isoformat(), NOW)) == (not 15 <= minutes <= 7 * 24 * 60)
