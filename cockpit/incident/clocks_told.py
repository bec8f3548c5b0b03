"""The clocks of who should be told: the next update, the promised one, and clients while they feel it."""

from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from cockpit.incident.clocks_binding import Binding, binding
from cockpit.incident.clocks_due import risk_of
from cockpit.incident.clocks_ends import MENDED, OVER, ended, excused
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan
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
    """The newest promise to each audience that no update to it has kept yet. It outlives the incident: people wait."""
    waiting: dict[str, Clock] = {}
    for each in _in_order(bound.incident):
        audience = each.audience.strip().casefold()
        waiting.pop(audience, None)
        if each.promised is not None:
            waiting[audience] = _promise(each, audience, each.promised)
    return list(waiting.values())


def past_updates(incident: Incident, plan: Plan, *, zone: tzinfo = UTC) -> tuple[Clock, ...]:
    """Every interval and promise that an update has ended, which `clocks` tells no longer; for the post-mortem.

    `update:1`, `promise:client:3`, by the number of the update that ended it, in order.
    """
    found = list[Clock]()
    sent = _in_order(incident)
    for number, each in enumerate(sent, 1):
        bound = binding(_just_before(incident, each, sent[: number - 1]), plan, zone)
        kept = _promise(each, each.audience.strip().casefold(), each.at).id
        running = [*updates(bound), *(promise for promise in promises(bound) if promise.id == kept)]
        found += [replace(clock, id=f"{clock.id}:{number}", done=each.at, not_applicable="") for clock in running]
    return tuple(found)


def _just_before(incident: Incident, update: Update, sent: list[Update]) -> Incident:
    """As it was when `sent` was all that was sent: with the severity and the marks of that moment."""
    severities = tuple(each for each in incident.severities if each.at <= update.at) or incident.severities[:1]
    severity = severities[-1].value if severities else incident.severity
    return replace(
        incident,
        updates=tuple(sent),
        severities=severities,
        severity=severity,
        rules=incident.rules if severity == incident.severity else (),
        marks=tuple(each for each in incident.marks if each.done is None or each.done <= update.at),
        resolved=None,
    )


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
