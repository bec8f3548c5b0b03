"""Whether somebody who names no incident can mean the only one that there is, or may have another one in mind.

Two people act at once: one ends what the other works on, and declares the next. Who then types `cockpit resolve` means
what they were at, and would end something of which they have never heard.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cockpit.incident.ledger import Ledger
from cockpit.model.incident import Incident
from cockpit.model.text import clean_line
from cockpit.model.time import format_age

HEARD_OF = timedelta(minutes=1)  # for so long after it was opened or ended, others may not have heard of it
STILL_IN_MIND = timedelta(hours=1)  # for so long after another person ended it, who was at it may mean it


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who names no incident, and when they typed that; `names_environment`: they said in which environment."""

    names: tuple[str, ...]
    typed: datetime
    names_environment: bool = False


@dataclass(frozen=True, slots=True)
class IncidentDoubt:
    """Why the only incident may not be the one that is meant, and what may be meant instead."""

    reason: str
    others: tuple[Incident, ...] = ()


def find_doubt(ledger: Ledger, incident: Incident, speaker: Speaker, *, joins: bool = False) -> IncidentDoubt | None:
    """Why the only incident there is may not be meant; None where it is, as what somebody was at themselves always is.

    `joins`: the act is one by which people come to an incident, such as a note or an acknowledgement.
    """
    participation = ledger.participation(incident.id)
    if participation.has_acted_since_turn(speaker.names):
        return None
    others = _list_left(ledger, incident, speaker)
    if others:
        names = ", ".join(other.id for other in others)
        return IncidentDoubt(f"You have done nothing in {incident.id} yet, and may mean {names}", others)
    turn = participation.turn
    if joins or turn.recorded <= speaker.typed - HEARD_OF:
        return None
    age = format_age((speaker.typed - turn.recorded).total_seconds())
    since = f"{age} before" if turn.recorded <= speaker.typed else "after"
    who = clean_line(turn.actor) or "somebody"
    return IncidentDoubt(f"{incident.id} was {turn.what} by {who} {since} you typed this")


def _list_left(ledger: Ledger, incident: Incident, speaker: Speaker) -> tuple[Incident, ...]:
    """What somebody was at and may have in mind: ended by others since, or open where they did not say they are."""
    incidents: Mapping[str, Incident] = ledger.incidents
    return tuple(
        other
        for other in incidents.values()
        if other.id != incident.id
        and ledger.participation(other.id).has_acted(speaker.names)
        and (_is_left_elsewhere(other, incident, speaker) or _is_ended_by_others(ledger, other, speaker))
    )


def _is_left_elsewhere(other: Incident, incident: Incident, speaker: Speaker) -> bool:
    return other.open and other.environment != incident.environment and not speaker.names_environment


def _is_ended_by_others(ledger: Ledger, other: Incident, speaker: Speaker) -> bool:
    participation = ledger.participation(other.id)
    is_fresh = participation.turn.recorded > speaker.typed - STILL_IN_MIND
    return not other.open and is_fresh and not participation.has_acted_since_turn(speaker.names)
