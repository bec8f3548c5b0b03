"""A screen that is left twice was left once: keys that arrive together end nothing else."""

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from cockpit.app import release_closed_widgets
from screens.shared.leaving import leave_screen
from tests.tui.bare import Bare

SCREENS = Path(__file__).parents[2] / "screens"


class Left(ModalScreen[str]):
    def compose(self) -> ComposeResult:
        yield Static("left by many keys")


class Plain(Screen[str]):
    """A whole screen."""


@pytest.mark.parametrize("kind", [Left, Plain])
async def test_leaving_twice_is_leaving_once(kind: type[Screen[Any]]) -> None:
    screen = kind()
    app = Bare(screen)
    async with app.run_test() as pilot:
        await pilot.pause()
        for _ in range(3):
            leave_screen(screen, "done")
        await pilot.pause()
        leave_screen(screen, "done again")
        leave_screen(app.screen)

        assert app.answers == ["done"]
        assert len(app.screen_stack) == 1


async def test_a_screen_behind_another_one_takes_nothing_away() -> None:
    behind, front = Left(), Left()
    app = Bare(behind)
    async with app.run_test() as pilot:
        await pilot.pause()
        await app.push_screen(front)
        leave_screen(behind, "done")
        await pilot.pause()

        assert app.screen is front
        assert app.answers == []


@pytest.mark.parametrize("path", sorted(SCREENS.rglob("*.py")), ids=lambda path: path.name)
def test_every_screen_leaves_that_way(path: Path) -> None:
    if path.name != "leaving.py":
        text = path.read_text(encoding="utf-8")
        assert ".dismiss(" not in text
        assert ".pop_screen(" not in text


async def test_a_closed_screen_keeps_none_of_its_lines() -> None:
    """Textual remembers the styles of a widget by all that it ever drew: a night of dialogs would stay in memory."""
    release_closed_widgets()

    class Empty(App[None]):
        pass

    app = Empty()
    async with app.run_test() as pilot:
        screen: Screen[None] = Screen()
        await app.push_screen(screen)
        await pilot.pause()
        drawn = weakref.ref(screen._styles_cache)
        await app.pop_screen()
        await pilot.pause()
        del screen
        gc.collect()
        assert drawn() is None
