"""The messages that can be written at this moment: the plan's templates, and two lines for the incident channel."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.messages.fields import LENGTH, find_lead, format_brief, parse_length, usual_promise
from cockpit.incident.messages.template import FilledMessage, fill_template, strip_marks
from cockpit.incident.signals import Signal
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan, Template
from cockpit.model.severity_scale import SeverityLevel
from cockpit.model.system import System
from cockpit.model.text import clean_line
from cockpit.model.time import format_elapsed

# The two texts of the incident channel: one line on how it stands, and what is said when an incident is declared.

DEFAULT = Plan()
UPDATES = frozenset({ClockKind.UPDATE, ClockKind.PROMISE})


def status_line(
    incident: Incident,
    clocks: Iterable[Clock],
    now: datetime,
    zone: tzinfo,
    plan: Plan = DEFAULT,
    promised: datetime | None = None,
) -> str:
    """`[P1] INVESTIGATING Readiness failing after deploy · prod · 00:12:43 · IC ana · next update 04:17 NZDT (15:17Z)`.

    `promised` is the time of the next update when this line is one itself; else the clocks say it.
    """
    drill = "DRILL " if incident.drill else ""
    head = f"[{incident.severity_text}] {drill}{incident.status.value.upper()} {incident.title}"
    ran = format_elapsed(((incident.resolved or now) - incident.declared).total_seconds())
    parts = [head, incident.environment, ran if incident.open else f"after {ran}", _describe_lead(incident, plan)]
    due = promised or _next_update(clocks)
    if due is not None and incident.open:
        late = "" if due > now else "was due "
        parts.append(f"next update {late}{format_brief(due, zone)}")
    return strip_marks(clean_line(" · ".join(part for part in parts if part)))


def declare_text(incident: Incident, zone: tzinfo, plan: Plan = DEFAULT, symptoms: Sequence[str] = ()) -> str:
    """What to paste into the incident channel at the declaration: severity, symptoms, impact, one commander.

    `symptoms` are what is bad at that moment, in a few words each; without any it is what told us.
    """
    begun = incident.impact_started
    severity_level = next((level for level in plan.severity_scale if level.name == incident.severity), None)
    sentence = "; ".join(symptoms) or incident.detected_by
    since = f", since {format_brief(incident.detected, zone)}" if incident.detected else ""
    lines = [
        f"{'DRILL, an exercise: ' if incident.drill else ''}[{incident.severity_text}] {incident.title}",
        f"Severity: {_describe_severity(incident, severity_level)}",
        f"Symptoms: {sentence or 'not known yet'}{since}",
        f"Impact: {f'felt since {format_brief(begun, zone)}' if begun else 'not known yet'}",
        f"{find_lead(plan).name}: {', '.join(incident.in_role(find_lead(plan).name)) or 'nobody yet, who takes it?'}",
        f"Environment: {incident.environment} · {incident.id} · declared {format_brief(incident.declared, zone)}",
    ]
    return "\n".join(strip_marks(clean_line(line)) for line in lines)


def _describe_lead(incident: Incident, plan: Plan) -> str:
    people = [text.partition("@")[0] for text in incident.in_role(find_lead(plan).name)]
    return f"IC {', '.join(people)}" if people else "no IC yet" if incident.open else ""


def _next_update(clocks: Iterable[Clock]) -> datetime | None:
    """The earliest update that is still to be sent."""
    open = (clock for clock in clocks if clock.kind in UPDATES and clock.done is None and not clock.not_applicable)
    return min((clock.due for clock in open if clock.due is not None), default=None)


def _describe_severity(incident: Incident, severity_level: SeverityLevel | None) -> str:
    return (
        f"{incident.severity_text}, {severity_level.definition}"
        if severity_level and severity_level.definition
        else incident.severity_text
    )


STATUS_LINE = Template("status-line", "Status line (channel)", "", "team")
DECLARATION = Template("declaration", "Declaration (channel)", "", "team")
PROMISES = tuple(timedelta(minutes=number) for number in (15, 30, 60, 120))


@dataclass(frozen=True, slots=True)
class MessageContext:
    """What a message is written from. `symptoms` are what is bad now, in a few words each."""

    incident: Incident
    system: System
    plan: Plan
    zone: tzinfo
    symptoms: Sequence[str] = ()


def build_message_context(
    incident: Incident, system: System, plan: Plan, zone: tzinfo, bad: Sequence[Signal]
) -> MessageContext:
    """What a message about this incident is written from; `bad` are the signals of its environment that are bad now."""
    symptoms = [signal.label for signal in bad] if incident.open else []
    return MessageContext(incident, system, plan, zone, symptoms)


def list_offers(incident: Incident, plan: Plan) -> tuple[Template, ...]:
    """What can be written of an incident, the most likely first: its declaration until somebody was told anything."""
    channel = (STATUS_LINE, DECLARATION) if incident.updates else (DECLARATION, STATUS_LINE)
    return (*plan.templates, *channel) if incident.updates else (*channel[:1], *plan.templates, *channel[1:])


def compose_message(
    template: Template, scene: MessageContext, now: datetime, promise: timedelta | None = None
) -> FilledMessage:
    """The message as it stands now. `promise` is as `fill_template` takes it."""
    incident, plan = scene.incident, scene.plan
    if template is DECLARATION:
        return FilledMessage(declare_text(incident, scene.zone, plan, scene.symptoms))
    if template is not STATUS_LINE:
        return fill_template(template, incident, scene.system, plan, now, scene.zone, promise=promise)
    length = usual_promise(incident, plan) if promise is None else promise
    due = (now + length).replace(second=0, microsecond=0) if length and incident.open else None
    running = compute_clocks(incident, plan, now, zone=scene.zone)
    return FilledMessage(status_line(incident, running, now, scene.zone, plan, due), promised=due)


def list_promise_lengths(template: Template, incident: Incident, plan: Plan) -> tuple[timedelta, ...]:
    """In how long the next message may be promised: what the rules and the template say among the usual ones."""
    usual = usual_promise(incident, plan)
    named = {duration for match in LENGTH.finditer(template.text) if (duration := parse_length(match[0]))}
    return tuple(sorted({*PROMISES, *named, *([usual] if usual else [])}))
