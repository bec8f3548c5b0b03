"""Write a note into the timeline, now or for an earlier moment."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, TextArea

from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.model.key_bindings import TEXT_DIALOG
from cockpit.model.text import clean_text
from cockpit.model.time import Time, WhenError
from screens.dialogs.dialog import Dialog, DialogContext, show_hint
from widgets.keys import make_bindings
from widgets.line import Lines


class Note(Dialog[Event]):
    """`incident` is where it goes, None for the journal.

    Enter records and ctrl+j begins a new line: the other way round, a note in a hurry needs a chord to leave.
    """

    what = "Note"
    keys = "enter records · ctrl+j new line · tab time · esc leaves"
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(TEXT_DIALOG)

    def __init__(
        self, place: DialogContext, time: Time, incident_actions: IncidentActions, incident: Incident | None
    ) -> None:
        super().__init__(place, time)
        self._incident_actions = incident_actions
        self._incident = incident

    def fields(self) -> ComposeResult:
        yield Lines(id="goes-to", classes="label")
        yield TextArea(id="text", soft_wrap=True, show_line_numbers=False, compact=True)
        with Horizontal(id="times"):
            yield Lines(id="at-label")
            yield Input(id="at", placeholder=show_hint("now, or 10m ago, 14:05 ..."), compact=True)

    def on_mount(self) -> None:
        self.query_one(TextArea).cursor_blink = False
        self.query_one(Input).cursor_blink = False
        to = (
            f"{self._incident.severity_text} {self._incident.title}"
            if self._incident
            else "the journal: no incident is open"
        )
        self.query_one("#goes-to", Lines).show((("to ", "muted"), (to, "strong")))
        self.query_one("#at-label", Lines).show((("it happened", "muted"),))

    def action_new_line(self) -> None:
        if self.focused is self.query_one(TextArea):
            self.query_one(TextArea).insert("\n")

    def decide(self) -> Callable[[], Event] | None:
        text = clean_text(self.query_one(TextArea).text).strip()
        if not text:
            self.say("There is nothing to record yet.")
            return None
        typed = self.query_one(Input).value.strip()
        try:
            moment = self.read_moment(typed) if typed else None
        except WhenError as error:
            self.say(str(error))
            return None
        incident = self._incident.id if self._incident else None
        return lambda: self._incident_actions.note(text, incident, moment)
