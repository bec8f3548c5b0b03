"""What the fold makes of a story."""

from cockpit.incident.ledger import Ledger
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from tests.unit.incident.story import Story


def fold(events: list[Event]) -> Ledger:
    ledger = Ledger(DEFAULT_SEVERITY_SCALE)
    for event in events:
        ledger.apply(event)
    return ledger


def only(story: Story) -> Incident:
    (incident,) = fold(story.events).incidents.values()
    return incident
