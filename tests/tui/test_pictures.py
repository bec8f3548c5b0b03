"""What the cockpit looks like: one picture for each size and theme that matters. `make snapshots` accepts them."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from screens.main.screen import CockpitScreen
from tests.tui.stage import SIGNED_OUT, Stage

SnapCompare = Callable[..., bool]


def scene(snap_compare: SnapCompare, size: tuple[int, int], play: Callable[[Stage], None], theme: str = "") -> bool:
    """The cockpit three seconds after `play` happened on the stage."""
    stage = Stage()
    stage.system = replace(stage.system, theme=theme)

    async def run(pilot: Pilot[None]) -> None:
        while app.session is None or not isinstance(app.screen, CockpitScreen):
            await pilot.pause(0.01)
        play(stage)
        stage.time.passed = 3
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, CockpitScreen)
        screen.show_waiting()
        screen.tick()
        await pilot.pause()

    app = CockpitApp(stage.attach)  # type: ignore[arg-type]  # a stage is all the session it needs
    return snap_compare(app, terminal_size=size, run_before=run)


def incident(stage: Stage) -> None:
    stage.trouble()
    stage.incident()


def blind(stage: Stage) -> None:
    stage.trouble()
    stage.fail("revisions", SIGNED_OUT)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=["80x24", "120x40", "200x60"])
def test_picture_of_an_incident(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert scene(snap_compare, size, incident)


@pytest.mark.parametrize("theme", ["light", "high-contrast", "ansi"])
def test_picture_of_a_theme(snap_compare: SnapCompare, theme: str) -> None:
    assert scene(snap_compare, (120, 40), blind, theme)


def test_picture_of_a_quiet_night(snap_compare: SnapCompare) -> None:
    assert scene(snap_compare, (120, 40), Stage.quiet)


def test_picture_of_the_start(snap_compare: SnapCompare) -> None:
    assert scene(snap_compare, (80, 24), lambda stage: None)
