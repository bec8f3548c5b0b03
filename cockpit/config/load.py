"""Reading cockpit.toml: every mistake at once, or a System."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cockpit.config.build import ConfigSource, build_noun
from cockpit.config.checks import check_rules
from cockpit.config.errors import ConfigError, ConfigErrors, make_config_error
from cockpit.config.errors import Path as KeyPath
from cockpit.config.fields import FieldError, ValueKind
from cockpit.config.lines import Positions, find_position, find_positions
from cockpit.config.raw import expand_auth, flat_keys
from cockpit.config.schema import (
    RETIRED,
    ChoiceShape,
    FlagShape,
    KeyDeclaration,
    ListShape,
    MapShape,
    NamedTablesShape,
    NumberShape,
    Shape,
    TableShape,
    TablesShape,
    keys_of_table,
    list_tables_of,
)
from cockpit.model.raw import read_named_file
from cockpit.model.secret import Secret
from cockpit.model.setting import NOTHING
from cockpit.model.system import System
from cockpit.model.text import clean_line, find_nearest


class TableReader:
    """Reads the tables of one file by their declarations; collects what is wrong and what is retired, and goes on."""

    def __init__(self, source: ConfigSource) -> None:
        self.source = source
        self.errors: list[ConfigError] = []
        self.notices: list[tuple[KeyPath, str]] = []

    def read_table(self, shape: TableShape, value: Any, path: KeyPath) -> Any:
        """The noun of the table; NOTHING where a mistake stands in the way, which is among the errors then."""
        if not isinstance(value, dict):
            return self._refuse(path, "wrong-type", _wrong_brackets(path, value, shape), expected="table")
        count = len(self.errors)
        values = self._read_keys(shape, value, path)
        if len(self.errors) > count:
            return NOTHING
        return values if shape.group else build_noun(shape.noun, values, path, self.source)

    def _read_keys(self, shape: TableShape, table: Mapping[str, Any], path: KeyPath) -> dict[str, Any]:
        """The fields of a noun. Those of an inline noun come under its class name, those of a group as its own."""
        keys = keys_of_table(shape.noun, shape.group)
        values: dict[str, Any] = {}
        for name in table:
            if name not in keys and not self._note_retired_key((*path, name)):
                self.errors.append(_unknown_key((*path, name), table[name], keys))
        for key, declaration in keys.items():
            value = self._read_key(declaration, table.get(key, NOTHING), (*path, key))
            if value is NOTHING:
                continue
            if isinstance(declaration.shape, TableShape) and declaration.shape.group:
                values |= value
            elif declaration.of_kind:
                if value is not None:
                    values.setdefault(declaration.field, {})[key] = value
            elif declaration.owner is not shape.noun:
                values.setdefault(declaration.owner.__name__, {})[declaration.field] = value
            else:
                values[declaration.field] = value
        return values

    def _read_key(self, declaration: KeyDeclaration, value: Any, path: KeyPath) -> Any:
        if value is not NOTHING:
            return self.read_value(declaration.shape, value, path)
        if declaration.required:
            return self._refuse(path, "required", "is required")
        if declaration.setting.absent is not NOTHING:
            return self.read_value(declaration.shape, declaration.setting.absent, path)
        return NOTHING if declaration.setting.absent_text or not declaration.field else declaration.default

    def read_value(self, shape: Shape, value: Any, path: KeyPath) -> Any:
        """The value as the program uses it; NOTHING where it is wrong."""
        match shape:
            case ValueKind():
                return self._read_single(shape, value, path)
            case FlagShape():
                if not isinstance(value, bool):
                    return self._refuse(path, "wrong-type", "must be true or false, without quotes", expected="flag")
                return value
            case NumberShape():
                return self._read_number(shape, value, path)
            case ChoiceShape():
                return self._read_choice(shape, value, path)
            case ListShape(element=element, not_empty=not_empty):
                if not isinstance(value, list):
                    return self._refuse(path, "wrong-type", "must be a list, even of one: [ ... ]", expected="list")
                if not_empty and not value:
                    return self._refuse(path, "empty", "must not be empty")
                return tuple(self.read_value(element, entry, (*path, index)) for index, entry in enumerate(value))
            case MapShape(element=element):
                if not isinstance(value, dict):
                    return self._refuse(path, "wrong-type", _wrong_brackets(path, value), expected="table")
                return {name: self.read_value(element, entry, (*path, name)) for name, entry in value.items()}
            case NamedTablesShape(noun=noun):
                if not isinstance(value, dict):
                    return self._refuse(path, "wrong-type", _wrong_brackets(path, value), expected="table")
                return tuple(self.read_table(TableShape(noun), entry, (*path, name)) for name, entry in value.items())
            case TablesShape(noun=noun):
                if not isinstance(value, list):
                    return self._refuse(path, "wrong-type", _wrong_list_of_tables(path, value), expected="tables")
                return tuple(
                    self.read_table(TableShape(noun), entry, (*path, index)) for index, entry in enumerate(value)
                )
            case TableShape():
                return self.read_table(shape, value, path)

    def _read_single(self, kind: ValueKind, value: Any, path: KeyPath) -> Any:
        try:
            result = kind.read(value)
        except FieldError as error:
            return self._refuse(path, error.code, error.message, error.suggestion, **error.facts)
        if isinstance(result, Secret) and result.source == "file":
            return replace(result, name=self._make_path_absolute(result.name))
        return self._make_path_absolute(result) if kind.word == "path" else result

    def _make_path_absolute(self, path: str) -> str:
        """A path as seen from the folder of the file; "" stays ""."""
        return os.path.abspath(self.source.file.parent / os.path.expanduser(path)) if path else ""

    def _read_number(self, shape: NumberShape, value: Any, path: KeyPath) -> Any:
        if not isinstance(value, int) or isinstance(value, bool):
            return self._refuse(path, "wrong-type", "must be a whole number, without quotes", expected="number")
        if shape.minimum is not None and value < shape.minimum:
            return self._refuse(path, "out-of-range", f"must be at least {shape.minimum}", minimum=shape.minimum)
        if shape.maximum is not None and value > shape.maximum:
            return self._refuse(path, "out-of-range", f"must be at most {shape.maximum}", maximum=shape.maximum)
        return value

    def _read_choice(self, shape: ChoiceShape, value: Any, path: KeyPath) -> Any:
        if value not in shape.texts:
            meant = find_nearest(clean_line(str(value), 80), shape.texts)
            return self._refuse(
                path, "not-one-of", f"must be one of {', '.join(shape.texts)}", meant, value=value, choices=shape.texts
            )
        return shape.convert(value)

    def _note_retired_key(self, path: KeyPath) -> bool:
        notice = RETIRED.get(_match_table_pattern(path))
        if notice:
            self.notices.append((path, notice))
        return notice is not None

    def _refuse(self, path: KeyPath, code: str, message: str, suggestion: str = "", **facts: Any) -> Any:
        self.errors.append(make_config_error(path, code, message, suggestion, **facts))
        return NOTHING


def _wrong_brackets(path: KeyPath, value: Any, shape: TableShape | None = None) -> str:
    name = ".".join(step for step in path if isinstance(step, str))
    if isinstance(value, list):
        return f"is one table; write [{name}] with one bracket"
    if path and isinstance(path[-1], int):
        return "must be a table: { key = value, ... }"
    return f"must be a table, written [{name}]"


def _wrong_list_of_tables(path: KeyPath, value: Any) -> str:
    name = ".".join(step for step in path if isinstance(step, str))
    if isinstance(value, dict):
        return f"is a list of tables; write [[{name}]] with two brackets"
    return f"must be a list of tables, written [[{name}]]"


def _unknown_key(path: KeyPath, value: Any, keys: Mapping[str, KeyDeclaration]) -> ConfigError:
    """A key nobody knows: misspelled, shortened, or known in another table (TOML puts it in the table above it)."""
    key = str(path[-1])
    if meant := _find_meant_key(key, value, keys):
        message = "is not known"
        if isinstance(keys[meant].shape, TablesShape) and isinstance(value, dict):
            table = ".".join(step for step in (*path[:-1], meant) if isinstance(step, str))
            message = f"is not known, and `{meant}` is a list of tables, written [[{table}]]"
        return make_config_error(path, "unknown-key", message, meant)
    homes = sorted(_find_key_homes(key), key=len)
    if homes:
        return make_config_error(path, "misplaced-key", f"does not belong here but {' or '.join(homes)}", homes=homes)
    message = f"is not known; here are known: {', '.join(keys)}"
    return make_config_error(path, "unknown-key", message, _find_key_elsewhere(key, value), known=tuple(keys))


def _find_meant_key(key: str, value: Any, keys: Mapping[str, KeyDeclaration]) -> str:
    """The key of this table that was meant: spelled nearly so, a part of it (`http`), or the one that holds such keys.

    Of two that share a word the one counts that takes such a value: `[kube]` is no `kube_context`.
    """
    if near := find_nearest(key, keys):
        return near
    sharing = [name for name in keys if _shares_word(key.casefold(), name)]
    fitting = [name for name in sharing if _takes_tables(keys[name].shape) == _holds_tables(value)]
    holding = [name for name, declaration in keys.items() if _holds_its_keys(value, declaration.shape)]
    return next((names[0] for names in (fitting, sharing, holding) if len(names) == 1), "")


SHORTEST_PART = 3  # letters of a key by which another one can be known


def _shares_word(key: str, name: str) -> bool:
    longer, shorter = sorted((key, name), key=len, reverse=True)
    return len(shorter) >= SHORTEST_PART and (longer.startswith(shorter) or shorter in longer.split("_"))


def _takes_tables(shape: Shape) -> bool:
    return isinstance(shape, TableShape | TablesShape | NamedTablesShape | MapShape)


def _holds_tables(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(entry, dict) for entry in value))


def _holds_its_keys(value: Any, shape: Shape) -> bool:
    """True for a table all of whose keys are those of `shape`."""
    tables = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
    if not isinstance(shape, TableShape | TablesShape) or not tables:
        return False
    group = shape.group if isinstance(shape, TableShape) else ""
    return all(
        isinstance(table, dict) and table and set(table) <= set(keys_of_table(shape.noun, group)) for table in tables
    )


NEAR_ELSEWHERE = 0.8  # of a key in another table: there are some hundred, and one of them is always a little like it


def _find_key_elsewhere(key: str, value: Any) -> str:
    """The key of another table that was most likely meant, with its table: `environments.NAME.http_access`."""
    for pattern, shape in list_tables_of():
        keys = keys_of_table(shape.noun, shape.group)
        meant = find_nearest(key, keys, likeness=NEAR_ELSEWHERE)
        if not meant and _holds_tables(value):
            meant = _find_meant_key(key, value, {name: keys[name] for name in keys if _takes_tables(keys[name].shape)})
        if meant:
            return ".".join((*pattern, meant)).replace("*", "NAME")
    return ""


def _find_key_homes(key: str) -> Iterator[str]:
    for pattern, shape in list_tables_of():
        if key in keys_of_table(shape.noun, shape.group):
            name = ".".join(pattern).replace("*", "NAME")
            yield f"under [{name}]" if name else "at the top, before the first [table]"


def _match_table_pattern(path: KeyPath) -> tuple[str, ...]:
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
    TimeoutError: "is no file, and nobody wrote a whole configuration into it; name a file, or start what writes it",
}


def read_config_text(path: Path) -> str:
    """The text of the file. Raises ConfigErrors with one sentence."""
    try:
        content = read_named_file(path, LARGEST + 1)
    except (OSError, ValueError) as error:
        sentences = getattr(error, "strerror", None) or str(error)
        raise _make_config_errors(
            path, "unreadable", REASONS.get(type(error), f"cannot be read: {sentences}")
        ) from None
    if len(content) > LARGEST:
        raise _make_config_errors(path, "too-large", f"is larger than {LARGEST} bytes; this is not a configuration")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = len(content[content.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8", "replace")) + 1
        raise _make_config_errors(path, "not-utf-8", "is not UTF-8 text; save it as UTF-8", line, column) from None


def parse_toml(text: str, path: Path) -> dict[str, Any]:
    """The content as TOML reads it. Raises ConfigErrors with line and column."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _make_config_errors(path, "nested-too-deeply", "is nested too deeply") from None
    except ValueError as error:
        tokens = re.sub(r" \(at (line \d+, column \d+|end of document)\)$", "", str(error))
        where = re.search(r"at line (\d+), column (\d+)\)$", str(error))
        line, column = (int(where[1]), int(where[2])) if where else (text.count("\n") + 1, None)
        message = f"is not valid TOML: {_lower_first_letter(tokens)}"
        raise _make_config_errors(path, "not-toml", message, line, column) from None


def _lower_first_letter(text: str) -> str:
    return text[:1].lower() + text[1:]


def _make_config_errors(
    path: Path, code: str, message: str, line: int | None = None, column: int | None = None
) -> ConfigErrors:
    error = replace(make_config_error((), code, message), line=line, column=column)
    return ConfigErrors((error,), str(path))


def read_shape(data: dict[str, Any], source: ConfigSource) -> tuple[System | None, TableReader]:
    """The System, or None; and the reader, which has everything that is wrong with the shape of the tables."""
    reader = TableReader(source)
    system = reader.read_table(TableShape(System), data, ())
    return (None if system is NOTHING else system), reader


def load_file(path: Path) -> System:
    """The System that the file describes. Raises ConfigErrors with all that is wrong, each with path and place."""
    path = Path(os.path.abspath(path))
    text = read_config_text(path)
    data = expand_auth(flat_keys(parse_toml(text, path)))
    positions = find_positions(text)

    def describe_origin(key: KeyPath) -> str:
        position = find_position(key, positions)
        return f"{path.name}:{position.line}" if position else path.name

    system, reader = read_shape(data, ConfigSource(path, describe_origin))
    errors = {
        (error.path, error.message): locate_error(error, positions) for error in (*reader.errors, *check_rules(data))
    }
    if system is None or errors:
        raise ConfigErrors(list(errors.values()), str(path))
    return replace(system, notices=tuple(reader.notices))


def locate_error(error: ConfigError, positions: Positions) -> ConfigError:
    """The error with the place of its key, or of the nearest table above it."""
    position = find_position(error.place, positions)
    return replace(error, line=position.line, column=position.column) if position else error
