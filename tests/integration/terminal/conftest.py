"""A real terminal: tmux, of a size, running the real command. What is read is what a person would see."""

import os
import shlex
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.signed_in import COMMAND

HUMAN_PAUSE = 0.35  # seconds; no paste is so slow
PATIENCE = 30.0  # seconds; a test machine may be busy, and waiting ends as soon as the text is there


class Tmux:
    """One tmux server with one window. `see` waits for text, `press` sends keys by their tmux names, `confirm` an Enter
    once the screen shows that it counts: how long that takes is the machine's affair."""

    def __init__(self, columns: int, rows: int, command: str, environment: dict[str, str], folder: Path) -> None:
        self._socket = f"cockpit-test-{uuid.uuid4().hex[:8]}"
        self._columns = columns
        set_all = [piece for name, value in environment.items() for piece in ("-e", f"{name}={value}")]
        size = ["-x", str(columns), "-y", str(rows)]
        self._run("-f", "/dev/null", "new-session", "-d", *size, *set_all, "-c", str(folder), f"{command}; sleep 600")

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(["tmux", "-L", self._socket, *arguments], capture_output=True, text=True, check=True)
        return done.stdout

    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Press keys as a person does: not in the burst of a paste, which the cockpit would rightly refuse."""
        time.sleep(HUMAN_PAUSE)
        self._run("send-keys", *keys)

    def confirm(self, does: str) -> None:
        """Enter in a dialog whose last line says that Enter `does` it, once its sign is there."""
        self.see(f"▸ enter {does}")
        self.press("Enter")

    def type(self, text: str) -> None:
        """Type into a field, as quickly as it goes, and look at it."""
        self._run("send-keys", "-l", text)
        self.see(text)

    def see(self, text: str) -> str:
        """Wait until `text` is on the screen; the screen then. Fails with what is there instead."""
        return self._until(lambda shown: text in shown, f"{text!r} never appeared")

    def lose(self, text: str) -> str:
        """Wait until `text` is on the screen no more; the screen then."""
        return self._until(lambda shown: text not in shown, f"{text!r} never went away")

    def _until(self, true: Callable[[str], bool], otherwise: str) -> str:
        end = time.monotonic() + PATIENCE
        while not true(shown := self.screen()):
            if time.monotonic() > end:
                pytest.fail(f"{otherwise}:\n{shown}")
            time.sleep(0.05)
        return shown

    def pid(self) -> int:
        """The program in the window: the only child of its shell."""
        shell = self._run("display-message", "-p", "#{pane_pid}").strip()
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text(encoding="ascii").split()
        return int(children[0])

    def kill(self) -> None:
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], capture_output=True, check=False)


Open = Callable[[int, int, str], Tmux]


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Open]:
    """`open_terminal(columns, rows, "demo --speed 4")` runs `cockpit demo --speed 4` in a new terminal."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed, and only a real terminal can show this")
    opened: list[Tmux] = []
    keep = ("PATH", "HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    environment = {name: os.environ[name] for name in keep if name in os.environ}
    environment |= {
        "LANG": "C.UTF-8",
        "TZ": "Pacific/Auckland",
        "PYTHONPATH": str(Path.cwd()),
        "TMPDIR": str(tmp_path),  # the demo makes its world there, beside no other's
        "COLORTERM": "truecolor",
    }

    def start(columns: int, rows: int, arguments: str) -> Tmux:
        terminal = Tmux(columns, rows, f"{shlex.join(COMMAND)} {arguments}", environment, tmp_path)
        opened.append(terminal)
        return terminal

    yield start
    for terminal in opened:
        terminal.kill()
