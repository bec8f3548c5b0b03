"""One ring for each critical alert that is new, and when all probes fall silent; nothing rings twice for standing
still, or for coming back again and again."""

from collections.abc import Collection
from typing import Any

from cockpit.feeds.watch import Watch
from cockpit.model.own_line import is_suspected
from cockpit.model.reading import Reading
from screens.shared.view import build_view, pane_of

SILENCE = ""  # stands among the alerts for probes that all fell silent: no alert has such a key
FLAPPING = 900.0  # seconds within which what comes back is the same trouble again: it rang then


class Bell:
    """Knows when each critical alert of each environment last fired, and when all its probes were last silent."""

    def __init__(self) -> None:
        self.muted = False
        self._last: dict[str, dict[str, float]] = {}

    def rings(self, watch: Watch, reading: Reading[Any]) -> bool:
        """Whether to ring now that `reading` was published."""
        if reading.feed == "probes":
            troubles = frozenset({SILENCE}) if is_suspected(reading) else frozenset[str]()
        elif pane_of(reading.feed) == "alerts":
            troubles = build_view(watch, reading.environment).critical
        else:
            return False
        return self._note(reading.environment, troubles, reading.tried) and not self.muted

    def _note(self, environment: str, troubles: Collection[str], now: float) -> bool:
        """Whether one of these troubles is new, or was over for so long that it is another one."""
        before = self._last.get(environment, {})
        recent = {trouble: seconds for trouble, seconds in before.items() if now - seconds <= FLAPPING}
        self._last[environment] = {**recent, **dict.fromkeys(troubles, now)}
        return not recent.keys() >= set(troubles)
