"""What the timeline knows of a thing: what changed before it, how often it was so, how much of a day it was up."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.incident.background import (
    compute_uptime,
    describe_changes,
    describe_no_changes,
    is_change,
    list_changes_before,
    read_alert_past,
)
from cockpit.model.event import Event, Kind
from cockpit.model.time import format_timestamp
from tests.unit.incident.story import NIGHT

NOW = NIGHT
KEY = "am:f1"


class Story:
    """Events, each as long ago as told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, event_kind: Kind, ago: timedelta, subject: str = "", summary: str = "", **detail: Any) -> None:
        when = NOW - ago
        number = len(self.events) + 1
        told = (event_kind, "recorder", "", summary, detail)
        self.events.append(Event(number, None, "prod", subject, when, when, *told, None, 1, ""))

    def fires(self, ago: timedelta, lasting: timedelta | None = None) -> None:
        self.add(Kind.ALERT, ago, KEY, state="firing")
        if lasting is not None:
            self.add(Kind.ALERT, ago - lasting, KEY, state="resolved")


def days(number: float) -> timedelta:
    return timedelta(days=number)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def test_an_alert_says_how_often_it_fired_before_and_what_ended_it() -> None:
    story = Story()
    story.fires(days(40), minutes(5))
    story.fires(days(12), minutes(5))
    story.fires(days(3), minutes(18))
    story.add(Kind.TRAFFIC, days(3) - minutes(15), "app", "traffic to --v41")
    story.events.sort(key=lambda event: event.occurred)
    story.fires(minutes(4))
    past = read_alert_past(story.events, KEY, NOW)
    assert (past.times, past.took, past.ended_by) == (3, minutes(18), "traffic to --v41")
    assert past.text.startswith("3rd time in 30 days")


@pytest.mark.parametrize(
    ("recorded", "words"),
    [
        (None, "the first time in 30 days"),
        (timedelta(days=40), "the first time in 30 days"),
        (timedelta(days=3), "the first time in the 3d on record"),
        (timedelta(minutes=21), "the first time in the 21m on record"),
    ],
)
def test_an_alert_fired_so_often_within_the_time_that_is_on_record(recorded: timedelta | None, words: str) -> None:
    story = Story()
    story.add(Kind.ALERT, minutes(5), KEY, state="firing")
    began = NOW - recorded if recorded is not None else None
    assert read_alert_past(story.events, KEY, NOW, began).text == words


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (None, "nothing on the timeline in the 15 minutes before"),
        (minutes(60), "nothing on the timeline in the 15 minutes before"),
        (minutes(4), "nothing on the timeline, which begins 4m before it"),
        (minutes(-1), "not known: the timeline begins after it"),
    ],
)
def test_nobody_says_that_nothing_changed_while_nobody_recorded(before: timedelta | None, words: str) -> None:
    assert describe_no_changes(NOW, NOW - before if before is not None else None) == words


def test_an_alert_that_vanished_and_came_back_fired_once() -> None:
    story = Story()
    story.add(Kind.ALERT, minutes(30), KEY, state="firing")
    story.add(Kind.ALERT, minutes(20), KEY, state="resolved?")
    story.add(Kind.ALERT, minutes(10), KEY, state="firing")
    assert read_alert_past(story.events, KEY, NOW).times == 1


def test_the_newest_change_before_it_stands_first_and_what_is_too_old_is_left_out() -> None:
    story = Story()
    story.add(Kind.REVISION, minutes(40), "app/v1", "v1 created", what="created")
    story.add(Kind.REVISION, minutes(9), "app/v2", "v2 created", what="created")
    story.add(Kind.CHANGE, minutes(5), "flags", "flag x on, by ci")
    story.add(Kind.NOTE, minutes(4), "", "somebody said something")
    story.add(Kind.TRAFFIC, minutes(1), "app", "traffic moved")
    changes = list_changes_before(story.events, NOW - minutes(2))
    assert describe_changes(changes, NOW - minutes(2)) == ["3m before: flag x on, by ci", "7m before: v2 created"]


def test_a_silence_changes_nothing_that_runs() -> None:
    story = Story()
    story.add(Kind.ACTION, minutes(1), "am", phase="outcome", operation="silence create")
    story.add(Kind.ACTION, minutes(1), "app", phase="outcome", operation="activate")
    assert [is_change(event) for event in story.events] == [False, True]


def test_a_step_that_reads_changes_nothing() -> None:
    story = Story()
    story.add(Kind.STEP, minutes(1), "run#1", phase="intent", kind="read")
    story.add(Kind.STEP, minutes(1), "run#2", phase="intent", kind="change")
    assert [is_change(event) for event in story.events] == [False, True]


def test_a_quarter_of_a_day_down_is_three_quarters_up() -> None:
    story = Story()
    story.add(Kind.PROBE, days(3), "ready", state="up")
    story.add(Kind.PROBE, timedelta(hours=12), "ready", state="down")
    story.add(Kind.PROBE, timedelta(hours=6), "ready", state="up")
    uptime = compute_uptime(story.events, Kind.PROBE, "ready", NOW)
    assert uptime.up / uptime.known == 0.75
    assert uptime.text == "75 % of the 24h 00m that were recorded"


def test_time_that_nobody_recorded_counts_neither_way() -> None:
    story = Story()
    story.add(Kind.PROBE, days(3), "ready", state="up")
    since, until = NOW - timedelta(hours=12), NOW - timedelta(hours=6)
    story.add(Kind.GAP, timedelta(hours=6), **{"from": format_timestamp(since), "until": format_timestamp(until)})
    assert compute_uptime(story.events, Kind.PROBE, "ready", NOW).known == timedelta(hours=18)


@pytest.mark.parametrize("state", ["maintenance", "asleep", "flapping", "removed", "unknown"])
def test_planned_unwatched_and_restless_time_counts_neither_way(state: str) -> None:
    story = Story()
    story.add(Kind.PROBE, days(3), "ready", state="up")
    story.add(Kind.PROBE, timedelta(hours=12), "ready", state=state)
    story.add(Kind.PROBE, timedelta(hours=6), "ready", state="down")
    uptime = compute_uptime(story.events, Kind.PROBE, "ready", NOW)
    assert (uptime.known, uptime.up) == (timedelta(hours=18), timedelta(hours=12))


def test_a_record_without_any_trouble_is_a_record() -> None:
    uptime = compute_uptime([], Kind.PROBE, "ready", NOW, record_began=NOW - timedelta(hours=20))
    assert uptime.text == "100 % of the 20h 00m that were recorded"


def test_nothing_recorded_is_no_hundred_percent() -> None:
    assert compute_uptime([], Kind.PROBE, "ready", NOW).text == "not recorded"


STATES = st.sampled_from(["up", "down", "degraded", "unknown", "", "removed"])


@given(st.lists(st.tuples(STATES, st.integers(0, 4_000)), max_size=20))
def test_no_story_makes_it_more_up_than_known(story: list[tuple[str, int]]) -> None:
    told = Story()
    for state, ago in sorted(story, key=lambda pair: -pair[1]):
        told.add(Kind.PROBE, minutes(ago), "ready", state=state)
    uptime = compute_uptime(told.events, Kind.PROBE, "ready", NOW)
    assert timedelta(0) <= uptime.up <= uptime.known <= days(1)
