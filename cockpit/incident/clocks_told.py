"""The clocks of who should be told: the next update, the promised one, and clients while they feel it."""

from dataclasses import replace
from datetime import datetime

from cockpit.incident.clocks_binding import Binding, strictest
from cockpit.incident.clocks_due import risk_of
from cockpit.incident.clocks_ends import MENDED, ended, excused, settled, well_at
from cockpit.incident.clocks_people import said_done
from cockpit.incident.told import Kept, update_intervals
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.incident import Incident
from cockpit.model.response import Update

CLIENTS = "client"
UPDATE = "update"


def updates(bound: Binding) -> list[Clock]:
    """Until the next one: each interval since the last one, and before it those that were missed.

    A time that the newest update promised takes the place of the interval: it is what people wait for.
    """
    clocks: list[Clock] = []
    open = 0
    for number, interval in enumerate(update_intervals(bound), start=1):
        if interval.rule is None or (interval.answered and interval.outcome(interval.ended) is not Kept.BROKEN):
            continue
        open += 0 if interval.answered else 1
        name = f"{UPDATE}:late:{number}" if interval.answered else UPDATE if open == 1 else f"{UPDATE}:{open}"
        clock = replace(bound.clock(interval.rule, name, interval.started, interval.why), obligation=UPDATE)
        if interval.answered:
            clocks.append(replace(clock, done=interval.ended))
        else:
            clocks.append(ended(clock, interval.ended, "resolved before it was late"))
    return clocks


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
    incident = bound.incident
    if incident.impact_started is not None:
        first = (incident.impact_started, "users feel it")
    else:
        first = (incident.detected, "detected") if incident.detected else (incident.declared, "declared")
    told = min(
        (each.at for each in incident.updates if each.audience.strip().casefold().startswith(CLIENTS)), default=None
    )
    found = bound.deadlines(
        "client", strictest(ClockKind.CLIENT), bound.episodes, said_done(bound, "client", told), first=first
    )
    clocks = []
    for clock, stretch in found:
        in_time = told is not None and (clock.limit is None or told <= clock.limit)
        if not in_time:
            clock = excused(clock, well_at(incident, clock.limit), MENDED)
        clocks.append(settled(clock, told, stretch.end))
    return clocks


def _in_order(incident: Incident) -> list[Update]:
    return sorted(incident.updates, key=lambda each: each.at)
