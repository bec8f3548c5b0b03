"""An incident as its events tell it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Protocol

from cockpit.model.alert import Alert
from cockpit.model.clock import Rule
from cockpit.model.clock_steps import ClockStep, move_moment
from cockpit.model.event import NEVER_RECORDED
from cockpit.model.response import (
    ActionItem,
    Decision,
    EvidenceLink,
    Freeze,
    Holding,
    Mark,
    PageRecord,
    ProcedureRun,
    RecordedSilence,
    Recovery,
    Review,
    Tick,
    Update,
)
from cockpit.model.severity_scale import SeverityScale, find_severity_position, rank_severity
from cockpit.model.time import measure_between

CLOCKS_DIFFER = timedelta(minutes=2)  # a source's clock and ours; nobody takes an alert before it fires


class Status(StrEnum):
    """Where the responders are."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class StateChange:
    """One step of a severity or a status: the new value, since when, by whom and why."""

    value: str
    at: datetime
    actor: str = ""
    reason: str = ""
    because: str = ""  # of a resolution: a CloseReason


@dataclass(frozen=True, slots=True)
class MistakenSeverity(StateChange):
    """A severity that was entered by mistake, with when, by whom and why it was marked so; `entered` is since when it
    stood, `entered_reason` what was said of it then, and `meant` what was to be entered."""

    entered: datetime | None = None
    entered_by: str = ""
    entered_reason: str = ""
    meant: str = ""


@dataclass(frozen=True, slots=True)
class SeverityRules:
    """The rules that were recorded when a severity was set; () where none were."""

    severity: str
    since: datetime
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class HealthyPeriod:
    """A stretch in which nothing that users feel was bad; `end` None: it goes on. `evidence` is what recovered last."""

    start: datetime
    end: datetime | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class UnseenMoment:
    """A moment that the first look after a break of the record dates: it may have been any since `unseen_from`.

    `is_dated`: what began then did, by the word of its source; what else users felt may have begun before.
    """

    at: datetime
    unseen_from: datetime
    is_dated: bool = False


@dataclass(frozen=True, slots=True)
class RecordingBreak:
    """From when until when nobody recorded."""

    begin: datetime
    end: datetime

    @property
    def is_before_all(self) -> bool:
        """Whether it is the time before anybody ever recorded."""
        return self.begin.year <= NEVER_RECORDED.year  # a clock that was set moved it a little

    def moved(self, length: timedelta) -> "RecordingBreak":
        """The same by a clock that was set by so much."""
        return RecordingBreak(move_moment(self.begin, length), move_moment(self.end, length))


def weigh_length(is_begin_unseen: bool, is_end_unseen: bool) -> str:
    """What stands in front of a length whose beginning or end was only seen after a break of the record: `at most `
    where it may have ended before, `at least ` where it may have begun before, `about ` for both; "" where all was
    seen. A break in the middle of it is as an end that nobody saw, one in a pause of it as a beginning."""
    if is_begin_unseen and is_end_unseen:
        return "about "
    return "at least " if is_begin_unseen else "at most " if is_end_unseen else ""


@dataclass(frozen=True, slots=True)
class ForeignStretch:
    """A time in which what the journal tells is another incident's: all of it or, by its `key`, one signal. A drill has
    nothing of the time of a real incident, and a real incident not what was broken for a drill alone."""

    start: datetime
    end: datetime | None  # None: it goes on
    key: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Ours, not the source's: who took an alert (by key; "" is the incident itself) and when."""

    alert: str
    at: datetime
    actor: str
    note: str = ""
    keys: tuple[str, ...] = ()  # of several alerts that were taken at once

    @property
    def is_of_incident(self) -> bool:
        return not (self.alert or self.keys)

    def names(self, alert: str) -> bool:
        """Whether it is of that alert, by its key."""
        return alert in (self.alert, *self.keys)

    def is_of(self, since: datetime) -> bool:
        """Whether it is of the alert that fires since then: one that ended and fired again is another one's to take."""
        return self.at >= since - CLOCKS_DIFFER


def list_acknowledged(taken: Mapping[str, Acknowledgement], alerts: Iterable[Alert]) -> dict[str, Acknowledgement]:
    """Who has which of the alerts, by their keys: an acknowledgement ends with the alert that it was of."""
    if not taken:
        return {}
    return {
        alert.key: taken[alert.key] for alert in alerts if alert.key in taken and taken[alert.key].is_of(alert.since)
    }


@dataclass(frozen=True, slots=True)
class Incident:
    """Built from events, never stored. `reach_from` is where its range begins in the journal."""

    id: str
    environment: str
    title: str
    severity: str
    status: Status
    declared: datetime
    declared_by: str
    reach_from: datetime
    impact_started: datetime | None = None  # stated by a person, never guessed: a guess would read "we detect at once"
    impact_ended: datetime | None = None  # stated by a person; it takes the place of what the signals say
    impact_started_by: str = ""  # who stated it; "" where that is not on record
    impact_ended_by: str = ""
    detected: datetime | None = None
    detected_by: str = ""  # what it was noticed by: `alert 5xx errors`, `probe ready`, `ana`
    acknowledged: datetime | None = None
    mitigated: datetime | None = None  # users felt it no more; see `as_of` for whether that has held
    resolved: datetime | None = None
    drill: bool = False
    severities: tuple[StateChange, ...] = ()
    statuses: tuple[StateChange, ...] = ()
    acks: tuple[Acknowledgement, ...] = ()
    people: tuple[str, ...] = ()
    notes: int = 0
    last_event: int = 0
    close_reason: str = field(default="")  # in the words of who closed it
    because: str = ""  # a CloseReason
    duplicate_of: str = ""  # the id of the incident that this one repeats
    rules: tuple[Rule, ...] = ()  # what binds it, as recorded when its severity was last set
    bindings: tuple[SeverityRules, ...] = ()  # what bound it, severity after severity
    mistakes: tuple[MistakenSeverity, ...] = ()  # severities entered by mistake: on record, and counted nowhere
    roles: tuple[Holding, ...] = ()
    updates: tuple[Update, ...] = ()
    called: tuple[PageRecord, ...] = ()
    ticks: tuple[Tick, ...] = ()  # each box once, as it stands
    marks: tuple[Mark, ...] = ()
    not_on_call: frozenset[str] = frozenset()  # who stated that somebody else is
    decisions: tuple[Decision, ...] = ()
    items: tuple[ActionItem, ...] = ()
    pins: frozenset[int] = frozenset()
    links: tuple[EvidenceLink, ...] = ()
    freezes: tuple[Freeze, ...] = ()  # of its environment, within its range
    silences: tuple[RecordedSilence, ...] = ()  # made from here in its environment, and not over before its range
    recovery: Recovery | None = None
    ran: tuple[ProcedureRun, ...] = ()
    reviews: tuple[StateChange, ...] = ()
    lines_kept: tuple[datetime, ...] = ()  # when lines of a log were put into the record
    healthy: tuple[HealthyPeriod, ...] = ()
    slow: tuple[HealthyPeriod, ...] = ()  # moments in which it was slow, and well but for that: they count as well
    unseen: tuple[UnseenMoment, ...] = ()  # of the beginnings and ends of what users felt
    breaks: tuple[RecordingBreak, ...] = ()  # that overlap its range, in order: what was so then is not known
    blind: tuple[RecordingBreak, ...] = ()  # in which a probe that told what users felt showed nothing
    unheld: HealthyPeriod | None = None  # a recovery that has not held for two minutes yet: it counts for nothing
    felt_bad: str = ""  # what users feel still, the first of it: `probe readyz is still bad`
    felt_since: datetime | None = None  # the earliest signal that users felt, and which
    felt_by: str = ""
    services: tuple[str, ...] = ()  # the apps and resources that its signals named, in the order they did
    worst: str = ""  # the worst severity that it ever had; "" where it is the one of now
    foreign: tuple[ForeignStretch, ...] = ()
    clock_steps: tuple[ClockStep, ...] = ()  # the clock was set while it was open; its times are by the clock of now

    @property
    def open(self) -> bool:
        return self.resolved is None

    @property
    def severity_text(self) -> str:
        """The worst that it ever was, with the last beside it where that is another: `P1, now P2`."""
        return self.severity if self.worst in ("", self.severity) else f"{self.worst}, now {self.severity}"

    @property
    def closures(self) -> list[tuple[datetime, datetime]]:
        """The stretches in which it was closed, until it was opened again, in order."""
        return [
            (before.at, after.at)
            for before, after in pairwise(self.statuses)
            if before.value == Status.RESOLVED and self.declared <= before.at <= after.at
        ]

    def open_for(self, now: datetime) -> timedelta:
        """From its declaration until it was resolved, or until now: the one duration of an incident everywhere.

        Where it was opened again, the time in which it was closed does not count, and of what is past at `now` alone:
        what is told of its first end is the same after a second.
        """
        end = max(self.declared, min(self.resolved or now, now))  # a clock may have been set back
        closed = (measure_between(start, min(over, end)) for start, over in self.closures if start < end)
        return measure_between(self.declared, end) - sum(closed, timedelta())

    def in_role(self, role: str) -> tuple[str, ...]:
        """Who holds a role now."""
        wanted_name = role.casefold()
        return tuple(role.person for role in self.roles if role.role.casefold() == wanted_name and role.until is None)

    @property
    def review(self) -> Review:
        return Review(self.reviews[-1].value) if self.reviews else Review.DRAFT


def find_worst_severity(incident: Incident, severity_scale: SeverityScale) -> str:
    """The worst severity that it ever had."""
    names = [severity.value for severity in incident.severities] or [incident.severity]
    ranks = {name: number for name in names if (number := rank_severity(severity_scale, name)) is not None}
    return min(ranks, key=ranks.__getitem__, default=incident.severity)


def describe_severity(incident: Incident, severity_scale: SeverityScale) -> str:
    """The worst that it ever was, with the last beside it where that is another: `P1, now P2`."""
    gravest = find_worst_severity(incident, severity_scale)
    return gravest if gravest == incident.severity else f"{gravest}, now {incident.severity}"


# Which incident is meant by who names none: the worst that is open; while none is, the one that ended last.


class Incidents(Protocol):
    """The part of a Ledger that the question takes."""

    @property
    def incidents(self) -> Mapping[str, Incident]: ...

    def open(self, environment: str) -> Sequence[Incident]: ...


def worst_first(ledger: Incidents, environment: str, scale: SeverityScale) -> tuple[Incident, ...]:
    """The open incidents of an environment by severity, then the oldest first; drills after all that is real."""
    return tuple(
        sorted(
            ledger.open(environment),
            key=lambda incident: (
                incident.drill,
                find_severity_position(scale, incident.severity),
                incident.declared,
            ),
        )
    )


def newest_closed(ledger: Incidents, environment: str) -> Incident | None:
    """The incident of an environment that was resolved last."""
    closed = [
        incident for incident in ledger.incidents.values() if incident.environment == environment and incident.resolved
    ]
    return max(closed, key=lambda incident: incident.resolved or incident.declared, default=None)


def find_concerned_incident(ledger: Incidents, environment: str, scale: SeverityScale) -> Incident | None:
    """The incident that the bar shows, else the one that ended last."""
    return next(iter(worst_first(ledger, environment, scale)), None) or newest_closed(ledger, environment)
