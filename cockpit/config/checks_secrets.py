"""A secret is never written into the file, and a header that HTTP would refuse is refused here."""

import re
from collections.abc import Iterator
from typing import Any

from cockpit.config.errors import ConfigError, Path, make_config_error
from cockpit.config.raw import find_duplicates, get_table, list_tables, list_texts

SECRET_HEADER = re.compile(r"authorization|cookie|token|secret|password|credential|api-?key|-key$|^key$", re.IGNORECASE)
SECRET_VALUE = re.compile(r"(password|passwd|secret|token|api[_-]?key|connection[_-]?string)$", re.IGNORECASE)
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2


def header_rules(path: Path, headers: Any) -> Iterator[ConfigError]:
    """`path` is that of the headers table."""
    for name, value in get_table(headers).items():
        place = (*path, name)
        if not NAME.fullmatch(name):
            yield make_config_error(place, "not-a-header", "is not a name for a header")
        elif not isinstance(value, str):
            continue
        elif SECRET_HEADER.search(name):
            yield _report_plain_secret(place, name)
        elif not value.isascii():
            yield make_config_error(place, "not-a-header", "holds a character that HTTP headers cannot carry")


def value_rules(path: Path, values: Any) -> Iterator[ConfigError]:
    """`path` is that of the table of values for placeholders."""
    for name, value in get_table(values).items():
        if isinstance(value, str) and value and SECRET_VALUE.search(name):
            yield _report_plain_secret((*path, name), name)


def _report_plain_secret(place: Path, name: str) -> ConfigError:
    variable = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")
    way = f'{name} = {{ env = "{variable}" }} or {{ file = "path" }}'
    return make_config_error(
        place, "plain-secret", f"is a secret and must not stand in the file; write {way}", variable=variable
    )


# Alert sources: what each kind needs, and what it has no use for.

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
    yield from find_duplicates(path, array)
    for index, source in list_tables(array):
        place = (*path, index)
        yield from header_rules((*place, "headers"), source.get("headers"))
        for position, matcher in list_texts(source.get("filters")):
            if not MATCHER.fullmatch(matcher):
                yield make_config_error(
                    (*place, "filters", position),
                    "not-a-matcher",
                    f"`{matcher}` is not a matcher",
                    'severity="critical"',
                    value=matcher,
                )
        if source.get("kind") == "alertmanager" and not source.get("urls"):
            yield make_config_error(
                (*place, "urls"), "required", "is required: the addresses of the Alertmanager servers"
            )
        if source.get("kind") == "azure":
            for key in ALERTMANAGER_ONLY:
                if key in source:
                    yield make_config_error(
                        (*place, key), "not-for-this-kind", "is only for kind = alertmanager", kind="azure"
                    )
            if not subscription:
                yield make_config_error(
                    (*path[:-1], "subscription"), "required", f"is required: {path[-1]}[{index}] asks Azure"
                )
