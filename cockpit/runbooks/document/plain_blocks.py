"""A rule for markdown-it that takes what most lines of a document are, before ten others are asked about each.

It decides nothing of its own: by its first letters a line can only be one thing, and for that it calls the library's
own rule, or makes the tokens that the rule for paragraphs makes. Whatever else a line may be, it leaves to the others.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

# How a line begins that is text: it opens no other block, underlines no heading, and divides no table.
TEXT = re.compile(r"[^\W\d_]|\*\*\w|`(?!``)|[\[(\"']")
ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])[ \t]")
ITEM_WITH_TEXT = re.compile(r"[-*+][ \t]+[^\s*_+-]")  # and no rule across the page: `- - -`
DIVIDES_A_TABLE = ("|", "-", ":")  # how the line below the head of a table begins
A_CODE_BLOCK = 4  # columns that it is moved in at least


def add_plain_blocks(parser: "MarkdownIt") -> "MarkdownIt":
    """The parser, which asks for plain blocks first."""
    from markdown_it.rules_block import fence, heading, list_block

    def take_plain_block(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
        source = state.src
        place = state.bMarks[start] + state.tShift[start]
        if start + 1 < end:
            below = state.bMarks[start + 1] + state.tShift[start + 1]
            if source.startswith(DIVIDES_A_TABLE, below) and not _is_next_item(state, start + 1):
                return False
        letter = source[place]
        if letter == "#":
            return heading(state, start, end, silent)
        if letter == "`" and source.startswith("```", place):
            return fence(state, start, end, silent)
        if letter in "-*+" and ITEM_WITH_TEXT.match(source, place):
            return list_block(state, start, end, silent)
        return TEXT.match(source, place) is not None and _take_paragraph(state, start)

    parser.block.ruler.before("table", "plain_block", take_plain_block)
    return parser


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
    from markdown_it.common.utils import mdTrim

    state.push("paragraph_open", "p", 1).map = [start, line]
    inline = state.push("inline", "", 0)
    inline.content = mdTrim(state.getLines(start, line, state.blkIndent, False))
    inline.map = [start, line]
    inline.children = []
    state.push("paragraph_close", "p", -1)
    state.line = line
    state.parentType = "paragraph"  # as the rule for underlined headings leaves it, which is asked of each paragraph
    return True
