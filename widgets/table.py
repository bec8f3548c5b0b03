"""The one table of the cockpit: keyed by id, drawn line by line, painting only the lines that changed.

Textual's DataTable sends the whole visible table for one changed cell and keeps its cursor by position; over a slow
line that is 19 KB a second, and after a refresh the cursor points at something else.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cockpit.model.key_bindings import ROWS
from widgets.cell import (
    Column,
    Piece,
    Row,
    compute_widths,
    find_changed_cells,
    fit_columns,
    join_pieces,
    render_line,
    wrap_pieces,
)
from widgets.keys import make_bindings
from widgets.line import ascii_only, build_strip

PieceLines = tuple[tuple[Piece, ...], ...]
NOTHING_FOUND: PieceLines = ((("No row has these words; esc shows all rows.", "muted"),),)
NO_FAULT: PieceLines = ((("Nothing is wrong here; esc shows all rows.", "good"),),)
LineSource = tuple[Row | tuple[Piece, ...], bool, int, bool, Sequence[Column]]
"""A row or plain pieces, whether the cursor is on it, the width, whether it is old, and the columns of a row."""
Painted = tuple[tuple[Piece, ...], LineSource]
"""One line as it was last drawn, and what it was drawn from."""


def has_age(content: Row | tuple[Piece, ...]) -> bool:
    """Whether a line changes by itself as time passes."""
    return isinstance(content, Row) and any(cell.since is not None for cell in content.cells)


@lru_cache(maxsize=64)
def wrap_explanation(lines: PieceLines, width: int, height: int) -> PieceLines:
    """Long lines in full where there is room for all; else each on a row of its own, so that the last is seen, too."""
    rows = tuple(tuple(row) for line in lines for row in wrap_pieces(line, width))
    return rows if width > 0 and len(rows) <= height else lines


class KeyedTable(ScrollView, can_focus=True):
    """Rows by id. Cursor and scroll stay with their rows; `follow` keeps the end in view until the cursor leaves it.

    A cursor that nobody has moved yet stays on the first row, whichever that is.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--cursor"}
    DEFAULT_CSS = "KeyedTable { overflow-x: hidden; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }"
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(ROWS)

    stale = reactive(False)
    """Dimmed: what is shown is old."""

    class Highlighted(Message):
        """The cursor moved to the row `row`."""

        def __init__(self, table: "KeyedTable", row: str) -> None:
            super().__init__()
            self.table, self.row = table, row

        @property
        def control(self) -> "KeyedTable":
            return self.table

    class Selected(Highlighted):
        """Enter or a click on the row under the cursor."""

    def __init__(self, columns: Sequence[Column], *, follow: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.follow = follow
        self.cursor: str | None = None
        self._chosen = False  # somebody put the cursor where it is; until then it stays on the first row
        self.rows: tuple[Row, ...] = ()
        self._all: tuple[Row, ...] = ()
        self._last_rows: Sequence[Row] | None = None  # the very ones that were last shown: of thousands most are again
        self._place: dict[str, int] = {}
        self._filter = ""
        self._only_faults = False
        self._empty: PieceLines = ()
        self._now = datetime.now(UTC)
        self._painted: dict[int, Painted] = {}
        self._only_ascii = ascii_only()

    # What is shown

    def show(self, rows: Sequence[Row], now: datetime) -> None:
        """Show `rows` in this order; `now` is what ages are counted to. They are not changed any more."""
        self._now = now
        if rows is self._last_rows:
            self._repaint()
            return
        self._all, self._last_rows = tuple(rows), rows
        self.columns = fit_columns(self.columns, self._all)
        self._arrange()

    def tick(self, now: datetime) -> None:
        """Let the ages of the visible rows grow."""
        self._now = now
        top = self.scroll_offset.y
        rows = self.rows[top : top + self.scrollable_size.height]
        self._repaint([y for y, row in enumerate(rows) if has_age(row)])

    def narrow(self, text: str, *, only_faults: bool = False) -> None:
        """Show only the rows that hold all of the words of `text`, in any case, and with `only_faults` only those that
        are something wrong; "" shows all."""
        self._filter, self._only_faults = text.strip(), only_faults
        self._arrange()

    def explain(self, *lines: Sequence[Piece]) -> None:
        """What to say while there are no rows."""
        pair_lists = tuple(tuple(pairs) for pairs in lines)
        if pair_lists != self._empty:
            self._empty = pair_lists
            self._repaint()

    @property
    def total(self) -> int:
        """Rows before the filter."""
        return len(self._all)

    def _arrange(self) -> None:
        """Filter, then put cursor and scroll back on the rows they were on."""
        before, old = self.rows, self._place
        rows = tuple(row for row in self._all if row.fault) if self._only_faults else self._all
        rows = tuple(row for row in rows if row.matches(self._filter)) if self._filter else rows
        followed = self.follow and (not before or self.cursor == before[-1].id)
        if rows != before:
            self.rows, self._place = rows, {row.id: index for index, row in enumerate(rows)}
            was = old.get(self.cursor or "", 0)
            first = rows[0].id if rows else None
            left = self._survivor(before, was) if self._chosen or self.follow else first
            self.cursor = rows[-1].id if followed and rows else left
            self.virtual_size = Size(self.scrollable_size.width, len(rows))
            if rows:
                self._keep_in_view(self._place[self.cursor or ""] - was if was >= self.scroll_offset.y > 0 else 0)
        self._repaint()

    def _survivor(self, before: Sequence[Row], was: int) -> str | None:
        """The cursor's row, or when it vanished the nearest one that is left."""
        if self.cursor in self._place:
            return self.cursor
        nearest = chain.from_iterable((was + distance, was - distance) for distance in range(len(before)))
        return next(
            (before[index].id for index in nearest if 0 <= index < len(before) and before[index].id in self._place),
            next(iter(self._place), None),
        )

    def _keep_in_view(self, moved: int = 0) -> None:
        """Scroll along with a cursor row that moved by `moved`, and never leave the cursor outside."""
        index, height = self.cursor_index, self.scrollable_size.height
        if not height:
            return
        top = min(max(0, self.scroll_offset.y + moved), max(0, len(self.rows) - height))
        top = min(max(top, index - height + 1), index)
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    # The cursor

    @property
    def cursor_index(self) -> int:
        return self._place.get(self.cursor or "", 0)

    def action_move(self, by: int) -> None:
        self.move_to(self.cursor_index + by)

    def action_page(self, direction: int) -> None:
        self.move_to(self.cursor_index + direction * max(1, self.scrollable_size.height - 1))

    def action_first(self) -> None:
        self.move_to(0)

    def action_last(self) -> None:
        self.move_to(len(self.rows) - 1)

    def action_select(self) -> None:
        if self.cursor is not None:
            self.post_message(self.Selected(self, self.cursor))

    def move_to(self, index: int) -> None:
        """Put the cursor on the row at `index`, or the nearest there is."""
        if not self.rows:
            return
        self._chosen = True
        row = self.rows[min(max(0, index), len(self.rows) - 1)].id
        if row != self.cursor:
            self.cursor = row
            self._keep_in_view()
            self._repaint()
            self.post_message(self.Highlighted(self, row))

    def on_click(self, event: events.Click) -> None:
        """One click points, a second one on the same row opens it."""
        index = self.scroll_offset.y + event.y
        if index < len(self.rows):
            again = self.rows[index].id == self.cursor and event.chain > 1
            self.move_to(index)
            if again:
                self.action_select()

    # Painting

    def watch_stale(self) -> None:
        self._repaint()

    def on_resize(self) -> None:
        if self.rows:
            self.virtual_size = Size(self.scrollable_size.width, len(self.rows))
            self._keep_in_view()

    def _source(self, y: int, top: int, width: int) -> LineSource:
        """What the line `y` of the widget is made of at this moment, but for the time."""
        if top + y < len(self.rows):
            row = self.rows[top + y]
            return row, row.id == self.cursor, width, self.stale, self.columns
        pair_lists = () if self.rows else wrap_explanation(self._explain_no_rows(), width, self.scrollable_size.height)
        return tuple(pair_lists[y] if y < len(pair_lists) else ()), False, width, False, ()

    def _explain_no_rows(self) -> PieceLines:
        if not self._all:
            return self._empty
        return NOTHING_FOUND if self._filter or not self._only_faults else NO_FAULT

    def _draw(self, source: LineSource) -> tuple[Piece, ...]:
        content, _, width, stale, columns = source
        if not isinstance(content, Row):
            return join_pieces(content, width)
        pieces = render_line(content, columns, compute_widths(columns, width), self._now)
        return tuple((text, "stale") for text, _ in pieces) if stale else pieces

    def _repaint(self, lines: Sequence[int] | None = None) -> None:
        """Ask for what differs from what is on the screen on these lines, or on all of them, and for no more."""
        (width, height), top = self.scrollable_size, self.scroll_offset.y
        for y in range(height) if lines is None else lines:
            if y not in self._painted:
                continue  # never drawn yet: it will be
            pieces, before = self._painted[y]
            source = self._source(y, top, width)
            if source == before and not has_age(source[0]):
                continue
            if source[1] != before[1]:
                self.refresh(Region(0, y, width, 1))
            elif span := find_changed_cells(pieces, self._draw(source)):
                self.refresh(Region(span[0], y, span[1] - span[0], 1))

    def render_line(self, y: int) -> Strip:
        source = self._source(y, self.scroll_offset.y, self.scrollable_size.width)
        pieces, cursor = self._draw(source), source[1]
        self._painted[y] = pieces, source
        base: Style = self.rich_style
        if cursor:
            base += self.get_component_rich_style("table--cursor", partial=True)
        drawn = build_strip(self, pieces, base, only_ascii=self._only_ascii)
        return drawn.adjust_cell_length(self.scrollable_size.width, base)
