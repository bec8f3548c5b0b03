"""Which events repeat the words of another one: what a redaction of that one has to reach as well."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Protocol, Unpack

from cockpit.model.event import Event, Kind
from cockpit.timeline.rows import EventQuery

POINTERS = (Kind.PIN, Kind.LINK)
"""Their subject is the id of another event, of which they keep the words by which people know it."""


class EventReader(Protocol):
    """Questions to the events of a timeline."""

    def events(self, **query: Unpack[EventQuery]) -> list[Event]: ...


def find_repetitions(event: Event, reader: EventReader) -> list[Event]:
    """In id order: the corrections before and behind it that have the same words, such as one of its time alone, and
    what pins any of these or names a proof of it."""
    corrections = [other for other in _find_chain(event, reader) if event.summary == other.summary != ""]
    numbers = {str(other.id) for other in (event, *corrections)}
    pointers = [other for other in reader.events(kinds=POINTERS) if other.subject in numbers]
    return sorted((*corrections, *pointers), key=attrgetter("id"))


def _find_chain(event: Event, reader: EventReader) -> list[Event]:
    """Every event that corrects or is corrected by it, over however many corrections; without itself."""
    corrections = reader.events(corrections=True)
    roots = {correction.id: correction.supersedes for correction in corrections}
    root = _find_root(event.id, roots)
    chain = [each for each in corrections if _find_root(each.id, roots) == root]
    first = reader.events(after=root - 1, before=root + 1)
    return [each for each in (*first, *chain) if each.id != event.id]


def _find_root(number: int, roots: Mapping[int, int | None]) -> int:
    for _ in range(len(roots)):
        before = roots.get(number)
        if before is None or before >= number:  # an event corrects an older one; anything else is no chain
            return number
        number = before
    return number
