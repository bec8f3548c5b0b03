"""What a command prints: bounded, whole lines, and nothing in it that is more than text."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from widgets.output import KEPT, OutputTail, OutputView, wrap_line


def test_a_line_may_come_in_pieces() -> None:
    tail = OutputTail()
    for piece in ("hel", "lo\nwor", "", "ld", "\n"):
        tail.add(piece)
    assert tail.lines == ["hello", "world"]
    assert tail.total == 2


def test_only_the_newest_lines_are_kept_and_the_others_counted() -> None:
    tail = OutputTail(kept=3)
    tail.add("".join(f"{number}\n" for number in range(10)))
    assert (tail.lines, tail.total, tail.dropped) == (["7", "8", "9"], 10, 7)


def test_a_line_without_an_end_does_not_grow_for_ever() -> None:
    tail = OutputTail()
    for _ in range(50):
        tail.add("x" * 1_000)
    assert len(tail.lines[0]) <= 3_000


def test_ten_megabytes_leave_only_what_is_kept() -> None:
    tail = OutputTail()
    for _ in range(160):
        tail.add("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n" * 1_024)
    assert (tail.total, len(tail)) == (163_840, KEPT)


@given(st.lists(st.text(st.just("\n") | st.characters(exclude_categories=["C"])), max_size=20))
def test_pieces_come_to_the_same_as_the_whole(pieces: list[str]) -> None:
    whole, parts = OutputTail("".join(pieces)), OutputTail()
    for piece in pieces:
        parts.add(piece)
    assert [each.rstrip() for each in parts.lines] == [each.rstrip() for each in whole.lines]
    assert parts.total == whole.total


@given(st.text(alphabet=st.characters(max_codepoint=0x2100)))
def test_no_control_character_reaches_the_terminal(text: str) -> None:
    assert all(
        each.isprintable() or each == " " for line in OutputTail(text).lines for each in line if ord(each) < 0xA0
    )


# On the screen


class Reader(App[None]):
    """One view over the whole screen."""

    def __init__(self, view: OutputView) -> None:
        super().__init__()
        self.view = view

    def compose(self) -> ComposeResult:
        yield self.view

    def rows(self) -> list[str]:
        height = self.view.scrollable_content_region.height
        return ["".join(segment.text for segment in self.view.render_line(y)).rstrip() for y in range(height)]


LONG = "1. **What users felt:** " + "word " * 30 + "end"


@given(st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" ")), st.integers(20, 120))
def test_wrapped_rows_fit_and_lose_no_word(text: str, width: int) -> None:
    rows = wrap_line(text, width)
    assert all(cell_len(row) <= width for row in rows)
    assert "".join("".join(rows).split()) == "".join("".join(wrap_line(text, 100_000)).split())


def test_further_rows_stand_behind_the_mark_of_a_list() -> None:
    first, *rest = wrap_line(LONG, 40)
    assert first.startswith("1. **What")
    assert all(row.startswith("   ") for row in rest)


async def test_a_view_that_wraps_shows_every_word_of_a_long_line() -> None:
    view = OutputView(wraps=True, follow=False)
    app = Reader(view)
    async with app.run_test(size=(40, 12)) as pilot:
        view.show(OutputTail(LONG), follow=False)
        await pilot.pause()
        assert " ".join(app.rows()).split() == LONG.split()


async def test_a_line_that_is_cut_says_so_at_the_side_at_which_it_goes_on() -> None:
    view = OutputView(follow=False)
    app = Reader(view)
    async with app.run_test(size=(40, 6)) as pilot:
        view.show(OutputTail(f"{LONG}\nshort"), follow=False)
        await pilot.pause()
        assert app.rows()[0].endswith("…")
        assert app.rows()[1] == "short"
        view.action_across(1)
        await pilot.pause()
        assert app.rows()[0].startswith("…")
        assert app.rows()[0].endswith("…")


async def test_whoever_reads_stays_at_the_line_when_the_text_is_renewed() -> None:
    lines = [f"line {number} {'word ' * (number % 20)}" for number in range(200)]
    view = OutputView(wraps=True, follow=False)
    app = Reader(view)
    async with app.run_test(size=(40, 12)) as pilot:
        view.show(OutputTail("\n".join(lines)), follow=False)
        view.action_to_line(120)
        await pilot.pause()
        read = app.rows()[0]
        view.renew(OutputTail("\n".join(["something new", *lines[:50], "and this", *lines[50:]])))
        await pilot.pause()
        assert app.rows()[0] == read
