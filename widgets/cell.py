"""What a line of the screen is made of: pieces of text with a tone, fitted into columns or broken into rows."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TypeVarTuple

from rich.cells import cell_len, get_character_cell_size

from cockpit.model.text import HOSTILE, REPLACEMENT, compile_expression
from cockpit.model.time import format_age

Piece = tuple[str, str]
"""(text, tone); the tone "" is plain text, the others are in widgets/line.py."""

ELLIPSIS = "…"
BREAKS = re.compile(r"[\r\n\t\x0b\x0c]+")
# Joiners and variation selectors make one glyph of several on some terminals and not on others; without them every
# terminal draws the same number of cells.
JOINERS = re.compile(r"[\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff\u00ad\U000e0000-\U000e0fff]")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a row. `since` shows as an age that ticks, behind `text`; `span` covers columns to the right."""

    text: str = ""
    tone: str = ""
    since: datetime | None = None
    span: int = 1

    def shown(self, now: datetime) -> str:
        if self.since is None:
            return self.text
        age = format_age((now - self.since).total_seconds())
        return f"{self.text} {age}" if self.text else age


LABEL_TEST = re.compile(r"(?P<name>[A-Za-z_][\w.:/-]*)(?P<operator>=~|!~|!=|=)(?P<value>.*)", re.DOTALL)
FILTER_WORDS = re.compile(r'(?:"[^"]*"?|[^\s"])+')
"""Blanks between quotes divide no word, also while the second quote is still missing."""


@dataclass(frozen=True, slots=True)
class FilterTerm:
    """One word of a filter. `text` is in lower case. `name` is that of the label which a test is about, "" of a plain
    word; `expression` None while it is still being typed, or would keep the screen waiting."""

    text: str
    name: str = ""
    operator: str = ""
    expression: "re.Pattern[str] | None" = None


@lru_cache(maxsize=64)  # of thousands of rows each is asked for the same words
def parse_filter(text: str) -> tuple[FilterTerm, ...]:
    """`5xx app="nightly backup" pod=~web-\\d+` as its words: plain ones and tests of labels, in any case."""
    return tuple(_parse_filter_word(word) for word in FILTER_WORDS.findall(text))


def _parse_filter_word(word: str) -> FilterTerm:
    test = LABEL_TEST.fullmatch(word)
    if test is None:
        return FilterTerm(word.replace('"', "").lower())
    value = test["value"].strip('"')
    # In lower case `\S` would be `\s`, and find nothing.
    expression = compile_expression(value, re.IGNORECASE) if "~" in test["operator"] else None
    return FilterTerm(value.lower(), test["name"].lower(), test["operator"], expression)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: `id` names the object it shows, across every refresh."""

    id: str
    cells: tuple[Cell, ...]
    labels: tuple[tuple[str, str], ...] = ()  # what a filter may ask for by name
    fault: bool = False  # it is or tells of something wrong

    def matches(self, text: str) -> bool:
        """Whether it has every word of `text`, and passes every `label=value`, `!=`, `=~` and `!~`."""
        shown = " ".join(cell.text for cell in self.cells).lower()
        return all(self._passes(term, shown) for term in parse_filter(text))

    def _passes(self, term: FilterTerm, shown: str) -> bool:
        if not term.name or not self.labels:
            return (f"{term.name}{term.operator}{term.text}") in shown
        # Several of one name: what its source calls it, and what the row does. Either may be what somebody typed.
        values = [value.lower() for label, value in self.labels if label.lower() == term.name] or [""]
        if term.operator in ("=", "!="):
            return (term.text in values) is (term.operator == "=")
        if term.expression is None:
            return True
        return any(map(term.expression.search, values)) is (term.operator == "=~")


Parts = TypeVarTuple("Parts")


class RowMemory:
    """The rows of one pane as they were last built, by their ids: one is built again where its parts differ.

    Parts are compared and never hashed: of what is still the very object nothing is looked at, and the hash of a probe
    goes through its whole history.
    """

    def __init__(self, most: int) -> None:
        """With more than `most` rows it begins anew."""
        self._built: dict[str, tuple[tuple[object, ...], Row]] = {}
        self._most = most

    def build(self, id: str, make: Callable[[*Parts], Row], *parts: *Parts) -> Row:
        """The row `id`: what `make` makes of its parts, which are never changed."""
        built = self._built.get(id)
        if built is not None and built[0] == parts:
            return built[1]
        row = make(*parts)
        if len(self._built) >= self._most and id not in self._built:
            self._built.clear()
        self._built[id] = parts, row
        return row


@dataclass(frozen=True, slots=True)
class Column:
    """`width` in cells; 0 takes what is left over (one column of a table).

    Hidden in a table under `from_width`, and where `below` is given in one of that width and more.

    Names are cut in the middle, `prose` at its end. What is left over goes to prose where a `fitted` column of names is
    as wide as its longest one: 0 before its rows are known.
    """

    width: int
    right: bool = False
    prose: bool = False
    from_width: int = 0
    below: int = 0
    fitted: bool = False
    longest: int = 0

    def shown(self, total: int) -> bool:
        """Whether a table of `total` cells has it."""
        return total >= self.from_width and (not self.below or total < self.below)


def compute_widths(columns: Sequence[Column], total: int) -> list[int]:
    """The cells each column gets in a table of `total` cells, one blank between two columns; 0 is a hidden column."""
    numbers = [column.width if column.shown(total) else 0 for column in columns]
    visible = [number for number, column in zip(numbers, columns, strict=True) if number or not column.width]
    left = max(0, total - sum(visible) - (len(visible) - 1))
    prose = next((place for place, column in enumerate(columns) if column.prose and numbers[place]), None)
    longest = next((column.longest for column in columns if not column.width and column.longest), left)
    if prose is not None and longest < left:
        numbers[prose] += left - longest
        left = longest
    return [left if not column.width else number for number, column in zip(numbers, columns, strict=True)]


SHORTEST_NAME = 14  # cells: a column of names does not move with each short one


def fit_columns(columns: Sequence[Column], rows: Sequence["Row"]) -> tuple[Column, ...]:
    """The columns for these rows: a fitted one as wide as the longest of its names."""
    return tuple(
        replace(column, longest=max([SHORTEST_NAME, *(len(row.cells[place].text) for row in rows)]))
        if column.fitted
        else column
        for place, column in enumerate(columns)
    )


def sanitize_line(text: str) -> str:
    """`text` as one line that cannot reach the terminal as anything but itself: the second door after `clean_text`."""
    if text.isascii() and text.isprintable():
        return text
    return HOSTILE.sub(REPLACEMENT, JOINERS.sub("", BREAKS.sub(" ", text)))


def cut_text(text: str, width: int, *, middle: bool = True) -> str:
    """`text` in at most `width` cells: names lose their middle, prose its end, always with an ellipsis."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS[:width]
    tail = _take_within(reversed(text), (width - 1) // 2)[::-1] if middle else ""
    # A combining mark belongs to the character that was cut away before it.
    tail = tail.lstrip("".join({text for text in tail if unicodedata.combining(text)}) or None)
    return _take_within(text, width - 1 - cell_len(tail)) + ELLIPSIS + tail


def fit_text(text: str, width: int, *, right: bool = False, middle: bool = True) -> str:
    """`text` in exactly `width` cells."""
    short = cut_text(sanitize_line(text), width, middle=middle)
    blank = " " * (width - cell_len(short))
    return blank + short if right else short + blank


def render_line(row: Row, columns: Sequence[Column], numbers: Sequence[int], now: datetime) -> tuple[Piece, ...]:
    """The pieces of a row, fitted to the widths `numbers`."""
    cells: list[tuple[Column, str, str]] = []
    widths: list[int] = []
    index = 0
    for cell in row.cells:
        spanned = [number for number in numbers[index : index + cell.span] if number]
        column = columns[index]
        index += cell.span
        if spanned:
            cells.append((column, sanitize_line(cell.shown(now)), cell.tone))
            widths.append(sum(spanned) + len(spanned) - 1)
    widths = lend_room([column.right for column, _, _ in cells], [cell_len(text) for _, text, _ in cells], widths)
    pieces: list[Piece] = []
    for (column, text, tone), width in zip(cells, widths, strict=True):
        if pieces:
            pieces.append((" ", ""))
        pieces.append((fit_text(text, width, right=column.right, middle=not column.prose), tone))
    return tuple(pieces)


def lend_room(right: Sequence[bool], lengths: Sequence[int], widths: Sequence[int]) -> list[int]:
    """The widths of one row, where a text that would be cut takes the blanks beside it: a text that begins at the left
    those of the cell behind it, one that ends at the right those of the cell before it. Nothing is cut for it."""
    result = list(widths)
    for index, length in enumerate(lengths):
        beside = index - 1 if right[index] else index + 1
        if length <= result[index] or not 0 <= beside < len(result):
            continue
        room = min(length - result[index], max(result[beside] - lengths[beside], 0))
        result[index] += room
        result[beside] -= room
    return result


def join_pieces(pieces: Iterable[Piece], width: int) -> tuple[Piece, ...]:
    """Free-running pieces in exactly `width` cells; what does not fit is cut at the end, with an ellipsis."""
    fitted: list[Piece] = []
    left = width
    for text, tone in pieces:
        whole = sanitize_line(text)
        short = cut_text(whole, left, middle=False)
        fitted.append((short, tone))
        left -= cell_len(short)
        if short != whole or not left:
            break
    return (*fitted, (" " * left, ""))


def measure_pieces(pieces: Iterable[Piece]) -> int:
    """Cells that the pieces take."""
    return sum(len(text) if is_plain(text) else cell_len(sanitize_line(text)) for text, _ in pieces)


def is_plain(text: str) -> bool:
    """Whether each character takes one cell and means itself, as in most lines of most logs."""
    return text.isascii() and text.isprintable()


def find_changed_cells(old: Sequence[Piece], new: Sequence[Piece]) -> tuple[int, int] | None:
    """The range of cells (start, end) in which two lines differ, or None."""
    if old == new:
        return None
    before, after = _build_cell_grid(old), _build_cell_grid(new)
    longest = max(len(before), len(after))
    before += [("", "")] * (longest - len(before))
    after += [("", "")] * (longest - len(after))
    different = [index for index in range(longest) if before[index] != after[index]]
    return (different[0], different[-1] + 1) if different else None


def _take_within(characters: Iterable[str], width: int) -> str:
    """As many of the characters as fit into `width` cells."""
    taken: list[str] = []
    for character in characters:
        width -= get_character_cell_size(character)
        if width < 0:
            break
        taken.append(character)
    return "".join(taken)


def _build_cell_grid(pieces: Sequence[Piece]) -> list[Piece]:
    """One entry a terminal cell; the second half of a wide character repeats it, so that it is never cut in two."""
    grid: list[Piece] = []
    for text, tone in pieces:
        for character in text:
            size = get_character_cell_size(character)
            if size:
                grid += [(character, tone)] * size
            elif grid:
                grid[-1] = (grid[-1][0] + character, grid[-1][1])
    return grid


# Pieces of text broken into rows between words, each keeping its tone: commands, and the sentences about them.

Letter = tuple[str, str]


def wrap_pieces(pieces: Sequence[Piece], width: int, *, most: int = 0, indent: int = 0) -> list[list[Piece]]:
    """Rows of at most `width` cells; line breaks in the text are kept, further rows of a line are indented.

    Of more than `most` rows the last one ends with an ellipsis; 0 shows all.
    """
    rows = [row for line in _split_lines(pieces) for row in _break_line(line, max(8, width), indent)]
    if most and len(rows) > most:
        last = rows[most - 1][: _count_fitting(rows[most - 1], width - 2)]
        rows = [*rows[: most - 1], [*last, (" ", ""), ("…", "muted")]]
    return [_join_letters(row) for row in rows]


def _split_lines(pieces: Sequence[Piece]) -> list[list[Letter]]:
    lines: list[list[Letter]] = [[]]
    for text, tone in pieces:
        for index, part in enumerate(text.expandtabs(4).split("\n")):
            if index:
                lines.append([])
            lines[-1] += [(letter, tone) for letter in sanitize_line(part)]
    return lines


def _break_line(line: list[Letter], width: int, indent: int) -> list[list[Letter]]:
    rows: list[list[Letter]] = []
    blank: list[Letter] = [(" ", "")] * min(indent, width // 2)
    while line:
        room = width - (len(blank) if rows else 0)
        end = _count_fitting(line, room)
        if end < len(line):
            space = next((index for index in range(end, 0, -1) if line[index][0] == " "), 0)
            end = space or end
        rows.append([*(blank if rows else []), *line[:end]])
        line = line[end:]
        while line and line[0][0] == " ":
            line = line[1:]
    return rows or [[]]


def _count_fitting(line: list[Letter], room: int) -> int:
    """How many letters fit into `room` cells; at least one."""
    for index, (letter, _) in enumerate(line):
        room -= get_character_cell_size(letter)
        if room < 0:
            return max(1, index)
    return len(line)


def _join_letters(row: list[Letter]) -> list[Piece]:
    joined: list[Piece] = []
    for letter, tone in row:
        if joined and joined[-1][1] == tone:
            joined[-1] = (joined[-1][0] + letter, tone)
        else:
            joined.append((letter, tone))
    return joined
