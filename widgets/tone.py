"""How a widget that draws lines turns pieces into strips, in the colours of the theme or in plain ASCII."""

import os
from collections.abc import Iterable, Mapping

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from widgets.cell import TONES, Piece

TONE_CLASSES = frozenset(f"tone--{tone}" for tone in TONES)

# What the screen's own glyphs become on a terminal without Unicode. One character each: no width may change.
ASCII = str.maketrans(
    "●◐✖◌▲△✔▸⚠○–—×·…→←↑↓│─╭╮╰╯┃━▁▂▃▄▅▆▇█▔▕“”‘’",
    "o~X?!.v>Wo--x.~><^v|-++++|-_.,-=+*#-|\"\"''",
)


def ascii_only(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal cannot be trusted with Unicode: the bare Linux console, a non-UTF-8 locale, or as told."""
    if environ.get("COCKPIT_ASCII"):
        return environ["COCKPIT_ASCII"] != "0"
    locale = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    _, dot, charset = locale.partition(".")
    return environ.get("TERM") == "linux" or bool(dot and "utf" not in charset.lower())


def in_ascii(text: str) -> str:
    """`text` in as many cells without a character beyond ASCII; unknown ones become `?`."""
    known = text.translate(ASCII)
    return "".join(each if each.isascii() else "?" * get_character_cell_size(each) for each in known)


def strip(widget: Widget, pieces: Iterable[Piece], base: Style, *, only_ascii: bool = False) -> Strip:
    """The strip of a line: each piece in its tone over the `base` style. The widget declares TONE_CLASSES."""
    segments: list[Segment] = []
    for text, tone in pieces:
        shown = in_ascii(text) if only_ascii else text
        if segments and not tone and shown.isspace() and not _shows_on_blanks(segments[-1].style):
            segments[-1] = Segment(segments[-1].text + shown, segments[-1].style)  # a blank needs no colour codes
            continue
        style = base + widget.get_component_rich_style(f"tone--{tone}", partial=True) if tone else base
        segments.append(Segment(shown, style))
    return Strip(segments)


def _shows_on_blanks(style: Style | None) -> bool:
    return style is not None and bool(style.reverse or style.underline)
