"""docs/az-commands.md names every command and every flag there is, and no other."""

import re
from pathlib import Path

import pytest

from cockpit.runbooks.az.known_commands import COMMANDS

MANUAL = (Path(__file__).parents[4] / "docs" / "az-commands.md").read_text("utf-8")
ROWS = {found[1]: set(found[2].split()) for found in re.finditer(r"(?m)^\| `([a-z -]+)` \| `([^`]+)` \|", MANUAL)}


def test_every_command_is_in_the_manual_and_nothing_else() -> None:
    assert set(ROWS) == set(COMMANDS)


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_every_flag_is_in_the_manual_in_one_form_at_least(words: str) -> None:
    known = {form for flag in COMMANDS[words].flags for form in flag.forms} | {"--subscription"}
    assert ROWS[words] <= known
    assert all(ROWS[words] & set(flag.forms) for flag in COMMANDS[words].flags)
