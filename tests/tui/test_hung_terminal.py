"""A terminal that stops reading, or is gone, takes nothing with it: the cockpit watches on, and ends when it should."""

import os
import re
import select
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

from tests.tui.real import PATIENCE, Real, real
from tests.tui.stage_driver import DRAWN

UNREAD = DRAWN + 20  # by this beat everything was drawn that will be, many times what a terminal holds
GONE = 128 + signal.SIGHUP
Beats = Callable[[int], None]


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "beats"
    os.mkfifo(path)
    return path


@pytest.fixture
def until_beat(fifo: Path) -> Iterator[Beats]:
    """Waits for a beat of the app's own loop, and reads no terminal meanwhile."""
    told = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)

    def until(wanted: int) -> None:
        heard = b""
        while f"{wanted}\n".encode() not in heard:
            ready, _, _ = select.select([told], [], [], PATIENCE)
            news = os.read(told, 65_536) if ready else b""
            assert news, f"the loop stopped after {heard[-20:]!r}"
            heard += news

    yield until
    os.close(told)


@pytest.fixture
def flood(fifo: Path, until_beat: Beats) -> Iterator[Real]:
    with real("-m", "tests.tui.stage_driver", "flood", str(fifo)) as opened:
        opened.until("beat ")
        yield opened


def test_it_watches_on_while_the_terminal_reads_nothing(flood: Real, until_beat: Beats) -> None:
    until_beat(UNREAD)


def test_a_terminal_that_reads_again_shows_what_is_true_by_then(flood: Real, until_beat: Beats) -> None:
    until_beat(UNREAD)

    while latest_beat(flood.received) < DRAWN:
        assert flood.read(), flood.received[-2_000:].decode(errors="replace")


def latest_beat(received: bytearray) -> int:
    """The beat that the terminal shows: of a number only the digits that change are sent."""
    screen = pyte.Screen(80, 24)
    pyte.ByteStream(screen).feed(bytes(received))
    return max((int(number) for number in re.findall(r"beat (\d+)", "\n".join(screen.display))), default=0)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_while_the_terminal_reads_nothing(
    flood: Real, until_beat: Beats, ending: signal.Signals
) -> None:
    until_beat(UNREAD)
    flood.process.send_signal(ending)

    assert flood.process.wait(PATIENCE) == 128 + ending


def test_it_ends_by_itself_when_the_terminal_is_gone(flood: Real) -> None:
    flood.vanish()

    assert flood.process.wait(PATIENCE) == GONE


def test_it_ends_by_itself_when_a_terminal_that_read_nothing_is_gone(flood: Real, until_beat: Beats) -> None:
    until_beat(UNREAD)
    flood.vanish()

    assert flood.process.wait(PATIENCE) == GONE


def test_a_wake_up_call_to_what_never_slept_begins_nothing_anew(flood: Real, until_beat: Beats) -> None:
    """The kernel sends one when a line hangs up: begun again after its end, the app would never end."""
    begun = b"\x1b[?1049h"  # the alternate screen
    flood.process.send_signal(signal.SIGCONT)
    until_beat(DRAWN)
    flood.process.send_signal(signal.SIGTERM)

    assert flood.end() == 128 + signal.SIGTERM
    assert flood.received.count(begun) == 1
