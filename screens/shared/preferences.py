"""What the configuration says about the screen itself: keys, theme and time zone, checked before they are used."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from dateutil.tz import tzlocal
from textual.binding import Binding, BindingType

import themes
from cockpit.model.key_bindings import KeyNameError, is_key_clash, normalize_key, split_keys
from cockpit.model.system import System

# Keys as the configuration rebinds them, checked before they are used: Textual itself accepts anything silently.


class KeysError(ValueError):
    """One sentence for the person who wrote `[keys]`."""


def check_keys(bindings: Iterable[Binding], keys: Mapping[str, str]) -> dict[str, str]:
    """The keymap for Textual. Raises KeysError for an unknown id, an impossible key, and one key for two actions."""
    flat = [make_binding for binding in bindings if binding.id for make_binding in Binding.make_bindings([binding])]
    bindings_by_name = {binding.id or "": binding for binding in flat}
    keymap = {}
    for name, wanted_name in keys.items():
        if name not in bindings_by_name:
            near = get_close_matches(name, bindings_by_name, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else f" Known are {', '.join(sorted(bindings_by_name))}."
            raise KeysError(f"keys.{name}: there is no such action.{hint}")
        keymap[name] = ",".join(_normalise_key(name, text) for text in split_keys(wanted_name))
    _must_not_clash(flat, keymap)
    return keymap


def _normalise_key(name: str, key: str) -> str:
    try:
        return normalize_key(key)
    except KeyNameError as error:
        hint = f" Did you mean `{error.suggestion}`?" if error.suggestion else ""
        raise KeysError(f"keys.{name}: {error}.{hint}") from error


def _must_not_clash(bindings: Iterable[Binding], keymap: Mapping[str, str]) -> None:
    taken: dict[str, list[str]] = {}
    for binding in bindings:
        name = binding.id or ""
        for key in keymap.get(name, binding.key).split(","):
            owner = next((text for text in taken.get(key, ()) if is_key_clash(text, name)), "")
            if owner:
                raise KeysError(f"keys: `{key}` would both {owner} and {name}; give one of them another key.")
            taken.setdefault(key, []).append(name)


class ThemeError(ValueError):
    """One sentence for the person who wrote `theme`."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """`keymap` is Textual's, `theme` a registered name or "" for the default."""

    keymap: dict[str, str]
    theme: str
    zone: tzinfo


def read_preferences(system: System, bindings: Iterable[BindingType]) -> Preferences:
    """Raises KeysError or ThemeError; the configuration has checked the name of the zone."""
    theme = themes.resolve(system.theme) if system.theme else ""
    if theme is None:
        raise ThemeError(f"theme: there is no theme `{system.theme}`; choose one of {', '.join(themes.NAMES)}.")
    # Without a name it is the machine's own zone, which follows daylight saving while we run.
    zone = ZoneInfo(system.time_zone) if system.time_zone else tzlocal()
    return Preferences(
        check_keys((binding for binding in bindings if isinstance(binding, Binding)), system.keys), theme, zone
    )
