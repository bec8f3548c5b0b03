"""Turns: what goes through thousands of things in a thread lets the others compute in between.

Whoever waits for the interpreter gets it once another thread has had it for a whole switch interval. But a thread that
lets go of it for a moment again and again, as each random number, each row of SQLite and each look at a file does, has
it back before the other one is awake, and each time that interval begins anew: a loop that waited for 80 ms of its own
work got a quarter of the time, and a key half a second. So such a thread rests after each turn, for long enough that
somebody else is awake.

A key goes before all turns: it passes through three threads until its answer is on the terminal, and at each of them
would wait for the one that computes. So from the moment at which it is read nobody takes a turn, for as long as an
answer takes.
"""

from collections.abc import Iterable, Iterator
from time import monotonic, sleep
from typing import TypeVar

T = TypeVar("T")

TURN = 0.0005  # seconds that somebody may compute before what waits gets its turn; the switch interval of the app, too
PAUSE = 0.0001  # seconds between two turns of a thread: another one is awake by then, and this one soon goes on
ANSWER = 0.025  # seconds from a key until its answer is on the terminal, on a machine that has other work, too
MAKES_UP = 0.125  # of a rest for a key: so much longer is the turn behind it, so that a held key stops nobody


class Precedence:
    """Whoever waits at the screen goes before those who take turns. Safe from any thread."""

    def __init__(self) -> None:
        self._until = float("-inf")

    def claim(self) -> None:
        """A key came: nobody takes a turn until it can be answered."""
        self._until = monotonic() + ANSWER

    def find_rest(self, now: float, least: float = PAUSE) -> float:
        """For how many seconds whoever has had a turn rests now, at least `least`."""
        return max(least, self._until - now)


KEYS = Precedence()


def measure_turn(rest: float) -> float:
    """How many seconds the turn after such a rest may take."""
    return max(TURN, (rest - PAUSE) * MAKES_UP)


def take_turns(items: Iterable[T]) -> Iterator[T]:
    """The same items in the same order, with a pause after each turn. For threads: it blocks."""
    turn_ends = monotonic() + TURN
    for item in items:
        yield item
        if (now := monotonic()) >= turn_ends:
            rest = KEYS.find_rest(now)
            sleep(rest)
            turn_ends = monotonic() + measure_turn(rest)
