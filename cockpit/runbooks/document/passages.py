"""What a passage of Markdown says by itself: its text as shown, the output it announces, the items of its list."""

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from cockpit.model.text import clean_line, clean_lines
from cockpit.runbooks.document.labels import (
    parse_label,
    strip_markdown,
)
from cockpit.runbooks.document.prompts import PROMPT
from cockpit.runbooks.document.steps import (
    CODE,
)
from cockpit.runbooks.document.typed_lines import begins_with_program

if TYPE_CHECKING:
    from markdown_it.token import Token

SENTENCE = re.compile(r"(?<=[.!?])\s+")
BEGINS_A_WARNING = re.compile(r"\W{0,4}(⚠|WARNING\b|\*\*WARNING)")
OUTPUT_SHOWN = re.compile(
    r"(?i)^(?:(?:example|sample|expected|typical|possible)\s+(?:of\s+)?(?:the\s+)?(?:output|result|response)s?|output)\b[^.]{0,40}:?$"
)
# In the middle of a sentence, too: "the output resembles the following", "you will see the following message:".
OUTPUT_TOLD = re.compile(
    r"""(?ix) \b(?:output|result|response)s?\s+(?:(?:should|will|would|may|must)\s+)?(?:resembles?|looks?|be|is|are)\s+
      (?:similar\s+to\s+|something\s+like\s+|like\s+|as\s+)?(?:the\s+following|this|below|follows)\b
    | \b(?:see|get|returns?|prints?|shows?|produces?|gives?)\s+
      (?:the\s+following\s+(?:output|result|message|response|text|lines?)
      |(?:something|(?:an\s+)?output|an?\s+(?:[\w-]+\s+)?(?:message|response|error))\s+(?:like|similar\s+to)\b)
    | \b(?:see|get|receive|encounter|hit)\b[^.:]{0,60}
      \b(?:like\s+(?:this|these|so|the\s+following)|similar\s+to\s+(?:this|the))\b"""
)
# Without one of these, in small letters, neither of the two finds anything.
WORDS_OF_OUTPUT = ("output", "result", "response", "following", "something", "message", "like ", "similar ")
OPENS_A_LINE = ("paragraph_open", "heading_open")
ENDS_IN_A_COLON = re.compile(r"[:)][\s*_`]*\Z")  # or in a link, whose text may


def show_plainly(tokens: "list[Token]") -> dict[str, str]:
    """Headings and what stands in lists, as they are shown. They are cleaned together, which takes half as long."""
    contents = (
        dict.fromkeys(
            token.content
            for before, token in zip([tokens[0], *tokens], tokens, strict=False)
            if token.type == "inline" and (token.level > 1 or before.type == "heading_open")
        )
        if tokens
        else {}
    )
    return dict(zip(contents, clean_lines([strip_markdown(content) for content in contents]), strict=True))


def announces_output(markdown: str, content: str) -> bool:
    """True for words above a block that say what was printed, where the block does not begin with a command."""
    small = markdown.lower()
    if not any(word in small for word in WORDS_OF_OUTPUT):
        return False
    text = clean_line(strip_markdown(markdown))
    return OUTPUT_SHOWN.search(text) is not None or (not is_typed(content) and OUTPUT_TOLD.search(text) is not None)


def is_typed(content: str) -> bool:
    """True for a block that begins with what somebody types: a known program, a prompt, a comment."""
    first = next((line for line in content.splitlines() if line.strip()), "")
    return begins_with_program(first) or PROMPT.match(first) is not None or first.startswith("#")


def line_of(token: "Token") -> int:
    """The first line of a block, from 1."""
    return token.map[0] + 1 if token.map else 1


def keep_code(markdown: str) -> str:
    """A sentence without its emphasis and links, but with the marks of its code: what is in them is meant to the
    letter. What is nothing but code needs none.
    """
    if CODE.fullmatch(markdown.strip()):
        return strip_markdown(markdown)
    ends = [0, *(place for match in CODE.finditer(markdown) for place in match.span()), len(markdown)]
    parts = [markdown[start:end] for start, end in pairwise(ends)]  # text and code in turn
    return "".join(part if index % 2 else strip_inside(part) for index, part in enumerate(parts))


def strip_inside(markdown: str) -> str:
    """`strip_markdown` of a part of a sentence: the blanks at its ends stay."""
    text = strip_markdown(markdown)
    begin, end = markdown[:1].isspace(), markdown[-1:].isspace()
    return f"{' ' * begin}{text}{' ' * end}" if text else " " * begin


def split_statements(markdown: str) -> list[str]:
    """The lines of a paragraph with what was only wrapped joined again; a label or a warning begins a new one."""
    name_lists: list[list[str]] = []
    for line in markdown.splitlines():
        if name_lists and not parse_label(line) and not BEGINS_A_WARNING.match(line):
            name_lists[-1].append(line.strip())
        else:
            name_lists.append([line])
    return [" ".join(lines) for lines in name_lists]


def named_by(row: list[str], position: int) -> str:
    """The cell that names the command in cell `position`: the first, unless that is the command itself."""
    return (
        next((cell for index, cell in enumerate(row) if cell and index != position), row[0])
        if position == 0
        else row[0]
    )


def read_announcement(markdown: str) -> str:
    """The last sentence of a paragraph that ends in a colon: what the block below it is for."""
    if ":" not in markdown or ENDS_IN_A_COLON.search(markdown) is None:
        return ""
    flat = clean_line(strip_markdown(markdown))
    if not flat.endswith(":"):
        return ""
    sentence = SENTENCE.split(flat)[-1].rstrip(" :")
    return sentence if len(sentence.split()) >= 3 else ""


def list_numbered_items(tokens: "list[Token]") -> list[str]:
    """The first lines of the items of a numbered list, without those of lists in them."""
    if tokens[0].type != "ordered_list_open":
        return []
    level = tokens[0].level
    items = [index for index, token in enumerate(tokens) if token.type == "list_item_open" and token.level == level + 1]
    firsts = (tokens[index + 2 if tokens[index + 1].type in OPENS_A_LINE else index + 1] for index in items)
    return [token.content for token in firsts if token.type == "inline"]


def find_closing_token(tokens: "list[Token]", position: int) -> int:
    """The index after the token that closes the one at `position`."""
    depth = 0
    for index in range(position, len(tokens)):
        depth += tokens[index].nesting
        if depth == 0:
            return index + 1
    return len(tokens)
