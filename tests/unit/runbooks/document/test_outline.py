"""One outline says what stands on which line, and everybody who reads a document reads it from there."""

from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.runbook import OutlineShape
from cockpit.runbooks.document.outline import Shape, list_chapters, list_headings, list_prose_lines, read_outline
from cockpit.runbooks.document.read import read_runbook

TEXT = dedent("""
    # Night

    Call **Ana**.
    She knows.
    Owner: the team

    ## Steps ##

    1. [ ] Look
       - at the queue
    2. Wait

    ```bash
    # no heading
    ```

    > Dear client,
    > ## no heading either

    | a | b |
    |---|---|
    | 1 | 2 |
    That was it.

    Underlined
    ----------

    ~~~
    left open
    # still no heading
    """).strip("\n")
OUTLINE = read_outline(TEXT)


def test_a_heading_is_what_the_grammar_takes_for_one() -> None:
    assert list(list_headings(OUTLINE)) == [(1, "Night"), (7, "Steps"), (25, "Underlined")]


def test_blocks_stand_below_their_headings() -> None:
    blocks = {
        chapter.path: [(block.shape, block.line, block.text) for block in chapter.blocks]
        for chapter in list_chapters(TEXT, OUTLINE)
    }
    assert blocks == {
        "": [],
        "Night": [(Shape.TEXT, 3, "Call Ana. She knows. Owner: the team")],
        "Steps": [
            (Shape.ITEM, 9, "Look"),
            (Shape.ITEM, 10, "at the queue"),
            (Shape.ITEM, 11, "Wait"),
            (Shape.FENCE, 13, "# no heading"),
            (Shape.QUOTE, 17, "Dear client,\n## no heading either"),
            (Shape.TEXT, 23, "That was it."),
        ],
        "Underlined": [(Shape.FENCE, 28, "left open\n# still no heading")],
    }


def test_an_item_says_whether_it_is_numbered_nested_or_to_be_ticked() -> None:
    items = [block for chapter in list_chapters(TEXT, OUTLINE) for block in chapter.blocks if block.shape is Shape.ITEM]
    assert [(item.ordered, item.nested, item.box) for item in items] == [
        (True, False, True),
        (False, True, False),
        (True, False, False),
    ]


def test_prose_leaves_out_commands_and_quotations() -> None:
    lines = [line for line, _, text in list_prose_lines(TEXT, OUTLINE) if text]
    assert lines == [3, 4, 5, 9, 10, 11, 20, 21, 22, 23, 29, 30]


def test_a_document_keeps_the_outline_of_its_own_text() -> None:
    assert read_runbook("night.md", TEXT.encode()).outline == OUTLINE


PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "# a",
                "## b ##",
                "text",
                "  - item",
                "1. one",
                "",
                "",
                "```",
                "```sh",
                "~~~",
                "> quote",
                "    code",
                "---",
            ),
            *("| a | b |", "|---|---|", "| 1 | 2 |", "<!-- c", "-->", "!!! note", "::: tip", ":::", "- [ ] box", "==="),
        ]
    ),
    max_size=25,
)


@given(PIECES)
def test_every_line_belongs_to_one_block_at_most(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    outline = read_outline(text)
    ends = [0, *(span.end for span in outline)]
    assert all(end <= span.line < span.end for end, span in zip(ends, outline, strict=False))
    assert ends[-1] <= len(pieces) + 1


@given(PIECES)
def test_prose_stands_once_in_order_and_as_written(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    lines = list(list_prose_lines(text, read_outline(text)))
    numbers = [number for number, _, _ in lines]
    assert numbers == sorted(set(numbers))
    assert all(pieces[number - 1] == line for number, _, line in lines if pieces)


@given(PIECES)
def test_a_text_with_any_marks_has_chapters(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    outline = read_outline(text)
    chapters = list(list_chapters(text, outline))
    assert len(chapters) == 1 + sum(span.shape is OutlineShape.HEADING for span in outline)
