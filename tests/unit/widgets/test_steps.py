"""The steps of a run: what is suggested next, which alternatives fall away, what a step waits for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.run import (
    Attempt,
    Run,
    StepLength,
    StepState,
    chosen_instead,
    describe_other_environment,
    describe_ways,
    find_needed_step,
    find_open_choice,
    find_suggested_step,
    is_run_done,
    list_steps_in_turn,
    summarize_ways,
)
from cockpit.model.runbook import Procedure, Step, StepKind, Way
from widgets.steps import build_step_rows, format_length

NOW = datetime(2026, 11, 20, 13, 26, 40, tzinfo=UTC)
RUN = Run("r1", "a.md", "a", "A", "0" * 64, "prod", "you", NOW)
TODO = StepState.TODO


def step(ordinal: int, kind: StepKind = StepKind.CHANGE, either: int | None = None, **tags: str) -> Step:
    return Step(ordinal, f"step {ordinal}", kind, ordinal, "az x", "bash", alternative_to=either, tags=tags)


def procedure(*steps: Step, menu: bool = False) -> Procedure:
    return Procedure("A", "a", 1, 1, steps, menu=menu)


def run(*states: StepState, attempts: tuple[Attempt, ...] = ()) -> Run:
    found = tuple((at, state) for at, state in enumerate(states, start=1) if state is not TODO)
    return Run(**{**{each: getattr(RUN, each) for each in RUN.__slots__}, "states": found, "attempts": attempts})


THREE = procedure(step(1), step(2), step(3))


def test_the_first_step_is_suggested_then_the_one_behind_what_was_done() -> None:
    assert find_suggested_step(THREE, run()) == 1
    assert find_suggested_step(THREE, run(StepState.OK)) == 2
    assert find_suggested_step(THREE, run(TODO, StepState.OK)) == 3


def test_what_was_left_out_is_suggested_at_the_end() -> None:
    assert find_suggested_step(THREE, run(TODO, StepState.OK, StepState.SKIPPED)) == 1
    assert find_suggested_step(THREE, run(StepState.BY_HAND, StepState.OK, StepState.SKIPPED)) is None


def test_what_failed_or_ended_unseen_comes_before_everything_else() -> None:
    assert find_suggested_step(THREE, run(StepState.OK, StepState.FAILED)) == 2
    assert find_suggested_step(THREE, run(StepState.UNKNOWN, StepState.OK)) == 1


def test_a_menu_suggests_nothing() -> None:
    assert find_suggested_step(procedure(step(1), step(2), menu=True), run()) is None


def test_a_note_is_never_suggested() -> None:
    assert find_suggested_step(procedure(step(1, StepKind.NOTE), step(2)), run()) == 2


def test_of_alternatives_the_one_done_lets_the_others_fall_away() -> None:
    choices = procedure(step(1), step(2, either=1), step(3))
    assert find_suggested_step(choices, run(TODO, StepState.OK)) == 3
    assert chosen_instead(choices.steps[0], choices, run(TODO, StepState.OK)) == 2
    assert chosen_instead(choices.steps[0], choices, run(TODO, StepState.SKIPPED)) is None


def test_a_run_is_done_for_screen_and_command_line_at_the_same_moment() -> None:
    by_hand = procedure(step(1), step(2, StepKind.MANUAL))
    choices = procedure(step(1), step(2, either=1))
    assert not is_run_done(by_hand, run(StepState.OK)), "what a person has to do is not done yet"
    assert is_run_done(by_hand, run(StepState.OK, StepState.BY_HAND))
    assert is_run_done(choices, run(StepState.FAILED, StepState.OK)), "the other way led there"
    assert not is_run_done(procedure(step(1), menu=True), run(StepState.OK)), "of a menu a person may choose again"


def test_the_steps_in_turn_leave_out_what_was_replaced() -> None:
    choices = procedure(step(1), step(2, either=1), step(3))
    assert [item.ordinal for item in list_steps_in_turn(choices, run())] == [1, 3]
    assert [item.ordinal for item in list_steps_in_turn(choices, run(TODO, StepState.OK))] == [3]


def test_needs_points_at_the_nearest_step_above() -> None:
    found = procedure(step(1, StepKind.VERIFY), step(2), step(3, needs="verify"), step(4, needs="previous"))
    assert [find_needed_step(each, found) for each in found.steps] == [None, None, 1, 3]
    assert "needs 1" in [cell.text for cell in build_step_rows(found, run(), None)[2].cells]


def test_how_long_it_took_is_beside_what_is_done() -> None:
    attempt = Attempt(1, 1, NOW, NOW + timedelta(hours=1), StepState.OK, length=StepLength(0.42))
    assert build_step_rows(THREE, run(StepState.OK, attempts=(attempt,)), 2)[0].cells[-1].text == "0.4s"
    assert [format_length(StepLength(seconds)) for seconds in (-1, 0.04, 9.94, 12, 200)] == [
        "0.0s",
        "0.0s",
        "9.9s",
        "12s",
        "3m 20s",
    ]
    assert format_length(StepLength(12, is_about=True)) == "about 12s"


@given(st.lists(st.sampled_from(StepState), max_size=6))
def test_whatever_the_states_are_there_is_a_row_for_each_step(states: list[StepState]) -> None:
    many = procedure(*(step(at) for at in range(1, 7)))
    found = run(*states)
    assert [row.id for row in build_step_rows(many, found, find_suggested_step(many, found))] == [
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
    ]


def in_way(ordinal: int, number: int, name: str, *, excludes: bool = True, unclear: bool = False) -> Step:
    return replace(step(ordinal), way=Way(2, number, name, excludes, unclear))


WAYS = procedure(step(1), in_way(2, 1, "For staging"), in_way(3, 1, "For staging"), in_way(4, 2, "Prod"), step(5))


def test_before_ways_the_one_for_the_environment_of_the_run_is_suggested_and_else_none() -> None:
    done = run(StepState.OK)
    assert find_suggested_step(WAYS, done) == 4
    assert find_suggested_step(WAYS, replace(done, environment="staging-eu")) == 2
    assert find_suggested_step(WAYS, replace(done, environment="shop")) is None
    assert find_suggested_step(replace(WAYS, menu=True), replace(done, environment="shop")) is None


def test_what_is_to_be_chosen_next_is_found_only_while_it_is_open_and_next() -> None:
    shop = replace(run(StepState.OK), environment="shop")
    assert find_open_choice(WAYS, shop) == 2
    assert find_open_choice(WAYS, replace(run(), environment="shop")) is None
    assert find_open_choice(WAYS, run(StepState.OK, StepState.OK)) is None
    assert find_open_choice(replace(WAYS, menu=True), shop) is None


def test_a_way_that_was_begun_goes_on_and_the_other_is_passed_over() -> None:
    begun = run(StepState.OK, StepState.OK)
    assert find_suggested_step(WAYS, begun) == 3
    assert [each.ordinal for each in list_steps_in_turn(WAYS, begun)] == [1, 2, 3, 5]
    assert chosen_instead(WAYS.steps[3], WAYS, begun) == 2
    assert [bool(describe_ways(each, WAYS, run(StepState.OK))) for each in WAYS.steps] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert not any(describe_ways(each, WAYS, begun) for each in WAYS.steps[:3])
    assert [bool(summarize_ways(each, WAYS, run())) for each in WAYS.steps] == [False, True, True, True, False]
    assert not any(summarize_ways(each, WAYS, begun) for each in WAYS.steps[:3])


def test_of_conditions_and_of_what_is_unclear_none_is_passed_over() -> None:
    for unclear in (False, True):
        both = procedure(
            *(in_way(number, number, f"If {number}", excludes=False, unclear=unclear) for number in (1, 2))
        )
        assert chosen_instead(both.steps[1], both, run(StepState.OK)) is None
        assert describe_ways(both.steps[1], both, run(StepState.OK))


def test_a_way_for_another_environment_says_so_where_one_is_for_this() -> None:
    assert describe_other_environment(WAYS.steps[1], WAYS, "prod")
    assert not describe_other_environment(WAYS.steps[3], WAYS, "prod")
    assert not any(describe_other_environment(each, WAYS, "shop") for each in WAYS.steps)
    before_it = procedure(in_way(1, 1, "Pre-production"), in_way(2, 2, "Production"))
    assert [bool(describe_other_environment(each, before_it, "prd")) for each in before_it.steps] == [True, False]
