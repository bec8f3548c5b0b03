"""When what serves now was deployed, as the journal tells it: for a shell, which watches nothing itself."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from cockpit.incident.detail import map_of, text_of, time_of
from cockpit.incident.known import Known
from cockpit.model.event import Event, Kind

FOLDED = (Kind.REVISION, Kind.TRAFFIC)
"""The kinds of events that `newest_deployed` reads."""


def newest_deployed(events: Iterable[Event]) -> datetime | None:
    """When the youngest revision that has traffic was created; None where nobody recorded that. In id order."""
    known, created = Known(), dict[str, datetime]()
    for event in events:
        known.apply(event)
        if event.kind == Kind.REVISION and text_of(event.detail, "what") == "baseline":
            for name, revision in map_of(event.detail, "revisions").items():
                first = time_of(revision, "created") if isinstance(revision, Mapping) else None
                if first is not None:
                    created[f"{event.subject}/{name}"] = first
        made = time_of(event.detail, "created") if event.kind == Kind.REVISION else None
        if made is not None:
            created[event.subject] = made
    serving = (f"{name}/{revision}" for name, app in known.apps.items() for revision in app.traffic)
    return max((created[each] for each in serving if each in created), default=None)
