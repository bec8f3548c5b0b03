"""Who becomes due when: windows drawn as boxes or written as tables, a rule for each tier."""

import re
from collections.abc import Iterator
from datetime import timedelta

from cockpit.model.clock import ClockKind, Rule
from cockpit.model.runbook import DocumentTable
from cockpit.runbooks.plan_columns import blank, cell, column
from cockpit.runbooks.plan_text import Source, levels_in

WINDOW = re.compile(
    r"(?i)^\W*(?P<from>\d{1,4}(?:\.\d)?)\s*(?P<first>m|h)?[a-z]*\s*"
    r"(?:\+|(?:-|–|—|to)\s*(?P<until>\d{1,4}(?:\.\d)?|\+|∞)?)?\s*(?P<unit>m|h|d)?"
)
BOX = ("window", "who")  # the head that a drawn box is given
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def escalation_rules(source: Source) -> Iterator[Rule]:
    """One rule for each tier, numbered from 1 for each level."""
    counts: dict[tuple[str, ...], int] = {}
    for table in source.runbook.tables:
        if table.kind != "escalation":
            continue
        for at, row in enumerate(table.rows):
            levels = levels_of(table, row)
            after, who = opens(cell(row, 0)), who_of(table, row)
            if after is None or blank(who):
                continue
            counts[levels] = number = counts.get(levels, 0) + 1
            line = source.origin(table.line + at + first_row(table))
            yield Rule(ClockKind.ESCALATION, f"call {who}", after, line, who=who, levels=levels, number=number)


def opens(window: str) -> timedelta | None:
    """When a window opens: `15-30 min` after 15 minutes, `60+ min` after 60, `1-2 h` after one hour."""
    match = WINDOW.match(window)
    unit = (match["unit"] or match["first"] or "").lower() if match else ""
    return float(match["from"]) * UNITS[unit] if match and unit else None


def levels_of(table: DocumentTable, row: tuple[str, ...]) -> tuple[str, ...]:
    """The severities of a tier: of its own column, else of what the box or the heading is called; none are all."""
    own = column(table, "severity", "priority", "level")
    return levels_in(cell(row, own)) or levels_in(table.heading)


def who_of(table: DocumentTable, row: tuple[str, ...]) -> str:
    return cell(row, column(table, "who", "contact", "call", "page", "person", "role", "escalate", but=(0,)))


def first_row(table: DocumentTable) -> int:
    """From the line of a table to its first row: below a rule, or below the borders and the title of a drawn box."""
    return 3 if table.header == BOX else 2
