"""Lines are made of pieces that fit: whatever the text, the width is the width, and no control character survives."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from cockpit.model.text import HOSTILE
from widgets.cell import (
    Cell,
    Column,
    Row,
    compute_widths,
    cut_text,
    find_changed_cells,
    fit_columns,
    fit_text,
    join_pieces,
    lend_room,
    render_line,
    sanitize_line,
)

NOW = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
TEXT = st.text(max_size=60)
FAMILY = "👩\u200d👩\u200d👧\ufe0f family"


@given(TEXT, st.integers(0, 40), st.booleans(), st.booleans())
@example(FAMILY, 5, False, True)
@example("漢字漢字漢字", 6, False, True)
@example("e\u0301" * 20, 7, True, True)
def test_a_fitted_text_takes_exactly_its_cells(text: str, width: int, right: bool, middle: bool) -> None:
    assert cell_len(fit_text(text, width, right=right, middle=middle)) == width


@given(TEXT)
def test_nothing_hostile_passes_the_second_door(text: str) -> None:
    shown = sanitize_line(f"\x1b]52;c;AAAA\x07{text}\u202e\x9b\n")

    assert not HOSTILE.search(shown)
    assert not set(shown) & set("\n\r\t\u200d\ufe0f")


def test_a_name_is_cut_in_its_middle_and_prose_at_its_end() -> None:
    assert cut_text("mi-prod--rollback-x9k2", 12) == "mi-pro…-x9k2"
    assert cut_text("the server restarted", 12, middle=False) == "the server …"


def test_an_emoji_of_several_parts_is_drawn_as_parts_so_that_all_terminals_agree() -> None:
    assert fit_text("👩\u200d🚒!", 6) == "👩🚒! "


@given(st.lists(st.tuples(TEXT, st.sampled_from(["", "bad"])), max_size=6), st.integers(0, 80))
def test_free_running_pieces_fill_the_line_and_no_more(pieces: list[tuple[str, str]], width: int) -> None:
    assert sum(cell_len(text) for text, _ in join_pieces(pieces, width)) == width


def test_what_is_left_goes_to_the_one_flexible_column() -> None:
    assert compute_widths([Column(1), Column(0), Column(4)], 20) == [1, 13, 4]


def test_a_column_of_wide_tables_is_hidden_in_a_narrow_one() -> None:
    columns = [Column(1), Column(0), Column(6, from_width=30)]

    assert compute_widths(columns, 20) == [1, 18, 0]
    assert compute_widths(columns, 40) == [1, 31, 6]


def test_a_cell_may_cover_the_columns_to_its_right() -> None:
    columns = [Column(1), Column(5), Column(6, right=True), Column(3, right=True)]
    row = Row("a", (Cell("✖", "bad"), Cell("says why", span=2), Cell(since=NOW - timedelta(seconds=38))))

    assert render_line(row, columns, compute_widths(columns, 18), NOW) == (
        ("✖", "bad"), (" ", ""), ("says why    ", ""), (" ", ""), ("38s", ""),
    )  # fmt: skip


def test_a_row_is_found_by_all_its_words_in_any_case() -> None:
    row = Row("a", (Cell("Ready"), Cell("[STATUS] (503) == 200")))

    assert row.matches("503 ready")
    assert not row.matches("ready 404")


def test_only_the_cells_that_differ_are_named() -> None:
    assert find_changed_cells((("ready   38s", ""),), (("ready   39s", ""),)) == (9, 10)
    assert find_changed_cells((("ready", ""),), (("ready", ""),)) is None
    assert find_changed_cells((("ready", ""),), (("ready", "bad"),)) == (0, 5)


def test_a_wide_character_is_never_cut_in_two() -> None:
    assert find_changed_cells((("a漢b", ""),), (("a字b", ""),)) == (1, 3)


@given(TEXT, TEXT)
def test_the_range_named_covers_every_difference(one: str, other: str) -> None:
    old, new = join_pieces([(one, "")], 30), join_pieces([(other, "")], 30)
    span = find_changed_cells(old, new)

    assert (span is None) == ("".join(text for text, _ in old) == "".join(text for text, _ in new))


@given(
    cells=st.lists(st.tuples(st.booleans(), st.integers(0, 30), st.integers(1, 20)), min_size=1, max_size=6),
)
def test_room_is_lent_within_the_row_and_nothing_is_cut_for_it(cells: list[tuple[bool, int, int]]) -> None:
    lengths, widths = [length for _, length, _ in cells], [width for _, _, width in cells]
    lent = lend_room([right for right, _, _ in cells], lengths, widths)

    assert sum(lent) == sum(widths)
    assert all(now >= min(length, before) for now, length, before in zip(lent, lengths, widths, strict=True))


def test_a_title_takes_the_blanks_before_what_stands_at_the_right() -> None:
    columns = (Column(1), Column(8, prose=True), Column(8, right=True))
    row = Row("a", (Cell("○"), Cell("roll back"), Cell("9:49")))
    numbers = compute_widths(columns, 19)

    assert "".join(text for text, _ in render_line(row, columns, numbers, NOW)) == "○ roll back    9:49"


@pytest.mark.parametrize(
    ("names", "widths"),
    [(["Down"], [14, 25]), (["Down", "KubePodCrashLooping"], [19, 20]), (["x" * 80], [29, 10]), ([], [14, 25])],
)
def test_what_names_do_not_need_goes_to_prose(names: list[str], widths: list[int]) -> None:
    columns = (Column(0, fitted=True), Column(10, prose=True, from_width=30))
    rows = [Row(name, (Cell(name), Cell("why"))) for name in names]
    assert compute_widths(fit_columns(columns, rows), 40) == widths
    assert compute_widths(fit_columns(columns, rows), 20) == [20, 0]  # without prose there is nobody to give it to
