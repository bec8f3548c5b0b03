"""What is confirmed was on the screen from its first row to its last, whatever the size and wherever the cursor is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

from screens.dialogs.confirmation import Confirmation
from screens.dialogs.dialog import READY, DialogContext
from screens.shared.enter_guard import HELD, LET_GO
from widgets.cell import Piece, wrap_pieces
from widgets.line import Lines

SCREENS = Path(__file__).parents[3] / "screens"


class Ask(Confirmation[str]):
    """So many rows to confirm, and a field behind them."""

    AUTO_FOCUS = ""
    what = "Run"
    keys = "enter runs it · esc leaves"

    def __init__(self, place: DialogContext, time: Any, rows: int) -> None:
        super().__init__(place, time)
        self._rows = rows

    def fields(self) -> ComposeResult:
        yield Lines(id="act")
        yield Input(id="word", compact=True)

    def on_mount(self) -> None:
        self.query_one("#act", Lines).show(*([(f"row {number}", "")] for number in range(self._rows)))
        self.query_one(Input).focus(scroll_visible=False)

    def decide(self) -> Callable[[], str]:
        return lambda: "confirmed"


async def enter(pilot: Pilot[Any], clock: Any) -> None:
    clock.pass_by(LET_GO)
    await pilot.press("enter")
    await pilot.pause(HELD + 0.05)
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (80, 14)], ids=str)
@pytest.mark.parametrize("rows", [30, 121])
async def test_enter_works_only_once_the_last_row_was_shown(
    size: tuple[int, int], rows: int, stage: Any, place: DialogContext, clock: Any
) -> None:
    dialog = Ask(place, clock, rows)
    app = stage(dialog)
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.2)
        turned = 0
        while dialog.rows_below and turned < rows:
            assert f"{dialog.rows_below} more row" in dialog.query_one("#keys", Lines).text
            await enter(pilot, clock)
            assert app.answers == []
            await pilot.press("pagedown")
            await pilot.pause(0.2)
            turned += 1
        assert turned or rows + 8 < size[1]
        clock.pass_by(LET_GO + 0.05)  # sums of it are a little more or less
        await pilot.pause(0.2)
        assert READY in dialog.query_one("#keys", Lines).text
        await enter(pilot, clock)
        assert app.answers == ["confirmed"]


async def test_a_jump_to_the_end_shows_not_what_lies_between(stage: Any, place: DialogContext, clock: Any) -> None:
    dialog = Ask(place, clock, 121)
    app = stage(dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.2)
        dialog.query_one("#dialog").scroll_end(animate=False)
        await pilot.pause(0.2)
        assert dialog.rows_below > 80
        await enter(pilot, clock)
        assert app.answers == []


async def test_what_fits_needs_no_page_down(stage: Any, place: DialogContext, clock: Any) -> None:
    app = stage(Ask(place, clock, 5))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.2)
        await enter(pilot, clock)
        assert app.answers == ["confirmed"]


@pytest.mark.parametrize("path", sorted(SCREENS.rglob("*.py")), ids=lambda path: path.name)
def test_no_empty_field_looks_as_if_a_value_stood_in_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace('placeholder=" …"', "")
    for rest in text.split("placeholder=")[1:]:
        assert rest.startswith(("show_hint(", "hint,", "hint ", '"(')), rest[:40]


class AskWide(Ask):
    """One row that is as long as a command may be, in rows of the width that there is; with `stiff` it stays one."""

    def __init__(self, place: DialogContext, time: Any, *, stiff: bool = False) -> None:
        super().__init__(place, time, 1)
        self._stiff = stiff

    def draw(self) -> None:
        options = "--option " * (2 if self._stiff else 6)
        row: list[Piece] = [(f"unheard-of-tool {options}--destroy-production", "")]
        self.query_one("#act", Lines).show(*([row] if self._stiff else wrap_pieces(row, self.wide)))


@pytest.mark.parametrize("width", [30, 40, 50, 80])
async def test_the_end_of_a_command_is_seen_in_a_window_of_any_width(
    width: int, stage: Any, place: DialogContext, clock: Any
) -> None:
    dialog = AskWide(place, clock)
    app = stage(dialog)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.2)
        await pilot.resize_terminal(width, 30)
        await pilot.pause(0.2)
        assert not dialog.is_cut
        assert "--destroy-production" in dialog.query_one("#act", Lines).text.replace("\n", " ")


async def test_a_row_that_goes_on_beyond_the_edge_is_not_confirmed(
    stage: Any, place: DialogContext, clock: Any
) -> None:
    dialog = AskWide(place, clock, stiff=True)
    app = stage(dialog)
    async with app.run_test(size=(50, 24)) as pilot:
        await pilot.pause(0.2)
        await enter(pilot, clock)
        assert app.answers == []

        await pilot.resize_terminal(120, 24)
        await pilot.pause(0.2)
        await enter(pilot, clock)
        assert app.answers == ["confirmed"]
