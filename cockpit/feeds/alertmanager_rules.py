"""What a Prometheus says of its alerting rules: which alerts are pending, and whether one that vanished is over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from cockpit.feeds.alertmanager_fate import Says, Word
from cockpit.feeds.alertmanager_labels import Labels, LabelSets
from cockpit.feeds.alertmanager_read import alert_of, decoded, texts, when
from cockpit.model.alert import Alert, AlertState
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig, items, moment, text
from cockpit.model.time import age

WINDOW = timedelta(minutes=2)
DOWN = "(min_over_time((max by (job) (up))[2m:]) == 0) or (min_over_time(up[2m]) == 0)"
"""Jobs of which nothing was up, and targets that were down, at some time of the WINDOW: a rule evaluated in it may have
had no data, though by now the target is back."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One alerting rule. `evaluated` by the clock of its server, None when never; `every` in seconds.

    `active` are its pending and firing alerts as they came, not cleaned: of thousands only a few are ever looked at.
    """

    evaluated: datetime | None
    every: float
    failure: str
    active: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """All that one Prometheus said in one look. `down` are (job, instance), or (job, ""), that lately gave no data."""

    server: str
    at: datetime
    rules: Mapping[str, tuple[Rule, ...]]  # by the name of the alert
    down: frozenset[tuple[str, str]] = frozenset()
    pending: tuple[Alert, ...] = ()


def rules_of(body: bytes) -> dict[str, tuple[Rule, ...]]:
    """The rules of `GET /api/v1/rules?type=alert`, by name. Raises SourceError, ValueError or RecursionError."""
    groups = dig(_data(body), "groups")
    if not isinstance(groups, list):
        raise SourceError(Problem(ProblemKind.GARBAGE, "no rules", "The answer is no list of rules."))
    found: dict[str, tuple[Rule, ...]] = {}
    for group in items(groups):
        for raw in items(group.get("rules")):
            name = text(raw.get("name"))
            if raw.get("type", "alerting") == "alerting" and name:
                found[name] = (*found.get(name, ()), _rule(raw, group.get("interval")))
    return found


def down_of(body: bytes) -> frozenset[tuple[str, str]]:
    """The targets in the answer to the query `DOWN`. Raises SourceError, ValueError or RecursionError."""
    series = [texts(each.get("metric")) for each in items(dig(_data(body), "result"))]
    return frozenset((each["job"], each.get("instance", "")) for each in series if "job" in each)


def _data(body: bytes) -> Any:
    answer = decoded(body)
    if dig(answer, "status") != "success":
        raise SourceError(Problem(ProblemKind.GARBAGE, "no rules", "The answer is none of a Prometheus."))
    return dig(answer, "data")


def _rule(raw: Mapping[str, Any], interval: object) -> Rule:
    failed = raw.get("health") not in ("ok", None)
    return Rule(
        moment(raw.get("lastEvaluation")),
        float(interval) if isinstance(interval, int | float) and 0 < interval < 86_400 else 60.0,
        (text(raw.get("lastError"), 80) or text(raw.get("health"), 80)) if failed else "",
        tuple(items(raw.get("alerts"))),
    )


def pending(
    rules: Mapping[str, Sequence[Rule]], *, source: str, environment: str, server: str, seen: datetime
) -> list[Alert]:
    """The alerts that wait for their rule's `for` to pass. Prometheus gives them no fingerprint, so we do."""
    return [
        alert_of(
            each,
            f"pending-{_digest(texts(each.get('labels')))}",
            AlertState.PENDING,
            when(each.get("activeAt")) or seen,
            source=source,
            environment=environment,
            server=server,
        )
        for several in rules.values()
        for rule in several
        for each in rule.active
        if each.get("state") == "pending"
    ]


def _digest(labels: Labels) -> str:
    return blake2b(repr(sorted(labels.items())).encode(), digest_size=8).hexdigest()


class Witnesses:
    """Every Prometheus in one look: `answers` of some, and the names of those that are `silent`."""

    def __init__(self, answers: Sequence[Rules], silent: Sequence[str]) -> None:
        self._answers = answers
        self._silent = silent
        self._active: dict[tuple[str, str, str], LabelSets] = {}

    def word_on(self, alert: Alert) -> Word:
        """What they say of an alert that is listed no more. One that does not answer may know better than the rest."""
        labels = dict(alert.labels)
        for answer in self._answers:
            if self._agrees(answer, alert.name, "firing", labels):
                return Word(Says.FIRES, f"{answer.server} says it fires")
            if self._agrees(answer, alert.name, "pending", labels):
                return Word(Says.UNKNOWN, f"not confirmed: pending once more in {answer.server}")
        knowing = [answer for answer in self._answers if alert.name in answer.rules]
        if self._silent:
            return Word(Says.UNKNOWN, f"not confirmed: {self._silent[0]} does not answer")
        if not knowing:
            return Word(Says.UNKNOWN, f"not confirmed: no Prometheus has a rule {alert.name}")
        why = next((why for answer in knowing if (why := doubt(answer, alert.name, labels))), "")
        if why:
            return Word(Says.UNKNOWN, f"not confirmed: {why}")
        return Word(Says.INACTIVE, f"confirmed by Prometheus {knowing[0].server}")

    def _agrees(self, answer: Rules, name: str, state: str, labels: Labels) -> bool:
        key = answer.server, name, state
        if key not in self._active:
            self._active[key] = LabelSets(
                texts(each.get("labels"))
                for rule in answer.rules.get(name, ())
                for each in rule.active
                if each.get("state") == state
            )
        return self._active[key].any_agrees(labels)


def doubt(answer: Rules, name: str, labels: Labels) -> str:
    """Why an inactive rule proves nothing: it fails, is not evaluated, or has no data. "" when it does prove it."""
    for rule in answer.rules[name]:
        if rule.evaluated is None:
            return f"{answer.server} has not evaluated the rule yet"
        if rule.failure:
            return f"the rule fails in {answer.server}: {rule.failure}"
        late = answer.at - rule.evaluated
        if late > min(timedelta(seconds=2 * rule.every + 5), WINDOW):
            return f"{answer.server} last evaluated the rule {age(late.total_seconds())} ago"
    job, instance = labels.get("job", ""), labels.get("instance", "")
    if job and (job, "") in answer.down:
        return f"no data, job {job} is or was down"
    if job and (job, instance) in answer.down:
        return f"no data, {instance} is or was down"
    return ""


def worth_showing(waiting: Iterable[Alert], shown: Iterable[Alert]) -> list[Alert]:
    """The pending alerts, each once, without those that already fire: the two servers are asked a moment apart."""
    firing: dict[str, list[Labels]] = {}
    for alert in shown:
        if alert.state in (AlertState.FIRING, AlertState.SUPPRESSED):
            firing.setdefault(alert.name, []).append(dict(alert.labels))
    known = {name: LabelSets(sets) for name, sets in firing.items()}
    once = {alert.fingerprint: alert for alert in waiting}
    return [
        alert
        for alert in once.values()
        if alert.name not in known or not known[alert.name].any_agrees(dict(alert.labels))
    ]
