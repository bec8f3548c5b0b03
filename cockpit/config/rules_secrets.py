"""A secret is never written into the file, and a header that HTTP would refuse is refused here."""

import re
from collections.abc import Iterator
from typing import Any

from cockpit.config.errors import ConfigError, Path, mistake
from cockpit.config.raw import table

SECRET_HEADER = re.compile(r"authorization|cookie|token|secret|password|credential|api-?key|-key$|^key$", re.IGNORECASE)
SECRET_VALUE = re.compile(r"(password|passwd|secret|token|api[_-]?key|connection[_-]?string)$", re.IGNORECASE)
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2


def header_rules(path: Path, headers: Any) -> Iterator[ConfigError]:
    """`path` is that of the headers table."""
    for name, value in table(headers).items():
        place = (*path, name)
        if not NAME.fullmatch(name):
            yield mistake(place, "is no name of a header")
        elif not isinstance(value, str):
            continue
        elif SECRET_HEADER.search(name):
            yield _plain(place, name)
        elif not value.isascii():
            yield mistake(place, "holds a character that HTTP headers cannot carry")


def value_rules(path: Path, values: Any) -> Iterator[ConfigError]:
    """`path` is that of the table of values for placeholders."""
    for name, value in table(values).items():
        if isinstance(value, str) and value and SECRET_VALUE.search(name):
            yield _plain((*path, name), name)


def _plain(place: Path, name: str) -> ConfigError:
    variable = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")
    way = f'{name} = {{ env = "{variable}" }} or {{ file = "path" }}'
    return mistake(place, f"is a secret and must not stand in the file; write {way}")
