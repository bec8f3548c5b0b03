"""A command with letters that cannot be seen, or look like others, does not run; one that a person can read does."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.runbook import Step
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.shell_syntax.hidden_letters import (
    find_hidden_letters,
    mark_hidden_letters,
    name_hidden_letters,
)

INVISIBLE = [
    *("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u180e", "\u2063", "\u115f", "\u3164"),
    *("\ufe0f", "\ufe00", "\U000e0061", "\U000e0100", "\u2800", "\u00a0", "\u2007", "\u202f", "\u3000", "\u202e"),
]
LIKE_OTHERS = [
    "az vm delete \u2013\u2013yes",
    "az vm list \u2212o table",
    "echo \u201cone two\u201d",
    "echo \u2018$HOME\u2019",
    "ls \uff1b rm x",
    "ls \u037e rm x",
    "cat \u2215etc\u2215hosts",
    "curl https://ex\u0430mple.com",
    "curl https://sh\u03bfp.example.com",
    "kubectl delete pod \u0455hop",
]
READABLE = [
    "echo 'fertig \u2014 caf\u00e9 is \u201cup\u201d'",
    'git commit -m "can\u2019t reach it \u2026 50 \u2192 20"',
    'echo "\u26a0\ufe0f warning \u2705 \U0001f468\u200d\U0001f469\u200d\U0001f467"',
    'cockpit note "\u043f\u0435\u0440\u0435\u0437\u0430\u043f\u0443\u0441\u043a api"',
    "echo \u65e5\u672c\u8a9e",
    'echo "\u0394t = 5 \u00b5s"',
    "echo na\u00efve \u0131l\u0131k",
]


def read_step(command: str) -> Step:
    (procedure,) = read_runbook("x.md", f"# A\n\n```bash\n# Look\n{command}\n```\n".encode()).procedures
    return procedure.steps[0]


@pytest.mark.parametrize("letter", INVISIBLE, ids=lambda letter: f"U+{ord(letter):04X}")
@pytest.mark.parametrize("place", ["curl https://x{}y", "rm -rf '/srv/{}data'", "kubectl{} get pods"])
def test_what_cannot_be_seen_is_found_marked_and_named_wherever_it_stands(letter: str, place: str) -> None:
    command = place.format(letter)
    assert mark_hidden_letters(command) == place.format("\ufffd")
    assert f"U+{ord(letter):04X}" in name_hidden_letters(command)
    assert read_step(command).altered


@pytest.mark.parametrize("command", LIKE_OTHERS)
def test_what_is_taken_for_another_letter_makes_a_step_not_runnable(command: str) -> None:
    assert find_hidden_letters(command)
    assert read_step(command).altered


@pytest.mark.parametrize("command", READABLE)
def test_what_a_person_can_read_stays_and_runs(command: str) -> None:
    assert find_hidden_letters(command) == []
    assert read_step(command).command == command
    assert not read_step(command).altered


@given(st.text(st.characters(categories=["Cf", "Zs", "Zl", "Zp"], exclude_characters=" "), min_size=1, max_size=3))
def test_no_format_character_and_no_blank_but_one_passes(letters: str) -> None:
    """Of what Unicode calls a blank or a sign for layout: Arabic and other marks that are drawn are not in it."""
    drawn = {letter for letter in letters if unicodedata.name(letter, "").endswith(("SIGN", "SIGN ABOVE", "AYAH"))}
    drawn |= {
        letter for letter in letters if unicodedata.name(letter, "").startswith(("EGYPTIAN", "ARABIC", "SHORTHAND"))
    }
    drawn |= {
        letter for letter in letters if unicodedata.name(letter, "").startswith(("SYRIAC", "KAITHI", "INTERLINEAR"))
    }
    assert {letters[index - 1] for index in find_hidden_letters(f"a{letters}")} >= set(letters) - drawn


@given(st.text())
def test_any_text_may_be_asked_and_marked_once_it_is_clean(command: str) -> None:
    marked = mark_hidden_letters(command)
    assert len(marked) == len(command)
    assert {marked[index] for index in find_hidden_letters(marked)} <= set(command)
