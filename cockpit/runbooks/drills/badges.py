"""What a catalogue says of a document at a glance: never tested, review overdue, changed, not filled in, view only."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum

from cockpit.model.runbook import DocumentTable, Finding, Procedure, Runbook
from cockpit.model.text import clean_line
from cockpit.runbooks.document.dates import day_in, says_never
from cockpit.runbooks.document.labels import strip_markdown
from cockpit.runbooks.document.outline import list_prose_lines
from cockpit.runbooks.document.prose import find_unfilled_blanks


class Badge(StrEnum):
    """The value is what is shown."""

    VIEW_ONLY = "view only"
    CHANGED = "changed"
    OVERDUE = "review overdue"
    UNFILLED = "not filled in"
    UNTESTED = "never tested"


REVIEW_LABELS = ("next review", "review by", "review date", "review due", "next test", "next drill")
TESTED_COLUMNS = ("last completed", "last tested", "last run", "last drill")
DUE_COLUMNS = ("next review", "next scheduled", "next test", "due")
NOTHING: Mapping[str, date] = {}
BULLET = re.compile(r"^\s*[-*+]\s+\*\*([^*]{1,80}?):?\*\*:?\s*(.+)$")


def list_badges(
    runbook: Runbook, today: date, *, last_run: str = "", done: Mapping[str, date] = NOTHING
) -> tuple[Badge, ...]:
    """The badges of a document, the weightiest first. `last_run` is the hash of the document that ran last, or "".

    `done` is our own record of what was practised: the last day by the practice's name in lower case.
    """
    wears = {
        Badge.VIEW_ONLY: runbook.view_only,
        Badge.CHANGED: bool(last_run) and last_run != runbook.sha256,
        Badge.OVERDUE: any(find_overdue_days(runbook, today, done)),
        Badge.UNFILLED: any(find_unfilled_blanks(runbook.text, runbook.outline)),
        Badge.UNTESTED: any(procedure.commands for procedure in runbook.procedures) and is_untested(runbook, done),
    }
    return tuple(badge for badge, worn in wears.items() if worn)


def last_tested(runbook: Runbook, procedure: Procedure) -> date | None:
    """When a procedure was last tested, as its labels or its document's say; None for never."""
    return day_in(procedure.labels.get("tested", "")) or day_in(runbook.labels.get("tested", ""))


def is_untested(runbook: Runbook, done: Mapping[str, date] = NOTHING) -> bool:
    """True when nothing says that the document was ever tested, or when one of its drills has yet to happen."""
    titles = (runbook.title, *(procedure.title for procedure in runbook.procedures))
    lines = [
        runbook.labels.get("tested", ""),
        *(procedure.labels.get("tested", "") for procedure in runbook.procedures),
    ]
    lines += [str(done[name]) for title in titles if (name := f"test of {title}".casefold()) in done]
    drills = [
        str(done.get(table.rows[index][0].casefold(), cell))
        for table in runbook.tables
        for index, cell in list_column_cells(table, TESTED_COLUMNS)
    ]
    return any(map(says_never, drills)) or all(map(says_never, [*lines, *drills]))


def find_overdue_days(runbook: Runbook, today: date, done: Mapping[str, date] = NOTHING) -> Iterator[Finding]:
    """A finding for every review, test or drill whose day has passed: in labels, in tables, in lists of reviews."""
    reviewed = done.get(f"review of {runbook.title}".casefold(), date.min)
    for name, sentence, line in list_due_days(runbook):
        day = day_in(sentence)
        met = reviewed if name in REVIEW_LABELS else date.min
        met = max(met, *(done.get(text.casefold(), date.min) for text in (name, f"Review of {name}")))
        if day is not None and met < day < today:
            yield Finding("review-overdue", line, clean_line(f"{name} was due on {day}", 200))


def list_due_days(runbook: Runbook) -> Iterator[tuple[str, str, int]]:
    """(what, the text that holds its day, line) of everything that the document says is due."""
    for name in REVIEW_LABELS:
        numbers_by_name = {
            procedure.labels[name]: procedure.line
            for procedure in reversed(runbook.procedures)
            if name in procedure.labels
        }
        numbers_by_name |= {runbook.labels[name]: 1} if name in runbook.labels else {}
        yield from ((name, text, line) for text, line in numbers_by_name.items())
    for table in runbook.tables:
        for index, cell in list_column_cells(table, DUE_COLUMNS):
            yield table.rows[index][0], cell, table.line + 2 + index
    for number, heading, text in list_prose_lines(runbook.text, runbook.outline):
        item = BULLET.match(text)
        if item and "review" in heading.casefold():
            yield strip_markdown(item[1]), item[2], number


def list_column_cells(table: DocumentTable, names: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """(row, cell) of the first column whose name begins with one of these."""
    index = next((position for position, name in enumerate(table.header) if name.casefold().startswith(names)), None)
    if index is not None:
        yield from ((number, row[index]) for number, row in enumerate(table.rows) if index < len(row))
