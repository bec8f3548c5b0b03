"""A dialog that starts a change: what is confirmed was on the screen from its first row to its last."""

from typing import ClassVar, TypeVar

from textual.binding import BindingType
from textual.containers import VerticalScroll

from cockpit.model.key_bindings import CONFIRMATION
from screens.dialogs.dialog import Dialog
from widgets.cell import Piece
from widgets.keys import make_bindings
from widgets.line import Lines

T = TypeVar("T")


class Confirmation(Dialog[T]):
    """Enter works once all was shown, however many rows there are and wherever the cursor stands."""

    changes = True
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(CONFIRMATION)
    runnable = True  # False: it is only read, because Enter would start nothing
    _rows_shown = 0  # from the first on, without a gap

    def draw(self) -> None:
        """Show what is confirmed in rows as wide as the dialog is now; called again whenever that changes."""

    def on_mount(self) -> None:
        self.query_one("#dialog", VerticalScroll).can_focus = False
        self.call_after_refresh(self._to_top)
        self.call_after_refresh(self.draw)  # a bar at the edge takes a cell of each row

    def on_resize(self) -> None:
        self._rows_shown = 0  # the rows are others: what is not in sight now is read again
        self.draw()
        self.call_after_refresh(self.draw)

    @property
    def is_cut(self) -> bool:
        """Whether a row of what is confirmed goes on beyond the edge."""
        return any(lines.is_cut for lines in self.query("#act").results(Lines))

    def _to_top(self) -> None:
        """A field that has the focus lies at the end: what it is about comes first."""
        self.query_one("#dialog").scroll_home(animate=False)

    @property
    def _rows_seen_at_once(self) -> int:
        """The keys stay in sight at the lower edge, and hide what is behind them."""
        frame = self.query_one("#dialog")
        return max(0, frame.content_size.height - self.query_one("#foot").outer_size.height)

    @property
    def rows_below(self) -> int:
        """How many rows nobody has seen yet, below those that were."""
        frame, at_once = self.query_one("#dialog"), self._rows_seen_at_once
        first = round(frame.scroll_y)
        if at_once and first <= self._rows_shown:
            self._rows_shown = max(self._rows_shown, first + at_once)
        return max(0, frame.max_scroll_y + at_once - self._rows_shown) if at_once else 1

    def action_turn_page(self, by: int) -> None:
        """A page on; after a jump, to the first row that was jumped over."""
        frame = self.query_one("#dialog")
        if by > 0 and self.rows_below and round(frame.scroll_y) > self._rows_shown:
            frame.scroll_to(y=self._rows_shown, animate=False)
        else:
            self.action_scroll_rows(by * max(1, self._rows_seen_at_once - 1))

    def action_scroll_rows(self, by: int) -> None:
        assert self.rows_below >= 0  # what is on the screen now counts as shown
        self.query_one("#dialog").scroll_relative(y=by, animate=False)

    def key_pieces(self) -> list[Piece]:
        below = self.rows_below
        if not below:
            return super().key_pieces()
        rows = "row" if below == 1 else "rows"
        then = f", then {self.name_key('enter')} works" if self.runnable else ""
        return [(f"↓ {below} more {rows}: ", "warn"), (self._page_down, "key"), (f" shows them{then}", "")]

    def not_yet(self) -> str:
        if self.is_cut:
            return "The window is too narrow to show all of it: make it wider."
        below = self.rows_below
        rows = "row is" if below == 1 else "rows are"
        keys = f"Read to the end with {self._page_down}, then press {self.name_key('enter')}."
        return f"{below} {rows} still below. {keys}" if below else ""

    @property
    def _page_down(self) -> str:
        return self.name_key("pagedown").replace("pagedown", "page down")
