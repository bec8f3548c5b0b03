"""From answers to a verdict: only failing answers accuse, and never one alone unless it was asked for."""

from dataclasses import replace
from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.feeds.probes.state import (
    CALM,
    FLAPPING,
    HISTORY,
    RECENT,
    CheckOutcome,
    Grade,
    ProbeStanding,
    apply_outcome,
    build_probe_result,
    derive_shown_state,
    is_excused,
    is_undecided,
)
from cockpit.model.probe import Probe, ProbeEvidence, ProbeResult, ProbeState
from tests.unit.feeds.fake_time import START

PROBE = Probe("ready", "prod", "https://ready.example.com", failures=2, successes=1)
GOOD, DEGRADED, FAILING, INCONCLUSIVE = (CheckOutcome(START, grade, grade.value) for grade in Grade)
WORDS = {"g": GOOD, "d": DEGRADED, "f": FAILING, "i": INCONCLUSIVE}

outcomes = st.builds(
    CheckOutcome,
    at=st.just(START),
    grade=st.sampled_from(Grade),
    reason=st.just("why"),
    latency=st.none() | st.floats(0, 10),
)
probes = st.builds(lambda f, s: replace(PROBE, failures=f, successes=s), st.integers(1, 6), st.integers(1, 6))


def after(story: str, probe: Probe = PROBE) -> ProbeStanding:
    return reduce(lambda standing, letter: apply_outcome(probe, standing, WORDS[letter]), story, ProbeStanding())


@pytest.mark.parametrize(
    ("story", "failures", "successes", "state"),
    [
        ("", 2, 1, ProbeState.UNKNOWN),
        ("g", 2, 1, ProbeState.UP),
        ("d", 2, 1, ProbeState.DEGRADED),
        ("f", 2, 1, ProbeState.PENDING),
        ("f", 1, 1, ProbeState.DOWN),
        ("gf", 2, 1, ProbeState.PENDING),
        ("gff", 2, 1, ProbeState.DOWN),
        ("gfgf", 2, 1, ProbeState.PENDING),
        ("gffg", 2, 1, ProbeState.UP),
        ("gffd", 2, 1, ProbeState.DEGRADED),
        ("gffg", 2, 2, ProbeState.DOWN),
        ("gffgg", 2, 2, ProbeState.UP),
        ("gffgfg", 2, 2, ProbeState.DOWN),
        ("gfif", 2, 1, ProbeState.DOWN),
        ("gi", 2, 1, ProbeState.UNKNOWN),
        ("gffi", 2, 1, ProbeState.UNKNOWN),
        ("gffif", 2, 1, ProbeState.DOWN),
        ("gffig", 2, 2, ProbeState.DOWN),
    ],
)
def test_a_story_of_answers_ends_in_a_state(story: str, failures: int, successes: int, state: ProbeState) -> None:
    assert after(story, replace(PROBE, failures=failures, successes=successes)).state is state


@given(probe=probes, story=st.lists(outcomes, max_size=80))
def test_down_means_enough_failing_answers_in_a_row_and_up_means_a_good_one(
    probe: Probe, story: list[CheckOutcome]
) -> None:
    standing = ProbeStanding()
    longest = row = 0
    for outcome in story:
        standing = apply_outcome(probe, standing, outcome)
        if outcome.grade is not Grade.INCONCLUSIVE:
            row = row + 1 if outcome.grade is Grade.FAILING else 0
            longest = max(longest, row)
        if standing.state is ProbeState.DOWN:
            assert longest >= probe.failures
        if outcome.grade is Grade.INCONCLUSIVE:
            assert standing.state is ProbeState.UNKNOWN
        if standing.state in (ProbeState.UP, ProbeState.DEGRADED):
            assert outcome.grade.value == {"up": "good", "degraded": "degraded"}[standing.state.value]
        if standing.state is ProbeState.PENDING:
            assert 1 <= standing.failing < probe.failures
        assert standing.failing == row
        assert len(standing.history) <= HISTORY
        assert len(standing.turns) <= RECENT


@given(probe=probes, story=st.lists(outcomes, max_size=40), lost=st.integers(0, 40))
def test_an_answer_that_says_nothing_changes_no_later_verdict(
    probe: Probe, story: list[CheckOutcome], lost: int
) -> None:
    conclusive = [each for each in story if each.grade is not Grade.INCONCLUSIVE] + [GOOD]
    with_gap = [*conclusive[:lost], INCONCLUSIVE, *conclusive[lost:], conclusive[-1]]
    without = [*conclusive, conclusive[-1]]
    ends = [reduce(lambda s, o: apply_outcome(probe, s, o), told, ProbeStanding()) for told in (with_gap, without)]
    assert ends[0].state is ends[1].state
    assert ends[0].failing == ends[1].failing


@given(probe=probes, story=st.lists(outcomes, max_size=40))
def test_enough_good_answers_clear_anybody(probe: Probe, story: list[CheckOutcome]) -> None:
    standing = reduce(lambda s, o: apply_outcome(probe, s, o), [*story, *[GOOD] * probe.successes], ProbeStanding())
    assert standing.state is ProbeState.UP


@pytest.mark.parametrize(
    ("story", "flapping"),
    [("g" * 20, False), ("gffggffg", False), ("gfgfg", False), ("gfgfgf", True), ("gfgfgf" + "g" * 13, True)],
)
def test_five_turns_in_twenty_answers_are_flapping(story: str, flapping: bool) -> None:
    assert after(story).flapping is flapping


def test_flapping_is_forgotten_after_twenty_calm_answers() -> None:
    assert not after("gfgfgfgf" + "g" * RECENT).flapping
    assert (FLAPPING, CALM) == (5, 2)


@given(story=st.lists(outcomes, max_size=120))
def test_flapping_begins_at_five_turns_ends_at_two_and_stays_as_it_is_between(story: list[CheckOutcome]) -> None:
    standing = ProbeStanding()
    for outcome in story:
        before, standing = standing, apply_outcome(PROBE, standing, outcome)
        turns = sum(standing.turns)
        if standing.flapping is not before.flapping:
            assert turns == (FLAPPING if standing.flapping else CALM)
        assert standing.flapping or turns < FLAPPING
        assert not standing.flapping or turns > CALM


@given(st.lists(st.integers(1, 6), min_size=20, max_size=60))
def test_a_probe_that_keeps_turning_is_reported_as_flapping_once(lengths: list[int]) -> None:
    """However irregularly: no good or bad spell of six answers lets it go, so the timeline hears of it once."""
    story = "".join(("f" if odd % 2 else "g") * length for odd, length in enumerate(lengths))
    standing, said = ProbeStanding(), 0
    for letter in story:
        before, standing = standing, apply_outcome(PROBE, standing, WORDS[letter])
        said += standing.flapping is not before.flapping
    assert said <= 1


def walk(story: str, seconds: float = 5, probe: Probe = PROBE) -> list[ProbeStanding]:
    """The standing after each of these answers, one every so many seconds."""
    standings, standing = [], ProbeStanding()
    for number, letter in enumerate(story):
        outcome = replace(WORDS[letter], at=START + timedelta(seconds=seconds * number))
        standing = apply_outcome(probe, standing, outcome)
        standings.append(standing)
    return standings


@given(story=st.text("gfd", min_size=8, max_size=120), seconds=st.sampled_from([1, 5, 15, 30, 60]))
def test_the_failures_of_a_probe_that_flaps_are_counted_from_the_first_to_the_last(story: str, seconds: int) -> None:
    """By an oracle that looks at the whole line of answers: the runs of failing ones between two moments."""
    was = False
    for number, standing in enumerate(walk(story, seconds, replace(PROBE, failures=99))):
        if standing.flapping or was:
            assert standing.flap is not None
            first, last = (
                int((moment - START).total_seconds()) // seconds
                for moment in (standing.flap.began, standing.flap.last_bad)
            )
            assert story[first] != "g"
            assert story[last] != "g"
            assert set(story[last + 1 : number + 1]) <= {"g"}
            spells = [len(spell) for spell in story[first : last + 1].replace("d", "f").split("f") if spell]
            assert standing.flap.times == len(spells) + 1
            assert standing.flap.longest_well == timedelta(seconds=seconds * max(spells, default=0))
        was = standing.flapping


@pytest.mark.parametrize(
    ("seconds", "between", "answers"),
    [(5, 1, 7), (5, 3, 7), (5, 4, 9), (5, 6, 13), (20, 1, 7), (30, 1, 7), (60, 1, 7)],
)  # by its turns alone it would be let go after some twenty
def test_a_probe_that_flapped_is_well_again_after_twice_its_longest_pause(
    seconds: int, between: int, answers: int
) -> None:
    """A pause of a minute was hidden in what flapped, and it was called bad in it; asked once a minute, it was told
    twenty minutes late."""
    answered = ("g" * between + "f") * 3
    standings = walk(answered + "g" * 30, seconds)
    let_go = next(number for number, standing in enumerate(standings[len(answered) - 1 :]) if not standing.flapping)
    assert let_go == answers
    assert standings[-1].state is ProbeState.UP


def test_what_was_down_for_its_own_time_is_not_counted_again() -> None:
    standing = walk("gffgffgffgffg", probe=PROBE)[-1]
    assert standing.flapping
    assert standing.flap is not None
    assert standing.flap.began > START + timedelta(seconds=5 * 5)


@pytest.mark.parametrize(
    ("story", "expected"), [("g", False), ("f", True), ("ff", False), ("ffg", True), ("ffgg", False), ("fi", True)]
)
def test_what_one_more_answer_would_settle_is_asked_again_soon(story: str, expected: bool) -> None:
    standing = after(story, replace(PROBE, successes=2))
    assert is_undecided(standing) is expected


def test_silence_lasts_from_its_first_check_until_an_answer_of_any_kind() -> None:
    silent = replace(FAILING, silent=True)
    outcomes = [
        replace(GOOD, began=1.0),
        replace(silent, began=2.0),
        replace(INCONCLUSIVE, began=3.0),
        replace(silent, began=4.0),
        replace(FAILING, began=5.0),
        replace(silent, began=6.0),
    ]
    standing, told = ProbeStanding(), []
    for outcome in outcomes:
        standing = apply_outcome(PROBE, standing, outcome)
        told.append((standing.silent_since, standing.answered))
    assert told == [(None, 1.0), (2.0, 1.0), (2.0, 1.0), (2.0, 1.0), (None, 5.0), (6.0, 5.0)]


def test_a_child_of_what_is_down_is_unknown_and_says_whose() -> None:
    child = replace(PROBE, name="api", depends_on=("gateway",))
    view = derive_shown_state(child, after("ff"), {"gateway": after("ff"), "api": after("ff")}, START, False)
    assert (view.state, view.reason) == (ProbeState.UNKNOWN, "parent gateway down")


@pytest.mark.parametrize("parent", ["g", "f", "i", ""])
def test_a_parent_that_is_not_down_explains_nothing(parent: str) -> None:
    child = replace(PROBE, name="api", depends_on=("gateway", "never configured"))
    assert derive_shown_state(child, after("ff"), {"gateway": after(parent)}, START, False).state is ProbeState.DOWN


def tell_child(child_story: str, parent: ProbeStanding, probe: Probe) -> ProbeResult:
    """How a probe is shown after a story of its own, while its parent stood as it did all along."""
    standings = {"gateway": parent}
    standing = ProbeStanding()
    for letter in child_story:
        standing = apply_outcome(probe, standing, WORDS[letter], excused=is_excused(probe, standings, START))
    return build_probe_result(
        probe, standing, derive_shown_state(probe, standing, standings, START, False), None, START
    )


RESTLESS = "gfgfgfgfgfgf"


@pytest.mark.parametrize(("parent", "flapping"), [("ff", False), ("f", False), (RESTLESS, False), ("g", True)])
def test_what_its_parent_explains_is_no_flapping_of_its_own(parent: str, flapping: bool) -> None:
    child = replace(PROBE, name="leads", depends_on=("gateway",))
    assert tell_child(RESTLESS, after(parent), child).flapping is flapping
    recovered = tell_child(RESTLESS + "g", after(parent), child)
    assert recovered.flapping is flapping


def test_what_turns_in_planned_work_is_no_flapping() -> None:
    probe = replace(PROBE, maintenance=((START, START + timedelta(hours=1)),))
    assert not tell_child(RESTLESS, after("g"), probe).flapping


def test_one_that_flapped_before_its_parent_went_down_is_unknown_and_no_more() -> None:
    child = replace(PROBE, name="leads", depends_on=("gateway",))
    standing, standings = after(RESTLESS, child), {"gateway": after("ff")}
    view = derive_shown_state(child, standing, standings, START, False)
    result = build_probe_result(child, standing, view, None, START)
    assert (standing.flapping, result.state, result.flapping) == (True, ProbeState.UNKNOWN, False)


@pytest.mark.parametrize(
    ("story", "blind_from"),
    [
        ("gi", None),  # nothing is seen yet
        ("gig", 0),
        ("giig", 0),
        ("gigg", None),  # it was well at the look before
        ("gif", 0),
        ("giff", 0),  # the first failure accuses nobody, and is of the first look
        ("gifff", None),
        ("ggf", None),
        ("ig", None),  # nobody ever saw it
    ],
)
def test_what_the_first_answers_show_after_some_that_showed_nothing_may_have_been_before(
    story: str, blind_from: int | None
) -> None:
    standing = walk(story)[-1]
    view = derive_shown_state(PROBE, standing, {}, START, offline=False)
    result = build_probe_result(PROBE, standing, view, None, START)
    assert result.blind_from == (None if blind_from is None else START)


def test_a_dead_line_of_our_own_accuses_nobody() -> None:
    assert derive_shown_state(PROBE, after("ff"), {}, START, True).reason == "jump box offline"


def test_maintenance_covers_everything_from_its_first_moment_to_its_last() -> None:
    window = (START, START + timedelta(hours=1))
    probe = replace(PROBE, maintenance=(window,))
    before, first, last, later = (
        derive_shown_state(probe, after("ff"), {}, START + timedelta(minutes=minutes), False).state
        for minutes in (-1, 0, 59, 60)
    )
    assert [before, first, last, later] == ["down", "maintenance", "maintenance", "down"]


def test_the_state_since_moves_only_with_the_state() -> None:
    up = build_probe_result(PROBE, after("g"), derive_shown_state(PROBE, after("g"), {}, START, False), None, START)
    later = START + timedelta(minutes=5)
    still = build_probe_result(PROBE, after("gg"), derive_shown_state(PROBE, after("gg"), {}, later, False), up, later)
    failing = build_probe_result(
        PROBE, after("ggf"), derive_shown_state(PROBE, after("ggf"), {}, later, False), still, later
    )
    assert (still.since, failing.since, failing.failing) == (START, later, 1)


def test_a_recovering_probe_says_how_far_it_is() -> None:
    probe = replace(PROBE, successes=3)
    view = derive_shown_state(probe, after("ffg", probe), {}, START, False)
    assert (view.state, view.reason) == (ProbeState.DOWN, "recovering, 1 of 3 good answers")


def test_the_first_failure_of_an_outage_is_kept_beside_the_newest() -> None:
    standing = ProbeStanding()
    for number, grade in enumerate((Grade.GOOD, Grade.FAILING, Grade.FAILING, Grade.GOOD, Grade.FAILING)):
        moment = START + timedelta(seconds=number)
        evidence = ProbeEvidence(moment, f"{number}") if grade is Grade.FAILING else None
        standing = apply_outcome(PROBE, standing, CheckOutcome(moment, grade, evidence=evidence))
        if number == 2:
            assert (standing.first_failure, standing.last_failure) == (
                ProbeEvidence(START + timedelta(seconds=1), "1"),
                ProbeEvidence(START + timedelta(seconds=2), "2"),
            )
    assert standing.first_failure == ProbeEvidence(START + timedelta(seconds=4), "4")
