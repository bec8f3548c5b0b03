"""What the keys of communication and of checklists open. What they are about is captured at the key press."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from cockpit.model.incident import Incident
from screens.copying import copy_text
from screens.opening import place, worst
from screens.view import newest_closed

if TYPE_CHECKING:
    from cockpit.wiring import Session
    from screens.cockpit import CockpitScreen


def communicate(screen: "CockpitScreen", session: "Session", incident: Incident | None = None) -> None:
    """Write to clients or the team; of the incident that the bar shows, or the one that ended last."""
    from screens.communicate import CommunicateScreen

    told = incident or _told_of(session)
    if told is not None:
        screen.app.push_screen(CommunicateScreen(session, place(screen, session), told))


def update(screen: "CockpitScreen", session: "Session") -> None:
    """Write down that an update was sent by other means."""
    from screens.updating import update as form

    incident = _told_of(session)
    if incident is not None:
        screen.app.push_screen(form(place(screen, session), session.time, session.desk, incident, session.plan))


def status_line(screen: "CockpitScreen", session: "Session") -> None:
    """Copy the one line on how it stands, for the incident channel, and write down that it was sent."""
    from cockpit.incident.comms_offers import STATUS_LINE, compose
    from screens.communicate import scene, taking

    incident = _told_of(session)
    if incident is None:
        return
    where = place(screen, session)
    line = compose(STATUS_LINE, scene(session, where, incident), session.time.now())
    copy_text(screen.app, line.text)
    sent = taking(session, where, incident).sent
    screen.write(
        partial(sent, STATUS_LINE.audience, line.text, STATUS_LINE.id, line.promised),
        "The status line is copied, kept in messages/ beside the timeline, and written down as sent to the team.",
    )


def checklist(screen: "CockpitScreen", session: "Session", first: str = "", incident: Incident | None = None) -> None:
    """The boxes of the plan's checklists, those of the incident's severity first; `first` names another one."""
    of = incident or _told_of(session)
    if of is None:
        return
    if not session.plan.checklists:
        screen.notify("No document has a checklist: `- [ ]` items make one.", severity="warning", markup=False)
        return
    from screens.checklist import ChecklistScreen

    acts = acts_of_items(screen, session, of)
    screen.app.push_screen(ChecklistScreen(session, place(screen, session), of, acts, first))


def acts_of_items(screen: "CockpitScreen", session: "Session", incident: Incident) -> dict[str, Callable[[], None]]:
    """What the items of a checklist can offer here, by the names of `checklist_rows.WORDS`."""
    from screens import leading, opening

    acts: dict[str, Callable[[], None]] = {
        "declare": partial(communicate, screen, session, incident),
        "communicate": partial(communicate, screen, session, incident),
        "freeze": partial(leading.freeze, screen, session),
        "roll_back": partial(opening.roll_back, screen, session),
    }
    if session.plan.snapshot:
        acts["preserve"] = partial(opening.procedure, screen, session, session.plan.snapshot)
    return acts


def _told_of(session: "Session") -> Incident | None:
    return worst(session) or newest_closed(session.ledger, session.environment.name)
