"""What can still be believed of a Reading: an old value never looks fresh, and blind never looks well."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.problem import TRANSIENT, Problem, ProblemKind
from cockpit.model.reading import (
    FIRST_ANSWER,
    GRACE,
    RANK,
    STALE_AFTER,
    FeedState,
    Freshness,
    Reading,
    compute_freshness,
    find_worst_freshness,
)

EVERY = 10.0
LOST = Problem(ProblemKind.NETWORK, "no route", "No route to host.")
EXPIRED = Problem(ProblemKind.SIGN_IN, "401 az login expired", "The sign-in has expired.")

times = st.floats(0, 1e6)
problems = st.builds(Problem, st.sampled_from(ProblemKind), st.just("short"), st.just("message"))
readings = st.builds(
    Reading[int],
    feed=st.just("probes"),
    environment=st.just("prod"),
    every=st.floats(0.5, 600),
    tried=times,
    value=st.none() | st.integers(),
    seen=st.none() | times,
    problem=st.none() | problems,
)


def seen_at(moment: float) -> Reading[str]:
    return Reading("probes", "prod", EVERY, tried=moment, value="up", seen=moment)


@pytest.mark.parametrize(
    ("old", "state", "label"),
    [
        (0, FeedState.LIVE, "live 0s"),
        (EVERY * 1.5 + GRACE, FeedState.LIVE, "live 17s"),
        (EVERY * 1.5 + GRACE + 1, FeedState.LATE, "late 18s"),
        (EVERY * STALE_AFTER + GRACE, FeedState.LATE, "late 32s"),
        (EVERY * STALE_AFTER + GRACE + 1, FeedState.STALE, "STALE 33s"),
        (86_400, FeedState.STALE, "STALE 1d"),
    ],
)
def test_a_silent_feed_grows_late_and_then_stale(old: float, state: FeedState, label: str) -> None:
    fresh = compute_freshness(seen_at(100.0), 100.0 + old)
    assert (fresh.state, fresh.label) == (state, label)


def test_a_passing_fault_is_late_at_first_and_blind_when_it_lasts() -> None:
    reading = replace(seen_at(0.0), problem=LOST)
    assert compute_freshness(reading, 20.0).label == "late 20s no route"
    assert compute_freshness(reading, 33.0).short_label == "BLIND no route 33s"
    assert compute_freshness(reading, 33.0).label == "BLIND no route (last 33s ago)"


def test_what_waiting_will_not_cure_is_blind_at_once() -> None:
    assert (
        compute_freshness(replace(seen_at(0.0), problem=EXPIRED), 1.0).label
        == "BLIND 401 az login expired (last 1s ago)"
    )


def test_a_first_answer_is_waited_for_but_not_for_ever() -> None:
    assert compute_freshness(None, FIRST_ANSWER - 1).state is FeedState.WAITING
    assert compute_freshness(None, FIRST_ANSWER).label == "BLIND no answer yet"


def test_a_feed_that_only_ever_failed_is_blind() -> None:
    assert compute_freshness(replace(seen_at(0.0), value=None, seen=None, problem=LOST), 1.0).label == "BLIND no route"


def test_a_clock_that_steps_back_makes_nothing_younger_than_new() -> None:
    assert compute_freshness(seen_at(100.0), 40.0).age == 0.0


@given(reading=readings, now=times)
def test_only_a_fresh_value_without_a_problem_is_live(reading: Reading[int], now: float) -> None:
    fresh = compute_freshness(reading, now)
    if fresh.state is FeedState.LIVE:
        assert reading.problem is None
        assert reading.seen is not None
        assert now - reading.seen <= 1.5 * reading.every + GRACE
    if reading.problem is not None:
        assert fresh.state is FeedState.BLIND or (
            fresh.state is FeedState.LATE and reading.problem.kind in TRANSIENT and reading.seen is not None
        )
        assert reading.problem.short in fresh.label


@given(reading=readings, now=times, later=st.floats(0, 1e6))
def test_time_alone_never_makes_a_reading_better(reading: Reading[int], now: float, later: float) -> None:
    assert RANK[compute_freshness(reading, now + later).state] >= RANK[compute_freshness(reading, now).state]


@given(st.lists(st.builds(Freshness, st.sampled_from(FeedState), st.none() | times), min_size=1))
def test_a_pane_of_several_feeds_wears_the_worst(states: list[Freshness]) -> None:
    chosen = find_worst_freshness(states)
    assert chosen in states
    assert all(RANK[each.state] <= RANK[chosen.state] for each in states)


def test_a_pane_without_feeds_waits() -> None:
    assert find_worst_freshness([]).state is FeedState.WAITING
