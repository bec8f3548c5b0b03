"""Dialogs: nothing is done by accident, nothing typed is lost, and leaving is always one key away."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input

from cockpit.model.event import RecordError
from cockpit.model.incident import Incident
from cockpit.model.incident import Status as IncidentStatus
from cockpit.model.ladder import DEFAULT_LADDER
from screens.declare import BadNow, Declaration, Declare
from screens.dialog import Place
from screens.guard import QUIET
from screens.note import Note
from screens.status import Move, Status
from widgets.choice import Choice
from widgets.line import Lines

SETTLE = QUIET * 3


class Desk:
    """Writes nothing, remembers what it was asked, refuses when told to."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.refusal = ""

    def __call__(self, *asked: Any) -> Any:
        if self.refusal:
            raise RecordError(self.refusal)
        self.asked.append(asked)
        return "recorded"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def declare(place: Place, clock: Any, desk: Desk) -> Declare:
    now = clock.now()
    bad = [BadNow("alert 5xx errors", now - timedelta(seconds=12)), BadNow("probe ready", now - timedelta(seconds=38))]
    reach = now - timedelta(seconds=38)
    return Declare(place, clock, ladder=DEFAULT_LADDER, preset="P1", bad=bad, reach_from=reach, declare=desk)


async def enter(pilot: Pilot[Any], clock: Any) -> None:
    """Press Enter as a hand does: some time after the last key, and then nothing."""
    await pilot.pause()
    clock.pass_by(1)
    await pilot.press("enter")
    await pilot.pause(SETTLE)
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def said(app: Any) -> str:
    return str(app.screen.query_one("#said", Lines).text)


async def test_two_keys_and_one_line_declare(stage: Any, declare: Declare, clock: Any, desk: Desk) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"Readiness fails")
        await enter(pilot, clock)
        assert desk.asked == [(Declaration("Readiness fails", "P1"),)]
        assert app.answers == ["recorded"]


async def test_the_severity_moves_without_leaving_the_title(
    stage: Any, declare: Declare, clock: Any, desk: Desk
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"down", "up")
        await enter(pilot, clock)
        assert desk.asked[0][0].severity == "P0"


async def test_a_digit_picks_the_level_once_the_list_has_the_focus(
    stage: Any, declare: Declare, clock: Any, desk: Desk
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"P2 slow", "tab", "3")
        assert app.screen.query_one(Choice).chosen == "P3"
        await enter(pilot, clock)
        assert (desk.asked[0][0].title, desk.asked[0][0].severity) == ("P2 slow", "P3")


async def test_times_are_sent_only_when_somebody_changed_them(
    stage: Any, declare: Declare, clock: Any, desk: Desk
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"down")
        app.screen.query_one("#detected", Input).value = "02:14"
        await enter(pilot, clock)
        asked: Declaration = desk.asked[0][0]
        assert asked.detected == datetime.fromisoformat("2026-02-28T02:14:00+13:00")
        assert asked.reach_from is None


async def test_a_time_nobody_can_read_is_said_and_nothing_is_declared(
    stage: Any, declare: Declare, clock: Any, desk: Desk
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"down")
        app.screen.query_one("#reach", Input).value = "soon"
        await enter(pilot, clock)
        assert "`soon` is no time" in said(app)
        assert desk.asked == []


async def test_what_is_bad_now_is_on_the_screen_longest_first(stage: Any, declare: Declare) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)):
        first, second = app.screen.query_one("#bad", Lines).text.splitlines()
        assert "probe ready   38s, since 02:26:03" in first
        assert "alert 5xx errors   12s" in second


async def test_a_confirm_key_typed_ahead_of_the_dialog_is_not_heard(
    stage: Any, declare: Declare, clock: Any, desk: Desk
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"down", "enter")
        await pilot.pause(SETTLE)
        assert desk.asked == []
        assert "too soon" in said(app)
        assert app.screen.query_one("#title", Input).value == "down"


async def test_a_pasted_burst_with_line_breaks_does_nothing_but_type(
    stage: Any, declare: Declare, clock: Any, desk: Desk
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        clock.pass_by(5)
        await pilot.press("enter", *"rm x", "enter", *"yes", "enter")
        await pilot.pause(SETTLE)
        assert desk.asked == []
        assert app.screen.query_one("#title", Input).value == "rm xyes"


async def test_a_refusal_is_shown_and_the_typed_text_stays(
    stage: Any, declare: Declare, clock: Any, desk: Desk
) -> None:
    app = stage(declare)
    desk.refusal = "The disk is full; \x1b[2Jnothing was written."
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"down")
        await enter(pilot, clock)
        assert "nothing was written" in said(app)
        assert "\x1b" not in said(app)
        assert app.screen.query_one("#title", Input).value == "down"
        desk.refusal = ""
        await enter(pilot, clock)
        assert app.answers == ["recorded"]


async def test_esc_leaves_at_once_also_while_text_was_typed(stage: Any, declare: Declare, desk: Desk) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"down", "escape")
        assert app.answers == [None]
        assert desk.asked == []


async def test_an_empty_title_is_asked_for(stage: Any, declare: Declare, clock: Any, desk: Desk) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, clock)
        assert "needs a title" in said(app)
        assert desk.asked == []


async def test_production_is_a_word_and_another_border(stage: Any, declare: Declare) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)):
        frame = app.screen.query_one("#dialog")
        assert frame.border_subtitle == "PROD"
        assert frame.styles.border_top[0] == "double"
        assert "PROD" in app.screen.query_one("#place", Lines).text


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_whole_dialog_is_seen(stage: Any, declare: Declare, size: tuple[int, int]) -> None:
    app = stage(declare)
    async with app.run_test(size=size) as pilot:
        declare.say("a refusal that takes more than one row of the dialog " * 2)
        await pilot.pause()
        frame = app.screen.query_one("#dialog")
        assert app.screen.region.contains_region(frame.region)
        assert frame.max_scroll_y == 0


async def test_a_note_goes_to_the_incident_with_its_line_breaks_and_its_time(
    stage: Any, place: Place, clock: Any, desk: Desk, incident: Incident
) -> None:
    app = stage(Note(place, clock, incident=incident, record=desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"one", "ctrl+j", *"two", "tab", *"10m ago")
        await enter(pilot, clock)
        assert desk.asked == [("one\ntwo", clock.now() - timedelta(minutes=10))]


async def test_a_pasted_note_keeps_its_lines_and_waits_for_enter(
    stage: Any, place: Place, clock: Any, desk: Desk
) -> None:
    app = stage(Note(place, clock, incident=None, record=desk))
    async with app.run_test(size=(80, 24)) as pilot:
        clock.pass_by(5)
        app.post_message(Paste("a\nb\n"))
        await pilot.pause(SETTLE)
        assert desk.asked == []
        assert "journal" in app.screen.query_one("#goes-to", Lines).text
        await enter(pilot, clock)
        assert desk.asked == [("a\nb", None)]


async def test_status_sends_only_what_was_moved(
    stage: Any, place: Place, clock: Any, desk: Desk, incident: Incident
) -> None:
    app = stage(Status(place, clock, incident=incident, ladder=DEFAULT_LADDER, apply=desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "tab", *"bad deploy")
        await enter(pilot, clock)
        assert desk.asked == [(Move(None, IncidentStatus.IDENTIFIED, "bad deploy"),)]


async def test_resolving_asks_what_ended_it(
    stage: Any, place: Place, clock: Any, desk: Desk, incident: Incident
) -> None:
    app = stage(Status(place, clock, incident=incident, ladder=DEFAULT_LADDER, apply=desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "down", "down")
        await enter(pilot, clock)
        assert "what ended it" in said(app)
        await pilot.press(*"rolled back")
        await enter(pilot, clock)
        assert desk.asked == [(Move(None, IncidentStatus.RESOLVED, "rolled back"),)]


async def test_status_without_a_move_does_nothing(
    stage: Any, place: Place, clock: Any, desk: Desk, incident: Incident
) -> None:
    app = stage(Status(place, clock, incident=incident, ladder=DEFAULT_LADDER, apply=desk))
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, clock)
        assert "Nothing was changed" in said(app)
        assert desk.asked == []


DIALOGS: dict[str, Callable[..., Any]] = {
    "note": lambda place, clock, incident: Note(place, clock, incident=incident, record=Desk()),
    "status": lambda place, clock, incident: Status(
        place, clock, incident=incident, ladder=DEFAULT_LADDER, apply=Desk()
    ),
}


@pytest.mark.parametrize("name", DIALOGS)
def test_picture_at_80x24(
    name: str, snap_compare: Any, stage: Any, place: Place, clock: Any, incident: Incident
) -> None:
    assert snap_compare(stage(DIALOGS[name](place, clock, incident)), terminal_size=(80, 24))


def test_picture_of_declare_at_80x24(snap_compare: Any, stage: Any, declare: Declare) -> None:
    assert snap_compare(stage(declare), terminal_size=(80, 24), press=[*"Readiness fails"])
