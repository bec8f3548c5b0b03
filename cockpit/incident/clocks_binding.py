"""Which rules bind an incident, since when, and the clock that one of them begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise

from cockpit.incident.clocks_due import due_after
from cockpit.model.clock import Clock, ClockKind, Rule
from cockpit.model.incident import Incident
from cockpit.model.ladder import Ladder, level
from cockpit.model.plan import BUILT_IN, Plan

CONFIGURATION = ".toml"  # a rule of the configuration stands in no document that could go


@dataclass(frozen=True, slots=True)
class Binding:
    """The rules of one incident as they hold now.

    `since` is when it became as bad as it is, without a break: a worse severity begins its clocks then, a milder one
    counts on and gives nobody new time. `changed` is when the severity of now was set. `zone` is where hours without
    a zone are meant.
    """

    incident: Incident
    plan: Plan
    rules: tuple[Rule, ...]
    since: datetime
    changed: datetime
    zone: tzinfo

    def of(self, kind: ClockKind) -> list[Rule]:
        return [each for each in self.rules if each.kind is kind]

    def strictest(self, kind: ClockKind) -> Rule | None:
        """The rule with the least time, where several say when the same thing is due."""
        return min(self.of(kind), key=lambda each: each.after, default=None)

    @property
    def because(self) -> str:
        """What began the clocks of the severity."""
        severity = self.incident.severity
        return f"{severity} declared" if self.since == self.incident.declared else f"raised to {severity}"

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
    changed = max(incident.severities[-1].at, incident.declared) if incident.severities else incident.declared
    return Binding(
        incident=incident,
        plan=plan,
        rules=incident.rules or plan.rules_for(incident.severity),
        since=_as_bad_since(incident, plan.ladder),
        changed=changed,
        zone=zone,
    )


def worst(incident: Incident, ladder: Ladder) -> str:
    """The worst severity that it ever had."""
    names: Sequence[str] = [each.value for each in incident.severities] or [incident.severity]
    ranks = {name: rank for name in names if (rank := _rank(ladder, name)) is not None}
    return min(ranks, key=ranks.__getitem__, default=incident.severity)


def lost(origin: str, plan: Plan) -> bool:
    """True where the document that an origin names is no longer among those of the plan."""
    name = origin.partition(":")[0].partition("#")[0]
    if not name or name.startswith(BUILT_IN) or name.endswith(CONFIGURATION):
        return False
    return not any(origin == each or origin.startswith((f"{each}:", f"{each}#")) for each in plan.documents)


def _as_bad_since(incident: Incident, ladder: Ladder) -> datetime:
    """The beginning of the newest unbroken time in which the severity was that of now or worse."""
    now = _rank(ladder, incident.severity)
    for before, change in reversed(list(pairwise(incident.severities))):
        was = _rank(ladder, before.value)
        if now is None or was is None or was > now:
            return max(change.at, incident.declared)
    return incident.declared


def _rank(ladder: Ladder, name: str) -> int | None:
    rung = level(ladder, name) if ladder else None
    return rung.rank if rung else None
