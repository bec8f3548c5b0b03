"""Which rules bound an incident, from when on, and the clocks that they begin.

A deadline that bound once keeps its target, its due time and its outcome, whatever the severity or the status becomes
later. The rules of a new severity bind from the change on, and only where they are due sooner than what runs already:
so nobody gains time, neither by lowering a severity nor by raising it again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from cockpit.incident.clocks.business_hours import is_open
from cockpit.incident.clocks.due import Episode, SeverityPeriod, due_after
from cockpit.model.clock import Clock, ClockKind, Rule
from cockpit.model.incident import Incident, SeverityRules, StateChange, Status
from cockpit.model.plan import BUILT_IN, Hours, Plan
from cockpit.model.severity_scale import SeverityScale, rank_severity

CONFIGURATION = ".toml"  # a rule of the configuration stands in no document that could go
Pick = Callable[[SeverityPeriod], Rule | None]


@dataclass(frozen=True, slots=True)
class Binding:
    """The rules of one incident over its time. `zone` is where hours without a zone are meant."""

    incident: Incident
    plan: Plan
    episodes: tuple[Episode, ...]
    zone: tzinfo

    @property
    def current(self) -> SeverityPeriod:
        return self.episodes[-1].periods[-1]

    @property
    def periods(self) -> list[SeverityPeriod]:
        return [period for episode in self.episodes for period in episode.periods]

    def closed_for(self, begun: datetime, due: datetime | None) -> datetime | None:
        """The resolution that ends what was begun then: the first that was not opened again before it was due.

        Opened again sooner it was in hand again with its time still to come; without a due time, with any later one.
        """
        starts = [episode.start for episode in self.episodes[1:]]
        for episode, again in zip(self.episodes, [*starts, None], strict=True):
            is_after = episode.end is not None and episode.end >= begun
            if is_after and (again is None or (due is not None and due < again)):
                return episode.end
        return None

    def done_within(self, clock: Clock, stretch: Episode, done: datetime | None) -> datetime | None:
        """One deed is one: what was done only after the incident was opened again is of the clock that bound then,
        not also of one that ended in time with the resolution before."""
        end = stretch.end
        if done is None or end is None or (clock.limit is not None and end > clock.limit):
            return done
        return None if any(end <= episode.start <= done for episode in self.episodes[1:]) else done

    def clock(
        self, rule: Rule, id: str, started: datetime, why: str, *, done: datetime | None = None, what: str = ""
    ) -> Clock:
        """The clock that `rule` begins at `started`."""
        due = due_after(started, rule.after, rule.counting, self.plan.hours, self.zone)
        return Clock(
            id=id,
            kind=rule.kind,
            what=what or rule.what or rule.kind.value,
            why=f"{why}; its document is gone" if is_document_lost(rule.origin, self.plan) else why,
            origin=rule.origin or "not recorded",
            started=started,
            due=due.due,
            risk=due.risk,
            done=done,
            who=rule.who,
        )

    def deadlines(
        self,
        obligation: str,
        pick: Pick,
        stretches: Iterable[Episode],
        done: datetime | None = None,
        *,
        first: tuple[datetime, str] | None = None,
    ) -> list[tuple[Clock, Episode]]:
        """Every deadline of one obligation, in the order in which they began to bind, each with its stretch of time.

        `done` is when the obligation was first met: what would begin after that does not, unless nothing else did.
        `first` is when and why the clock of the declaration starts, where it is not the declaration itself.
        """
        pairs: list[tuple[Clock, Episode]] = []
        for stretch in stretches:
            bound: list[Clock] = []
            for period in stretch.periods:
                rule = pick(period)
                if rule is None:
                    continue
                settled = done is not None and done <= period.start
                if settled and (pairs or bound):
                    continue
                if bound and not period.raised:
                    continue
                start, why = period.start, period.why
                if first is not None and period.start == self.incident.declared and not pairs and not bound:
                    start, why = first
                clock = self.clock(rule, _number_obligation(obligation, len(pairs)), start, why)
                clock = replace(clock, obligation=obligation)
                if not settled and any(_runs_out_first(item, clock, period.start) for item in bound):
                    continue
                bound.append(clock)
                pairs.append((clock, stretch))
        return pairs


def _number_obligation(obligation: str, before: int) -> str:
    """The first keeps the plain name, so that its marks stay with it."""
    return obligation if before == 0 else f"{obligation}:{before + 1}"


def _runs_out_first(running: Clock, other: Clock, moment: datetime) -> bool:
    """True where a clock that still runs at that moment is due no later than the other one."""
    if running.due is None:
        return other.due is None
    return running.due > moment and (other.due is None or running.due <= other.due)


def make_strictest_pick(kind: ClockKind) -> Pick:
    """The rule of a kind with the least time, where several say when the same obligation is due."""
    return lambda period: min((rule for rule in period.rules if rule.kind is kind), key=_get_deadline_key, default=None)


def _get_deadline_key(rule: Rule) -> tuple[object, ...]:
    return (rule.after,)


def build_binding(incident: Incident, plan: Plan, zone: tzinfo = UTC) -> Binding:
    """What was recorded when each severity was set; what the plan says now where nothing was."""
    changes = _list_severity_changes(incident)
    episodes = tuple(
        _build_episode(start, end, because, changes, incident, plan, zone)
        for start, end, because in _list_open_periods(incident)
    )
    return Binding(incident, plan, episodes, zone)


def _list_severity_changes(incident: Incident) -> list[SeverityRules]:
    """Each severity with its rules, in the order in which they took effect; none before the declaration."""
    bindings = incident.bindings
    if not bindings:
        last = len(incident.severities) - 1
        severities = incident.severities or (StateChange(incident.severity, incident.declared),)
        bindings = tuple(
            SeverityRules(change.value, change.at, incident.rules if number >= last else ())
            for number, change in enumerate(severities)
        )
    moved = [replace(severity_rules, since=max(severity_rules.since, incident.declared)) for severity_rules in bindings]
    return sorted(moved, key=lambda severity_rules: severity_rules.since)


def _list_open_periods(incident: Incident) -> list[tuple[datetime, datetime | None, str]]:
    """From when until when it was open, and as what it was closed."""
    triples: list[tuple[datetime, datetime | None, str]] = []
    start: datetime | None = incident.declared
    for change in incident.statuses:
        if change.value == Status.RESOLVED and start is not None:
            triples.append((start, max(change.at, start), change.because))
            start = None
        elif change.value != Status.RESOLVED and start is None:
            start = max(change.at, incident.declared)
    if start is not None:
        untold = incident.resolved if not incident.statuses else None
        end = None if untold is None else max(untold, start)
        triples.append((start, end, incident.because))
    elif incident.because:
        triples[-1] = (*triples[-1][:2], incident.because)
    return triples


def _build_episode(
    start: datetime,
    end: datetime | None,
    because: str,
    changes: Sequence[SeverityRules],
    incident: Incident,
    plan: Plan,
    zone: tzinfo,
) -> Episode:
    """The severities of one time in which it was open: the one in force when it began, and each that followed."""
    before = [change for change in changes if change.since <= start] or list(changes[:1])
    after = [
        change
        for change in changes
        if change.since > start and change not in before and (end is None or change.since <= end)
    ]
    again = start > incident.declared
    periods = [
        _build_severity_period(
            before[-1], start, "opened again" if again else f"{before[-1].severity} declared", True, plan, zone
        )
    ]
    for old, new in zip([before[-1], *after], after, strict=False):
        raised = _is_worse(plan.severity_scale, new.severity, old.severity)
        periods.append(_build_severity_period(new, new.since, f"became {new.severity}", raised, plan, zone))
    return Episode(start, end, because, tuple(periods))


def _build_severity_period(
    severity_rules: SeverityRules, start: datetime, why: str, raised: bool, plan: Plan, zone: tzinfo
) -> SeverityPeriod:
    rules = _at_that_hour(severity_rules.rules or plan.rules_for(severity_rules.severity), start, plan.hours, zone)
    return SeverityPeriod(severity_rules.severity, start, why, raised, rules)


def _is_worse(severity_scale: SeverityScale, severity: str, than: str) -> bool:
    new, old = rank_severity(severity_scale, severity), rank_severity(severity_scale, than)
    return severity != than and (new is None or old is None or new < old)


def _at_that_hour(rules: tuple[Rule, ...], since: datetime, hours: Hours, zone: tzinfo) -> tuple[Rule, ...]:
    """Outside working hours a rule for them takes the place of those of its kind; within them it says nothing."""
    if not any(rule.outside for rule in rules):
        return rules
    outside = not is_open(since, hours, zone)
    replaced = {rule.kind for rule in rules if rule.outside} if outside else frozenset[ClockKind]()
    return tuple(rule for rule in rules if (outside if rule.outside else rule.kind not in replaced))


def is_document_lost(origin: str, plan: Plan) -> bool:
    """True where the document that an origin names is no longer among those of the plan."""
    name = origin.partition(":")[0].partition("#")[0]
    if not name or name.startswith(BUILT_IN) or name.endswith(CONFIGURATION):
        return False
    return not any(
        origin == document or origin.startswith((f"{document}:", f"{document}#")) for document in plan.documents
    )
