"""Lines made of pieces, in the colours of the theme or in plain ASCII. Only the cells that differ are painted again."""

import os
from collections.abc import Iterable, Mapping, Sequence

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip
from textual.theme import Theme
from textual.widget import Widget

from cockpit.model.text import ASCII
from widgets.cell import Piece, find_changed_cells, join_pieces, measure_pieces

# The theme's colour and the text style of each tone. Red, amber, green-blue and blue never stand alone: a sign or a
# word is always beside them. A table in code and not component classes in CSS: nine more nodes for every line widget
# took a third of the time to the first paint.
TONES: dict[str, tuple[str, Style]] = {
    "muted": ("muted", Style()),
    "stale": ("muted", Style(italic=True)),
    "bad": ("error", Style(bold=True)),
    "warn": ("warning", Style()),
    "good": ("success", Style()),
    "info": ("primary", Style()),
    "key": ("primary", Style(bold=True)),
    "strong": ("", Style(bold=True)),
    "place": ("", Style(bold=True, reverse=True)),
}


def ascii_only(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal cannot be trusted with Unicode: the Linux console, a non-UTF-8 locale, or as configured."""
    if environ.get("COCKPIT_ASCII"):
        return environ["COCKPIT_ASCII"] != "0"
    locale = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    _, dot, charset = locale.partition(".")
    return environ.get("TERM") == "linux" or bool(dot and "utf" not in charset.lower())


def in_ascii(text: str) -> str:
    """`text` in as many cells without a character beyond ASCII; unknown ones become `?`."""
    latin_text = text.translate(ASCII)
    return "".join(text if text.isascii() else "?" * get_character_cell_size(text) for text in latin_text)


def build_strip(widget: Widget, pieces: Iterable[Piece], base: Style, *, only_ascii: bool = False) -> Strip:
    """The strip of a line: each piece in its tone over the `base` style."""
    tones = build_styles(widget.app.current_theme)
    segments: list[Segment] = []
    for text, tone in pieces:
        shown_text = in_ascii(text) if only_ascii else text
        if segments and not tone and shown_text.isspace() and not _shows_on_blanks(segments[-1].style):
            segments[-1] = Segment(segments[-1].text + shown_text, segments[-1].style)  # a blank needs no colour codes
            continue
        segments.append(Segment(shown_text, base + _find_style(tones, tone) if tone else base))
    return Strip(segments)


LINK = "link "  # begins the tone of an address: `link https://...`


def _find_style(tones: Mapping[str, Style], tone: str) -> Style:
    """An address becomes one that a terminal opens (OSC 8): only printable ASCII, so that nothing ends it early."""
    if not tone.startswith(LINK):
        return tones[tone]
    address = tone.removeprefix(LINK)
    if not (address.isascii() and address.isprintable() and " " not in address):
        return tones["info"]
    return tones["info"] + Style(link=address)


def build_styles(theme: Theme) -> dict[str, Style]:
    """What each tone looks like in a theme. In the terminal's own colours, muted is dim."""
    if theme.name not in _STYLES:
        _STYLES[theme.name] = {tone: _apply_style(theme, *look) for tone, look in TONES.items()}
    return _STYLES[theme.name]


_STYLES: dict[str, dict[str, Style]] = {}


def _apply_style(theme: Theme, name: str, style: Style) -> Style:
    if not name:
        return style
    colour = theme.variables.get(name) or getattr(theme, name, None)
    if colour is None:
        return style + Style(dim=True)
    return style + Style(color=Color.parse(colour).rich_color)


def _shows_on_blanks(style: Style | None) -> bool:
    return style is not None and bool(style.reverse or style.underline)


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

    @property
    def is_cut(self) -> bool:
        """Whether a line is longer than there is room for."""
        return any(measure_pieces(line) > self.size.width for line in self._lines)

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
