"""Tell others: choose a message, mend its words, copy it, write down that it was sent. Nothing is sent from here."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.events import Key
from textual.message import Message
from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from cockpit.incident.messages.offers import (
    STATUS_LINE,
    MessageContext,
    build_message_context,
    compose_message,
    list_offers,
    name_reader,
    promise_when_sent,
)
from cockpit.incident.messages.outbox import MessageOutbox
from cockpit.incident.messages.template import find_marks
from cockpit.model.incident import Incident
from cockpit.model.key_bindings import MESSAGES
from cockpit.model.plan import Template
from cockpit.model.text import clean_line, clean_text
from screens.dialogs.dialog import DialogContext, act_named
from screens.messages import header
from screens.messages.drafts import Drafts, Words
from screens.shared.context import EventsAppended
from screens.shared.copying import copy_text
from screens.shared.errors import explain
from screens.shared.key_order import KeyPace
from screens.shared.keyed_screen import ROWS, KeyedScreen, KeyGroups
from screens.shared.leaving import leave_screen
from widgets.cell import sanitize_line, wrap_pieces
from widgets.keys import KeyLine, make_bindings
from widgets.line import Lines
from widgets.table import KeyedTable

if TYPE_CHECKING:
    from cockpit.session import Session


# The words of a message, to be changed: what nobody knew is selected, so that typing takes its place.


class MarkedText(TextArea):
    """A text area that knows the marks in its text."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, soft_wrap=True, show_line_numbers=False, compact=True)
        self.cursor_blink = False

    @property
    def missing(self) -> int:
        """How many marks are still in it."""
        return len(find_marks(self.text))

    def next_mark(self) -> bool:
        """Select the next mark behind the cursor, after the last one the first; False when there is none."""
        pairs = find_marks(self.text)
        if not pairs:
            return False
        index = _find_index(self.text, self.cursor_location)
        start, end = next((pair for pair in pairs if pair[0] >= index), pairs[0])
        self.selection = Selection(_find_location(self.text, start), _find_location(self.text, end))
        self.scroll_cursor_visible()
        return True


def _find_index(text: str, location: tuple[int, int]) -> int:
    row, column = location
    return sum(len(line) + 1 for line in text.split("\n")[:row]) + column


def _find_location(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n"), index - (before.rfind("\n") + 1)


class CommunicateScreen(KeyedScreen):
    """`incident` is the one of the key press. The text under the cursor is filled anew until a person touches it."""

    CSS_PATH = "screen.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012  # an instance variable of Screen
    KEYS = MESSAGES
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(MESSAGES)
    GROUPED: ClassVar[KeyGroups] = {("table.select",): "Change the text of the message under the cursor", **ROWS}

    class MessageNotice(Message):
        """How something went."""

        def __init__(self, text: str, tone: str = "good", sent: str = "") -> None:
            """`sent` is the message that is on record now."""
            super().__init__()
            self.text, self.tone, self.sent = text, tone, sent

    def __init__(self, session: "Session", place: "DialogContext", incident: Incident) -> None:
        super().__init__()
        self._session, self._place, self._incident = session, place, incident
        self._drafts = Drafts(list_offers(incident, session.plan))
        self._audience = ""  # "" is the template's own
        self._put = ""  # what we put into the text area; other words in it are a person's
        self._confirms = ""  # the key whose second press does it all the same
        self._has_notice = False  # something was shown above the keys; until then it is what to do next
        self._copied = ""  # what is known of the last copy
        self._pace = KeyPace(self._session.time.monotonic)

    def compose(self) -> ComposeResult:
        yield Lines(id="tell-head")
        with Container(id="tell-body"):
            yield KeyedTable(header.COLUMNS, id="tell-list")
            with Vertical(id="tell-right"):
                yield Lines(id="tell-settings")
                yield MarkedText(id="tell-text")
        yield Lines(id="tell-notice")
        yield KeyLine(id="keys-line")

    def on_mount(self) -> None:
        self._table.focus()
        self._draw()  # the list, so that a message is under its cursor
        self._show()

    # What is shown

    @property
    def _table(self) -> KeyedTable:
        return self.query_one(KeyedTable)

    @property
    def _area(self) -> MarkedText:
        return self.query_one(MarkedText)

    @property
    def _template(self) -> Template:
        """The one under the cursor."""
        return self._drafts.templates.get(self._table.cursor or "", STATUS_LINE)

    @property
    def _scene(self) -> MessageContext:
        self._incident = self._session.ledger.incidents.get(self._incident.id, self._incident)
        return build_scene(self._session, self._place, self._incident)

    @on(KeyedTable.Highlighted)
    def _chosen(self) -> None:
        self._audience, self._has_notice = "", False
        self._drafts.turn()
        self._show()

    @on(KeyedTable.Selected)
    def action_write(self) -> None:
        """Into the words, at the first value that nobody knew."""
        self._area.focus()
        self._area.move_cursor((0, 0))
        self._area.next_mark()

    @on(EventsAppended)
    def _events(self) -> None:
        """What happens does not change a text under somebody's cursor."""
        if not self._area.has_focus:
            self._show()

    @property
    def _now(self) -> datetime:
        return self._session.time.now()

    @property
    def audience(self) -> str:
        return self._audience or self._template.audience

    @property
    def _reader(self) -> str:
        """Who reads it, in the team's words."""
        return name_reader(self._template, self.audience, self._session.plan)

    def _show(self) -> None:
        """The message under the cursor: a person's words as they are, else filled from this moment."""
        self._put = self._drafts.show(self._template.id, self._scene, self._now, self.audience)
        if self._area.text != self._put:
            self._area.text = self._put
        self._draw()

    def _draw(self) -> None:
        wide = self.size.width or 80
        self.query_one("#tell-head", Lines).show(header.render_head(self._incident, self._place.production, wide))
        drafts, now = self._drafts, self._now
        self._table.show(header.list_rows(tuple(drafts.templates.values()), drafts.states), now)
        short = len(drafts.list_short(self._template.id))
        promised, zone = drafts.filled.promised, self._place.zone
        pairs = header.render_settings(self._reader, promised, self._area.missing, now, zone, short)
        from_where = sanitize_line(f"{self._template.title} · {self._template.origin}")
        self.query_one("#tell-right").border_title = Content(from_where)
        self.query_one("#tell-settings", Lines).show(pairs)
        keys, writing = self.keys_by_id(), self._area.has_focus
        if not self._has_notice:
            self.query_one("#tell-notice", Lines).show(header.WRITING if writing else header.NOTHING_SENT)
        if writing and "messages.back" in keys:
            keys["messages.back"] = replace(keys["messages.back"], does="Done")
        self.show_keys(keys)

    def say(self, text: str, tone: str = "warn") -> None:
        """Above the keys."""
        self._has_notice = True
        rows = wrap_pieces([(clean_line(text), tone)], max(20, self.size.width - 2), most=3)
        self.query_one("#tell-notice", Lines).show(*rows)

    @on(MessageNotice)
    def _show_notice(self, message: MessageNotice) -> None:
        self._drafts.on_record(message.sent)
        self._draw()
        self.say(message.text, message.tone)

    @on(TextArea.Changed)
    def _typed(self) -> None:
        if self._area.text != self._put:
            self._put = self._area.text
            self._drafts.typed(self._template.id, self._put)
            self._confirms = ""
        self._draw()

    def on_descendant_focus(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    # Keys

    def on_key(self, event: Key) -> None:
        """Before a key acts: did it come faster than a hand types?"""
        self._pace.note(event, self)

    def action_next_mark(self) -> None:
        """Select the next field that nobody knew: what is typed then takes its place."""
        self._area.focus()
        if not self._area.next_mark():
            self.say("Nothing is left to fill.", "good")

    def action_audience(self) -> None:
        index = header.AUDIENCES.index(self.audience) if self.audience in header.AUDIENCES else -1
        self._audience = header.AUDIENCES[(index + 1) % len(header.AUDIENCES)]
        self._show()  # clients do not read what the incident is called inside

    def action_promise(self) -> None:
        """The next of the times at which a further message may be promised; after the last one, none."""
        stay = self._drafts.promise_another(self._template.id, self._scene, self._now)
        self._show()
        if stay:
            self.say("Your text stays as it is: change the time in it yourself.")

    def action_copy(self) -> None:
        parts = self._take()
        if parts is None:
            return
        if self._session.read_only:
            self.say(f"Read-only: nothing is recorded. {self._copied}")
        else:
            self._deliver(partial(build_taking(self._session, self._place, self._incident).copied, parts.text))

    def action_sent(self) -> None:
        if self._refuses():
            return
        if (doubt := self._drafts.doubt(self._template.id, self._area.missing)) and self._confirms != "sent":
            self._confirms = "sent"
            self.say(doubt)
            return
        parts = self._take()
        if parts is not None:
            due = promise_when_sent(parts.filled, parts.text, parts.at, self._now, self._place.zone)
            self._record(self.audience, parts.text, self._template, due)

    def action_line(self) -> None:
        """The status line as it stands now, whatever message is under the cursor."""
        if self._refuses():
            return
        filled = compose_message(STATUS_LINE, self._scene, self._now)
        copy_text(self.app, filled.text)
        self._record(STATUS_LINE.audience, filled.text, STATUS_LINE, filled.promised)

    def action_note(self) -> None:
        from screens.dialogs.note import Note

        if not self._refuses():
            self.app.push_screen(Note(self._place, self._session.time, self._session.incident_actions, self._incident))

    def action_back(self) -> None:
        if self._area.has_focus:
            self._table.focus()
        elif self._confirms != "back" and self._drafts.unsaved:
            self._confirms = "back"
            self.say("Your text is neither copied nor recorded as sent. Press esc again to leave it behind.")
        else:
            leave_screen(self)

    def _refuses(self) -> bool:
        """Whether nothing may be written down now; then it says why."""
        if self._session.read_only:
            self.say("Read-only: nothing is recorded; c copies.")
        elif self._pace.is_hurried:
            self.say("That key came in a burst of others. Press it again.")
        return self._session.read_only or self._pace.is_hurried

    # Taking it away

    def _take(self) -> Words | None:
        """Put the message into the terminal's clipboard."""
        text = clean_text(self._area.text).strip()
        if not text:
            self.say("There is no text to copy.")
            return None
        self._confirms, self._put = "", self._area.text
        parts = self._drafts.taken(self._template.id, text)
        self._copied = copy_text(self.app, text)
        self._draw()
        return parts

    def _record(self, audience: str, text: str, template: Template, promised: datetime | None) -> None:
        reader = name_reader(template, audience, self._session.plan)
        sent = build_taking(self._session, self._place, self._incident).sent
        self._deliver(partial(sent, audience, text, template.id, promised, reader), template.id)

    @work(exit_on_error=False, group="telling")
    async def _deliver(self, act: Callable[[], str], sent: str = "") -> None:
        """Do what blocks, and tell how it went."""
        try:
            done = await act_named(self.app, self._place, self._session.time, act)
            self.post_message(self.MessageNotice(done, sent=sent))
        except Exception as error:
            self.post_message(self.MessageNotice(explain(error, "a message could not be copied"), "bad"))


def build_scene(session: "Session", place: "DialogContext", incident: Incident) -> MessageContext:
    """What a message about this incident is written from, as things stand now."""
    bad = session.ledger.bad(incident.environment)
    until = session.record_ends.get(incident.environment)
    return build_message_context(incident, session.system, session.plan, place.zone, bad, until)


def build_taking(session: "Session", place: "DialogContext", incident: Incident) -> MessageOutbox:
    return MessageOutbox(session.incident_actions, incident.id, session.timeline.path.parent, session.time, place.zone)
