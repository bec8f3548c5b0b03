"""The clock of the machine is set while an incident is open: deadlines go on by the time that passed."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.ledger import Ledger
from cockpit.incident.load import list_members, list_standing_events
from cockpit.incident.messages.shift_report import build_shift_report
from cockpit.incident.postmortem.export import as_csv
from cockpit.incident.postmortem.json_document import list_event_documents
from cockpit.model.clock import Clock
from cockpit.model.clock_steps import (
    ClockStepWatch,
    describe_clock_then,
    describe_step,
    draft_clock_step,
    label_step,
    list_clock_steps,
    tell_by_present_clock,
)
from cockpit.model.event import Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.time import format_timestamp
from tests.unit.incident.story import Story, at
from tests.unit.incident.test_clocks_keep_the_past import TEAM, acts, told

HOUR = timedelta(hours=1)


class MachineClocks:
    """Two clocks: the one that people set, and the one that only counts."""

    def __init__(self) -> None:
        self.wall, self.counted = at(0), 100.0
        self.stopped_between = 0.0  # seconds for which the process stands still between two looks

    def now(self) -> datetime:
        self.counted += self.stopped_between
        return self.wall

    def monotonic(self) -> float:
        return self.counted

    def passes(self, seconds: float, *, stepped: float = 0) -> None:
        self.counted += seconds
        self.wall += timedelta(seconds=seconds + stepped)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody sleeps here")


def set_clock(story: Story, length: timedelta, minutes: float) -> Event:
    """The clock is set; `minutes` is the time by the new clock."""
    draft = draft_clock_step(story.environment, length, at(minutes), "recorder")
    return story.tell(Kind.WALL_CLOCK, minutes, summary=draft.summary, source="recorder", detail=dict(draft.detail))


def fold(events: list[Event]) -> Incident:
    ledger = Ledger(DEFAULT_SEVERITY_SCALE)
    for event in events:
        ledger.apply(event)
    return ledger.incidents["i1"]


@pytest.mark.parametrize("stepped", [-7_200, -3, 3, 86_400])
def test_a_step_is_noticed_once_and_as_long_as_it_was(stepped: float) -> None:
    clocks = MachineClocks()
    watch = ClockStepWatch(clocks)
    clocks.passes(2)
    assert not watch.look()
    clocks.passes(2, stepped=stepped)
    assert watch.look() == timedelta(seconds=stepped)
    clocks.passes(2)
    assert not watch.look()


def test_a_clock_that_is_slewed_or_sleeps_is_not_set() -> None:
    clocks = MachineClocks()
    watch = ClockStepWatch(clocks)
    for seconds in (2, 7_200, 2):
        clocks.passes(seconds, stepped=0.2)
        assert not watch.look()


def test_a_process_that_was_stopped_between_the_two_clocks_saw_no_step() -> None:
    clocks = MachineClocks()
    watch = ClockStepWatch(clocks)
    clocks.stopped_between = 3_600
    assert not watch.look()
    clocks.wall += timedelta(seconds=3_600)
    clocks.stopped_between = 0
    assert not watch.look()


def test_a_clock_that_creeps_is_reported_once_it_is_far_enough() -> None:
    clocks = MachineClocks()
    watch = ClockStepWatch(clocks)
    lengths = []
    for _ in range(12):
        clocks.passes(2, stepped=-0.4)
        lengths.append(watch.look().total_seconds())
    assert sum(lengths) == pytest.approx(-4.4, abs=0.5)


def test_an_hour_back_takes_no_deadline_away_and_gives_none() -> None:
    story = Story()
    story.declare(60)
    set_clock(story, -HOUR, 10)  # ten minutes have passed, and it is 02:10 again
    (response,) = (clock for clock in compute_clocks(fold(story.events), TEAM, at(12)) if clock.id == "response")
    assert response.left(at(12)) == timedelta(minutes=10 - 12)
    assert response.started == at(0)


def test_what_was_recorded_later_stands_later_and_says_both_times() -> None:
    story = Story()
    story.declare(60)
    first = story.act(Kind.NOTE, 65, summary="before")
    set_clock(story, -HOUR, 10)
    second = story.act(Kind.NOTE, 11, summary="after")
    incident = fold(story.events)
    members = list_members(incident, story.events)
    shown = list_standing_events(members, incident.clock_steps)
    assert [event.id for event in shown][-3:] == [first.id, 3, second.id]
    assert [describe_clock_then(event) for event in shown if event.id in (first.id, second.id)] == [
        "03:05:00Z by the clock before it was set",
        "",
    ]
    assert [event.occurred for event in members] == [event.occurred for event in story.events]  # as it is written


@pytest.mark.parametrize("is_gap_first", [True, False])  # as older versions wrote it, and as it is written now
def test_a_gap_in_which_the_clock_was_set_is_dated_by_the_clock_of_now(is_gap_first: bool) -> None:
    story = Story()
    story.declare(60)
    story.tell(Kind.GAP, 63, detail={"from": format_timestamp(at(62)), "until": format_timestamp(at(63))})
    detail = {"from": format_timestamp(at(8)), "until": format_timestamp(at(10))}
    if is_gap_first:
        story.tell(Kind.GAP, 10, detail=detail)
    set_clock(story, -HOUR, 10)
    if not is_gap_first:
        story.tell(Kind.GAP, 10, detail=detail)
    breaks = fold(story.events).breaks
    assert [(item.begin, item.end) for item in breaks] == [(at(2), at(3)), (at(8), at(10))]
    events = tell_by_present_clock(story.events, list_clock_steps(story.events))
    assert [event.occurred for event in events if event.kind == Kind.GAP] == [at(3), at(10)]


def test_what_is_over_when_the_clock_is_set_stays_as_it_was() -> None:
    story = Story()
    story.declare(0)
    story.act(Kind.RESOLVE, 20)
    before = fold(story.events)
    set_clock(story, -HOUR, 30 - 60)
    assert fold(story.events) == before


def test_a_correction_that_keeps_the_time_of_its_fact_is_moved_with_it() -> None:
    story = Story()
    declared = story.declare(60)
    set_clock(story, -HOUR, 10)
    story.tell(
        Kind.DECLARE, 60, incident="i1", actor="ana", supersedes=declared.id, detail={**declared.detail, "title": "new"}
    )
    incident = fold(story.events)
    assert (incident.title, incident.declared) == ("new", at(0))
    assert [event.occurred for event in tell_by_present_clock(story.events, list_clock_steps(story.events))] == [
        at(0), at(10), at(0),
    ]  # fmt: skip


def test_the_banner_says_how_far_and_which_way() -> None:
    story = Story()
    set_clock(story, -HOUR, 0)
    set_clock(story, timedelta(minutes=3), 0)
    assert [label_step(step) for step in list_clock_steps(story.events)] == [
        "CLOCK SET BACK 1h 00m",
        "CLOCK SET FORTH 3m 00s",
    ]


def moved(value: Any, length: timedelta) -> Any:
    return value + length if isinstance(value, datetime) else value


def shift(clock: Clock, length: timedelta) -> Clock:
    names = ("started", "due", "until", "risk", "done", "snoozed_until")
    return replace(clock, **{name: moved(getattr(clock, name), length) for name in names})


@example([("resolved", 1, "ana"), ("P0", 1, "ana"), ("investigating", 1, "ana")], [(12, 1)])
@example([("resolved", 8, "ana"), ("investigating", 1, "ana")], [(19, 1)])
@given(acts, st.lists(st.tuples(st.integers(0, 400), st.integers(-500, 500).filter(bool)), max_size=3))
def test_whatever_is_set_when_every_deadline_is_as_if_the_clock_had_been_right(
    walk: list[tuple[str, int, str]], steps: list[tuple[int, int]]
) -> None:
    """One night told twice, by a clock that nobody sets and by one that is set: what counts is the time that passed."""
    right, wrong = Story(), Story()
    offset, passed = 0, 10
    steps = sorted(steps)

    def pass_time(minute: int) -> None:
        nonlocal offset
        while steps and steps[0][0] <= minute:
            when, length = steps.pop(0)
            offset += length
            minutes = max(when, passed) + offset
            set_clock(wrong, timedelta(minutes=length), minutes)
            right.tell(Kind.RECORDER, max(when, passed))  # in the place of the step, so that the ids are the same

    for story in (right, wrong):
        story.declare(10, reach_from=format_timestamp(at(0)))
    steps = [step for step in steps if step[0] > 10]
    for what, minutes, person in walk:
        if what == "over":
            continue  # a correction keeps the time of what it corrects, which is tried above
        pass_time(passed + minutes)
        passed += minutes
        told(right, what, passed, person)
        told(wrong, what, passed + offset, person)
    pass_time(400)
    now, length = max(passed, 400), timedelta(minutes=offset)
    one, other = fold(right.events), fold(wrong.events)
    if other.resolved is None:
        expected = [shift(clock, length) for clock in compute_clocks(one, TEAM, at(now))]
        assert list(compute_clocks(other, TEAM, at(now) + length)) == expected
        assert other.open_for(at(now) + length) == one.open_for(at(now))


def test_in_a_list_of_everything_what_was_long_over_is_left_as_it_was() -> None:
    story = Story()
    long_ago = story.act(Kind.NOTE, -3 * 24 * 60, summary="of another night")
    lately = story.act(Kind.NOTE, 60, summary="lately")
    set_clock(story, -HOUR, 10)
    shown = tell_by_present_clock(story.events, list_clock_steps(story.events), timedelta(days=1))
    assert [event.occurred for event in shown] == [long_ago.occurred, lately.occurred - HOUR, at(10)]


@pytest.mark.parametrize("milliseconds", [-300, 0, 300])
def test_a_clock_that_was_set_by_two_hours_says_two_hours(milliseconds: int) -> None:
    assert describe_step(timedelta(hours=-2, milliseconds=milliseconds)).endswith("set back by 2h 00m")


def test_shift_export_and_table_tell_of_what_was_before_a_step_by_the_clock_of_now() -> None:
    """A shift said of an outage of five minutes that it had lasted for more than an hour."""
    story = Story()
    answer = {"at": format_timestamp(at(-0.1)), "status": 503, "certificate_ends": format_timestamp(at(9_000))}
    story.probe(0, "ready", "down")
    story.events[-1] = replace(story.events[-1], detail={**story.events[-1].detail, "answer": answer})
    story.declare(1, reach=-10)
    set_clock(story, HOUR, 63)
    story.probe(65, "ready", "up")
    ledger = Ledger(DEFAULT_SEVERITY_SCALE)
    for event in story.events:
        ledger.apply(event)
    incident = ledger.incidents["i1"]
    report = build_shift_report(story.events, [incident], since=at(-60), now=at(66))
    assert [(outage.since, outage.until) for outage in report.outages] == [(at(60), at(65))]
    documents = list(list_event_documents(story.events))
    assert [document.get("presented", {}).get("occurred") for document in documents] == [
        format_timestamp(at(60)),
        format_timestamp(at(61)),
        None,
        None,
    ]
    first, *_ = csv.DictReader(io.StringIO(as_csv(incident, story.events, UTC)))
    assert (first["time_utc"], first["recorded_utc"]) == ("2026-02-27 03:00:00", "2026-02-27 02:00:00")
    (moved, *_) = tell_by_present_clock(story.events, incident.clock_steps)
    assert moved.detail["answer"]["at"] == format_timestamp(at(59.9))
    assert moved.detail["answer"]["certificate_ends"] == answer["certificate_ends"], "no clock of ours dated that"


def test_the_mark_of_a_mistake_is_moved_with_the_clock() -> None:
    story = Story()
    story.declare(0)
    wrong = story.act(Kind.SEVERITY, 1, severity="P0", reason="panic")
    mark = {"severity": "P2", "mistake": "P0", "mistake_reason": "a slip"}
    story.act(Kind.SEVERITY, 1, supersedes=wrong.id, late=2, **mark)
    set_clock(story, HOUR, 64)
    ledger = Ledger(DEFAULT_SEVERITY_SCALE)
    for event in story.events:
        ledger.apply(event)
    (mistake,) = ledger.incidents["i1"].mistakes
    assert (mistake.entered, mistake.at) == (at(61), at(63))
