"""Drills: each practice as it stands, from its document and from our own record, whichever is newer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from cockpit.model.plan import Practice
from cockpit.runbooks.dates import day_in, never
from cockpit.runbooks.rhythm import Rhythm, rhythm

NEVER = "never"


@dataclass(frozen=True, slots=True)
class Drill:
    """When a practice was last done, and when it is next due.

    `recorded`: our own record is newer than its document. `undated` says why no day is known where `due` is None.
    """

    practice: Practice
    last: date | None = None
    recorded: bool = False
    due: date | None = None
    undated: str = ""

    def late(self, today: date) -> int:
        """Since how many days it is overdue; 0 on the day itself and while it is to come."""
        return max(0, (today - self.due).days) if self.due else 0

    def standing(self, today: date) -> str:
        """`overdue 12 d`, `today`, `in 3 d`, `never`, `no date`."""
        if self.due is None:
            return NEVER if self.last is None else "no date"
        if self.due == today:
            return "today"
        return f"overdue {self.late(today)} d" if self.due < today else f"in {(self.due - today).days} d"


def drills(practices: Iterable[Practice], done: Mapping[str, date], today: date) -> list[Drill]:
    """Every practice: the longest overdue first, then what was never done, then what is to come, then the undated.

    `done` are the days of our own record, by the practice's name in lower case.
    """
    found = [drill(each, done.get(each.name.casefold())) for each in practices]
    return sorted(found, key=lambda each: each.due or (today if each.last is None else date.max))


def drill(practice: Practice, done: date | None = None) -> Drill:
    """One practice, last done by us on that day."""
    written = day_in(practice.last)
    ours = done is not None and (written is None or done > written)
    last = done if ours else written
    often = rhythm_of(practice)
    due = _due(practice.due, last, often, ours)
    return Drill(practice, last, ours, due, "" if due else _undated(practice, last, often))


def rhythm_of(practice: Practice) -> Rhythm | None:
    """What its document says of how often; `Next: first Monday (TBD)` says it in the other column."""
    return rhythm(practice.every if practice.due else f"{practice.every} {practice.next}")


def _due(written: date | None, last: date | None, often: Rhythm | None, ours: bool) -> date | None:
    """The day that is written holds until it was met; a day early or late is on it, the nearer round counts."""
    coming = often.after(last) if often and last else None
    if written is None or last is None:
        return written or coming
    if written <= last or (ours and coming and written - last < coming - written):
        return coming
    return written


def _undated(practice: Practice, last: date | None, often: Rhythm | None) -> str:
    if last is None:
        return "it was never done" if often or never(practice.every) else f"“{practice.every}” is no rhythm known here"
    words = " ".join(filter(None, (practice.every, "" if never(practice.next) else practice.next)))
    return f"“{words}” is no rhythm known here" if words else "its document names no day and no rhythm"
