"""Which events an incident consists of: its own, and what its environment's journal holds within its range."""

from collections.abc import Iterable

from cockpit.model.event import Event, find_standing_events
from cockpit.model.incident import Incident


def is_member(incident: Incident, event: Event) -> bool:
    """True for an event with the incident's id, and for a journal entry from `reach_from` until it was resolved."""
    if event.incident is not None:
        return event.incident == incident.id
    return (
        event.environment == incident.environment
        and event.occurred >= incident.reach_from
        and (incident.resolved is None or event.occurred <= incident.resolved)
    )


def list_members(incident: Incident, events: Iterable[Event]) -> list[Event]:
    """The events of an incident, in the order given."""
    return [event for event in events if is_member(incident, event)]


def list_standing_events(events: Iterable[Event]) -> list[Event]:
    """What is shown, sorted by when it occurred: of a fact that was corrected, once or often, the last word alone."""
    return sorted(find_standing_events(events).values(), key=lambda event: (event.occurred, event.id))
