"""What the configuration says about the screen itself: keys, theme and time zone, checked before they are used."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo

import themes
from cockpit.model.key_names import normalize_key, split_keys
from cockpit.model.problem import CodedError
from cockpit.model.system import System
from cockpit.model.time import find_zone


def build_keymap(keys: Mapping[str, str]) -> dict[str, str]:
    """The keymap for Textual, which takes anything silently. The configuration has checked ids, keys and clashes."""
    return {id: ",".join(map(normalize_key, split_keys(text))) for id, text in keys.items()}


class ThemeError(CodedError):
    """One sentence for the person who wrote `theme`."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """`keymap` is Textual's, `theme` a registered name or "" for the default."""

    keymap: dict[str, str]
    theme: str
    zone: tzinfo


def read_preferences(system: System) -> Preferences:
    """Raises ThemeError; the configuration has checked the name of the zone."""
    theme = themes.resolve(system.theme) if system.theme else ""
    if theme is None:
        raise ThemeError(
            f"theme: there is no theme `{system.theme}`; choose one of {', '.join(themes.NAMES)}.",
            code="theme-unknown",
            theme=system.theme,
        )
    return Preferences(build_keymap(system.keys), theme, find_zone(system.time_zone))
