"""Waits for an update: what a promise may take the place of, and that a rule which bound is told in every place."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import met_and_missed
from cockpit.incident.clocks.updates import PromiseState, list_update_intervals
from cockpit.model.clock import ClockKind
from cockpit.model.event import Kind
from cockpit.model.incident import Incident
from cockpit.model.time import format_timestamp
from tests.examples import scale_examples
from tests.unit.incident.folding import only
from tests.unit.incident.incidents import plan, rule
from tests.unit.incident.story import Story, at

PLAN = plan(rule(ClockKind.UPDATE, 30, levels=("P1",)), rule(ClockKind.UPDATE, 15, levels=("P0",)))


@dataclass(frozen=True)
class Turn:
    """An update, with the minutes of its promise, or None for a change between P1 and P0."""

    pause: int
    promise: int | None


def tell_night(turns: list[Turn], *, shortest_promise: int = 1) -> Incident:
    story, minute, severity = Story(), 0, "P1"
    story.declare(0)
    for turn in turns:
        minute += turn.pause
        if turn.promise is None:
            severity = "P0" if severity == "P1" else "P1"
            story.act(Kind.SEVERITY, minute, severity=severity, reason="it changed")
        else:
            promised = format_timestamp(at(minute + turn.promise))
            detail = {"promised": promised} if turn.promise >= shortest_promise else {}
            story.act(Kind.UPDATE, minute, audience="team", text="We look at it.", **detail)
    story.act(Kind.RESOLVE, minute + 40, because="fixed")
    return only(story)


def list_turns(longest: int) -> st.SearchStrategy[list[Turn]]:
    promises = st.one_of(st.none(), st.integers(0, longest))
    return st.lists(st.builds(Turn, st.integers(1, 35), promises), min_size=1, max_size=6)


@settings(max_examples=scale_examples(100))
@given(list_turns(longest=14))
def test_a_promise_shorter_than_every_rule_changes_no_interval(turns: list[Turn]) -> None:
    def describe(incident: Incident) -> list[tuple[object, ...]]:
        intervals = list_update_intervals(incident, PLAN, at(500))
        return [(item.started, item.due, item.ended, item.kept) for item in intervals]

    assert describe(tell_night(turns)) == describe(tell_night(turns, shortest_promise=100))


@settings(max_examples=scale_examples(100))
@given(list_turns(longest=60))
def test_deadlines_have_each_interval_that_was_broken(turns: list[Turn]) -> None:
    incident, now = tell_night(turns), at(500)
    broken = [item for item in list_update_intervals(incident, PLAN, now) if item.kept is PromiseState.BROKEN]
    outcomes = met_and_missed(compute_clocks(incident, PLAN, now), now, incident)
    missed = [item.clock for item in outcomes if item.clock.kind is ClockKind.UPDATE and item.state == "missed"]
    assert sorted((clock.started, clock.due, clock.done) for clock in missed) == sorted(
        (item.started, item.due, item.ended) for item in broken
    )


@pytest.mark.parametrize(("minute", "asking"), [(5, []), (12, ["update"]), (35, ["update"])])
def test_after_a_promise_that_gave_less_time_the_rule_asks(minute: int, asking: list[str]) -> None:
    story = Story()
    story.declare(0)
    story.act(Kind.UPDATE, 1, audience="team", text="x", promised=format_timestamp(at(11)))
    clocks = compute_clocks(only(story), PLAN, at(minute))
    assert [clock.id for clock in clocks if clock.kind is ClockKind.UPDATE] == asking
    assert all(clock.due == at(31) for clock in clocks if clock.id == "update")
