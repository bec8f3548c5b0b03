"""Were people told in time? Every update of an incident and every promise in one, kept or broken."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cockpit.model.clock import ClockKind, Rule
from cockpit.model.incident import Incident
from cockpit.model.response import Update


class Kept(StrEnum):
    """PENDING: its time has not come yet. SPARED: resolved before, so nothing was owed any more."""

    KEPT = "kept"
    BROKEN = "broken"
    PENDING = "pending"
    SPARED = "resolved before"


@dataclass(frozen=True, slots=True)
class Interval:
    """From one update (or from the declaration, a new severity) to the next that was due by `due`."""

    started: datetime
    due: datetime
    ended: datetime | None
    kept: Kept


def update_rule(incident: Incident) -> Rule | None:
    """The strictest rule for updates among those that were recorded with its severity."""
    return min(
        (each for each in incident.rules if each.kind is ClockKind.UPDATE), key=lambda each: each.after, default=None
    )


def intervals(incident: Incident, now: datetime) -> tuple[Interval, ...]:
    """Every interval until an update was due, by the rule of now; a promised time takes its place. Pure.

    A change of severity begins an interval anew: what ran until then counts only where it was broken already.
    """
    rule = update_rule(incident)
    if rule is None:
        return ()
    return tuple(_intervals(incident, rule.after, now))


def _intervals(incident: Incident, after: timedelta, now: datetime) -> Iterator[Interval]:
    moments: list[tuple[datetime, Update | None]] = [(each.at, each) for each in incident.updates]
    moments += [(each.at, None) for each in incident.severities if each.at > incident.declared]
    started, due = incident.declared, incident.declared + after
    for at, update in sorted(moments, key=lambda each: each[0]):
        if incident.resolved is not None and at > incident.resolved:
            break
        if update is not None or at > due:
            yield Interval(started, due, at, Kept.KEPT if at <= due else Kept.BROKEN)
        started, due = at, update.promised if update is not None and update.promised else at + after
    yield Interval(started, due, incident.resolved, _last(due, incident.resolved, now))


def _last(due: datetime, resolved: datetime | None, now: datetime) -> Kept:
    if resolved is not None:
        return Kept.SPARED if resolved <= due else Kept.BROKEN
    return Kept.PENDING if now <= due else Kept.BROKEN


def promise(update: Update, updates: Sequence[Update], now: datetime) -> Kept | None:
    """Whether the time an update promised was kept, by the next update to the same audience; None without a promise.

    The end of the incident keeps no promise: whoever was promised a message waits for one.
    """
    if update.promised is None:
        return None
    audience = update.audience.strip().casefold()
    after = [
        each.at
        for each in updates
        if each is not update
        and each.audience.strip().casefold() == audience
        and (each.at, each.event) > (update.at, update.event)
    ]
    if after:
        return Kept.KEPT if min(after) <= update.promised else Kept.BROKEN
    return Kept.PENDING if now <= update.promised else Kept.BROKEN
