"""What a command prints, as it comes: bounded, followed until somebody looks back, never more than the screen drawn."""

from collections import deque
from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from widgets.cell import plain
from widgets.tone import ascii_only, strip

KEPT = 5_000  # lines; the transcript has them all
LONGEST = 2_000  # letters of a line


class Tail:
    """The newest lines of an output. `total` counts all that ever came; the last one may still grow."""

    def __init__(self, text: str = "", *, kept: int = KEPT) -> None:
        self._lines: deque[str] = deque(maxlen=kept)
        self._open = False  # the last line has not ended
        self.total = 0
        self.added = 0  # how often something came
        self.widest = 0  # cells, of the lines that ever were
        if text:
            self.add(text)

    def add(self, text: str) -> None:
        """More output. What would be dropped at once is counted and not looked at."""
        if not text:
            return
        self.added += 1
        kept = self._lines.maxlen or KEPT
        parts = text.split("\n")
        ends = not parts[-1]
        if ends:
            parts.pop()
        if self._open and self._lines and parts:
            parts[0] = self._lines.pop() + parts[0]
            self.total -= 1
        self._open = not ends
        self.total += len(parts)
        fresh = [plain(each[:LONGEST].expandtabs(8)) for each in parts[-kept:]]
        self._lines.extend(fresh)
        self.widest = max([self.widest, *(len(each) if each.isascii() else cell_len(each) for each in fresh)])

    @property
    def lines(self) -> list[str]:
        return list(self._lines)

    @property
    def dropped(self) -> int:
        return self.total - len(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, at: int) -> str:
        return self._lines[at]


class OutputView(ScrollView, can_focus=True):
    """Shows one Tail. Looking back pauses, the end follows again."""

    DEFAULT_CSS = "OutputView { scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "by(-1)", show=False),
        Binding("down,j", "by(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "to(0)", show=False),
        Binding("end", "follow", show=False),
        Binding("left", "across(-1)", show=False),
        Binding("right", "across(1)", show=False),
    ]

    def __init__(
        self, *, follow: bool = True, tone: Callable[[str], str] = lambda line: "", id: str | None = None
    ) -> None:
        """`tone` is that of a line; a view that does not `follow` starts at its first one."""
        super().__init__(id=id)
        self.tail = Tail()
        self.following = follow
        self._tone = tone
        self._drawn = -1
        self._only_ascii = ascii_only()

    def show(self, tail: Tail, *, follow: bool = True) -> None:
        """Show another output, from its end or from its beginning."""
        if tail is not self.tail:
            self.tail, self.following, self._drawn = tail, follow, -1
            self.scroll_to(x=0, y=0, animate=False, force=True, immediate=True)
        self.pour()

    def pour(self) -> None:
        """Draw what came since the last time; nothing when nothing did."""
        if self._drawn != self.tail.added:
            self._drawn = self.tail.added
            self.virtual_size = Size(self.tail.widest, len(self.tail))
            if self.following:
                self._look_at(self._last)
            self.refresh()

    def action_by(self, rows: int) -> None:
        self._go(self.scroll_offset.y + rows)

    def action_page(self, direction: int) -> None:
        self._go(self.scroll_offset.y + direction * max(1, self._height - 1))

    def action_to(self, row: int) -> None:
        self._go(row)

    def action_follow(self) -> None:
        self._go(self._last)

    def action_across(self, direction: int) -> None:
        self.scroll_to(x=self.scroll_offset.x + direction * 20, animate=False, force=True, immediate=True)

    def on_mouse_scroll_up(self) -> None:
        self.following = False

    def on_resize(self) -> None:
        self._drawn = -1
        self.call_after_refresh(self.pour)

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height

    @property
    def _last(self) -> int:
        return max(0, len(self.tail) - self._height)

    def _go(self, row: int) -> None:
        self.following = row >= self._last
        self._look_at(min(max(0, row), self._last))

    def _look_at(self, row: int) -> None:
        self.scroll_to(y=row, animate=False, force=True, immediate=True)

    def render_line(self, y: int) -> Strip:
        at, left, wide = self.scroll_offset.y + y, self.scroll_offset.x, self.size.width
        text = self.tail[at] if at < len(self.tail) else ""
        pieces = ((text, self._tone(text)),)
        return strip(self, pieces, self.rich_style, only_ascii=self._only_ascii).crop_extend(
            left, left + wide, self.rich_style
        )
