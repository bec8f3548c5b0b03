"""A shared login at the screen: who acts is asked at the first act, once, and the act is then done."""

import pytest
from textual.widgets import Input, TextArea

from cockpit.model.operator import LoginAccount, Operator
from screens.dialogs.dialog import DialogContext, PersonDialog
from screens.dialogs.note import Note
from tests.tui.incident.conftest import Clock, Front, Session, confirm

SHARED = LoginAccount("ubuntu", shared=True, proposal="ana")


@pytest.fixture
def operator(session: Session) -> Operator:
    operator = Operator(SHARED)
    session.incident_actions.author = operator
    return operator


def actors(session: Session) -> list[str]:
    return [event.actor for event in session.timeline.events()][1:]


async def test_the_first_act_asks_who_it_is_and_is_then_done(
    session: Session, clock: Clock, place: DialogContext, operator: Operator
) -> None:
    app = Front(Note(place, clock, session.incident_actions, None))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"seen")
        await confirm(pilot, clock)
        question = app.screen
        assert isinstance(question, PersonDialog)
        assert question.query_one("#field-name", Input).value == "ana"
        question.query_one("#field-name", Input).value = "Ana Lind"
        await pilot.pause()
        await confirm(pilot, clock)
        await app.workers.wait_for_complete()
        await pilot.pause()
    assert actors(session) == ["Ana Lind"]
    assert operator.name == "Ana Lind"


async def test_left_unanswered_nothing_is_written_and_the_words_stay(
    session: Session, clock: Clock, place: DialogContext, operator: Operator
) -> None:
    note = Note(place, clock, session.incident_actions, None)
    app = Front(note)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"seen")
        await confirm(pilot, clock)
        assert isinstance(app.screen, PersonDialog)
        await pilot.press("escape")
        await pilot.pause()
        assert note.is_current
        assert note.query_one(TextArea).text == "seen"
    assert actors(session) == []
    assert operator.nameless


async def test_a_shared_login_is_no_answer(
    session: Session, clock: Clock, place: DialogContext, operator: Operator
) -> None:
    app = Front(Note(place, clock, session.incident_actions, None))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"seen")
        await confirm(pilot, clock)
        app.screen.query_one("#field-name", Input).value = "root"
        await pilot.pause()
        await confirm(pilot, clock)
        assert isinstance(app.screen, PersonDialog)
    assert actors(session) == []
