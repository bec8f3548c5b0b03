"""Columns and cells of a table, found by what their heads say; and the blanks that nobody filled in."""

import re
from collections.abc import Sequence

from cockpit.model.runbook import DocumentTable

BLANK = re.compile(
    r"""(?ix) ^\W*(?:tbd|tbc|todo|fixme|n/?a|none|unknown|x{2,}|\?+)?\W*$   # says nothing
    | ^\s*[\[<{][^\]>}]{0,80}[\]>}]\s*$                                      # [PagerDuty/Phone], <name>
    | \b(?:tbd|tbc|todo|fixme)\b"""
)


def column(table: DocumentTable, *words: str, but: Sequence[int] = ()) -> int | None:
    """The first column whose head has one of these words, the words in their order."""
    heads = [each.casefold() for each in table.header]
    found = (at for word in words for at, head in enumerate(heads) if word in head and at not in but)
    return next(found, None)


def cell(row: Sequence[str], at: int | None) -> str:
    """The cell in that column, "" where there is none."""
    return row[at].strip() if at is not None and at < len(row) else ""


def blank(text: str) -> bool:
    """True for nothing, a dash, TBD, or a placeholder in brackets."""
    return bool(BLANK.search(text[:400]))
