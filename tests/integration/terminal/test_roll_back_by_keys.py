"""The bad deployment of the demo, rolled back by keys alone in a real terminal."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_two_keys_roll_back_and_a_typed_word_ends_it(
    open_terminal: Callable[..., Any], columns: int, rows: int
) -> None:
    terminal = open_terminal(columns, rows, "demo --speed 10")
    terminal.see("[STATUS] (503) == 200")
    terminal.see("R back")  # before the revisions are known there is nothing to go back to, and R says so

    terminal.press("R")
    shown = terminal.see("enter starts")
    assert "shop-api--r44   100 %" in shown
    assert "→ shop-api--r43" in shown
    assert "az containerapp ingress traffic set -n shop-api" in shown
    terminal.confirm("starts")

    shown = terminal.see("asks for a typed word")
    assert shown.count("✔") == 4
    terminal.lose("wait: ")
    terminal.press("Enter")
    terminal.see("Type shop-api--r44 to run it.")
    terminal.press("x")  # a letter of no key here, and a wrong word
    terminal.see("█x ")
    terminal.confirm("runs it")
    terminal.see("nothing was started")
    terminal.press("BSpace")
    terminal.lose("█x ")
    terminal.type("shop-api--r44")
    terminal.see("█shop-api--r44 ")
    terminal.confirm("runs it")
    terminal.see("All steps are done")

    terminal.press("Escape")
    terminal.see("Rolled back ")  # a key that comes before the run's screen is gone is meant for that
    terminal.press("3")
    terminal.see("Inactive")
    terminal.press("4")
    terminal.see("Step 5")
