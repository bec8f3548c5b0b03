"""An Enter that is held never confirms; one that was let go and pressed again does."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from screens.shared.enter_guard import HELD, LET_GO, TYPE_AHEAD, EnterGuard
from screens.shared.terminal_input import QUIET
from tests.tui.bare import Clock

A_MOMENT = 0.001  # seconds
TELLS: Any = SimpleNamespace(_driver=SimpleNamespace(reports_releases=True))
TELLS_NOT: Any = SimpleNamespace(_driver=SimpleNamespace())


def clock() -> Clock:
    return Clock(datetime(2026, 2, 27, 13, 26, 41, tzinfo=UTC))


@given(st.lists(st.floats(0.0, LET_GO - A_MOMENT), min_size=1, max_size=50))
def test_no_enter_of_a_held_key_counts_however_it_repeats(gaps: list[float]) -> None:
    time = clock()
    guard = EnterGuard(time, TELLS_NOT)
    for gap in gaps:
        time.pass_by(gap)
        assert not guard.press()
    time.pass_by(LET_GO + A_MOMENT)
    assert guard.armed
    assert guard.press()
    assert not guard.armed


def test_where_releases_are_reported_the_next_press_counts_as_soon_as_the_dialog_listens() -> None:
    time = clock()
    guard = EnterGuard(time, TELLS)
    time.pass_by(TYPE_AHEAD - A_MOMENT)
    assert not guard.press()
    time.pass_by(2 * A_MOMENT)
    assert guard.press()


def test_a_key_just_before_makes_it_part_of_a_burst() -> None:
    time = clock()
    guard = EnterGuard(time)
    time.pass_by(1)
    guard.touch()
    time.pass_by(QUIET - A_MOMENT)
    assert not guard.press()


def test_it_waits_longer_for_a_repeat_where_none_is_distinguished() -> None:
    assert EnterGuard(clock(), TELLS_NOT).settling == HELD
    assert EnterGuard(clock(), TELLS).settling == QUIET
