"""Were people told in time? Every update of an incident and every promise in one, kept or broken."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise

from cockpit.incident.clocks_binding import binding
from cockpit.model.clock import ClockKind, Rule
from cockpit.model.incident import Incident, Status
from cockpit.model.plan import Plan
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


class _What(StrEnum):
    """What ends an interval or begins one."""

    UPDATE = "update"
    SEVERITY = "severity"
    CLOSED = "closed"
    OPENED = "opened"


def update_rule(incident: Incident, plan: Plan, zone: tzinfo = UTC) -> Rule | None:
    """The strictest rule for updates that binds it now, the same that its clock goes by."""
    return binding(incident, plan, zone).strictest(ClockKind.UPDATE)


def intervals(incident: Incident, plan: Plan, now: datetime, zone: tzinfo = UTC) -> tuple[Interval, ...]:
    """Every interval until an update was due, by the rule of now; a promised time takes its place. Pure.

    A change of severity begins an interval anew: what ran until then counts only where it was broken already. While
    it is closed nobody waits; opened again begins anew.
    """
    rule = update_rule(incident, plan, zone)
    return () if rule is None else tuple(_intervals(incident, rule.after, now))


def _intervals(incident: Incident, after: timedelta, now: datetime) -> Iterator[Interval]:
    started: datetime | None = incident.declared  # None while it is closed
    due = incident.declared + after
    for at, what, promised in _moments(incident):
        if what is _What.OPENED:
            started, due = at, at + after
        elif started is None:
            continue
        elif what is _What.CLOSED:
            yield Interval(started, due, at, Kept.SPARED if at <= due else Kept.BROKEN)
            started = None
        else:
            if what is _What.UPDATE or at > due:
                yield Interval(started, due, at, Kept.KEPT if at <= due else Kept.BROKEN)
            started, due = at, promised or at + after
    if started is not None:
        yield Interval(started, due, None, Kept.PENDING if now <= due else Kept.BROKEN)


def _moments(incident: Incident) -> list[tuple[datetime, _What, datetime | None]]:
    """What ends an interval or begins one, in the order it happened."""
    found = [(each.at, _What.UPDATE, each.promised) for each in incident.updates]
    found += [(each.at, _What.SEVERITY, None) for each in incident.severities if each.at > incident.declared]
    for before, each in pairwise(incident.statuses):
        if (before.value == Status.RESOLVED) != (each.value == Status.RESOLVED):
            found.append((each.at, _What.CLOSED if each.value == Status.RESOLVED else _What.OPENED, None))
    return sorted(found, key=lambda each: each[0])


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
