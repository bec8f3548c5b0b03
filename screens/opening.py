"""What the cockpit's keys open. Each screen is imported when it is first asked for, and gets what was captured then."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.model.alert import Alert
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.model.revision import Application, Revision
from screens.rereading import read_again
from screens.view import newest_closed, worst_first

if TYPE_CHECKING:
    from cockpit.wiring import Session
    from screens.cockpit import CockpitScreen
    from screens.dialog import DialogContext


TO_PANES = ("pane_1", "pane_2", "pane_3", "pane_4")


def help(screen: "CockpitScreen") -> None:
    from screens.help import ROWS, WATCHED, explain

    moves = {
        TO_PANES: "To a pane: probes, alerts, revisions, timeline",
        **ROWS,
        ("table.select",): "Details of the row",
    }
    explain(screen, moves, without=TO_PANES, signs=WATCHED)


def declare(screen: "CockpitScreen", session: "Session") -> None:
    from screens.declare import Declare

    read_again(screen, session)  # the rules that will bind are those of now
    bad = session.ledger.bad(session.environment.name)
    screen.app.push_screen(Declare(place(screen, session), session.time, session.desk, bad))


def note(screen: "CockpitScreen", session: "Session") -> None:
    from screens.note import Note

    screen.app.push_screen(Note(place(screen, session), session.time, session.desk, worst(session)))


def status(screen: "CockpitScreen", session: "Session") -> None:
    from screens.status import StatusDialog

    incident = worst(session) or newest_closed(session.ledger, session.environment.name)  # which may be opened again
    if incident is not None:
        screen.app.push_screen(StatusDialog(place(screen, session), session.time, session.desk, incident))


def acknowledge(screen: "CockpitScreen", session: "Session") -> None:
    """Take the alert under the cursor; one key, and the notice names it."""
    alert = screen.under_cursor(1)
    if not isinstance(alert, Alert):
        return

    def write() -> None:
        session.desk.acknowledge(alert.key, alert.name)

    screen.write(write, f"You took {alert.name}.")


def wall(screen: "CockpitScreen", session: "Session") -> None:
    from screens.modes import wall_screen

    screen.app.push_screen(wall_screen())


def details(screen: "CockpitScreen", session: "Session", shown: object) -> None:
    from screens.acting import open_revision
    from screens.details import Details

    if isinstance(shown, Revision):
        open_revision(screen, session, acting_place(screen, session), shown)
        return
    if isinstance(shown, Event):
        from screens.event import EventDetails

        incident = session.ledger.incidents.get(shown.incident or "") or worst(session)
        where = place(screen, session)
        screen.app.push_screen(EventDetails(where, session.time, shown, session.desk, incident))
        return
    taken = session.ledger.taken(session.environment.name)
    ack = taken.get(shown.key) if isinstance(shown, Alert) else None
    screen.app.push_screen(Details(place(screen, session), session.time, shown, ack))


def export(screen: "CockpitScreen", session: "Session") -> None:
    from cockpit.incident.export import Exporter
    from screens.export import Export

    incident = worst(session) or newest_closed(session.ledger, session.environment.name)
    if incident is None:
        return
    exporter = Exporter(incident, session.timeline, session.desk, session.system, session.time, session.plan)

    def written(path: Path | None) -> None:
        if path is not None:
            screen.notify(f"The draft is in {path}.", markup=False)

    screen.app.push_screen(Export(place(screen, session), session.time, exporter), written)


def logs(screen: "CockpitScreen", session: "Session") -> None:
    """Of the revision under the cursor when its pane has the focus, else of the one with the most traffic."""
    from screens.logs import LogsScreen

    found = followed(screen)
    if found is None:
        screen.notify("No revision has traffic; choose one in pane 3 first.", severity="warning", markup=False)
        return
    app, revision = found
    open_stream = partial(session.logs, app, revision)
    screen.app.push_screen(LogsScreen(revision, open_stream, zone=screen.cockpit.zone, time=session.time))


def followed(screen: "CockpitScreen") -> tuple[Application, Revision] | None:
    """Whose logs the key opens at this moment."""
    chosen = screen.under_cursor(2) if screen.current == 2 else None
    for app in screen.seen.applications:
        revision = app.serving
        if isinstance(chosen, Revision):
            revision = next(
                (each for each in app.revisions if (each.app, each.name) == (chosen.app, chosen.name)), None
            )
        if revision is not None:
            return app, revision
    return None


def sign_in(screen: "CockpitScreen", session: "Session") -> None:
    """By the way a person signed in before; afterwards every source is asked again."""
    from screens.signin import DeviceCodeDialog, TerminalLogin

    credential = session.credential
    way = credential.signs_in_with if credential else None
    if credential is None or way is None:
        screen.notify("Only a machine's identity is configured here: nobody can sign in.", markup=False)
        return

    def done(result: object) -> None:
        if result:
            credential.forget()
            session.watch.refresh()

    where = place(screen, session)
    if way == "cli":
        login = TerminalLogin(where, session.time, credential.login_command(), screen.cockpit.hand_over)
        screen.app.push_screen(login, done)
    else:
        screen.app.push_screen(DeviceCodeDialog(where, session.time, credential.sign_in), done)


def runbooks(screen: "CockpitScreen", session: "Session") -> None:
    from screens.acting import open_catalogue

    read_again(screen, session)  # as the catalogue reads the documents itself
    open_catalogue(screen, session, acting_place(screen, session))


def roll_back(screen: "CockpitScreen", session: "Session") -> None:
    """To the revision under the cursor when its pane has the focus, else to the last one that served well."""
    from screens.acting import open_rollback

    chosen = screen.under_cursor(2) if screen.current == 2 else None
    open_rollback(screen, session, acting_place(screen, session), chosen if isinstance(chosen, Revision) else None)


def procedure(screen: "CockpitScreen", session: "Session", name: str) -> None:
    from screens.acting import open_procedure

    open_procedure(screen, session, acting_place(screen, session), name)


def bind_procedures(screen: "CockpitScreen", session: "Session") -> None:
    """The keys that the configuration gives to procedures."""
    for key, name in session.system.procedure_keys.items():
        screen.app.bind(key, f"screen.procedure({name!r})", description=name, show=False)


def acting_place(screen: "CockpitScreen", session: "Session") -> "DialogContext":
    """As whom the cloud will see what is done, where that is known."""
    found, identity = place(screen, session), session.identity()
    return replace(found, actor=identity.label) if identity else found


def place(screen: "CockpitScreen", session: "Session") -> "DialogContext":
    from screens.dialog import DialogContext

    here = session.environment
    return DialogContext(here.name, here.production, session.operator, screen.cockpit.zone)


def worst(session: "Session") -> Incident | None:
    """The incident that the bar shows, captured at the key press."""
    return next(iter(worst_first(session.ledger, session.environment.name, session.system.ladder)), None)
