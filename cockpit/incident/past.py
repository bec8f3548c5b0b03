"""Every incident there ever was, each folded from its whole range: a Ledger may have forgotten old signals."""

from collections.abc import Iterable

from cockpit.incident.fold import FOLDED, Ledger
from cockpit.incident.history import serving_before, settled_by
from cockpit.incident.store import Timeline
from cockpit.model.incident import Incident
from cockpit.model.ladder import SeverityScale


def whole(timeline: Timeline, ladder: SeverityScale, incidents: Iterable[Incident]) -> list[Incident]:
    """The same incidents with every signal of their ranges. Blocking: a query or two each. Raises RecordError."""
    return [_whole(timeline, ladder, each) for each in incidents]


def _whole(timeline: Timeline, ladder: SeverityScale, incident: Incident) -> Incident:
    journal = timeline.events(
        journal=True,
        environment=incident.environment,
        occurred_from=incident.reach_from,
        occurred_until=settled_by(incident),
        kinds=FOLDED,
    )
    ledger = Ledger(ladder)
    before = serving_before(timeline, incident)
    for event in sorted((*before, *journal, *timeline.events(incident=incident.id)), key=lambda each: each.id):
        ledger.apply(event)
    return ledger.incidents.get(incident.id, incident)
