"""Tables as TOML gave them, read without trust: what has the wrong shape reads as empty."""

from collections.abc import Iterator
from typing import Any

from cockpit.config.errors import ConfigError, Path, make_config_error
from cockpit.model.probe import ENTRA_AUTH
from cockpit.model.time import DurationError, seconds

Raw = dict[str, Any]


def get_table(value: Any) -> Raw:
    return value if isinstance(value, dict) else {}


def list_tables(value: Any) -> list[tuple[int, Raw]]:
    """The tables of an array, each with its index."""
    return [
        (index, fields)
        for index, fields in enumerate(value if isinstance(value, list) else ())
        if isinstance(fields, dict)
    ]


def get_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def list_texts(value: Any) -> list[tuple[int, str]]:
    """The texts of an array, each with its index."""
    return [
        (index, entry) for index, entry in enumerate(value if isinstance(value, list) else ()) if isinstance(entry, str)
    ]


def read_duration(value: Any) -> float | None:
    """Seconds, or None where there is no duration."""
    try:
        return float(seconds(get_text(value)))
    except DurationError:
        return None


def flat_keys(data: Raw) -> Raw:
    """`data` with the actions in [keys] under one name each: TOML reads `table.up = "i"` as a table in a table."""
    if not isinstance(data.get("keys"), dict):
        return data
    flat: Raw = {}
    for name, value in data["keys"].items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": keys for inner, keys in value.items()}
        else:
            flat[name] = value
    return data | {"keys": flat}


def expand_auth(data: Any) -> Any:
    """`data` with `auth = "entra:SCOPE"` as the table that it is short for, wherever it stands."""
    if isinstance(data, list):
        return [expand_auth(entry) for entry in data]
    if not isinstance(data, dict):
        return data
    return {
        name: {"entra": value.removeprefix(ENTRA_AUTH).strip()}
        if name == "auth" and isinstance(value, str) and value.startswith(ENTRA_AUTH)
        else expand_auth(value)
        for name, value in data.items()
    }


def find_duplicates(path: Path, array: Any, key: str = "name") -> Iterator[ConfigError]:
    """An error for each table whose name, or other `key`, an earlier one already has."""
    first: dict[str, int] = {}
    for index, fields in list_tables(array):
        name = get_text(fields.get(key)).strip()
        if name and name in first:
            yield make_config_error(
                (*path, index, key),
                "duplicate",
                f"`{name}` is already the {key} of {path[-1]}[{first[name]}]",
                value=name,
                first=first[name],
            )
        first.setdefault(name, index)
