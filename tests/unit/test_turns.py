"""Who goes through thousands of things in a thread lets others compute in between, and loses none of them."""

import pytest

from cockpit import turns
from cockpit.turns import PAUSE, take_turns


class WorkingTime:
    """Time that goes on as work is done; a turn is a second."""

    def __init__(self) -> None:
        self.worked = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.worked

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def working(monkeypatch: pytest.MonkeyPatch) -> WorkingTime:
    time = WorkingTime()
    monkeypatch.setattr(turns, "TURN", 1.0)
    monkeypatch.setattr(turns, "monotonic", time.monotonic)
    monkeypatch.setattr(turns, "sleep", time.sleep)
    return time


def test_after_each_turn_the_others_have_theirs(working: WorkingTime) -> None:
    items = []
    for item in take_turns(range(100)):
        items.append(item)
        working.worked += 0.25

    assert items == list(range(100))
    assert working.pauses == [PAUSE] * 25


def test_what_is_done_within_a_turn_waits_for_nobody(working: WorkingTime) -> None:
    for _ in take_turns(range(100)):
        working.worked += 1 / 200

    assert working.pauses == []


def test_nothing_is_taken_before_it_is_asked_for(working: WorkingTime) -> None:
    source = iter(range(3))
    taken = take_turns(source)

    assert next(taken) == 0
    assert list(source) == [1, 2]


def test_a_key_goes_before_all_turns_and_a_held_one_stops_nobody(
    working: WorkingTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = turns.Precedence()
    monkeypatch.setattr(turns, "KEYS", keys)
    monkeypatch.setattr(turns, "ANSWER", 40.0)
    keys.claim()
    for _ in take_turns(range(50)):
        working.worked += 1.0

    # It rests until the key is answered, and then has so much longer a turn; once it is answered all is as before.
    assert working.pauses[:2] == [39.0, 34.0]
    assert working.pauses[-10:] == [PAUSE] * 10
