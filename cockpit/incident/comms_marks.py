"""The marks of a message: `⟦client name?⟧` stands where a person has to write something."""

import re

from cockpit.model.clean import clean_line

MARK = re.compile(r"⟦[^⟦⟧\n]*⟧")
_NO_MARKS = str.maketrans("⟦⟧", "[]")


def mark(name: str) -> str:
    """What stands in a text in place of a field that nobody knows."""
    return f"⟦{unmarked(clean_line(name)).rstrip('? ').casefold() or 'this'}?⟧"


def marks(text: str) -> list[tuple[int, int]]:
    """Where the marks of a text stand: (start, end)."""
    return [found.span() for found in MARK.finditer(text)]


def unmarked(text: str) -> str:
    """`text` without a mark of its own: only the cockpit makes them, so that counting them tells what is missing."""
    return text.translate(_NO_MARKS)
