"""What falls due is told once, on the screen that is in front, and covers nothing that is due."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from textual.geometry import Spacing
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from screens.dialogs.note import Note
from screens.incident.screen import IncidentScreen
from screens.main.screen import CockpitScreen
from tests.tui.stage import Stage
from tests.tui.terminal import Terminal
from widgets.pane import Pane

Open = Callable[[int, int], AbstractAsyncContextManager[Pilot[None]]]
QUARTER = 15 * 60 + 1  # seconds from the declaration until the team lead is to be called and the answer is late
DECLARED = 52  # seconds before the stage's clock begins


@pytest.fixture
def led(stage: Stage) -> Open:
    """The cockpit with an incident whose first clocks are looked at already."""

    @asynccontextmanager
    async def open(width: int, height: int) -> AsyncIterator[Pilot[None]]:
        app = CockpitApp(stage.attach)  # type: ignore[arg-type]  # a stage is all the session it needs
        async with app.run_test(size=(width, height), notifications=True) as pilot:
            while app.session is None or not isinstance(app.screen, CockpitScreen):
                await pilot.pause(0.01)
            stage.incident()
            await pilot.pause(1.1)
            pilot.app.clear_notifications()
            yield pilot

    return open


def told(pilot: Pilot[None]) -> list[str]:
    return [str(each.message) for each in pilot.app._notifications]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_a_reminder_covers_neither_the_clocks_of_the_bar_nor_the_strip(
    led: Open, stage: Stage, terminal: Callable[[int, int], Terminal], size: tuple[int, int]
) -> None:
    seen = terminal(*size)
    async with led(*size) as pilot:
        stage.time.passed = QUARTER - DECLARED
        await pilot.pause(1.1)

        [notice] = told(pilot)
        head = seen.lines[: 3 if size == (80, 24) else 2]
        assert any(notice in line for line in seen.lines)
        assert not any(notice in line for line in head)
        assert "escalate now" in "".join(head)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=["80x24", "120x40", "200x60"])
@pytest.mark.parametrize("text", ["Pinned.", "Nothing is due: there is no incident. d declares one.", "word " * 40])
async def test_a_notice_covers_no_border_no_age_no_hint_and_no_key(led: Open, size: tuple[int, int], text: str) -> None:
    async with led(*size) as pilot:
        pilot.app.notify(text, markup=False)
        await pilot.pause(0.1)
        [notice] = pilot.app.screen.query("Toast")
        panes = [pane for pane in pilot.app.screen.query(Pane) if pane.display and pane.region.overlaps(notice.region)]
        assert len(panes) == 1, "inside of one pane"
        assert panes[0].region.shrink(Spacing(1, 6, 1, 1)).contains_region(notice.region)


async def test_all_that_fell_due_at_once_is_one_notice(led: Open, stage: Stage) -> None:
    async with led(120, 40) as pilot:
        stage.time.passed = QUARTER - DECLARED
        await pilot.pause(1.1)

        [notice] = told(pilot)
        assert notice.endswith("And 1 more is due.")


async def test_who_reads_another_screen_is_reminded_there(led: Open, stage: Stage) -> None:
    async with led(120, 40) as pilot:
        await pilot.press("o")
        await pilot.pause()
        assert isinstance(pilot.app.screen, IncidentScreen)
        stage.time.passed = QUARTER - DECLARED
        await pilot.pause(5.1)

        assert told(pilot)


async def test_a_dialog_is_left_in_peace_and_the_reminder_comes_after_it(led: Open, stage: Stage) -> None:
    async with led(120, 40) as pilot:
        await pilot.press("n")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Note)
        stage.time.passed = QUARTER - DECLARED
        await pilot.pause(5.1)
        assert told(pilot) == []

        await pilot.press("escape")
        await pilot.pause(1.1)
        assert told(pilot)


async def test_the_palette_opens_what_has_its_key_on_the_incident_screen_only(led: Open, stage: Stage) -> None:
    async with led(120, 40) as pilot:
        found = {each.title: each for each in pilot.app.get_system_commands(pilot.app.screen)}
        assert {"Task", "Decision", "Undo later", "Breach", "Scenario", "Incident", "Communicate", "Freeze"} <= set(
            found
        )
        found["Decision"].callback()
        await pilot.pause(0.2)

        assert getattr(pilot.app.screen, "what", "") == "Decision"
