"""Rows of words, and the time a document allows."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from screens.run.rows import render_budget
from widgets.cell import wrap_pieces


def flat(rows: list[list[tuple[str, str]]]) -> list[str]:
    return ["".join(text for text, _ in row) for row in rows]


def test_words_stay_whole_and_further_rows_are_indented() -> None:
    assert flat(wrap_pieces([("az revision activate", ""), (" --revision v1", "warn")], 20, indent=4)) == [
        "az revision activate",
        "    --revision v1",
    ]


def test_line_breaks_of_a_command_are_kept() -> None:
    assert flat(wrap_pieces([("az x \\\n  --name y", "")], 40)) == ["az x \\", "  --name y"]


def test_a_tone_goes_along() -> None:
    assert wrap_pieces([("asks ", ""), ("PREVIOUS", "warn")], 40) == [[("asks ", ""), ("PREVIOUS", "warn")]]


def test_what_does_not_fit_ends_with_an_ellipsis() -> None:
    assert flat(wrap_pieces([("one two three four five six", "")], 9, most=2)) == ["one two", "three …"]


@given(st.text(), st.integers(8, 60), st.integers(0, 4))
def test_no_row_is_wider_than_it_may_be(text: str, width: int, most: int) -> None:
    rows = wrap_pieces([(text, "")], width, most=most, indent=4)
    assert all(cell_len(row) <= width for row in flat(rows))
    assert not most or len(rows) <= most


def test_the_clock_warns_before_it_is_over() -> None:
    assert [render_budget(spent, 300)[-1][1] for spent in (60, 250, 400)] == ["good", "warn", "bad"]
    assert "1:40 over" in render_budget(400, 300)[-1][0]
    assert render_budget(72, None) == [("1:12", "muted")]


def test_a_clock_that_was_set_back_has_spent_nothing() -> None:
    assert "".join(text for text, _ in render_budget(-86_400, 300)) == "budget 5:00 ▁▁▁▁▁▁▁▁ 0:00"
