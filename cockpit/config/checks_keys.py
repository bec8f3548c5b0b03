"""What the screen is told: keys that are keys and belong to one action each, and a theme that there is."""

from collections.abc import Iterator

from cockpit.config.errors import ConfigError, mistake
from cockpit.config.raw import Raw, text
from cockpit.model.key_bindings import (
    DEFAULT_KEYS,
    FREE_KEY,
    KeyNameError,
    clash,
    key_name,
    normal,
    opens_a_procedure,
    split,
    types,
)
from cockpit.model.system import FULL, OURS
from cockpit.model.text import near


def theme_rules(theme: str) -> Iterator[ConfigError]:
    """`theme` is "" where the file names none."""
    if theme and theme not in (*OURS, *FULL):
        yield mistake(("theme",), f"`{theme}` is no theme; there are {', '.join(OURS)}", near(theme, (*OURS, *FULL)))


def key_rules(keys: Raw) -> Iterator[ConfigError]:
    """Actions that nobody knows, keys that are none, and keys that would do two things on one screen."""
    # Keys that the file leaves alone are taken first, so that the mistake is the line that took one of them.
    taken: Taken = {}
    for action, given_text in DEFAULT_KEYS.items():
        for key in split(given_text) if action not in keys else ():
            taken.setdefault(key, []).append(action)
    for name, value in keys.items():
        if name in DEFAULT_KEYS:
            yield from _action(name, text(value), taken)
    for name, value in keys.items():
        if name in DEFAULT_KEYS:
            continue
        if not opens_a_procedure(name, text(value)):
            meant = near(name, DEFAULT_KEYS)
            there = "" if meant else f"; there are {', '.join(DEFAULT_KEYS)}"
            yield mistake(("keys", name), f"is no action that has a key{there}", meant)
        elif not FREE_KEY.fullmatch(name):
            yield mistake(("keys", name), 'is no key for a procedure; write for example F6 = "restore-database#2"')
        elif owner := _owner(taken, key_name(name), "runbooks"):  # it is pressed where the catalogue is opened
            yield mistake(("keys", name), f"is already the key of `{owner}`")


Taken = dict[str, list[str]]
"""Which actions each key has by now."""


def _owner(taken: Taken, key: str, action: str) -> str:
    """The action that has a key already which this one cannot share, "" for none."""
    return next((entry for entry in taken.get(key, ()) if clash(entry, action)), "")


def _action(name: str, wanted_name: str, taken: Taken) -> Iterator[ConfigError]:
    """The mistakes in the keys of one action, which are then `taken`."""
    for entry in split(wanted_name):
        try:
            key = normal(entry)
        except KeyNameError as error:
            yield mistake(("keys", name), str(error), error.suggestion)
            continue
        if name.startswith("catalogue.") and types(key):
            yield mistake(("keys", name), f"`{entry}` is typed into the field of the catalogue; take one with ctrl+")
        elif owner := _owner(taken, key, name):
            yield mistake(("keys", name), f"`{entry}` is already the key of `{owner}`; give one of them another")
        taken.setdefault(key, []).append(name)
