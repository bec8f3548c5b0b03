"""A numbered pane: a table under a border that says what it is, how much of it there is, and how fresh it is."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from cockpit.model.reading import FeedState, Freshness
from widgets.cell import Column, Piece, Row, cut_text, measure_pieces
from widgets.line import Lines
from widgets.table import KeyedTable

FEED_TONES = {
    FeedState.WAITING: "muted",
    FeedState.LIVE: "muted",
    FeedState.LATE: "warn",
    FeedState.STALE: "bad",
    FeedState.BLIND: "bad",
}
OLD = frozenset({FeedState.STALE, FeedState.BLIND})


def render_border(heading: Sequence[Piece], state: Piece, width: int, frame: str) -> tuple[list[Piece], list[Piece]]:
    """The upper border in two halves, `╭ 1 Probes ✖1 ◐1 ●10 ────────` and ` live 2s ╮`; `frame` is the line's tone."""
    word, tone = state
    word = cut_text(word, max(0, width - measure_pieces(heading) - 7))  # its end says how old what is shown is
    right: list[Piece] = [(" ", ""), (word, tone), (" ╮", frame)] if word else [("─╮", frame)]
    rule = "─" * (width - measure_pieces(heading) - measure_pieces(right) - 3)
    return [("╭ ", frame), *heading, (" ", ""), (rule, frame)], right


class Pane(Vertical):
    """Probes, Alerts, Revisions or Timeline. It receives what to show and never asks."""

    def __init__(
        self, number: int, name: str, columns: Sequence[Column] = (), *, follow: bool = False, classes: str = ""
    ) -> None:
        super().__init__(id=name.lower(), classes=classes)
        self.number = number
        self.heading = name
        self.table = KeyedTable(columns, follow=follow, id=f"{name.lower()}-table")
        self._title = Lines(classes="pane-title")
        self.words = ""
        self.only_faults = False
        self._counts: Sequence[Piece] = ()
        self._state: Piece = ("", "muted")
        self._shorter = ""

    def compose(self) -> ComposeResult:
        yield self._title
        yield self.table

    def show(self, rows: Sequence[Row], counts: Sequence[Piece], now: datetime) -> None:
        """New rows, and what the border counts."""
        self._counts = counts
        self.table.show(rows, now)
        self.draw_title()

    def wear(self, fresh: Freshness) -> None:
        """Show the state of the feed; what is old is dimmed."""
        self.state(fresh.label, FEED_TONES[fresh.state], fresh.short_label)
        self.table.stale = fresh.state in OLD
        self.set_class(fresh.state in OLD, "-old")

    def state(self, text: str, tone: str = "muted", shorter: str = "") -> None:
        """What stands at the right of the upper border; `shorter` where there is no room for it."""
        if (text, tone) != self._state:
            self._state, self._shorter = (text, tone), shorter or text
            self.draw_title()

    @property
    def summary(self) -> list[Piece]:
        """`1 Probes ✖1 ◐1 ●10`, also for the strip of a narrow screen."""
        tone = "strong" if self.has_pseudo_class("focus-within") else ""
        return [(f"{self.number} {self.heading}", tone), *self._counts]

    @property
    def brief(self) -> list[Piece]:
        """The same without what only makes it complete, and without the order: the pane itself shows that."""
        counts = (count for count in self._counts if count[1] != "muted" and not count[0].startswith(" · "))
        return [self.summary[0], *counts]

    def draw_title(self) -> None:
        number, total = len(self.table.rows), self.table.total
        narrowed = " ".join(filter(None, ["faults" if self.only_faults else "", self.words and f"‘{self.words}’"]))
        pairs: list[Piece] = [(f" {number} of {total} {narrowed} · esc shows all", "info")] if narrowed else []
        focused = self.has_pseudo_class("focus-within")
        frame = "bad" if self.has_class("-old") else "info" if focused else "muted"
        room = self.size.width - measure_pieces([*self.summary, *pairs, self._state]) - 7
        heading = [*(self.summary if room > 0 and not pairs else self.brief), *pairs]
        fits = measure_pieces([*heading, self._state]) + 7 <= self.size.width
        state = self._state if fits else (self._shorter, self._state[1])
        left, right = render_border(heading, state, self.size.width, frame)
        self._title.show([*left, *right])  # in one: two side by side would be laid out anew when an age gets longer

    def on_resize(self) -> None:
        self.draw_title()

    def on_descendant_focus(self) -> None:
        self.call_after_refresh(self.draw_title)

    def on_descendant_blur(self) -> None:
        self.call_after_refresh(self.draw_title)

    def narrow(self, text: str, *, only_faults: bool | None = None) -> None:
        """Show only rows with these words, or only what is wrong; "" and False show all."""
        self.words = text
        self.only_faults = self.only_faults if only_faults is None else only_faults
        self.table.narrow(text, only_faults=self.only_faults)
        self.draw_title()


def mark_current_pane(panes: Iterable[Pane], focused: Widget) -> None:
    """The pane whose table has the focus is the current one, and stays it while something is typed into a filter."""
    if isinstance(focused, KeyedTable):
        for pane in panes:
            pane.set_class(pane.table is focused, "-current")
