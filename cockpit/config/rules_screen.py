"""What the screen is told: keys that are keys and belong to one action each, and a theme that there is."""

from collections.abc import Iterator

from cockpit.config.errors import ConfigError, mistake
from cockpit.config.raw import Raw, text
from cockpit.model.key_names import KeyNameError, normal, split
from cockpit.model.keys import DEFAULT_KEYS, FREE_KEY, key_name, opens_a_procedure
from cockpit.model.near import near
from cockpit.model.themes import FULL, OURS


def theme_rules(theme: str) -> Iterator[ConfigError]:
    """`theme` is "" where the file names none."""
    if theme and theme not in (*OURS, *FULL):
        yield mistake(("theme",), f"`{theme}` is no theme; there are {', '.join(OURS)}", near(theme, (*OURS, *FULL)))


def key_rules(keys: Raw) -> Iterator[ConfigError]:
    """Actions that nobody knows, keys that are none, and keys that would do two things."""
    # Keys that the file leaves alone are taken first, so that the mistake is the line that took one of them.
    taken = {key: action for action, given in DEFAULT_KEYS.items() if action not in keys for key in split(given)}
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
        elif owner := taken.get(key_name(name)):
            yield mistake(("keys", name), f"is already the key of `{owner}`")


def _action(name: str, wanted: str, taken: dict[str, str]) -> Iterator[ConfigError]:
    """The mistakes in the keys of one action, which are then `taken`."""
    for each in split(wanted):
        try:
            key = normal(each)
        except KeyNameError as error:
            yield mistake(("keys", name), str(error), error.suggestion)
            continue
        owner = taken.setdefault(key, name)
        if owner != name:
            yield mistake(("keys", name), f"`{each}` is already the key of `{owner}`; give one of them another")
