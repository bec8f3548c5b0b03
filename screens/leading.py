"""What the keys of an incident's command open: its screen, a clock, the freeze, a pin."""

from functools import partial
from typing import TYPE_CHECKING

from cockpit.model.event import Event
from cockpit.model.incident import Incident
from screens import commanding
from screens.due import DueClock
from screens.opening import place, worst
from screens.view import newest_closed

if TYPE_CHECKING:
    from cockpit.wiring import Session
    from screens.cockpit import CockpitScreen

ROLES_PANE = 1


def concerned(session: "Session") -> Incident | None:
    """The incident that the bar shows, else the one that ended last: captured at the key press."""
    return worst(session) or newest_closed(session.ledger, session.environment.name)


def lead(screen: "CockpitScreen", session: "Session", pane: int = 0) -> None:
    """The incident's own screen, with the cursor in one of its panes."""
    from screens.incident import IncidentScreen

    incident = concerned(session)
    if incident is not None:
        boxes = partial(commanding.checklist, screen, session, incident=incident)
        where = place(screen, session)
        screen.app.push_screen(IncidentScreen(session, where, incident.id, pane=pane, boxes=boxes))


def roles(screen: "CockpitScreen", session: "Session") -> None:
    lead(screen, session, ROLES_PANE)


def lead_to(screen: "CockpitScreen", session: "Session", form: str) -> None:
    """The incident's own screen with one of its forms over it, by the names of `incident_keys.FORMS`."""
    lead(screen, session)
    front = screen.app.screen_stack[-1]
    front.call_after_refresh(front.run_action, f"form({form!r})")


def snooze(screen: "CockpitScreen", session: "Session") -> None:
    """The most urgent clock, as the bar shows it."""
    if screen.asking:
        act_on(screen, session, screen.asking[0], later=True)
    else:
        screen.notify("Nothing is due, so there is nothing to put off.", severity="warning", markup=False)


def act_on(screen: "CockpitScreen", session: "Session", due: DueClock, *, later: bool = False) -> None:
    """Say of one clock that it is done, or later, or does not apply."""
    from screens import timing

    where = place(screen, session)
    screen.app.push_screen(timing.clock(where, session.time, session.desk, due.incident, due.clock, later=later))


def freeze(screen: "CockpitScreen", session: "Session") -> None:
    from screens import people

    now = session.ledger.freeze(session.environment.name)
    screen.app.push_screen(people.freeze(place(screen, session), session.time, session.desk, now))


def pin(screen: "CockpitScreen", session: "Session") -> None:
    """Pin the event under the cursor of the timeline, or take its pin away; one key, and the notice names it."""
    event, incident = screen.under_cursor(3), concerned(session)
    if not isinstance(event, Event) or incident is None:
        return
    on = event.id not in incident.pins

    def write() -> None:
        session.desk.pin(event.id, on, incident=incident.id)

    screen.write(write, f"{'Pinned' if on else 'No longer pinned'}: {event.summary}")


def preview(screen: "CockpitScreen", session: "Session") -> None:
    """The draft as it would be written now."""
    from screens.preview import PreviewScreen

    incident = concerned(session)
    if incident is not None:
        screen.app.push_screen(PreviewScreen(session, place(screen, session), incident))


def past(screen: "CockpitScreen", session: "Session") -> None:
    from screens.past import PastScreen

    screen.app.push_screen(PastScreen(session, place(screen, session)))
