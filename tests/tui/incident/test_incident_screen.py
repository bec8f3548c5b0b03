"""The commander's screen: what is due, who holds which role, which boxes are open, whom to call; and each act of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from cockpit.model.clock import ClockKind
from cockpit.model.event import Draft, Kind
from cockpit.model.incident import Incident
from screens.dialogs.dialog import DialogContext
from screens.dialogs.form import FormDialog
from screens.incident.screen import IncidentScreen
from tests.tui.incident.conftest import Clock, Front, Session, confirm
from widgets.line import Lines
from widgets.pane import Pane


def incident(session: Session) -> Incident:
    session.catch_up()
    found: Incident
    [found] = session.ledger.incidents.values()
    return found


def shown(pane: Pane, clock: Clock) -> list[str]:
    return [" ".join(cell.shown(clock.now()) for cell in row.cells) for row in pane.table.rows]


@pytest.fixture
def screen(session: Session, place: DialogContext) -> IncidentScreen:
    return IncidentScreen(session, place, incident(session).id)  # type: ignore[arg-type]  # all it needs of one


async def test_it_shows_what_is_due_first_and_where_its_rule_stands(screen: IncidentScreen, clock: Clock) -> None:
    async with Front(screen).run_test(size=(120, 40)):
        due = shown(screen.panes[0], clock)

        assert any("next update" in row and "30:00" in row and "oncall.md:13" in row for row in due)
        assert "nobody" in shown(screen.panes[1], clock)[0]
        assert "First ten minutes 0/2" in shown(screen.panes[2], clock)[0]
        assert "team lead" in shown(screen.panes[3], clock)[0]


async def test_enter_on_a_role_takes_it(screen: IncidentScreen, session: Session, clock: Clock) -> None:
    async with Front(screen).run_test(size=(120, 40)) as pilot:
        await pilot.press("2", "enter")
        await pilot.pause()
        await confirm(pilot, clock)

        assert incident(session).in_role("Incident Commander") == ("you@example.com",)
        screen.draw()
        assert "you" in shown(screen.panes[1], clock)[0]


async def test_a_handover_says_what_is_still_open(screen: IncidentScreen, session: Session, clock: Clock) -> None:
    session.incident_actions.take_role("Incident Commander")
    session.incident_actions.freeze(True, "until green")
    silent = {"name": "5xx errors", "state": "suppressed"}
    session.timeline.record([Draft(Kind.ALERT, "silenced", clock.now(), "prod", "az:5xx", detail=silent)])
    session.catch_up()
    async with Front(screen).run_test(size=(120, 40)) as pilot:
        await pilot.press("2", "enter", "down", "tab")
        await pilot.press(*["backspace"] * 20, *"bob")
        await confirm(pilot, clock)

        assert incident(session).in_role("Incident Commander") == ("bob",)
        note = next(each.note for each in incident(session).roles if each.person == "bob")
        assert "next update, due " in note
        assert note.endswith(": 5xx errors; prod is frozen: until green")


async def test_what_was_done_while_the_form_was_open_is_not_handed_over(
    screen: IncidentScreen, session: Session, clock: Clock
) -> None:
    session.incident_actions.take_role("Incident Commander")
    session.incident_actions.freeze(True, "until green")
    session.catch_up()
    async with Front(screen).run_test(size=(120, 40)) as pilot:
        await pilot.press("2", "enter", "down", "tab")
        await pilot.press(*["backspace"] * 20, *"bob")
        session.incident_actions.freeze(False)
        session.catch_up()
        await confirm(pilot, clock)

        note = next(each.note for each in incident(session).roles if each.person == "bob")
        assert "frozen" not in note


async def test_where_no_end_of_the_impact_is_proposed_the_form_names_what_is_bad_still(
    screen: IncidentScreen, session: Session, clock: Clock
) -> None:
    firing = {"name": "QueueBacklog", "state": "firing", "severity": "medium"}
    session.timeline.record([Draft(Kind.ALERT, "fired", clock.now(), "prod", "am:backlog", detail=firing)])
    session.catch_up()
    async with Front(screen).run_test(size=(120, 40)) as pilot:
        await pilot.press("s")
        await pilot.pause()
        assert "QueueBacklog" in str(pilot.app.screen.query_one("#impact-evidence", Lines).text)


async def test_a_clock_can_be_put_off_and_goes_on_counting(
    screen: IncidentScreen, session: Session, clock: Clock
) -> None:
    async with Front(screen).run_test(size=(120, 40)) as pilot:
        row = next(id for id, each in screen.objects[0].items() if getattr(each, "kind", None) is ClockKind.UPDATE)
        screen.panes[0].table.move_to([each.id for each in screen.panes[0].table.rows].index(row))
        await pilot.press("z")
        await pilot.pause()
        await confirm(pilot, clock)
        incident(session)
        screen.draw()

        [told] = [each for each in shown(screen.panes[0], clock) if "next update" in each]
        assert "snoozed until 02:36" in told
        assert "29:59" in told


async def test_a_task_gets_a_clock_of_its_own(screen: IncidentScreen, session: Session, clock: Clock) -> None:
    async with Front(screen).run_test(size=(120, 40)) as pilot:
        await pilot.press("t", *"slow queries")
        await confirm(pilot, clock)
        incident(session)
        screen.draw()

        assert any("slow queries" in each and "3:00" in each for each in shown(screen.panes[0], clock))


async def test_the_breach_clock_cannot_be_put_off(screen: IncidentScreen, session: Session, clock: Clock) -> None:
    session.incident_actions.aware("tokens were in a public log")
    incident(session)
    async with Front(screen).run_test(size=(120, 40)) as pilot:
        screen.panes[0].table.move_to(list(screen.objects[0]).index("breach"))
        await pilot.press("enter")
        await pilot.pause()
        form = pilot.app.screen
        assert isinstance(form, FormDialog)
        assert [name for name, _ in form.query_one("#field-what").options] == ["done", "not applicable"]  # type: ignore[attr-defined]

        await confirm(pilot, clock)
        assert "Say why" in form.query_one("#notice", Lines).text


async def test_calling_somebody_is_written_down(screen: IncidentScreen, session: Session, clock: Clock) -> None:
    async with Front(screen).run_test(size=(120, 40)) as pilot:
        await pilot.press("4", "enter")
        await pilot.pause()
        await confirm(pilot, clock)

        [call] = incident(session).called
        assert (call.who, call.tier, call.how) == ("team lead", 2, "phone")


async def test_a_scenario_in_which_nothing_may_be_lost_can_be_chosen(
    screen: IncidentScreen, session: Session, clock: Clock
) -> None:
    async with Front(screen).run_test(size=(80, 24)) as pilot:
        await pilot.press("y")
        await pilot.pause()
        await confirm(pilot, clock)

        recovery = incident(session).recovery
        assert recovery is not None
        assert (recovery.scenario, recovery.rpo, recovery.rto) == ("Bad deployment", timedelta(), timedelta(minutes=5))


@pytest.mark.parametrize(("key", "words", "kept"), [("d", "roll back", "decisions"), ("l", "checks are off", "marks")])
async def test_a_decision_and_a_loose_end_are_kept(
    screen: IncidentScreen, session: Session, clock: Clock, key: str, words: str, kept: str
) -> None:
    async with Front(screen).run_test(size=(80, 24)) as pilot:
        await pilot.press(key, *words)
        await confirm(pilot, clock)

        assert words in str(getattr(incident(session), kept))


async def test_read_only_looks_and_does_nothing(screen: IncidentScreen, session: Session) -> None:
    session.read_only = True
    async with Front(screen).run_test(size=(80, 24)) as pilot:
        await pilot.press("t", "2", "enter")
        await pilot.pause()

        assert pilot.app.screen is screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_picture(
    snap_compare: Callable[..., Any], screen: IncidentScreen, session: Session, clock: Clock, size: tuple[int, int]
) -> None:
    session.incident_actions.take_role("Incident Commander")
    session.incident_actions.take_role("Ops Lead", "ana@example.com")
    session.incident_actions.start_task("look at the slow queries", timedelta(minutes=3), "ana@example.com")
    session.catch_up()
    clock.pass_by(960)

    async def settled(pilot: Pilot[None]) -> None:
        screen.draw()
        await pilot.pause()

    assert snap_compare(Front(screen), terminal_size=size, run_before=settled)
