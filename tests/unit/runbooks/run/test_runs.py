"""Runs are what their events tell: in any mixture, told twice, or damaged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.model.event import Event, Kind
from cockpit.model.run import Run, StepState
from cockpit.runbooks.run.runs import Runs, find_latest_attempt
from tests.examples import scale_examples

NIGHT = datetime(2026, 2, 27, 2, 0, tzinfo=UTC)


def event(id: int, kind: Kind, subject: str, /, **detail: Any) -> Event:
    return Event(
        id, None, "prod", subject, NIGHT + timedelta(seconds=id), NIGHT, kind, "cockpit", "you", "", detail, None, 1, ""
    )


def started(id: int = 1, run: str = "r") -> Event:
    return event(id, Kind.RUN, run, what="started", path="x.md", sha256="0" * 64, procedure="p", title="P", values=[])


def step(id: int, phase: str, number: int = 1, *, run: str = "r", **detail: Any) -> Event:
    return event(id, Kind.STEP, f"{run}#1", phase=phase, attempt=number, **detail)


def fold(*events: Event) -> Run:
    runs = Runs()
    for each in events:
        runs.apply(each)
    return runs.runs["r"]


def test_an_intent_without_an_outcome_is_running() -> None:
    assert fold(started(), step(2, "intent")).state(1) is StepState.RUNNING


def test_a_run_begun_before_any_incident_stays_with_the_first_that_it_was_done_for() -> None:
    first, second = (replace(step(id, "intent", id), incident=f"i{id}") for id in (2, 3))
    assert fold(started(), first, second).incident == "i2"


def test_a_persons_word_stands_until_the_step_is_tried_again() -> None:
    said = step(4, "settled", state="by hand", reason="on the jump host")
    told = fold(started(), step(2, "intent"), step(3, "outcome", state="unknown"), said)
    word = told.word(1)
    assert word is not None
    assert (word.state, word.by, word.reason) == (StepState.BY_HAND, "you", "on the jump host")
    assert fold(started(), said, step(5, "intent")).word(1) is None


def test_a_step_whose_beginning_was_emptied_is_one_that_nobody_knows_of() -> None:
    """A token stood in its command: that somebody was at it must not go with the text, else it is sent again."""
    emptied = replace(step(2, "intent"), detail={}, redacted=True)
    assert fold(started(), emptied, step(3, "outcome", state="unknown")).state(1) is StepState.UNKNOWN
    told = fold(started(), emptied, step(4, "settled", state="failed", reason="it is not there"))
    assert told.state(1) is StepState.FAILED


def test_an_outcome_ends_its_attempt() -> None:
    run = fold(started(), step(2, "intent", as_run="ls"), step(3, "outcome", state="ok", exit_code=0, output="x"))
    assert (run.state(1), run.attempts[0].exit_code, run.attempts[0].output) == (StepState.OK, 0, "x")
    assert run.attempts[0].ended == NIGHT + timedelta(seconds=3)


def test_a_second_outcome_changes_nothing() -> None:
    run = fold(started(), step(2, "intent"), step(3, "outcome", state="ok"), step(4, "outcome", state="failed"))
    assert run.state(1) is StepState.OK


def test_unknown_gives_way_to_somebody_who_knows_better() -> None:
    run = fold(started(), step(2, "intent"), step(3, "outcome", state="unknown"), step(4, "outcome", state="ok"))
    assert run.state(1) is StepState.OK


def test_a_persons_word_stands_over_a_late_outcome() -> None:
    events = [step(2, "intent"), step(3, "outcome", state="unknown"), step(4, "settled", state="by hand")]
    assert fold(started(), *events, step(5, "outcome", state="failed")).state(1) is StepState.BY_HAND


def test_nobody_settles_a_step_as_running() -> None:
    assert fold(started(), step(2, "settled", state="running")).state(1) is StepState.TODO


def test_an_undo_that_went_well_leaves_the_step_to_do() -> None:
    done = [step(2, "intent"), step(3, "outcome", state="ok"), step(4, "intent", 2, undo=True)]
    assert fold(started(), *done, step(5, "outcome", 2, state="ok")).state(1) is StepState.TODO
    assert fold(started(), *done, step(5, "outcome", 2, state="failed")).state(1) is StepState.FAILED


def test_an_operation_is_kept_as_soon_as_it_is_known() -> None:
    run = fold(started(), step(2, "intent"), step(3, "operation", operation="https://x/op/1"))
    assert run.attempts[0].operation == "https://x/op/1"


def test_values_asked_for_later_belong_to_the_run() -> None:
    value = {"name": "env", "shown": "prod", "source": "operator"}
    assert fold(started(), step(2, "intent", values=[value])).values[0].shown == "prod"


def test_the_end_of_a_run_is_its_first_end() -> None:
    run = fold(started(), event(2, Kind.RUN, "r", what="ended"), event(3, Kind.RUN, "r", what="ended"))
    assert run.ended == NIGHT + timedelta(seconds=2)


def test_an_empty_event_is_passed_over_as_a_redaction_leaves_it() -> None:
    assert fold(started(), replace(step(2, "intent"), detail={}, redacted=True)).attempts == ()


def test_a_redaction_takes_the_output_out_of_a_run_that_is_open() -> None:
    outcome = step(3, "outcome", state="ok", output="zebra-coffee", outcome="zebra-coffee", verified="zebra-coffee")
    run = fold(started(), step(2, "intent"), outcome, event(4, Kind.REDACT, "3"))
    assert run.state(1) is StepState.OK
    assert "zebra-coffee" not in repr(run)


@pytest.mark.parametrize("is_read_later", [False, True])
def test_a_run_whose_beginning_was_redacted_is_shown_without_its_words(is_read_later: bool) -> None:
    """It was hidden after the next start, though its steps stood on the timeline and it was open in its incident."""
    began = started()
    emptied = replace(began, detail={}, summary="", redacted=True) if is_read_later else began
    outcome = step(3, "outcome", state="ok")
    run = fold(emptied, step(2, "intent"), outcome, event(4, Kind.REDACT, str(began.id)))
    assert (run.title, run.path, run.values) == ("(redacted)", "", ())
    assert run.state(1) is StepState.OK


STATES = st.sampled_from([each.value for each in StepState])
ODD = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2))
DETAILS = st.fixed_dictionaries(
    {"phase": st.sampled_from(["intent", "outcome", "operation", "settled", "?"]), "attempt": st.integers(1, 3)},
    optional={
        "state": STATES | ODD,
        "undo": st.booleans(),
        "values": ODD,
        "owner": ODD,
        "exit_code": ODD,
        "output": ODD,
    },
)


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    events = [started(1, "r"), started(2, "s")]
    for id, detail in enumerate(draw(st.lists(DETAILS, max_size=25)), start=3):
        subject = f"{draw(st.sampled_from('rs'))}#{draw(st.integers(1, 2))}"
        events.append(event(id, Kind.STEP, subject, **detail))
    return events


@settings(max_examples=scale_examples(200))
@given(stories())
def test_events_applied_twice_make_the_same_state(events: list[Event]) -> None:
    assert fold(*events) == fold(*events, *events) == fold(*(each for one in events for each in (one, one)))


@settings(max_examples=scale_examples(200))
@given(stories())
def test_runs_do_not_meddle_with_each_other(events: list[Event]) -> None:
    assert fold(*events) == fold(*(each for each in events if each.subject.startswith("r")))


@settings(max_examples=scale_examples(200))
@given(stories())
def test_what_a_step_is_follows_from_its_newest_attempt_or_a_person(events: list[Event]) -> None:
    run = fold(*events)
    for ordinal, state in run.states:
        newest = [
            each for each in run.attempts if each.step == ordinal and each.number == find_latest_attempt(run, ordinal)
        ]
        if state is StepState.RUNNING:
            assert any(each.ended is None for each in run.attempts if each.step == ordinal)
        settled = any(each.detail.get("phase") == "settled" and each.subject == f"r#{ordinal}" for each in events)
        undone = any(each.undo for each in run.attempts)
        if newest and newest[0].ended is not None and not settled and not undone and len(run.attempts) == 1:
            assert state is newest[0].state
    for attempt in run.attempts:
        assert (attempt.ended is None) == (attempt.state is StepState.RUNNING)


@settings(max_examples=scale_examples(100))
@given(
    st.lists(
        st.builds(event, st.integers(1, 50), st.sampled_from([Kind.RUN, Kind.STEP, Kind.NOTE]), st.text(max_size=4))
    )
)
def test_nothing_in_the_file_makes_it_fall(events: list[Event]) -> None:
    runs = Runs()
    for each in events:
        runs.apply(each)


@settings(max_examples=scale_examples(100))
@given(
    st.dictionaries(st.sampled_from(["what", "phase", "state", "attempt", "values", "owner", "title", "path"]), ODD),
    st.booleans(),
)
def test_odd_details_are_passed_over(detail: dict[str, Any], is_run: bool) -> None:
    runs = Runs()
    runs.apply(started())
    runs.apply(event(2, Kind.RUN if is_run else Kind.STEP, "r" if is_run else "r#1", **detail))
    assert set(runs.runs) == {"r"}
