"""What the configuration says about the screen itself: keys, theme and time zone, checked before they are used."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

from dateutil.tz import tzlocal
from textual.binding import Binding, BindingType

import themes
from cockpit.model.system import System
from screens.keymap import check


class ThemeError(ValueError):
    """One sentence for the person who wrote `theme`."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """`keymap` is Textual's, `theme` a registered name or "" for the default."""

    keymap: dict[str, str]
    theme: str
    zone: tzinfo


def preferences(system: System, bindings: Iterable[BindingType]) -> Preferences:
    """Raises KeysError or ThemeError; the configuration has checked the name of the zone."""
    theme = themes.resolve(system.theme) if system.theme else ""
    if theme is None:
        raise ThemeError(f"theme: there is no theme `{system.theme}`; choose one of {', '.join(themes.NAMES)}.")
    # Without a name it is the machine's own zone, which follows daylight saving while we run.
    zone = ZoneInfo(system.time_zone) if system.time_zone else tzlocal()
    return Preferences(check((each for each in bindings if isinstance(each, Binding)), system.keys), theme, zone)
