"""The Plan: what a team's documents and configuration say should happen in an incident. Read, never guessed."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta

from cockpit.model.clock import Rule
from cockpit.model.ladder import DEFAULT_LADDER, SeverityScale
from cockpit.model.problem import Problem

BUILT_IN = "built in"


@dataclass(frozen=True, slots=True)
class Role:
    """One hat. Several people may wear one, and one person several."""

    name: str
    duty: str = ""
    lead: bool = False
    origin: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class Contact:
    """Who is reached how. `filled` False: the document has a placeholder where the person should be."""

    role: str
    person: str = ""
    backup: str = ""
    how: str = ""
    scope: str = ""
    filled: bool = True
    origin: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class PageRule:
    """Whom to call when something particular happens: a row of a who-to-page table."""

    condition: str
    who: str
    origin: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class Target:
    """How much may be lost (`rpo`) and how long it may take (`rto`) in one scenario."""

    scenario: str
    rpo: timedelta | None = None
    rto: timedelta | None = None
    how: str = ""
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
    """A message to send. Its fields stand in `[...]` or `{{ ... }}`; `audience` is who reads it."""

    id: str
    title: str
    text: str
    audience: str = "client"  # client | team | authority
    origin: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class Checklist:
    """Boxes to tick; `opens` for these severities by itself, none: only when asked for."""

    id: str
    title: str
    items: tuple[str, ...]
    levels: tuple[str, ...] = ()
    origin: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class Hours:
    """When people work: weekdays (Monday is 0), from and to in an IANA zone, and the days off."""

    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    opens: time = time(8)
    closes: time = time(18)
    zone: str = ""  # "" is the system's
    holidays: tuple[date, ...] = ()
    origin: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class Practice:
    """A drill, a training or a review that comes round. Times as written where they are no dates."""

    name: str
    every: str = ""
    next: str = ""
    last: str = ""
    due: date | None = None  # `next`, where it is a date
    origin: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the desk, the clocks and the screens know of how this team works; read anew with the documents.

    `documents` are the names that an `origin` may begin with; a rule of another one has lost its document.
    """

    ladder: SeverityScale = DEFAULT_LADDER
    rules: tuple[Rule, ...] = ()
    roles: tuple[Role, ...] = ()
    contacts: tuple[Contact, ...] = ()
    pages: tuple[PageRule, ...] = ()
    targets: tuple[Target, ...] = ()
    metric_targets: tuple[MetricTarget, ...] = ()
    templates: tuple[Template, ...] = ()
    checklists: tuple[Checklist, ...] = ()
    hours: Hours = field(default_factory=Hours)
    practices: tuple[Practice, ...] = ()
    snapshot: str = ""  # DOC#PROCEDURE that preserves the evidence before anything is touched
    documents: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()  # what was to be read and is not there

    def rules_for(self, level: str) -> tuple[Rule, ...]:
        """The rules that bind an incident of this severity."""
        return tuple(each for each in self.rules if each.holds(level))

    def template(self, id: str) -> Template | None:
        return next((each for each in self.templates if each.id == id), None)

    def checklist(self, id: str) -> Checklist | None:
        return next((each for each in self.checklists if each.id == id), None)

    def target(self, scenario: str) -> Target | None:
        wanted = scenario.strip().casefold()
        return next((each for each in self.targets if each.scenario.casefold() == wanted), None)
