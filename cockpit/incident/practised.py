"""Our own record of drills, trainings and reviews: what was practised when."""

from collections.abc import Iterable
from datetime import date, datetime, tzinfo

from cockpit.incident.membership import standing
from cockpit.model.clean import clean_line
from cockpit.model.event import Event, Kind


def practised(events: Iterable[Event]) -> dict[str, datetime]:
    """When each practice was last done, by its name in lower case. A correction counts, what it corrects does not."""
    return {
        clean_line(each.subject).casefold(): each.occurred for each in standing(events) if each.kind == Kind.PRACTICE
    }


def days(events: Iterable[Event], zone: tzinfo) -> dict[str, date]:
    """On which day each was last done, in local time."""
    return {name: at.astimezone(zone).date() for name, at in practised(events).items()}
