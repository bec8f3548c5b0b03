"""The catalogue: every runbook, found by a few letters, what helps with the firing alerts on top."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Key
from textual.message import Message
from textual.widgets import Footer, Input

from cockpit.incident.load import find_practice_days
from cockpit.model.alert import Alert
from cockpit.model.event import Kind, RecordError
from cockpit.model.key_bindings import CATALOGUE
from cockpit.model.probe import ProbeResult
from cockpit.model.run import Run
from cockpit.model.text import clean_line
from cockpit.runbooks.catalogue.alert_match import Match, ProbeMatch
from cockpit.runbooks.catalogue.catalogue import AwaitedDocument, Catalogue, CatalogueEntry, Document, Unread
from screens.catalogue.rows import (
    COLUMNS,
    Entry,
    Shelf,
    build_shelf,
    describe_entry,
    find_entry_anew,
    get_document,
    list_rows,
)
from screens.dialogs.dialog import DialogContext as DialogPlace
from screens.dialogs.dialog import show_hint
from screens.run.open import open_or_begin, reopen_run
from screens.shared.document import DocumentScreen
from screens.shared.enter_guard import EnterGuard, begin_guard, explain_quick_key
from screens.shared.errors import explain
from screens.shared.keyed_screen import KeyedScreen
from screens.shared.leaving import leave_screen
from widgets.cell import Piece
from widgets.keys import make_bindings
from widgets.line import Lines
from widgets.table import KeyedTable

if TYPE_CHECKING:
    from cockpit.session import Session

EMPTY = "No runbook yet: `runbooks = [...]` in cockpit.toml names folders and files."


class CatalogueScreen(KeyedScreen):
    """`load` reads the documents anew, and blocks; `alerts` and `probes` are those of the key press.

    `look` gives what can be shown at once. Where it leaves titles to be read, it is asked again with the path of what
    is opened: that document is read ahead of the others, and whatever may bind it.
    """

    CSS_PATH = "screen.tcss"
    KEYS = CATALOGUE
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(CATALOGUE)

    class Loaded(Message):
        """The documents were read; or, ahead of the others, the one of that path."""

        def __init__(self, shelf: Shelf, path: str = "") -> None:
            super().__init__()
            self.shelf = shelf
            self.path = path

    class CatalogueNotice(Message):
        """Something was refused, or broke."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self,
        session: "Session",
        place: DialogPlace,
        load: Callable[[], Catalogue],
        alerts: Sequence[Alert],
        probes: Sequence[ProbeResult] = (),
        look: Callable[[Collection[str]], Catalogue] | None = None,
        find_trouble: Callable[[], tuple[Sequence[Alert], Sequence[ProbeResult]]] | None = None,
    ) -> None:
        super().__init__()
        self._look, self._find_trouble = look, find_trouble
        self._session, self._place, self._load, self._alerts = session, place, load, tuple(alerts)
        self._probes = tuple(probes)
        self._shelf: Shelf | None = None
        self._guard = EnterGuard(session.time)

    def compose(self) -> ComposeResult:
        yield Lines(id="catalogue-head")
        yield Input(placeholder=show_hint("type a few letters to find a runbook"), id="find", compact=True)
        yield KeyedTable(COLUMNS, id="places")
        yield Lines(id="about")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        find = self.query_one(Input)
        find.cursor_blink = False
        find.focus()
        self.table.can_focus = False
        self.table.explain([("Reading…", "muted")])
        self.query_one("#catalogue-head", Lines).show([(" Runbooks", "strong")])

    def on_screen_resume(self) -> None:
        self._guard = begin_guard(self, self._session.time)
        if self._find_trouble is not None:  # a run may have ended what fired when this was opened
            alerts, probes = self._find_trouble()
            self._alerts, self._probes = tuple(alerts), tuple(probes)
        self._read()

    @property
    def table(self) -> KeyedTable:
        return self.query_one("#places", KeyedTable)

    @property
    def entry(self) -> Entry | None:
        """What is under the cursor."""
        return self._shelf.entries.get(self.table.cursor or "") if self._shelf else None

    # What is shown

    @work(exclusive=True, group="reading", exit_on_error=False)
    async def _read(self) -> None:
        try:
            if self._look is not None:
                shelf = await asyncio.to_thread(self._shelve, partial(self._look, ()))
                self.post_message(self.Loaded(shelf))
                if not shelf.of(AwaitedDocument):
                    return
            shelf = await asyncio.to_thread(self._shelve, self._load)
        except Exception as error:
            self.post_message(self.CatalogueNotice(explain(error, "the catalogue could not be read")))
        else:
            self.post_message(self.Loaded(shelf))

    def _shelve(self, load: Callable[[], Catalogue]) -> Shelf:
        runs = list(self._session.runner.runs.runs.values())
        today = self._session.time.now().astimezone(self._place.zone).date()
        return build_shelf(load(), runs, self._alerts, today, self._practised(), self._probes)

    def _practised(self) -> Mapping[str, date]:
        """What was practised when. A timeline that cannot be read keeps no runbook from anybody."""
        try:
            return find_practice_days(self._session.timeline.events(kinds=[Kind.PRACTICE]), self._place.zone)
        except RecordError:
            return {}

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        if message.path and not self._has_awaited:
            return  # all was read meanwhile
        self._shelf = shelf = message.shelf
        head: list[Piece] = [(" Runbooks", "strong")]
        head += [(f"   {shelf.of(Document)} documents, {shelf.of(CatalogueEntry)} procedures", "muted")]
        waiting = shelf.of(AwaitedDocument)
        head += [(f" · {waiting} more are being read", "warn")] if waiting else []
        matching, going = shelf.of(Match) + shelf.of(ProbeMatch), shelf.of(Run)
        head += [(f" · {matching} for what fires now", "bad")] if matching else []
        head += [(f" · {going} {'run' if going == 1 else 'runs'} open", "info")] if going else []
        self.query_one("#catalogue-head", Lines).show(head)
        self._draw()
        if message.path:
            ids = [row.id for row in self.table.rows]
            read = (f"doc:{document.id}" for document in shelf.documents if document.runbook.path == message.path)
            self.table.move_to(next((ids.index(id) for id in read if id in ids), 0))

    @property
    def _has_awaited(self) -> bool:
        return self._shelf is not None and self._shelf.of(AwaitedDocument) > 0

    def _draw(self) -> None:
        if self._shelf is None:
            return
        query = self.query_one(Input).value
        result = list_rows(self._shelf, query)
        none = (
            "Nothing fits; esc shows all."
            if query
            else "No runbook yet: `runbooks = [...]` in cockpit.toml names them."
        )
        self.table.explain([(none, "muted")])
        self.table.show(result, self._session.time.now())
        self._describe()

    @on(KeyedTable.Highlighted)
    def _describe(self) -> None:
        below = self.query_one("#about", Lines)
        if self._shelf is not None:
            below.show(*describe_entry(self.entry, self._shelf, max(20, below.size.width - 2)))

    @on(Input.Changed)
    def _narrow(self) -> None:
        """The best fit is under the cursor, whatever was there before."""
        self._guard.touch()
        self._draw()
        self.table.move_to(0)
        self._describe()

    def on_resize(self) -> None:
        self.call_after_refresh(self._describe)

    @on(CatalogueNotice)
    def _show_notice(self, message: CatalogueNotice) -> None:
        self.notify(message.text, severity="error", markup=False, timeout=10)

    # Keys

    def action_move(self, by: int) -> None:
        self.table.action_move(by)

    def action_page(self, direction: int) -> None:
        self.table.action_page(direction)

    def on_key(self, event: Key) -> None:
        active = self.active_bindings.get(event.key)
        if active is None or active.binding.id != "catalogue.open":
            self._guard.touch()

    def action_open(self) -> None:
        """Opening runs nothing, each step has a key of its own; but a run is on the timeline, so a hand must ask."""
        counts = self._guard.press()
        self._guard.touch()
        if counts:
            self.set_timer(self._guard.settling, partial(self._open_it, self.entry, self._guard, self._guard.touches))
        else:
            self.notify(explain_quick_key(self.name_key("catalogue.open")), severity="warning", markup=False)

    def _open_it(self, entry: Entry | None, guard: EnterGuard, touches: int) -> None:
        if guard is not self._guard or guard.touches != touches:
            self.notify(explain_quick_key(self.name_key("catalogue.open")), severity="warning", markup=False)
            return
        if entry is not None and not isinstance(entry, Run | Unread) and self._has_awaited:
            self._open_ahead(entry)
        elif isinstance(entry, Document) or (isinstance(entry, Match) and entry.procedure is None):
            self._show(entry)
        elif entry is not None:
            self._open(entry)

    @on(KeyedTable.Selected)
    def _clicked(self) -> None:
        self.action_open()

    @work(exclusive=True, group="opening", exit_on_error=False)
    async def _open(self, entry: Entry) -> None:
        try:
            if isinstance(entry, Run):
                await reopen_run(self.app, self._session, self._place, entry)
            elif isinstance(entry, CatalogueEntry | Match | ProbeMatch) and entry.procedure is not None:
                index = entry.step.ordinal if isinstance(entry, Match) and entry.step else None
                runbook = entry.document.runbook
                await open_or_begin(self.app, self._session, self._place, runbook, entry.procedure, index=index)
        except Exception as error:
            self.post_message(self.CatalogueNotice(explain(error, "a runbook could not be opened")))

    @work(exclusive=True, group="opening", exit_on_error=False)
    async def _open_ahead(self, entry: AwaitedDocument | Document | CatalogueEntry | Match | ProbeMatch) -> None:
        """Read what is opened ahead of the others; all that may bind it is read with it."""
        assert self._look is not None
        path = entry.path if isinstance(entry, AwaitedDocument) else get_document(entry).runbook.path
        try:
            catalogue = await asyncio.to_thread(self._look, (clean_line(path),))
            if isinstance(entry, AwaitedDocument):
                shelf = await asyncio.to_thread(self._shelve, lambda: catalogue)
                self.post_message(self.Loaded(shelf, path))
                return
            anew = find_entry_anew(entry, catalogue)
        except Exception as error:
            self.post_message(self.CatalogueNotice(explain(error, "a runbook could not be read")))
            return
        if isinstance(anew, Document) or (isinstance(anew, Match) and anew.procedure is None):
            self._show(anew)
        else:
            self._open(anew)

    def action_read(self) -> None:
        if isinstance(self.entry, Document | CatalogueEntry | Match | ProbeMatch):
            self._show(self.entry)

    def _show(self, entry: Document | CatalogueEntry | Match | ProbeMatch) -> None:
        document = get_document(entry)
        procedure = None if isinstance(entry, Document) else entry.procedure
        documents = self._shelf.documents if self._shelf else []
        line = procedure.line if procedure else 1
        self.app.push_screen(DocumentScreen(document.runbook, line, Catalogue(tuple(documents))))

    def action_back(self) -> None:
        find = self.query_one(Input)
        if find.value:
            find.value = ""
        else:
            leave_screen(self)
