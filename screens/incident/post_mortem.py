"""The post-mortem draft: read as it would be written now, and exported, also over a file that is already there."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Footer, Input

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.postmortem.export import Exporter
from cockpit.incident.postmortem.merge import NotOurDraft
from cockpit.model.incident import Incident
from cockpit.model.key_bindings import DRAFT
from cockpit.model.text import clean_line
from cockpit.model.time import Time
from screens.dialogs.dialog import Dialog, DialogContext
from screens.incident import people_forms
from screens.shared.context import DraftWritten, EventsAppended
from screens.shared.document import text_tone
from screens.shared.errors import explain
from screens.shared.keyed_screen import ROWS, KeyedScreen, KeyGroups
from widgets.bar import spread_pieces
from widgets.cell import Piece, wrap_pieces
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


class Export(Dialog[Path]):
    """Its answer is the path that was written."""

    what = "Export the post-mortem draft"
    keys = "enter writes · esc leaves, nothing is written"

    class Looked(Message):
        """What would become of a path; `why` is set when it is a file that is not ours."""

        def __init__(self, path: Path, outlook: str, why: str = "") -> None:
            super().__init__()
            self.path, self.outlook, self.why = path, outlook, why

    def __init__(self, place: DialogContext, time: Time, exporter: Exporter) -> None:
        super().__init__(place, time)
        self._exporter = exporter
        self._foreign: Path | None = None

    def fields(self) -> ComposeResult:
        yield Lines(id="subject", classes="label")
        yield Lines(id="path-label", classes="label")
        yield Input(str(self._exporter.preset), id="path")
        yield Lines(id="outlook")
        yield Lines(id="name-label", classes="label")
        yield Input(id="name")

    def on_mount(self) -> None:
        for field in self.query(Input):
            field.cursor_blink = False
        incident = self._exporter.incident
        title = f"{incident.severity_text} {incident.title}"
        self.query_one("#subject", Lines).show((("of ", "muted"), (title, "strong")))
        self.query_one("#path-label", Lines).show((("Markdown, written to", "muted"),))
        self.query_one("#name-label", Lines).show((("its name, to replace it", "bad"),))
        self._ask_name(False)

    @property
    def _path(self) -> Path:
        return Path(self.query_one("#path", Input).value.strip()).expanduser()

    @on(Input.Changed, "#path")
    def _look_again(self) -> None:
        self._foreign = None
        self._ask_name(False)
        self._look(self._path)

    @work(thread=True, exclusive=True, group="look", exit_on_error=False)
    def _look(self, path: Path) -> None:
        try:
            self.post_message(self.Looked(path, self._exporter.outlook(path)))
        except NotOurDraft as why:
            self.post_message(self.Looked(path, "", str(why)))
        except Exception as error:  # what stands in the way of looking will be reported again by writing
            self.post_message(self.Looked(path, clean_line(error) or type(error).__name__))

    @on(Looked)
    def _looked(self, message: Looked) -> None:
        if message.path != self._path:
            return
        self._foreign = message.path if message.why else None
        self._ask_name(bool(message.why))
        text = f"✖ {self._lost(message.path, message.why)}" if message.why else f"{message.outlook}: {message.path}"
        rows = wrap_pieces(
            [(text, "bad" if message.why else "muted")], self.wide, most=4
        )  # the field shows its end alone
        self.query_one("#outlook", Lines).show(*rows)

    def _ask_name(self, flag: bool) -> None:
        self.query_one("#name-label").display = flag
        self.query_one("#name").display = flag

    @staticmethod
    def _lost(path: Path, why: str) -> str:
        return f"{path.name} would be lost: {why}."

    def decide(self) -> Callable[[], Path] | None:
        path = self._path
        if not path.name:
            self.say("It needs a file to write to.")
            return None
        typed = self.query_one("#name", Input).value.strip()
        force = self._foreign == path and typed == path.name
        if self._foreign == path and not force:
            self.query_one("#name", Input).focus()
            confirm = self.name_key("enter")
            self.say(f"To replace it, type its name, {path.name}, and press {confirm} again. Or change the path.")
            return None
        return lambda: self._write(path, force)

    def _write(self, path: Path, force: bool) -> Path:
        try:
            result = self._exporter.write(path, force=force)
        except NotOurDraft as why:
            self.post_message(self.Looked(path, "", str(why)))
            raise IncidentActionError(self._lost(path, str(why)), code="not-our-draft", file=str(path)) from None
        self.post_message(DraftWritten(result.path))
        return result.path
