"""A document as it was read, to look at: every line of it, as it stands."""

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Footer

from cockpit.model.actions import DOCUMENT
from cockpit.model.runbook import Damage, Runbook
from cockpit.runbooks.document.read import text_for_people
from screens.shared.keyed_screen import LINES, KeyedScreen, KeyGroups
from widgets.bindings import make_bindings
from widgets.cell import Piece
from widgets.line import Lines
from widgets.output import OutputTail, OutputView


def text_tone(line: str) -> str:
    """Headings stand out, the marks of fences do not."""
    return "strong" if line.startswith("#") else "muted" if line.lstrip().startswith(("```", "~~~")) else ""


DAMAGES = {
    Damage.NONE: "",
    Damage.MOJIBAKE: "Its letters were mended for reading.",
    Damage.RECONSTRUCTED: "Put together from a damaged file: to read, not to run. Save a mended copy to run it.",
}


class DocumentScreen(KeyedScreen):
    """Shows `runbook`, from `line` on."""

    CSS_PATH = str(
        Path(__file__).with_name("document.tcss")
    )  # absolute: Textual looks beside the subclass, in any folder
    KEYS = DOCUMENT
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(DOCUMENT)
    GROUPED: ClassVar[KeyGroups] = LINES

    def __init__(self, runbook: Runbook, line: int = 1) -> None:
        super().__init__()
        self._runbook, self._line = runbook, line

    def compose(self) -> ComposeResult:
        yield Lines(id="document-head")
        yield OutputView(id="document", follow=False, tone=text_tone)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        head: list[Piece] = [(f" {self._runbook.title}", "strong"), (f"   {self._runbook.path}", "muted")]
        head += [("   ", ""), (DAMAGES[self._runbook.damage], "warn")]
        self.query_one("#document-head", Lines).show(head)
        view = self.query_one(OutputView)
        view.focus()
        view.show(OutputTail(text_for_people(self._runbook), kept=10_000_000), follow=False)
        self.call_after_refresh(view.action_to, self._line - 1)
