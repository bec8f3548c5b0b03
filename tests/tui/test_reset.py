"""`cockpit reset` takes back every mode that a screen sets, and refuses where there is no terminal."""

import re
import subprocess
import sys

from tests.tui.real import real

STAGE = "tests.tui.stage_driver"
SET = re.compile(rb"\x1b\[\?([0-9;]+)h")
STAYS = {b"7", b"25"}  # wrapping and the cursor: on in every shell


def test_every_mode_that_the_screen_sets_is_reset() -> None:
    with real("-m", STAGE, "trouble") as opened:
        opened.until("ready is down.")
        opened.process.kill()
        opened.end()
    with real("-m", "cockpit", "reset") as reset:
        assert reset.end() == 0
    for mode in set(SET.findall(opened.received)) - STAYS:
        assert b"\x1b[?" + mode + b"l" in reset.received, mode
    assert b"\x1b[<9u" in reset.received


def test_without_a_terminal_there_is_nothing_to_reset() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cockpit", "reset"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == 2
    assert b"no terminal" in done.stderr
