"""One ring for each critical alert that is new; nothing rings twice for standing still."""


class Bell:
    """Knows which critical alerts of each environment fired a moment ago."""

    def __init__(self) -> None:
        self.muted = False
        self._known: dict[str, frozenset[str]] = {}

    def rings(self, environment: str, critical: frozenset[str]) -> bool:
        """Whether to ring now that `critical` are the keys of the alerts that fire."""
        new = critical - self._known.get(environment, frozenset())
        self._known[environment] = critical
        return bool(new) and not self.muted
