"""What the timeline last recorded of an environment. New readings are compared with this, never with memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cockpit.model.alert import NOT_LISTED, UNENDED, Alert, AlertState, parse_severity
from cockpit.model.event import (
    OUTSIDE_KINDS,
    UNSEEN_FROM,
    Draft,
    Event,
    Kind,
    OutsideChange,
    describe_unseen_since,
    map_of,
    text_of,
    time_of,
)
from cockpit.model.probe import ProbeFlap, ProbeState
from cockpit.model.revision import Application
from cockpit.model.time import format_age

FLAPPING = "flapping"  # recorded once in the place of a probe's state, instead of every flip


BAD_AT_LOOK = frozenset({ProbeState.DOWN.value, ProbeState.DEGRADED.value, FLAPPING})
A_LOOK = timedelta(seconds=5)  # between a failing answer and the fact that tells of it
SILENCED_AS = ("silenced", "inhibited", "muted")
REMOVED = "removed"  # the probe left the configuration while it was bad


RECORDED_KINDS = (Kind.PROBE, Kind.SIGNAL, Kind.ALERT, Kind.REVISION, Kind.TRAFFIC, Kind.FEED, *OUTSIDE_KINDS)
"""The kinds that a Known is folded from."""


@dataclass(frozen=True, slots=True)
class KnownRevision:
    active: bool
    health: str


@dataclass(slots=True)
class RecordedApp:
    """`traffic` is percent by revision, without zeros; `last_traffic_event` is when the traffic was last recorded."""

    revisions: dict[str, KnownRevision] = field(default_factory=dict)
    traffic: dict[str, int] = field(default_factory=dict)
    last_traffic_event: datetime | None = None
    project: str = ""  # of Compose, as an alert may name what runs there


@dataclass(frozen=True, slots=True)
class RecordedAlert:
    """One alert as it was last recorded. `at` is when, `since` when it fired; what an older version left out is ""."""

    name: str
    state: str
    severity: str
    at: datetime
    since: datetime
    resource: str = ""
    summary: str = ""
    native_id: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    silenced_as: str = ""  # silenced, inhibited or muted
    place: str = ""  # what it is about, as its row says it
    rule: str = ""  # which version of its rule it fired by


@dataclass(frozen=True, slots=True)
class UnseenBeginning:
    """When a fact that was there at a first look is dated, and since when it may have been so."""

    occurred: datetime
    unseen_from: datetime


class LastRecorded:
    """A fold of what recorders wrote. A probe that is up and an alert that is resolved need no entry."""

    def __init__(self) -> None:
        self.probes: dict[str, str] = {}
        self.flapping_since: dict[str, datetime] = {}  # when each probe that flaps was found to
        self.unseen_bad: dict[str, UnseenBeginning] = {}  # of probes, what was bad at the first look, or was since
        self.signals: dict[str, str] = {}
        self.alerts: dict[str, RecordedAlert] = {}
        self.apps: dict[str, RecordedApp] = {}
        self.blind: set[str] = set()
        self.outside: dict[str, str] = {}  # the last state that a source outside reported, by its key

    def apply(self, fact: Event | Draft) -> None:
        """Take one fact, written or about to be. Never raises, whatever its detail holds."""
        if fact.kind == Kind.PROBE:
            self._keep_unseen(fact)
            _keep_state(self.probes, fact.subject, text_of(fact.detail, "state"))
            self.flapping_since.pop(fact.subject, None)
            if text_of(fact.detail, "state") == FLAPPING:
                self.flapping_since[fact.subject] = fact.occurred
        elif fact.kind == Kind.SIGNAL:
            _keep_state(self.signals, fact.subject, text_of(fact.detail, "state"))
        elif fact.kind == Kind.ALERT:
            self._alert(fact)
        elif fact.kind == Kind.FEED:
            (self.blind.add if text_of(fact.detail, "state") == "blind" else self.blind.discard)(fact.subject)
        elif fact.kind in OUTSIDE_KINDS:
            self.outside[fact.subject] = text_of(fact.detail, "state")
        elif fact.kind == Kind.REVISION:
            self._revision(fact)
        elif fact.kind == Kind.TRAFFIC:
            app = self.apps.setdefault(fact.subject, RecordedApp())
            app.traffic, app.last_traffic_event = _read_weights(map_of(fact.detail, "after")), fact.occurred

    def _keep_unseen(self, fact: Event | Draft) -> None:
        """Whether a probe was bad at a first look, until it turns bad before the eyes of a recorder."""
        if text_of(fact.detail, "state") not in BAD_AT_LOOK:
            return
        if (since := time_of(fact.detail, UNSEEN_FROM)) is not None:
            self.unseen_bad[fact.subject] = UnseenBeginning(fact.occurred, since)
        elif self.probes.get(fact.subject, "") not in BAD_AT_LOOK:
            self.unseen_bad.pop(fact.subject, None)

    def describe_unseen_flap(self, name: str, flap: ProbeFlap) -> str:
        """` (or before: nobody had recorded yet)` behind the beginning of how a probe flapped, where it failed at the
        first look already."""
        first = self.unseen_bad.get(name)
        if first is None or not flap.began - A_LOOK <= first.occurred <= flap.last_bad + A_LOOK:
            return ""
        return describe_unseen_since(first.unseen_from, flap.began)

    def _alert(self, fact: Event | Draft) -> None:
        key, state = fact.subject, text_of(fact.detail, "state")
        if state in ("", AlertState.RESOLVED):
            self.alerts.pop(key, None)
        else:
            self.alerts[key] = _read_recorded_alert(fact, state, self.alerts.get(key))

    def _revision(self, fact: Event | Draft) -> None:
        if text_of(fact.detail, "what") == "baseline":
            self.apps[fact.subject] = RecordedApp(
                {str(name): _read_known_revision(item) for name, item in map_of(fact.detail, "revisions").items()},
                _read_weights(map_of(fact.detail, "traffic")),
                fact.occurred,
                text_of(fact.detail, "project"),
            )
            return
        app, _, name = fact.subject.partition("/")
        self.apps.setdefault(app, RecordedApp()).revisions[name] = _read_known_revision(fact.detail)


def read_images(fact: Event | Draft) -> dict[str, str]:
    """The image of each revision that a fact about revisions names, by `app/revision`. Never raises."""
    if fact.kind != Kind.REVISION:
        return {}
    app, _, name = fact.subject.partition("/")
    fields: Mapping[str, Any] = {name: fact.detail} if name else map_of(fact.detail, "revisions")
    return {
        f"{app}/{revision}": image
        for revision, detail in fields.items()
        if isinstance(detail, Mapping) and (image := text_of(detail, "image"))
    }


def _keep_state(states: dict[str, str], name: str, state: str) -> None:
    if state in ("", ProbeState.UP, REMOVED):
        states.pop(name, None)
    else:
        states[name] = state


def _read_recorded_alert(fact: Event | Draft, state: str, before: RecordedAlert | None) -> RecordedAlert:
    """What a fact does not say is as it was recorded before."""
    detail, labels = fact.detail, map_of(fact.detail, "labels")
    pairs = tuple((name, value) for name, value in labels.items() if isinstance(value, str))
    return RecordedAlert(
        name=text_of(detail, "name") or (before.name if before else fact.subject),
        state=state,
        severity=text_of(detail, "severity") or (before.severity if before else ""),
        at=fact.occurred,
        since=time_of(detail, "since") or (before.since if before else fact.occurred),
        resource=text_of(detail, "resource") or (before.resource if before else ""),
        summary=text_of(detail, "text") or (before.summary if before else ""),
        native_id=text_of(detail, "native_id") or (before.native_id if before else ""),
        labels=pairs or (before.labels if before else ()),
        silenced_as=verb if (verb := text_of(detail, "note").partition(" ")[0]) in SILENCED_AS else "",
        place=text_of(detail, "place") or (before.place if before else text_of(detail, "resource")),
        rule=text_of(detail, "rule") or (before.rule if before else ""),
    )


def list_recorded_alerts(last_recorded: LastRecorded, environment: str, source: str, now: datetime) -> list[Alert]:
    """The alerts of `source` that were not over when they were last recorded, as they were: nobody looked since."""
    return [
        Alert(
            source=source,
            fingerprint=key.removeprefix(f"{source}:"),
            name=alert.name,
            severity=parse_severity(alert.severity),
            state=AlertState(alert.state) if alert.state in UNENDED else AlertState.RESOLVING,
            since=alert.since,
            environment=environment,
            resource=alert.resource,
            summary=alert.summary,
            labels=alert.labels,
            native_id=alert.native_id,
            rule=alert.rule,
            note=f"{alert.state} when last recorded, {format_age((now - alert.at).total_seconds())} ago{NOT_LISTED}",
        )
        for key, alert in last_recorded.alerts.items()
        if key.startswith(f"{source}:")
    ]


def _read_known_revision(detail: object) -> KnownRevision:
    if not isinstance(detail, Mapping):
        return KnownRevision(False, "")
    return KnownRevision(detail.get("active") is True, text_of(detail, "health"))


def _read_weights(fields: Mapping[str, Any]) -> dict[str, int]:
    return {str(name): weight for name, weight in fields.items() if isinstance(weight, int) and weight > 0}


# When the newest deployment was made: as the panes show it, by the youngest revision that has traffic, and as the
# journal tells it, which also knows of one that a rollback took the traffic from.

DEPLOYED_LATELY = timedelta(days=30)  # how far back a deployment is looked for


def find_newest_deployment(
    applications: Iterable[Application], changes: Iterable[OutsideChange] = ()
) -> datetime | None:
    """When the youngest revision that has traffic was created, by what the panes show; where no revision says it, when
    the pipeline last reported a deployment that succeeded."""
    created = (revision.created for app in applications for revision in app.revisions if revision.weight > 0)
    newest = max((moment for moment in created if moment), default=None)
    if newest is not None:
        return newest
    return max(
        (change.at for change in changes if change.kind is Kind.DEPLOYMENT and change.state == DEPLOYED), default=None
    )


DEPLOYED = "success"  # the state of a pipeline's deployment that is out
SERVING_STATE_KINDS = (Kind.REVISION, Kind.TRAFFIC, Kind.DEPLOYMENT)
"""The kinds of events that `find_recorded_deployment` reads."""


class RecordedDeployments:
    """A fold of revisions and traffic, in id order: when each revision that ever had traffic was deployed.

    That is when it was made, or when it first took traffic, where that came later. Going back to one that had traffic
    before deploys nothing, nor does going back to one that is older than what served until then: it had its traffic
    before anybody recorded.
    """

    def __init__(self) -> None:
        self._created: dict[str, datetime] = {}
        self._first_served: dict[str, datetime | None] = {}  # None: it had traffic already when it was first seen

    def apply(self, event: Event) -> None:
        """Take one fact. Never raises, whatever its detail holds."""
        if event.kind == Kind.TRAFFIC:
            for name in _read_weights(map_of(event.detail, "before")):
                self._first_served.setdefault(f"{event.subject}/{name}", None)
            for name in _read_weights(map_of(event.detail, "after")):
                is_old = self._is_older_than_served(event.subject, name)
                self._first_served.setdefault(f"{event.subject}/{name}", None if is_old else event.occurred)
        elif event.kind == Kind.REVISION and text_of(event.detail, "what") == "baseline":
            for name in _read_weights(map_of(event.detail, "traffic")):
                self._first_served.setdefault(f"{event.subject}/{name}", None)
            for name, revision in map_of(event.detail, "revisions").items():
                first = time_of(revision, "created") if isinstance(revision, Mapping) else None
                if first is not None:
                    self._created[f"{event.subject}/{name}"] = first
        elif event.kind == Kind.REVISION and (made := time_of(event.detail, "created")) is not None:
            self._created[event.subject] = made

    def _is_older_than_served(self, app: str, name: str) -> bool:
        """Whether a younger revision of the app had traffic before; a canary that waited is the youngest."""
        made = self._created.get(f"{app}/{name}")
        served = (self._created.get(key) for key in self._first_served if key.startswith(f"{app}/"))
        return made is not None and any(moment > made for moment in served if moment)

    @property
    def newest(self) -> datetime | None:
        """None where nobody recorded when any of them was made or got its traffic."""
        moments = (
            max((moment for moment in (self._created.get(subject), served) if moment), default=None)
            for subject, served in self._first_served.items()
        )
        return max((moment for moment in moments if moment), default=None)


def find_recorded_author(events: Iterable[Event], revision: str) -> str:
    """Who made a revision, `app/name`, by what was recorded when it came; "" where nobody recorded that.

    The cloud itself tells only who changed the app last."""
    made = [event for event in events if event.kind == Kind.REVISION and event.subject == revision]
    return next((author for event in made if (author := text_of(event.detail, "changed_by"))), "")


def find_recorded_deployment(events: Iterable[Event]) -> datetime | None:
    """When the newest revision that ever had traffic was deployed, else a pipeline deployed; None where nobody recorded
    that. In id order."""
    deployments, by_pipeline = RecordedDeployments(), list[datetime]()
    for event in events:
        deployments.apply(event)
        if event.kind == Kind.DEPLOYMENT and text_of(event.detail, "state") == DEPLOYED:
            by_pipeline.append(event.occurred)
    return deployments.newest or max(by_pipeline, default=None)
