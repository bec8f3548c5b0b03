"""Keys as the configuration rebinds them, checked before they are used: Textual itself accepts anything silently."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from textual.binding import Binding

from cockpit.model.key_names import KeyNameError, normal, split
from cockpit.model.keys import clash


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
        keymap[name] = ",".join(_normal(name, each) for each in split(wanted))
    _clashes(flat, keymap)
    return keymap


def _normal(name: str, key: str) -> str:
    try:
        return normal(key)
    except KeyNameError as error:
        hint = f" Did you mean `{error.suggestion}`?" if error.suggestion else ""
        raise KeysError(f"keys.{name}: {error}.{hint}") from error


def _clashes(bindings: Iterable[Binding], keymap: Mapping[str, str]) -> None:
    taken: dict[str, list[str]] = {}
    for binding in bindings:
        name = binding.id or ""
        for key in keymap.get(name, binding.key).split(","):
            owner = next((each for each in taken.get(key, ()) if clash(each, name)), "")
            if owner:
                raise KeysError(f"keys: `{key}` would both {owner} and {name}; give one of them another key.")
            taken.setdefault(key, []).append(name)
