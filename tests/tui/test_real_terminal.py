"""The app as a process in a real terminal: how it ends, what it prints when it breaks, and terminals with little."""

import re
import signal

import pytest

from tests.tui.real import Real, real
from tests.tui.stage_driver import TOKEN

DRIVER = ("-m", "tests.tui.stage_driver")
READY = "ready is down."
LEAVES_SCREEN = b"\x1b[?1049l"
MOUSE_OFF = b"\x1b[?1000l"
COLOUR = re.compile(rb"\x1b\[[0-9;]*\b(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|38;[25]|48;[25])[0-9;]*m")


ENDINGS = [getattr(signal, f"SIG{name}") for name in ("TERM", "HUP", "INT", "QUIT", "USR1")]
KEYBOARD_AS_FOUND = b"\x1b[<u"  # what the kitty protocol pushed is popped
NOT_FROM_A_KEYBOARD = bytes(range(128, 256)) + b"\x1b[M \xff\xc3\x1b[1114112u\x1b[97:65;1:1u\x1b[55296;1;55296u\xc3"
CTRL_Q = b"\x11"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_signal_ends_it_cleanly_with_the_terminal_restored(ending: signal.Signals) -> None:
    with real(*DRIVER, "trouble") as opened:
        opened.until(READY)
        opened.process.send_signal(ending)

        assert opened.end() == 128 + ending
        assert opened.received.rfind(LEAVES_SCREEN) > opened.received.rfind(READY.encode())
        assert MOUSE_OFF in opened.received
        assert opened.received.count(KEYBOARD_AS_FOUND) >= 2
        assert b"closed=True" in opened.received


def test_what_was_stopped_from_elsewhere_draws_everything_when_it_goes_on() -> None:
    with real(*DRIVER, "trouble") as opened:
        opened.until(READY)
        opened.process.send_signal(signal.SIGSTOP)
        opened.received.clear()
        opened.process.send_signal(signal.SIGCONT)

        opened.until(READY)


def test_bytes_that_no_keyboard_sends_end_nothing() -> None:
    with real(*DRIVER, "trouble") as opened:
        opened.until(READY)
        for byte in NOT_FROM_A_KEYBOARD:
            opened.press(bytes((byte,)))
        opened.press(NOT_FROM_A_KEYBOARD)
        opened.press(b"  " + CTRL_Q)

        assert opened.end() == 0
    assert b"Traceback" not in opened.received
    assert b"closed=True" in opened.received


def test_escapes_that_arrive_together_leave_one_screen_and_end_nothing() -> None:
    with real(*DRIVER, "trouble") as opened:
        opened.until(READY)
        for opens in (b"n", b"s", b"?", b"d", b":", b"a", b"w", b"\r"):
            opened.press(opens + b"\x1b" * 5)
            opened.press(b"\x1b" * 3 + b"  ")
        opened.press(CTRL_Q)

        assert opened.end() == 0
    assert b"Traceback" not in opened.received


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


BUDGETS = {b"d": 6_000, b"\t": 3_000, b"?": 12_000, b"n": 6_000, b"s": 6_000}  # bytes at 120x40: seconds at 2 kB/s
TICKS = 300  # bytes that ages and clocks of the panes may add while it is waited for
FIRST_PAINT = 20_000  # bytes until everything that a quiet source has to say is on the screen


def wait_until_still(opened: Real) -> int:
    """The bytes that have come when half a second passed without one."""
    count = -1
    while count != len(opened.received):
        count = len(opened.received)
        opened.look(0.5)
    return count


@pytest.mark.parametrize("key", BUDGETS, ids=repr)
def test_what_a_slow_line_carries_for_a_key_is_what_changed(key: bytes) -> None:
    with real(*DRIVER, "trouble") as opened:
        opened.until(READY)
        assert wait_until_still(opened) < FIRST_PAINT
        opened.received.clear()
        opened.press(key)

        assert opened.read()  # the first byte takes as long as it takes
        assert wait_until_still(opened) < BUDGETS[key] + TICKS
