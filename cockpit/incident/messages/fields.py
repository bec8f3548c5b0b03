"""What an incident knows about itself, by the names that a template's fields may have."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from itertools import pairwise

from cockpit.incident.impact import (
    LATEST,
    find_impact_start,
    find_relapse_after_close,
    is_unseen,
    last_period,
    list_felt_stretches,
    measure_felt,
    weigh_felt,
)
from cockpit.model.clock import ClockKind
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan, Role
from cockpit.model.response import name_audience
from cockpit.model.system import System
from cockpit.model.text import clean_line
from cockpit.model.time import UTC_NAMES, is_named_utc

# Moments and lengths of time as a message tells them: in the zone in force, with UTC beside it.

ABBREVIATION = re.compile(r"(?:UTC|GMT|Z|[A-Z]{1,4}[SD]T|[CEMW]E[S]?T)")
LENGTH = re.compile(r"(\d{1,4})\s*(m|mins?|minutes?|h|hrs?|hours?)\b", re.IGNORECASE)
LONGEST = timedelta(days=7)  # nobody promises the next message for later


def list_zone_abbreviations(zone: tzinfo, now: datetime) -> frozenset[str]:
    """What a zone is called in the course of this year: `NZST` and `NZDT`. Bare offsets such as `+03` are no names."""
    year = now.astimezone(zone).year
    names = {datetime(year, month, 1, tzinfo=zone).tzname() or "" for month in range(1, 13)}
    return frozenset(name for name in names if name.isascii() and name.isalpha() and name not in UTC_NAMES)


def format_moment(moment: datetime, now: datetime, zone: tzinfo, *, utc_only: bool = False) -> str:
    """`02:14 NZDT (13:14 UTC)`, with its day where that is not today's."""
    local, utc = moment.astimezone(zone), moment.astimezone(UTC)
    if utc_only or is_named_utc(local):
        return f"{_format_day(utc, now.astimezone(UTC))}{utc:%H:%M} UTC"
    return f"{_format_day(local, now.astimezone(zone))}{local:%H:%M %Z} ({utc:%H:%M} UTC)"


def format_brief(moment: datetime, zone: tzinfo) -> str:
    """`02:14 NZDT (13:14Z)`."""
    local = moment.astimezone(zone)
    return (
        f"{moment.astimezone(UTC):%H:%M}Z"
        if is_named_utc(local)
        else f"{local:%H:%M %Z} ({moment.astimezone(UTC):%H:%M}Z)"
    )


def _format_day(moment: datetime, today: datetime) -> str:
    return "" if moment.date() == today.date() else f"{moment.day} {moment:%b} "


def spell_length(length: timedelta) -> str:
    """`12 minutes`, `1 hour 5 minutes`, `2 days 3 hours`; anything shorter is `less than a minute`."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 1:
        return "less than a minute"
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "day"), (hours, "hour"), (0 if days else minutes, "minute")]
    return " ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in parts if count)


def spell_felt(length: timedelta, stretches: int, weight: str) -> str:
    """How long users felt it: `at most 12 minutes in 2 stretches`. Of less than a minute the least is not told."""
    text = spell_length(length)
    if length < timedelta(minutes=1) and weight in ("at least ", "about "):
        text, weight = "a minute", "about "
    elif length < timedelta(minutes=1):
        weight = ""
    return f"{weight}{text}{f' in {stretches} stretches' if stretches > 1 else ''}"


MOST_PAUSES = 3  # of which each is told with its times


def describe_felt_start(incident: Incident, start: datetime, show: Callable[[datetime], str]) -> str:
    """When users began to feel it, as `show` writes a moment: `02:14 UTC or before, again since 03:10 UTC`."""
    begun = f"{show(start)}{_say_or_before(incident, start)}"
    stretches = list_felt_stretches(incident, start, LATEST) if last_period(incident.healthy) is None else []
    if incident.mitigated is not None or len(stretches) < 2:
        return begun
    again = stretches[-1][0]
    return f"{begun}, again since {show(again)}{_say_or_before(incident, again)}"


def describe_felt_end(incident: Incident, start: datetime, end: datetime, show: Callable[[datetime], str]) -> str:
    """When users felt it no more, and when in between: `03:20 UTC, except from 02:25 UTC to 03:10 UTC`. Whoever reads
    two times takes all between them for the outage."""
    over = f"{show(end)}{_say_or_before(incident, end)}"
    if (later := find_relapse_after_close(incident)) is not None:
        over = f"{over}, again since {show(later)}{_say_or_before(incident, later)}"
    stretches = list_felt_stretches(incident, start, end)
    pauses = [(before, after) for (_, before), (after, _) in pairwise(stretches)]
    if not pauses:
        return over
    if len(pauses) > MOST_PAUSES:
        length = sum((after - before for before, after in pauses), timedelta())
        return f"{over}, except {len(pauses)} times in between, {spell_length(length)} in all"
    times = " and ".join(
        f"from {show(before)}{_say_or_before(incident, before)} to {show(after)}{_say_or_before(incident, after)}"
        for before, after in pauses
    )
    return f"{over}, except {times}"


def tell_end_with_start(facts: "MessageFacts", incident: Incident) -> "MessageFacts":
    """The same for a template that has no place for the end: `02:14 UTC, until 03:20 UTC`. Who reads since when, and no
    more, takes it to go on."""
    start, end = facts.moments["started"], incident.mitigated
    if end is None:
        return facts

    def describe(show: Callable[[datetime], str]) -> str:
        return f"{describe_felt_start(incident, start, show)}, until {describe_felt_end(incident, start, end, show)}"

    return replace(facts, descriptions={**facts.descriptions, "started": describe})


def _say_or_before(incident: Incident, moment: datetime) -> str:
    return " or before" if is_unseen(incident, moment) else ""


def parse_length(text: str) -> timedelta | None:
    """The length that `30 minutes`, `1 hour` or `2h` names, when it names nothing else."""
    match = LENGTH.fullmatch(text.strip().removeprefix("in ").removeprefix("within ").strip())
    if match is None:
        return None
    unit = timedelta(hours=1) if match[2].casefold().startswith("h") else timedelta(minutes=1)
    return min(int(match[1]) * unit, LONGEST)


COMMANDER = Role("Incident Commander", lead=True)
NAMES: Mapping[str, frozenset[str]] = {
    "title": frozenset(
        {"title", "incident", "incident title", "incident name", "headline", "subject", "summary", "problem"}
    ),
    "impact": frozenset(
        {"impact", "user impact", "customer impact", "client impact", "what does not work", "what is affected"}
        | {"what is broken", "description", "brief description", "short description", "description of impact"}
        | {"affected service", "affected services", "affected features", "issue", "describe the impact"}
    ),
    "symptoms": frozenset({"symptom", "symptoms", "detected by", "alert"}),
    "severity": frozenset({"severity", "priority", "level", "sev", "severity level"}),
    "status": frozenset({"status", "current status", "state"}),
    "id": frozenset({"id", "incident id", "incident number", "incident reference", "reference"}),
    "environment": frozenset({"environment", "env"}),
    "system": frozenset({"system", "service", "product", "application", "service name", "system name", "product name"}),
    "commander": frozenset({"ic", "lead", "commander", "incident commander", "incident lead"}),
    "duration": frozenset(
        {"duration", "elapsed", "elapsed time", "how long", "downtime", "outage duration", "total duration"}
    ),
    "interval": frozenset({"interval", "update interval", "next update in", "minutes until next update"}),
}
MOMENTS: Mapping[str, tuple[str, ...]] = {  # in this order: the time of the next update is not when it started
    "next": ("next", "next update", "update by"),
    "restored": ("restored", "recovered", "ended", "end"),
    "resolved": ("resolved",),
    "detected": ("detected", "detection", "noticed"),
    "declared": ("declared", "declaration"),
    "now": ("now", "current", "sent", "as of", "today"),
    "started": ("started", "start", "since", "began"),
}
TIMELY = frozenset({"time", "times", "date", "datetime", "timestamp", "when", "hh:mm"})


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """`values` are texts by the names of NAMES, `moments` by those of MOMENTS; what is not known is not in them.

    `descriptions` write those of the moments of which more is to be told than a time, as a function of how a time is
    written.
    """

    now: datetime
    zone: tzinfo
    values: Mapping[str, str] = field(default_factory=dict)
    moments: Mapping[str, datetime] = field(default_factory=dict)
    promise: timedelta | None = None
    descriptions: Mapping[str, Callable[[Callable[[datetime], str]], str]] = field(default_factory=dict)

    def describe_moment(self, name: str, show: Callable[[datetime], str]) -> str:
        """What is to be told of one of the moments, each time in it as `show` writes it; "" where it is not known."""
        if name not in self.moments:
            return ""
        return self.descriptions[name](show) if name in self.descriptions else show(self.moments[name])


def collect_message_facts(
    incident: Incident,
    system: System,
    plan: Plan,
    now: datetime,
    zone: tzinfo,
    promise: timedelta | None,
    audience: str = "",
    recorded_until: datetime | None = None,
) -> MessageFacts:
    """Everything there is to tell; `promise` is in how long the next message follows, None when nothing is promised.
    `recorded_until` is the end of the record where nobody records now: how long it lasts is known until then.

    Clients do not read what the incident is called inside, nor by which probe or alert it was noticed: a person writes
    for them what they feel.
    """
    started = find_impact_start(incident) or incident.declared
    restored = incident.mitigated or incident.resolved  # users felt it no more, whenever it was closed
    is_cut = restored is None and recorded_until is not None
    until = restored or max(recorded_until or now, started)
    moments = {
        "started": started,
        "detected": incident.detected,
        "declared": incident.declared,
        "restored": restored,
        "resolved": incident.resolved,
        "now": now,
        # Whole minutes, as the text tells it: what is recorded as promised is what was written.
        "next": (now + promise).replace(second=0, microsecond=0) if promise else None,
    }
    values = {
        "title": incident.title,
        "impact": incident.title,  # the answer to "what is broken, in one line?"
        "symptoms": incident.detected_by,
        "severity": incident.severity_text,
        "status": incident.status.value.capitalize(),
        "id": incident.id,
        "environment": incident.environment,
        "system": system.name,
        "commander": ", ".join(incident.in_role(find_lead(plan).name)),
        "duration": spell_felt(
            *measure_felt(incident, started, until), weigh_felt(incident, started, until, is_cut=is_cut)
        ),
        "interval": spell_length(promise) if promise else "",
    }
    values |= {
        _normalize_name(role.name): ", ".join(incident.in_role(role.name)) for role in plan.roles if not role.lead
    }
    if is_outside(audience):
        values = {name: value for name, value in values.items() if name not in INNER}
    here = system.environment(incident.environment)
    fields = here.values if here else {}
    values |= {
        _normalize_name(name): value for name, value in fields.items() if isinstance(value, str)
    }  # never a secret
    descriptions = {"started": partial(describe_felt_start, incident, started)}
    if restored is not None:
        descriptions["restored"] = partial(describe_felt_end, incident, started, restored)
    return MessageFacts(
        now,
        zone,
        {name: line for name, value in values.items() if (line := clean_line(value))},
        {name: moment for name, moment in moments.items() if moment is not None},
        promise or None,
        descriptions,
    )


INNER = frozenset({"title", "impact", "symptoms"})  # in the words of those who watch


def is_outside(audience: str) -> bool:
    """Whether who reads it knows nothing of the inside."""
    return name_audience(audience).startswith("client")


def find_lead(plan: Plan) -> Role:
    """The role that leads an incident."""
    return next((role for role in plan.roles if role.lead), COMMANDER)


def usual_promise(incident: Incident, plan: Plan) -> timedelta | None:
    """How often this incident's rules ask for an update; None where no rule does, and once it is over."""
    if not incident.open:
        return None
    rules = incident.rules or plan.rules_for(incident.severity)
    return min(
        (rule.after for rule in rules if rule.kind is ClockKind.UPDATE and rule.holds(incident.severity)), default=None
    )


def get_field_value(field: str, message_facts: MessageFacts) -> str:
    """The value of a field by its name, "" where nobody knows it."""
    name = _normalize_name(field).removeprefix("incident ") if "." in field else _normalize_name(field)
    key = next((key for key, names in NAMES.items() if name in names), name)
    return message_facts.values.get(key, "")


def moment_of(field: str, before: str) -> str:
    """Which of MOMENTS a field asks for: by its own words, else by the words `before` it on its line; "" for no time.

    A field that only says `time`, after words that tell nothing, asks when it started.
    """
    own = _normalize_name(ABBREVIATION.sub(" ", field))
    if TIMELY & set(own.split()):
        return _moment_in(own) or _moment_in(_normalize_name(before)) or "started"
    return next((name for name, signs in MOMENTS.items() if own.removesuffix(" at") in signs), "")


def _moment_in(text: str) -> str:
    sentence = f" {text} "
    return next((name for name, signs in MOMENTS.items() if any(f" {sign} " in sentence for sign in signs)), "")


def _normalize_name(name: str) -> str:
    """`{{ incident.start_time }}` and `[Start Time]` are one name."""
    return " ".join(re.sub(r"[^0-9a-z:]+", " ", name.casefold()).split()).removeprefix("the ").strip(": ")
