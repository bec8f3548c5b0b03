"""What the screen is told: keys that are keys and belong to one action each, and a theme that there is."""

from collections.abc import Iterator

from cockpit.config.errors import ConfigError, make_config_error
from cockpit.config.raw import Raw, get_text
from cockpit.model.key_bindings import (
    DEFAULT_KEYS,
    FREE_KEY,
    KeyNameError,
    is_key_clash,
    key_name,
    normalize_key,
    opens_a_procedure,
    split_keys,
    types_letter,
)
from cockpit.model.system import FULL, OWN_THEMES
from cockpit.model.text import find_nearest


def theme_rules(theme: str) -> Iterator[ConfigError]:
    """`theme` is "" where the file names none."""
    if theme and theme not in (*OWN_THEMES, *FULL):
        yield make_config_error(
            ("theme",),
            "unknown-name",
            f"`{theme}` is not a theme; there are {', '.join(OWN_THEMES)}",
            find_nearest(theme, (*OWN_THEMES, *FULL)),
            value=theme,
            known=OWN_THEMES,
        )


def key_rules(keys: Raw) -> Iterator[ConfigError]:
    """Actions that nobody knows, keys that are none, and keys that would do two things on one screen."""
    # Keys that the file leaves alone are taken first, so that the mistake is the line that took one of them.
    taken: TakenKeys = {}
    for action, given_text in DEFAULT_KEYS.items():
        for key in split_keys(given_text) if action not in keys else ():
            taken.setdefault(key, []).append(action)
    for name, value in keys.items():
        if name in DEFAULT_KEYS:
            yield from _check_action_keys(name, get_text(value), taken)
    for name, value in keys.items():
        if name in DEFAULT_KEYS:
            continue
        if not opens_a_procedure(name, get_text(value)):
            meant = find_nearest(name, DEFAULT_KEYS)
            there = "" if meant else f"; there are {', '.join(DEFAULT_KEYS)}"
            yield make_config_error(("keys", name), "unknown-action", f"is not an action that has a key{there}", meant)
        elif not FREE_KEY.fullmatch(name):
            yield make_config_error(
                ("keys", name),
                "not-a-key",
                'is not a key for a procedure; write for example F6 = "restore-database#2"',
            )
        elif owner := _find_key_owner(taken, key_name(name), "runbooks"):  # it is pressed where the catalogue is opened
            yield make_config_error(("keys", name), "key-taken", f"is already the key of `{owner}`", owner=owner)


TakenKeys = dict[str, list[str]]
"""Which actions each key has by now."""


def _find_key_owner(taken: TakenKeys, key: str, action: str) -> str:
    """The action that has a key already which this one cannot share, "" for none."""
    return next((entry for entry in taken.get(key, ()) if is_key_clash(entry, action)), "")


def _check_action_keys(name: str, wanted_name: str, taken: TakenKeys) -> Iterator[ConfigError]:
    """The mistakes in the keys of one action, which are then `taken`."""
    for entry in split_keys(wanted_name):
        try:
            key = normalize_key(entry)
        except KeyNameError as error:
            yield make_config_error(("keys", name), "not-a-key", str(error), error.suggestion, key=entry)
            continue
        if name.startswith("catalogue.") and types_letter(key):
            yield make_config_error(
                ("keys", name),
                "key-types-a-letter",
                f"`{entry}` is typed into the field of the catalogue; take one with ctrl+",
                key=entry,
            )
        elif owner := _find_key_owner(taken, key, name):
            yield make_config_error(
                ("keys", name),
                "key-taken",
                f"`{entry}` is already the key of `{owner}`; give one of them another",
                key=entry,
                owner=owner,
            )
        taken.setdefault(key, []).append(name)
