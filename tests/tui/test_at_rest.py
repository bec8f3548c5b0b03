"""What a screen on which nothing happens does not do: facts, where the bench measures the processor."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from screens.main import content
from screens.main.content import CockpitContent
from screens.main.screen import CockpitScreen
from tests.tui.stage import Stage
from widgets import table

COUNTED = (
    ("keys", CockpitScreen, "keys_by_id"),
    ("bar", CockpitContent, "render_bar"),
    ("hint", CockpitContent, "render_hint"),
    ("standing", content, "read_standing"),
    ("clocks", CockpitContent, "remind"),
    ("rows", table, "render_line"),
)


class Rest:
    """A screen whose seconds pass as the test says; `counted` tells what was computed in them."""

    def __init__(self, stage: Stage, pilot: Pilot[None]) -> None:
        self.stage, self.pilot, self.counted = stage, pilot, Counter[str]()

    def count(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: object, **kwargs: object) -> object:
            self.counted[name] += 1
            return original(*args, **kwargs)

        return counting

    async def pass_seconds(self, seconds: int) -> dict[str, int]:
        front = self.pilot.app.screen
        assert isinstance(front, CockpitScreen)
        self.counted.clear()
        for _ in range(seconds):
            self.stage.time.passed += 1
            front._pass_time()
        return dict(self.counted)


@asynccontextmanager
async def at_rest(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rest]:
    app = CockpitApp(stage.attach)  # type: ignore[arg-type]  # a stage is all the session it needs
    async with app.run_test(size=(120, 40)) as pilot:
        while not (isinstance(app.screen, CockpitScreen) and app.screen.content):
            await pilot.pause(0.01)
        stage.quiet()
        await pilot.pause(1)
        app.screen._clock.pause()  # the test's seconds count, not the loop's
        rest = Rest(stage, pilot)
        for name, owner, attribute in COUNTED:
            monkeypatch.setattr(owner, attribute, rest.count(name, getattr(owner, attribute)))
        await rest.pass_seconds(1)
        yield rest


async def test_nothing_changed_for_ten_seconds_and_no_key_was_computed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_rest(stage, monkeypatch) as rest:
        counted = await rest.pass_seconds(10)

        assert counted.pop("rows") == 2 * 10  # the ages of two revisions; no probe and no event was drawn again
        assert counted == {"hint": 1, "clocks": 2}


async def test_an_answer_with_another_latency_alone_changes_no_line_around_the_panes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_rest(stage, monkeypatch) as rest:
        rest.counted.clear()
        (reading,) = stage.watch.readings("prod", "probes")
        stage.say("probes", tuple(replace(probe, latency=0.123) for probe in reading.value or ()))
        await rest.pilot.pause(1)

        assert rest.counted["keys"] == rest.counted["bar"] == rest.counted["standing"] == 0


async def test_a_probe_that_falls_changes_the_bar_the_hint_and_the_keys(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_rest(stage, monkeypatch) as rest:
        rest.counted.clear()
        stage.trouble()
        await rest.pilot.pause(1)

        assert all(rest.counted[name] for name in ("keys", "bar", "hint", "standing"))


async def test_while_an_incident_is_open_the_bar_counts_its_seconds_and_nothing_else_is_computed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_rest(stage, monkeypatch) as rest:
        stage.incident()
        await rest.pilot.pause(1)
        await rest.pass_seconds(1)
        counted = await rest.pass_seconds(4)

        assert counted["bar"] == 4
        assert "keys" not in counted
        assert "standing" not in counted
