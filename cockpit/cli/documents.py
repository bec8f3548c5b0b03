"""Events and incidents as JSON documents: times as text in UTC, durations in seconds."""

import json
from dataclasses import asdict, fields
from datetime import date, datetime, time, timedelta
from typing import Any

from cockpit.incident.metrics import metrics
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.model.time import stamp


def event_document(event: Event) -> dict[str, Any]:
    """Every field of an event."""
    return {each.name: plain(getattr(event, each.name)) for each in fields(event)}


def incident_document(incident: Incident) -> dict[str, Any]:
    """Every field of an incident, whether it is open, and its metrics."""
    document = {name: plain(value) for name, value in asdict(incident).items()}
    document["open"] = incident.open
    document["metrics"] = {
        each.short: {"state": each.state.value, "seconds": each.value.total_seconds() if each.value else None}
        for each in metrics(incident)
    }
    return document


def as_json(document: object) -> str:
    """Pure ASCII, so that no terminal is moved by what it holds."""
    return json.dumps(document, indent=2)


def plain(value: Any) -> Any:
    """As JSON can hold it: moments as text in UTC, durations in seconds."""
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(each) for each in value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.isoformat() if isinstance(value, date | time) else value
