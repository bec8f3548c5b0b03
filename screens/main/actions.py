"""What the cockpit's keys open. Each screen is imported when it is first asked for, and gets what was captured then."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.model.alert import Alert
from cockpit.model.event import Event
from cockpit.model.incident import Incident, find_concerned_incident, worst_first
from cockpit.model.revision import Revision
from screens.main.context import CockpitContext
from screens.main.panes import find_followed_revision
from screens.shared.copying import copy_text
from screens.shared.due import DueClock

if TYPE_CHECKING:
    from cockpit.session import Session
    from screens.dialogs.dialog import DialogContext


# Reads the documents again while the cockpit is open: somebody may have edited them since it began.


def read_again(screen: CockpitContext, session: "Session") -> None:
    """In a thread, while what was asked for opens; what cannot be read any more, or goes unheeded, is said once."""
    problems = session.plan.problems

    def read() -> None:
        for problem in session.read_again().problems:
            if problem not in problems:
                text = f"{problem.message} {problem.advice}".strip()
                screen.notify(text, severity="warning", markup=False, timeout=10)

    screen.run_worker(read, thread=True, group="plan", exit_on_error=False)


def open_declare(screen: CockpitContext, session: "Session") -> None:
    from screens.dialogs.declare import Declare

    read_again(screen, session)  # the rules that will bind are those of now
    bad = session.ledger.bad(session.environment.name)
    screen.app.push_screen(Declare(make_dialog_context(screen, session), session.time, session.desk, bad))


def open_note(screen: CockpitContext, session: "Session") -> None:
    from screens.dialogs.note import Note

    screen.app.push_screen(
        Note(make_dialog_context(screen, session), session.time, session.desk, find_worst_incident(session))
    )


def open_status(screen: CockpitContext, session: "Session") -> None:
    from screens.dialogs.status import StatusDialog

    incident = find_incident_concerned(session)  # which may be opened again
    if incident is not None:
        screen.app.push_screen(StatusDialog(make_dialog_context(screen, session), session.time, session.desk, incident))


def acknowledge_alert(screen: CockpitContext, session: "Session") -> None:
    """Take the alert under the cursor; one key, and the notice names it."""
    alert = screen.under_cursor(1)
    if not isinstance(alert, Alert):
        return

    def write() -> None:
        session.desk.acknowledge(alert.key, alert.name)

    screen.write(write, f"You took {alert.name}.")


def open_wall(screen: CockpitContext, session: "Session") -> None:
    from screens.wall import WallScreen

    screen.app.push_screen(WallScreen())


def open_details(screen: CockpitContext, session: "Session", value: object) -> None:
    from screens.dialogs.details import Details
    from screens.main.runbook_actions import open_revision

    if isinstance(value, Revision):
        open_revision(screen, session, acting_place(screen, session), value)
        return
    if isinstance(value, Event):
        from screens.dialogs.details import EventDetails

        incident = session.ledger.incidents.get(value.incident or "") or find_worst_incident(session)
        where = make_dialog_context(screen, session)
        screen.app.push_screen(EventDetails(where, session.time, value, session.desk, incident))
        return
    taken = session.ledger.taken(session.environment.name)
    where = make_dialog_context(screen, session)
    if isinstance(value, Alert):
        from screens.dialogs.details import AlertDetails

        desk = None if session.read_only else session.desk
        details = AlertDetails(where, session.time, value, taken.get(value.key), desk)
        screen.app.push_screen(details, lambda _: session.watch.refresh())
        return
    screen.app.push_screen(Details(where, session.time, value))


def open_export(screen: CockpitContext, session: "Session") -> None:
    from cockpit.incident.postmortem.export import Exporter
    from screens.incident.export_dialog import Export

    incident = find_incident_concerned(session)
    if incident is None:
        return
    exporter = Exporter(incident, session.timeline, session.desk, session.system, session.time, session.plan)

    def written(path: Path | None) -> None:
        if path is not None:
            screen.notify(f"The draft is in {path}.", markup=False)

    screen.app.push_screen(Export(make_dialog_context(screen, session), session.time, exporter), written)


def open_logs(screen: CockpitContext, session: "Session") -> None:
    """Of the revision under the cursor when its pane has the focus, else of the one with the most traffic."""
    from screens.logs import LogsScreen

    pair = find_followed_revision(screen)
    if pair is None:
        screen.notify("No revision has traffic; choose one in pane 3 first.", severity="warning", markup=False)
        return
    app, revision = pair
    open_stream = partial(session.logs, app, revision)
    screen.app.push_screen(LogsScreen(revision, open_stream, zone=screen.cockpit.zone, time=session.time))


def sign_in(screen: CockpitContext, session: "Session") -> None:
    """By the way a person signed in before; afterwards every source is asked again."""
    from screens.dialogs.signin import DeviceCodeDialog, TerminalLogin

    credential = session.credential
    way = credential.signs_in_with if credential else None
    if credential is None or way is None:
        screen.notify("Only a machine's identity is configured here: nobody can sign in.", markup=False)
        return

    def done(result: object) -> None:
        if result:
            credential.forget()
            session.watch.refresh()

    where = make_dialog_context(screen, session)
    if way == "cli":
        login = TerminalLogin(where, session.time, credential.login_command(), screen.cockpit.hand_over)
        screen.app.push_screen(login, done)
    else:
        screen.app.push_screen(DeviceCodeDialog(where, session.time, credential.sign_in), done)


def open_runbooks(screen: CockpitContext, session: "Session") -> None:
    from screens.main.runbook_actions import open_catalogue

    read_again(screen, session)  # as the catalogue reads the documents itself
    open_catalogue(screen, session, acting_place(screen, session))


def roll_back(screen: CockpitContext, session: "Session") -> None:
    """To the revision under the cursor when its pane has the focus, else to the last one that served well."""
    from screens.main.runbook_actions import open_rollback

    chosen = screen.under_cursor(2) if screen.current == 2 else None
    open_rollback(screen, session, acting_place(screen, session), chosen if isinstance(chosen, Revision) else None)


def show_procedure(screen: CockpitContext, session: "Session", name: str) -> None:
    from screens.main.runbook_actions import open_procedure

    open_procedure(screen, session, acting_place(screen, session), name)


def bind_procedures(screen: CockpitContext, session: "Session") -> None:
    """The keys that the configuration gives to procedures."""
    for key, name in session.system.procedure_keys.items():
        screen.app.bind(key, f"screen.procedure({name!r})", description=name, show=False)


def acting_place(screen: CockpitContext, session: "Session") -> "DialogContext":
    """As whom the cloud will see what is done, where that is known."""
    dialog_context, identity = make_dialog_context(screen, session), session.identity()
    return replace(dialog_context, actor=identity.label) if identity else dialog_context


def make_dialog_context(screen: CockpitContext, session: "Session") -> "DialogContext":
    from screens.dialogs.dialog import DialogContext

    here = session.environment
    return DialogContext(here.name, here.production, session.operator, screen.cockpit.zone)


def find_worst_incident(session: "Session") -> Incident | None:
    """The incident that the bar shows, captured at the key press."""
    return next(iter(worst_first(session.ledger, session.environment.name, session.system.ladder)), None)


# What the keys of communication and of checklists open. What they are about is captured at the key press.


def open_communicate(screen: CockpitContext, session: "Session", incident: Incident | None = None) -> None:
    """Write to clients or the team; of the incident that the bar shows, or the one that ended last."""
    from screens.messages.screen import CommunicateScreen

    lines = incident or find_incident_concerned(session)
    if lines is not None:
        screen.app.push_screen(CommunicateScreen(session, make_dialog_context(screen, session), lines))


def open_update(screen: CockpitContext, session: "Session") -> None:
    """Write down that an update was sent by other means."""
    from screens.incident.people_forms import open_update_form as form

    incident = find_incident_concerned(session)
    if incident is not None:
        screen.app.push_screen(
            form(make_dialog_context(screen, session), session.time, session.desk, incident, session.plan)
        )


def status_line(screen: CockpitContext, session: "Session") -> None:
    """Copy the one line on how it stands, for the incident channel, and write down that it was sent."""
    from cockpit.incident.messages.offers import STATUS_LINE, compose_message
    from screens.messages.screen import build_scene, build_taking

    incident = find_incident_concerned(session)
    if incident is None:
        return
    where = make_dialog_context(screen, session)
    line = compose_message(STATUS_LINE, build_scene(session, where, incident), session.time.now())
    copy_text(screen.app, line.text)
    sent = build_taking(session, where, incident).sent
    screen.write(
        partial(sent, STATUS_LINE.audience, line.text, STATUS_LINE.id, line.promised),
        "The status line is copied, kept in messages/ beside the timeline, and written down as sent to the team.",
    )


def open_checklist(
    screen: CockpitContext, session: "Session", first: str = "", incident: Incident | None = None
) -> None:
    """The boxes of the plan's checklists, those of the incident's severity first; `first` names another one."""
    subject = incident or find_incident_concerned(session)
    if subject is None:
        return
    if not session.plan.checklists:
        screen.notify("No document has a checklist: `- [ ]` items make one.", severity="warning", markup=False)
        return
    from screens.checklist.screen import ChecklistScreen

    acts = acts_of_items(screen, session, subject)
    screen.app.push_screen(ChecklistScreen(session, make_dialog_context(screen, session), subject, acts, first))


def acts_of_items(screen: CockpitContext, session: "Session", incident: Incident) -> dict[str, Callable[[], None]]:
    """What the items of a checklist can offer here, by the names of `checklist_rows.WORDS`."""

    acts: dict[str, Callable[[], None]] = {
        "declare": partial(open_communicate, screen, session, incident),
        "communicate": partial(open_communicate, screen, session, incident),
        "freeze": partial(open_freeze, screen, session),
        "roll_back": partial(roll_back, screen, session),
    }
    if session.plan.snapshot:
        acts["preserve"] = partial(show_procedure, screen, session, session.plan.snapshot)
    return acts


# What the keys of an incident's command open: its screen, a clock, the freeze, a pin.

ROLES_PANE = 1


def find_incident_concerned(session: "Session") -> Incident | None:
    """The incident that the bar shows, else the one that ended last: captured at the key press."""
    return find_concerned_incident(session.ledger, session.environment.name, session.system.ladder)


def open_incident(screen: CockpitContext, session: "Session", pane: int = 0) -> None:
    """The incident's own screen, with the cursor in one of its panes."""
    from screens.incident.screen import IncidentScreen

    incident = find_incident_concerned(session)
    if incident is not None:
        boxes = partial(open_checklist, screen, session, incident=incident)
        where = make_dialog_context(screen, session)
        screen.app.push_screen(IncidentScreen(session, where, incident.id, pane=pane, boxes=boxes))


def open_roles(screen: CockpitContext, session: "Session") -> None:
    open_incident(screen, session, ROLES_PANE)


def lead_to(screen: CockpitContext, session: "Session", form: str) -> None:
    """The incident's own screen with one of its forms over it, by the names of `incident_keys.FORMS`."""
    open_incident(screen, session)
    front = screen.app.screen_stack[-1]
    front.call_after_refresh(front.run_action, f"form({form!r})")


def snooze_clock(screen: CockpitContext, session: "Session") -> None:
    """The most urgent clock, as the bar shows it."""
    if screen.asking:
        act_on(screen, session, screen.asking[0], later=True)
    else:
        screen.notify("Nothing is due, so there is nothing to put off.", severity="warning", markup=False)


def act_on(screen: CockpitContext, session: "Session", due: DueClock, *, later: bool = False) -> None:
    """Say of one clock that it is done, or later, or does not apply."""
    from screens.incident import clock_forms as timing

    where = make_dialog_context(screen, session)
    screen.app.push_screen(
        timing.open_clock_form(where, session.time, session.desk, due.incident, due.clock, later=later)
    )


def open_freeze(screen: CockpitContext, session: "Session") -> None:
    from screens.incident import people_forms as people

    now = session.ledger.freeze(session.environment.name)
    screen.app.push_screen(
        people.open_freeze_form(make_dialog_context(screen, session), session.time, session.desk, now)
    )


def pin_event(screen: CockpitContext, session: "Session") -> None:
    """Pin the event under the cursor of the timeline, or take its pin away; one key, and the notice names it."""
    event, incident = screen.under_cursor(3), find_incident_concerned(session)
    if not isinstance(event, Event) or incident is None:
        return
    on = event.id not in incident.pins

    def write() -> None:
        session.desk.pin(event.id, on, incident=incident.id)

    screen.write(write, f"{'Pinned' if on else 'No longer pinned'}: {event.summary}")


def open_preview(screen: CockpitContext, session: "Session") -> None:
    """The draft as it would be written now."""
    from screens.incident.draft_preview import PreviewScreen

    incident = find_incident_concerned(session)
    if incident is not None:
        screen.app.push_screen(PreviewScreen(session, make_dialog_context(screen, session), incident))


def open_history(screen: CockpitContext, session: "Session") -> None:
    from screens.history.screen import PastScreen

    screen.app.push_screen(PastScreen(session, make_dialog_context(screen, session)))


# Which function a key of the cockpit calls, by the name of its action.

Opens = Callable[[CockpitContext, "Session"], None]
OPENS: dict[str, Opens] = {
    "declare": open_declare,
    "note": open_note,
    "status": open_status,
    "acknowledge": acknowledge_alert,
    "export": open_export,
    "logs": open_logs,
    "wall": open_wall,
    "sign_in": sign_in,
    "runbooks": open_runbooks,
    "roll_back": roll_back,
    "roles": open_roles,
    "communicate": open_communicate,
    "update": open_update,
    "status_line": status_line,
    "snooze": snooze_clock,
    "freeze": open_freeze,
    "pin": pin_event,
    "preview": open_preview,
    "past": open_history,
}
