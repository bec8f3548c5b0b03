"""What the small acts of an incident look like on the smallest terminal: nothing that matters is cut off."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from cockpit.incident.clocks.reminders import list_open_items
from cockpit.model.incident import Incident
from screens.dialogs.details import EventDetails
from screens.dialogs.dialog import DialogContext
from screens.incident import clock_forms as timing
from screens.incident import people_forms as people
from screens.incident.post_mortem import PreviewScreen
from screens.incident.screen import IncidentScreen
from screens.shared.due import list_running_clocks
from tests.tui.incident.conftest import Clock, Front, Session

Make = Callable[[Session, DialogContext, Clock, Incident], Screen[Any]]


def role(session: Session, place: DialogContext, clock: Clock, incident: Incident) -> Screen[Any]:
    def list_leaves() -> list[str]:
        due = list_running_clocks(session, incident, clock.now(), place.zone)
        return list_open_items(incident, due, clock.now(), place.zone)

    return people.open_role_form(
        place, clock, session.incident_actions, incident, "Incident Commander", "drives, does not debug", list_leaves
    )


def a_clock(session: Session, place: DialogContext, clock: Clock, incident: Incident) -> Screen[Any]:
    due = list_running_clocks(session, incident, clock.now(), place.zone)
    update = next(each for each in due if each.what == "next update")
    return timing.open_clock_form(place, clock, session.incident_actions, incident, update)


def called(session: Session, place: DialogContext, clock: Clock, incident: Incident) -> Screen[Any]:
    return people.open_call_form(
        place, clock, session.incident_actions, incident, "team lead", 2, session.plan.contacts
    )


def event(session: Session, place: DialogContext, clock: Clock, incident: Incident) -> Screen[Any]:
    written = session.incident_actions.note("it began right after the deploy", incident=incident.id)
    # Its own hash holds a salt, and is another each time.
    return EventDetails(place, clock, replace(written, hash="0" * 64), session.incident_actions, incident)


MADE: dict[str, Make] = {
    "role": role,
    "clock": a_clock,
    "task": lambda session, place, clock, incident: timing.open_task_form(
        place, clock, session.incident_actions, incident
    ),
    "breach": lambda session, place, clock, incident: timing.open_awareness_form(
        place, clock, session.incident_actions, incident, session.plan
    ),
    "called": called,
    "freeze": lambda session, place, clock, incident: people.open_freeze_form(
        place, clock, session.incident_actions, None
    ),
    "event": event,
    "preview": lambda session, place, clock, incident: PreviewScreen(session, place, incident),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", MADE)
def test_picture_at_80x24(
    snap_compare: Callable[..., Any], session: Session, place: DialogContext, clock: Clock, name: str
) -> None:
    session.incident_actions.take_role("Incident Commander", "ana@example.com")
    session.incident_actions.start_task("look at the slow queries", timedelta(minutes=3))
    session.catch_up()
    [incident] = session.ledger.incidents.values()
    clock.pass_by(240)

    async def settled(pilot: Pilot[None]) -> None:
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()

    app = Front(MADE[name](session, place, clock, incident))
    assert snap_compare(app, terminal_size=(80, 24), run_before=settled)


def test_picture_of_the_incident_screen_on_a_large_terminal(
    snap_compare: Callable[..., Any], session: Session, place: DialogContext, clock: Clock
) -> None:
    session.incident_actions.take_role("Ops Lead", "ana@example.com")
    session.catch_up()
    [incident] = session.ledger.incidents.values()
    clock.pass_by(960)

    async def settled(pilot: Pilot[None]) -> None:
        await pilot.press("4")
        await pilot.pause()

    app = Front(IncidentScreen(session, place, incident.id))  # type: ignore[arg-type]
    assert snap_compare(app, terminal_size=(200, 60), run_before=settled)
