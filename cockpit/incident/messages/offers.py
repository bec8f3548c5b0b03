"""The messages that can be written at this moment: the plan's templates, and two lines for the incident channel."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.impact import as_of
from cockpit.incident.messages.fields import (
    LENGTH,
    describe_felt_end,
    describe_felt_start,
    find_lead,
    format_brief,
    format_moment,
    is_outside,
    parse_length,
    usual_promise,
)
from cockpit.incident.messages.template import (
    FilledMessage,
    add_record_end,
    fill_template,
    make_mark,
    read_filled_values,
    remove_record_end,
    strip_marks,
)
from cockpit.incident.signals import Signal
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.incident import Incident
from cockpit.model.plan import CLIENT, Plan, Template
from cockpit.model.response import Update, name_audience
from cockpit.model.severity_scale import SeverityLevel
from cockpit.model.system import System
from cockpit.model.text import clean_line
from cockpit.model.time import format_elapsed

# The two texts of the incident channel: one line on how it stands, and the one for its declaration.

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
    ran = format_elapsed(incident.open_for(now).total_seconds())
    parts = [head, incident.environment, ran if incident.open else f"after {ran}", _describe_lead(incident, plan)]
    due = promised or _next_update(clocks)
    if due is not None and incident.open:
        late = "" if due > now else "was due "
        parts.append(f"next update {late}{format_brief(due, zone)}")
    return strip_marks(clean_line(" · ".join(part for part in parts if part)))


def declare_text(incident: Incident, zone: tzinfo, plan: Plan = DEFAULT, symptoms: Sequence[str] = ()) -> str:
    """What to paste into the incident channel at the declaration: severity, symptoms, impact, one commander.

    `symptoms` are what is bad at that moment, each with its own beginning; without any it is what it was noticed by.
    """
    severity_level = next((level for level in plan.severity_scale if level.name == incident.severity), None)
    # When the first sign of all was seen says nothing of what is bad now: that may have begun an hour later.
    since = f", since {format_brief(incident.detected, zone)}" if incident.detected and not symptoms else ""
    sentence = "; ".join(symptoms) or incident.detected_by
    lines = [
        f"{'DRILL, an exercise: ' if incident.drill else ''}[{incident.severity_text}] {incident.title}",
        f"Severity: {_describe_severity(incident, severity_level)}",
        f"Symptoms: {sentence or 'not known yet'}{since}",
        f"Impact: {_describe_impact(incident, zone)}",
        f"{find_lead(plan).name}: {', '.join(incident.in_role(find_lead(plan).name)) or 'nobody yet, who takes it?'}",
        f"Environment: {incident.environment} · {incident.id} · declared {format_brief(incident.declared, zone)}",
    ]
    return "\n".join(strip_marks(clean_line(line)) for line in lines)


def _describe_impact(incident: Incident, zone: tzinfo) -> str:
    """`felt since 12:57Z`; of what is over until when, and of what was closed unmeasured only since when it was."""
    start = incident.impact_started
    if start is None:
        return "not known yet" if incident.open else "not known"
    show = partial(format_brief, zone=zone)
    begun = describe_felt_start(incident, start, show)
    if incident.mitigated is not None:
        return f"felt from {begun} to {describe_felt_end(incident, start, incident.mitigated, show)}"
    return f"felt since {begun}" if incident.open else f"felt from {begun}"


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
ENDS = re.compile(r"(?i)\b(?:re-?solv\w*|resolution|re-?stor\w*|recover\w*|all[- ]clear|closing|closure|closed)\b")
CLIENT_RESOLVED = Template(
    "client-resolved",
    "Resolved (clients)",
    """Subject: [System]: resolved

Hello [client name],

the disruption of [system] is over.

What did not work: [impact]
From [started] to [ended]
Data: [was any data lost?]

We are sorry for the trouble. [what follows]
""",
)
TEAM_RESOLVED = Template(
    "team-resolved",
    "Resolved (team)",
    """[severity] resolved: [title]

Users felt it from [started] to [ended].
What ended it: [what ended it]
Still open: [still open]

Lead: [lead].
""",
    audience="team",
)
PROMISES = tuple(timedelta(minutes=number) for number in (15, 30, 60, 120))


@dataclass(frozen=True, slots=True)
class MessageContext:
    """What a message is written from. `symptoms` are what is bad now, each since when; `recorded_until` is the end of
    the record where nobody records now: all that is told is as of then."""

    incident: Incident
    system: System
    plan: Plan
    zone: tzinfo
    symptoms: Sequence[str] = ()
    recorded_until: datetime | None = None


def build_message_context(
    incident: Incident,
    system: System,
    plan: Plan,
    zone: tzinfo,
    bad: Sequence[Signal],
    recorded_until: datetime | None = None,
) -> MessageContext:
    """What a message about this incident is written from; `bad` are the signals of its environment that are bad now, or
    were at the end of the record."""
    symptoms = [describe_symptom(signal, zone) for signal in bad] if incident.open else []
    return MessageContext(incident, system, plan, zone, symptoms, recorded_until if incident.open else None)


def describe_symptom(signal: Signal, zone: tzinfo) -> str:
    """What is bad, as it is and since when: what fails now and then is not down, what is degraded still answers."""
    more = {"flapping": " (fails now and then)", "degraded": " (degraded)"}.get(signal.state, "")
    return f"{signal.label}{more} since {format_brief(signal.began, zone)}{signal.or_before}"


def list_offers(incident: Incident, plan: Plan) -> tuple[Template, ...]:
    """What can be written of an incident, the most likely first: its declaration until anybody was notified."""
    channel = (STATUS_LINE, DECLARATION) if incident.updates else (DECLARATION, STATUS_LINE)
    if not incident.open:
        ends = [template for template in plan.templates if _tells_an_end(template)]
        readers = {template.audience for template in ends}
        ends += [template for template in (CLIENT_RESOLVED, TEAM_RESOLVED) if template.audience not in readers]
        return (*ends, *(template for template in plan.templates if template not in ends), *channel)
    return (*plan.templates, *channel) if incident.updates else (*channel[:1], *plan.templates, *channel[1:])


READERS = {"client": "clients", "team": "the team", "authority": "the authority"}


def name_reader(template: Template, audience: str, plan: Plan) -> str:
    """Who reads it, in the team's words: those of the template, else of another message to the same readers."""
    words = [template.reader] if template.audience == audience else []
    words += [other.reader for other in plan.templates if other.audience == audience]
    return next(filter(None, words), "") or READERS.get(audience, audience)


def _tells_an_end(template: Template) -> bool:
    """Whether the team wrote it for the end; by its title, for a choice of statuses stands in every message."""
    return bool(ENDS.search(template.title))


def find_offers(templates: Sequence[Template], text: str, *, is_over: bool) -> list[Template]:
    """Those that a person may mean: the one of that id, else those whose id or title has these words, else those for
    these readers, as `update --to` names them. Of several, and by the name of readers, those that tell the end once it
    is over (`is_over`)."""
    name = text.casefold()
    for_readers = [
        template
        for template in templates
        if template.audience == name_audience(text) or (name and template.reader.casefold() == name)
    ]
    named = [template for template in templates if template.id.casefold() == name]
    named = named or [
        template for template in templates if name in template.id.casefold() or name in template.title.casefold()
    ]
    named = named or for_readers
    if not is_over or (len(named) == 1 and named[0] not in for_readers):
        return named
    ends = [template for template in templates if template in (*named, *for_readers) and _tells_an_end(template)]
    return ends or named


def compose_message(
    template: Template, scene: MessageContext, now: datetime, promise: timedelta | None = None, audience: str = ""
) -> FilledMessage:
    """The message as it stands now. `promise` is as `fill_template` takes it; `audience` where others read it."""
    # A recovery that was not seen to hold for two minutes ends nothing yet.
    scene = replace(scene, incident=as_of(scene.incident, scene.recorded_until or now))
    filled = _compose(template, scene, now, promise, audience)
    if template is STATUS_LINE and not is_outside(audience) and scene.recorded_until is not None:
        return replace(filled, text=f"{filled.text} · as of {format_brief(scene.recorded_until, scene.zone)}")
    return replace(filled, text=add_record_end(filled.text, scene.recorded_until, now, scene.zone))


def _compose(
    template: Template, scene: MessageContext, now: datetime, promise: timedelta | None, audience: str
) -> FilledMessage:
    incident, plan = scene.incident, scene.plan
    if template in (DECLARATION, STATUS_LINE) and is_outside(audience):
        client = next((other for other in plan.templates if other.audience == audience), CLIENT)
        return _compose_from_template(client, scene, now, promise)  # these two are in the words of those who watch
    if template is DECLARATION:
        return FilledMessage(declare_text(incident, scene.zone, plan, scene.symptoms))
    if template is not STATUS_LINE:
        return _compose_from_template(replace(template, audience=audience or template.audience), scene, now, promise)
    length = usual_promise(incident, plan) if promise is None else promise
    due = (now + length).replace(second=0, microsecond=0) if length and incident.open else None
    running = compute_clocks(incident, plan, now, zone=scene.zone)
    return FilledMessage(status_line(incident, running, now, scene.zone, plan, due), promised=due)


def _compose_from_template(
    template: Template, scene: MessageContext, now: datetime, promise: timedelta | None
) -> FilledMessage:
    """The template, with what was written into the last message to the same readers where nobody else knows it.

    Where that one was written in a person's own words, the next one begins with these, and asks what is new.
    """
    incident, plan = scene.incident, scene.plan
    last = _find_last_message(template, incident)
    if last is None:
        return _fill(template, scene, now, promise)
    fresh = _fill(template, scene, now, promise)
    offers = {offer.id: offer for offer in (*plan.templates, CLIENT_RESOLVED, TEAM_RESOLVED)}
    its_template = offers.get(last.template)
    values = read_filled_values(its_template, last.text) if its_template else {}
    if values or last.template != template.id or its_template is None:
        unknown = {" ".join(name.casefold().split()) for name in fresh.unknown}
        known = {name: value for name, value in values.items() if name in unknown}
        return _fill(template, scene, now, promise, known)
    if not incident.open or not fresh.unknown:
        return fresh
    return _continue_words(last, fresh, scene, now)


def _fill(
    template: Template,
    scene: MessageContext,
    now: datetime,
    promise: timedelta | None,
    values: Mapping[str, str] | None = None,
) -> FilledMessage:
    incident, system, plan, until = scene.incident, scene.system, scene.plan, scene.recorded_until
    return fill_template(template, incident, system, plan, now, scene.zone, values, promise, until)


def _find_last_message(template: Template, incident: Incident) -> Update | None:
    """The last one that was sent to those who read this."""
    sent = [update for update in incident.updates if update.audience_name == template.audience and update.text]
    return max(sent, key=lambda update: (update.at, update.event), default=None)


def _continue_words(last: Update, fresh: FilledMessage, scene: MessageContext, now: datetime) -> FilledMessage:
    """A person's own words again, with the new time of the next message in the place of the old one."""
    text, name = remove_record_end(last.text.strip()), "what is new"
    new = format_moment(fresh.promised, now, scene.zone) if fresh.promised else make_mark("next update")
    if last.promised is not None:
        for old in (format_moment(last.promised, last.at, scene.zone), format_brief(last.promised, scene.zone)):
            text = text.replace(old, new)
    return FilledMessage(f"{text}\n\n{make_mark(name)}", fresh.fields, (name,), fresh.promised)


def promise_when_sent(
    filled: FilledMessage, text: str, written: datetime, sent: datetime, zone: tzinfo
) -> datetime | None:
    """By when the next message is due of one that was written at `written` and is sent now.

    Where the text names the time, it is that one. "Within 30 minutes" counts from when it was sent.
    """
    due = filled.promised
    if due is None or any(f"{due.astimezone(place):%H:%M}" in text for place in (zone, UTC)):
        return due
    moved = sent.replace(second=0, microsecond=0) - written.replace(second=0, microsecond=0)
    return due + max(moved, timedelta())


def list_promise_lengths(template: Template, incident: Incident, plan: Plan) -> tuple[timedelta, ...]:
    """In how long the next message may be promised: what the rules and the template say among the usual ones."""
    usual = usual_promise(incident, plan)
    named = {duration for match in LENGTH.finditer(template.text) if (duration := parse_length(match[0]))}
    return tuple(sorted({*PROMISES, *named, *([usual] if usual else [])}))
