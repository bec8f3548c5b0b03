"""`cockpit reset`: a terminal that a killed cockpit or a lost line left behind works again."""

import contextlib
import os
import sys
import termios

import click

from cockpit.cli.options import Refusal

MODES_OFF = "".join(f"\x1b[?{mode}l" for mode in (1000, 1002, 1003, 1005, 1006, 1015, 1016, 1004, 2004, 2026, 2048))
"""Mouse reports of every kind, focus reports, bracketed paste, synchronized output, reports of the size."""
KEYBOARD = "\x1b[<9u\x1b[>4;0m"  # what programs pushed in kitty's protocol, and xterm's modified keys
SCREEN = "\x1b7\x1b[?1049l\x1b8\x1b[<9u\x1b[r\x1b[?7h\x1b[?25h\x1b(B\x1b[0m"
"""Leave the alternate screen (the cursor is saved before, for one that never was on it); whole page, wrap, cursor."""


@click.command(help="Make a terminal work again that was left with the mouse on, or without an echo.")
def command() -> None:
    terminal = _find_terminal()
    if terminal is None:
        raise Refusal("There is no terminal here to reset. Run it in the one that does not work.", code="no-terminal")
    with contextlib.suppress(termios.error):
        attributes = termios.tcgetattr(terminal)
        attributes[0] |= termios.ICRNL | termios.IXON | termios.BRKINT
        attributes[0] &= ~(termios.INLCR | termios.IGNCR)
        attributes[1] |= termios.OPOST | termios.ONLCR
        attributes[3] |= termios.ECHO | termios.ECHOE | termios.ECHOK | termios.ICANON | termios.ISIG | termios.IEXTEN
        termios.tcsetattr(terminal, termios.TCSANOW, attributes)
        termios.tcflush(terminal, termios.TCIFLUSH)  # what the mouse typed meanwhile
    os.write(terminal, f"{MODES_OFF}{KEYBOARD}{SCREEN}\r\n".encode())
    click.echo("The terminal is reset.")


def _find_terminal() -> int | None:
    """The one this command runs in."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            if stream is not None and stream.isatty():
                return stream.fileno()
    with contextlib.suppress(OSError):
        return os.open("/dev/tty", os.O_RDWR)
    return None
