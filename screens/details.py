"""Everything known of the thing under the cursor."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from cockpit.model.incident import Acknowledgement
from cockpit.model.time import Time
from screens.copying import copy_text
from screens.dialog import Dialog, DialogContext
from screens.leaving import leave_screen
from widgets.facts import Viewer, as_text, facts, heading, rows
from widgets.line import Lines


class Details(Dialog[None]):
    """`shown` is the object captured at the key press: it does not change while it is read."""

    AUTO_FOCUS = "#scroll"
    keys = "c copies all of it · ↑ ↓ scroll · enter or esc leaves"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("c", "copy", "Copy", show=False)]

    def __init__(self, place: DialogContext, time: Time, shown: object, taken: Acknowledgement | None = None) -> None:
        super().__init__(place, time)
        self.what = heading(shown)
        self._facts = facts(shown, Viewer(time.now(), place.zone), taken)

    def fields(self) -> ComposeResult:
        with VerticalScroll(id="scroll", classes="label"):
            yield Lines(id="facts")

    def on_mount(self) -> None:
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        shown = self.query_one("#facts", Lines)
        shown.show(*rows(self._facts, shown.size.width or 70))

    def action_copy(self) -> None:
        self.say(copy_text(self.app, as_text(self.what, self._facts)), "info")

    def action_confirm(self) -> None:
        leave_screen(self)

    def decide(self) -> Callable[[], None] | None:
        """Nothing is done here."""
        return None
