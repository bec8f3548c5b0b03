"""Only the cells that differ are sent to the terminal.

Textual sends whole pieces of lines: to open a dialog it sends the screen behind it once more, 30 KB for a box of 4. So
we remember what stands in each cell, and of every update only the cells that change are written; a colour is sent when
it differs from the one before. What the terminal shows is forgotten when it was resized, when another program had it,
and when it fell behind and frames were dropped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

JUMP = 6  # cells that did not change and are cheaper to write again than to jump over
RESET = "\x1b[0m"
SEEN_ON_BLANKS = frozenset({"4", "7", "9"})  # underlined, reversed, struck


@dataclass(frozen=True, slots=True)
class CellLook:
    """The codes of a style, apart: attributes, foreground, background; and where it leads."""

    attributes: tuple[str, ...] = ()
    foreground: tuple[str, ...] = ()
    background: tuple[str, ...] = ()
    link: str = ""

    def codes_after(self, before: "CellLook | None") -> str:
        """The sequence that turns the look `before` into this one; None where nobody knows what was before."""
        if before is None or before.attributes != self.attributes:
            codes = ("0", *self.attributes, *self.foreground, *self.background)
        else:
            codes = () if before.foreground == self.foreground else self.foreground or ("39",)
            codes += () if before.background == self.background else self.background or ("49",)
        return f"\x1b[{';'.join(codes)}m" if codes else ""


PLAIN = CellLook()
Cell = tuple[str, CellLook]
"""A character and what belongs to it; "" is the second half of a wide one."""
Fragment = tuple[int, int, Strip]
"""A piece of a line: its row, its column and what stands there."""


class TerminalCells:
    """What the terminal shows, as far as we know: we alone write to it."""

    def __init__(self) -> None:
        self._lines: list[list[Cell | None]] = []
        self._size = Size(0, 0)

    def forget(self) -> None:
        """Nobody knows what it shows now: the next updates are written as a whole."""
        self._size = Size(0, 0)

    def write(self, update: LayoutUpdate | ChopsUpdate, size: Size, console: Console) -> str:
        """The sequence that turns what is shown into what `update` shows, and take it for shown."""
        if size != self._size:
            self._size = size
            self._lines = [[None] * size.width for _ in range(size.height)]
        system = console._color_system or ColorSystem.TRUECOLOR
        written: list[str] = []
        look: CellLook | None = None
        for y, x, strip in list_fragments(update):
            if y < size.height:
                look = self._write_line(written, look, y, x, list_cells(strip, system))
        return "".join(written) + (RESET if written else "")

    def _write_line(
        self, written: list[str], look: CellLook | None, y: int, x: int, cells: list[Cell]
    ) -> CellLook | None:
        line = self._lines[y]
        cells = cells[: max(0, len(line) - x)]  # a frame from before a resize may reach beyond the edge
        for start, end in find_changed_runs(line[x : x + len(cells)], cells):
            written.append(f"\x1b[{y + 1};{x + start + 1}H")
            for text, wanted in cells[start:end]:
                if wanted != look and not (text == " " and _shows_as(wanted, look)):
                    written.append(_switch(look, wanted))
                    look = wanted
                written.append(text)
            if look and look.link:
                written.append("\x1b]8;;\x1b\\")
                look = None
        line[x : x + len(cells)] = cells
        return look


def _shows_as(blank: CellLook, look: CellLook | None) -> bool:
    """Whether a blank looks the same with whatever is in force: then nothing needs to be sent before it."""
    return (
        look is not None
        and not SEEN_ON_BLANKS.intersection(blank.attributes)
        and not SEEN_ON_BLANKS.intersection(look.attributes)
        and (blank.background, blank.link) == (look.background, look.link)
    )


def _switch(before: CellLook | None, after: CellLook) -> str:
    codes = after.codes_after(before)
    if after.link or (before and before.link):
        codes += f"\x1b]8;;{after.link}\x1b\\"
    return codes


def find_changed_runs(before: list[Cell | None], after: list[Cell]) -> Iterator[tuple[int, int]]:
    """Where two pieces of a line differ, from the first cell to behind the last; wide characters are never cut."""
    start, end = -1, -1
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        if old == new:
            continue
        if start < 0 or index - end > JUMP:
            if start >= 0:
                yield start, _to_whole_cells(after, end)
            start = index
            while start and not after[start][0]:
                start -= 1
        end = index + 1
    if start >= 0:
        yield start, _to_whole_cells(after, end)


def _to_whole_cells(cells: list[Cell], end: int) -> int:
    while end < len(cells) and not cells[end][0]:
        end += 1
    return end


def list_fragments(update: LayoutUpdate | ChopsUpdate) -> Iterator[Fragment]:
    """Every piece of a line that an update draws, as Textual would write it."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in strips:
                yield y, x, strip
                x += strip.cell_length
        return
    for y, first, behind in update.spans:
        for end, (x, piece) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if piece is not None and x <= behind and end > first:
                yield y, x, piece if x < behind and end <= behind else piece.crop(0, max(0, min(end, behind) - x))


def list_cells(strip: Strip, system: ColorSystem) -> list[Cell]:
    """One entry for each cell of a strip."""
    cells: list[Cell] = []
    for text, style, control in strip:
        if control:
            continue
        look = read_look(style, system) if style else PLAIN
        blank = look if SEEN_ON_BLANKS.intersection(look.attributes) else _on_blank(look)
        if text.isascii():
            cells += [(character, blank if character == " " else look) for character in text]
            continue
        for character in text:
            width = get_character_cell_size(character)
            if width:
                cells.append((character, blank if character == " " else look))
                cells += [("", look)] * (width - 1)
            elif cells:
                cells[-1] = (cells[-1][0] + character, cells[-1][1])
    return cells


@lru_cache(maxsize=1_024)
def _on_blank(look: CellLook) -> CellLook:
    """Of a blank nothing is seen but its background: letters of any colour may stand around it."""
    return CellLook((), (), look.background, look.link)


@lru_cache(maxsize=1_024)
def read_look(style: Style, system: ColorSystem) -> CellLook:
    """The codes of a style, in the colours that the terminal has."""
    codes = Strip.render_ansi(style, system).split(";")
    attributes: list[str] = []
    foreground: tuple[str, ...] = ()
    background: tuple[str, ...] = ()
    index = 0
    while index < len(codes):
        code = codes[index]
        length = 1
        if code in ("38", "48"):
            length = 5 if codes[index + 1] == "2" else 3
        part = tuple(codes[index : index + length])
        if code == "38" or (code and (30 <= int(code) <= 37 or code == "39" or 90 <= int(code) <= 97)):
            foreground = part
        elif code == "48" or (code and (40 <= int(code) <= 47 or code == "49" or 100 <= int(code) <= 107)):
            background = part
        elif code:
            attributes.append(code)
        index += length
    return CellLook(tuple(attributes), foreground, background, style.link or "")


class CellUpdate(CompositorUpdate):
    """An update that is written as the cells that it changes, at the moment it is written."""

    def __init__(self, cells: TerminalCells, update: LayoutUpdate | ChopsUpdate, size: Size) -> None:
        self._cells, self._update, self._size = cells, update, size

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._update.__rich_console__(console, options)

    def render_segments(self, console: Console) -> str:
        return self._cells.write(self._update, self._size, console)
