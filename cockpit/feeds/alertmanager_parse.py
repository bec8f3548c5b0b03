"""What Alertmanager's API v2 says, as our nouns. Fields nobody knows are ignored, missing ones are done without.

Shapes: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, recorded from 0.25.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cockpit.model.alert import Alert, AlertState, severity
from cockpit.model.clean import clean_line

VALUE = 500  # characters of one label
SUMMARY = 1_000
RESOURCE_LABELS = ("resource", "app", "service", "deployment", "pod", "container", "instance", "job")
SUMMARY_ANNOTATIONS = ("summary", "description", "message")
LINK_ANNOTATIONS = {"runbook_url": "runbook", "dashboard_url": "dashboard", "dashboard": "dashboard"}
DECODER = json.JSONDecoder()
BLANK = " \t\r\n"

one_line = lru_cache(maxsize=16_384)(clean_line)  # a storm repeats the same few label values thousands of times


@dataclass(frozen=True, slots=True)
class Entry:
    """One alert and how long its sender's word holds: until `ends`, unless repeated; `updated` is the last time."""

    alert: Alert
    updated: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """What one server lists; `unreadable` counts what could not be made sense of."""

    entries: tuple[Entry, ...] = ()
    unreadable: int = 0


def listing(body: bytes, source: str, environment: str, server: str, now: datetime) -> Listing:
    """The answer of GET /api/v2/alerts. Raises ValueError when it is no JSON list.

    One alert at a time, so that in a thread the loop gets the interpreter back in between.
    """
    text = body.decode()
    position = _after(text, 0, "[")
    entries: list[Entry] = []
    unreadable = 0
    while text[position : position + 1] != "]":
        if entries or unreadable:
            position = _after(text, position, ",")
        found, position = DECODER.raw_decode(text, position)
        position = _skip(text, position)
        entry = read(found, source, environment, server, now)
        if entry is None:
            unreadable += 1
        else:
            entries.append(entry)
    return Listing(tuple(entries), unreadable)


def _after(text: str, position: int, mark: str) -> int:
    position = _skip(text, position)
    if text[position : position + 1] != mark:
        raise ValueError("not a JSON list")
    return _skip(text, position + 1)


def _skip(text: str, position: int) -> int:
    while text[position : position + 1] and text[position] in BLANK:
        position += 1
    return position


def read(found: Any, source: str, environment: str, server: str, now: datetime) -> Entry | None:
    """One alert of the list; None when it has no labels to know it by."""
    if not isinstance(found, dict) or not isinstance(found.get("labels"), dict):
        return None
    labels = text_map(found["labels"])
    if not labels:
        return None
    said = found.get("status")
    status: dict[str, Any] = said if isinstance(said, dict) else {}
    updated = time_of(found.get("updatedAt")) or now
    alert = described(labels, found.get("annotations"), found.get("generatorURL"))
    alert = replace(
        alert,
        source=source,
        environment=environment,
        fingerprint=one_line(str(found.get("fingerprint") or ""), 64) or fingerprint(labels),
        state=AlertState.SUPPRESSED if status.get("state") == "suppressed" else AlertState.FIRING,
        since=time_of(found.get("startsAt")) or now,
        seen_by=(server,),
        native_state=one_line(str(status.get("state") or ""), 40),
        native_id=one_line(str(found.get("fingerprint") or ""), 64),
        note=suppressors(status),
    )
    return Entry(alert, updated, time_of(found.get("endsAt")) or now)


def described(labels: Mapping[str, str], annotations: Any, generator: Any) -> Alert:
    """What labels and annotations say of an alert; who reports it, and how it stands, is for the caller."""
    notes = text_map(annotations) if isinstance(annotations, dict) else {}
    links = [(name, notes[key]) for key, name in LINK_ANNOTATIONS.items() if is_link(notes.get(key))]
    if is_link(generator):
        links.append(("source", one_line(generator)))
    return Alert(
        source="",
        fingerprint="",
        name=labels.get("alertname") or "unnamed",
        severity=severity(labels.get("severity", "")),
        state=AlertState.FIRING,
        since=datetime.min.replace(tzinfo=UTC),
        environment="",
        resource=next((labels[each] for each in RESOURCE_LABELS if labels.get(each)), ""),
        summary=next((notes[each] for each in SUMMARY_ANNOTATIONS if notes.get(each)), ""),
        labels=tuple(sorted(labels.items())),
        links=tuple(links),
    )


def suppressors(status: Mapping[str, Any]) -> str:
    """`silenced by 9825d44b, inhibited by …`; `mutedBy` exists since 0.28."""
    words = []
    for key, word in (("silencedBy", "silenced by"), ("inhibitedBy", "inhibited by"), ("mutedBy", "muted by")):
        who = status.get(key)
        if isinstance(who, list) and who:
            words.append(f"{word} {one_line(str(who[0]), 40)}")
    return ", ".join(words)


def started(body: bytes) -> datetime:
    """When the server started, from GET /api/v2/status. Raises ValueError when it does not say."""
    found = json.loads(body)
    moment = time_of(found.get("uptime")) if isinstance(found, dict) else None
    if moment is None:
        raise ValueError("no uptime")
    return moment


def text_map(found: Mapping[Any, Any]) -> dict[str, str]:
    return {one_line(str(name), 200): one_line(str(value), SUMMARY) for name, value in found.items()}


def is_link(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def time_of(value: Any) -> datetime | None:
    """An RFC 3339 time, aware; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def fingerprint(labels: Mapping[str, str]) -> str:
    """How Prometheus and Alertmanager name a set of labels: FNV-1a, 64 bits, over the sorted pairs."""
    total = 0xCBF29CE484222325
    for name in sorted(labels):
        for byte in (*name.encode(), 0xFF, *labels[name].encode(), 0xFF):
            total = (total ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{total:016x}"
