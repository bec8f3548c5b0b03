"""What stands where in a document, by its lines: headings, paragraphs, items, quotations, fences, tables.

Made once, from the tokens that the document is read from, and kept with it. Whoever looks for a heading, a fence or a
line of prose asks the outline; no other module knows how Markdown marks them.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING

from cockpit.model.runbook import OutlineShape, OutlineSpan
from cockpit.model.text import clean_line
from cockpit.runbooks.document.dialects import read_dialects
from cockpit.runbooks.document.labels import parse_label, strip_markdown
from cockpit.runbooks.document.plain_blocks import add_plain_blocks

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Outline = tuple[OutlineSpan, ...]

MARKER = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+(?P<box>\[[ xX]\]\s+)?")  # of an item, in front of its text
TEMPLATES = re.compile(r"(?i)template|communication|message|wording")  # their blanks are filled when they are used
LISTS = ("ordered_list_open", "bullet_list_open")
# What is in one is its inline token, and a plain one has none but that.
PARAGRAPHS = frozenset({"paragraph_open", "paragraph_close"})


@cache
def make_parser() -> "MarkdownIt":
    """The grammar of the blocks. It keeps nothing between two texts, so that threads may share it."""
    from markdown_it import MarkdownIt

    # html off: with it on, <PREVIOUS> is markup and vanishes from the text. Inline markup is not parsed at all:
    # we read the raw text of a line, and a hostile one ("[[[[...") would take minutes. What does nothing without either
    # is not asked for each line.
    unused = ["inline", "reference", "html_block", "text_join"]
    return add_plain_blocks(MarkdownIt("commonmark", {"html": False}).enable("table").disable(unused))


def read_outline(text: str) -> Outline:
    """The outline of a text that is no document of the catalogue."""
    return make_outline(make_parser().parse(read_dialects(text).text))


def make_outline(tokens: "Iterable[Token]") -> Outline:
    """The outline that these tokens tell. A quotation and a table are one block each, whatever stands in them."""
    spans: list[OutlineSpan] = []
    lists: list[bool] = []  # of each list that is open: whether it is numbered
    whole = 0  # the depth of what is taken as a whole: a quotation, a table
    begins_item = False
    heading: Token | None = None
    for token in tokens:
        if token.type in PARAGRAPHS:
            continue
        if token.type in ("blockquote_open", "table_open"):
            if not whole:
                spans.append(_cut_span(OutlineShape.QUOTE if token.type[0] == "b" else OutlineShape.TABLE, token))
            whole += 1
        elif token.type in ("blockquote_close", "table_close"):
            whole -= 1
        elif whole:
            continue
        elif token.type in LISTS:
            lists.append(token.type == "ordered_list_open")
        elif token.nesting < 0 and f"{token.type.removesuffix('close')}open" in LISTS:
            lists.pop()
        elif token.type == "list_item_close":
            begins_item = False  # it may hold nothing but a quotation: `- > 5 % of them`
        elif token.type == "list_item_open":
            begins_item = True
        elif token.type == "heading_open":
            heading = token if token.level == 0 else None
        elif token.type in ("fence", "code_block"):
            shape = OutlineShape.FENCE if token.type == "fence" else OutlineShape.CODE
            spans.append(_cut_span(shape, token, info=token.info.strip()))
            begins_item = False
        elif token.type == "inline":
            if heading is not None:
                spans.append(_cut_span(OutlineShape.HEADING, heading, int(heading.tag[1:]), token.content.strip()))
            elif begins_item:
                shape = OutlineShape.NUMBERED if lists[-1] else OutlineShape.ITEM
                spans.append(_cut_span(shape, token, len(lists)))
            else:
                spans.append(_cut_span(OutlineShape.TEXT, token))
            heading, begins_item = None, False
    return tuple(spans)


def _cut_span(shape: OutlineShape, token: "Token", level: int = 0, info: str = "") -> OutlineSpan:
    first, end = token.map or (0, 0)
    return OutlineSpan(shape, first + 1, end + 1, level, info)


def list_headings(outline: Outline) -> Iterator[tuple[int, str]]:
    """(line, heading), as they are written."""
    return ((span.line, span.info) for span in outline if span.shape is OutlineShape.HEADING)


def list_prose_lines(text: str, outline: Outline) -> Iterator[tuple[int, str, str]]:
    """(line, heading, text) of what is meant to be read: no commands, no examples of Markdown, no quoted templates."""
    from cockpit.runbooks.document.fences import language_of  # it brings the shell's grammar, which plans do without

    lines = text.split("\n")
    heading, is_template, number = "", False, 1
    for span in (*outline, OutlineSpan(OutlineShape.TEXT, len(lines) + 1, len(lines) + 1)):
        for between in range(number, span.line) if not is_template else ():
            yield between, heading, lines[between - 1]
        number = max(number, span.end)
        if span.shape is OutlineShape.HEADING:
            heading = span.info
            is_template = bool(TEMPLATES.search(heading))
            continue
        if is_template or span.shape is OutlineShape.QUOTE:
            continue
        first, end = span.line, min(span.end, len(lines) + 1)
        if span.shape in (OutlineShape.FENCE, OutlineShape.CODE):
            first, end = list_body_lines(lines, span)
            if span.info or language_of("", "\n".join(lines[first - 1 : end - 1])):
                continue
        yield from ((inside, heading, lines[inside - 1]) for inside in range(first, end))


def list_body_lines(lines: Sequence[str], span: OutlineSpan) -> tuple[int, int]:
    """The first line of what a fence holds, and the line behind it. A fence may be left open."""
    if span.shape is not OutlineShape.FENCE:
        return span.line, span.end
    mark = lines[span.line - 1].lstrip("> \t").lstrip("-*+0123456789.) \t")[:3]
    closing = lines[span.end - 2].strip() if span.end - 1 > span.line else ""
    is_closed = len(closing) >= len(mark) > 0 and not closing.strip(mark[0])
    return span.line + 1, span.end - 1 if is_closed else span.end


class Shape(Enum):
    """What a block of a chapter is."""

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


def list_chapters(text: str, outline: Outline) -> Iterator[Chapter]:
    """Every chapter of a text in order; the first has no title."""
    lines = text.split("\n")
    chapter = Chapter()
    parents: list[Chapter] = []
    blocks: list[OutlineBlock] = []
    for span in outline:
        if span.shape is not OutlineShape.HEADING:
            blocks.extend(_list_blocks(lines, span))
            continue
        yield replace(chapter, blocks=tuple(blocks))
        blocks = []
        parents = [parent for parent in parents if parent.level < span.level]
        top = next((parent.title for parent in parents if parent.level == 1), "")
        above = tuple(parent.title for parent in parents if parent.level > 1)
        chapter = Chapter(clean_markdown_line(span.info), span.level, span.line, top, above)
        parents.append(chapter)
    yield replace(chapter, blocks=tuple(blocks))


def _list_blocks(lines: Sequence[str], span: OutlineSpan) -> Iterator[OutlineBlock]:
    if span.shape is OutlineShape.TABLE:  # a sentence right below it is a row to the grammar, and none to a reader
        rows = sum("|" in line for line in lines[span.line - 1 : span.end - 1])
        tail = [line if "|" not in line else "" for line in lines[span.line - 1 + rows : span.end - 1]]
        yield from _split_paragraph(tail, OutlineSpan(OutlineShape.TEXT, span.line + rows, span.end))
        return
    if span.shape is OutlineShape.FENCE:
        first, end = list_body_lines(lines, span)
        yield OutlineBlock(Shape.FENCE, span.line, "\n".join(lines[first - 1 : end - 1]), info=span.info)
        return
    body = list(lines[span.line - 1 : span.end - 1])
    if span.shape is OutlineShape.QUOTE:
        while body and not body[-1].strip():
            body.pop()
        yield OutlineBlock(Shape.QUOTE, span.line, "\n".join(map(strip_quote_mark, body)))
        return
    yield from _split_paragraph(body, span)


def _split_paragraph(body: Sequence[str], span: OutlineSpan) -> Iterator[OutlineBlock]:
    """The lines of a paragraph joined; a label begins a block of its own, as does each row that is in no table."""
    block: OutlineBlock | None = None
    for number, line in enumerate(body, start=span.line):
        marker = MARKER.match(line) if number == span.line and span.level else None
        text = clean_markdown_line(line[marker.end() :] if marker else line)
        if block is not None and text and parse_label(line) is None and not line.lstrip().startswith("|"):
            block = replace(block, text=clean_line(f"{block.text} {text}"))
            continue
        if block is not None:
            yield block
        block = OutlineBlock(Shape.TEXT, number, text) if text and not line.lstrip().startswith("|") else None
        if number == span.line and span.level:
            ordered = span.shape is OutlineShape.NUMBERED
            has_box = bool(marker and marker["box"])
            block = OutlineBlock(Shape.ITEM, number, text, ordered, has_box, nested=span.level > 1)
    if block is not None:
        yield block


def clean_markdown_line(line: str) -> str:
    """One line as it is read, without its emphasis."""
    return clean_line(strip_markdown(line))


def strip_quote_mark(line: str) -> str:
    """One line of a quotation without its mark."""
    return clean_markdown_line(line.lstrip().removeprefix(">"))
