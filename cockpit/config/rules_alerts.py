"""Alert sources: what each kind needs, and what it has no use for."""

import re
from collections.abc import Iterator
from typing import Any

from cockpit.config.errors import ConfigError, Path, mistake
from cockpit.config.raw import duplicates, tables, texts
from cockpit.config.rules_secrets import header_rules

MATCHER = re.compile(
    r"""\s*([A-Za-z_][A-Za-z0-9_]*|"[^"]+")  # a label
    \s*(=~|!~|!=|=)\s*
    ("(?:[^"\\]|\\.)*"|[^"{},\s=~!][^"{},\s]*)\s*  # its value; bare, it begins with no sign: `severity=~` has none
    """,
    re.VERBOSE,
)
ALERTMANAGER_ONLY = ("urls", "prometheus", "headers", "filters", "watchdog", "verify_tls", "ca_file")


def alert_rules(path: Path, array: Any, subscription: Any) -> Iterator[ConfigError]:
    """`path` is that of the array of sources; `subscription` that of its environment."""
    yield from duplicates(path, array)
    for at, source in tables(array):
        place = (*path, at)
        yield from header_rules((*place, "headers"), source.get("headers"))
        for position, matcher in texts(source.get("filters")):
            if not MATCHER.fullmatch(matcher):
                yield mistake((*place, "filters", position), f"`{matcher}` is no matcher", 'severity="critical"')
        if source.get("kind") == "alertmanager" and not source.get("urls"):
            yield mistake((*place, "urls"), "is required: the addresses of the Alertmanager servers")
        if source.get("kind") == "azure":
            for key in ALERTMANAGER_ONLY:
                if key in source:
                    yield mistake((*place, key), "is only for kind = alertmanager")
            if not subscription:
                yield mistake((*path[:-1], "subscription"), f"is required: {path[-1]}[{at}] asks Azure")
