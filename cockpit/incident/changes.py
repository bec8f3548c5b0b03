"""What changed: a Reading held against what is Known, as drafts for the timeline. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cockpit.incident.changes_of_alerts import alert_changes
from cockpit.incident.changes_of_apps import app_changes
from cockpit.incident.changes_of_probes import probe_changes
from cockpit.incident.known import Known
from cockpit.model.event import Draft, Kind
from cockpit.model.reading import STALE_AFTER, Reading
from cockpit.model.time import age, stamp

BLIND_AFTER = 60.0  # seconds without an answer before the timeline says so; less is a hiccup


def changes(known: Known, reading: Reading[Any], now: datetime) -> list[Draft]:
    """The facts that `reading` adds to `known`, oldest first; `now` is the wall clock.

    A failed poll changes nothing, except that a feed which stays blind is a fact of its own. Half an answer (one of
    two servers is down) says what it says: what it holds was seen just now.
    """
    whole = reading.problem is None
    answered = reading.value is not None and (whole or reading.seen == reading.tried)
    about_feed = _sees_again(known, reading, now) if whole and answered else _blind(known, reading, now)
    found = [*about_feed, *(_of_feed(known, reading, now) if answered else ())]
    return sorted(found, key=lambda each: each.occurred)


def _of_feed(known: Known, reading: Reading[Any], now: datetime) -> Iterable[Draft]:
    at = reading.at or now
    if reading.feed == "probes":
        return probe_changes(known, reading.environment, reading.value or (), now)
    if reading.feed == "revisions":
        return app_changes(known, reading.environment, reading.value or (), at)
    if reading.feed.startswith("alerts:"):
        return alert_changes(known, reading.environment, reading.feed.removeprefix("alerts:"), reading.value or (), at)
    return ()


def _blind(known: Known, reading: Reading[Any], now: datetime) -> list[Draft]:
    if reading.problem is None or reading.feed in known.blind:
        return []
    silent = None if reading.seen is None else reading.tried - reading.seen
    # A source that answers and yet cannot be believed (its watchdog is missing) is blind at once.
    disbelieved = silent == 0 and not reading.problem.transient
    hiccup = silent is not None and silent < max(BLIND_AFTER, STALE_AFTER * reading.every)
    if hiccup and not disbelieved:
        return []
    last = f", last seen {age(silent)} ago" if silent is not None else ""
    return [
        Draft(
            Kind.FEED,
            f"{reading.feed} blind: {reading.problem.short}{last}",
            now,
            reading.environment,
            reading.feed,
            source="recorder",
            detail={
                "state": "blind",
                "reason": reading.problem.message,
                "since": stamp(reading.at) if reading.at else "",
            },
        )
    ]


def _sees_again(known: Known, reading: Reading[Any], now: datetime) -> list[Draft]:
    if reading.feed not in known.blind:
        return []
    return [
        Draft(
            Kind.FEED,
            f"{reading.feed} sees again",
            reading.at or now,
            reading.environment,
            reading.feed,
            source="recorder",
            detail={"state": "live", "reason": ""},
        )
    ]
