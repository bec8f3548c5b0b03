"""Which events an incident consists of: its own, and what its environment's journal holds within its range."""

from collections.abc import Iterable, Sequence

from cockpit.model.event import ClockStep, Event, find_standing_events, tell_by_present_clock
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
    """The events of an incident, in the order given, as they were written."""
    if not incident.clock_steps:
        return [event for event in events if is_member(incident, event)]
    events = list(events)
    ids = {event.id for event in tell_by_present_clock(events, incident.clock_steps) if is_member(incident, event)}
    return [event for event in events if event.id in ids]


def list_standing_events(events: Iterable[Event], steps: Sequence[ClockStep] = ()) -> list[Event]:
    """What is shown, sorted by when it occurred: of a fact that was corrected, once or often, the last word alone.

    With `steps` of the clock it is told by the clock of now.
    """
    present = tell_by_present_clock(events, steps) if steps else events
    return sorted(find_standing_events(present).values(), key=lambda event: (event.occurred, event.id))
