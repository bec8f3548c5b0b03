"""Which events an incident consists of: its own, and what its environment's journal holds within its range."""

from collections.abc import Iterable

from cockpit.model.event import Event
from cockpit.model.incident import Incident


def belongs(incident: Incident, event: Event) -> bool:
    """True for an event with the incident's id, and for a journal entry from `reach_from` until it was resolved."""
    if event.incident is not None:
        return event.incident == incident.id
    return (
        event.environment == incident.environment
        and event.occurred >= incident.reach_from
        and (incident.resolved is None or event.occurred <= incident.resolved)
    )


def members(incident: Incident, events: Iterable[Event]) -> list[Event]:
    """The events of an incident, in the order given."""
    return [each for each in events if belongs(incident, each)]


def standing(events: Iterable[Event]) -> list[Event]:
    """What is shown, sorted by when it occurred: of a fact that was corrected, once or often, the last word alone."""
    last: dict[int, Event] = {}  # by the id of the event that first stated it
    roots: dict[int, int] = {}
    for each in sorted(events, key=lambda each: each.id):
        root = each.id if each.supersedes is None else roots.get(each.supersedes, each.supersedes)
        roots[each.id] = root
        last[root] = each
    return sorted(last.values(), key=lambda each: (each.occurred, each.id))
