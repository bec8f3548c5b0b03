"""One or a few lines of text that change often and cost little: only the cells that differ are painted again."""

from collections.abc import Sequence

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from widgets.cell import Piece, find_changed_cells, join_pieces
from widgets.tone import ascii_only, build_strip


class Lines(Widget):
    """Shows lines of pieces. Outside text is safe here: nothing in it is markup, control characters are replaced."""

    DEFAULT_CSS = "Lines { height: auto; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[tuple[Piece, ...], ...] = ((),)
        self._only_ascii = ascii_only()

    @property
    def text(self) -> str:
        """What is shown, without tones."""
        return "\n".join("".join(text for text, _ in line).rstrip() for line in self._lines)

    def show(self, *lines: Sequence[Piece]) -> None:
        """Show these lines, cut to the width; a change in their number lays the screen out again."""
        before, self._lines = self._lines, tuple(tuple(line) for line in lines)
        if len(before) != len(self._lines):
            self.refresh(layout=True)
            return
        width = self.size.width
        for y, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if old != new and (span := find_changed_cells(join_pieces(old, width), join_pieces(new, width))):
                self.refresh(Region(span[0], y, span[1] - span[0], 1))

    def get_content_height(self, *_: object) -> int:
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        pieces = join_pieces(self._lines[y] if y < len(self._lines) else (), width)
        return build_strip(self, pieces, self.rich_style, only_ascii=self._only_ascii).adjust_cell_length(width)
