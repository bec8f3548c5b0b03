"""Keys as the configuration rebinds them, checked before they are used: Textual itself accepts anything silently."""

import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from textual.binding import Binding
from textual.keys import KEY_TO_UNICODE_NAME, REPLACED_KEYS, Keys, _character_to_key

from cockpit.model.keys import clash

MODIFIERS = ("ctrl+", "shift+", "alt+")
# What a terminal sends for these is another key: nobody could ever press them.
SAME_BYTE = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+left_square_bracket": "escape"}
NAMED = {key.value for key in Keys} | set(REPLACED_KEYS) | set(KEY_TO_UNICODE_NAME)


class KeysError(ValueError):
    """One sentence for the person who wrote `[keys]`."""


def check(bindings: Iterable[Binding], keys: Mapping[str, str]) -> dict[str, str]:
    """The keymap for Textual. Raises KeysError for an unknown id, an impossible key, and one key for two actions."""
    flat = [each for binding in bindings if binding.id for each in Binding.make_bindings([binding])]
    known = {binding.id or "": binding for binding in flat}
    keymap = {}
    for name, wanted in keys.items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else f" Known are {', '.join(sorted(known))}."
            raise KeysError(f"keys.{name}: there is no such action.{hint}")
        keymap[name] = ",".join(normal(name, each.strip()) for each in split(wanted))
    _clashes(flat, keymap)
    return keymap


def split(wanted: str) -> list[str]:
    """`"f5,R"` is two keys; a lone comma is the comma."""
    return [wanted] if wanted.strip() == "," else wanted.split(",")


def normal(name: str, key: str) -> str:
    """Textual's own name of a key. Raises KeysError when no terminal sends it."""
    rest, modified = key, ""
    while (modifier := next((each for each in MODIFIERS if rest.startswith(each) and rest != each), "")) != "":
        rest, modified = rest.removeprefix(modifier), modified + modifier
    single = len(rest) == 1 and rest.isprintable() and not rest.isspace()
    if not single and not is_named(rest):
        near = get_close_matches(rest, NAMED, n=1)
        hint = f" Did you mean `{modified}{near[0]}`?" if near else " Examples: `f5`, `ctrl+r`, `R`, `question_mark`."
        raise KeysError(f"keys.{name}: `{key}` is not a key.{hint}")
    full = modified + (_character_to_key(rest) if single else rest)
    if full in SAME_BYTE:
        raise KeysError(f"keys.{name}: a terminal cannot tell `{key}` from {SAME_BYTE[full]}; choose another key.")
    if modified == "shift+" and single:
        raise KeysError(f"keys.{name}: write `{rest.upper()}` for `{key}`: a terminal sends the capital letter.")
    return full


def is_named(key: str) -> bool:
    """Whether `key` is the name of a special key (`f5`) or of a character (`question_mark`)."""
    if key in NAMED:
        return True
    try:
        unicodedata.lookup(key.replace("_", " "))
    except KeyError:
        return False
    return True


def _clashes(bindings: Iterable[Binding], keymap: Mapping[str, str]) -> None:
    taken: dict[str, list[str]] = {}
    for binding in bindings:
        name = binding.id or ""
        for key in keymap.get(name, binding.key).split(","):
            owner = next((each for each in taken.get(key, ()) if clash(each, name)), "")
            if owner:
                raise KeysError(f"keys: `{key}` would both {owner} and {name}; give one of them another key.")
            taken.setdefault(key, []).append(name)
