"""Whether a person can have seen what was drawn: the terminal says so.

Over a slow line what is drawn is on the screen seconds after it was sent, and a key that comes meanwhile answers what
was there before. A terminal takes what it gets in order: once it has answered a question that was sent behind a frame,
it has got the frame, too. What is not known to answer is not waited for.
"""

from collections import deque
from collections.abc import Callable

QUESTION = "\x1b[5n"  # https://vt100.net/docs/vt510-rm/DSR-OS.html: every terminal since the VT100 answers
ANSWER = "\x1b[0n"
ASK_AGAIN = 5.0  # seconds: a frame that was dropped took the question with it
FORGOTTEN = 30.0  # seconds after which no answer to a question comes any more


class DeviceStatusReports:
    """`write` sends to the terminal; `seconds` is a monotonic clock. `note_answer` is called from another thread."""

    def __init__(self, write: Callable[[str], None], seconds: Callable[[], float]) -> None:
        self._write, self._seconds = write, seconds
        self._open: deque[tuple[int, float]] = deque()  # the questions without an answer, and when each was asked
        self._asked = self._answered = 0  # the numbers of the last ones
        self._last = 0.0  # when the last one was asked
        self._heard = 0.0  # when the last answer came

    @property
    def answers(self) -> bool:
        """Whether this terminal has ever answered."""
        return self._answered > 0

    def ask(self) -> int:
        """Ask, behind everything that was drawn so far. The number of the question."""
        self._last = self._seconds()
        self._asked += 1
        self._open.append((self._asked, self._last))
        self._write(QUESTION)
        return self._asked

    def note_answer(self) -> None:
        """The terminal answered the oldest question that may still be answered."""
        now = self._seconds()
        while len(self._open) > 1 and now - self._open[0][1] > FORGOTTEN:
            self._open.popleft()
        if self._open:
            self._answered, _ = self._open.popleft()
            self._heard = now

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is on its way: whoever reads the terminal next would get it as what was typed."""
        return self.answers and bool(self._open) and self._seconds() - self._last < ASK_AGAIN

    def find_shown(self, number: int) -> float | None:
        """Since when what was drawn before the question `number` is known to be on the screen, by `seconds`; None
        while it is not. Asks again what stays unanswered."""
        if self._answered >= number:
            return self._heard
        if self._seconds() - self._last > ASK_AGAIN:
            self.ask()
        return None
