"""Help: the keys of this screen as they are bound now, and what its signs mean."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen

from screens.shared.bound_keys import list_bound_keys
from widgets.cell import Piece
from widgets.line import Lines

Group = tuple[str, tuple[tuple[str, str, str], ...]]
"""What a part of the screen is called, and its signs: (sign, tone, what it means)."""

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
WATCHED: tuple[Group, ...] = (("Signs", SIGNS), ("At the right of a pane's border", STATES))
DUE: tuple[Group, ...] = (
    (
        "Signs",
        (
            ("○", "", "a clock runs; its time is counted down"),
            ("◐", "warn", "at risk: most of its time is gone"),
            ("✖", "bad", "overdue, with how long over; now: it is their turn"),
            ("✔", "good", "met in time, called, or all boxes ticked"),
            ("–", "muted", "does not apply, and why"),
            ("▲", "bad", "to be called now"),
            ("⚠", "warn", "a contact that the documents do not fill in yet"),
        ),
    ),
)
ROWS: Mapping[tuple[str, ...], str] = {
    ("table.up", "table.down"): "A row up, a row down",
    ("table.page_up", "table.page_down"): "A page up, a page down",
    ("table.first", "table.last"): "The first row, the last row",
}


def explain(
    screen: Screen[Any],
    moves: Mapping[tuple[str, ...], str],
    *,
    without: Sequence[str] = (),
    signs: Sequence[Group] = (),
) -> None:
    """Open the help of `screen`: each key with a tooltip, then `moves`, whose bindings share a line.

    `without` are bindings that `moves` or nobody needs.
    """
    keys = list_bound_keys(screen)
    declared = Binding.make_bindings([*screen.BINDINGS, *screen.app.BINDINGS])
    values_by_name = {binding.id: binding.tooltip for binding in declared if binding.id in keys and binding.tooltip}
    lines = [(keys[id], means) for id, means in values_by_name.items() if id not in without]
    shared = [(" ".join(keys[id] for id in ids if id in keys), means) for ids, means in moves.items()]
    screen.app.push_screen(HelpScreen([*lines, *(pair for pair in shared if pair[0])], signs))


class HelpScreen(ModalScreen[None]):
    """`keys` are (key, what it does) in the order of the screen; `signs` explain what else is on it."""

    AUTO_FOCUS = "#help"
    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", id="help.close"),
    ]

    def __init__(self, keys: Sequence[tuple[str, str]], signs: Sequence[Group] = WATCHED) -> None:
        super().__init__()
        self.keys = tuple(keys)
        self.signs = tuple(signs)

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
        for heading, signs in self.signs:
            lines += [[], [(heading, "strong")]]
            lines += [[(f"  {sign:<10}", tone), (means, "")] for sign, tone, means in signs]
        return lines
