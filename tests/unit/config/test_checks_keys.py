"""What the configuration knows of keys and themes without the screen is what the screen knows."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.keys import KEY_TO_UNICODE_NAME, Keys, _character_to_key
from textual.theme import BUILTIN_THEMES

import themes
from cockpit.config.checks_keys import key_rules, list_lost_keys
from cockpit.model import key_names
from cockpit.model.key_bindings import DEFAULT_KEYS, KEPT_IDS, KEY_TABLES, KeyTable, rename_key_id
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
def test_a_key_that_cannot_be_is_reported_with_what_was_meant(
    keys: dict[str, str], place: str, code: str, suggestion: str
) -> None:
    (error,) = key_rules(keys)
    assert (error.path, error.code, error.suggestion) == (place, code, suggestion)


# Every id that `[keys]` of 0.1.0 could name.
OF_0_1_0 = """
declare note status acknowledge roles communicate update status_line snooze freeze pin next_error
previous_error people_only preview past runbooks roll_back export logs wall filter leave_filter help
sign_in refresh mute palette quit next_pane previous_pane pane_1 pane_2 pane_3 pane_4 pane_5
table.up table.down table.page_up table.page_down table.first table.last table.select run.run
run.next run.edit run.skip run.by_hand run.undo run.values run.copy run.cancel run.help run.back
run.well run.rollback run.note run.full run.end catalogue.open catalogue.read catalogue.up
catalogue.down catalogue.page_up catalogue.page_down catalogue.back
"""


def test_what_0_1_0_could_name_can_be_named_for_ever() -> None:
    assert set(OF_0_1_0.split()) <= set(DEFAULT_KEYS)
    assert set(OF_0_1_0.split()) <= KEPT_IDS


@pytest.mark.parametrize("binding", DEFAULT_KEYS)
def test_every_action_of_every_screen_can_have_another_key(binding: str) -> None:
    assert not list(key_rules({binding: "f19"}))


def test_no_name_of_an_action_is_the_beginning_of_another() -> None:
    """TOML could not hold both: `past = "h"` is a value, and `past.preview = "v"` a table of the same name."""
    assert {id.partition(".")[0] for id in DEFAULT_KEYS if "." in id}.isdisjoint(DEFAULT_KEYS)


@pytest.mark.parametrize("table", [table for table in KEY_TABLES if table.screen not in ("app", "table", "lines")])
def test_two_keys_of_one_screen_clash_wherever_the_screen_is(table: KeyTable) -> None:
    own = [
        binding.id for binding in table.bindings if binding.id.startswith(f"{table.screen}.") or table.screen == "main"
    ]
    for binding, other in pairwise(own):
        (error,) = key_rules({binding: "f19", other: "f19"})
        assert (error.path, error.facts["owner"]) == (f"keys.{other}", binding)


def test_a_new_name_that_takes_a_key_of_its_screen_is_a_mistake() -> None:
    (error,) = key_rules({"incident.task": "d"})
    assert (error.code, error.facts["owner"]) == ("key-taken", "incident.decide")


def test_a_file_of_before_that_takes_a_key_of_a_later_action_loads_and_is_warned_of() -> None:
    keys = {"note": "b"}  # free in 0.1.0
    assert not list(key_rules(keys))
    (warning,) = list_lost_keys(keys)
    assert (warning.binding, warning.owner, warning.screens) == ("note", "before", frozenset({"main"}))


def test_a_file_of_before_that_takes_a_key_of_a_screen_nobody_could_rebind_loads_and_is_warned_of() -> None:
    keys = {"note": "b", "before": "f9"}  # on the incident's own screen `b` declares a breach
    assert not list(key_rules(keys))
    (warning,) = list_lost_keys(keys)
    assert (warning.binding, warning.owner, warning.screens) == ("note", "incident.aware", frozenset({"incident"}))
    assert not list(list_lost_keys({**keys, "incident.aware": "f8"}))


def test_what_0_1_0_could_name_is_what_is_kept_of_the_main_screen() -> None:
    later = {id for id in DEFAULT_KEYS if "." not in id} - set(OF_0_1_0.split())
    assert later.isdisjoint(KEPT_IDS)


@pytest.mark.parametrize(
    ("old", "new"),
    [("past.preview", "history.preview"), ("tell.sent", "messages.sent"), ("past", "past"), ("F6", "F6")],
)
def test_what_the_screens_called_their_keys_before_is_read_as_todays(old: str, new: str) -> None:
    assert rename_key_id(old) == new
    assert not list(key_rules({old: "f19"}))
