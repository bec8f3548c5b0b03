"""Enter held down in a real terminal starts no change, however fast it repeats; let go and pressed again it starts one.

The document's changes leave a line each in a file: how many there are is how many were started.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from screens.shared.enter_guard import LET_GO
from tests.signed_in import COMMAND
from tests.tui.real import PATIENCE, Real, real

ENTER = b"\r"
KITTY_ENTER, KITTY_HELD, KITTY_LET_GO = b"\x1b[13u", b"\x1b[13;1:2u", b"\x1b[13;1:3u"
HELD_FOR = 2.0  # seconds: what once started two changes
F6 = b"\x1b[17~"
STEPS = 5


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """What the changes leave behind."""
    return tmp_path / "changed"


@pytest.fixture
def opened(tmp_path: Path, changed: Path) -> Iterator[Real]:
    """A run whose every step is a change, on the screen."""
    steps = "\n".join(f"# Change number {step}\nunheard-of-tool {step}\n" for step in range(1, STEPS + 1))
    (tmp_path / "book.md").write_text(f"# Book\n\n## 1. Change it all\n\n```bash\n{steps}```\n", encoding="utf-8")
    tool = tmp_path / "bin" / "unheard-of-tool"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\necho $1 >> {changed}\n", encoding="utf-8")
    tool.chmod(0o755)
    config = tmp_path / "cockpit.toml"
    config.write_text(
        'system = "quay"\ndata = "data"\nrunbooks = ["book.md"]\n[keys]\nF6 = "book#1"\n[environments.prod]\n'
        '[[environments.prod.probes]]\nname = "harbour"\nurl = "http://127.0.0.1:9/"\n',
        encoding="utf-8",
    )
    with real(
        COMMAND[1], "--config", str(config), PATH=f"{tool.parent}:/usr/bin:/bin", XDG_STATE_HOME=str(tmp_path)
    ) as terminal:
        terminal.until("harbour")
        terminal.press(F6)
        terminal.until("trusts this text")
        wait(terminal, LET_GO + 0.5)
        terminal.press(ENTER)
        terminal.until("Change number 5")
        wait(terminal, LET_GO + 0.5)
        yield terminal


def wait(terminal: Real, seconds: float) -> None:
    """Let it work, and take what it draws."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        terminal.look(left)


def hold(terminal: Real, first: bytes, again: bytes, every: float) -> None:
    """A key goes down, waits as keyboards do, and repeats."""
    terminal.press(first)
    wait(terminal, 0.4)
    for _ in range(int(HELD_FOR / every)):
        terminal.press(again)
        wait(terminal, every)


def until_changed(terminal: Real, changed: Path) -> list[str]:
    end = time.monotonic() + PATIENCE
    while not changed.exists():
        assert time.monotonic() < end, terminal.received[-2_000:].decode(errors="replace")
        terminal.look(0.1)
    wait(terminal, 0.5)
    return changed.read_text(encoding="utf-8").split()


@pytest.mark.parametrize("every", [0.06, 0.12])
def test_a_held_enter_starts_nothing_and_a_new_one_starts_one(opened: Real, changed: Path, every: float) -> None:
    hold(opened, ENTER, ENTER, every)
    assert not changed.exists()

    wait(opened, LET_GO + 0.5)
    opened.press(ENTER)
    assert until_changed(opened, changed) == ["1"]

    hold(opened, ENTER, ENTER, every)
    assert changed.read_text(encoding="utf-8").split() == ["1"]


def test_where_the_terminal_tells_a_press_after_the_release_is_enough(opened: Real, changed: Path) -> None:
    opened.press(KITTY_LET_GO)
    hold(opened, KITTY_ENTER, KITTY_HELD, 0.03)
    assert not changed.exists()

    opened.press(KITTY_LET_GO)
    opened.press(KITTY_ENTER)
    assert until_changed(opened, changed) == ["1"]


def test_a_held_enter_starts_nothing_once_no_release_is_reported(opened: Real, changed: Path) -> None:
    """Another terminal took over the session, or a program that had the terminal has ended its reports."""
    opened.press(KITTY_LET_GO)
    wait(opened, 0.3)
    hold(opened, ENTER, ENTER, 0.08)

    assert not changed.exists()
