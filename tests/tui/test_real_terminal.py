"""The app as a process in a real terminal: how it ends, what it prints when it breaks, and terminals with little."""

import re
import signal

import pytest

from tests.tui.real import real
from tests.tui.stage_driver import TOKEN

DRIVER = ("-m", "tests.tui.stage_driver")
READY = "ready is down."
LEAVES_SCREEN = b"\x1b[?1049l"
MOUSE_OFF = b"\x1b[?1000l"
COLOUR = re.compile(rb"\x1b\[[0-9;]*\b(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|38;[25]|48;[25])[0-9;]*m")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly_with_the_terminal_restored(ending: signal.Signals) -> None:
    with real(*DRIVER, "trouble") as opened:
        opened.until(READY)
        opened.process.send_signal(ending)

        assert opened.end() == 128 + ending
        assert opened.received.rfind(LEAVES_SCREEN) > opened.received.rfind(READY.encode())
        assert MOUSE_OFF in opened.received
        assert b"closed=True" in opened.received


def test_a_defect_prints_where_it_is_and_no_local_variable() -> None:
    with real(*DRIVER, "crash") as opened:
        code = opened.end()

    assert code == 1
    assert b"a defect" in opened.received
    assert TOKEN.encode() not in opened.received


def test_without_colours_the_words_and_signs_remain() -> None:
    with real(*DRIVER, "trouble", NO_COLOR="1") as opened:
        opened.until(READY)
        opened.process.terminate()
        opened.end()

    assert COLOUR.findall(opened.received) == []
    assert "✖".encode() in opened.received


def test_sixteen_colours_are_the_terminals_own() -> None:
    with real(*DRIVER, "trouble", TERM="xterm", COLORTERM="") as opened:
        opened.until(READY)
        opened.process.terminate()
        opened.end()

    assert b"38;2;" not in opened.received
    assert b"38;5;" not in opened.received


def test_a_terminal_without_unicode_gets_ascii_only() -> None:
    with real(*DRIVER, "trouble", size=(120, 24), COCKPIT_ASCII="1") as opened:
        opened.until(READY)
        opened.process.terminate()
        opened.end()

    assert opened.received.isascii()
