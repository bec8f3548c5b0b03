"""What Prometheus itself says of its alerting rules: pending alerts, and whether one that vanished really ended."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cockpit.feeds.alertmanager_parse import described, fingerprint, text_map, time_of
from cockpit.model.alert import Alert, AlertState

RECENT = 3  # intervals of its group within which a rule must have been evaluated to prove anything
SLACK = timedelta(seconds=5)
STATES = {"pending": AlertState.PENDING, "firing": AlertState.FIRING}


@dataclass(frozen=True, slots=True)
class Rules:
    """`active` by name of the rule; `quiet` are the rules that were evaluated a moment ago and are healthy."""

    active: Mapping[str, Sequence[Alert]] = field(default_factory=dict)
    quiet: frozenset[str] = frozenset()

    def match(self, alert: Alert) -> Alert | None:
        """The active alert of Prometheus that became `alert`: its labels, to which external ones may be added."""
        labels = set(alert.labels)
        return next((each for each in self.active.get(alert.name, ()) if labels.issuperset(each.labels)), None)

    def ended(self, alert: Alert) -> bool:
        """Its rule is being evaluated, and does not find it."""
        return alert.name in self.quiet and self.match(alert) is None

    @property
    def pending(self) -> list[Alert]:
        return [each for group in self.active.values() for each in group if each.state is AlertState.PENDING]


def rules(body: bytes, source: str, environment: str, server: str, now: datetime) -> Rules:
    """The answer of GET /api/v1/rules?type=alert. Raises ValueError when it is not that."""
    found = json.loads(body)
    data = found.get("data") if isinstance(found, dict) else None
    groups = data.get("groups") if isinstance(data, dict) else None
    if not isinstance(groups, list):
        raise ValueError("no rule groups")
    active: dict[str, list[Alert]] = defaultdict(list)
    quiet: set[str] = set()
    doubtful: set[str] = set()
    for group in groups:
        for rule in _list(group, "rules"):
            name = str(rule.get("name") or "")
            (quiet if _proves(rule, group, now) else doubtful).add(name)
            for each in _list(rule, "alerts"):
                if (alert := _alert(each, source, environment, server, now)) is not None:
                    active[name].append(alert)
    return Rules(dict(active), frozenset(quiet - doubtful))


def merged(several: Sequence[Rules]) -> Rules:
    """The rules of several Prometheus servers. One that is silent about a rule proves nothing against another."""
    active: dict[str, list[Alert]] = defaultdict(list)
    for each in several:
        for name, alerts in each.active.items():
            active[name].extend(alerts)
    return Rules(dict(active), frozenset().union(*(each.quiet for each in several)))


def _proves(rule: Mapping[str, Any], group: Mapping[str, Any], now: datetime) -> bool:
    evaluated = time_of(rule.get("lastEvaluation"))
    interval = group.get("interval")
    seconds = float(interval) if isinstance(interval, int | float) and 0 < interval < 86_400 else 60.0
    recent = evaluated is not None and now - evaluated <= timedelta(seconds=RECENT * seconds) + SLACK
    return recent and rule.get("health") == "ok"


def _alert(found: Mapping[str, Any], source: str, environment: str, server: str, now: datetime) -> Alert | None:
    state = STATES.get(str(found.get("state")))
    labels = found.get("labels")
    if state is None or not isinstance(labels, dict):
        return None
    named = text_map(labels)
    return replace(
        described(named, found.get("annotations"), None),
        source=source,
        environment=environment,
        fingerprint=fingerprint(named),
        state=state,
        since=time_of(found.get("activeAt")) or now,
        seen_by=(server,),
        native_state=state.value,
    )


def _list(found: Any, key: str) -> list[dict[str, Any]]:
    """The objects in a list that may not be there."""
    values = found.get(key) if isinstance(found, dict) else None
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []
