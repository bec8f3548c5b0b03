"""Reading cockpit.toml: every mistake at once, or a System."""

import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cockpit.config.build import build_system
from cockpit.config.checks import check_rules
from cockpit.config.errors import ConfigError, ConfigErrors, make_config_error
from cockpit.config.lines import find_key_lines, line_of
from cockpit.config.raw import flat_keys
from cockpit.config.schema import TABLES, Root, keys_of
from cockpit.model.system import System
from cockpit.model.text import find_nearest

# Does every key exist, and hold the kind of value it must? Says it in the words of the file.

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
        return None, [_explain_validation_error(error) for error in refused.errors(include_url=False)]


def _explain_validation_error(error: ErrorDetails) -> ConfigError:
    path, kind, context = error["loc"], error["type"], error.get("ctx", {})
    if kind == "cockpit":
        return make_config_error(path, context["message"], context["suggestion"])
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "literal_error":
        known_items = re.findall(r"'([^']*)'", context["expected"])
        return make_config_error(
            path, f"must be one of {', '.join(known_items)}", find_nearest(str(error["input"]), known_items)
        )
    if kind in ("list_type", "model_type", "dict_type"):
        return make_config_error(path, _wrong_brackets(path, kind, error["input"]))
    sentence = SENTENCES.get(kind)
    return make_config_error(path, sentence.format(**context) if sentence else error["msg"])


def _wrong_brackets(path: tuple[str | int, ...], kind: str, value: Any) -> str:
    name = ".".join(step for step in path if isinstance(step, str))
    tables = _match_table_pattern(path) in TABLES
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
    here = keys_of(TABLES[_match_table_pattern(path[:-1])])
    if meant := find_nearest(key, here):
        return make_config_error(path, "is not known", meant)
    elsewhere = sorted(_find_key_homes(key), key=len)
    if not elsewhere:
        return make_config_error(path, f"is not known; here are known: {', '.join(here)}")
    return make_config_error(path, f"does not belong here but {' or '.join(elsewhere)}")


def _find_key_homes(key: str) -> Iterator[str]:
    for pattern, table in TABLES.items():
        if key in keys_of(table):
            name = ".".join(pattern).replace("*", "NAME")
            yield f"under [{name}]" if name else "at the top, before the first [table]"


def _match_table_pattern(path: tuple[str | int, ...]) -> tuple[str, ...]:
    names = [step for step in path if isinstance(step, str)]
    if len(names) > 1 and names[0] == "environments":
        names[1] = "*"
    return tuple(names)


# From a file to the tables in it.

LARGEST = 1_000_000  # bytes
REASONS: dict[type[Exception], str] = {
    FileNotFoundError: "does not exist",
    IsADirectoryError: "is a directory; name the file in it",
    PermissionError: "may not be read by this user",
    NotADirectoryError: "does not exist: a part of its path is a file",
}


def read_config_text(path: Path) -> str:
    """The text of the file. Raises ConfigErrors with one sentence."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        sentences = getattr(error, "strerror", None) or str(error)
        raise _make_config_errors(path, REASONS.get(type(error), f"cannot be read: {sentences}")) from None
    if len(content) > LARGEST:
        raise _make_config_errors(path, f"is larger than {LARGEST} bytes; this is no configuration")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _make_config_errors(path, "is not UTF-8 text; save it as UTF-8", line) from None


def parse_toml(text: str, path: Path) -> dict[str, Any]:
    """The content as TOML reads it. Raises ConfigErrors with line and column."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _make_config_errors(path, "is nested too deeply") from None
    except ValueError as error:
        tokens = re.sub(r" \(at (line \d+, column \d+|end of document)\)$", "", str(error))
        where = re.search(r"at line (\d+), column (\d+)\)$", str(error))
        if where is None:
            raise _make_config_errors(
                path, f"is no valid TOML: {_lower_first_letter(tokens)}", text.count("\n") + 1
            ) from None
        line, column = int(where.group(1)), where.group(2)
        raise _make_config_errors(
            path, f"is no valid TOML at column {column}: {_lower_first_letter(tokens)}", line
        ) from None


def _lower_first_letter(text: str) -> str:
    return text[:1].lower() + text[1:]


def _make_config_errors(path: Path, message: str, line: int | None = None) -> ConfigErrors:
    return ConfigErrors((make_config_error((), message, line=line),), str(path))


def load_file(path: Path) -> System:
    """The System that the file describes. Raises ConfigErrors with all that is wrong, each with path and line."""
    path = Path(os.path.abspath(path))
    text = read_config_text(path)
    data = flat_keys(parse_toml(text, path))
    numbers_by_name = find_key_lines(text)
    root, wrong = read_shape(data)
    config_errors_by_pair = {(error.path, error.message): error for error in (*wrong, *check_rules(data))}
    if root is None or config_errors_by_pair:
        raise ConfigErrors(
            [
                replace(config_error, line=line_of(config_error.place, numbers_by_name))
                for config_error in config_errors_by_pair.values()
            ],
            str(path),
        )
    return build_system(root, path, numbers_by_name)
