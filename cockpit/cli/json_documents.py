"""Events and incidents as JSON documents: times as text in UTC, durations in seconds."""

import json

from cockpit.incident.postmortem.json_document import event_document, incident_document, to_json_value

__all__ = ["as_json", "event_document", "incident_document", "to_json_value"]


def as_json(document: object) -> str:
    """Pure ASCII, so that no terminal is moved by what it holds."""
    return json.dumps(document, indent=2)
