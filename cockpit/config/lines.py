"""Where in a TOML file each key and each element of an array stands: what a mistake points at, and a rule's origin.

`tomllib` reads a file and forgets where. This walks over a text that `tomllib` has accepted already, so it refuses
nothing and may be short: it only has to know where a value ends.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

Place = tuple[str | int, ...]

BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
SPACE = re.compile(r"[ \t]*")
REST_OF_LINE = re.compile(r"[^\n]*\n?")
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' r"|'''(?:.|\n)*?'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'", re.DOTALL
)
PLAIN_VALUE = re.compile(r"[^,\]}#\n]+")


class SourcePosition(NamedTuple):
    """A line and a column of a file, from 1."""

    line: int
    column: int


Positions = Mapping[Place, SourcePosition]


def find_positions(text: str) -> dict[Place, SourcePosition]:
    """Where every table header, key and element of an array begins, by its path."""
    return _TomlWalk(text).walk()


def find_position(path: Place, positions: Positions) -> SourcePosition | None:
    """Where `path` stands, or the nearest table above it."""
    if len(path) > 1 and path[0] == "keys":  # `table.up` is one name of an action, and two keys for TOML
        path = ("keys", *str(path[1]).split("."), *path[2:])
    for size in range(len(path), 0, -1):
        if path[:size] in positions:
            return positions[path[:size]]
    return None


def line_of(path: Place, positions: Positions) -> int | None:
    """The line of `path`, or of the nearest table above it."""
    position = find_position(path, positions)
    return position.line if position else None


class _TomlWalk:
    """One walk over one text."""

    def __init__(self, text: str) -> None:
        self.text, self.index = text, 0
        self.positions: dict[Place, SourcePosition] = {}
        self.counts: dict[Place, int] = {}  # of each array of tables: the index of its newest table
        self.line, self.line_start = 1, 0  # of the last position that was noted

    def walk(self) -> dict[Place, SourcePosition]:
        table: Place = ()
        while True:
            self.skip(BLANK)
            if self.index >= len(self.text):
                return self.positions
            if self.text[self.index] == "[":
                table = self.read_header()
            else:
                self.read_pair(table)

    def skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.index)
        self.index = match.end() if match else self.index + 1  # never stands still, whatever the text
        return match.group() if match else ""

    def note(self, path: Place, index: int) -> None:
        """`path` begins at `index`, unless an earlier one did."""
        if path not in self.positions:
            self.line += self.text.count("\n", self.line_start, index)
            self.line_start = self.text.rfind("\n", 0, index) + 1
            self.positions[path] = SourcePosition(self.line, index - self.line_start + 1)

    def read_header(self) -> Place:
        start = self.index
        is_array = self.text.startswith("[[", start)
        self.index += 2 if is_array else 1
        *parents, last = self.read_dotted_key()
        path: Place = ()
        for part in parents:
            path = (*path, part)
            self.note(path, start)
            if path in self.counts:
                path = (*path, self.counts[path])
        path = (*path, last)
        if is_array:
            self.note(path, start)
            self.counts[path] = self.counts.get(path, -1) + 1
            path = (*path, self.counts[path])
        self.note(path, start)
        self.skip(REST_OF_LINE)
        return path

    def read_dotted_key(self) -> list[str]:
        parts = []
        while True:
            self.skip(SPACE)
            if self.text[self.index : self.index + 1] in ('"', "'"):
                parts.append(_unquote(self.skip(STRING)))
            else:
                parts.append(self.skip(BARE_KEY))
            self.skip(SPACE)
            if self.text[self.index : self.index + 1] != ".":
                return parts
            self.index += 1

    def read_pair(self, table: Place) -> None:
        """`key = value`; a part of a dotted key that is no table yet begins there, too."""
        start, path = self.index, table
        for part in self.read_dotted_key():
            path = (*path, part)
            self.note(path, start)
        self.index += 1  # the equals sign
        self.skip(SPACE)
        self.read_value(path)

    def read_value(self, path: Place) -> None:
        match self.text[self.index : self.index + 1]:
            case '"' | "'":
                self.skip(STRING)
            case "[":
                self.read_array(path)
            case "{":
                self.read_inline_table(path)
            case _:
                self.skip(PLAIN_VALUE)

    def read_array(self, path: Place) -> None:
        self.index += 1
        number = 0
        while self.index < len(self.text):
            self.skip(BLANK)
            match self.text[self.index : self.index + 1]:
                case "]" | "":
                    self.index += 1
                    return
                case ",":
                    self.index += 1
                case _:
                    self.note((*path, number), self.index)
                    self.read_value((*path, number))
                    number += 1

    def read_inline_table(self, path: Place) -> None:
        self.index += 1
        while self.index < len(self.text):
            self.skip(BLANK)
            match self.text[self.index : self.index + 1]:
                case "}" | "":
                    self.index += 1
                    return
                case ",":
                    self.index += 1
                case _:
                    self.read_pair(path)


def _unquote(key: str) -> str:
    """The key that a quoted one is; an escape is rare enough to let the reader of TOML do it."""
    if "\\" not in key or key[0] == "'":
        return key[1:-1]
    import tomllib

    return next(iter(tomllib.loads(f"{key} = 0")))
