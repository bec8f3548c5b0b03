"""What is behind a dialog stays in sight where there is room, goes on, and costs the line no more than the dialog."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.event import Kind
from cockpit.model.runbook import Runbook
from screens.dialogs.declare import Declare
from screens.dialogs.note import Note
from screens.main import key_handlers
from screens.main.key_handlers import KeyPress
from screens.main.screen import CockpitScreen
from screens.shared.document import DocumentScreen
from screens.shared.keyed_screen import HelpScreen
from tests.tui.stage import Stage, draft
from tests.tui.terminal import Terminal
from tests.unit.incident.incidents import incident
from tests.unit.incident.story import at
from widgets.line import Lines

Open = Callable[[int, int], AbstractAsyncContextManager[Pilot[None]]]


@pytest.fixture
def cockpit(stage: Stage) -> Open:
    @asynccontextmanager
    async def open(width: int, height: int) -> AsyncIterator[Pilot[None]]:
        app = CockpitApp(stage.attach)  # type: ignore[arg-type]  # a stage is all the session it needs
        async with app.run_test(size=(width, height), notifications=True) as pilot:
            while app.session is None or not isinstance(app.screen, CockpitScreen):
                await pilot.pause(0.01)
            await pilot.pause()
            yield pilot

    return open


def breaks(stage: Stage, name: str) -> None:
    stage.timeline.record([draft(Kind.PROBE, f"{name} down", 0, {"subject": name, "detail": {"state": "down"}})])


@pytest.mark.parametrize("key", ["d", "question_mark"])
async def test_the_screen_behind_stays_in_sight_where_there_is_room(
    cockpit: Open, terminal: Callable[[int, int], Terminal], key: str
) -> None:
    seen = terminal(120, 40)
    async with cockpit(120, 40) as pilot:
        before = [line[:20] for line in seen.lines[3:12]]
        await pilot.press(key)
        await pilot.pause(0.2)
        assert isinstance(pilot.app.screen, Declare | HelpScreen)
        assert [line[:20] for line in seen.lines[3:12]] == before


async def test_at_80_columns_a_dialog_stands_alone(cockpit: Open, terminal: Callable[[int, int], Terminal]) -> None:
    seen = terminal(80, 24)
    async with cockpit(80, 24) as pilot:
        await pilot.press("d")
        await pilot.pause(0.2)
        assert seen.lines[0].strip() == "" or "Declare" in seen.lines[0]


async def test_what_is_behind_a_dialog_goes_on(cockpit: Open, stage: Stage) -> None:
    async with cockpit(120, 40) as pilot:
        base = pilot.app.screen
        assert isinstance(base, CockpitScreen)
        await pilot.press("d")
        await pilot.pause()
        rows = len(base.panes[3].table.rows)
        breaks(stage, "billing")
        await pilot.pause(0.2)
        assert len(base.panes[3].table.rows) == rows + 1


async def test_what_is_due_behind_a_dialog_is_what_is_due_now(cockpit: Open, stage: Stage) -> None:
    """Somebody else does it in a second shell: the bar would count down to what is done."""

    def tell(promised: str) -> None:
        detail = {"audience": "client", "text": "we look", **({"promised": promised} if promised else {})}
        known = {"incident": "INC-1", "actor": "ben", "detail": detail}
        stage.timeline.record([draft(Kind.UPDATE, "update", 0, known)])

    async with cockpit(120, 40) as pilot:
        base = pilot.app.screen
        assert isinstance(base, CockpitScreen)
        stage.incident()
        tell("2026-11-20T23:00:00.000000Z")
        await pilot.press("n")
        await pilot.pause(0.2)
        assert "promise:client" in [due.clock.id for due in base.asking]
        tell("")
        await pilot.pause(0.2)
        assert isinstance(pilot.app.screen, Note)
        assert "promise:client" not in [due.clock.id for due in base.asking]


@pytest.mark.parametrize(("key", "frame"), [("d", "#dialog"), ("question_mark", "#help")])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_what_breaks_meanwhile_is_shown_in_the_border(
    cockpit: Open, stage: Stage, key: str, frame: str, size: tuple[int, int]
) -> None:
    async with cockpit(*size) as pilot:
        await pilot.press(key)
        await pilot.pause()
        height = pilot.app.screen.query_one(frame).size.height
        breaks(stage, "billing")
        await pilot.pause(0.2)
        border = pilot.app.screen.query_one(frame).border_subtitle
        assert "billing down" in str(border)
        assert pilot.app.screen.query_one(frame).size.height == height


async def test_on_another_screen_it_is_one_notice(cockpit: Open, stage: Stage) -> None:
    async with cockpit(120, 40) as pilot:
        pilot.app.push_screen(DocumentScreen(Runbook("a.md", "A document", "0", "# A document\n")))
        await pilot.pause()
        breaks(stage, "billing")
        await pilot.pause(0.2)
        assert ["billing down" in str(notice.message) for notice in pilot.app._notifications] == [True]


async def test_a_notice_of_one_screen_is_not_shown_on_the_next(cockpit: Open, stage: Stage) -> None:
    async with cockpit(120, 40) as pilot:
        pilot.app.screen.notify("said on the main screen")
        await pilot.pause()
        await pilot.press("w")
        await pilot.pause(0.1)
        assert not pilot.app._notifications
        pilot.app.screen.notify("said on the wall")
        await pilot.press("question_mark")
        await pilot.pause(0.1)
        assert not pilot.app._notifications


async def test_a_notice_at_leaving_stays_on_the_screen_below(cockpit: Open, stage: Stage) -> None:
    async with cockpit(120, 40) as pilot:
        await pilot.press("w")
        await pilot.pause(0.1)
        pilot.app.notify("it goes on")
        await pilot.press("escape")
        await pilot.pause(0.1)
        assert [notice.message for notice in pilot.app._notifications] == ["it goes on"]


async def test_the_border_is_whole_when_an_age_gets_longer_behind_a_dialog(
    cockpit: Open, stage: Stage, terminal: Callable[[int, int], Terminal]
) -> None:
    visible = terminal(120, 40)
    async with cockpit(120, 40) as pilot:
        base = pilot.app.screen
        assert isinstance(base, CockpitScreen)
        await pilot.press("d")
        await pilot.pause(0.2)
        for text in ("live 9s", "live 10s", "live 9s", "recorded by somebody else"):
            base.panes[0].state(text)
            base.panes[0].draw_title()
            assert base.panes[0].query_one(".pane-title", Lines).text.endswith(f" {text} ╮")
        await pilot.pause(0.2)
        assert "recorded by somebody else ╮╭ 2 Alerts" in visible.lines[2]


async def test_whoever_has_just_declared_is_asked_by_a_line_that_takes_no_key(
    cockpit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether they are on call: the next keys are meant for the screen, neither swallowed nor taken as an answer."""
    tier = Clock("escalation:1", ClockKind.ESCALATION, "call", "", "oncall.md:5", at(0), who="On-call engineer")
    monkeypatch.setattr(key_handlers, "find_on_call_clock", lambda *context: tier)
    async with cockpit(120, 40) as pilot:
        base = pilot.app.screen
        assert isinstance(base, CockpitScreen)
        assert base.session is not None
        key_handlers.ask_who_is_on_call(KeyPress(base, base.session), incident())
        await pilot.pause()
        assert ["Is that you?" in str(notice.message) for notice in pilot.app._notifications] == [True]
        assert len(pilot.app.screen_stack) == 1
        await pilot.press("4")
        await pilot.pause()
        assert base.panes[base.current].id == base.panes[3].id
