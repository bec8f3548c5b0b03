"""What the configuration knows of keys and themes without the screen is what the screen knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.keys import KEY_TO_UNICODE_NAME, Keys, _character_to_key
from textual.theme import BUILTIN_THEMES

import themes
from cockpit.config.checks_keys import key_rules
from cockpit.model import key_bindings as key_names
from cockpit.model.key_bindings import DEFAULT_KEYS
from cockpit.model.system import FULL, OWN_THEMES

SPECIAL = sorted({each.value for each in Keys} | set(KEY_TO_UNICODE_NAME) | set(key_names.SPECIAL))
SENT_BY_NOBODY = {"ctrl-at"}  # textual's own aliases, which are not typed


def ours(key: str) -> bool:
    try:
        key_names.normalize_key(key)
    except key_names.KeyNameError:
        return False
    return True


@pytest.mark.parametrize("key", [each for each in SPECIAL if "<" not in each and each not in SENT_BY_NOBODY])
def test_every_key_the_screen_knows_by_name_may_be_configured(key: str) -> None:
    assert ours(key) is (key not in key_names.SAME_BYTE)


@given(st.sampled_from(["", "ctrl+", "alt+", "ctrl+shift+"]), st.characters(max_codepoint=0x17F))
def test_a_character_is_called_as_the_screen_calls_it(modifier: str, character: str) -> None:
    named = modifier + _character_to_key(character)
    sent = character.isprintable() and not character.isspace() and named not in key_names.SAME_BYTE
    assert ours(modifier + character) is sent
    if sent:
        assert key_names.normalize_key(modifier + character) == named


def test_every_theme_the_screen_has_may_be_configured_and_no_other() -> None:
    assert set(OWN_THEMES) == set(themes.NAMES)
    assert set(FULL) == {*themes.NAMES.values(), *BUILTIN_THEMES}


def test_one_key_may_do_different_things_on_different_screens() -> None:
    assert not list(key_rules({"run.edit": "d", "catalogue.read": "f5", "run.run": "space", "wall": "W"}))


def test_two_actions_may_swap_their_keys_and_the_defaults_do_not_clash() -> None:
    assert not list(key_rules({"declare": "n", "note": "d"}))
    assert not list(key_rules(dict(DEFAULT_KEYS)))


@pytest.mark.parametrize(
    ("keys", "place", "code", "suggestion"),
    [
        ({"declare": "n"}, "keys.declare", "key-taken", ""),
        ({"declare": "g", "note": "g"}, "keys.note", "key-taken", ""),
        ({"declare": "/"}, "keys.declare", "key-taken", ""),
        ({"declare": "eneter"}, "keys.declare", "not-a-key", "enter"),
        ({"declare": "ctrl+i"}, "keys.declare", "not-a-key", ""),
        ({"declare": "shift+g"}, "keys.declare", "not-a-key", "G"),
        ({"declare": "f7,,f8"}, "keys.declare", "not-a-key", ""),
        ({"xyzzy": "g"}, "keys.xyzzy", "unknown-action", ""),
        ({"run.edit": "s"}, "keys.run.edit", "key-taken", ""),
        ({"run.edit": "ctrl+q"}, "keys.run.edit", "key-taken", ""),
        ({"table.last": "e,end"}, "keys.table.last", "key-taken", ""),
        ({"catalogue.read": "r"}, "keys.catalogue.read", "key-types-a-letter", ""),
        ({"catalogue.read": "/"}, "keys.catalogue.read", "key-types-a-letter", ""),
        ({"catalogue.read": "up"}, "keys.catalogue.read", "key-taken", ""),
        ({"run.edti": "j"}, "keys.run.edti", "unknown-action", "run.edit"),
    ],
)
def test_a_key_that_cannot_be_is_said_with_what_was_meant(
    keys: dict[str, str], place: str, code: str, suggestion: str
) -> None:
    (error,) = key_rules(keys)
    assert (error.path, error.code, error.suggestion) == (place, code, suggestion)
