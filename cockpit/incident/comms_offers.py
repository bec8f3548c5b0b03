"""The messages that can be written at this moment: the plan's templates, and two lines for the incident channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from cockpit.incident.clocks import clocks
from cockpit.incident.comms import FilledMessage, fill
from cockpit.incident.comms_facts import usual_promise
from cockpit.incident.comms_lines import declare_text, status_line
from cockpit.incident.comms_times import LENGTH, length
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan, Template
from cockpit.model.system import System

STATUS_LINE = Template("status-line", "Status line (channel)", "", "team")
DECLARATION = Template("declaration", "Declaration (channel)", "", "team")
PROMISES = tuple(timedelta(minutes=each) for each in (15, 30, 60, 120))


@dataclass(frozen=True, slots=True)
class MessageScene:
    """What a message is written from. `symptoms` are what is bad now, in a few words each."""

    incident: Incident
    system: System
    plan: Plan
    zone: tzinfo
    symptoms: Sequence[str] = ()


def offers(incident: Incident, plan: Plan) -> tuple[Template, ...]:
    """What can be written of an incident, the most likely first: its declaration until somebody was told anything."""
    channel = (STATUS_LINE, DECLARATION) if incident.updates else (DECLARATION, STATUS_LINE)
    return (*plan.templates, *channel) if incident.updates else (*channel[:1], *plan.templates, *channel[1:])


def compose(template: Template, scene: MessageScene, now: datetime, promise: timedelta | None = None) -> FilledMessage:
    """The message as it stands now. `promise` is as `comms.fill` takes it."""
    incident, plan = scene.incident, scene.plan
    if template is DECLARATION:
        return FilledMessage(declare_text(incident, scene.zone, plan, scene.symptoms))
    if template is not STATUS_LINE:
        return fill(template, incident, scene.system, plan, now, scene.zone, promise=promise)
    length = usual_promise(incident, plan) if promise is None else promise
    due = (now + length).replace(second=0, microsecond=0) if length and incident.open else None
    running = clocks(incident, plan, now, zone=scene.zone)
    return FilledMessage(status_line(incident, running, now, scene.zone, plan, due), promised=due)


def promises(template: Template, incident: Incident, plan: Plan) -> tuple[timedelta, ...]:
    """In how long the next message may be promised: what the rules and the template say among the usual ones."""
    usual = usual_promise(incident, plan)
    named = {each for found in LENGTH.finditer(template.text) if (each := length(found[0]))}
    return tuple(sorted({*PROMISES, *named, *([usual] if usual else [])}))
