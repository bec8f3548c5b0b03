"""Headers: a secret is never written into the file, and what HTTP would refuse is refused here."""

import re
from collections.abc import Iterator
from typing import Any

from cockpit.config.errors import ConfigError, Path, mistake
from cockpit.config.raw import table

SECRET = re.compile(r"authorization|cookie|token|secret|password|credential|api-?key|-key$|^key$", re.IGNORECASE)
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2


def header_rules(path: Path, headers: Any) -> Iterator[ConfigError]:
    """`path` is that of the headers table."""
    for name, value in table(headers).items():
        place = (*path, name)
        if not NAME.fullmatch(name):
            yield mistake(place, "is no name of a header")
        elif not isinstance(value, str):
            continue
        elif SECRET.search(name):
            variable = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")
            yield mistake(
                place,
                "is a secret and must not stand in the file; write "
                f'{name} = {{ env = "{variable}" }} or {{ file = "path" }}',
            )
        elif not value.isascii():
            yield mistake(place, "holds a character that HTTP headers cannot carry")
