"""A document cut into chapters and blocks: what is said where, by lines. Rows of tables are read elsewhere."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from cockpit.model.runbook import DocumentTable, Runbook
from cockpit.model.text import clean_line
from cockpit.runbooks.document.labels import parse_label, strip_markdown
from cockpit.runbooks.document.prose import FENCE, HEADING

ITEM = re.compile(r"^(?P<indent>\s*)(?P<mark>[-*+]|\d{1,3}[.)])\s+(?P<box>\[[ xX]\]\s+)?(?P<text>\S.*)$")
RULER = re.compile(r"^\s*([-*_])(?:\s*\1){2,}\s*$")
SEVERITY = re.compile(r"(?i)\b(?:SEV-?\s?[0-9]|[PS][0-5])(?![\w.%])")


class Shape(Enum):
    """What a block is."""

    TEXT = auto()
    ITEM = auto()
    QUOTE = auto()
    FENCE = auto()


@dataclass(frozen=True, slots=True)
class OutlineBlock:
    """One paragraph, item, quotation or fence. A quotation and a fence keep their lines, the others are one line."""

    shape: Shape
    line: int
    text: str
    ordered: bool = False
    box: bool = False
    nested: bool = False
    info: str = ""  # of a fence


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading and the blocks under it, until the next heading.

    `above` are the headings that it stands under, but for `top`, the title of the document.
    """

    title: str = ""
    level: int = 0
    line: int = 1
    top: str = ""
    above: tuple[str, ...] = ()
    blocks: tuple[OutlineBlock, ...] = ()

    @property
    def path(self) -> str:
        """What its headings say, the document's own title left out."""
        return " / ".join((*self.above, self.title))

    @property
    def whole_path(self) -> str:
        """What all of its headings say."""
        return f"{self.top} / {self.path}"


@dataclass(frozen=True, slots=True)
class Source:
    """One document to be read: `name` is how an origin begins, `id` what the catalogue calls it."""

    id: str
    name: str
    runbook: Runbook
    chapters: tuple[Chapter, ...] = field(default=())

    def origin(self, line: int) -> str:
        return f"{self.name}:{line}"

    def said(self) -> Iterator[tuple[Chapter, OutlineBlock]]:
        """What is said in sentences: paragraphs and items."""
        for chapter in self.chapters:
            yield from ((chapter, block) for block in chapter.blocks if block.shape in (Shape.TEXT, Shape.ITEM))


def make_source(id: str, name: str, runbook: Runbook) -> Source:
    return Source(id, name, runbook, tuple(list_chapters(runbook.text)))


def levels_in(text: str) -> tuple[str, ...]:
    """The severities that a text names, as it writes them: `P0`, `SEV-1`. Each once."""
    return tuple(dict.fromkeys(re.sub(r"\s", "", match.group()).upper() for match in SEVERITY.finditer(text)))


def list_chapters(text: str) -> Iterator[Chapter]:
    """Every chapter of a text in order; the first has no title."""
    chapter: Chapter = Chapter()
    parents: list[Chapter] = []
    blocks: list[OutlineBlock] = []
    for block in split_outline(text):
        if isinstance(block, OutlineBlock):
            blocks.append(block)
            continue
        yield replace(chapter, blocks=tuple(blocks))
        blocks = []
        parents = [parent for parent in parents if parent.level < block.level]
        top = next((parent.title for parent in parents if parent.level == 1), "")
        chapter = replace(block, top=top, above=tuple(parent.title for parent in parents if parent.level > 1))
        parents.append(chapter)
    yield replace(chapter, blocks=tuple(blocks))


def split_outline(text: str) -> Iterator[OutlineBlock | Chapter]:
    """The blocks of a text, and its headings as chapters without any."""
    block: OutlineBlock | None = None  # the one that is not yet over
    lines: list[str] = []  # of it
    fence = ""
    for number, line in enumerate(text.split("\n"), start=1):
        mark = FENCE.match(line)
        if fence:
            if not (mark and mark[1].startswith(fence) and not mark[2].strip()):
                lines.append(line)
                continue
            begun, goes_on, fence = None, False, ""
        else:
            begun, goes_on = begin_block(line, number, mark)
            fence = mark[1] if mark else ""
        if goes_on and block is not None and isinstance(begun, OutlineBlock) and continues_block(block, begun):
            lines.append(begun.text)
            continue
        if block is not None:
            yield add_block_text(block, lines)
        block = begun if isinstance(begun, OutlineBlock) else None
        lines = [begun.text] if isinstance(begun, OutlineBlock) and begun.shape is not Shape.FENCE else []
        if isinstance(begun, Chapter):
            yield begun
    if block is not None:
        yield add_block_text(block, lines)


def add_block_text(block: OutlineBlock, lines: list[str]) -> OutlineBlock:
    """The block with the text of its lines."""
    together = block.shape in (Shape.FENCE, Shape.QUOTE)
    return replace(block, text="\n".join(lines) if together else clean_line(" ".join(lines)))


def begin_block(line: str, number: int, fence: re.Match[str] | None) -> tuple[OutlineBlock | Chapter | None, bool]:
    """What a line begins, and whether it may only go on with what is before it."""
    if fence:
        return OutlineBlock(Shape.FENCE, number, "", info=fence[2].strip()), False
    if title := HEADING.match(line):
        return Chapter(
            clean_line(strip_markdown(title[1].rstrip("# "))), len(line) - len(line.lstrip("#")), number
        ), False
    if not line.strip() or RULER.match(line) or line.lstrip().startswith("|"):
        return None, False
    if line.lstrip().startswith(">"):
        return OutlineBlock(Shape.QUOTE, number, strip_quote_mark(line)), True
    if item := ITEM.match(line):
        ordered, box = item["mark"][0].isdigit(), bool(item["box"])
        nested = len(item["indent"].expandtabs(4)) > 1
        return OutlineBlock(Shape.ITEM, number, clean_markdown_line(item["text"]), ordered, box, nested), False
    return OutlineBlock(Shape.TEXT, number, clean_markdown_line(line)), parse_label(line) is None


def continues_block(block: OutlineBlock, begun: OutlineBlock) -> bool:
    """True when a line goes on with the block before it: a quotation with another, words with what was wrapped."""
    if begun.shape is Shape.QUOTE:
        return block.shape is Shape.QUOTE
    return block.shape in (Shape.TEXT, Shape.ITEM)


def clean_markdown_line(line: str) -> str:
    """One line as it is read, without its emphasis."""
    return clean_line(strip_markdown(line))


def strip_quote_mark(line: str) -> str:
    """One line of a quotation without its mark."""
    return clean_markdown_line(line.lstrip()[1:])


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
