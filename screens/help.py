"""Help: the keys of this screen as they are bound now, and what its signs mean."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from widgets.cell import Piece
from widgets.line import Lines

SIGNS: tuple[tuple[str, str, str], ...] = (
    ("●", "good", "up: confirmed good"),
    ("◐", "warn", "degraded: works, but not as it should"),
    ("✖", "bad", "down: failed as often as its threshold asks"),
    ("◌", "warn", "unknown or pending: not enough is known to say"),
    ("▲", "bad", "an alert fires"),
    ("△", "warn", "resolved?: it vanished, nothing has confirmed why"),
    ("✔", "good", "taken by somebody, or resolved"),
    ("▁▃█", "muted", "latencies of the last checks, · where there was no answer"),
)
STATES: tuple[tuple[str, str, str], ...] = (
    ("live 2s", "muted", "what the pane shows is 2 seconds old"),
    ("late 14s", "warn", "the next answer is overdue"),
    ("STALE 3m", "bad", "nothing for three intervals: do not trust what is dimmed"),
    ("BLIND why", "bad", "the source cannot be read, and why"),
)


class HelpScreen(ModalScreen[None]):
    """`keys` are (key, what it does) in the order of the screen."""

    AUTO_FOCUS = "#help"
    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", id="help.close"),
    ]

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.keys = tuple(keys)

    def compose(self) -> ComposeResult:
        text = Lines(id="help-text")
        text.show(*self._text())
        with VerticalScroll(id="help") as frame:
            frame.border_title = "Help"
            frame.border_subtitle = "esc closes"
            yield text

    def _text(self) -> list[list[Piece]]:
        lines: list[list[Piece]] = [[("Keys", "strong")]]
        wide = max((len(key) for key, _ in self.keys), default=0)
        lines += [[(f"  {key:<{wide}}  ", "key"), (does, "")] for key, does in self.keys]
        for heading, signs in (("Signs", SIGNS), ("At the right of a pane's border", STATES)):
            lines += [[], [(heading, "strong")]]
            lines += [[(f"  {sign:<10}", tone), (means, "")] for sign, tone, means in signs]
        return lines
