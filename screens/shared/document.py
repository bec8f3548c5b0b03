"""A document as it was read, to look at: every line of it, as it stands."""

import re
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Footer

from cockpit.model.key_bindings import DOCUMENT
from cockpit.model.runbook import Damage, Link, Runbook
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document
from cockpit.runbooks.catalogue.references import OUTSIDE, find_anchored_line, follow_link
from cockpit.runbooks.document.read import text_for_people
from screens.shared.copying import copy_text
from screens.shared.keyed_screen import ROWS, KeyedScreen, KeyGroups
from widgets.cell import Piece
from widgets.keys import make_bindings
from widgets.line import Lines
from widgets.output import OutputTail, OutputView

FENCE = re.compile(r"^[ \t>]*(?:```|~~~)")
CODE = re.compile(r"(`+)(?P<code>(?:(?!\1).)+)\1")


BARE_ADDRESS = re.compile(r"(?<![\w(<\"'=/])https?://[^\s<>()|`\"'\]]+[^\s<>()|`\"'\].,;:!?]")


def list_links(runbook: Runbook, text: str) -> list[Link]:
    """The links of a document, and the addresses that stand bare in its prose and tables, in the order of its lines."""
    linked = {link.target for link in runbook.links}
    bare = [
        Link(match.group(), match.group(), number)
        for number, line in enumerate(text.split("\n"), start=1)
        for match in BARE_ADDRESS.finditer(line)
        if match.group() not in linked
    ]
    return sorted([*runbook.links, *bare], key=lambda link: link.line)


def list_inline_code(text: str) -> list[tuple[int, str]]:
    """(line, code) of everything in backticks that stands in prose, a list or a table; blocks are steps."""
    codes: list[tuple[int, str]] = []
    in_block = False
    for number, line in enumerate(text.split("\n"), start=1):
        if FENCE.match(line):
            in_block = not in_block
        elif not in_block:
            codes += [(number, match["code"].strip()) for match in CODE.finditer(line) if match["code"].strip()]
    return codes


def text_tone(line: str) -> str:
    """Headings stand out, the marks of fences do not."""
    return "strong" if line.startswith("#") else "muted" if line.lstrip().startswith(("```", "~~~")) else ""


DAMAGES = {
    Damage.NONE: "",
    Damage.MOJIBAKE: "Broken letters were repaired for reading.",
    Damage.RECONSTRUCTED: "Put together from a damaged file: to read, not to run. Save a repaired copy to run it.",
}


class DocumentScreen(KeyedScreen):
    """Shows `runbook`, from `line` on."""

    CSS_PATH = str(
        Path(__file__).with_name("document.tcss")
    )  # absolute: Textual looks beside the subclass, in any folder
    KEYS = DOCUMENT
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(DOCUMENT)
    GROUPED: ClassVar[KeyGroups] = ROWS

    def __init__(self, runbook: Runbook, line: int = 1, catalogue: Catalogue | None = None) -> None:
        """`catalogue` has the documents that its links may lead to; without one only those within it are followed."""
        super().__init__()
        self._runbook, self._line = runbook, line
        self._catalogue = catalogue or Catalogue((Document("this", runbook),))
        self._link = -1  # the one that is shown, none at first
        self._text = text_for_people(runbook)
        self._links = list_links(runbook, self._text)
        self._codes = list_inline_code(self._text)
        self._code = -1

    def compose(self) -> ComposeResult:
        yield Lines(id="document-head")
        yield OutputView(id="document", follow=False, wraps=True, tone=text_tone)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self._draw_head()
        view = self.query_one(OutputView)
        view.focus()
        view.show(OutputTail(self._text, kept=10_000_000), follow=False)
        self.call_after_refresh(view.action_to_line, self._line - 1)

    def _draw_head(self) -> None:
        head: list[Piece] = [(f" {self._runbook.title}", "strong"), (f"   {self._runbook.path}", "muted")]
        head += [("   ", ""), (DAMAGES[self._runbook.damage], "warn")]
        if self._link >= 0:
            link = self._links[self._link]
            place = f"link {self._link + 1} of {len(self._links)}: "
            head = [(f" {place}", "muted"), (link.text, "strong"), (f" → {link.target}", "info")]
        self.query_one("#document-head", Lines).show(head)

    def action_link(self) -> None:
        """The next link, from the line that is looked at on."""
        links = self._links
        if not links:
            self.notify("This document has no links.", markup=False)
            return
        first = next((index for index, link in enumerate(links) if link.line >= self._line), 0)
        self._link = first if self._link < 0 else (self._link + 1) % len(links)
        self.query_one(OutputView).action_to_line(max(0, links[self._link].line - 3))
        self._draw_head()

    def action_code(self) -> None:
        """The next command or name that the prose mentions, from the line that is looked at on: copied as it stands."""
        if not self._codes:
            self.notify("This document has no code in its text.", markup=False)
            return
        first = next((index for index, (line, _) in enumerate(self._codes) if line >= self._line), 0)
        self._code = first if self._code < 0 else (self._code + 1) % len(self._codes)
        line, code = self._codes[self._code]
        self.query_one(OutputView).action_to_line(max(0, line - 3))
        self.query_one("#document-head", Lines).show(
            [(f" code {self._code + 1} of {len(self._codes)}, line {line}: ", "muted"), (code, "strong")]
        )
        self.notify(copy_text(self.app, code), markup=False)

    def action_follow(self) -> None:
        """Into the document that the link names, at its heading; an address outside is copied."""
        if self._link < 0:
            self.action_link()
            return
        target = self._links[self._link].target
        here = next((item for item in self._catalogue.documents if item.runbook.path == self._runbook.path), None)
        jump = follow_link(self._catalogue, here, target) if here else None
        if jump is not None:
            anchor = target.partition("#")[2]
            line = find_anchored_line(jump.document.runbook, anchor) if anchor else 1
            self.app.push_screen(DocumentScreen(jump.document.runbook, line or 1, self._catalogue))
        elif OUTSIDE.match(target):
            self.notify(copy_text(self.app, target), markup=False)
        else:
            self.notify(f"{target} is not in the catalogue.", severity="warning", markup=False)
