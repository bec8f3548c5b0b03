"""What the screen is configured to: keys that are keys and have one binding each, and a theme that there is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cockpit.config.errors import ConfigError, make_config_error
from cockpit.config.raw import Raw, get_text
from cockpit.model.key_bindings import (
    CHECKED_SINCE_0_1_0,
    DEFAULT_KEYS,
    KEPT_IDS,
    KEY_TABLES,
    find_clashing_screens,
    opens_a_procedure,
    rename_key_id,
)
from cockpit.model.key_names import (
    FREE_KEY,
    KeyNameError,
    key_name,
    normalize_key,
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
    """Bindings that nobody knows, keys that are none, and keys with two actions on one screen."""
    texts = {name: get_text(value) for name, value in keys.items()}
    chosen = {rename_key_id(name): text for name, text in texts.items()}
    # Keys that the file leaves alone are taken first, so that the mistake is the line that took one of them.
    taken = _take_default_keys(chosen)
    for name, text in texts.items():
        if rename_key_id(name) in DEFAULT_KEYS:
            yield from _check_action_keys(name, text, taken, chosen)
    for name, text in texts.items():
        if rename_key_id(name) in DEFAULT_KEYS:
            continue
        if not opens_a_procedure(name, text):
            meant = find_nearest(name, DEFAULT_KEYS)
            there = "" if meant else f"; there are {', '.join(DEFAULT_KEYS)}"
            yield make_config_error(("keys", name), "unknown-action", f"is not an action that has a key{there}", meant)
        elif not FREE_KEY.fullmatch(name):
            yield make_config_error(
                ("keys", name),
                "not-a-key",
                'is not a key for a procedure; write for example F6 = "restore-database#2"',
            )
        elif clash := _find_clash(taken, key_name(name), "runbooks"):  # it is pressed where the catalogue is opened
            owner = clash.owner
            yield make_config_error(("keys", name), "key-taken", f"is already the key of `{owner}`", owner=owner)


TakenKeys = dict[str, list[str]]
"""Which bindings each key has by now."""


@dataclass(frozen=True, slots=True)
class KeyClash:
    """`binding` would take `key` from `owner` on `screens`."""

    binding: str
    key: str
    owner: str
    screens: frozenset[str]

    def __str__(self) -> str:
        where = ", ".join(table.title.lower() for table in KEY_TABLES if table.screen in self.screens)
        return (
            f"keys.{self.binding}: `{self.key}` is also the key of `{self.owner}` ({where}), which has no key there "
            f"now; give `{self.owner}` another one."
        )


def list_lost_keys(keys: Mapping[str, str]) -> Iterator[KeyClash]:
    """Default keys that a file of 0.1.0 takes away, on screens that could not be rebound then, or of later bindings.

    Such a file still loads: what it binds is bound, and the other binding has no key on that screen.
    """
    taken = _take_default_keys(keys)
    for id, text in keys.items():
        for key in map(normalize_key, split_keys(text)):
            clash = _find_clash(taken, key, id)
            if clash and not _is_mistake(clash, keys):
                yield clash


def _take_default_keys(chosen: Mapping[str, str]) -> TakenKeys:
    """The keys of the bindings that the file leaves alone."""
    taken: TakenKeys = {}
    for binding, keys in DEFAULT_KEYS.items():
        for key in split_keys(keys) if binding not in chosen else ():
            taken.setdefault(key, []).append(binding)
    return taken


def _find_clash(taken: TakenKeys, key: str, binding: str) -> KeyClash | None:
    """With a binding that has the key already and is heard on the same screen; a mistake before a warning."""
    clashes = [KeyClash(binding, key, owner, find_clashing_screens(owner, binding)) for owner in taken.get(key, ())]
    clashes = [clash for clash in clashes if clash.screens]
    return max(clashes, key=lambda clash: bool(clash.screens & CHECKED_SINCE_0_1_0), default=None)


def _is_mistake(clash: KeyClash, chosen: Mapping[str, str]) -> bool:
    """Whether one key for these two is an error: not where a file that 0.1.0 took left the other one alone."""
    if clash.owner in chosen or clash.binding not in KEPT_IDS:
        return True
    return clash.owner in KEPT_IDS and bool(clash.screens & CHECKED_SINCE_0_1_0)


def _check_action_keys(
    name: str, wanted_keys: str, taken: TakenKeys, chosen: Mapping[str, str]
) -> Iterator[ConfigError]:
    """The mistakes in the keys of one binding, which are then `taken`."""
    id = rename_key_id(name)
    typed = next((table.screen for table in KEY_TABLES if table.typed and id in table.by_id), "")
    for entry in split_keys(wanted_keys):
        try:
            key = normalize_key(entry)
        except KeyNameError as error:
            yield make_config_error(("keys", name), "not-a-key", str(error), error.suggestion, key=entry)
            continue
        clash = _find_clash(taken, key, id)
        if typed and types_letter(key):
            yield make_config_error(
                ("keys", name),
                "key-types-a-letter",
                f"`{entry}` is typed into the field of the {typed}; take one with ctrl+",
                key=entry,
            )
        elif clash and _is_mistake(clash, chosen):
            yield make_config_error(
                ("keys", name),
                "key-taken",
                f"`{entry}` is already the key of `{clash.owner}`; give one of them another",
                key=entry,
                owner=clash.owner,
            )
        taken.setdefault(key, []).append(id)
