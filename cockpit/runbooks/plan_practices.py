"""Drills, training and reviews: what comes round, and when it is next due."""

import re
from collections.abc import Iterator

from cockpit.model.plan import Practice
from cockpit.model.runbook import Table
from cockpit.runbooks.dates import day_in
from cockpit.runbooks.plan_columns import cell, column
from cockpit.runbooks.plan_text import Shape, Source

TABLES = frozenset({"drills", "training", "reviews"})
EVERY = r"(?:every\s+\w+|daily|weekly|fortnightly|monthly|quarterly|yearly|annual(?:ly)?)"
ROUND = re.compile(rf"(?i)^(?P<every>{EVERY})\s+(?P<name>\S.{{2,200}})$")
CARE = re.compile(r"(?i)hygiene|prevent|drill|training|review|practice|exercise|game day|maintenance")
REVIEWS = re.compile(r"(?i)next review")
DATED = re.compile(r"^(?P<name>[^:]{2,100}):\s*(?P<next>\S.{0,60})$")


def practices(source: Source) -> Iterator[Practice]:
    """Everything of a document that comes round."""
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
            elif came := ROUND.match(block.text):
                yield Practice(came["name"][:1].upper() + came["name"][1:], every=came["every"], origin=origin)
    if next_review := source.runbook.labels.get("next review"):
        name = f"Review of {source.runbook.title}"
        yield Practice(name, next=next_review, due=day_in(next_review), origin=source.origin(1))


def _of_table(table: Table, source: Source) -> Iterator[Practice]:
    every, next_one = column(table, "frequency", "every", "how often"), column(table, "next")
    last, whose, method = column(table, "last"), column(table, "audience"), column(table, "method")
    training = table.kind == "training"
    for at, row in enumerate(table.rows):
        if not cell(row, 0):
            continue
        how = ", ".join(filter(None, (cell(row, whose), cell(row, method))))
        yield Practice(
            name=f"{cell(row, 0)} training{f': {how}' if how else ''}" if training else cell(row, 0),
            every=cell(row, every),
            next=cell(row, next_one),
            last=cell(row, last),
            due=day_in(cell(row, next_one)),
            origin=source.origin(table.line + 2 + at),
        )
