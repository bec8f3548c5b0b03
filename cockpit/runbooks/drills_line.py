"""The line to paste into a document once a practice was done. The document itself is never written."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cockpit.model.plan import Practice
from cockpit.model.runbook import DocumentTable, Runbook
from cockpit.runbooks.catalogue import Document
from cockpit.runbooks.labels import LABEL, label
from cockpit.runbooks.plan import origin_of
from cockpit.runbooks.plan_columns import column

PIPE = re.compile(r"(?<!\\)\|")
DONE = re.compile(r"\s+\(last done [^()]{0,40}\)\s*$")


@dataclass(frozen=True, slots=True)
class Paste:
    """`line` as it should read in the document, `advice` what cannot be filled in. Either may be ""."""

    line: str = ""
    advice: str = ""


def paste(practice: Practice, documents: Iterable[Document], done: date, due: date | None) -> Paste:
    """The line that says of a practice when it was done and, where it is known, when it is next due."""
    name, _, number = practice.origin.rpartition(":")
    runbook = next((each.runbook for each in documents if origin_of(each) == name), None)
    lines = runbook.text.split("\n") if runbook else []
    if runbook is None or not number.isdecimal() or not 1 <= int(number) <= len(lines):
        return Paste(advice=f"The line of {practice.origin} cannot be found; write {done} where it says when.")
    line = int(number)
    return _filled(lines[line - 1].rstrip(), _table(runbook, line), done, due)


def _table(runbook: Runbook, line: int) -> DocumentTable | None:
    return next((each for each in runbook.tables if 0 <= line - each.line - 2 < len(each.rows)), None)


def _filled(raw: str, table: DocumentTable | None, done: date, due: date | None) -> Paste:
    if table is not None:
        return _row(raw, table, done, due)
    found = label(raw)
    if found is None:
        if raw.lstrip().startswith("**") or "next" in raw.casefold():
            return Paste(advice="Write the next day there.")
        return Paste(f"{DONE.sub('', raw)} (last done {done})")
    if found[0] != "tested":
        return Paste(advice=f"Its {found[0]} has no rhythm to compute it from: write the next day there.")
    match = LABEL.match(raw.strip())
    return Paste(f"{raw.strip()[: match.start('value')].rstrip()} {done}" if match else "")


def _row(raw: str, table: DocumentTable, done: date, due: date | None) -> Paste:
    """The row with its own cells, but for the two days."""
    last, after = column(table, "last"), column(table, "next")
    cells = PIPE.split(raw)
    edge = 1 if not cells[0].strip() else 0  # a row may do without its outer pipes
    advice = [] if last is not None else ['The table has no column such as "Last Completed"; one more would hold it.']
    for at, day in ((last, done), (after, due)):
        if at is None or day is None:
            continue
        if at + edge >= len(cells):
            return Paste(advice=f"The row has too few cells; write {done} into it.")
        old = cells[at + edge]
        cells[at + edge] = f" {day} ".ljust(len(old)) if old.strip() or len(old) > 1 else f" {day} "
    if last is None:
        cells[len(cells) - edge : len(cells) - edge] = [f" {done} "]
    if after is not None and due is None:
        advice.append("When it is next due is not known here: write that day, too.")
    return Paste("|".join(cells), " ".join(advice))
