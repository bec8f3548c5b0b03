"""What the keys of communication and checklists open: the incident of the key press, or a word why there is nothing."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from screens.checklist import ChecklistScreen
from screens.dialogs.form import FormDialog
from screens.main import key_handlers as commanding
from screens.main.key_handlers import KeyPress
from screens.messages.screen import CommunicateScreen
from tests.tui.messages.conftest import AUCKLAND, PLAN


class Front:
    """What an opener asks of the screen that it is called from."""

    def __init__(self) -> None:
        self.opened: list[Any] = []
        self.copied: list[str] = []
        self.said: list[str] = []
        self.app = SimpleNamespace(
            push_screen=lambda screen, then: self.opened.append(screen), copy_to_clipboard=self.copied.append
        )
        self.cockpit = SimpleNamespace(zone=AUCKLAND)

    def push(self, screen: Any, then: object) -> None:
        self.opened.append(screen)

    def notify(self, words: str, **_: object) -> None:
        self.said.append(words)

    def write(self, act: Callable[[], object], done: str) -> None:
        act()
        self.said.append(done)


@pytest.fixture
def front() -> Any:
    return Front()


@pytest.mark.parametrize(
    ("opens", "screen"),
    [
        (commanding.open_communicate, CommunicateScreen),
        (commanding.open_update, FormDialog),
        (commanding.open_checklist, ChecklistScreen),
    ],
)
def test_a_key_opens_its_screen_of_the_open_incident(
    front: Any, play: Any, opens: Callable[..., None], screen: type
) -> None:
    opens(KeyPress(front, play))
    assert front.opened == []  # nothing to tell of
    play.declare()
    opens(KeyPress(front, play))
    assert [type(each) for each in front.opened] == [screen]


def test_the_status_line_is_copied_and_on_record_by_one_key(front: Any, play: Any) -> None:
    play.declare()
    commanding.copy_status_line(KeyPress(front, play))
    (event,) = play.events("update")
    assert (event.subject, event.detail["text"]) == ("team", front.copied[0])
    assert front.copied[0].startswith("[P1] INVESTIGATING Readiness failing after deploy · prod · 00:12:03")
    assert "recorded as sent to the team" in front.said[0]


def test_without_a_checklist_a_line_says_how_to_have_one(front: Any, play: Any) -> None:
    play.declare()
    play.plan = replace(PLAN, checklists=())
    commanding.open_checklist(KeyPress(front, play))
    assert (front.opened, "No document has a checklist" in front.said[0]) == ([], True)


def test_an_item_opens_what_it_asks_for_about_the_incident_of_its_list(front: Any, play: Any) -> None:
    milder = play.declare("Slow", "P2")
    play.declare("Down", "P0")
    acts = commanding.list_checklist_acts(KeyPress(front, play), milder)
    acts["communicate"]()
    acts["freeze"]()
    assert front.opened[0]._incident.title == "Slow"
    assert front.opened[1].what == "Freeze deployments"
    assert "preserve" not in acts
    play.plan = replace(PLAN, snapshot="incident#snapshot")
    assert "preserve" in commanding.list_checklist_acts(KeyPress(front, play), milder)
