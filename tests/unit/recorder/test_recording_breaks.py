"""When nobody recorded: every break counts once, and what lay in one says so."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.event import NEVER_RECORDED, Kind, describe_unseen
from cockpit.model.time import format_timestamp
from cockpit.recorder.recording_breaks import (
    UNRECORDED,
    describe_recording_breaks,
    find_record_end,
    list_recording_breaks,
    measure_unrecorded,
)
from tests.unit.incident.story import Story, at


def tell_break(story: Story, begin: float, end: float, *, is_short: bool) -> None:
    detail = {"from": format_timestamp(at(begin)), "until": format_timestamp(at(end))}
    if is_short:
        story.tell(Kind.RECORDER, end, detail={"what": "started", UNRECORDED: detail})
    else:
        story.tell(Kind.GAP, end, detail=detail)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 10), st.booleans()), max_size=8))
def test_each_minute_without_a_recorder_counts_once(breaks: list[tuple[int, int, bool]]) -> None:
    story = Story()
    for begin, length, is_short in breaks:
        tell_break(story, begin, begin + length, is_short=is_short)
    missing = {minute for begin, length, _ in breaks for minute in range(begin, begin + length)}
    found = list_recording_breaks(story.events)

    assert measure_unrecorded(found, at(0), at(100)) == timedelta(minutes=len(missing))
    assert measure_unrecorded(found, at(20), at(30)) == timedelta(minutes=len(missing & set(range(20, 30))))
    assert all(first.end < second.begin for first, second in pairwise(found))
    assert bool(describe_recording_breaks(found, at(0), at(100))) == bool(missing)


def test_the_breaks_of_a_night_are_one_line() -> None:
    story = Story()
    tell_break(story, 1, 1.2, is_short=True)
    tell_break(story, 5, 7, is_short=False)
    text = describe_recording_breaks(list_recording_breaks(story.events), at(0), at(10))
    assert text == "2m 12s in all, in 2 breaks: 02:01:00 to 02:01:12, 02:05:00 to 02:07:00 UTC"


def test_the_record_ends_where_the_last_recorder_stopped() -> None:
    story = Story()
    assert find_record_end(story.events) is None
    for minute, what, end in ((1, "started", None), (5, "stopped", at(5)), (6, "took over", None)):
        story.tell(Kind.RECORDER, minute, detail={"what": what})
        assert find_record_end(story.events) == end


@pytest.mark.parametrize(
    ("unseen_from", "says"),
    [
        (None, []),
        (at(1), ["02:01:00"]),
        (at(1) - timedelta(days=3), ["2026-02-24 02:01:00"]),  # a time without its day would be of this night
        (NEVER_RECORDED, ["recorded yet"]),
        (NEVER_RECORDED - timedelta(seconds=90), ["recorded yet"]),  # by a clock that was set
    ],
)
def test_what_may_have_been_so_before_says_since_when(unseen_from: datetime | None, says: list[str]) -> None:
    story = Story()
    detail = {} if unseen_from is None else {"unseen_from": format_timestamp(unseen_from)}
    told = describe_unseen(story.tell(Kind.PROBE, 5, detail=detail))
    assert bool(told) == bool(says)
    assert all(words in told for words in says)
