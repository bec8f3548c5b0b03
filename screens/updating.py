"""The small dialog for an update that was sent by other means: what was said, to whom, when the next one follows."""

from datetime import timedelta
from typing import TYPE_CHECKING

from cockpit.incident.comms_facts import usual_promise
from cockpit.incident.comms_times import length
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan
from cockpit.model.time import Time
from screens.communicate_lines import AUDIENCES
from screens.dialog import DialogContext
from screens.form import Field, FormDialog, FormError, Values, needed

if TYPE_CHECKING:
    from cockpit.incident.desk import Desk
    from cockpit.model.event import Event

READS = {"client": "customers, clients", "team": "the incident channel, our own people", "authority": "a regulator"}
NOT_PROMISED = frozenset({"", "-", "–", "none", "no", "0"})


def update(place: DialogContext, time: Time, desk: "Desk", incident: Incident, plan: Plan) -> "FormDialog[Event]":
    """One line and Enter; the next one is promised as often as the incident's rules ask."""
    usual = usual_promise(incident, plan)
    preset = f"{int(usual.total_seconds()) // 60} min" if usual else ""
    last = incident.updates[-1].audience if incident.updates else "client"

    def act(values: Values) -> "Event":
        within = promised(values["next"])
        due = (time.now() + within).replace(second=0, microsecond=0) if within else None
        return desk.sent(values["to"], values["text"], promised=due, incident=incident.id)

    def check(values: Values) -> None:
        needed("text", "Say in one line what they were told.")(values)
        promised(values["next"])

    return FormDialog(
        place,
        time,
        "Update sent",
        [
            Field("text", "what was said, in one line"),
            Field("next", "promised: the next one in", preset, "nothing, or 30 min, 1 hour"),
            Field("to", "to", last, options=tuple((each, READS[each]) for each in AUDIENCES)),
        ],
        act,
        about=[[("on ", "muted"), (f"{incident.severity} ", ""), (incident.title, "strong")]],
        check=check,
        does="writes it down",
    )


def promised(text: str) -> timedelta | None:
    """The length that was typed, None for no promise. Raises FormError."""
    words = " ".join(text.split())
    if words.casefold() in NOT_PROMISED:
        return None
    found = length(words) or length(f"{words} min")
    if not found:
        raise FormError(f"`{words[:40]}` is no length of time; write 30 min or 1 hour, or nothing.")
    return found
