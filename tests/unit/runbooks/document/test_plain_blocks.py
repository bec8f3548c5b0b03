"""The rule that takes plain blocks first gives the tokens that markdown-it gives without it."""

import random

import pytest
from markdown_it import MarkdownIt

from cockpit.runbooks.document.outline import make_parser

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


def make_text(chance: random.Random) -> str:
    lines = []
    for _ in range(chance.randint(1, 9)):
        indent = " " * chance.choice((0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 8))
        lines.append(f"{indent}{chance.choice(('', '', '', '', '> ', '- '))}{chance.choice(LINES)}")
    return "\n".join(lines) + chance.choice(("", "\n"))


@pytest.mark.parametrize("seed", range(4))
def test_a_text_of_any_lines_has_the_tokens_of_the_library(seed: int) -> None:
    chance = random.Random(seed)
    for text in (make_text(chance) for _ in range(600)):
        assert make_parser().parse(text) == PLAIN.parse(text), text


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
    assert make_parser().parse(text) == PLAIN.parse(text)
