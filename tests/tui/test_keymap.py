"""`[keys]` is checked before it is used: Textual itself takes anything and says nothing."""

from collections.abc import Mapping

import pytest
from textual.binding import Binding

from cockpit.app import CockpitApp
from cockpit.model.key_bindings import DEFAULT_KEYS
from screens.catalogue.screen import CatalogueScreen
from screens.main.screen import CockpitScreen
from screens.run.screen import RunScreen
from screens.shared.preferences import KeysError, check_keys
from widgets.table import KeyedTable

SCREENS = (CockpitApp, CockpitScreen, KeyedTable, RunScreen, CatalogueScreen)
EXAMPLES = "is no key, such as f5, ctrl+r, R or question_mark."
OURS = [each for where in SCREENS for each in where.BINDINGS if isinstance(each, Binding)]


def test_every_key_of_the_screen_has_an_id_and_is_what_the_configuration_thinks_it_is() -> None:
    assert {each.id: each.key for each in OURS} == DEFAULT_KEYS


def test_the_keys_as_they_come_do_not_clash() -> None:
    assert check_keys(OURS, {}) == {}


@pytest.mark.parametrize(
    ("wanted", "keymap"),
    [
        ("f7", "f7"),
        ("G", "G"),
        ("f7, ctrl+r", "f7,ctrl+r"),
        (",", "comma"),
        ("question_mark", "question_mark"),
        ("ctrl+shift+f1", "ctrl+shift+f1"),
    ],
)
def test_a_key_a_terminal_can_send_is_taken(wanted: str, keymap: str) -> None:
    free = {"help": "f12"} if wanted == "question_mark" else {}

    assert check_keys(OURS, {"declare": wanted, **free})["declare"] == keymap


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"declair": "f7"}, "keys.declair: there is no such action. Did you mean `declare`?"),
        (
            {"declare": "eneter"},
            f"keys.declare: `eneter` {EXAMPLES} Did you mean `enter`?",
        ),
        ({"declare": ""}, f"keys.declare: `` {EXAMPLES}"),
        ({"declare": "f5,,f7"}, f"keys.declare: `` {EXAMPLES}"),
        ({"declare": "ctrl+i"}, "keys.declare: a terminal cannot tell `ctrl+i` from tab; choose another key."),
        ({"declare": "shift+d"}, "keys.declare: a terminal sends the capital letter for `shift+d`. Did you mean `D`?"),
        ({"declare": "n"}, "keys: `n` would both declare and note; give one of them another key."),
        ({"declare": "ctrl+q"}, "keys: `ctrl+q` would both quit and declare; give one of them another key."),
        ({"declare": "enter"}, "keys: `enter` would both declare and table.select; give one of them another key."),
        ({"run.edit": "s"}, "keys: `s` would both run.edit and run.skip; give one of them another key."),
        ({"run.edit": "j"}, "keys: `j` would both table.down and run.edit; give one of them another key."),
        ({"run.edit": "colon"}, "keys: `colon` would both palette and run.edit; give one of them another key."),
        ({"run.edti": "j"}, "keys.run.edti: there is no such action. Did you mean `run.edit`?"),
    ],
)
def test_a_mistake_is_one_sentence_that_says_what_to_do(keys: Mapping[str, str], sentence: str) -> None:
    with pytest.raises(KeysError) as refused:
        check_keys(OURS, keys)

    assert str(refused.value) == sentence


def test_screens_that_are_never_seen_together_may_share_a_key() -> None:
    shared = {"run.edit": "d", "catalogue.read": "f5", "run.values": "f5", "run.run": "space"}
    assert check_keys(OURS, shared) == shared


def test_two_actions_may_swap_their_keys() -> None:
    assert check_keys(OURS, {"declare": "n", "note": "d"}) == {"declare": "n", "note": "d"}
