"""What a screen says when something that it asked for raised."""

import logging

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.model.event import RecordError
from cockpit.model.operator import PersonUnknown
from cockpit.model.problem import SourceError
from cockpit.model.text import clean_line
from cockpit.runbooks.catalogue.catalogue import NotFound
from cockpit.runbooks.types import RunRefused

log = logging.getLogger(__name__)
FOR_PEOPLE = (
    IncidentActionError,
    RecordError,
    RunRefused,
    NotFound,
    PersonUnknown,
)  # their text is a sentence that says what would help
LONGEST = 500


def explain(error: Exception, failed: str) -> str:
    """The sentence of a refusal. Anything else is a defect of ours: it is named, and logged as what `failed`."""
    if isinstance(error, SourceError):
        return f"{error.problem.message} {error.problem.advice}".strip()
    if isinstance(error, FOR_PEOPLE):
        return clean_line(error, LONGEST)
    log.error(failed, exc_info=error)
    return f"unexpected {type(error).__name__}: {clean_line(error, 200)}"
