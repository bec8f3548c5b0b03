"""What the time of an answer is counted from and to: the way of the bytes, and nothing that our own machine adds."""

import asyncio
import socket
from typing import Any, cast

import pytest

from cockpit.feeds.probes.transport import CHUNK, SO_TIMESTAMPING, STAMP, Journey, Phase, Stream, Wire

EPOCH = 1_790_000_000.0  # seconds since 1970 at the loop's zero


class Clock:
    """The loop's clock and the wall's, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 100.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.seconds)
        monkeypatch.setattr("time.time", lambda: EPOCH + self.seconds)


class BusySocket:
    """Takes what is sent and has the answer at once, while another thread has the interpreter after each call."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._arrived = 0.0

    def send(self, data: bytes) -> int:
        self._arrived = self._clock.seconds + 0.25
        self._clock.seconds += 5.0
        return len(data)

    def recvmsg(self, _size: int, _room: int) -> tuple[bytes, list[tuple[int, int, bytes]], int, None]:
        seconds, fraction = divmod(EPOCH + self._arrived, 1)
        stamp = STAMP.pack(int(seconds), round(fraction * 1e9)) + bytes(2 * STAMP.size)
        self._clock.seconds += 5.0
        return b"HTTP/1.1 200 OK\r\n\r\n", [(socket.SOL_SOCKET, SO_TIMESTAMPING, stamp)], 0, None


async def test_what_keeps_us_from_going_on_after_a_call_is_no_part_of_the_answers_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both calls let another thread run: the request left within the first, and the second reads a stamp."""
    with monkeypatch.context() as patch:
        clock = Clock(patch)
        wire = Wire(cast(Any, BusySocket(clock)))
        journey = Journey(until=1_000.0)
        stream = Stream(wire, journey)
        await stream.write(b"GET / HTTP/1.1\r\n\r\n")
        await stream.read(CHUNK)
    assert journey.times[Phase.ANSWER] == pytest.approx(0.25, abs=1e-4)
