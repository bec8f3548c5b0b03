"""The tables of actions and the screens that read them: nothing is declared and not done, or done and not declared."""

import inspect
from typing import Any

import pytest
from textual.binding import Binding

from cockpit.app import CockpitApp
from cockpit.model.actions import ACTION_TABLES, APP, LINES, MAIN, ROWS, ActionTable
from cockpit.model.system import System
from screens.catalogue.screen import CatalogueScreen
from screens.checklist.screen import ChecklistScreen
from screens.dialogs.confirmation import Confirmation
from screens.dialogs.declare import Declare
from screens.dialogs.details import AlertDetails, Details, EventDetails
from screens.dialogs.dialog import Dialog, name_keys
from screens.dialogs.note import Note
from screens.history.screen import PastScreen
from screens.incident.brief import BriefScreen
from screens.incident.draft_preview import PreviewScreen
from screens.incident.screen import IncidentScreen
from screens.logs import LogsScreen
from screens.main.actions import OPENS
from screens.main.context import REASONS
from screens.main.screen import CockpitScreen
from screens.messages.screen import CommunicateScreen
from screens.run.actions import ACTS
from screens.run.resume import AskGoOn
from screens.run.rollback import AskRollback, Difference
from screens.run.screen import RunScreen
from screens.shared.document import DocumentScreen
from screens.shared.keyed_screen import HelpScreen, KeyedScreen
from screens.shared.preferences import read_preferences
from screens.wall import WallScreen
from tests.tui.keys_of_screens import must_answer_every_key, must_tell_all_its_keys
from tests.tui.test_cockpit import Open, cockpit
from widgets.choice import Choice
from widgets.growing import Growing
from widgets.table import KeyedTable

__all__ = ["cockpit"]

SCREENS: tuple[type[KeyedScreen], ...] = (
    *(CockpitScreen, IncidentScreen, ChecklistScreen, CommunicateScreen, PreviewScreen, PastScreen, RunScreen),
    *(CatalogueScreen, DocumentScreen, LogsScreen, WallScreen, BriefScreen),
)
OWNERS: dict[str, Any] = {
    **{screen.KEYS.screen: screen for screen in SCREENS},
    "app": CockpitApp,
    "table": KeyedTable,
    "lines": Growing,
    "help_screen": HelpScreen,
    "dialog": Dialog,
    "text_dialog": Note,
    "choice": Choice,
    "declaration": Declare,
    "details": Details,
    "alert_details": AlertDetails,
    "event_details": EventDetails,
    "confirmation": Confirmation,
    "rollback": AskRollback,
    "difference": Difference,
    "resume": AskGoOn,
}
LONGEST = 61  # cells of a line of the help at 80 columns, beside the keys
FUNCTIONS = {"main": set(OPENS), "run": set(ACTS) - {"run"}, "incident": set(IncidentScreen.FORMS)}
"""What `do(...)` can do, for the screens that have it."""


def test_every_table_is_that_of_a_screen() -> None:
    assert {table.screen for table in ACTION_TABLES} == set(OWNERS)


@pytest.mark.parametrize("table", ACTION_TABLES, ids=lambda table: table.screen)
def test_the_bindings_are_those_of_the_table(table: ActionTable) -> None:
    bindings = [each for each in OWNERS[table.screen].BINDINGS if isinstance(each, Binding)]
    assert [(each.id, each.key, each.action) for each in bindings] == [
        (action.id, action.key, action.call) for action in table.actions
    ]


@pytest.mark.parametrize("table", ACTION_TABLES, ids=lambda table: table.screen)
def test_every_action_has_words_and_is_done_by_something(table: ActionTable) -> None:
    owner = OWNERS[table.screen]
    for action in table.actions:
        assert action.label, action.id
        assert 0 < len(action.tooltip) <= LONGEST, f"{action.id}: the help would cut it at 80 columns"
        if action.does:
            method = getattr(owner, f"action_{action.does.partition('(')[0]}", None)
            assert inspect.isfunction(method), f"nothing does {action.id}"
        else:
            assert action.name in FUNCTIONS[table.screen], f"nothing does {action.id}"


@pytest.mark.parametrize("screen", FUNCTIONS)
def test_nothing_can_be_done_that_no_key_asks_for(screen: str) -> None:
    table = next(table for table in ACTION_TABLES if table.screen == screen)
    assert FUNCTIONS[screen] == {action.name for action in table.actions if not action.does}


def test_every_need_of_the_cockpit_has_its_reason() -> None:
    assert {need for action in MAIN.actions for need in action.needs} == set(REASONS)


def test_where_esc_leaves_a_screen_q_does() -> None:
    for table in ACTION_TABLES:
        back = [action for action in table.actions if action.name in ("back", "close")]
        if table.typed or table.screen in ("app", "main", "table", "lines") or "dialog" in table.hears:
            continue  # letters are typed there, or there is nothing to leave
        keys = {key for action in back for key in action.key.split(",")}
        keys |= {action.key for action in table.actions if action.id == "run.end"}  # which asks
        assert {"escape", "q"} <= keys, table.screen


def test_the_screen_binds_what_the_configuration_says() -> None:
    system = System("x", (), data="/nowhere", keys={"declare": "n, f7", "note": "d", "incident.task": "?"})
    assert read_preferences(system).keymap == {"declare": "n,f7", "note": "d", "incident.task": "question_mark"}


def test_the_last_line_of_a_dialog_names_the_keys_as_they_are_bound() -> None:
    rebound = {"enter": "f9", "esc": "f8"}
    assert name_keys("enter or esc leaves", rebound) == "f9 or f8 leaves"
    assert name_keys("press enter", rebound) == "press enter"  # only what stands in front is a key


async def test_the_cockpit_tells_all_its_keys(cockpit: Open) -> None:
    async with cockpit() as user:
        await must_tell_all_its_keys(user.pilot)


async def test_every_key_of_the_cockpit_does_something_or_says_why_not(cockpit: Open) -> None:
    async with cockpit() as user:
        await must_answer_every_key(user.pilot, ("pane_1",))  # it is there already


async def test_the_wall_tells_all_its_keys(cockpit: Open) -> None:
    async with cockpit() as user:
        await user.press("w")
        await must_tell_all_its_keys(user.pilot)


def test_what_every_screen_hears_can_have_other_keys() -> None:
    assert [action.id for table in (APP, ROWS, LINES) for action in table.actions if not action.key] == []
