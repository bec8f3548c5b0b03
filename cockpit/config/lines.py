"""On which line of a TOML file a key stands. For mistakes to point at, and for where a rule stands."""

import re
from collections.abc import Mapping

HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
Place = tuple[str | int, ...]


def find_key_lines(text: str) -> dict[Place, int]:
    """The line, from 1, of every table header and every key that begins a line, by its path."""
    numbers_by_name: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    quote = ""  # the triple quote of a text that goes on over lines
    for number, line in enumerate(text.splitlines(), start=1):
        if not quote:
            if header := HEADER.match(line):
                table = _locate_table(_split_dotted_key(header.group(2)), header.group(1) == "[[", counts)
                numbers_by_name.setdefault(table, number)
            elif key := KEY.match(line):
                for size in range(1, len(parts := _split_dotted_key(key.group(1))) + 1):
                    numbers_by_name.setdefault((*table, *parts[:size]), number)
        quote = _open_quote(line, quote)
    return numbers_by_name


def line_of(path: Place, numbers_by_name: Mapping[Place, int]) -> int | None:
    """The line of `path`, or of the nearest table above it."""
    for size in range(len(path), 0, -1):
        if path[:size] in numbers_by_name:
            return numbers_by_name[path[:size]]
    return None


def _split_dotted_key(dotted: str) -> Place:
    return tuple(part.strip("\"'") for part in PART.findall(dotted))


def _locate_table(parts: Place, array: bool, counts: dict[Place, int]) -> Place:
    """The path of a header: each array of tables on the way stands for its newest element."""
    path: Place = ()
    for part in parts[:-1]:
        path = (*path, part)
        if path in counts:
            path = (*path, counts[path])
    path = (*path, parts[-1])
    if array:
        counts[path] = counts.get(path, -1) + 1
        path = (*path, counts[path])
    return path


def _open_quote(line: str, quote: str) -> str:
    """The triple quote that is still open at the end of a line."""
    for mark in re.findall(r'"""|' + "'''", line):
        if not quote:
            quote = mark
        elif mark == quote:
            quote = ""
    return quote
