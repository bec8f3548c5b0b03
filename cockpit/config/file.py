"""From a file to the tables in it."""

import re
import tomllib
from pathlib import Path
from typing import Any

from cockpit.config.errors import ConfigErrors, mistake

LARGEST = 1_000_000  # bytes
REASONS: dict[type[Exception], str] = {
    FileNotFoundError: "does not exist",
    IsADirectoryError: "is a directory; name the file in it",
    PermissionError: "may not be read by this user",
    NotADirectoryError: "does not exist: a part of its path is a file",
}


def read(path: Path) -> str:
    """The text of the file. Raises ConfigErrors with one sentence."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise _refused(path, REASONS.get(type(error), f"cannot be read: {said}")) from None
    if len(content) > LARGEST:
        raise _refused(path, f"is larger than {LARGEST} bytes; this is no configuration")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(path, "is not UTF-8 text; save it as UTF-8", line) from None


def tables(text: str, path: Path) -> dict[str, Any]:
    """The content as TOML reads it. Raises ConfigErrors with line and column."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _refused(path, "is nested too deeply") from None
    except ValueError as error:
        words = re.sub(r" \(at (line \d+, column \d+|end of document)\)$", "", str(error))
        where = re.search(r"at line (\d+), column (\d+)\)$", str(error))
        if where is None:
            raise _refused(path, f"is no valid TOML: {_lowered(words)}", text.count("\n") + 1) from None
        line, column = int(where.group(1)), where.group(2)
        raise _refused(path, f"is no valid TOML at column {column}: {_lowered(words)}", line) from None


def _lowered(words: str) -> str:
    return words[:1].lower() + words[1:]


def _refused(path: Path, message: str, line: int | None = None) -> ConfigErrors:
    return ConfigErrors((mistake((), message, line=line),), str(path))
