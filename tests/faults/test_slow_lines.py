"""Over a slow line an Enter confirms only what its person can have seen: a frame is there seconds after it was sent.

The terminal answers, as every terminal does, that it has taken what it was sent; the line hands the answer on late.
"""

import time
from pathlib import Path

import pytest

from screens.shared.device_status import ANSWER, QUESTION
from screens.shared.enter_guard import LET_GO
from tests.faults.test_held_keys import ENTER, changed, opened, until_changed, wait
from tests.tui.real import Real

__all__ = ["changed", "opened"]  # fixtures
LATE = 4.0  # seconds between a question and its answer
IMPATIENT = 1.2  # seconds between two Enter of somebody who sees nothing happen


class Line:
    """Answers each question of the program `late` seconds after it came."""

    def __init__(self, terminal: Real) -> None:
        self._terminal, self._taken, self._due = terminal, 0, list[float]()
        self.late = 0.0

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            asked = self._terminal.received.count(QUESTION.encode())
            self._due += [now + self.late] * (asked - self._taken)
            self._taken = asked
            while self._due and self._due[0] <= now:
                del self._due[0]
                self._terminal.press(ANSWER.encode())
            wait(self._terminal, 0.05)


@pytest.fixture
def line(opened: Real) -> Line:
    line = Line(opened)
    line.wait(1.0)  # the first question is answered at once: this terminal tells
    return line


def test_an_enter_before_the_dialog_was_on_the_screen_confirms_nothing(line: Line, opened: Real, changed: Path) -> None:
    line.late = LATE
    line.wait(LET_GO)
    for _ in range(3):  # the first opens the dialog, the others see nothing of it
        opened.press(ENTER)
        line.wait(IMPATIENT)
    assert not changed.exists()

    line.wait(LATE + LET_GO)
    opened.press(ENTER)
    assert until_changed(opened, changed) == ["1"]
