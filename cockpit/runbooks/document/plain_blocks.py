"""A rule for markdown-it that takes what most lines of a document are, before ten others are asked about each.

It decides nothing of its own: by its first letters a line can only be one thing, and for that it calls the library's
own rule, or makes the tokens that the rules for paragraphs and lists make. Whatever else a line may be, it leaves to
the others. Of a paragraph it makes the one token that holds its text: nobody asks for the two around it.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore

# How a line begins that is text: it opens no other block, underlines no heading, and divides no table.
TEXT = re.compile(r"[^\W\d_]|\*\*\w|`(?!``)|[\[(\"']")
ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])[ \t]")
ITEM_WITH_TEXT = re.compile(r"[-*+][ \t]+[^\s*_+-]")  # and no rule across the page: `- - -`
FLAT_ITEM = re.compile(rf"[-*+] (?={TEXT.pattern})")
DIVIDES_A_TABLE = ("|", "-", ":")  # how the line below the head of a table begins
A_CODE_BLOCK = 4  # columns that it is moved in at least


def add_plain_blocks(parser: "MarkdownIt") -> "MarkdownIt":
    """The parser, which asks for plain blocks first."""
    from markdown_it.rules_block import fence, heading, list_block

    def take_plain_block(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
        source = state.src
        place = state.bMarks[start] + state.tShift[start]
        letter = source[place]
        if letter in "-*+" and _take_flat_list(state, start, end):
            return True
        if start + 1 < end:
            below = state.bMarks[start + 1] + state.tShift[start + 1]
            if source.startswith(DIVIDES_A_TABLE, below) and not _is_next_item(state, start + 1):
                return False
        if letter == "#":
            return heading(state, start, end, silent)
        if letter == "`" and source.startswith("```", place):
            return fence(state, start, end, silent)
        if letter in "-*+" and ITEM_WITH_TEXT.match(source, place):
            return list_block(state, start, end, silent)
        return TEXT.match(source, place) is not None and _take_paragraph(state, start)

    parser.block.ruler.before("table", "plain_block", take_plain_block)
    parser.core.ruler.at("normalize", _normalize_line_ends)
    return parser


def _normalize_line_ends(state: "StateCore") -> None:
    """The library's own rule, for a text that has other ends of lines: it replaces each of them, also by the same."""
    from markdown_it.rules_core import normalize

    if "\r" in state.src or "\0" in state.src:
        normalize(state)


def _is_next_item(state: "StateBlock", line: int) -> bool:
    """True for an item of the list around this one: what stands before it ends there."""
    indent = state.sCount[line]
    outside = 0 <= indent < state.blkIndent and indent - state.listIndent < A_CODE_BLOCK
    return outside and ITEM.match(state.src, state.bMarks[line] + state.tShift[line]) is not None


def _take_paragraph(state: "StateBlock", start: int) -> bool:
    """Take a paragraph of which each line can be nothing but text; False where one may be something else."""
    if state.sCount[start] - state.blkIndent >= A_CODE_BLOCK:
        return False
    line = start + 1
    while line < state.lineMax:
        place = state.bMarks[line] + state.tShift[line]
        if place >= state.eMarks[line] or _is_next_item(state, line):
            break
        goes_on = state.sCount[line] < 0 or state.sCount[line] - state.blkIndent >= A_CODE_BLOCK
        if not goes_on and TEXT.match(state.src, place) is None:
            return False
        line += 1
    _push_text(state, state.getLines(start, line, state.blkIndent, False), start, line)
    state.line = line
    state.parentType = "paragraph"  # as the rule for underlined headings leaves it, which is asked of each paragraph
    return True


def _push_text(state: "StateBlock", text: str, start: int, end: int) -> None:
    from markdown_it.common.utils import mdTrim

    inline = state.push("inline", "", 0)
    inline.level += 1  # as if its paragraph stood around it
    inline.content = mdTrim(text)
    inline.map = [start, end]


def _take_flat_list(state: "StateBlock", start: int, end: int) -> bool:
    """Take a list of which each item is one line of text, with nothing in it; False where it may be something else."""
    if state.level or state.sCount[start]:
        return False  # in another block, or moved in
    source = state.src
    marker = source[state.bMarks[start]]
    line = start
    while line < end and state.bMarks[line] + state.tShift[line] < state.eMarks[line]:
        place = state.bMarks[line]
        if source[place] != marker or FLAT_ITEM.match(source, place) is None:
            return False
        line += 1
    behind = state.skipEmptyLines(line)
    if behind < end and (state.sCount[behind] or source.startswith(marker, state.bMarks[behind])):
        return False  # it may go on
    opening = state.push("bullet_list_open", "ul", 1)
    opening.map, opening.markup = [start, behind], marker
    for number in range(start, line):
        item = state.push("list_item_open", "li", 1)
        following = number + 1 if number + 1 < line else behind
        item.map, item.markup = [number, following], marker
        _push_text(state, source[state.bMarks[number] + 2 : state.eMarks[number]], number, number + 1)
        state.push("list_item_close", "li", -1).markup = marker
    state.push("bullet_list_close", "ul", -1).markup = marker
    state.line = behind
    return True
