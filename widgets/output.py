"""What a command prints, as it comes: bounded, followed until somebody looks back, never more than the screen drawn."""

from collections import deque
from collections.abc import Callable

from rich.cells import cell_len
from textual.geometry import Size
from textual.strip import Strip

from widgets.cell import sanitize_line
from widgets.growing import Growing
from widgets.line import ascii_only, build_strip

KEPT = 5_000  # lines; the transcript has them all
LONGEST = 2_000  # letters of a line


class OutputTail:
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
        fresh = [sanitize_line(part[:LONGEST].expandtabs(8)) for part in parts[-kept:]]
        self._lines.extend(fresh)
        self.widest = max([self.widest, *(len(text) if text.isascii() else cell_len(text) for text in fresh)])

    @property
    def lines(self) -> list[str]:
        return list(self._lines)

    @property
    def dropped(self) -> int:
        return self.total - len(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, index: int) -> str:
        return self._lines[index]


class OutputView(Growing):
    """Shows one Tail."""

    def __init__(
        self, *, follow: bool = True, tone: Callable[[str], str] = lambda line: "", id: str | None = None
    ) -> None:
        """`tone` is that of a line; a view that does not `follow` starts at its first one."""
        super().__init__(id=id)
        self.tail = OutputTail()
        self.following = follow
        self._tone = tone
        self._drawn = -1
        self._only_ascii = ascii_only()

    def show(self, tail: OutputTail, *, follow: bool = True) -> None:
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
                self.look_at(self.last)
            self.refresh()

    def on_resize(self) -> None:
        self._drawn = -1
        self.call_after_refresh(self.pour)

    def render_line(self, y: int) -> Strip:
        index, left, wide = self.scroll_offset.y + y, self.scroll_offset.x, self.size.width
        text = self.tail[index] if index < len(self.tail) else ""
        pieces = ((text, self._tone(text)),)
        return build_strip(self, pieces, self.rich_style, only_ascii=self._only_ascii).crop_extend(
            left, left + wide, self.rich_style
        )
