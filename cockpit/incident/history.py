"""From the file to the fold: what a Ledger reads when it begins, and the events of one incident."""

from dataclasses import replace
from datetime import datetime

from cockpit.incident.fold import FOLDED, Ledger
from cockpit.incident.impact_signals import HELD, SERVING_KINDS
from cockpit.incident.membership import members
from cockpit.incident.store import Timeline
from cockpit.incident.store_rows import TimelineReader
from cockpit.model.event import Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.ladder import SeverityScale

SIGNALS = (Kind.PROBE, Kind.ALERT, *SERVING_KINDS)
ACTS = tuple(kind for kind in FOLDED if kind not in SIGNALS)
NEWEST_SERVING = 200  # facts about revisions and traffic: enough for what serves when an incident begins
NEWEST_SIGNALS = 20_000  # a file may hold a million; what is still bad is among the newest


def read_ledger(timeline: Timeline, ladder: SeverityScale) -> Ledger:
    """Every act of a person and the newest signals, folded. Blocking. Raises RecordError.

    An incident of long ago may lack its signals here, and with them its mitigation; `with_events` has them.
    """
    ledger = Ledger(ladder)
    acts = timeline.events(kinds=ACTS)
    signals = timeline.events(kinds=SIGNALS, limit=NEWEST_SIGNALS)
    for event in sorted((*acts, *signals), key=lambda each: each.id):
        ledger.apply(event)
    return ledger


def catch_up(ledger: Ledger, source: Timeline | TimelineReader) -> None:
    """Apply what was written since. Blocking. Raises RecordError."""
    for event in source.events(after=ledger.last, kinds=FOLDED):
        ledger.apply(event)


def with_events(timeline: Timeline, ladder: SeverityScale, incident: Incident) -> tuple[Incident, list[Event]]:
    """An incident folded again from its whole range, and its events in id order. Blocking. Raises RecordError."""
    journal = timeline.events(
        journal=True,
        environment=incident.environment,
        occurred_from=incident.reach_from,
        occurred_until=settled_by(incident),
    )
    own = timeline.events(incident=incident.id)
    ledger = Ledger(ladder)
    found = sorted((*journal, *own), key=lambda each: each.id)
    for event in sorted((*serving_before(timeline, incident), *found), key=lambda each: each.id):
        ledger.apply(event)
    full = ledger.incidents.get(incident.id, incident)
    # A freeze may have begun long before, in another incident: the ledger of everything knows.
    # So may a run that joined it.
    ran = {each.id: each for each in (*incident.ran, *full.ran)}
    full = replace(full, freezes=incident.freezes, ran=tuple(ran.values()))
    return full, members(full, found)


def settled_by(incident: Incident) -> datetime | None:
    """Until when signals tell of it: what went bad again right after the resolution shows that nothing had held."""
    return incident.resolved and incident.resolved + HELD


def serving_before(timeline: Timeline, incident: Incident) -> list[Event]:
    """What is known of the traffic from before the incident's range. Blocking. Raises RecordError."""
    before = timeline.events(
        environment=incident.environment, kinds=SERVING_KINDS, occurred_until=incident.reach_from, limit=NEWEST_SERVING
    )
    return [each for each in before if each.occurred < incident.reach_from]
