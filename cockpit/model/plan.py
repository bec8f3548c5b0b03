"""The Plan: what a team's documents and configuration say should happen in an incident. Read, never guessed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from cockpit.model.clock import ClockKind, Counting, Rule
from cockpit.model.problem import Problem
from cockpit.model.setting import ClockTime, Day, LineText, NameText, Term, Weekday, ZoneText, setting
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE, SeverityScale

BUILT_IN = "built in"


@dataclass(frozen=True, slots=True)
class Role:
    """One role. Several people may hold one, and one person several."""

    name: NameText = field(metadata=setting("As it is typed and shown."))
    duty: LineText = field(default="", metadata=setting("What whoever holds it does."))
    lead: bool = field(default=False, metadata=setting("`true` for who commands.", absent_text="the first role"))
    origin: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class Contact:
    """Who is reached how. `filled` False: the document has a placeholder where the person should be."""

    role: NameText = field(metadata=setting("As which they are called."))
    person: LineText = field(default="", metadata=setting("Who it is."))
    backup: LineText = field(default="", metadata=setting("Who else."))
    how: LineText = field(default="", metadata=setting("How they are reached."))
    scope: LineText = field(default="", metadata=setting("For what."))
    filled: bool = True
    origin: str = BUILT_IN


JOINED_PEOPLE = re.compile(r"(?i)\s*(?:[+,;&/]|\band\b|\bthen\b|\bplus\b)\s*")
ASIDE = re.compile(r"\([^()]*\)|\s(?:if|when|for)\s.*")
WORD = re.compile(r"\w+")
EVERYONE = frozenset(
    {"everyone", "everybody", "all", "all hands", "the team", "everyone else", "n/a", "none", "nobody"}
)


def split_called_people(who: str) -> tuple[str, ...]:
    """Each whom a row names: `DPO + Legal and Security (if staffed)`."""
    parts = (ASIDE.sub("", part).strip(" .:-–—*") for part in JOINED_PEOPLE.split(ASIDE.sub("", who)))
    return tuple(dict.fromkeys(part for part in parts if WORD.search(part) and part.casefold() not in EVERYONE))


def find_contacts(who: str, contacts: Sequence[Contact]) -> tuple[Contact, ...]:
    """The contacts whose role or name a row speaks of: `on-call lead + team lead`; `Security` is the security lead."""
    people = [part for name in split_called_people(who) for part in _list_contacts_of(name, contacts)]
    return tuple(dict.fromkeys(people))


def list_unreached_people(who: str, contacts: Sequence[Contact]) -> tuple[str, ...]:
    """Those whom a row names and no contact stands for."""
    return tuple(name for name in split_called_people(who) if not _list_contacts_of(name, contacts))


def _list_contacts_of(name: str, contacts: Sequence[Contact]) -> list[Contact]:
    """A contact whose role stands in the name; else one whose role, or whose person, the name is a part of."""
    called = _pad_words(name)
    inside = [contact for contact in contacts if contact.role and _pad_words(contact.role) in called]
    if inside:
        return inside
    return [
        contact
        for contact in contacts
        if any(called in _pad_words(text) for text in (contact.role, contact.person, contact.backup))
    ]


def _pad_words(text: str) -> str:
    return f" {' '.join(WORD.findall(text.casefold()))} "


@dataclass(frozen=True, slots=True)
class PageRule:
    """Whom to call when something particular happens: a row of a who-to-page table."""

    condition: str
    who: str
    origin: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class AlertSeverity:
    """How grave an alert is by a row of a table of alerts, for alerts that have no severity of their own."""

    alert: str
    severity: str
    origin: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class Target:
    """How much may be lost (`rpo`) and how long it may take (`rto`) in one scenario."""

    scenario: NameText = field(metadata=setting("What has happened."))
    rpo: Term | None = field(
        default=None,
        metadata=setting("How much data may be lost, as a time; `0s` is none.", absent_text="not said"),
    )
    rto: Term | None = field(default=None, metadata=setting("How long until it works again.", absent_text="not said"))
    how: LineText = field(default="", metadata=setting("The way back."))
    origin: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class MetricTarget:
    """What a number should be. `metric` is TTD, TTA, TTM, TTR, RTO, RPO, or the document's own words."""

    metric: str
    text: str  # as written: `< 5 minutes`
    limit: timedelta | None = None
    percent: float | None = None
    level: str = ""
    origin: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class Template:
    """A message to send. Its fields stand in `[...]` or `{{ ... }}`; `audience` is who reads it, `reader` what the team
    calls them: `customers`, `#incidents`; "" where it has no word of its own."""

    id: str
    title: str
    text: str
    audience: str = "client"  # client | team | authority
    origin: str = BUILT_IN
    reader: str = ""


@dataclass(frozen=True, slots=True)
class Checklist:
    """Boxes to tick; `opens` for these severities by itself, none: only when asked for."""

    id: NameText = field(
        metadata=setting(
            "As it is typed and shown; `first-ten-minutes` takes the place of the built-in one.", key="name"
        )
    )
    title: str
    items: tuple[NameText, ...] = field(metadata=setting("What stands beside the boxes.", not_empty=True))
    levels: tuple[NameText, ...] = field(
        default=(), metadata=setting("The severities it opens for by itself.", absent_text="none")
    )
    origin: str = BUILT_IN
    within: Term | None = field(
        default=None, metadata=setting("How soon every box is to be ticked.", absent_text="no time")
    )


@dataclass(frozen=True, slots=True)
class Hours:
    """When people work: weekdays (Monday is 0), from and to in an IANA zone, and the days off."""

    days: tuple[Weekday, ...] = field(default=(0, 1, 2, 3, 4), metadata=setting("Days of the week.", not_empty=True))
    opens: ClockTime = field(default=time(8), metadata=setting("From, on the clock of the zone."))
    closes: ClockTime = field(default=time(18), metadata=setting("Until; earlier than `opens` is on the next day."))
    zone: ZoneText = field(default="", metadata=setting("An IANA name.", absent_text="`time_zone`"))
    holidays: tuple[Day, ...] = field(default=(), metadata=setting("Days off, as dates without quotes."))
    origin: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class Practice:
    """A recurring drill, training or review. Times as written where they are no dates."""

    name: str
    every: str = ""
    next: str = ""
    last: str = ""
    due: date | None = None  # `next`, where it is a date
    origin: str = BUILT_IN
    written: date | None = None  # the day of its document: what was never done is due one round after that


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the actions, the clocks and the screens know of how this team works; read anew with the documents.

    `documents` are the names that an `origin` may begin with; a rule of another one has lost its document.
    """

    severity_scale: SeverityScale = field(
        default=DEFAULT_SEVERITY_SCALE,
        metadata=setting("Severities, the worst first.", key="ladder", absent_text="P0 to P3"),
    )
    rules: tuple[Rule, ...] = field(default=(), metadata=setting("What is due when."))
    roles: tuple[Role, ...] = field(default=(), metadata=setting("Who does what in an incident."))
    contacts: tuple[Contact, ...] = field(default=(), metadata=setting("Who is reached how."))
    pages: tuple[PageRule, ...] = ()
    alert_severities: tuple[AlertSeverity, ...] = ()
    targets: tuple[Target, ...] = field(default=(), metadata=setting("What may be lost and how long it may take."))
    metric_targets: tuple[MetricTarget, ...] = ()
    templates: tuple[Template, ...] = ()
    checklists: tuple[Checklist, ...] = field(default=(), metadata=setting("Boxes to tick."))
    hours: Hours = field(default_factory=Hours, metadata=setting("When people work."))
    practices: tuple[Practice, ...] = ()
    snapshot: LineText = field(
        default="",
        metadata=setting(
            "`runbook#procedure` that preserves the evidence, offered before anything is touched.", absent_text="none"
        ),
    )
    documents: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()  # what was to be read and is not there

    def rules_for(self, level: str) -> tuple[Rule, ...]:
        """The rules that bind an incident of this severity."""
        return tuple(rule for rule in self.rules if rule.holds(level))

    def template(self, id: str) -> Template | None:
        return next((template for template in self.templates if template.id == id), None)

    def checklist(self, id: str) -> Checklist | None:
        return next((checklist for checklist in self.checklists if checklist.id == id), None)

    def target(self, scenario: str) -> Target | None:
        wanted_name = scenario.strip().casefold()
        return next((target for target in self.targets if target.scenario.casefold() == wanted_name), None)


# What holds where neither a document nor the configuration says anything. Every figure here is ours to defend.

FIRST_TEN = "first-ten-minutes"
GRAVE = 2  # severity levels, from the worst, that are an emergency
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

ROLES = (
    Role("Incident Commander", "leads and decides; debugs nothing", lead=True),
    Role("Ops Lead", "changes the system: mitigates, deploys, rolls back"),
    Role("Comms Lead", "tells customers and colleagues"),
    Role("Scribe", "keeps the timeline"),
)

FIRST_TEN_ITEMS = (
    "Declare: severity, symptoms, impact, and one commander, in the incident channel",
    "Stop the bleeding: roll back what was deployed last, if it may be to blame",
    "Freeze: no deployments to this environment until it is healthy",
    "Preserve: keep logs, metrics and the state of the data before anything is touched",
    "Communicate: tell customers, if they are affected",
)

CLIENT = Template(
    "client",
    "Message to clients",
    """Subject: [System]: disruption

Hello [client name],

we are aware of a problem with [system] and are working on it.

Impact: [impact]
Started: [started]
Status: [status]

The next message follows within [30 minutes / 1 hour].
""",
)

TEAM = Template(
    "team",
    "Message to the team",
    """[severity] [title]

Conditions: [impact], since [started]; [status]
Actions: [actions]
Needs: [needs]

Lead: [lead]. Next update by [next update].
""",
    audience="team",
)


def build_default_rules(severity_scale: SeverityScale) -> tuple[Rule, ...]:
    """The deadlines of the worst severity levels, and of what may happen on any."""
    grave = tuple(level.name for level in severity_scale[:GRAVE] if not level.backlog)
    return (
        Rule(ClockKind.RESPONSE, "acknowledge", 15 * MINUTE, levels=grave),
        Rule(ClockKind.COMMANDER, "name a commander", 15 * MINUTE, levels=grave),
        Rule(ClockKind.CHECKLIST, "first ten minutes", 10 * MINUTE, levels=grave, checklist=FIRST_TEN),
        Rule(ClockKind.UPDATE, "send an update", 30 * MINUTE, levels=grave),
        Rule(ClockKind.CLIENT, "tell clients", 15 * MINUTE, levels=grave),
        Rule(ClockKind.BREACH, "notify the authority", 72 * HOUR),
        Rule(ClockKind.ROLLBACK, "no-blame rollback window", 24 * HOUR),
        Rule(ClockKind.POSTMORTEM, "review the post-mortem", 3 * DAY, counting=Counting.DAYS, levels=grave),
    )


def default_plan(severity_scale: SeverityScale) -> Plan:
    """The whole of what is built in, for this severity scale. Its working hours are Monday to Friday, 8 to 18."""
    grave = tuple(level.name for level in severity_scale[:GRAVE] if not level.backlog)
    return Plan(
        severity_scale=severity_scale,
        rules=build_default_rules(severity_scale),
        roles=ROLES,
        templates=(CLIENT, TEAM),
        checklists=(Checklist(FIRST_TEN, "First ten minutes", FIRST_TEN_ITEMS, levels=grave),),
    )
