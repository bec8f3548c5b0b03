"""Hostile text in every field of every source: what is asserted are the bytes that a real terminal would receive."""

import re
import signal

from tests.tui.hostile_driver import PAYLOADS
from tests.tui.real import real

# All that the app itself may send: SGR, cursor and mode sequences, links to the web, and the few queries of its start.
OURS = re.compile(
    rb"\x1b\[(?:[0-9;]*[mH]|5n|\?\d+(?:[hl]|\$p)|[<>]\d*u)|\x1b\]22;[a-z]*\x07|\x1b\]8;[\w=]*;(?:https?://[!-~]*)?\x1b\\"
)
FORBIDDEN = re.compile("[\x00-\x06\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u061c\u200e\u200f]")


def test_nothing_hostile_reaches_the_terminal() -> None:
    with real("-m", "tests.tui.hostile_driver") as opened:
        code, received = opened.end(), opened.received

    assert b"Traceback" not in received
    assert code == 128 + signal.SIGTERM
    assert [name for name in PAYLOADS if f"<{name}".encode() not in received] == []  # each was drawn
    assert FORBIDDEN.findall(OURS.sub(b"", received).decode()) == []
