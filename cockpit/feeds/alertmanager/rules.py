"""What a Prometheus says of its alerting rules: which alerts are active, and whether one that vanished is over."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from cockpit.feeds.alertmanager.alerts import alert_of, clean_labels, decode_json, parse_go_time
from cockpit.feeds.alertmanager.labels import LabelIndex, Labels, index_labels
from cockpit.feeds.alertmanager.resolution import PrometheusState, ResolutionWord, Trace
from cockpit.feeds.alertmanager.targets import (
    NOTHING_REMEMBERED,
    TargetMemory,
    TargetPast,
    Targets,
    TargetWitness,
)
from cockpit.model.alert import Alert, AlertState
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, list_mappings, read_moment, read_text
from cockpit.model.time import format_age

WINDOW = timedelta(minutes=2)
STATE_WORDS = {
    "firing": AlertState.FIRING,
    "alerting": AlertState.FIRING,  # Grafana
    "recovering": AlertState.FIRING,  # Grafana: its condition is gone, and it is kept firing for a while
    "pending": AlertState.PENDING,
    "inactive": AlertState.RESOLVED,
    "normal": AlertState.RESOLVED,  # Grafana
}
"""What the words of rule servers for the state of an alert or a rule mean. Every other word is unknown, and proves
nothing: `nodata`, `error`, and whatever comes next."""
UNBROKEN = frozenset({"ok", "unknown", "nodata", ""})
"""Words for the health of a rule that can be evaluated: `unknown` before its first time, Grafana's `nodata` where
nothing was found."""
OVERDUE = 3  # intervals without an evaluation after which a rule is not evaluated any more
OVERDUE_AT_LEAST = 60.0  # seconds
REASON = re.compile(r"\s*\([^()]*\)$")
"""Grafana says in brackets why an alert has its state: `Alerting (NoData)` fires, `Normal (Error)` is over by no
measurement, and proves nothing."""


@dataclass(frozen=True, slots=True)
class AlertingRule:
    """One alerting rule. `evaluated` by the clock of its server, None when never; `every` and `waits` (its `for`) in
    seconds; `failure` is why it cannot be believed, "" when it can, and `broken` why it cannot be evaluated.

    `active` are its alerts as they came, not cleaned: of thousands only a few are ever looked at. `labels` are those
    that it gives to each. `identity` is the same as long as nobody edits what it asks for or the labels it gives; ""
    where its server does not tell its query.
    """

    evaluated: datetime | None
    every: float
    failure: str
    active: tuple[Mapping[str, Any], ...]
    waits: float = 0.0
    broken: str = ""
    identity: str = ""
    labels: Labels = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FiringInRule:
    """An alert that Prometheus says fires: its cleaned labels, all of it as it came, and for how long by that server's
    clock."""

    labels: Labels
    raw: Mapping[str, Any]
    server: str
    lasted: timedelta

    @property
    def fingerprint(self) -> str:
        """Ours: Prometheus gives none, and Alertmanager's covers external labels that Prometheus does not tell."""
        return fingerprint_of(self.labels)


@dataclass(frozen=True, slots=True)
class Rules:
    """All that one Prometheus reported in one look. `targets` None: it knows rules, and not whether they had data.

    `partial`: it reported itself that this is not all of it.
    """

    server: str
    at: datetime
    rules: Mapping[str, tuple[AlertingRule, ...]]  # by the name of the alert
    targets: Targets | None = None
    pending: tuple[Alert, ...] = ()
    firing: tuple[FiringInRule, ...] = ()
    partial: bool = False
    past: TargetPast | None = None  # where that was asked for
    skew: timedelta = timedelta(0)


def rules_of(body: bytes) -> dict[str, tuple[AlertingRule, ...]]:
    """The rules of `GET /api/v1/rules?type=alert`, by name. Raises SourceError, ValueError or RecursionError."""
    groups = dig_value(_read_answer_data(decode_json(body)), "groups")
    if not isinstance(groups, list):
        raise SourceError(Problem(ProblemKind.GARBAGE, "no rules", "The answer is not a list of rules."))
    rules_by_alert: dict[str, tuple[AlertingRule, ...]] = {}
    for group in list_mappings(groups):
        for raw in list_mappings(group.get("rules")):
            name = read_text(raw.get("name"))
            if raw.get("type", "alerting") == "alerting" and name:
                rules_by_alert[name] = (*rules_by_alert.get(name, ()), _parse_rule(raw, group.get("interval")))
    return rules_by_alert


def is_partial(body: bytes) -> bool:
    """Whether a server reported that it left rules out: a page of several, or stores that did not answer (Thanos)."""
    answer = decode_json(body)
    return bool(dig_value(answer, "warnings") or dig_value(answer, "data", "groupNextToken"))


def _read_answer_data(answer: Any) -> Any:
    if dig_value(answer, "status") != "success":
        raise SourceError(Problem(ProblemKind.GARBAGE, "no rules", "The answer is none of a Prometheus."))
    return dig_value(answer, "data")


def _parse_rule(raw: Mapping[str, Any], interval: object) -> AlertingRule:
    labels = clean_labels(raw.get("labels"))
    return AlertingRule(
        read_moment(raw.get("lastEvaluation")),
        _read_seconds(interval, 60.0),
        _explain_rule_failure(raw),
        tuple(list_mappings(raw.get("alerts"))),
        _read_seconds(raw.get("duration"), 0.0),
        _explain_broken_rule(raw),
        _identify_rule(raw.get("query"), labels),
        labels,
    )


def _identify_rule(query: object, labels: Labels) -> str:
    """Of the query as its server writes it: a comment or a line break more is no other query there."""
    if not isinstance(query, str) or not query:
        return ""
    return blake2b(repr((query, sorted(labels.items()))).encode(errors="replace"), digest_size=8).hexdigest()


def _read_seconds(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and 0 < value < 86_400 else otherwise


def _explain_rule_failure(raw: Mapping[str, Any]) -> str:
    """Why a rule proves nothing: it fails, or its server does not say in words we know that it does not."""
    if raw.get("isPaused") is True:  # Grafana, which goes on calling it healthy
        return "it is paused"
    health = read_text(raw.get("health"), 80)
    if health.casefold() != "ok":
        return read_text(raw.get("lastError"), 80) or health or "its health is not reported"
    rule_state = read_text(raw.get("state"), 40)
    if rule_state and state_of(rule_state) is None:
        return f"its state is `{rule_state}`"
    listed = isinstance(raw.get("alerts"), list)
    if not listed and state_of(rule_state) is not AlertState.RESOLVED:
        return "its alerts are not listed"
    if listed and not raw["alerts"] and state_of(rule_state) in (AlertState.FIRING, AlertState.PENDING):
        return f"it is {rule_state}, and its alerts are not listed"
    return ""


def _explain_broken_rule(raw: Mapping[str, Any]) -> str:
    """Why its server cannot evaluate it, in that server's words; "" where it can, has not tried yet, or somebody paused
    it. What it would find then is seen by nobody."""
    health = read_text(raw.get("health"), 80)
    if health.casefold() in UNBROKEN or raw.get("isPaused") is True:
        return ""
    return read_text(raw.get("lastError"), 200) or f"its health is `{health}`"


def state_of(word: object) -> AlertState | None:
    """The state that a rule server's word stands for; None for a word that nobody knows."""
    plain = word.strip().casefold() if isinstance(word, str) else ""
    state = STATE_WORDS.get(REASON.sub("", plain))
    return None if state is AlertState.RESOLVED and REASON.search(plain) else state


def list_pending_alerts(
    rules: Mapping[str, Sequence[AlertingRule]], *, source: str, environment: str, server: str, polled: datetime
) -> list[Alert]:
    """The alerts that wait for their rule's `for` to pass."""
    return [
        rule_alert(raw, AlertState.PENDING, source=source, environment=environment, server=server, polled=polled)
        for _, raw in iterate_active_alerts(rules, AlertState.PENDING)
    ]


def iterate_active_alerts(
    rules: Mapping[str, Sequence[AlertingRule]], state: AlertState
) -> Iterable[tuple[AlertingRule, Mapping[str, Any]]]:
    """The active alerts of that state as they came, each with its rule."""
    return (
        (rule, raw)
        for several in rules.values()
        for rule in several
        for raw in rule.active
        if state_of(raw.get("state")) is state
    )


def list_firing_alerts(
    rules: Mapping[str, Sequence[AlertingRule]], *, server: str, now: datetime
) -> list[FiringInRule]:
    """The alerts that fire by the word of their Prometheus."""
    return [
        FiringInRule(clean_labels(raw.get("labels")), raw, server, now - _compute_firing_start(rule, raw, now))
        for rule, raw in iterate_active_alerts(rules, AlertState.FIRING)
    ]


def _compute_firing_start(rule: AlertingRule, raw: Mapping[str, Any], now: datetime) -> datetime:
    """When it turned from pending to firing: Prometheus only tells since when its condition holds, and Grafana, by its
    own words for it, since when it fires."""
    since = parse_go_time(raw.get("activeAt"))
    by_prometheus = isinstance(word := raw.get("state"), str) and word.strip().casefold() == "firing"
    waits = timedelta(seconds=rule.waits if by_prometheus else 0)
    return now if since is None else min(now, since + waits)


def rule_alert(
    raw: Mapping[str, Any],
    state: AlertState,
    *,
    source: str,
    environment: str,
    server: str,
    polled: datetime,
    note: str = "",
) -> Alert:
    """An alert as its Prometheus tells it. `polled` stands in for a time that cannot be read."""
    return alert_of(
        raw,
        fingerprint_of(clean_labels(raw.get("labels"))),
        state,
        parse_go_time(raw.get("activeAt")) or polled,
        source=source,
        environment=environment,
        server=server,
        note=note,
    )


def fingerprint_of(labels: Labels) -> str:
    """The same from look to look, while an alert is pending and when it fires."""
    return f"pending-{blake2b(repr(sorted(labels.items())).encode(), digest_size=8).hexdigest()}"


def list_broken_rules(answer: Rules, wanted: Callable[[Labels], bool]) -> list[tuple[str, str]]:
    """The rules that nobody evaluates, each once by its name, and why. `wanted` tells by the labels that a rule gives
    whether its alerts are ours to see."""
    broken: dict[str, str] = {}
    for name, rules in answer.rules.items():
        for rule in rules:
            why = rule.broken or _explain_overdue_rule(rule, answer.at)
            if why and wanted({**rule.labels, "alertname": name}):
                broken.setdefault(name, why)
    return list(broken.items())


def _explain_overdue_rule(rule: AlertingRule, now: datetime) -> str:
    if rule.evaluated is None or rule.failure:
        return ""
    late = (now - rule.evaluated).total_seconds()
    return f"last evaluated {format_age(late)} ago" if late > max(OVERDUE * rule.every, OVERDUE_AT_LEAST) else ""


class Witnesses:
    """Every Prometheus in one look: `answers` of some, and the names of those that are `silent`.

    `memories` are what is known of their targets from earlier looks, by server.
    """

    def __init__(
        self, answers: Sequence[Rules], silent: Sequence[str], memories: Mapping[str, TargetMemory] | None = None
    ) -> None:
        self._answers = answers
        self._silent = silent
        self._active: dict[tuple[str, str, AlertState | None], LabelIndex[bool]] = {}
        self._rules: dict[tuple[str, str], LabelIndex[str]] = {}
        self._by_name: dict[str, frozenset[str]] = {}
        memories = memories or {}
        self._targets = {
            answer.server: TargetWitness(answer.targets, memories.get(answer.server, NOTHING_REMEMBERED), answer.skew)
            for answer in answers
            if answer.targets is not None
        }

    def word_on(self, trace: Trace) -> ResolutionWord:
        """What they say of an alert that is listed no more. One that does not answer may know better than the rest."""
        alert = trace.alert
        labels = dict(alert.labels)
        for answer in self._answers:
            if self._agrees(answer, alert.name, AlertState.FIRING, labels):
                return ResolutionWord(PrometheusState.FIRES, f"{answer.server} says it fires")
            if self._agrees(answer, alert.name, AlertState.PENDING, labels):
                return ResolutionWord(PrometheusState.UNKNOWN, f"not confirmed: pending once more in {answer.server}")
            if self._agrees(answer, alert.name, None, labels):
                return ResolutionWord(
                    PrometheusState.UNKNOWN, f"not confirmed: {answer.server} has it in a state we do not know"
                )
        knowing = [answer for answer in self._answers if alert.name in answer.rules]
        if self._silent:
            return ResolutionWord(PrometheusState.SILENT, f"not confirmed: {self._silent[0]} does not answer")
        if not knowing:
            return ResolutionWord(PrometheusState.UNKNOWN, f"not confirmed: no Prometheus has a rule {alert.name}")
        why = next((why for answer in self._answers if (why := self._doubt(answer, alert.name, labels, trace))), "")
        if not why and alert.rule and alert.rule not in self._identities(alert.name):
            why = f"its rule was changed in {knowing[0].server} since it fired"
        if not why and not alert.rule and any(self._identities(alert.name)):
            # Relabelled on its way to Alertmanager, or sent by another: it may fire there on by labels we do not know.
            why = f"{knowing[0].server} never had it firing by these labels"
        if why:
            return ResolutionWord(PrometheusState.UNKNOWN, f"not confirmed: {why}")
        return ResolutionWord(PrometheusState.INACTIVE, f"confirmed by Prometheus {knowing[0].server}")

    def note_rule(self, alert: Alert) -> Alert:
        """`alert`, which fires, with the rule that it fires by; the one it had where that is still there."""
        if alert.rule and alert.rule in self._identities(alert.name):
            return alert
        labels = dict(alert.labels)
        for answer in self._answers:
            if found := self._firing_rules(answer, alert.name).find(labels):
                return replace(alert, rule=found)
        return alert

    def _identities(self, name: str) -> frozenset[str]:
        """Of the rules of that name, as they are now."""
        if name not in self._by_name:
            rules = (rule for answer in self._answers for rule in answer.rules.get(name, ()))
            self._by_name[name] = frozenset(rule.identity for rule in rules)
        return self._by_name[name]

    def _firing_rules(self, answer: Rules, name: str) -> LabelIndex[str]:
        """The identities of the rules of that name, by the labels of each alert that they have firing.

        A rule that was edited a moment ago keeps the alerts of the one before until it is evaluated for the first time.
        """
        key = answer.server, name
        if key not in self._rules:
            self._rules[key] = LabelIndex(
                (clean_labels(raw.get("labels")), rule.identity)
                for rule in answer.rules.get(name, ())
                for raw in rule.active
                if rule.evaluated is not None and state_of(raw.get("state")) is AlertState.FIRING
            )
        return self._rules[key]

    def _doubt(self, answer: Rules, name: str, labels: Labels, trace: Trace) -> str:
        if answer.partial:
            return f"{answer.server} listed only a part of its rules"
        if name not in answer.rules:
            return ""
        if why := doubt_inactive_rule(answer, name):
            return why
        if answer.server not in self._targets:
            return f"{answer.server} cannot say whether the rule had data"
        return self._targets[answer.server].doubt(labels, trace.fired)

    def _agrees(self, answer: Rules, name: str, state: AlertState | None, labels: Labels) -> bool:
        key = answer.server, name, state
        if key not in self._active:
            self._active[key] = index_labels(
                clean_labels(raw.get("labels"))
                for rule in answer.rules.get(name, ())
                for raw in rule.active
                if state_of(raw.get("state")) is state
            )
        return self._active[key].find(labels) is not None


def doubt_inactive_rule(answer: Rules, name: str) -> str:
    """Why an inactive rule proves nothing: it fails, or is not evaluated. "" when it may prove something."""
    for rule in answer.rules[name]:
        if rule.evaluated is None:
            return f"{answer.server} has not evaluated the rule yet"
        if rule.failure:
            return f"the rule fails in {answer.server}: {rule.failure}"
        late = answer.at - rule.evaluated
        if late > min(timedelta(seconds=2 * rule.every + 5), WINDOW):
            return f"{answer.server} last evaluated the rule {format_age(late.total_seconds())} ago"
    return ""


def worth_showing(waiting: Iterable[Alert], alerts: Iterable[Alert]) -> list[Alert]:
    """The pending alerts, each once, without those that already fire: the two servers are asked a moment apart."""
    firing: dict[str, list[Labels]] = {}
    for alert in alerts:
        if alert.state in (AlertState.FIRING, AlertState.SUPPRESSED):
            firing.setdefault(alert.name, []).append(dict(alert.labels))
    indexes = {name: index_labels(sets) for name, sets in firing.items()}
    once = {alert.fingerprint: alert for alert in waiting}
    return [
        alert
        for alert in once.values()
        if alert.name not in indexes or indexes[alert.name].find(dict(alert.labels)) is None
    ]
