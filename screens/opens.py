"""Which function a key of the cockpit calls, by the name of its action."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from screens import commanding, leading, opening

if TYPE_CHECKING:
    from cockpit.wiring import Session
    from screens.cockpit import CockpitScreen

Opens = Callable[["CockpitScreen", "Session"], None]
OPENS: dict[str, Opens] = {
    "declare": opening.declare,
    "note": opening.note,
    "status": opening.status,
    "acknowledge": opening.acknowledge,
    "export": opening.export,
    "logs": opening.logs,
    "wall": opening.wall,
    "sign_in": opening.sign_in,
    "runbooks": opening.runbooks,
    "roll_back": opening.roll_back,
    "roles": leading.roles,
    "communicate": commanding.communicate,
    "update": commanding.update,
    "status_line": commanding.status_line,
    "snooze": leading.snooze,
    "freeze": leading.freeze,
    "pin": leading.pin,
    "preview": leading.preview,
    "past": leading.past,
}
