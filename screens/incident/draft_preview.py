"""The post-mortem draft as it would be written now, to be read before it is."""

import re
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Footer

from cockpit.incident.postmortem.export import Exporter
from cockpit.model.incident import Incident
from cockpit.model.key_bindings import DRAFT
from screens.dialogs.dialog import DialogContext
from screens.incident import people_forms
from screens.shared.app_messages import EventsAppended
from screens.shared.document import text_tone
from screens.shared.errors import explain
from screens.shared.keyed_screen import ROWS, KeyedScreen, KeyGroups
from widgets.bar import spread_pieces
from widgets.cell import Piece
from widgets.keys import make_bindings
from widgets.line import Lines
from widgets.output import OutputTail, OutputView

if TYPE_CHECKING:
    from cockpit.session import Session


class PreviewScreen(KeyedScreen):
    """Of `incident`, captured when it was opened. Nothing is written by looking."""

    CSS_PATH = "../shared/document.tcss"
    KEYS = DRAFT
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(DRAFT)
    GROUPED: ClassVar[KeyGroups] = ROWS

    class Drafted(Message):
        """The draft was made."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, session: "Session", place: DialogContext, incident: Incident) -> None:
        super().__init__()
        self._session = session
        self._place = place
        self._incident = incident
        self._text = ""  # as it is shown

    def compose(self) -> ComposeResult:
        yield Lines(id="document-head")
        yield OutputView(id="document", follow=False, wraps=True, tone=text_tone)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self._tell("reading the timeline…")
        self.query_one(OutputView).focus()
        self._draft()

    def on_screen_resume(self) -> None:
        self._draft()

    @on(EventsAppended)
    def _something_happened(self) -> None:
        self._draft()

    def _tell(self, state: str) -> None:
        head: list[Piece] = [(f" {self._incident.title}", "strong"), (f"   {self._incident.id}   ", "muted")]
        wide = self.size.width or 80
        self.query_one("#document-head", Lines).show(spread_pieces([*head, (state, "info")], [], wide))

    @property
    def _exporter(self) -> Exporter:
        session = self._session
        return Exporter(
            self._incident, session.timeline, session.incident_actions, session.system, session.time, session.plan
        )

    @work(thread=True, exit_on_error=False, exclusive=True)
    def _draft(self) -> None:
        try:
            text = self._exporter.text()
        except Exception as error:
            self.notify(explain(error, "a draft could not be made"), severity="error", markup=False)
        else:
            self.post_message(self.Drafted(text))

    @on(Drafted)
    def _show(self, message: Drafted) -> None:
        incident = self._session.ledger.incidents.get(self._incident.id, self._incident)
        self._tell(incident.review.value)
        view, text = self.query_one(OutputView), make_readable(message.text)
        if view.tail.total and text == self._text:
            return
        draft = OutputTail(text, kept=10_000_000)
        self._text = text
        view.renew(draft) if view.tail.total else view.show(draft, follow=False)

    def action_export(self) -> None:
        from screens.incident.export_dialog import Export

        self.app.push_screen(Export(self._place, self._session.time, self._exporter))

    def action_note(self) -> None:
        from screens.dialogs.note import Note

        session = self._session
        self.app.push_screen(Note(self._place, session.time, session.incident_actions, self._incident))

    def action_review(self) -> None:
        session = self._session
        incident = session.ledger.incidents.get(self._incident.id, self._incident)
        self.app.push_screen(
            people_forms.open_review_form(self._place, session.time, session.incident_actions, incident)
        )


def make_readable(draft: str) -> str:
    """The draft without the markers that only the next export needs."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"^<!-- .*? -->\n", "", draft, flags=re.MULTILINE))
