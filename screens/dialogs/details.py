"""Everything known of the row under the cursor."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.message import Message

from cockpit.model.alert import Alert, AlertState
from cockpit.model.event import Event, Kind
from cockpit.model.incident import Acknowledgement, Incident
from cockpit.model.key_bindings import ALERT_DETAILS, DETAILS, EVENT_DETAILS
from cockpit.model.probe import SignalResult
from cockpit.model.time import Time, parse_past_moment
from screens.dialogs.dialog import Dialog, DialogContext
from screens.dialogs.form import Field, FormDialog, Values, make_required_check
from screens.shared.copying import copy_text
from screens.shared.leaving import leave_screen
from widgets.facts import Fact, Viewer, as_text, build_fact_rows, get_heading, list_facts
from widgets.keys import make_bindings
from widgets.line import Lines
from widgets.plot import PlotMark, draw_plot

if TYPE_CHECKING:
    from cockpit.incident.actions.incident_actions import IncidentActions


LIVE = 1.0  # seconds between two looks at the ages
READ_ONLY = "Read-only: nothing is recorded. Start without --read-only to write."
NO_PROCEDURE = "No document names a procedure for it. In a `runbook` of its own you can name one."
PROCEDURE_KEY = "r procedure"
PROCEDURE = "procedure"  # the label of the fact that names it
NO_INCIDENT = "It belongs to no incident: declare one first."
PAST_AFTER = 5  # facts of the row itself that stand before what is known of its past


class Details(Dialog[None]):
    """`value` is the object captured at the key press: it does not change while it is read."""

    AUTO_FOCUS = "#scroll"
    keys = "c copies all of it · ↑ ↓ scroll · enter or esc leaves"
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(DETAILS)

    class PastRead(Message):
        """What the timeline knows of it, read away from the loop."""

        def __init__(self, facts: Sequence[Fact]) -> None:
            super().__init__()
            self.facts = facts

    def __init__(
        self,
        place: DialogContext,
        time: Time,
        value: object,
        taken: Acknowledgement | None = None,
        read_past: Callable[[], Sequence[Fact]] | None = None,
        open_procedure: Callable[[], None] | None = None,
    ) -> None:
        """`read_past` blocks: what else is known of it, shown when it is there. `open_procedure` opens what helps, when
        this dialog has left."""
        super().__init__(place, time)
        self._read_past = read_past
        self._open_procedure = open_procedure
        self.what = get_heading(value)
        self._value, self._taken = value, taken
        self._past: tuple[Fact, ...] = ()

    def fields(self) -> ComposeResult:
        with VerticalScroll(id="scroll", classes="label"):
            yield Lines(id="facts")

    def on_mount(self) -> None:
        self._offer_procedure()
        self.call_after_refresh(self._draw)
        self.set_interval(LIVE, self._draw)  # its ages go on while somebody reads
        if self._read_past is not None:
            self._load_past(self._read_past)

    @work(thread=True, exit_on_error=False)
    def _load_past(self, read_past: Callable[[], Sequence[Fact]]) -> None:
        self.post_message(self.PastRead(read_past()))

    @on(PastRead)
    def _show_past(self, message: PastRead) -> None:
        self._past = tuple(message.facts)
        self._offer_procedure()
        self._draw()

    def _offer_procedure(self) -> None:
        """Its key stands among the others once there is a procedure: an alert's is looked up in the documents."""
        if self._has_procedure and PROCEDURE_KEY not in self.keys:
            self.keys = self.keys.replace("c copies", f"{PROCEDURE_KEY} · c copies", 1)

    @property
    def _has_procedure(self) -> bool:
        return self._open_procedure is not None and any(label == PROCEDURE for label, _ in self._facts)

    def action_procedure(self) -> None:
        """What helps is done on a screen of its own: this one leaves first."""
        if self._open_procedure is None or not self._has_procedure:
            self.say(NO_PROCEDURE)
            return
        leave_screen(self)
        self._open_procedure()

    @property
    def _facts(self) -> list[Fact]:
        facts = list_facts(self._value, Viewer(self.time.now(), self.place.zone), self._taken)
        return [*facts[:PAST_AFTER], *self._past, *facts[PAST_AFTER:]]

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        lines = self.query_one("#facts", Lines)
        lines.show(*build_fact_rows(self._facts, lines.size.width or 70))

    def action_copy(self) -> None:
        self.say(copy_text(self.app, as_text(self.what, self._facts)), "info")

    def action_confirm(self) -> None:
        leave_screen(self)

    def decide(self) -> Callable[[], None] | None:
        """Nothing is done here."""
        return None


class ChangesBefore(Details):
    """What preceded a row, newest first, and nothing of the row itself."""

    def __init__(
        self, place: DialogContext, time: Time, value: object, read_changes: Callable[[], Sequence[Fact]]
    ) -> None:
        super().__init__(place, time, value, read_past=read_changes)
        self.what = f"Before: {get_heading(value)}"

    @property
    def _facts(self) -> list[Fact]:
        return list(self._past)


# One signal in full, with its last hour as a drawing.


class SignalDetails(Details):
    """`marks` are what happened in that hour; the drawing is made once, when it is opened."""

    def __init__(
        self,
        place: DialogContext,
        time: Time,
        signal: SignalResult,
        marks: Sequence[PlotMark] = (),
        read_past: Callable[[], Sequence[Fact]] | None = None,
        open_procedure: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(place, time, signal, read_past=read_past, open_procedure=open_procedure)
        self._signal = signal
        self._marks = marks
        self._opened = time.now()

    def _draw(self) -> None:
        lines = self.query_one("#facts", Lines)
        width = lines.size.width or 70
        signal = self._signal
        plot = draw_plot(
            signal.points, signal.limits, self._marks, self._opened, self.place.zone, width, unit=signal.unit
        )
        lines.show(*plot, (), *build_fact_rows(self._facts, width))


# One alert in full. Who knows that an unconfirmed one is over can say so.


ACKNOWLEDGED = "Somebody acknowledged it already."


class AlertDetails(Details):
    """Without `incident_actions` nothing may be written; `silence` opens what silences it, None where nothing does."""

    BINDINGS: ClassVar[list[BindingType]] = make_bindings(ALERT_DETAILS)

    def __init__(
        self,
        place: DialogContext,
        time: Time,
        alert: Alert,
        taken: Acknowledgement | None,
        incident_actions: "IncidentActions | None",
        read_past: Callable[[], Sequence[Fact]] | None = None,
        silence: Callable[[], None] | None = None,
        open_procedure: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(place, time, alert, taken, read_past, open_procedure)
        self._links_copied = 0
        self._silence = silence if incident_actions is not None else None
        self._alert = alert
        self._incident_actions = incident_actions
        is_over = alert.state is AlertState.RESOLVED
        self._may_take = incident_actions is not None and taken is None and not is_over
        self._why_not_taken = "It is over: there is nothing to acknowledge." if is_over else ACKNOWLEDGED
        self._may_settle = incident_actions is not None and alert.state is AlertState.RESOLVING
        offers = [
            "a acknowledges" if self._may_take else "",
            "S silences" if self._silence else "",
            "u copies a link" if alert.links else "",
            "o says it is over" if self._may_settle else "",
        ]
        self.keys = " · ".join(part for part in (*offers, "c copies", "esc leaves") if part)

    def action_acknowledge(self) -> None:
        if self._incident_actions is None or not self._may_take:
            self.say(READ_ONLY if self._incident_actions is None else self._why_not_taken)
        else:
            self._act(partial(self._incident_actions.acknowledge, self._alert.key, self._alert.name))

    def action_copy_link(self) -> None:
        """One link after the other: a terminal that does not open them has at least a clipboard."""
        links = self._alert.links
        if links:
            name, address = links[self._links_copied % len(links)]
            number = self._links_copied % len(links) + 1
            self._links_copied += 1
            self.say(f"{number} of {len(links)}, {name}. {copy_text(self.app, address)}", "info")

    def action_silence(self) -> None:
        if self._silence is None:
            self.say(READ_ONLY if self._incident_actions is None else "Its source is not silenced from here.")
        else:
            self._silence()

    def action_settle(self) -> None:
        if self._incident_actions is None or not self._may_settle:
            self.say(
                READ_ONLY
                if self._incident_actions is None
                else "Only an alert that is `resolved?` takes a person's word."
            )
            return
        alert, incident_actions = self._alert, self._incident_actions
        self.app.push_screen(
            FormDialog(
                self.place,
                self.time,
                f"{alert.name} is over",
                [Field("reason", "how you know", hint="seen it recover")],
                lambda values: incident_actions.settle([alert], values["reason"]),
                about=[[("Nothing has confirmed that it ended. If it fires again it is a new alert.", "muted")]],
            ),
            lambda done: leave_screen(self) if done else None,
        )


# One event of the timeline in full, and what may be done with it: pin it, link the evidence, correct its words.

CORRECTED = frozenset({Kind.NOTE, Kind.DECISION, Kind.UPDATE})  # the kinds whose words are a person's own


class EventDetails(Details):
    """`incident` is the one that its pin and links belong to, None where none is known: then it is only read."""

    BINDINGS: ClassVar[list[BindingType]] = make_bindings(EVENT_DETAILS)

    def __init__(
        self,
        place: DialogContext,
        time: Time,
        event: Event,
        incident_actions: "IncidentActions",
        incident: Incident | None,
    ) -> None:
        super().__init__(place, time, event)
        self._event = event
        self._incident_actions = incident_actions
        self._incident = incident
        if incident is not None:
            text = " · w corrects it" if event.kind in CORRECTED else ""
            self.keys = f"p {'unpins' if self._pinned else 'pins'} · k links evidence{text} · c copies · esc leaves"

    @property
    def _pinned(self) -> bool:
        return self._incident is not None and self._event.id in self._incident.pins

    def action_pin(self) -> None:
        if self._incident is None:
            self.say(NO_INCIDENT)
        else:
            self._act(partial(self._incident_actions.pin, self._event.id, not self._pinned, incident=self._incident.id))

    def action_link(self) -> None:
        if self._incident is None:
            self.say(NO_INCIDENT)
            return
        event, incident_actions, id = self._event.id, self._incident_actions, self._incident.id
        self.app.push_screen(
            FormDialog(
                self.place,
                self.time,
                f"Evidence for event {event}",
                [Field("target", "where it is", hint="https://… or a path"), Field("text", "what it shows")],
                lambda values: incident_actions.link(event, values["target"], values["text"], incident=id),
                check=make_required_check("target", "Say where the evidence is: an address or a path."),
            )
        )

    def action_correct(self) -> None:
        if self._incident is None or self._event.kind not in CORRECTED:
            self.say(NO_INCIDENT if self._incident is None else "Only a person's own words can be corrected.")
            return
        event, incident_actions = self._event, self._incident_actions
        parts = event.detail.get("text")
        started = f"{event.occurred.astimezone(self.place.zone):%Y-%m-%d %H:%M:%S}"
        has_words = make_required_check(
            "text", "A correction needs words; to take an event out of sight use `cockpit redact`."
        )

        def check(values: Values) -> None:
            has_words(values)
            self._read_moment(values["time"], started)

        self.app.push_screen(
            FormDialog(
                self.place,
                self.time,
                f"Correct event {event.id}",
                [
                    Field("text", "what it should say", parts if isinstance(parts, str) else event.summary),
                    Field("time", "when it happened", started, "10m ago, 14:05"),
                ],
                lambda values: incident_actions.correct(
                    event.id, values["text"], self._read_moment(values["time"], started)
                ),
                about=[[("Both stay on record; the correction is what is shown.", "muted")]],
                check=check,
            ),
            self._show_corrected,
        )

    def _show_corrected(self, correction: Event | None) -> None:
        """The card says what the row says, and the next correction begins with that; its number stays."""
        if correction is None:
            return
        self._event = replace(
            self._event, occurred=correction.occurred, summary=correction.summary, detail=correction.detail
        )
        self._value = self._event
        self._draw()

    def _read_moment(self, text: str, before: str) -> datetime | None:
        """The time as it was typed; None where it was left as it is. Raises WhenError, which the form shows."""
        if text.strip() in ("", before):
            return None
        return parse_past_moment(text, self.time.now(), self.place.zone)

    def decide(self) -> Callable[[], None] | None:
        """Enter leaves; nothing is done by it."""
        return None
