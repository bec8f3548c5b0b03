"""Does every key exist, and hold the kind of value it must? Says it in the words of the file."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cockpit.config.errors import ConfigError, mistake
from cockpit.config.tables import TABLES, Root, keys_of
from cockpit.model.near import near

SENTENCES = {
    "missing": "is required",
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must not be empty",
}


def read_shape(data: dict[str, Any]) -> tuple[Root | None, list[ConfigError]]:
    """The configuration, or None and everything that is wrong with its shape."""
    try:
        return Root.model_validate(data), []
    except ValidationError as refused:
        return None, [_explain(each) for each in refused.errors(include_url=False)]


def _explain(error: ErrorDetails) -> ConfigError:
    path, kind, context = error["loc"], error["type"], error.get("ctx", {})
    if kind == "cockpit":
        return mistake(path, context["message"], context["suggestion"])
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"])
        return mistake(path, f"must be one of {', '.join(known)}", near(str(error["input"]), known))
    if kind in ("list_type", "model_type", "dict_type"):
        return mistake(path, _wrong_brackets(path, kind, error["input"]))
    sentence = SENTENCES.get(kind)
    return mistake(path, sentence.format(**context) if sentence else error["msg"])


def _wrong_brackets(path: tuple[str | int, ...], kind: str, value: Any) -> str:
    name = ".".join(step for step in path if isinstance(step, str))
    tables = _pattern(path) in TABLES
    if kind == "list_type":
        if tables and isinstance(value, dict):
            return f"is a list of tables; write [[{name}]] with two brackets"
        return f"must be a list{' of tables, written ' + f'[[{name}]]' if tables else ', even of one: [ ... ]'}"
    if isinstance(value, list):
        return f"is one table; write [{name}] with one bracket"
    if isinstance(path[-1], int):
        return "must be a table: { key = value, ... }"
    return f"must be a table, written [{name}]"


def _unknown_key(path: tuple[str | int, ...]) -> ConfigError:
    """A key nobody knows: misspelled, or known in another table (TOML puts it in the table of the line above)."""
    key = str(path[-1])
    here = keys_of(TABLES[_pattern(path[:-1])])
    if meant := near(key, here):
        return mistake(path, "is not known", meant)
    elsewhere = sorted(_homes(key), key=len)
    if not elsewhere:
        return mistake(path, f"is not known; here are known: {', '.join(here)}")
    return mistake(path, f"does not belong here but {' or '.join(elsewhere)}")


def _homes(key: str) -> Iterator[str]:
    for pattern, table in TABLES.items():
        if key in keys_of(table):
            name = ".".join(pattern).replace("*", "NAME")
            yield f"under [{name}]" if name else "at the top, before the first [table]"


def _pattern(path: tuple[str | int, ...]) -> tuple[str, ...]:
    names = [step for step in path if isinstance(step, str)]
    if len(names) > 1 and names[0] == "environments":
        names[1] = "*"
    return tuple(names)
