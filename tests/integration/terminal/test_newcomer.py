"""A person who has never seen the cockpit opens the demo and gets from a bad deployment to a post-mortem draft."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.signed_in import COMMAND


def shell(*arguments: str) -> str:
    """What a second shell sees."""
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def demo_config(folder: Path) -> str:
    """The configuration of the running demo, whose world is in `folder`."""
    (world,) = folder.glob("cockpit-simulator-*/cockpit.toml")
    return str(world)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_the_path_of_a_newcomer(open_terminal: Callable[..., Any], tmp_path: Path, columns: int, rows: int) -> None:
    terminal = open_terminal(columns, rows, "demo --speed 5")

    terminal.see("d declares an incident")
    config = demo_config(tmp_path)
    terminal.see("[STATUS] (503) == 200")
    terminal.see("Alerts ▲")

    terminal.press("d")
    terminal.see("What is broken, in one line?")
    terminal.type("Checkout fails")
    terminal.confirm("declares")
    terminal.see("P1 Checkout fails")

    terminal.press("n")
    terminal.see("enter records")
    terminal.type("Began right after the deployment")
    terminal.confirm("records ·")
    terminal.lose("enter records")
    terminal.press("2")
    terminal.see("5xx errors")
    terminal.press("a")
    terminal.see("You acknowledged")
    terminal.press("4")
    terminal.see("Began right after the deployment")

    note_from_elsewhere = "Seen from a second shell"
    shell("note", note_from_elsewhere, "--config", config)
    terminal.see(note_from_elsewhere)

    terminal.press("x")
    terminal.see("a new file")
    terminal.confirm("writes")
    terminal.see("exported to 20")
    [path] = (Path(config).parent / "docs" / "incidents").glob("*.md")
    draft = path.read_text(encoding="utf-8")
    for fact in ("Checkout fails", note_from_elsewhere, "5xx errors", "--r44", "got 503, wanted 200"):
        assert fact in draft, fact

    verified = json.loads(shell("verify", "--config", config, "--json"))
    assert verified["ok"] is True
    terminal.press("C-q")
    terminal.see("The post-mortem draft is in /")
    terminal.see("The demo's timeline is in")
