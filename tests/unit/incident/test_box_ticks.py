"""A document changes while an incident is open: a tick stays with the words that were ticked."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.model.response import Tick, find_box_ticks, list_former_ticks
from tests.examples import scale_examples

NIGHT = datetime(2026, 2, 27, 2, 0, tzinfo=UTC)
WORDS = st.sampled_from(("page the database team", "revoke the key", "tell the authority", "freeze", "look again"))


def tick(item: int, text: str, state: str = "done", minutes: int = 0) -> Tick:
    at = NIGHT + timedelta(minutes=minutes)
    return Tick("first", item, text, state, at, "ana", ticked=at)


def test_a_box_put_in_above_takes_no_tick_of_another() -> None:
    ticks = [tick(1, "page"), tick(2, "revoke")]
    boxes = ("tell the authority", "page", "revoke")
    assert find_box_ticks(boxes, ticks) == {2: ticks[0], 3: ticks[1]}
    assert list_former_ticks(boxes, ticks) == []


def test_a_box_that_was_taken_out_stands_among_the_former_ones() -> None:
    ticks = [tick(1, "page"), tick(2, "revoke"), tick(2, "revoke", "open", 1), tick(9, "")]
    assert find_box_ticks(("page",), ticks) == {1: ticks[0]}
    assert list_former_ticks(("page",), ticks) == [ticks[2], ticks[3]]


def test_the_newest_tick_of_a_box_stands_whatever_number_it_had() -> None:
    ticks = [tick(2, "revoke"), tick(4, "revoke", "open", 1)]
    assert find_box_ticks(("page", "revoke"), ticks) == {2: ticks[1]}


def test_of_words_that_stand_twice_and_of_no_words_the_number_decides() -> None:
    ticks = [tick(1, "look again"), tick(3, "")]
    assert find_box_ticks(("look again", "look again", "freeze"), ticks) == {1: ticks[0], 3: ticks[1]}


@settings(max_examples=scale_examples(200), deadline=None)
@given(
    before=st.lists(WORDS, max_size=5),
    boxes=st.lists(WORDS, max_size=5),
    states=st.lists(st.sampled_from(("done", "skipped", "open")), min_size=5, max_size=5),
)
def test_no_box_has_a_tick_of_other_words_and_none_gets_lost(
    before: list[str], boxes: list[str], states: list[str]
) -> None:
    ticks = [tick(number, text, state) for number, (text, state) in enumerate(zip(before, states, strict=False), 1)]
    box_ticks = find_box_ticks(boxes, ticks)
    assert all(boxes[number - 1] == found.text for number, found in box_ticks.items())
    former = {found.text for found in list_former_ticks(boxes, ticks)}
    assert former == set(before) - set(boxes)
