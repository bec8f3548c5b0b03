"""What a command prints, as it comes, and any other long text: bounded, followed until somebody looks back, never more
than the screen drawn. What has no room is wrapped, or ends with an ellipsis: no cut line looks like a whole one."""

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Callable

from rich.cells import cell_len
from textual.geometry import Size
from textual.strip import Strip

from widgets.cell import ELLIPSIS, sanitize_line, wrap_pieces
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


MARKER = re.compile(
    r"[ >]*(?:[-*+•] (?:\[[ xX]\] )?|\d{1,3}[.)] )?"
)  # of a list, or a quotation: wrapped text stands behind it
DEEPEST = 12  # cells before the further rows of a wrapped line


class OutputView(Growing):
    """Shows one Tail. A view that `wraps` breaks long lines between words; another one is scrolled to its sides."""

    DEFAULT_CSS = "OutputView.-wraps { scrollbar-gutter: stable; }"  # so that its width is known before there is a bar

    def __init__(
        self,
        *,
        follow: bool = True,
        wraps: bool = False,
        tone: Callable[[str], str] = lambda line: "",
        id: str | None = None,
    ) -> None:
        """`tone` is that of a line; a view that does not `follow` starts at its first one."""
        super().__init__(id=id)
        self.set_class(wraps, "-wraps")
        self.tail = OutputTail()
        self.following = follow
        self.wraps = wraps
        self._tone = tone
        self._drawn = -1
        self._rows: list[
            tuple[int, str]
        ] = []  # of a view that wraps: the number of the line, and what stands in the row
        self._only_ascii = ascii_only()

    def show(self, tail: OutputTail, *, follow: bool = True) -> None:
        """Show another output, from its end or from its beginning."""
        if tail is not self.tail:
            self.tail, self.following, self._drawn = tail, follow, -1
            self.scroll_to(x=0, y=0, animate=False, force=True, immediate=True)
        self.pour()

    def renew(self, tail: OutputTail) -> None:
        """Show the same text as it is now. Who reads it stays at the line that is read."""
        top = self.top_line
        text = self.tail[top] if top < len(self.tail) else ""
        moved = min(
            (number for number, line in enumerate(tail.lines) if line == text),
            key=lambda number: abs(number - top),
            default=min(top, max(0, len(tail) - 1)),
        )
        self.tail, self._drawn = tail, -1
        self.pour()
        self.look_at(min(self._first_row(moved), self.last))

    def pour(self) -> None:
        """Draw what came since the last time; nothing when nothing did."""
        if self._drawn != self.tail.added:
            self._drawn = self.tail.added
            if self.wraps:
                width = self.scrollable_content_region.width or 80
                self._rows = [
                    (number, row) for number, line in enumerate(self.tail.lines) for row in wrap_line(line, width)
                ]
                self.virtual_size = Size(width, len(self._rows))
            else:
                self.virtual_size = Size(self.tail.widest, len(self.tail))
            if self.following:
                self.look_at(self.last)
            self.refresh()

    @property
    def top_line(self) -> int:
        """The number of the line that is read first."""
        top = round(self.scroll_offset.y)
        return self._rows[top][0] if top < len(self._rows) else top

    def action_to_line(self, number: int) -> None:
        """Look at that line first."""
        self.action_to(self._first_row(number))

    def _first_row(self, number: int) -> int:
        return bisect_left(self._rows, number, key=lambda row: row[0]) if self.wraps else number

    def on_resize(self) -> None:
        self._drawn = -1
        self.call_after_refresh(self._lay_out_again, self.top_line)

    def _lay_out_again(self, top: int) -> None:
        self.pour()
        if self.wraps and not self.following:
            self.look_at(min(self._first_row(top), self.last))

    def render_line(self, y: int) -> Strip:
        index, left, wide = self.scroll_offset.y + y, self.scroll_offset.x, self.size.width
        if self.wraps:
            number, text = self._rows[index] if index < len(self._rows) else (-1, "")
            tone = self._tone(self.tail[number]) if 0 <= number < len(self.tail) else ""
        else:
            text = self.tail[index] if index < len(self.tail) else ""
            tone = self._tone(text)
        pieces = ((text, tone),)
        strip = build_strip(self, pieces, self.rich_style, only_ascii=self._only_ascii)
        if strip.cell_length <= left + wide and not left:
            return strip.crop_extend(0, wide, self.rich_style)
        return self._mark_cuts(strip, left, wide)

    def _mark_cuts(self, strip: Strip, left: int, wide: int) -> Strip:
        """What is seen of a longer line, with an ellipsis at each side at which it goes on."""
        mark = build_strip(self, ((ELLIPSIS, "muted"),), self.rich_style, only_ascii=self._only_ascii)
        seen = strip.crop_extend(left, left + wide, self.rich_style)
        before = mark if left and strip.cell_length else Strip([])
        after = mark if strip.cell_length > left + wide else Strip([])
        middle = seen.crop(before.cell_length, wide - after.cell_length)
        return Strip.join([before, middle, after])


def wrap_line(line: str, width: int) -> list[str]:
    """The rows of one line, those after the first below its words: behind the mark of a list or a quotation."""
    if len(line) <= width and line.isascii():
        return [line]
    marker = MARKER.match(line)
    indent = min(marker.end() if marker else 0, DEEPEST)
    return ["".join(text for text, _ in row) for row in wrap_pieces([(line, "")], width, indent=indent)]
