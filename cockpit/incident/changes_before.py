"""What changed before something went wrong, newest first: deployments, traffic, changing steps, marks of pipelines."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from cockpit.model.event import Event, Kind
from cockpit.model.event_detail import text_of

BEFORE = timedelta(minutes=15)  # how far back the usual suspects are looked for
CHANGING_STEPS = frozenset({"change", "danger"})
REVISION_CHANGES = frozenset({"created", "activated", "deactivated"})


def is_change(event: Event) -> bool:
    """Whether somebody or something changed what runs: not what was noticed, said or planned."""
    detail = event.detail
    match event.kind:
        case Kind.TRAFFIC | Kind.CHANGE:
            return True
        case Kind.REVISION:
            return text_of(detail, "what") in REVISION_CHANGES
        case Kind.ACTION:
            return text_of(detail, "phase") != "intent"
        case Kind.STEP:
            return text_of(detail, "phase") == "intent" and text_of(detail, "kind") in CHANGING_STEPS
    return False


def list_changes_before(events: Iterable[Event], moment: datetime, reach: timedelta = BEFORE) -> list[Event]:
    """The changes in the time before a moment, newest first; of one that was corrected what it says now."""
    kept = list(events)
    corrected = {event.supersedes for event in kept if event.supersedes is not None}
    changes = [
        event
        for event in kept
        if event.id not in corrected and is_change(event) and moment - reach <= event.occurred <= moment
    ]
    return sorted(changes, key=lambda event: (event.occurred, event.id), reverse=True)
