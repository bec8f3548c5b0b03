"""Export the post-mortem draft: where to, and what becomes of a file that is already there."""

from collections.abc import Callable
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.postmortem.export import Exporter
from cockpit.incident.postmortem.merge import NotOurDraft
from cockpit.model.text import clean_line
from cockpit.model.time import Time
from screens.dialogs.dialog import Dialog, DialogContext
from screens.shared.app_messages import DraftWritten
from widgets.line import Lines


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
        except Exception as error:  # what stands in the way of looking will be said again by writing
            self.post_message(self.Looked(path, clean_line(error) or type(error).__name__))

    @on(Looked)
    def _looked(self, message: Looked) -> None:
        if message.path != self._path:
            return
        self._foreign = message.path if message.why else None
        self._ask_name(bool(message.why))
        shown_text = f"✖ {self._lost(message.path, message.why)}" if message.why else message.outlook
        self.query_one("#outlook", Lines).show(((shown_text, "bad" if message.why else "muted"),))

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
