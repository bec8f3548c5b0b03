"""The tables of keys and the screens that read them: nothing is declared and not done, or done and not declared."""

import inspect
from typing import Any

import pytest
from textual.binding import Binding

from cockpit.app import CockpitApp
from cockpit.model.key_bindings import APP, KEY_TABLES, LINES, MAIN, ROWS, KeyTable
from cockpit.model.system import System
from screens.catalogue.screen import CatalogueScreen
from screens.checklist import ChecklistScreen
from screens.dialogs.confirmation import Confirmation
from screens.dialogs.declare import Declare
from screens.dialogs.details import AlertDetails, Details, EventDetails
from screens.dialogs.dialog import Dialog, name_keys
from screens.dialogs.note import Note
from screens.history import PastScreen
from screens.incident.brief import BriefScreen
from screens.incident.post_mortem import PreviewScreen
from screens.incident.screen import IncidentScreen
from screens.logs import LogsScreen
from screens.main.key_handlers import KEY_HANDLERS as MAIN_HANDLERS
from screens.main.screen import CockpitScreen
from screens.main.standing import REASONS
from screens.messages.screen import CommunicateScreen
from screens.run.key_handlers import KEY_HANDLERS as RUN_HANDLERS
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
FUNCTIONS = {"main": set(MAIN_HANDLERS), "run": set(RUN_HANDLERS) - {"run"}, "incident": set(IncidentScreen.FORMS)}
"""What `do(...)` can do, for the screens that have it."""


def test_every_table_is_that_of_a_screen() -> None:
    assert {table.screen for table in KEY_TABLES} == set(OWNERS)


@pytest.mark.parametrize("table", KEY_TABLES, ids=lambda table: table.screen)
def test_the_bindings_are_those_of_the_table(table: KeyTable) -> None:
    bindings = [each for each in OWNERS[table.screen].BINDINGS if isinstance(each, Binding)]
    assert [(each.id, each.key, each.action) for each in bindings] == [
        (binding.id, binding.key, binding.call) for binding in table.bindings
    ]


@pytest.mark.parametrize("table", KEY_TABLES, ids=lambda table: table.screen)
def test_every_action_has_words_and_is_done_by_something(table: KeyTable) -> None:
    owner = OWNERS[table.screen]
    for binding in table.bindings:
        assert binding.label, binding.id
        assert 0 < len(binding.tooltip) <= LONGEST, f"{binding.id}: the help would cut it at 80 columns"
        if binding.does:
            method = getattr(owner, f"action_{binding.does.partition('(')[0]}", None)
            assert inspect.isfunction(method), f"nothing does {binding.id}"
        else:
            assert binding.name in FUNCTIONS[table.screen], f"nothing does {binding.id}"


@pytest.mark.parametrize("screen", FUNCTIONS)
def test_nothing_can_be_done_that_no_key_asks_for(screen: str) -> None:
    table = next(table for table in KEY_TABLES if table.screen == screen)
    assert FUNCTIONS[screen] == {binding.name for binding in table.bindings if not binding.does}


def test_every_need_of_the_cockpit_has_its_reason() -> None:
    assert {need for binding in MAIN.bindings for need in binding.needs} == set(REASONS)


def test_where_esc_leaves_a_screen_q_does() -> None:
    for table in KEY_TABLES:
        back = [binding for binding in table.bindings if binding.name in ("back", "close")]
        if table.typed or table.screen in ("app", "main", "table", "lines") or "dialog" in table.hears:
            continue  # letters are typed there, or there is nothing to leave
        keys = {key for binding in back for key in binding.key.split(",")}
        keys |= {binding.key for binding in table.bindings if binding.id == "run.end"}  # which asks
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
    assert [binding.id for table in (APP, ROWS, LINES) for binding in table.bindings if not binding.key] == []
