"""Our own record of drills, trainings and reviews: what was practised when."""

from collections.abc import Iterable
from datetime import datetime

from cockpit.incident.membership import standing
from cockpit.model.clean import clean_line
from cockpit.model.event import Event, Kind


def practised(events: Iterable[Event]) -> dict[str, datetime]:
    """When each practice was last done, by its name in lower case. A correction counts, what it corrects does not."""
    return {
        clean_line(each.subject).casefold(): each.occurred for each in standing(events) if each.kind == Kind.PRACTICE
    }
