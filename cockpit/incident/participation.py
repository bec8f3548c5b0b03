"""Who has done something in an incident since it was last opened or ended: they know of it, and of nobody else is that
known. By the order of the record, which no clock moves."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cockpit.model.clock_steps import move_moment
from cockpit.model.event import Event


@dataclass(frozen=True, slots=True)
class IncidentTurn:
    """The event by which an incident was last opened or ended: when it was recorded, by whom, and what it did, as
    `declared`, `ended` or `opened again`."""

    event: int
    recorded: datetime
    actor: str
    what: str = "declared"


class Participation:
    """Of one incident, from its declaration on."""

    def __init__(self, declaration: Event) -> None:
        self.turn = IncidentTurn(declaration.id, declaration.recorded, declaration.actor)
        self._last_acts = {declaration.actor.casefold(): declaration.id}

    def apply(self, event: Event, *, was_open: bool, is_open: bool) -> None:
        """Take an event that names the incident, with how it stood before and after it."""
        self._last_acts[event.actor.casefold()] = event.id
        if was_open != is_open:
            what = "opened again" if is_open else "ended"
            self.turn = IncidentTurn(event.id, event.recorded, event.actor, what)

    def move(self, length: timedelta) -> None:
        """The clock of the machine was set."""
        self.turn = replace(self.turn, recorded=move_moment(self.turn.recorded, length))

    def has_acted(self, names: Iterable[str]) -> bool:
        """Whether a person of these names has ever done something in it."""
        return any(name.casefold() in self._last_acts for name in names)

    def has_acted_since_turn(self, names: Iterable[str]) -> bool:
        """Whether they have done something since it was opened or ended last, or did that themselves."""
        return any(self._last_acts.get(name.casefold(), -1) >= self.turn.event for name in names)
