"""One ring for each critical alert that is new, and when all probes fall silent; nothing rings twice for standing
still."""

from typing import Any

from cockpit.feeds.watch import Watch
from cockpit.model.own_line import is_suspected
from cockpit.model.reading import Reading
from screens.shared.view import build_view, pane_of


class Bell:
    """Knows which critical alerts of each environment fired a moment ago."""

    def __init__(self) -> None:
        self.muted = False
        self._known: dict[str, frozenset[str]] = {}
        self._unreachable: set[str] = set()  # environments of which nobody can say whether they or we are cut off

    def rings(self, watch: Watch, reading: Reading[Any]) -> bool:
        """Whether to ring now that `reading` was published."""
        if reading.feed == "probes":
            return self._falls_silent(reading) and not self.muted
        if pane_of(reading.feed) != "alerts":
            return False
        critical = build_view(watch, reading.environment).critical
        new = critical - self._known.get(reading.environment, frozenset())
        self._known[reading.environment] = critical
        return bool(new) and not self.muted

    def _falls_silent(self, reading: Reading[Any]) -> bool:
        """Whether it is since this reading that everything there is unreachable."""
        if not is_suspected(reading):
            self._unreachable.discard(reading.environment)
            return False
        new = reading.environment not in self._unreachable
        self._unreachable.add(reading.environment)
        return new
