"""What the cockpit's keys open. Each screen is imported when it is first asked for, and gets what was captured then."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from cockpit.model.alert import Alert
from cockpit.model.incident import Incident
from screens.view import worst_first

if TYPE_CHECKING:
    from cockpit.wiring import Session
    from screens.cockpit import CockpitScreen
    from screens.dialog import Place


def help(screen: "CockpitScreen") -> None:
    from screens.help import HelpScreen

    bindings = {each.binding.id: each.binding for each in screen.active_bindings.values() if each.binding.id}
    shown = [each for each in bindings.values() if each.tooltip]
    screen.app.push_screen(HelpScreen([(screen.app.get_key_display(each), each.tooltip) for each in shown]))


def declare(screen: "CockpitScreen", session: "Session") -> None:
    from screens.declare import Declare

    bad = session.ledger.bad(session.environment.name)
    screen.app.push_screen(Declare(place(screen, session), session.time, session.desk, bad))


def note(screen: "CockpitScreen", session: "Session") -> None:
    from screens.note import Note

    screen.app.push_screen(Note(place(screen, session), session.time, session.desk, _worst(session)))


def status(screen: "CockpitScreen", session: "Session") -> None:
    from screens.status import Status

    incident = _worst(session)
    if incident is not None:
        screen.app.push_screen(Status(place(screen, session), session.time, session.desk, incident))


def acknowledge(screen: "CockpitScreen", session: "Session") -> None:
    """Take the alert under the cursor; one key, and the notice names it."""
    alert = screen.under_cursor(1)
    if not isinstance(alert, Alert):
        return

    def write() -> None:
        session.desk.acknowledge(alert.key, alert.name)

    screen.write(write, f"You took {alert.name}.")


def wall(screen: "CockpitScreen", session: "Session") -> None:
    from screens.wall import WallScreen

    screen.app.push_screen(WallScreen())


def details(screen: "CockpitScreen", session: "Session", shown: object) -> None: ...


def export(screen: "CockpitScreen", session: "Session") -> None: ...


def logs(screen: "CockpitScreen", session: "Session") -> None: ...


def sign_in(screen: "CockpitScreen", session: "Session") -> None: ...


def place(screen: "CockpitScreen", session: "Session") -> "Place":
    from screens.dialog import Place

    here = session.environment
    return Place(here.name, here.production, session.operator, screen.cockpit.zone)


def _worst(session: "Session") -> Incident | None:
    """The incident that the bar shows, captured at the key press."""
    return next(iter(worst_first(session.ledger, session.environment.name, session.system.ladder)), None)


Opens = Callable[["CockpitScreen", "Session"], None]
OPENS: dict[str, Opens] = {
    "declare": declare,
    "note": note,
    "status": status,
    "acknowledge": acknowledge,
    "export": export,
    "logs": logs,
    "wall": wall,
    "sign_in": sign_in,
}
