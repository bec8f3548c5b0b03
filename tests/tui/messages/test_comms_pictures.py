"""What telling others and a checklist look like."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from cockpit.incident.signals import Signal
from screens.checklist import ChecklistScreen
from screens.dialogs.declare import Declare
from screens.dialogs.status import StatusDialog
from screens.incident.people_forms import open_update_form
from screens.messages.screen import CommunicateScreen
from tests.tui.messages.conftest import Play, Stage, press

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])


@SIZES
def test_picture_of_a_message(
    snap_compare: Any, play: Play, stage: Callable[..., Stage], size: tuple[int, int]
) -> None:
    async def run(pilot: Pilot[Any]) -> None:
        await press(pilot, play, "down", "e")

    app = stage(play, CommunicateScreen(play, play.place, play.declare()))  # type: ignore[arg-type]
    assert snap_compare(app, terminal_size=size, run_before=run)


@SIZES
def test_picture_of_a_checklist(
    snap_compare: Any, play: Play, stage: Callable[..., Stage], size: tuple[int, int]
) -> None:
    async def run(pilot: Pilot[Any]) -> None:
        await press(pilot, play, "enter", "down")

    incident = play.declare()
    acts = {"roll_back": lambda: None, "freeze": lambda: None}
    app = stage(play, ChecklistScreen(play, play.place, incident, acts))  # type: ignore[arg-type]
    assert snap_compare(app, terminal_size=size, run_before=run)


@SIZES
def test_picture_of_a_declaration(
    snap_compare: Any, play: Play, stage: Callable[..., Stage], size: tuple[int, int]
) -> None:
    async def run(pilot: Pilot[Any]) -> None:
        await press(pilot, play, *"Readiness fails", "up", "ctrl+r")

    since = play.time.now() - timedelta(seconds=38)
    bad = [Signal("probe:ready", "probe ready", since), Signal("alert:a", "alert 5xx errors", since)]
    assert snap_compare(
        stage(play, Declare(play.place, play.time, play.incident_actions, bad)), terminal_size=size, run_before=run
    )


@SIZES
def test_picture_of_the_end_of_an_incident(
    snap_compare: Any, play: Play, stage: Callable[..., Stage], size: tuple[int, int]
) -> None:
    async def run(pilot: Pilot[Any]) -> None:
        await press(pilot, play, "tab", "down", "down", "down")

    app = stage(play, StatusDialog(play.place, play.time, play.incident_actions, play.declare()))
    assert snap_compare(app, terminal_size=size, run_before=run)


@SIZES
def test_picture_of_an_update_sent(
    snap_compare: Any, play: Play, stage: Callable[..., Stage], size: tuple[int, int]
) -> None:
    async def run(pilot: Pilot[Any]) -> None:
        await press(pilot, play, *"We roll back")

    app = stage(play, open_update_form(play.place, play.time, play.incident_actions, play.declare(), play.plan))
    assert snap_compare(app, terminal_size=size, run_before=run)
