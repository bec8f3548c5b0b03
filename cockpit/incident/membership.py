"""Which events an incident consists of: its own, and what its environment's journal holds within its range."""

from collections.abc import Iterable

from cockpit.model.event import Event
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
    last: dict[int, Event] = {}  # by the id of the event that first stated it
    roots: dict[int, int] = {}
    for event in sorted(events, key=lambda item: item.id):
        root = event.id if event.supersedes is None else roots.get(event.supersedes, event.supersedes)
        roots[event.id] = root
        last[root] = event
    return sorted(last.values(), key=lambda item: (item.occurred, item.id))
