"""The lines around the panes of the cockpit: the bar and the strip above them, the hint and the keys below."""

from datetime import datetime
from typing import TYPE_CHECKING

from screens import telling
from screens.cockpit_keys import SHOWN
from screens.key_line import keys_of
from widgets.bar import lines
from widgets.cell import Piece
from widgets.hint import hint
from widgets.keys import KeyLine
from widgets.line import Lines

if TYPE_CHECKING:
    from screens.cockpit import CockpitScreen

NARROW = 80  # cells, before the screen knows its own width


def draw_edges(screen: "CockpitScreen", now: datetime) -> None:
    """All four, from what the screen has seen."""
    width = screen.size.width or NARROW
    told = lines(telling.bar(screen.cockpit, screen.seen, screen.asking), now, screen.cockpit.zone, width)
    screen.query_one("#bar", Lines).show(*told)
    screen.set_class(len(told) > 1, "-led")
    strip: list[Piece] = []
    for pane in screen.panes[:4]:
        strip += [(" │ " if strip else " ", "muted"), *pane.brief]
    screen.query_one("#strip", Lines).show(strip)
    keys = keys_of(screen)
    working = {id: key.shown for id, key in keys.items() if key.works}
    said = screen.filter.hint(width) or hint(telling.sight(screen), working, now, width)
    screen.query_one("#hint", Lines).show(said)
    screen.query_one(KeyLine).offer([keys[id] for id in SHOWN if id in keys])
