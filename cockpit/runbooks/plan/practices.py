"""Drills, training and reviews: recurring exercises, and when each is next due."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from cockpit.model.plan import Practice
from cockpit.model.runbook import DocumentTable, Runbook
from cockpit.model.text import clean_line
from cockpit.runbooks.document.dates import DAYS, UNITS, day_in
from cockpit.runbooks.document.labels import parse_label, strip_markdown
from cockpit.runbooks.document.outline import Shape, list_prose_lines
from cockpit.runbooks.plan.source import Source, find_column, read_cell

LABELS = frozenset({"tested", "next review"})
TABLES = frozenset({"drills", "training", "reviews"})
WORDS = "|".join((*UNITS, *DAYS))
EVERY = (
    rf"(?:(?:every|each)\s+(?:\w+\s+)?(?:{WORDS})s?|(?:once|twice)\s+(?:a|per|every)\s+(?:{WORDS})|half-?yearly"
    r"|(?:semi|bi)-?annual(?:ly)?|daily|weekly|fortnightly|monthly|quarterly|yearly|annual(?:ly)?)"
)
ROUND = re.compile(
    rf"(?i)^(?P<every>{EVERY})\s+(?P<name>\S.{{2,200}}?)(?P<done>\s+\(last done (?P<last>[^()]{{4,40}})\))?$"
)
# The rhythm behind the name: "Failover drill: quarterly", "Run a restore test once a month".
ROUND_BEHIND = re.compile(
    rf"(?i)^(?P<name>\S.{{2,200}}?)(?:\s*[:,(—–]\s*|\s-\s|\s+)(?P<every>{EVERY})\)?"
    r"(?P<done>\s+\(last done (?P<last>[^()]{4,40})\))?\.?$"
)
CARE = re.compile(r"(?i)hygiene|prevent|drill|training|review|practice|exercise|game day|maintenance")
REVIEWS = re.compile(r"(?i)next review")
FIRST_LINES = 15  # in which a document says of which day it is
SAYS_ITS_DAY = re.compile(r"(?i)^[\W_]*(?:date|(?:last\s+)?(?:updated|modified|revised|reviewed)|version)\b")
DATED = re.compile(r"^(?P<name>[^:]{2,100}):\s*(?P<next>\S.{0,60})$")


def read_practices(source: Source) -> Iterator[Practice]:
    """Every recurring exercise of a document, with the day the document is of."""
    written = find_written_day(source.runbook)
    yield from (replace(practice, written=written) for practice in _read_practices(source))


def find_written_day(runbook: Runbook) -> date | None:
    """The day that a document says it is of: last updated, else reviewed, else created."""
    days = (
        day_in(runbook.labels.get(name, "")) for name in ("last updated", "last reviewed", "date", "created", "version")
    )
    lines = runbook.text.split("\n", FIRST_LINES)[:FIRST_LINES]
    written = (day_in(line) for line in lines if SAYS_ITS_DAY.match(line))
    return next(filter(None, (*days, *written)), None)


def _read_practices(source: Source) -> Iterator[Practice]:
    for table in source.runbook.tables:
        if table.kind in TABLES:
            yield from _of_table(table, source)
    for chapter in source.chapters:
        for block in chapter.blocks if CARE.search(chapter.path) else ():
            if block.shape is not Shape.ITEM or block.box:
                continue
            origin = source.origin(block.line)
            if REVIEWS.search(chapter.title) and (dated := DATED.match(block.text)):
                due = day_in(dated["next"])
                yield Practice(f"Review of {dated['name']}", next=dated["next"], due=due, origin=origin)
            elif came := ROUND.match(block.text) or ROUND_BEHIND.match(block.text):
                name = came["name"][:1].upper() + came["name"][1:]
                yield Practice(name, every=came["every"], last=came["last"] or "", origin=origin)
    yield from _of_labels(source)


def _of_labels(source: Source) -> Iterator[Practice]:
    """What a document says of itself and of its procedures: when they were tested, when they are to be reviewed."""
    pairs_by_pair = {(name, heading): (value, line) for line, heading, name, value in labels_in(source.runbook)}
    if front := source.runbook.labels.get("next review", ""):
        pairs_by_pair.setdefault(("next review", source.runbook.title), (front, 1))
    for (name, heading), (value, line) in pairs_by_pair.items():
        what, origin = heading or source.runbook.title, source.origin(line)
        if name == "next review":
            yield Practice(f"Review of {what}", next=value, due=day_in(value), origin=origin)
        else:
            yield Practice(f"Test of {what}", last=value, origin=origin)


def labels_in(runbook: Runbook) -> Iterator[tuple[int, str, str, str]]:
    """(line, heading above, name, value) of each label that says when something was tested or is to be reviewed."""
    for line, heading, text in list_prose_lines(runbook.text, runbook.outline):
        pair = parse_label(text)
        if pair and pair[0] in LABELS and pair[1]:
            yield line, clean_line(strip_markdown(heading)), *pair


def _of_table(table: DocumentTable, source: Source) -> Iterator[Practice]:
    every, next_one = (
        find_column(table, "frequency", "every", "how often", "cadence", "interval"),
        find_column(table, "next"),
    )
    last, whose, method = (
        find_column(table, "last"),
        find_column(table, "audience", "who", "participant"),
        find_column(table, "method"),
    )
    training = table.kind == "training"
    for index, row in enumerate(table.rows):
        if not read_cell(row, 0):
            continue
        how = ", ".join(filter(None, (read_cell(row, whose), read_cell(row, method))))
        yield Practice(
            name=f"{read_cell(row, 0)} training{f': {how}' if how else ''}" if training else read_cell(row, 0),
            every=read_cell(row, every),
            next=read_cell(row, next_one),
            last=read_cell(row, last),
            due=day_in(read_cell(row, next_one)),
            origin=source.origin(table.line + 2 + index),
        )
