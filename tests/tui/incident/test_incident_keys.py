"""Every key of the screens of an incident can be found from them, and means the same on each."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from textual.screen import Screen

from cockpit.model.clock import Clock as Deadline
from cockpit.model.clock import ClockKind, Rule
from cockpit.model.reading import LogLine
from cockpit.model.revision import Revision
from cockpit.model.runbook import Runbook
from screens.checklist import ChecklistScreen
from screens.dialogs.dialog import DialogContext
from screens.dialogs.form import FormDialog
from screens.dialogs.note import Note
from screens.dialogs.status import StatusDialog
from screens.history import PastScreen
from screens.incident.brief import BriefScreen
from screens.incident.clock_forms import open_on_call_form
from screens.incident.people_forms import open_call_form, open_review_form, open_role_form
from screens.incident.post_mortem import PreviewScreen
from screens.incident.screen import IncidentScreen
from screens.logs import LogsScreen
from screens.messages.screen import CommunicateScreen
from screens.shared.document import DocumentScreen
from screens.shared.keyed_screen import HelpScreen
from tests.tui.incident.conftest import NOW, Clock, Front, Session
from tests.tui.keys_of_screens import must_answer_every_key, must_tell_all_its_keys
from widgets.cell import compute_widths
from widgets.clocks import COLUMNS
from widgets.keys import KeyLine
from widgets.line import Lines

Open = Callable[[Session, DialogContext], Screen[Any]]


def the_incident(session: Session) -> Any:
    session.catch_up()
    [found] = session.ledger.incidents.values()
    return found


async def no_lines() -> AsyncIterator[LogLine]:
    lines: list[LogLine] = []
    for line in lines:
        yield line


REVISION = Revision("mi-prod", "mi-prod--v42", True, 100, NOW)
SCREENS: dict[str, Open] = {
    "incident": lambda session, place: IncidentScreen(session, place, the_incident(session).id),  # type: ignore[arg-type]
    "past": lambda session, place: PastScreen(session, place),  # type: ignore[arg-type]
    "checklist": lambda session, place: ChecklistScreen(session, place, the_incident(session), {}),  # type: ignore[arg-type]
    "communicate": lambda session, place: CommunicateScreen(session, place, the_incident(session)),  # type: ignore[arg-type]
    "document": lambda session, place: DocumentScreen(Runbook("a.md", "A document", "0", "# A document\n")),
    "log": lambda session, place: LogsScreen(REVISION, no_lines, zone=place.zone, time=session.time),
    "brief": lambda session, place: BriefScreen(session, place, the_incident(session)),  # type: ignore[arg-type]
    "preview": lambda session, place: PreviewScreen(session, place, the_incident(session)),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", SCREENS)
async def test_every_screen_of_an_incident_tells_all_its_keys(
    session: Session, place: DialogContext, name: str
) -> None:
    async with Front(SCREENS[name](session, place)).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await must_tell_all_its_keys(pilot, ("log.follow",))  # the last row of a log is its newest


UNSEEN = (
    *("pane_1", "history.1", "history.2"),  # it is there already
    *("messages.line", "checklist.previous"),  # they say what the key before them said
    *("log.follow", "log.again"),  # the end of an empty log; one that ends again at once
)


@pytest.mark.parametrize("name", SCREENS)
async def test_every_key_of_a_screen_does_something_or_says_why_not(
    session: Session, place: DialogContext, name: str
) -> None:
    async with Front(SCREENS[name](session, place)).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await must_answer_every_key(pilot, UNSEEN)


@pytest.mark.parametrize("name", SCREENS)
async def test_every_screen_of_an_incident_is_left_by_q_as_by_esc(
    session: Session, place: DialogContext, name: str
) -> None:
    for key in ("escape", "q"):
        async with Front(SCREENS[name](session, place)).run_test(size=(80, 24)) as pilot:
            shown = pilot.app.screen
            await pilot.press(key)
            await pilot.pause()
            assert pilot.app.screen is not shown


@pytest.mark.parametrize("name", SCREENS)
async def test_every_screen_of_an_incident_explains_its_keys(session: Session, place: DialogContext, name: str) -> None:
    shown = SCREENS[name](session, place)
    async with Front(shown).run_test(size=(80, 24)) as pilot:
        if shown.query(KeyLine):  # the others have a Footer
            assert "? Help" in shown.query_one(KeyLine).text
            assert "esc Back" in shown.query_one(KeyLine).text
        await pilot.press("question_mark")
        await pilot.pause()

        assert isinstance(pilot.app.screen, HelpScreen)


@pytest.mark.parametrize("name", ["incident", "checklist", "communicate", "preview"])
async def test_n_writes_a_note_wherever_an_incident_is(
    session: Session, place: DialogContext, clock: Clock, name: str
) -> None:
    async with Front(SCREENS[name](session, place)).run_test(size=(80, 24)) as pilot:
        clock.pass_by(1)
        await pilot.press("n")
        await pilot.pause()

        assert isinstance(pilot.app.screen, Note)


@pytest.mark.parametrize(
    ("key", "opened"),
    [
        ("s", StatusDialog),
        ("c", CommunicateScreen),
        ("v", PreviewScreen),
        ("B", BriefScreen),
        ("f", FormDialog),
    ],
)
async def test_a_key_of_the_cockpit_does_the_same_on_the_incident_screen(
    session: Session, place: DialogContext, key: str, opened: type[Any]
) -> None:
    async with Front(SCREENS["incident"](session, place)).run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        await pilot.pause()

        assert isinstance(pilot.app.screen, opened)


async def test_boxes_open_from_an_incident_of_before_too(session: Session, place: DialogContext) -> None:
    async with Front(SCREENS["incident"](session, place)).run_test(size=(80, 24)) as pilot:
        await pilot.press("3", "enter")
        await pilot.pause()

        assert isinstance(pilot.app.screen, ChecklistScreen)


async def test_a_key_that_writes_says_why_it_does_nothing(session: Session, place: DialogContext) -> None:
    session.read_only = True
    async with Front(SCREENS["incident"](session, place)).run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("n")
        await pilot.pause()

        assert "Read-only" in "".join(str(each.message) for each in pilot.app._notifications)


async def test_the_screen_says_where_how_long_and_how_a_contact_is_reached(
    session: Session, place: DialogContext, clock: Clock
) -> None:
    clock.pass_by(61)
    shown = SCREENS["incident"](session, place)
    async with Front(shown).run_test(size=(80, 24)) as pilot:
        await pilot.press("4")
        await pilot.pause()

        bar, hint = shown.query_one("#bar", Lines).text, shown.query_one("#hint", Lines).text
        assert "PROD" in bar
        assert "00:01:01" in bar
        assert bar.rstrip().endswith("02:27 NZDT")
        assert "team lead  ana@example.com phone" in hint


def test_what_a_clock_is_about_is_never_squeezed_out() -> None:
    squeezed = [wide for wide in range(40, 200) if compute_widths(COLUMNS, wide)[1] < 26]

    assert squeezed == []


async def test_who_would_call_the_one_on_call_is_first_asked_whether_that_is_them(
    session: Session, place: DialogContext, clock: Clock
) -> None:
    on_call = Rule(
        ClockKind.ESCALATION, "call who is on call", timedelta(), "oncall.md:5", "On-call engineer", number=1
    )
    session.plan = session.incident_actions.plan = replace(session.plan, rules=(*session.plan.rules, on_call))
    session.incident_actions.change_severity("P0")
    session.catch_up()
    screen = IncidentScreen(session, place, the_incident(session).id)  # type: ignore[arg-type]
    async with Front(screen).run_test(size=(120, 40)) as pilot:
        await pilot.press("4", "enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, FormDialog)
        assert pilot.app.screen.what == "Is that you?"
        clock.pass_by(1)
        await pilot.press("enter")
        await pilot.pause(0.3)
        session.catch_up()
        await pilot.press("4", "enter")
        await pilot.pause()
        assert getattr(pilot.app.screen, "what", "") != "Is that you?"
    marks = {mark.id: mark.not_applicable for mark in the_incident(session).marks}
    assert "on call: nobody to call" in marks["escalation:1"]


async def test_a_call_that_nobody_answered_is_recorded_as_such_by_a_choice(
    session: Session, place: DialogContext, clock: Clock
) -> None:
    incident = the_incident(session)
    form = open_call_form(place, clock, session.incident_actions, incident, "team lead", 2, session.plan.contacts)
    async with Front(form).run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", "tab", "tab", "down")
        clock.pass_by(1)
        await pilot.press("enter")
        await pilot.pause(0.3)
        session.catch_up()
    assert [call.answered for call in the_incident(session).called] == [False]


@pytest.mark.parametrize("letter", ["j", "k", "2"])
async def test_a_letter_on_a_list_of_a_form_with_fields_chooses_nothing_and_says_what_does(
    session: Session, place: DialogContext, clock: Clock, letter: str
) -> None:
    incident = the_incident(session)
    form = open_role_form(place, clock, session.incident_actions, incident, "Ops Lead", "debugs", list)
    async with Front(form).run_test(size=(80, 24)) as pilot:
        before = form.values()
        await pilot.press(letter)
        assert form.values() == before
        assert form.query_one("#notice", Lines).display
        assert "↑ ↓ choose" in form.query_one("#keys", Lines).text


async def test_letters_on_the_list_of_a_form_with_one_field_are_typed_into_it(
    session: Session, place: DialogContext, clock: Clock
) -> None:
    form = open_review_form(place, clock, session.incident_actions, the_incident(session))
    async with Front(form).run_test(size=(80, 24)) as pilot:
        state = form.values()["state"]
        await pilot.press(*"just")
        assert form.values() == {"state": state, "reason": "just"}


async def test_where_nothing_can_be_typed_letters_and_digits_choose(
    session: Session, place: DialogContext, clock: Clock
) -> None:
    tier = Deadline("escalation:1", ClockKind.ESCALATION, "call", "", "oncall.md:5", NOW, who="On-call engineer")
    form = open_on_call_form(place, clock, session.incident_actions, the_incident(session), tier)
    async with Front(form).run_test(size=(80, 24)) as pilot:
        first = form.values()
        await pilot.press("j", "2")
        assert form.values() == first  # typed ahead, for what was on the screen before
        clock.pass_by(1)
        await pilot.press("j")
        assert form.values() != first
        await pilot.press("1")
        assert form.values() == first
