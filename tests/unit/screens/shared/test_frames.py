"""A screen is painted when something changed: never later than a frame after the last one, for a key at once."""

import asyncio
from collections.abc import Callable

import pytest

from cockpit.turns import Precedence
from screens.shared.frames import FRAME, FRAME_OF_KEY, FramePacer


class Handle:
    def __init__(self, due: float, callback: Callable[[], object]) -> None:
        self.due, self.callback = due, callback
        self.cancelled = False

    def when(self) -> float:
        return self.due

    def cancel(self) -> None:
        self.cancelled = True


class HandClock:
    """A loop whose time goes on when it is told."""

    def __init__(self) -> None:
        self.now = 100.0
        self.handles: list[Handle] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
        handle = Handle(self.now + delay, callback)
        self.handles.append(handle)
        return handle  # type: ignore[return-value]

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while ready := [handle for handle in self.handles if not handle.cancelled and handle.due <= end]:
            first = min(ready, key=Handle.when)
            self.handles.remove(first)
            self.now = max(self.now, first.due)
            first.callback()
        self.now = end


class Painted:
    """A pacer whose frames are kept by when each began; a key is answered for as long as `is_answering`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock, self.frames = HandClock(), list[float]()
        monkeypatch.setattr("cockpit.turns.monotonic", self.clock.time)
        self.keys = Precedence()
        self.pacer = FramePacer(lambda: self.frames.append(self.clock.now), self.clock, self.keys)

    def change(self, after: float) -> float:
        """Something changes so many seconds later; when that was."""
        self.clock.pass_time(after)
        self.pacer.resume()
        return self.clock.now


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> Painted:
    return Painted(monkeypatch)


@pytest.mark.parametrize("rest", [0.0, 0.02, 0.05, 1.01])
def test_what_changes_after_a_rest_is_painted_at_once(painted: Painted, rest: float) -> None:
    painted.change(0.0)
    painted.clock.pass_time(FRAME)
    moment = painted.change(rest)
    painted.clock.pass_time(0.0)

    assert painted.frames == [100.0, moment]


@pytest.mark.parametrize("rest", [0.0, 0.02, 0.05, 1.01])
def test_what_changes_right_behind_a_frame_waits_for_one_frame_and_not_for_two(painted: Painted, rest: float) -> None:
    painted.change(rest)
    painted.clock.pass_time(0.002)
    painted.change(0.0)
    painted.change(0.001)
    painted.clock.pass_time(1.0)

    first, second = painted.frames
    assert second == pytest.approx(first + FRAME)


def test_a_key_right_behind_a_frame_waits_for_neither(painted: Painted) -> None:
    painted.change(0.0)
    painted.change(0.001)
    painted.keys.claim()
    painted.change(0.001)
    painted.clock.pass_time(1.0)

    assert painted.frames == [100.0, pytest.approx(100.0 + FRAME_OF_KEY)], "and the frame that was due is the same"


def test_once_the_key_is_answered_frames_come_as_before(painted: Painted) -> None:
    painted.keys.claim()
    painted.change(0.0)
    painted.change(0.5)
    painted.clock.pass_time(0.0)
    painted.change(0.001)
    painted.clock.pass_time(1.0)

    assert painted.frames == [100.0, 100.5, pytest.approx(100.5 + FRAME)]


def test_what_was_painted_otherwise_is_not_painted_again(painted: Painted) -> None:
    painted.change(0.0)
    painted.pacer.pause()
    painted.clock.pass_time(1.0)
    assert painted.frames == []

    painted.change(0.0)
    painted.clock.pass_time(0.0)
    assert painted.frames == [101.0]
