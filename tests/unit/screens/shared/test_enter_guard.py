"""An Enter that is held never confirms; one that was let go and pressed again does."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from screens.shared.device_status import ASK_AGAIN, FORGOTTEN, DeviceStatusReports
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


class Line:
    """A terminal at the other end of a line. `sent` are the questions that it has got."""

    def __init__(self, time: Clock) -> None:
        self.sent: list[str] = []
        self.reports = DeviceStatusReports(self.sent.append, time.monotonic)
        self.app: Any = SimpleNamespace(_driver=SimpleNamespace(status_reports=self.reports))

    def answer(self) -> None:
        self.reports.note_answer()


def test_an_enter_counts_only_after_the_terminal_has_shown_what_it_confirms() -> None:
    time = clock()
    line = Line(time)
    line.reports.ask()
    line.answer()
    guard = EnterGuard(time, line.app)
    guard.ask_seen()
    time.pass_by(ASK_AGAIN - A_MOMENT)
    assert not guard.press()

    time.pass_by(LET_GO)
    line.answer()
    time.pass_by(TYPE_AHEAD - A_MOMENT)
    assert not guard.armed  # it is there, and nobody can have read it yet
    time.pass_by(2 * A_MOMENT)
    assert guard.press()  # though nobody looked at the guard since the answer came


def test_a_terminal_that_never_answers_is_not_waited_for() -> None:
    time = clock()
    line = Line(time)
    guard = EnterGuard(time, line.app)
    guard.ask_seen()
    time.pass_by(LET_GO + A_MOMENT)
    assert guard.press()


def test_a_question_that_was_lost_on_its_way_is_asked_again() -> None:
    time = clock()
    line = Line(time)
    line.reports.ask()
    line.answer()
    guard = EnterGuard(time, line.app)
    guard.ask_seen()
    asked = len(line.sent)
    time.pass_by(ASK_AGAIN + A_MOMENT)
    assert not guard.armed
    assert len(line.sent) == asked + 1

    time.pass_by(FORGOTTEN)
    line.answer()
    assert not guard.armed
    time.pass_by(LET_GO)
    assert guard.armed


def test_an_enter_under_way_while_enter_comes_to_mean_something_else_does_not_count() -> None:
    time = clock()
    guard = EnterGuard(time)
    time.pass_by(1)
    assert guard.press()
    before = guard.touches
    guard.begin_anew()
    assert guard.touches != before
    assert not guard.armed
