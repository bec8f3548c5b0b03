"""Severity, status and resolution of an incident, with the reason, in one dialog."""

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from cockpit.incident.desk import Desk
from cockpit.model.clean import clean_line
from cockpit.model.incident import Incident
from cockpit.model.incident import Status as IncidentStatus
from cockpit.model.response import CloseReason
from cockpit.model.time import Time
from screens.dialog import Dialog, Place
from widgets.choice import Choice
from widgets.line import Lines

MEANING = {
    IncidentStatus.INVESTIGATING: "we do not know yet why",
    IncidentStatus.IDENTIFIED: "we know why and are mending it",
    IncidentStatus.MONITORING: "mended; we watch whether it holds",
    IncidentStatus.RESOLVED: "over: closes the incident",
}


BECAUSE = {
    CloseReason.FIXED: "mended",
    CloseReason.FALSE_POSITIVE: "nothing was wrong",
    CloseReason.DUPLICATE: "another incident tells the same",
    CloseReason.SUPERSEDED: "a later incident goes on with it",
    CloseReason.EXTERNAL: "broken and mended by somebody else",
    CloseReason.CANCELLED: "declared by mistake, or called off",
}


class Status(Dialog[None]):
    """`incident` is the one captured at the key press. What was recorded before a refusal is not recorded twice."""

    AUTO_FOCUS = "#status"
    what = "Severity and status"
    keys = "enter records · ↑ ↓ choose · tab next · esc leaves, nothing changes"

    def __init__(self, place: Place, time: Time, desk: Desk, incident: Incident) -> None:
        super().__init__(place, time)
        self._desk = desk
        self._incident = incident
        self._severity = incident.severity  # as it was last recorded

    def fields(self) -> ComposeResult:
        yield Lines(id="subject")
        yield Lines(id="severity-label", classes="label")
        yield Choice(
            [(each.name, each.definition) for each in self._desk.ladder], self._incident.severity, id="severity"
        )
        yield Lines(id="status-label", classes="label")
        yield Choice([(each.value, text) for each, text in MEANING.items()], self._incident.status.value, id="status")
        yield Lines(id="because-label", classes="label")
        yield Choice([(each.value, text) for each, text in BECAUSE.items()], CloseReason.FIXED.value, id="because")
        yield Lines(id="reason-label", classes="label")
        yield Input(id="reason", max_length=500)

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False
        show = {
            "#subject": (("on ", "muted"), (self._incident.title, "strong")),
            "#severity-label": (("severity", "muted"),),
            "#status-label": (("status", "muted"),),
            "#because-label": (("it ended because it was", "muted"),),
            "#reason-label": (("why, for those who read it later", "muted"),),
        }
        for where, line in show.items():
            self.query_one(where, Lines).show(line)
        self._ask_because()

    @on(Choice.Changed, "#status")
    def _ask_because(self) -> None:
        """Whoever closes it says how it ended, and is not asked for its severity: both do not fit 24 rows."""
        closes = self.query_one("#status", Choice).chosen == IncidentStatus.RESOLVED and self._incident.open
        self.query_one("#dialog").set_class(closes, "-closing")
        for id in ("#because-label", "#because"):
            self.query_one(id).display = closes
        for id in ("#severity-label", "#severity"):
            self.query_one(id).display = not closes

    def decide(self) -> Callable[[], None] | None:
        severity, status = self.query_one("#severity", Choice), self.query_one("#status", Choice)
        reason = clean_line(self.query_one(Input).value, 500)
        raised = severity.chosen if severity.changed and severity.chosen != self._severity else None
        moved = status.chosen if status.changed else None
        if raised is None and moved is None:
            self.say("Nothing was changed. esc leaves.")
            return None
        if not reason and (missing := self._why(moved)):
            self.query_one(Input).focus()
            self.say(f"{missing}, then press Enter again.")
            return None
        because = self.query_one("#because", Choice).chosen
        return lambda: self._record(raised, moved, reason, because)

    def _why(self, moved: str | None) -> str:
        """What a reason is needed for; "" where it can be left out."""
        if moved == IncidentStatus.RESOLVED:
            return "Resolving closes it. Say in a few words what ended it"
        return "" if self._incident.open or moved is None else "It is over. Say why it is opened again"

    def _record(self, severity: str | None, status: str | None, reason: str, because: str) -> None:
        if severity is not None:
            self._desk.change_severity(severity, self._incident.id, reason)
            self._severity = severity
        if status == IncidentStatus.RESOLVED:
            self._desk.resolve(reason, self._incident.id, because=because)
        elif status is not None:
            self._desk.change_status(status, self._incident.id, reason)
