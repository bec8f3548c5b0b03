"""The boxes of a checklist: ticked with who and when, skipped with a reason, and each a key away from what it asks."""

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest

from cockpit.model.plan import Checklist
from cockpit.model.response import Tick
from screens.checklist import ChecklistBox, ChecklistScreen, describe_box, list_boxes, list_rows
from tests.tui.messages.conftest import CARE, FIRST, NOW, Play, Stage, press
from widgets.keys import KeyLine
from widgets.line import Lines
from widgets.table import KeyedTable

Open = Callable[..., Stage]


@pytest.fixture
def did() -> list[str]:
    return []


@pytest.fixture
def check(play: Play, stage: Callable[..., Stage], did: list[str]) -> Open:
    def open(severity: str = "P1", **given: Any) -> Stage:
        acts = {
            name: (lambda name=name: did.append(name)) for name in ("roll_back", "freeze", "communicate", "declare")
        }
        incident = play.declare(severity=severity)
        return stage(play, ChecklistScreen(play, play.place, incident, acts, **given))  # type: ignore[arg-type]

    return open


def shown(app: Stage, id: str) -> str:
    return app.screen.query_one(id, Lines).text


def rows(app: Stage) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in app.screen.query_one(KeyedTable).rows]


async def test_enter_ticks_a_box_with_who_and_when(check: Open, play: Play) -> None:
    app = check()
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, play, "enter")
        assert rows(app)[0][0] == "✔"
        assert rows(app)[0][4] == "done by you 02:26:40"  # the box says to declare: it was done when that was
        assert "First ten minutes 1/5" in shown(app, "#check-lists")
        (event,) = play.events("tick")
        assert (event.subject, event.detail["text"]) == ("first-ten-minutes#1", FIRST.items[0])


async def test_a_second_enter_changes_nothing_and_u_takes_a_tick_back(check: Open, play: Play) -> None:
    app = check()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "enter")
        await press(pilot, play, "enter")
        assert "ticked already" in shown(app, "#check-notice")
        assert len(play.events("tick")) == 1
        await press(pilot, play, "u")
        assert rows(app)[0][0] == "○"


async def test_skipping_asks_why(check: Open, play: Play) -> None:
    app = check()
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, play, "down", "s", "enter")
        assert play.events("tick") == []
        await press(pilot, play, *"not deployed", "enter")
        await press(pilot, play)
        assert rows(app)[1][0] == "–"
        assert "skipped by ana@example.com" in shown(app, "#check-about")
        assert "not deployed" in shown(app, "#check-about")


async def test_an_item_offers_what_it_asks_for_by_one_key(check: Open, play: Play, did: list[str]) -> None:
    app = check()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "o", "down")
        assert "o rolls back" in shown(app, "#check-about")
        await press(pilot, play, "o", "down", "o", "down", "o")
        assert did == ["declare", "roll_back", "freeze"]  # no procedure preserves anything here
        assert "knows no key" in shown(app, "#check-notice")
        assert "Do it" not in app.screen.query_one(KeyLine).text
        assert play.events("tick") == []  # doing is not yet done


async def test_an_item_that_asks_for_what_is_so_already_offers_not_its_contrary(
    check: Open, play: Play, did: list[str]
) -> None:
    """The key that freezes lifts a freeze that holds."""
    app = check()
    async with app.run_test(size=(80, 24)) as pilot:
        play.incident_actions.freeze(True, "until green")
        await press(pilot, play)
        await press(pilot, play, "down", "down", "o")
        assert app.screen.query_one(KeyedTable).cursor == "3"  # Freeze
        assert "Do it" not in app.screen.query_one(KeyLine).text
        assert did == []
        play.incident_actions.freeze(False, "green")
        await press(pilot, play)
        await press(pilot, play, "o")
        assert did == ["freeze"]


async def test_lists_of_the_severity_come_first_and_tab_turns_to_the_others(check: Open, play: Play) -> None:
    app = check()
    async with app.run_test(size=(80, 24)) as pilot:
        assert shown(app, "#check-lists").startswith(" ▸ First ten minutes 0/5")
        await press(pilot, play, "tab", "enter")
        assert shown(app, "#check-lists").startswith(" ▸ Care of the runbooks 1/2     First ten minutes 0/5")
        await press(pilot, play, "shift+tab")
        assert shown(app, "#check-lists").startswith(" ▸ First ten minutes 0/5")


async def test_a_list_can_be_opened_by_its_name_at_the_first_open_box(check: Open, play: Play) -> None:
    app = check(first="care")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "enter")
        assert play.events("tick")[0].subject == "care#1"


async def test_a_note_goes_to_the_incident(check: Open, play: Play) -> None:
    app = check()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "n", *"seen", "enter")
        assert play.events("note")[0].incident == play.incident_actions.open()[0].id


@pytest.mark.parametrize(("by", "named", "unnamed"), [("ana", "ana", "bo"), ("", "", "bo")])
def test_a_box_names_who_did_it_and_not_who_ticked_it(by: str, named: str, unnamed: str) -> None:
    tick = Tick("care", 1, "x", "done", NOW, "bo", "", NOW + timedelta(minutes=5), by)
    [row] = list_rows([ChecklistBox(1, "x", tick)], "me", UTC, NOW.date())
    short, long = row.cells[3].text, row.cells[4].text
    assert named in short
    assert named in long
    assert unnamed not in short + long
    about = "".join(text for line in describe_box(ChecklistBox(1, "x", tick), "", UTC, NOW.date()) for text, _ in line)
    assert "ticked by bo" in about  # who it was is told, beside the act


async def test_a_burst_of_keys_ticks_one_box_at_most(check: Open, play: Play) -> None:
    app = check()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter", "down", "enter", "down", "enter")
        await press(pilot, play)
        assert len(play.events("tick")) <= 1


async def test_a_read_only_cockpit_ticks_nothing(check: Open, play: Play) -> None:
    play.read_only = True
    app = check()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "enter", "s", "u", "n")
        assert "Read-only" in shown(app, "#check-notice")
        assert play.events("tick") == []


@pytest.mark.parametrize(
    ("item", "act"),
    [
        ("Freeze. No deployments until it is green.", "freeze"),
        ("If a deployment is suspect, roll back", "roll_back"),
        ("Confirm the rollback was rehearsed", "roll_back"),
        ("Take a snapshot of the database", "preserve"),
        ("Preserve the logs before you roll back", "preserve"),
        ("Tell customers", "communicate"),
        ("Read the undeclared variables of freezers", ""),
    ],
)
def test_the_first_word_that_the_cockpit_knows_is_what_an_item_asks_for(item: str, act: str) -> None:
    assert ChecklistBox(1, item, None).act == act


def test_a_box_whose_words_have_changed_since_is_open_again(play: Play) -> None:
    incident = play.declare()
    ticked = Tick("care", 1, "Links lead nowhere", "done", NOW, "ana")
    (before, _) = list_boxes(Checklist("care", "", ("Links lead nowhere", "x")), _with(incident, ticked))
    (after, _) = list_boxes(CARE, _with(incident, ticked))
    assert (before.state, after.state) == ("done", "open")


def _with(incident: Any, *ticks: Tick) -> Any:
    from dataclasses import replace

    return replace(incident, ticks=ticks)
