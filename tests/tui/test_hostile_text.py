"""Hostile text in every field of every source: what is asserted are the bytes that a real terminal would receive."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

from tests.tui.hostile_driver import PAYLOADS

ROOT = Path(__file__).parents[2]
# All that the app itself may send: SGR, cursor and mode sequences, and the few queries of its start.
OURS = re.compile(rb"\x1b\[(?:[0-9;]*[mH]|\?\d+(?:[hl]|\$p)|[<>]\d*u)|\x1b\]22;[a-z]*\x07")
FORBIDDEN = re.compile("[\x00-\x06\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u061c\u200e\u200f]")


def run(size: tuple[int, int] = (120, 40)) -> tuple[int, bytes]:
    """The exit code and every byte that reached the terminal."""
    parent, child = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.tui.hostile_driver"],
        cwd=ROOT, env=environ, stdin=child, stdout=child, stderr=child, start_new_session=True,
    )  # fmt: skip
    os.close(child)
    received = bytearray()
    try:
        while True:
            ready, _, _ = select.select([parent], [], [], 30)
            if not ready:
                break
            try:
                chunk = os.read(parent, 65_536)
            except OSError:  # the other end is gone: that is how a pty says end of file
                break
            if not chunk:
                break
            received += chunk
        return process.wait(10), bytes(received)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        os.close(parent)


def test_nothing_hostile_reaches_the_terminal() -> None:
    code, received = run()

    assert b"Traceback" not in received
    assert code == 128 + signal.SIGTERM
    assert [name for name in PAYLOADS if f"<{name}".encode() not in received] == []  # each was drawn
    assert FORBIDDEN.findall(OURS.sub(b"", received).decode()) == []
