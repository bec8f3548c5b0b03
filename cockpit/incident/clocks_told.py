"""The clocks of who should be told: the next update, the promised one, and clients while they feel it."""

from datetime import datetime

from cockpit.incident.clocks_binding import Binding
from cockpit.incident.clocks_due import risk_of
from cockpit.incident.clocks_ends import MENDED, OVER, ended, excused
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.incident import Incident
from cockpit.model.response import Update

CLIENTS = "client"


def updates(bound: Binding) -> list[Clock]:
    """Until the next one: from the last, from the declaration, or from a change of severity, whichever is newest.

    A time that the newest update promised takes the place of the interval: it is what people wait for.
    """
    rule, sent = bound.strictest(ClockKind.UPDATE), _in_order(bound.incident)
    if rule is None or (sent and sent[-1].promised is not None):
        return []
    marked = [each.done for each in bound.incident.marks if each.id == "update" and each.done is not None]
    begins = [(bound.changed, bound.because(bound.changed)), *((each, "one was sent elsewhere") for each in marked)]
    if sent:
        begins.append((sent[-1].at, f"the last one, by {sent[-1].actor or 'nobody named'}"))
    started, why = max(begins, key=lambda each: each[0])
    return [ended(bound.clock(rule, "update", started, why), bound.incident.resolved, OVER)]


def promises(bound: Binding) -> list[Clock]:
    """The newest promise to each audience that no update to it has kept yet. It outlives the incident: people wait.

    Those that are over are told in `told.py`.
    """
    waiting: dict[str, Clock] = {}
    for each in _in_order(bound.incident):
        audience = each.audience.strip().casefold()
        waiting.pop(audience, None)
        if each.promised is not None:
            waiting[audience] = _promise(each, audience, each.promised)
    return list(waiting.values())


def _promise(update: Update, audience: str, due: datetime) -> Clock:
    return Clock(
        id=f"promise:{audience}" if audience else "promise",
        kind=ClockKind.PROMISE,
        what=f"update to {audience}" if audience else "update",
        why=f"promised by {update.actor or 'nobody named'}",
        origin=f"the update of event {update.event}" if update.event else "an update",
        started=update.at,
        due=due,
        risk=risk_of(update.at, due),
    )


def client(bound: Binding) -> list[Clock]:
    """From the start of the impact until clients are told; nothing is owed where it was mitigated sooner."""
    rule, incident = bound.strictest(ClockKind.CLIENT), bound.incident
    if rule is None:
        return []
    if incident.impact_started is not None:
        started, why = incident.impact_started, "users feel it"
    else:
        started, why = (incident.detected, "detected") if incident.detected else (incident.declared, "declared")
    if bound.opened is not None and bound.opened > started:
        started, why = bound.opened, "opened again"
    told = [each.at for each in incident.updates if each.audience.strip().casefold().startswith(CLIENTS)]
    clock = bound.clock(rule, "client", started, why, done=min(told, default=None))
    return [ended(excused(clock, incident.mitigated, MENDED), incident.resolved, OVER)]


def _in_order(incident: Incident) -> list[Update]:
    return sorted(incident.updates, key=lambda each: each.at)
