"""What changed: a Reading held against what is last recorded, as drafts for the timeline. Pure.

What is a fact of alerts, of apps and of probes is decided beside this."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from cockpit.model.event import Draft, Kind, OutsideChange
from cockpit.model.reading import STALE_AFTER, Reading
from cockpit.model.time import format_age, format_timestamp
from cockpit.recorder.alert_changes import alert_changes
from cockpit.recorder.app_changes import app_changes
from cockpit.recorder.last_recorded import LastRecorded
from cockpit.recorder.probe_changes import probe_changes, signal_changes

BLIND_AFTER = 60.0  # seconds without an answer before the timeline says so; less is a hiccup


def list_changes(
    last_recorded: LastRecorded, reading: Reading[Any], now: datetime, looked: datetime | None = None
) -> list[Draft]:
    """The facts that `reading` adds to `last_recorded`, oldest first; `now` is the wall clock,
    `looked` when the last reading of that feed saw what is known.

    A failed poll changes nothing, except that a feed which stays blind is a fact of its own. Half an answer (one of
    two servers is down) says what it says: what it holds was seen just now.
    """
    whole = reading.problem is None
    answered = reading.value is not None and (whole or reading.seen == reading.tried)
    about_feed = (
        _sees_again(last_recorded, reading, now)
        if whole and answered
        else _draft_blind_feed(last_recorded, reading, now)
    )
    drafts = [*about_feed, *(_of_feed(last_recorded, reading, now, looked) if answered else ())]
    return sorted(drafts, key=lambda draft: draft.occurred)


def _of_feed(
    last_recorded: LastRecorded, reading: Reading[Any], now: datetime, looked: datetime | None
) -> Iterable[Draft]:
    moment = reading.at or now
    if reading.feed == "probes":
        return probe_changes(last_recorded, reading.environment, reading.value or (), now)
    if reading.feed == "signals":
        return signal_changes(last_recorded, reading.environment, reading.value or (), now)
    if reading.feed == "revisions":
        return app_changes(last_recorded, reading.environment, reading.value or (), moment, looked)
    if reading.feed.startswith("changes:"):
        return outside_changes(last_recorded, reading.environment, reading.value or (), now)
    if reading.feed.startswith("alerts:"):
        return alert_changes(
            last_recorded, reading.environment, reading.feed.removeprefix("alerts:"), reading.value or (), moment
        )
    return ()


def _draft_blind_feed(last_recorded: LastRecorded, reading: Reading[Any], now: datetime) -> list[Draft]:
    if reading.problem is None or reading.feed in last_recorded.blind:
        return []
    silent = None if reading.seen is None else reading.tried - reading.seen
    # A source that answers and yet cannot be believed (its watchdog is missing) is blind at once.
    disbelieved = silent == 0 and not reading.problem.transient
    hiccup = silent is not None and silent < max(BLIND_AFTER, STALE_AFTER * reading.every)
    if hiccup and not disbelieved:
        return []
    last = f", last seen {format_age(silent)} ago" if silent is not None else ""
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
                "since": format_timestamp(reading.at) if reading.at else "",
            },
        )
    ]


def _sees_again(last_recorded: LastRecorded, reading: Reading[Any], now: datetime) -> list[Draft]:
    if reading.feed not in last_recorded.blind:
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


def outside_changes(
    last_recorded: LastRecorded, environment: str, changes: Iterable[OutsideChange], now: datetime
) -> Iterator[Draft]:
    """Drafts for what a pipeline, the cloud or a cluster tells and the timeline does not hold, in the state it is in.

    A source that no longer lists something takes nothing back: it tells of what happened.
    """
    for change in changes:
        was = last_recorded.outside.get(change.key)
        if was == change.state:
            continue
        yield Draft(
            change.kind,
            change.summary,
            min(change.at, now),
            environment,
            change.key,
            source="recorder",
            detail={
                **change.detail,
                "state": change.state,
                "was": was or "",
                "by": change.by,
                "url": change.url,
                "changes": change.changes,
            },
        )
