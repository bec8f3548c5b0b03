"""A short list with its definitions on the screen: one of them is chosen, by arrow, by number, or by click."""

import re
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from cockpit.model.key_bindings import CHOICE
from widgets.cell import Piece
from widgets.keys import make_bindings
from widgets.line import Lines


class Choice(Lines, can_focus=True):
    """`options` are (name, definition). A digit picks the option with that digit in its name, else by position from 1.

    The number of options is small and fixed: nothing scrolls.
    """

    BINDINGS: ClassVar[list[BindingType]] = make_bindings(CHOICE)

    class Changed(Message):
        """Another option was chosen."""

        def __init__(self, choice: "Choice", name: str) -> None:
            super().__init__()
            self.choice, self.name = choice, name

        @property
        def control(self) -> "Choice":
            return self.choice

    def __init__(
        self, options: Sequence[tuple[str, str]], chosen: str, *, id: str | None = None, was: str = "now"
    ) -> None:
        """`was` stands with the option it was made with, once another one is chosen."""
        super().__init__(id=id)
        self._was_note = was
        self.options = tuple(options)
        names = [name for name, _ in self.options]
        self._at = names.index(chosen) if chosen in names else 0
        self._was = self._at

    @property
    def chosen(self) -> str:
        return self.options[self._at][0]

    @property
    def changed(self) -> bool:
        """Whether it is another than the one it was made with."""
        return self._at != self._was

    def offer(self, options: Sequence[tuple[str, str]]) -> None:
        """Other options; what is chosen stays chosen where it is among them."""
        chosen = self.chosen
        self.options = tuple(options)
        self._at = self._was = next((index for index, (name, _) in enumerate(options) if name == chosen), 0)
        self._draw()

    def stand_at(self, name: str) -> None:
        """Another one holds meanwhile: the note goes to it. A choice that a person made stays; none follows."""
        index = next((place for place, (option, _) in enumerate(self.options) if option == name), self._was)
        if index == self._was:
            return
        follows, self._was = not self.changed, index
        if follows:
            self._at = index
        self._draw()
        self.post_message(self.Changed(self, self.chosen))

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def action_move(self, by: int) -> None:
        """Up is worse, down is milder; it does not go round."""
        self.choose(min(max(self._at + by, 0), len(self.options) - 1))

    def choose(self, index: int) -> None:
        if index != self._at:
            self._at = index
            self._draw()
            self.post_message(self.Changed(self, self.chosen))

    def on_key(self, event: events.Key) -> None:
        """A digit chooses only where nothing can be typed: one meant for a field must not change another. One that
        comes too soon was meant for what was on the screen before."""
        if self.screen.query("Input, TextArea"):
            return
        if getattr(self.screen, "is_too_soon", False) and event.is_printable:
            event.stop()
            return
        if event.character and event.character.isdecimal() and event.character.isascii():
            index = self._numbered(int(event.character))
            if index is not None:
                self.choose(index)

    def on_click(self, event: events.Click) -> None:
        if event.y < len(self.options):
            self.choose(event.y)

    def _numbered(self, digit: int) -> int | None:
        named = [re.search(r"\d+", name) for name, _ in self.options]
        for index, match in enumerate(named):
            if match and int(match.group()) == digit:
                return index
        return digit - 1 if not any(named) and 0 < digit <= len(self.options) else None

    def _draw(self) -> None:
        wide = max((len(name) for name, _ in self.options), default=0)
        self.show(*(self._row(index, name.ljust(wide), text) for index, (name, text) in enumerate(self.options)))

    def _row(self, index: int, name: str, text: str) -> tuple[Piece, ...]:
        here = index == self._at
        was = (f"  ({self._was_note})" if index == self._was and self.changed else "", "muted")
        return (
            ("▸ " if here else "  ", "info"),
            (name, "strong" if here else ""),
            (f"  {text}", "" if here else "muted"),
            was,
        )
