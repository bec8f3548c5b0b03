"""What Prometheus says fires and no Alertmanager lists: it is on its way, or lost on it. Everything here is pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cockpit.feeds.alertmanager.alerts import LIFE, ListedAlert, Report
from cockpit.feeds.alertmanager.labels import LabelIndex, Labels
from cockpit.feeds.alertmanager.resolution import UNHEARD, UNLISTED, Trace, date_begin
from cockpit.feeds.alertmanager.rules import FiringInRule
from cockpit.model.alert import Alert, AlertState

ON_ITS_WAY = "fires in Prometheus, no Alertmanager lists it yet"
DEFAULT_RESEND = LIFE / 4
COMMON = frozenset({"alertname", "severity"})  # labels that distinguish no alert from another
LISTED_STATES = (AlertState.FIRING, AlertState.SUPPRESSED)

MakeAlert = Callable[[FiringInRule, AlertState, str], Alert]
"""An Alert of our own with that state and note."""


@dataclass(frozen=True, slots=True)
class UnlistedAlerts:
    """The unlisted alerts after one look.

    `traces` are all there are, those of the lost ones among them; `on_their_way` may still arrive; `missed` is since
    when each was missed, by our clock. `shown_as`: an alert that an Alertmanager lists by now keeps the fingerprint
    under which it was shown before, so that what a person did about it stays with it.
    """

    traces: Mapping[str, Trace] = field(default_factory=dict)
    on_their_way: tuple[Alert, ...] = ()
    missed: Mapping[str, datetime] = field(default_factory=dict)
    shown_as: Mapping[str, str] = field(default_factory=dict)


def resend_delay(reports: Iterable[Report]) -> timedelta:
    """How long an alert may take to be listed: until its sender speaks again, a minute at most."""
    resends = (resend for report in reports for resend in report.resends)
    return min((*resends, DEFAULT_RESEND))


def describe_unlisted(answered: int, asked: int) -> str:
    """Who does not list it. One that does not answer may list it, or keep it silenced."""
    if not answered:
        return UNHEARD
    return UNLISTED if answered == asked else f"{UNLISTED} that answers"


def not_listed(firing: Iterable[FiringInRule], listings: Iterable[Mapping[str, ListedAlert]]) -> list[FiringInRule]:
    """What fires by the word of a Prometheus and is in none of those lists."""
    listed = ListedAlerts(
        (dict(entry.alert.labels), fingerprint) for listing in listings for fingerprint, entry in listing.items()
    )
    return [fires for fires in firing if not listed.find(fires.labels)]


def add_unlisted(
    before: UnlistedAlerts,
    traces: Mapping[str, Trace],
    firing: Iterable[FiringInRule],
    delay: timedelta,
    make: MakeAlert,
    now: datetime,
    note: str = UNLISTED,
) -> UnlistedAlerts:
    """`traces` are those after this look at the Alertmanagers, `firing` what may be unlisted, `note` who does not list
    it.

    What fires unlisted for `delay` becomes a trace without sights, and lives on as every other alert.
    """
    listed = ListedAlerts(
        (dict(trace.alert.labels), fingerprint)
        for fingerprint, trace in traces.items()
        if trace.sights and trace.alert.state in LISTED_STATES
    )
    by_fingerprint = {fires.fingerprint: fires for fires in firing}
    recalled = ListedAlerts(
        (dict(trace.alert.labels), fingerprint)
        for fingerprint, trace in traces.items()
        if is_recalled(trace, fingerprint, by_fingerprint, before.missed)
    )
    unlisted = {
        fingerprint: fires
        for fingerprint, fires in by_fingerprint.items()
        if not listed.find(fires.labels) and not recalled.find(fires.labels)
    }
    missed = {fingerprint: before.missed.get(fingerprint, now) for fingerprint in unlisted}
    after = dict(traces)
    on_their_way: list[Alert] = []
    for fingerprint, fires in unlisted.items():
        earlier_trace = traces.get(fingerprint)
        if earlier_trace is None and max(fires.lasted, now - missed[fingerprint]) < delay:
            on_their_way.append(make(fires, AlertState.PENDING, ON_ITS_WAY))
            continue
        first = earlier_trace.first if earlier_trace is not None and earlier_trace.resolved is None else now
        after[fingerprint] = Trace(date_begin(make(fires, AlertState.FIRING, note), first), first=first)
    arrived = {
        listed_fingerprint: fingerprint
        for fingerprint, trace in traces.items()
        if not trace.sights and (listed_fingerprint := listed.find(dict(trace.alert.labels)))
    }
    for fingerprint in arrived.values():
        after.pop(fingerprint, None)
    shown_as = {
        listed_as: rule_fingerprint
        for listed_as, rule_fingerprint in {**before.shown_as, **arrived}.items()
        if listed_as in after
    }
    return UnlistedAlerts(after, tuple(on_their_way), missed, shown_as)


def is_recalled(
    trace: Trace, fingerprint: str, firing: Mapping[str, FiringInRule], missed: Mapping[str, datetime]
) -> bool:
    """Whether it is known from the timeline, as an Alertmanager listed it then, and Prometheus says that it fires on:
    it would stand there twice, once by each of its names."""
    ours = fingerprint in firing or fingerprint in missed
    return not trace.sights and not ours and trace.alert.state in LISTED_STATES


class ListedAlerts:
    """Alerts of an Alertmanager, each with its fingerprint, found by the labels that Prometheus knows of them.

    Two are the same when their labels agree, and a label that tells what it is about is among those that both have:
    else an alert of the same name hides another one.
    """

    def __init__(self, alerts: Iterable[tuple[Labels, str]]) -> None:
        by_name: dict[str, list[tuple[Labels, str]]] = {}
        for labels, fingerprint in alerts:
            by_name.setdefault(labels.get("alertname", ""), []).append((labels, fingerprint))
        self._by_name = {name: LabelIndex(entries) for name, entries in by_name.items()}

    def find(self, labels: Labels) -> str:
        """The fingerprint under which an Alertmanager lists it, "" where none does."""
        index = self._by_name.get(labels.get("alertname", ""))
        return (index and index.find(labels, telling=labels.keys() - COMMON)) or ""
