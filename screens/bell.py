"""One ring for each critical alert that is new; nothing rings twice for standing still."""

from typing import Any

from cockpit.model.reading import Reading
from cockpit.watch import Watch
from screens.view import pane_of, view


class Bell:
    """Knows which critical alerts of each environment fired a moment ago."""

    def __init__(self) -> None:
        self.muted = False
        self._known: dict[str, frozenset[str]] = {}

    def rings(self, watch: Watch, reading: Reading[Any]) -> bool:
        """Whether to ring now that `reading` was published."""
        if pane_of(reading.feed) != "alerts":
            return False
        critical = view(watch, reading.environment).critical
        new = critical - self._known.get(reading.environment, frozenset())
        self._known[reading.environment] = critical
        return bool(new) and not self.muted
