"""The rule that takes plain blocks first gives the tokens that markdown-it gives without it, but for paragraphs'."""

import random

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cockpit.runbooks.document.outline import PARAGRAPHS, make_parser

PLAIN = (
    MarkdownIt("commonmark", {"html": False})
    .enable("table")
    .disable(["inline", "reference", "html_block", "text_join"])
)
LINES = (
    *("text", "More text, with a dash - here", "**bold** x", "`code` x", "(x)", "[x](y)", '"q"', "é", "x\u00a0", "_x_"),
    *(
        "- item",
        "* item",
        "+ x",
        "1. one",
        "2) two",
        "10. ten",
        "- [ ] box",
        "- # h",
        "- ```",
        "- - x",
        "1. - y",
        "* * x",
    ),
    *(
        "---",
        "===",
        "- - -",
        "***",
        "-",
        "1.",
        "-\tx",
        "# h",
        "## h ##",
        "#nope",
        "```",
        "```bash",
        "~~~",
        "> q",
        "> 1. z",
    ),
    *(
        "",
        "",
        "",
        "| a | b |",
        "|---|---|",
        "--- | ---",
        ":--|--",
        "a | b",
        "\\x",
        "<b>",
        "    code",
        "\tcode",
        "+ + +",
    ),
)


def list_told(tokens: list[Token]) -> list[tuple[object, ...]]:
    """What is read of tokens: not those around the text of a paragraph."""
    return [
        (token.type, token.tag, token.nesting, token.level, token.map, token.markup, token.info, token.content)
        for token in tokens
        if token.type not in PARAGRAPHS
    ]


def make_text(chance: random.Random) -> str:
    lines = []
    for _ in range(chance.randint(1, 9)):
        indent = " " * chance.choice((0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 8))
        lines.append(f"{indent}{chance.choice(('', '', '', '', '> ', '- '))}{chance.choice(LINES)}")
    end_of_line = chance.choice(("\n", "\n", "\n", "\r\n"))
    return end_of_line.join(lines) + chance.choice(("", end_of_line))


@pytest.mark.parametrize("seed", range(4))
def test_a_text_of_any_lines_has_the_tokens_of_the_library(seed: int) -> None:
    chance = random.Random(seed)
    for text in (make_text(chance) for _ in range(600)):
        assert list_told(make_parser().parse(text)) == list_told(PLAIN.parse(text)), text


@pytest.mark.parametrize(
    "text",
    [
        "a\n---\n",  # an underlined heading
        "a | b\n--|--\n1 | 2\n",
        "```x\n---|---\n```\n",
        "- a\n- b\n\n  c\n- - -\n",
        "1. a\n   b\n2. c\nlazy\n",
        "> a\nlazy\n\n- x\n      deep\n",
    ],
)
def test_what_looks_like_text_and_is_not(text: str) -> None:
    assert list_told(make_parser().parse(text)) == list_told(PLAIN.parse(text))


def make_list(chance: random.Random) -> str:
    """A list that is flat but for one line, perhaps, and what follows it."""
    marker = chance.choice("-*+")
    items = [f"{marker} {chance.choice(('item', '**x** y', '[ ] box', '`code`'))}" for _ in range(chance.randint(1, 5))]
    items.insert(chance.randint(0, len(items)), chance.choice((items[0], f"{marker}  x", "  more", "", *LINES)))
    ending = [
        *[""] * chance.randint(0, 2),
        chance.choice((*LINES, "  moved in", "* other", "7. seven", marker, f"{marker} x")),
    ]
    return "\n".join([*chance.choice(([], ["# h"], ["text"], ["> q"])), *items, *ending])


@pytest.mark.parametrize("seed", range(3))
def test_a_list_that_is_nearly_flat_has_the_tokens_of_the_library(seed: int) -> None:
    chance = random.Random(seed)
    for text in (make_list(chance) for _ in range(800)):
        assert list_told(make_parser().parse(text)) == list_told(PLAIN.parse(text)), text
