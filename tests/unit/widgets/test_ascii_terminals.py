"""A terminal without Unicode gets the same screen in ASCII, cell for cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from widgets.cell import sanitize_line
from widgets.line import ascii_only, in_ascii


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LANG": "en_NZ.UTF-8"}, False),
        ({"LC_ALL": "C.utf8", "LANG": "de_DE.ISO-8859-1"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"TERM": "linux", "LANG": "en_NZ.UTF-8"}, True),
        ({"COCKPIT_ASCII": "1", "LANG": "en_NZ.UTF-8"}, True),
        ({"COCKPIT_ASCII": "0", "TERM": "linux"}, False),
        ({}, False),
    ],
)
def test_the_environment_says_what_the_terminal_can_draw(environ: dict[str, str], expected: bool) -> None:
    assert ascii_only(environ) is expected


def test_each_sign_of_the_screen_has_its_own_letter() -> None:
    assert in_ascii("● ◐ ✖ ◌ ▲ △ ✔ ▸ ⚠") == "o ~ X ? ! . v > W"


@given(st.text(max_size=40))
def test_no_other_character_is_left_and_no_width_changes(text: str) -> None:
    shown = sanitize_line(text)

    assert in_ascii(shown).isascii()
    assert len(in_ascii(shown)) == cell_len(shown)
