"""Drills: each practice as it stands, from its document and from our own record, whichever is newer."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from cockpit.model.plan import Practice
from cockpit.model.runbook import DocumentTable, Runbook
from cockpit.runbooks.catalogue.catalogue import Document
from cockpit.runbooks.document.dates import Rhythm, day_in, parse_rhythm, says_never
from cockpit.runbooks.document.labels import LABEL, parse_label
from cockpit.runbooks.plan.plan import origin_of
from cockpit.runbooks.plan.source import find_column

NEVER = "never"


@dataclass(frozen=True, slots=True)
class Drill:
    """When a practice was last done, and when it is next due.

    `recorded`: our own record is newer than its document. `undated` says why no day is known where `due` is None.
    What was never done is due one round after the day of its document.
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


def list_drills(practices: Iterable[Practice], done: Mapping[str, date], today: date) -> list[Drill]:
    """Every practice: the longest overdue first, then what was never done, then what is to come, then the undated.

    `done` are the days of our own record, by the practice's name in lower case.
    """
    result = [build_drill(practice, done.get(practice.name.casefold())) for practice in practices]
    return sorted(result, key=lambda item: item.due or (today if item.last is None else date.max))


def build_drill(practice: Practice, done: date | None = None) -> Drill:
    """One practice, last done by us on that day."""
    written = day_in(practice.last)
    ours = done is not None and (written is None or done > written)
    last = done if ours else written
    often = rhythm_of(practice)
    due = _find_due_date(practice.due, last or practice.written, often, ours)
    return Drill(practice, last, ours, due, "" if due else _describe_missing_date(practice, last, often))


def rhythm_of(practice: Practice) -> Rhythm | None:
    """What its document says of how often; `Next: first Monday (TBD)` says it in the other column."""
    return parse_rhythm(practice.every if practice.due else f"{practice.every} {practice.next}")


def _find_due_date(written: date | None, last: date | None, often: Rhythm | None, ours: bool) -> date | None:
    """The day that is written holds until it was met; a day early or late is on it, the nearer round counts."""
    coming = often.after(last) if often and last else None
    if written is None or last is None:
        return written or coming
    if written <= last or (ours and coming and written - last < coming - written):
        return coming
    return written


def _describe_missing_date(practice: Practice, last: date | None, often: Rhythm | None) -> str:
    if last is None:
        return (
            "it was never done"
            if often or says_never(practice.every)
            else f"“{practice.every}” is not an interval known here"
        )
    text = " ".join(filter(None, (practice.every, "" if says_never(practice.next) else practice.next)))
    return f"“{text}” is not an interval known here" if text else "its document names no day and no rhythm"


# The line to paste into a document once a practice was done. The document itself is never written.

PIPE = re.compile(r"(?<!\\)\|")
DONE = re.compile(r"\s+\(last done [^()]{0,40}\)\s*$")


@dataclass(frozen=True, slots=True)
class Paste:
    """`line` as it should read in the document, `advice` what cannot be filled in. Either may be ""."""

    line: str = ""
    advice: str = ""


def build_paste(practice: Practice, documents: Iterable[Document], done: date, due: date | None) -> Paste:
    """The line that says of a practice when it was done and, where it is known, when it is next due."""
    name, _, number = practice.origin.rpartition(":")
    runbook = next((document.runbook for document in documents if origin_of(document) == name), None)
    lines = runbook.text.split("\n") if runbook else []
    if runbook is None or not number.isdecimal() or not 1 <= int(number) <= len(lines):
        return Paste(advice=f"The line of {practice.origin} cannot be found; write {done} where it says when.")
    line = int(number)
    return _build_label_paste(lines[line - 1].rstrip(), _find_table(runbook, line), done, due)


def _find_table(runbook: Runbook, line: int) -> DocumentTable | None:
    return next((table for table in runbook.tables if 0 <= line - table.line - 2 < len(table.rows)), None)


def _build_label_paste(raw: str, table: DocumentTable | None, done: date, due: date | None) -> Paste:
    if table is not None:
        return _build_row_paste(raw, table, done, due)
    pair = parse_label(raw)
    if pair is None:
        if raw.lstrip().startswith("**") or "next" in raw.casefold():
            return Paste(advice="Write the next day there.")
        return Paste(f"{DONE.sub('', raw)} (last done {done})")
    if pair[0] != "tested":
        return Paste(advice=f"Its {pair[0]} has no rhythm to compute it from: write the next day there.")
    match = LABEL.match(raw.strip())
    return Paste(f"{raw.strip()[: match.start('value')].rstrip()} {done}" if match else "")


def _build_row_paste(raw: str, table: DocumentTable, done: date, due: date | None) -> Paste:
    """The row with its own cells, but for the two days."""
    last, after = find_column(table, "last"), find_column(table, "next")
    cells = PIPE.split(raw)
    edge = 1 if not cells[0].strip() else 0  # a row may do without its outer pipes
    advice = [] if last is not None else ['The table has no column such as "Last Completed"; one more would hold it.']
    for index, day in ((last, done), (after, due)):
        if index is None or day is None:
            continue
        if index + edge >= len(cells):
            return Paste(advice=f"The row has too few cells; write {done} into it.")
        old = cells[index + edge]
        cells[index + edge] = f" {day} ".ljust(len(old)) if old.strip() or len(old) > 1 else f" {day} "
    if last is None:
        cells[len(cells) - edge : len(cells) - edge] = [f" {done} "]
    if after is not None and due is None:
        advice.append("When it is next due is not known here: write that day, too.")
    return Paste("|".join(cells), " ".join(advice))
