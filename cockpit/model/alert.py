"""One condition that some source says is wrong."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, TypeVar

LabelPairs = tuple[tuple[str, str], ...]


class Severity(StrEnum):
    """Five steps and an honest sixth. Sev0..Sev4 and the usual label words map onto them; never silently info."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    UNKNOWN = "unknown"


SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity)}
SEVERITY_WORDS = {
    "critical": Severity.CRITICAL, "sev0": Severity.CRITICAL, "page": Severity.CRITICAL, "emergency": Severity.CRITICAL,
    "high": Severity.HIGH, "sev1": Severity.HIGH, "error": Severity.HIGH, "major": Severity.HIGH,
    "medium": Severity.MEDIUM, "sev2": Severity.MEDIUM, "warning": Severity.MEDIUM, "warn": Severity.MEDIUM,
    "low": Severity.LOW, "sev3": Severity.LOW, "minor": Severity.LOW, "informational": Severity.LOW,
    "info": Severity.INFO, "sev4": Severity.INFO, "verbose": Severity.INFO, "none": Severity.INFO,
}  # fmt: skip


def parse_severity(word: object) -> Severity:
    """The severity a source's own word stands for; a word nobody knows is UNKNOWN, and shown as such."""
    return SEVERITY_WORDS.get(word.strip().lower(), Severity.UNKNOWN) if isinstance(word, str) else Severity.UNKNOWN


class AlertState(StrEnum):
    """RESOLVING shows as `resolved?`: it vanished, and nothing has confirmed why."""

    PENDING = "pending"
    FIRING = "firing"
    SUPPRESSED = "suppressed"
    RESOLVING = "resolved?"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of one source. All text is cleaned. `key` names it across polls and restarts."""

    source: str  # the name of the configured alert source
    fingerprint: str
    name: str
    severity: Severity
    state: AlertState
    since: datetime
    environment: str
    resource: str = ""
    summary: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()  # (name, URL)
    seen_by: tuple[str, ...] = ()  # servers of the source that report it
    native_state: str = ""  # the source's own human state (Azure: New, Acknowledged, Closed)
    native_id: str = ""  # what the source's API wants to hear
    note: str = ""  # `vanished, server restarted 40 s ago`, `expired: sender silent`
    annotations: tuple[tuple[str, str], ...] = ()
    ended: datetime | None = None  # when it resolved, where the source itself says so
    rule: str = ""  # which version of its rule it fires by, where a Prometheus tells

    @property
    def key(self) -> str:
        return f"{self.source}:{self.fingerprint}"


class AlertGrade(NamedTuple):
    """How grave the team's documents say that an alert is: their word, and what it is among ours."""

    word: str
    severity: Severity


Result = TypeVar("Result")


def keep_last(compute: "Callable[[Sequence[Alert]], Result]") -> "Callable[[Sequence[Alert]], Result]":
    """`compute` once for each tuple of alerts, however often it is asked: a bar, a hint and a pane are drawn from one
    poll many times, and each key would wait while thousands are gone through. The result belongs to all who ask: it is
    read only. A list may change, so it is gone through each time.
    """
    last: tuple[Sequence[Alert], Result] | None = None

    def compute_once(alerts: Sequence[Alert]) -> Result:
        nonlocal last
        before = last  # another thread may ask of others meanwhile
        if before is not None and before[0] is alerts:
            return before[1]
        result = compute(alerts)
        if isinstance(alerts, tuple):
            last = alerts, result
        return result

    return compute_once


@keep_last
def rank_firing_alerts(alerts: Sequence[Alert]) -> Sequence[Alert]:
    """Those that fire, the gravest first."""
    firing = [alert for alert in alerts if alert.state is AlertState.FIRING]
    return tuple(sorted(firing, key=lambda alert: SEVERITY_RANK[alert.severity]))


LEADS_UP = timedelta(minutes=10)  # an alert that began so long before something broke may be why


def began_just_before(alert: Alert, moment: datetime) -> bool:
    """True when the alert came first, and not so long before that it is about something else."""
    return timedelta() < moment - alert.since <= LEADS_UP


def began_about_when(alert: Alert, moment: datetime) -> bool:
    """True when both may well be one trouble."""
    return abs(moment - alert.since) <= LEADS_UP


@keep_last
def list_unconfirmed_alerts(alerts: Sequence[Alert]) -> Sequence[Alert]:
    """Those that are gone without anybody knowing that they are over, the gravest first."""
    unconfirmed = [alert for alert in alerts if alert.state is AlertState.RESOLVING]
    return tuple(sorted(unconfirmed, key=lambda alert: SEVERITY_RANK[alert.severity]))


SettledAlerts = Mapping[str, datetime]
"""When a person marked an unconfirmed alert as over, by its key. One that was recorded as firing since has no
entry."""

LATE_LOOK = timedelta(minutes=10)  # another cockpit may have noticed so much later that an alert vanished


def is_settled(alert: Alert, gone: datetime | None, settled: SettledAlerts) -> bool:
    """Whether a person settled an alert that is gone since then."""
    moment = settled.get(alert.key)
    return moment is not None and (gone is None or gone - moment < LATE_LOOK)


UNENDED = frozenset({AlertState.FIRING, AlertState.SUPPRESSED})
NOT_LISTED = "; not listed"
NO_ANSWER = "; its source does not answer"


def recall_alerts(recorded: Iterable[Alert], settled: SettledAlerts) -> tuple[Alert, ...]:
    """What is shown of the alerts that the timeline knows of while their source has not answered a single time: nobody
    can say that they are over, nor that they vanished."""
    return tuple(
        replace(alert, note=alert.note.removesuffix(NOT_LISTED) + NO_ANSWER)
        for alert in recorded
        if alert.state in UNENDED or not is_settled(alert, None, settled)
    )


# What an alert is about, as distinct from the others in the list; and alerts of one name as one.

SUBJECT_LABELS = (
    "rulename",  # of the rule that Grafana could not evaluate: all such alerts have one name, `DatasourceError`
    *("namespace", "app", "application", "service", "deployment", "workload", "container", "component"),
    *("pod", "node", "host", "instance", "job", "cluster", "env"),
)
"""Labels that name a subject, as a person would say it: the app before its instance."""
TELLS_WHO_REPORTS = frozenset(
    {"replica", "prometheus_replica", "__replica__", "ruler_replica", "rule_replica", "vmalert"}
)
"""Labels that one of several servers adds to what it sends: two rows that differ in them alone are about one thing."""

TELLS_NOTHING = frozenset(
    {
        *("alertname", "severity", "resource_id", "prometheus", "endpoint", "uid", "monitor_service", "signal"),
        *("datasource_uid", "ref_id"),  # Grafana
    }
)
PRIVATE_LABEL = "__"  # begins those that a system keeps for itself: `__alert_rule_uid__`
MOST_NAMED = 2  # values that name one subject
GROUP_FROM = 6  # alerts of one name and state that are shown as one


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """Alerts of one name, state and severity. `shared` are the labels that all of them have, which thing first."""

    key: str
    alerts: tuple[Alert, ...]  # the newest first
    shared: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return self.alerts[0].name


def name_alert_subjects(alerts: Sequence[Alert]) -> dict[str, str]:
    """What tells each alert from the others of its name, by its key: `shop/cart-7f9`; else its resource."""
    numbers = Counter([alert.name for alert in alerts])
    by_name: dict[str, list[Alert]] = {}
    subjects: dict[str, str] = {}
    for alert in alerts:
        if numbers[alert.name] == 1:  # no list of one: thousands of them wake the collector of garbage
            subjects[alert.key] = _name_single_subject(alert.labels) or alert.resource
        else:
            by_name.setdefault(alert.name, []).append(alert)
    for several in by_name.values():
        telling = _find_telling_labels(several)
        if not any(label in SUBJECT_LABELS for label in telling) and len({alert.resource for alert in several}) > 1:
            telling = []  # a label that names no subject says less than the resource that the source itself names
        if telling and len({_join_values(alert.labels, telling[:1]) for alert in several}) == len(several):
            telling = telling[:1]  # the app alone tells them apart: its instance would take the room of what is wrong
        for alert in several:
            subjects[alert.key] = (_join_values(alert.labels, telling) if telling else "") or alert.resource
    return subjects


def order_labels(labels: Iterable[tuple[str, str]]) -> LabelPairs:
    """As a person reads them: which thing first, in the order of its row; who reports it last; the rest by name."""
    ranks = {label: rank for rank, label in enumerate(SUBJECT_LABELS)}
    last = len(ranks)
    return tuple(
        sorted(labels, key=lambda pair: (ranks.get(pair[0], last + (pair[0] in TELLS_WHO_REPORTS)), pair[0], pair[1]))
    )


def _join_values(labels: LabelPairs, telling: Iterable[str]) -> str:
    values = dict(labels)
    return "/".join(dict.fromkeys([values[label] for label in telling if values.get(label)][:MOST_NAMED]))


@lru_cache(maxsize=8_192)  # in a storm most alerts are those of the poll before
def _name_single_subject(labels: LabelPairs) -> str:
    """Of an alert that is alone under its name: what its labels call it."""
    names = {label for label, _ in labels}
    known = [label for label in SUBJECT_LABELS if label in names]
    return _join_values(labels, known[:1] if known and known[0] != "namespace" else known[:MOST_NAMED])


def _find_telling_labels(alerts: Sequence[Alert]) -> list[str]:
    """The labels whose values differ, those that name a subject first."""
    values: dict[str, set[str]] = {}
    for label, value in {pair for alert in alerts for pair in alert.labels}:
        if label not in TELLS_NOTHING and not label.startswith(PRIVATE_LABEL):
            values.setdefault(label, set()).add(value)
    differing = {label for label, found in values.items() if len(found) > 1}
    known = [label for label in SUBJECT_LABELS if label in differing]
    if not known and differing <= TELLS_WHO_REPORTS:  # `api/b`: whom it is about, before who says so
        known = [label for label in SUBJECT_LABELS if label in values and label != "namespace"][:1]
    return known + sorted(differing.difference(known), key=lambda label: (label in TELLS_WHO_REPORTS, label))


def group_alerts(alerts: Sequence[Alert], group_from: int = GROUP_FROM) -> list[Alert | AlertGroup]:
    """Alerts as they come, many of one name, state and severity as one group in the place of its first."""
    numbers = Counter([(alert.name, alert.state, alert.severity) for alert in alerts])
    by_group: dict[tuple[str, str, str], list[Alert]] = {}
    result: list[Alert | AlertGroup | tuple[str, str, str]] = []
    for alert in alerts:
        kind = alert.name, alert.state, alert.severity
        if numbers[kind] < group_from:
            result.append(alert)
        elif kind in by_group:
            by_group[kind].append(alert)
        else:
            by_group[kind] = [alert]
            result.append(kind)
    return [_make_group(item, by_group[item]) if isinstance(item, tuple) else item for item in result]


def _make_group(kind: tuple[str, str, str], alerts: Sequence[Alert]) -> AlertGroup:
    newest = sorted(alerts, key=lambda alert: alert.since, reverse=True)
    shared = set(newest[0].labels).intersection(*(alert.labels for alert in newest))
    telling = [pair for pair in shared if pair[0] not in TELLS_NOTHING and not pair[0].startswith(PRIVATE_LABEL)]
    return AlertGroup(f"group:{':'.join(kind)}", tuple(newest), order_labels(telling))
