"""Turns: what goes through thousands of things in a thread lets the others compute in between.

Whoever waits for the interpreter gets it once another thread has had it for a whole switch interval. But a thread that
lets go of it for a moment again and again, as each random number, each row of SQLite and each look at a file does, has
it back before the other one is awake, and each time that interval begins anew: a loop that waited for 80 ms of its own
work got a quarter of the time, and a key half a second. So such a thread rests after each turn, for long enough that
somebody else is awake.
"""

from collections.abc import Iterable, Iterator
from time import monotonic, sleep
from typing import TypeVar

T = TypeVar("T")

TURN = 0.0005  # seconds that somebody may compute before what waits gets its turn; the switch interval of the app, too
PAUSE = 0.0001  # seconds between two turns of a thread: another one is awake by then, and this one soon goes on


def take_turns(items: Iterable[T]) -> Iterator[T]:
    """The same items in the same order, with a pause after each turn. For threads: it blocks."""
    turn_ends = monotonic() + TURN
    for item in items:
        yield item
        if monotonic() >= turn_ends:
            sleep(PAUSE)
            turn_ends = monotonic() + TURN
