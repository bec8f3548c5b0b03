"""A revision under the cursor: everything known of it, and what can be done with it. Nothing is done by choosing."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from cockpit.model.revision import Application, Revision
from cockpit.model.time import Time
from cockpit.platforms.platform import RevisionChoice
from cockpit.platforms.registry import find_kind
from screens.dialogs.dialog import Dialog, DialogContext
from screens.shared.leaving import leave_screen
from widgets.choice import Choice
from widgets.facts import Viewer, build_fact_rows, list_facts
from widgets.line import Lines

LOOK = "only look"


class RevisionMenu(Dialog[RevisionChoice]):
    """Shows `revision`, as it was at the key press, and asks what to do with it."""

    AUTO_FOCUS = "Choice"
    keys = "↑ ↓ chooses · enter opens it; nothing runs yet · esc leaves"

    def __init__(self, place: DialogContext, time: Time, application: Application, revision: Revision) -> None:
        super().__init__(place, time)
        self.what = "Revision"
        self._wishes = find_kind(application).list_choices(application, revision)
        self._facts = [("revision", revision.name), *list_facts(revision, Viewer(time.now(), place.zone))]

    def fields(self) -> ComposeResult:
        with VerticalScroll(id="scroll", classes="label"):
            yield Lines(id="facts")
        yield Choice([(LOOK, ""), *((wish.name, wish.meaning) for wish in self._wishes)], LOOK)

    def on_mount(self) -> None:
        self.query_one("#scroll").can_focus = False
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        lines = self.query_one("#facts", Lines)
        lines.show(*build_fact_rows(self._facts, lines.size.width or 70))

    def action_confirm(self) -> None:
        if self.query_one(Choice).chosen == LOOK:
            leave_screen(self)
        else:
            super().action_confirm()

    def decide(self) -> Callable[[], RevisionChoice] | None:
        chosen = self.query_one(Choice).chosen
        wish = next((wish for wish in self._wishes if wish.name == chosen), None)
        return (lambda: wish) if wish else None
