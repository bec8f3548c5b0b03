"""Fields of a template that are choices: `Investigating/Identified/Resolved`, `[30 minutes / 1 hour]`, `[P0/P1]`."""

import re
from collections.abc import Sequence
from datetime import timedelta

from cockpit.incident.comms_times import length, words
from cockpit.model.incident import Status
from cockpit.model.ladder import SeverityScale, level

_ALTERNATIVES = re.compile(r"\s*[/|]\s*|\s+or\s+")
_ORDER = tuple(Status)


def options(field: str) -> list[str]:
    """What a field offers; the field itself where that is no choice."""
    return [each for each in _ALTERNATIVES.split(field.strip()) if each]


def lengths(offered: Sequence[str]) -> bool:
    """Whether all that is offered are lengths of time."""
    return bool(offered) and all(length(each) is not None for each in offered)


def chosen_length(offered: Sequence[str], promise: timedelta | None) -> str:
    """In how long the next message follows, in the template's own words where it has them; "" when none is promised."""
    if promise is None:
        return ""
    return next((each for each in offered if length(each) == promise), words(promise))


def chosen_status(offered: Sequence[str], now: Status) -> str:
    """The furthest of the statuses offered that the incident has reached: a message never claims more.

    "" where fewer than two of them are statuses, or the incident has reached none of them.
    """
    by_name = {each.casefold(): each for each in offered}
    if len(by_name.keys() & set(_ORDER)) < 2:
        return ""
    reached = _ORDER[: _ORDER.index(now) + 1]
    return next((by_name[each] for each in reversed(reached) if each in by_name), "")


def chosen_level(offered: Sequence[str], severity: str, ladder: SeverityScale) -> str:
    """The one of several severities that is meant; "" where it is not offered."""
    meant = level(ladder, severity)
    if len(offered) < 2 or meant is None:
        return ""
    return next((each for each in offered if level(ladder, each) == meant), "")
