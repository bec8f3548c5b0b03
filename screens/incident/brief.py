"""The brief of an incident: what there is to say of it in half a minute, to read out, and to copy."""

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize
from textual.message import Message
from textual.widgets import Footer

from cockpit.model.incident import Incident
from cockpit.model.key_bindings import BRIEFING
from screens.dialogs.dialog import DialogContext
from screens.shared.context import EventsAppended
from screens.shared.copying import copy_text
from screens.shared.errors import explain
from screens.shared.keyed_screen import ROWS, KeyedScreen, KeyGroups
from widgets.cell import Piece
from widgets.keys import make_bindings
from widgets.line import Lines
from widgets.output import OutputTail, OutputView

if TYPE_CHECKING:
    from cockpit.session import Session

TITLE = 11  # cells of the first column
EVERY = 10.0  # seconds between two looks, for what is due
WIDEST = 10_000  # cells: what is copied is not broken into rows


class BriefScreen(KeyedScreen):
    """Of `incident`, captured when it was opened. It is made anew while it is read, and nothing is written by it."""

    CSS_PATH = "../shared/document.tcss"
    KEYS = BRIEFING
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(BRIEFING)
    GROUPED: ClassVar[KeyGroups] = ROWS

    class Briefed(Message):
        """It was made: pairs of a title and a line."""

        def __init__(self, pairs: list[tuple[str, str]]) -> None:
            super().__init__()
            self.pairs = pairs

    def __init__(self, session: "Session", place: DialogContext, incident: Incident) -> None:
        super().__init__()
        self._session = session
        self._place = place
        self._incident = incident
        self._pairs: list[tuple[str, str]] = []

    def compose(self) -> ComposeResult:
        yield Lines(id="document-head")
        yield OutputView(id="document", follow=False)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self._say("reading the timeline…")
        self.query_one(OutputView).focus()
        self.set_interval(EVERY, self._read)
        self._read()

    @on(EventsAppended)
    def _something_happened(self) -> None:
        self._read()

    @on(Resize)
    def _resized(self) -> None:
        self._draw()

    def _say(self, text: str) -> None:
        head: list[Piece] = [(" Brief   ", "strong"), (f"{self._incident.id}   ", "muted")]
        self.query_one("#document-head", Lines).show([*head, (text, "info")])

    @work(thread=True, exit_on_error=False, exclusive=True)
    def _read(self) -> None:
        from cockpit.incident.messages.briefing import read_brief

        session, zone = self._session, self._place.zone
        incident = session.ledger.incidents.get(self._incident.id, self._incident)
        try:
            pairs = read_brief(session.incident_actions, session.timeline, incident, zone, session.time.now())
        except Exception as error:
            self.notify(explain(error, "a brief could not be made"), severity="error", markup=False)
        else:
            self.post_message(self.Briefed(pairs))

    @on(Briefed)
    def _show(self, message: Briefed) -> None:
        self._pairs = message.pairs
        self._say(f"as of {self._session.time.now().astimezone(self._place.zone):%H:%M %Z}")
        self._draw()

    def _draw(self) -> None:
        if self._pairs:
            rows = layout_brief(self._pairs, max(40, self.size.width - 2))
            view, brief = self.query_one(OutputView), OutputTail("\n".join(rows))
            view.renew(brief) if view.tail.total else view.show(brief, follow=False)

    def action_copy(self) -> None:
        if self._pairs:
            self.notify(copy_text(self.app, "\n".join(layout_brief(self._pairs, WIDEST))), markup=False)


def layout_brief(pairs: Sequence[tuple[str, str]], width: int) -> list[str]:
    """One row each, its title in front; a long one goes on below itself."""
    rows: list[str] = []
    for title, text in pairs:
        first, *rest = wrap(text, max(20, width - TITLE - 1)) or [""]
        rows += [f"{title:<{TITLE}} {first}", *(f"{'':<{TITLE}} {line}" for line in rest)]
    return rows
