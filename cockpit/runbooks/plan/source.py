"""A document as the plan reads it: its chapters, the severities that it names, cells of its tables by their heads."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cockpit.model.runbook import DocumentTable, Runbook
from cockpit.runbooks.document.outline import Chapter, OutlineBlock, Shape, list_chapters

SEVERITY = re.compile(r"(?i)\b(?:SEV-?\s?[0-9]|[PS][0-5])(?![\w.%])")


@dataclass(frozen=True, slots=True)
class Source:
    """One document to be read: `name` is how an origin begins, `id` what the catalogue calls it."""

    id: str
    name: str
    runbook: Runbook
    chapters: tuple[Chapter, ...] = field(default=())

    def origin(self, line: int) -> str:
        return f"{self.name}:{line}"

    def list_sentences(self) -> Iterator[tuple[Chapter, OutlineBlock]]:
        """What stands in sentences: paragraphs and items."""
        for chapter in self.chapters:
            yield from ((chapter, block) for block in chapter.blocks if block.shape in (Shape.TEXT, Shape.ITEM))


def make_source(id: str, name: str, runbook: Runbook) -> Source:
    return Source(id, name, runbook, tuple(list_chapters(runbook.text, runbook.outline)))


def levels_in(text: str) -> tuple[str, ...]:
    """The severities that a text names, as it writes them: `P0`, `SEV-1`. Each once."""
    return tuple(dict.fromkeys(re.sub(r"\s", "", match.group()).upper() for match in SEVERITY.finditer(text)))


# Columns and cells of a table, found by what their heads say; and the blanks that nobody filled in.

BLANK = re.compile(
    r"""(?ix) ^\W*(?:tbd|tbc|todo|fixme|n/?a|none|unknown|x{2,}|\?+)?\W*$   # says nothing
    | ^\s*[\[<{][^\]>}]{0,80}[\]>}]\s*$                                      # [PagerDuty/Phone], <name>
    | \b(?:tbd|tbc|todo|fixme)\b"""
)


def find_column(table: DocumentTable, *parts: str, but: Sequence[int] = ()) -> int | None:
    """The first column whose head has one of these words, the words in their order."""
    heads = [text.casefold() for text in table.header]
    result = (index for word in parts for index, head in enumerate(heads) if word in head and index not in but)
    return next(result, None)


def read_cell(row: Sequence[str], index: int | None) -> str:
    """The cell in that column, "" where there is none."""
    return row[index].strip() if index is not None and index < len(row) else ""


def is_blank(text: str) -> bool:
    """True for nothing, a dash, TBD, or a placeholder in brackets."""
    return bool(BLANK.search(text[:400]))
