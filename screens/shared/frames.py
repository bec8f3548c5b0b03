"""When a screen is painted: at once where the last frame is some time ago, else when its time is over.

Textual 8.2 paints by a timer of 60 ticks a second, and after a rest that timer leaves out a tick: what changes right
behind a frame, such as the row under a cursor while an answer of a feed was just drawn, waits for up to two of them. A
key would wait as long. So a frame is due one tick after the one before it, and what a key did at once.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from textual.screen import Screen

from cockpit.turns import KEYS, Precedence

FRAME = 1 / 60  # seconds between two frames, as in Textual: feeds that answer together are drawn together
FRAME_OF_KEY = 0.004  # seconds between the last frame and that of a key: what belongs to the key comes within it


class FrameClock(Protocol):
    """The part of an event loop that frames need; seconds of `time` are those of the keys' precedence."""

    def time(self) -> float: ...
    def call_later(self, delay: float, callback: Callable[[], object]) -> asyncio.TimerHandle: ...


class FramePacer:
    """Calls `paint` when the next frame of one screen is due; takes the place of Textual's timer."""

    def __init__(self, paint: Callable[[], object], clock: FrameClock, keys: Precedence = KEYS) -> None:
        self._paint, self._clock, self._keys = paint, clock, keys
        self._painted = float("-inf")  # when the last frame began
        self._next: asyncio.TimerHandle | None = None

    def resume(self) -> None:
        """Something changed: paint when it is time, and for a key sooner."""
        now = self._clock.time()
        gap = FRAME_OF_KEY if self._keys.find_rest(now, 0.0) else FRAME
        due = max(now, self._painted + gap)
        if self._next is not None:
            if self._next.when() <= due:
                return
            self._next.cancel()
        self._next = self._clock.call_later(due - now, self._begin_frame)

    def pause(self) -> None:
        """All is painted."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _begin_frame(self) -> None:
        self._next = None
        self._painted = self._clock.time()
        self._paint()


def _find_pacer(screen: Screen[object]) -> FramePacer:
    """The one of a screen, made when it is first painted."""
    pacer = screen.__dict__.get("_frame_pacer")
    if not isinstance(pacer, FramePacer):

        def paint() -> None:
            if not screen.app._exit:
                try:
                    screen._on_timer_update()
                except Exception as error:
                    screen.app._handle_exception(error)

        pacer = FramePacer(paint, asyncio.get_running_loop())
        screen.__dict__["_frame_pacer"] = pacer
    return pacer


def pace_frames() -> None:
    """Let every screen be painted so."""
    Screen._update_timer = property(_find_pacer)  # type: ignore[method-assign,assignment]
