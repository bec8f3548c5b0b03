"""The alerts of the world at a moment: standing ones, and those that follow from how the traffic went.

An alert is never stored. Its rule watches the history for spells of trouble; a spell that lasts long enough fired an
alert, and the end of the spell resolved it. Only the marks of people on an alert are state of the world.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cockpit.simulator.world.scenario import AlertRule, StandingAlert
from cockpit.simulator.world.site import make_identifier
from cockpit.simulator.world.world import World, WorldSnapshot


@dataclass(frozen=True, slots=True)
class SimulatedAlert:
    """One alert instance. Times in seconds since the start; `resolved` None while it fires."""

    id: str
    name: str
    severity: str
    fired: float
    resolved: float | None
    state: str  # New | Acknowledged | Closed: marks of people
    changed: float
    changed_by: str
    description: str
    signal: str = "Metric"
    rule: str = ""  # reported instead of the rule's resource id
    says_resolved_at: float | None = None  # a resolution time that is there although it fires

    @property
    def condition(self) -> str:
        return "Fired" if self.resolved is None else "Resolved"


def list_simulated_alerts(world: World) -> list[SimulatedAlert]:
    """Every alert so far, newest first."""
    simulated_alerts = [
        simulated_alert for rule in world.scenario.rules for simulated_alert in _list_rule_alerts(world, rule)
    ]
    simulated_alerts += [
        simulated_alert
        for standing in world.scenario.alerts
        for simulated_alert in _list_standing_alerts(world, standing)
    ]
    return sorted(
        simulated_alerts, key=lambda simulated_alert: (simulated_alert.fired, simulated_alert.id), reverse=True
    )


def list_trouble_spells(world: World, watches: str) -> list[tuple[float, float | None]]:
    """From when until when the trouble lasted; None: it still does."""
    pairs: list[tuple[float, float | None]] = []
    since: float | None = None
    for snapshot in world.history:
        troubled = _is_troubled(snapshot, watches)
        if troubled and since is None:
            since = snapshot.at
        elif not troubled and since is not None:
            pairs.append((since, snapshot.at))
            since = None
    return [*pairs, (since, None)] if since is not None else pairs


def _is_troubled(snapshot: WorldSnapshot, watches: str) -> bool:
    if watches == "restarts":
        return bool(snapshot.sick & snapshot.active)
    serving = set(snapshot.weights)
    if watches == "latency":
        return bool(serving & snapshot.slow)
    return bool(
        serving & snapshot.sick or serving - snapshot.active or snapshot.without_database or snapshot.is_drained
    )


def _list_rule_alerts(world: World, rule: AlertRule) -> Iterator[SimulatedAlert]:
    for place, (since, until) in enumerate(list_trouble_spells(world, rule.watches)):
        fired = since + rule.fires_after
        if fired > world.now or (until is not None and fired > until):
            continue
        over = None if until is None else until + rule.resolves_after
        resolved = over if over is not None and over <= world.now else None
        alert = make_identifier(world.scenario.seed, "alert", rule.name, place)
        state, changed, who = world.alert_states.get(alert, ("New", resolved or fired, "System"))
        yield SimulatedAlert(
            alert, rule.name, rule.severity, fired, resolved, state, changed, who, rule.description, rule.signal
        )


def _list_standing_alerts(world: World, standing: StandingAlert) -> Iterator[SimulatedAlert]:
    for place in range(standing.count):
        fired = -standing.age - 60.0 * place
        if fired > world.now:
            continue
        later = fired / 2
        alert = make_identifier(world.scenario.seed, "standing", standing.name, place)
        ended = world.remedies.get(standing.name)
        over = (
            ended + standing.ended_after
            if ended is not None
            else None
            if standing.lasts is None
            else fired + standing.lasts
        )
        resolved = (
            later if standing.condition == "Resolved" else over if over is not None and over <= world.now else None
        )
        changed_at = fired if resolved is None or standing.condition == "Resolved" else resolved
        state, changed, who = world.alert_states.get(alert, (standing.state, changed_at, "System"))
        yield SimulatedAlert(
            alert,
            standing.name if standing.count == 1 else f"{standing.name} {place + 1}",
            standing.severity,
            fired,
            resolved,
            state,
            changed,
            who,
            standing.description,
            rule=standing.rule,
            says_resolved_at=later if standing.resolved_time_while_fired else None,
        )
