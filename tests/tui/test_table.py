"""The one table: the cursor stays with its row, and the terminal shows the truth for the fewest bytes."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

import themes
from tests.examples import scale_examples
from tests.tui.stage import NOW
from tests.tui.terminal import Terminal
from widgets.cell import Cell, Column, Row, compute_widths, cut_text, render_line, wrap_pieces
from widgets.table import NOTHING_FOUND, KeyedTable

NO_ROWS = NOTHING_FOUND[0][0][0]  # what the table says when a filter finds nothing
COLUMNS = (Column(4), Column(0, prose=True), Column(4, right=True))
WIDTH, HEIGHT = 30, 6
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # an app for each step of it takes minutes
MakeTerminal = Callable[[int, int], Terminal]


class TableApp(App[None]):
    CSS = themes.css() + "KeyedTable { height: 1fr; }"

    def __init__(self, *, follow: bool = False) -> None:
        super().__init__()
        self.table = KeyedTable(COLUMNS, follow=follow)
        self.chosen: list[str] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.DARK.variables

    def compose(self) -> ComposeResult:
        yield self.table

    def on_keyed_table_selected(self, message: KeyedTable.Selected) -> None:
        self.chosen.append(message.row)


def row(id: str, text: str = "text", age: float = 10) -> Row:
    return Row(id, (Cell(id), Cell(text), Cell(since=NOW - timedelta(seconds=age))))


def rows(ids: Sequence[str]) -> list[Row]:
    return [row(id) for id in ids]


async def test_the_cursor_stays_on_its_row_wherever_that_row_goes() -> None:
    app = TableApp()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.table.show(rows("abc"), NOW)
        await pilot.press("down")
        app.table.show(rows("xyzcba"), NOW)
        await pilot.press("enter")

    assert app.chosen == ["b"]


async def test_a_cursor_that_nobody_moved_stays_on_the_first_row() -> None:
    app = TableApp()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.table.show(rows("bc"), NOW)
        app.table.show(rows("abc"), NOW)
        await pilot.press("enter")

    assert app.chosen == ["a"]


@pytest.mark.parametrize(("left", "expected"), [("acd", "c"), ("a", "a"), ("xy", "x"), ("", None)])
async def test_when_its_row_vanishes_the_cursor_goes_to_the_nearest_neighbour(left: str, expected: str | None) -> None:
    app = TableApp()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.table.show(rows("abcd"), NOW)
        await pilot.press("down")
        app.table.show(rows(left), NOW)

    assert app.table.cursor == expected


async def test_rows_above_that_come_and_go_do_not_move_what_is_read() -> None:
    app = TableApp()
    names = [f"{number:02}" for number in range(40)]
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.table.show(rows(names), NOW)
        app.table.move_to(20)
        await pilot.pause()
        before = app.table.cursor_index - app.table.scroll_offset.y
        app.table.show(rows(["new", "newer", *names]), NOW)
        await pilot.pause()

        assert app.table.cursor == "20"
        assert app.table.cursor_index - app.table.scroll_offset.y == before


async def test_a_table_that_follows_shows_the_newest_until_the_cursor_leaves_the_end() -> None:
    app = TableApp(follow=True)
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.table.show(rows("abcdefgh"), NOW)
        app.table.show(rows("abcdefghi"), NOW)
        assert app.table.cursor == "i"

        await pilot.press("up")
        app.table.show(rows("abcdefghij"), NOW)
        assert app.table.cursor == "h"


async def test_the_filter_narrows_and_gives_back() -> None:
    app = TableApp()
    async with app.run_test(size=(WIDTH, HEIGHT)):
        app.table.show([row("a", "Ready"), row("b", "live"), row("c", "ready too")], NOW)
        app.table.narrow("READY")
        assert [each.id for each in app.table.rows] == ["a", "c"]
        assert app.table.total == 3

        app.table.narrow("")
        assert [each.id for each in app.table.rows] == ["a", "b", "c"]


async def test_a_click_points_and_a_double_click_opens() -> None:
    app = TableApp()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.table.show(rows("abc"), NOW)
        await pilot.pause()
        await pilot.click(KeyedTable, offset=(3, 2))
        assert (app.table.cursor, app.chosen) == ("c", [])

        await pilot.click(KeyedTable, offset=(3, 2), times=2)
        assert app.chosen == ["c"]


async def test_an_empty_table_explains_itself(terminal: MakeTerminal) -> None:
    seen = terminal(WIDTH, HEIGHT)
    async with TableApp().run_test(size=(WIDTH, HEIGHT)) as pilot:
        table = pilot.app.query_one(KeyedTable)
        table.explain([("No alerts.", "good")], [("Watching prom-1.", "muted")])
        await pilot.pause()

        assert seen.lines[:2] == ["No alerts.", "Watching prom-1."]


async def test_a_filter_that_finds_nothing_does_not_claim_that_there_is_nothing(terminal: MakeTerminal) -> None:
    seen = terminal(60, HEIGHT)
    async with TableApp().run_test(size=(60, HEIGHT)) as pilot:
        table = pilot.app.query_one(KeyedTable)
        table.explain([("No alerts.", "good")])
        table.show(rows("abc"), NOW)
        table.narrow("nonsense")
        await pilot.pause()

        assert seen.lines[0] == NO_ROWS


async def test_the_same_rows_again_cost_nothing(terminal: MakeTerminal) -> None:
    seen = terminal(WIDTH, HEIGHT)
    app = TableApp()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.table.show(rows("abcdef"), NOW)
        await pilot.pause()
        seen.forget()
        app.table.show(rows("abcdef"), NOW)
        app.table.tick(NOW + timedelta(milliseconds=10))
        await pilot.pause()

        assert seen.cost == 0


async def test_a_second_that_passes_costs_the_ages_that_changed(terminal: MakeTerminal) -> None:
    seen = terminal(WIDTH, HEIGHT)
    app = TableApp()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.table.show([row("a", age=10), row("b", age=4_000), row("c", age=90_000)], NOW)
        await pilot.pause()
        seen.forget()
        app.table.tick(NOW + timedelta(seconds=1))
        await pilot.pause()

        assert seen.lines[0].endswith("11s")
        assert 0 < seen.cost < 300  # one line of three; Textual sends it from its start to the last changed cell


async def test_what_is_stale_is_dimmed_and_keeps_its_words(terminal: MakeTerminal) -> None:
    seen = terminal(WIDTH, HEIGHT)
    app = TableApp()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.table.show([Row("a", (Cell("✖", "bad"), Cell("ready is down", "bad"), Cell()))], NOW)
        await pilot.pause()
        fresh = seen.sent
        seen.forget()
        app.table.stale = True
        await pilot.pause()

        assert "ready is down" in seen.lines[0]
        assert seen.sent not in fresh


ID = st.sampled_from([f"r{number}" for number in range(14)])
SHOWN = st.tuples(
    st.lists(ID, unique=True, max_size=14), st.lists(st.text("abc漢👩é ", max_size=12), min_size=14, max_size=14)
)


@dataclass(frozen=True)
class Show:
    ids: list[str]
    texts: list[str] = field(repr=False)


STEP = st.one_of(
    SHOWN.map(lambda each: Show(*each)), st.integers(-3, 3), st.sampled_from(["abc", "r1", ""]), st.floats(0.5, 90)
)


@given(steps=st.lists(STEP, min_size=1, max_size=8))
@settings(
    max_examples=scale_examples(25),
    deadline=None,
    phases=NO_SHRINKING,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_happens_the_terminal_shows_the_rows_and_the_cursor_keeps_its_id(
    steps: list[Show | int | str | float], terminal: MakeTerminal
) -> None:
    asyncio.run(_play(steps, terminal(WIDTH, HEIGHT)))


async def _play(steps: list[Show | int | str | float], seen: Terminal) -> None:
    app, passed, chosen = TableApp(), 0.0, False
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        table = app.table
        for step in steps:
            before = table.cursor
            if isinstance(step, Show):
                table.show([row(id, text) for id, text in zip(step.ids, step.texts, strict=False)], _at(passed))
            elif isinstance(step, int):
                table.action_move(step)
            elif isinstance(step, str):
                table.narrow(step)
            else:
                passed += step
                table.tick(_at(passed))
            chosen = chosen or (isinstance(step, int) and before is not None)
            await pilot.pause()
            if not chosen:
                assert table.cursor == (table.rows[0].id if table.rows else None)
            elif not isinstance(step, int) and before in {each.id for each in table.rows}:
                assert table.cursor == before
            assert (table.cursor is None) == (not table.rows)
            assert seen.left(WIDTH - 1) == expected(table, passed)


def _at(passed: float):  # type: ignore[no-untyped-def]
    return NOW + timedelta(seconds=passed)


def expected(table: KeyedTable, passed: float) -> list[str]:
    """The lines as they must be, worked out without the table's painting."""
    width, top = WIDTH - 1, table.scroll_offset.y
    visible = table.rows[top : top + HEIGHT]
    texts = [
        "".join(text for text, _ in render_line(each, COLUMNS, compute_widths(COLUMNS, width), _at(passed)))
        for each in visible
    ]
    if table.total and not texts:
        wrapped = ["".join(text for text, _ in row) for row in wrap_pieces([(NO_ROWS, "")], width)]
        texts = wrapped if len(wrapped) <= HEIGHT else [cut_text(NO_ROWS, width, middle=False)]
    return [text.rstrip() for text in texts] + [""] * (HEIGHT - len(texts))
