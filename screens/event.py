"""One event of the timeline in full, and what may be done with it: pin it, link the evidence, correct its words."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from cockpit.model.event import Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.time import Time
from screens.details import Details
from screens.dialog import DialogContext
from screens.form import Field, FormDialog, needed

if TYPE_CHECKING:
    from cockpit.incident.desk import Desk

CORRECTED = frozenset({Kind.NOTE, Kind.DECISION, Kind.UPDATE})  # the kinds whose words are a person's own


class EventDetails(Details):
    """`incident` is the one that its pin and links belong to, None where none is known: then it is only read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pin", "Pin", show=False),
        Binding("k", "link", "Link", show=False),
        Binding("w", "correct", "Correct", show=False),
    ]

    def __init__(self, place: DialogContext, time: Time, event: Event, desk: "Desk", incident: Incident | None) -> None:
        super().__init__(place, time, event)
        self._event = event
        self._desk = desk
        self._incident = incident
        if incident is not None:
            words = " · w corrects its words" if event.kind in CORRECTED else ""
            self.keys = f"p {'unpins' if self._pinned else 'pins'} · k links evidence{words} · c copies · esc leaves"

    @property
    def _pinned(self) -> bool:
        return self._incident is not None and self._event.id in self._incident.pins

    def action_pin(self) -> None:
        if self._incident is not None:
            self._act(partial(self._desk.pin, self._event.id, not self._pinned, incident=self._incident.id))

    def action_link(self) -> None:
        if self._incident is None:
            return
        event, desk, id = self._event.id, self._desk, self._incident.id
        self.app.push_screen(
            FormDialog(
                self.place,
                self.time,
                f"Evidence for event {event}",
                [Field("target", "where it is", hint="https://… or a path"), Field("text", "what it shows")],
                lambda values: desk.link(event, values["target"], values["text"], incident=id),
                check=needed("target", "Say where the evidence is: an address or a path."),
            )
        )

    def action_correct(self) -> None:
        if self._incident is None or self._event.kind not in CORRECTED:
            return
        event, desk = self._event, self._desk
        words = event.detail.get("text")
        self.app.push_screen(
            FormDialog(
                self.place,
                self.time,
                f"Correct event {event.id}",
                [Field("text", "what it should say", words if isinstance(words, str) else event.summary)],
                lambda values: desk.correct(event.id, values["text"]),
                about=[[("Both stay on record; the correction is what is shown.", "muted")]],
                check=needed("text", "A correction needs words; to take an event out of sight use `cockpit redact`."),
            )
        )

    def decide(self) -> Callable[[], None] | None:
        """Enter leaves; nothing is done by it."""
        return None
