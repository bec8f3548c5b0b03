"""Lines that grow at their end: followed until the reader looks back."""

from typing import ClassVar

from textual.binding import BindingType
from textual.scroll_view import ScrollView

from cockpit.model.key_bindings import LINES
from widgets.keys import make_bindings

ACROSS = 20  # cells


class Growing(ScrollView, can_focus=True):
    """Looking back pauses, the last page follows again. Who inherits sets `virtual_size` and draws the lines."""

    DEFAULT_CSS = "Growing { scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(LINES)
    following = True

    @property
    def last(self) -> int:
        """The row that the last page begins with."""
        return max(0, self.virtual_size.height - self._height)

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height

    def action_by(self, rows: int) -> None:
        self.action_to(round(self.scroll_target_y) + rows)

    def action_page(self, direction: int) -> None:
        self.action_by(direction * max(1, self._height - 1))

    def action_to(self, row: int) -> None:
        """Look at that row first; the last page follows, any other is kept still."""
        self.following = row >= self.last
        self.look_at(min(max(0, row), self.last))
        self.moved()

    def action_follow(self) -> None:
        self.action_to(self.last)

    def action_across(self, direction: int) -> None:
        self.scroll_to(x=self.scroll_offset.x + direction * ACROSS, animate=False, force=True, immediate=True)

    def pause(self) -> None:
        """Keep still until `action_follow`."""
        self.following = False
        self.moved()

    def look_at(self, row: int) -> None:
        self.scroll_to(y=row, animate=False, force=True, immediate=True)

    def moved(self) -> None:
        """The reader looks elsewhere, or follows again."""

    def on_mouse_scroll_up(self) -> None:
        self.pause()
