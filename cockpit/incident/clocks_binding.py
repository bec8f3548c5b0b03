"""Which rules bind an incident, since when, and the clock that one of them begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise

from cockpit.incident.business import is_open
from cockpit.incident.clocks_due import due_after
from cockpit.model.clock import Clock, ClockKind, Rule
from cockpit.model.incident import Incident, Status
from cockpit.model.ladder import Ladder, rank
from cockpit.model.plan import BUILT_IN, Hours, Plan

CONFIGURATION = ".toml"  # a rule of the configuration stands in no document that could go


@dataclass(frozen=True, slots=True)
class Binding:
    """The rules of one incident as they hold now.

    `since` is when it became as bad as it is, without a break: a worse severity begins its clocks then, a milder one
    counts on and gives nobody new time. `changed` is when the severity of now was set. Neither is before it was last
    opened again. `zone` is where hours without a zone are meant.
    """

    incident: Incident
    plan: Plan
    rules: tuple[Rule, ...]
    since: datetime
    changed: datetime
    opened: datetime | None  # again, the last time
    zone: tzinfo

    def of(self, kind: ClockKind) -> list[Rule]:
        return [each for each in self.rules if each.kind is kind]

    def strictest(self, kind: ClockKind) -> Rule | None:
        """The rule with the least time, where several say when the same thing is due."""
        return min(self.of(kind), key=lambda each: each.after, default=None)

    def because(self, at: datetime) -> str:
        """What happened at `since`, or at `changed`."""
        if at == self.incident.declared:  # a milder severity counts on from there
            first = self.incident.severities[:1]
            return f"{first[0].value if first else self.incident.severity} declared"
        return "opened again" if at == self.opened else f"became {self.incident.severity}"

    def clock(
        self, rule: Rule, id: str, started: datetime, why: str, *, done: datetime | None = None, what: str = ""
    ) -> Clock:
        """The clock that `rule` begins at `started`."""
        due = due_after(started, rule.after, rule.counting, self.plan.hours, self.zone)
        return Clock(
            id=id,
            kind=rule.kind,
            what=what or rule.what or rule.kind.value,
            why=f"{why}; its document is gone" if lost(rule.origin, self.plan) else why,
            origin=rule.origin or "not recorded",
            started=started,
            due=due.due,
            risk=due.risk,
            done=done,
            who=rule.who,
        )


def binding(incident: Incident, plan: Plan, zone: tzinfo = UTC) -> Binding:
    """What was recorded when the severity was last set; what the plan says now where nothing was."""
    opened = _opened_again(incident)
    begun = max(opened or incident.declared, incident.declared)
    changed = max([begun, *(each.at for each in incident.severities[-1:])])
    since = max(begun, _as_bad_since(incident, plan.ladder))
    rules = _at_that_hour(incident.rules or plan.rules_for(incident.severity), since, plan.hours, zone)
    return Binding(incident, plan, rules, since, changed, opened, zone)


def _at_that_hour(rules: tuple[Rule, ...], since: datetime, hours: Hours, zone: tzinfo) -> tuple[Rule, ...]:
    """Outside working hours a rule for them takes the place of those of its kind; within them it says nothing."""
    if not any(each.outside for each in rules):
        return rules
    outside = not is_open(since, hours, zone)
    replaced = {each.kind for each in rules if each.outside} if outside else frozenset[ClockKind]()
    return tuple(each for each in rules if (outside if each.outside else each.kind not in replaced))


def worst(incident: Incident, ladder: Ladder) -> str:
    """The worst severity that it ever had."""
    names: Sequence[str] = [each.value for each in incident.severities] or [incident.severity]
    ranks = {name: found for name in names if (found := rank(ladder, name)) is not None}
    return min(ranks, key=ranks.__getitem__, default=incident.severity)


def lost(origin: str, plan: Plan) -> bool:
    """True where the document that an origin names is no longer among those of the plan."""
    name = origin.partition(":")[0].partition("#")[0]
    if not name or name.startswith(BUILT_IN) or name.endswith(CONFIGURATION):
        return False
    return not any(origin == each or origin.startswith((f"{each}:", f"{each}#")) for each in plan.documents)


def _as_bad_since(incident: Incident, ladder: Ladder) -> datetime:
    """The beginning of the newest unbroken time in which the severity was that of now or worse."""
    now = rank(ladder, incident.severity)
    for before, change in reversed(list(pairwise(incident.severities))):
        was = rank(ladder, before.value)
        if now is None or was is None or was > now:
            return max(change.at, incident.declared)
    return incident.declared


def _opened_again(incident: Incident) -> datetime | None:
    """When it was last opened after it had been resolved."""
    steps = pairwise(incident.statuses)
    again = [after.at for before, after in steps if before.value == Status.RESOLVED != after.value]
    return again[-1] if again else None
