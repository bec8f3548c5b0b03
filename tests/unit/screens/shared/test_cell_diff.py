"""What is left out of an update is there already: a terminal that gets the cells shows what one that gets all shows."""

from collections.abc import Sequence
from typing import Any

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from screens.shared.cell_diff import TerminalCells
from tests.examples import scale_examples

WIDE, HIGH = 20, 4
STYLES = (
    None,
    Style(),
    *(Style.parse(text) for text in ("red", "bold red", "red on blue", "on blue", "reverse", "underline", "#102030")),
)
TEXTS = st.text(st.sampled_from("ab xy ─│●漢字é"), min_size=1, max_size=12)
LINES = st.lists(st.tuples(TEXTS, st.sampled_from(STYLES)), min_size=1, max_size=4)
UPDATES = st.lists(
    st.tuples(st.booleans(), st.lists(LINES, min_size=HIGH, max_size=HIGH), st.integers(0, HIGH - 1)),
    min_size=1,
    max_size=5,
)


def console() -> Console:
    made = Console(color_system="truecolor", force_terminal=True, width=WIDE, height=HIGH)
    assert made._color_system is ColorSystem.TRUECOLOR
    return made


def strip_of(line: Sequence[tuple[str, Style | None]]) -> Strip:
    return Strip([Segment(text, style) for text, style in line]).adjust_cell_length(WIDE)


def update_of(whole: bool, lines: Sequence[Any], row: int) -> LayoutUpdate | ChopsUpdate:
    strips = [strip_of(line) for line in lines]
    if whole:
        return LayoutUpdate([[strip] for strip in strips], Region(0, 0, WIDE, HIGH))
    return ChopsUpdate([{0: strip} for strip in strips], [(row, 0, WIDE)], [[WIDE]] * HIGH)


class Shown:
    """A terminal, and what each of its cells looks like; of a blank only what is seen."""

    def __init__(self) -> None:
        self._screen = pyte.Screen(WIDE, HIGH)
        self._screen.set_mode(pyte.modes.LNM)
        self._stream = pyte.Stream(self._screen)

    def take(self, data: str) -> None:
        self._stream.feed(data)

    @property
    def cells(self) -> list[list[tuple[object, ...]]]:
        return [[self._look(self._screen.buffer[y][x]) for x in range(WIDE)] for y in range(HIGH)]

    def _look(self, cell: Any) -> tuple[object, ...]:
        seen = (cell.data, cell.bg, cell.reverse, cell.underscore)
        blank = cell.data in (" ", "") and not cell.reverse and not cell.underscore
        return seen if blank else (*seen, cell.fg, cell.bold)


@given(UPDATES)
@settings(max_examples=scale_examples(300))
def test_the_terminal_shows_what_it_would_show_without_it(updates: list[tuple[bool, Any, int]]) -> None:
    cells, ours, textual = TerminalCells(), Shown(), Shown()
    for whole, lines, row in [(True, updates[0][1], 0), *updates]:
        ours.take(cells.write(update_of(whole, lines, row), Size(WIDE, HIGH), console()))
        textual.take(update_of(whole, lines, row).render_segments(console()))

        assert ours.cells == textual.cells


def test_nothing_is_written_where_nothing_changed() -> None:
    cells, lines = TerminalCells(), [[("all is well ●", Style.parse("green"))]] * HIGH
    cells.write(update_of(True, lines, 0), Size(WIDE, HIGH), console())

    assert cells.write(update_of(True, lines, 0), Size(WIDE, HIGH), console()) == ""


def test_one_letter_is_a_move_and_a_letter() -> None:
    cells, style = TerminalCells(), Style.parse("green")
    cells.write(update_of(True, [[("12 up", style)]] * HIGH, 0), Size(WIDE, HIGH), console())
    changed = [[("12 up", style)], [("13 up", style)], [("12 up", style)], [("12 up", style)]]

    assert cells.write(update_of(True, changed, 0), Size(WIDE, HIGH), console()) == "\x1b[2;2H\x1b[0;32m3\x1b[0m"


def test_what_was_forgotten_or_resized_is_written_as_a_whole() -> None:
    cells, lines = TerminalCells(), [[("ready", None)]] * HIGH
    whole = cells.write(update_of(True, lines, 0), Size(WIDE, HIGH), console())
    cells.forget()

    assert cells.write(update_of(True, lines, 0), Size(WIDE, HIGH), console()) == whole
    assert cells.write(update_of(True, lines, 0), Size(WIDE, HIGH + 1), console()) == whole


def test_a_frame_from_before_a_resize_may_reach_beyond_the_edge() -> None:
    cells, narrow = TerminalCells(), Size(WIDE // 2, HIGH)
    pieces = {0: strip_of([("left", None)]), WIDE - 4: strip_of([("right of the edge", None)])}
    update = ChopsUpdate([pieces] * HIGH, [(0, 0, 2 * WIDE)], [[WIDE - 4, 2 * WIDE]] * HIGH)

    assert "right" not in cells.write(update, narrow, console())
