"""Sentences of dialogs name the keys as they are bound: none says Enter where another key confirms."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.model.incident import Incident
from screens.dialogs.confirmation import Confirmation
from screens.dialogs.declare import Declare
from screens.dialogs.dialog import Dialog, DialogContext
from screens.dialogs.note import Note
from screens.dialogs.status import StatusDialog
from screens.shared.enter_guard import HELD, LET_GO
from tests.tui.dialogs.test_confirmation import Ask
from tests.user_texts import list_user_texts
from widgets.line import Lines

ENTER = re.compile(r"\benter\b", re.IGNORECASE)
ELSEWHERE = {
    "dialog.confirm": "f9",
    "dialog.leave": "f8",
    "declaration.join": "f7",
    "declaration.unsure": "f6",
    "declaration.drill": "f5",
    "table.page_down": "f4",
}
OF_A_FIELD = ("enter keeps", "enter goes there")  # Textual's own field: no table has that key, and nobody can bind it
SETTLE = HELD + 0.05

Make = Callable[[DialogContext, Any, IncidentActions, Incident], Dialog[Any]]
DIALOGS: dict[str, Make] = {
    "declare": lambda place, clock, actions, incident: Declare(place, clock, actions, [], open=[incident]),
    "note": Note,
    "status": StatusDialog,
    "confirmation": lambda place, clock, actions, incident: Ask(place, clock, 40),
}


def read_texts(app: Any) -> str:
    return "\n".join(str(lines.text) for lines in app.screen.query(Lines) if lines.display)


@pytest.mark.parametrize("name", DIALOGS)
async def test_no_sentence_says_enter_where_another_key_confirms(
    name: str, stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, incident: Incident
) -> None:
    app = stage(DIALOGS[name](place, clock, incident_actions, incident))
    app.set_keymap(ELSEWHERE)
    async with app.run_test(size=(80, 24)) as pilot:
        clock.pass_by(LET_GO)
        await pilot.press("f7")  # declaring: a note in the incident that is open
        before = read_texts(app)
        await pilot.press("f9", "f9")  # too quick, and what is missing
        await pilot.pause(SETTLE)
        too_quick = read_texts(app)
        clock.pass_by(5)
        await pilot.press("down", "f9")
        await pilot.pause(SETTLE)
        refused = read_texts(app)
        assert "f9" in before
        assert "f9 came too soon" in too_quick.casefold() or isinstance(app.screen, Confirmation)
        assert [line for line in f"{before}\n{too_quick}\n{refused}".split("\n") if ENTER.search(line)] == []


async def test_what_is_below_is_read_with_the_keys_that_are_bound(stage: Any, place: DialogContext, clock: Any) -> None:
    app = stage(Ask(place, clock, 40))
    app.set_keymap(ELSEWHERE)
    async with app.run_test(size=(80, 24)) as pilot:
        clock.pass_by(LET_GO)
        await pilot.press("f9")
        await pilot.pause(SETTLE)
        sentence = " ".join(read_texts(app).split())
        assert "Read to the end with f4, then press f9." in sentence
        assert "f4 shows them, then f9 works" in sentence


def test_enter_stands_in_no_text_but_in_lines_of_keys_which_are_renamed() -> None:
    """`enter records · esc leaves` is drawn with the keys that are bound; a sentence asks `name_key`."""
    texts = [
        text
        for text in list_user_texts()
        if ENTER.search(re.sub(r"\{[^{}]*\}", "", text.text)) and not any(hint in text.text for hint in OF_A_FIELD)
    ]
    of_keys = [text for text in texts if " · " in text.text or text.text.startswith("enter ")]
    assert [f"{text.place}: {text.text}" for text in texts if text not in of_keys] == []
