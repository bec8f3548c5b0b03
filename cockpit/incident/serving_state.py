"""ServingState: what runs, what has the traffic, and so whether users feel what an alert is about."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum

from cockpit.incident.signals import Signal, says_bad
from cockpit.model.alert import AlertState
from cockpit.model.event import UNSEEN_FROM, Event, Kind, list_of, map_of, text_of, time_of
from cockpit.recorder.last_recorded import LastRecorded

SERVING_KINDS = (Kind.REVISION, Kind.TRAFFIC)
HEALTHY = "Healthy"
UNHEALTHY = frozenset({"Unhealthy", "Degraded", "Failed", "ActivationFailed", "provisioning failed"})


class FeltVerdict(IntEnum):
    """Whether users feel what an alert is about; what cannot be placed counts as felt, and says so."""

    NOT_FELT = 0
    FELT = 1
    UNPLACED = 2


APP_TYPES = frozenset({"containerapps", "sites"})  # of resources, as an alert's label names them
PROJECT_LABELS = (
    "project",
    "compose_project",
    "com_docker_compose_project",
    "container_label_com_docker_compose_project",
)
APP_LABELS = ("service", "compose_service", "com_docker_compose_service", "container_label_com_docker_compose_service")


@dataclass(frozen=True, slots=True)
class AlertOrigin:
    """What an alert is about: the app or revision it names, and the revisions that had traffic when it fired.

    `known` are the revisions of its app that were on record by then: at a first look, or after a break of the record,
    an alert may be read before what it fired for is.
    """

    resource: str
    revisions: frozenset[str]  # that it names itself
    serving: frozenset[str]
    fired: datetime
    known: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()  # by which its labels name an app
    is_about_all: bool = False  # it names nothing smaller than what runs there: its project, an app of another name


@dataclass(slots=True)
class ServingState:
    """What runs in one environment and which of it has traffic, as the record tells it."""

    known: LastRecorded = field(default_factory=LastRecorded)
    alerts: dict[str, AlertOrigin] = field(default_factory=dict)
    ended_alerts: dict[str, AlertOrigin] = field(default_factory=dict)  # their ends may be judged once more is known
    unwell: dict[str, Signal] = field(default_factory=dict)  # revisions with traffic that are not healthy, by key
    ill_since: dict[str, datetime] = field(default_factory=dict)  # revisions that are not healthy, traffic or not
    probes_down: set[str] = field(default_factory=set)
    recovered: datetime | None = None  # when a probe last recovered, which proves that probes watch

    def see(self, event: Event) -> tuple[list[Signal], list[str]]:
        """Take any fact: the revisions with traffic that turned bad, and the keys of those that are bad no more."""
        if event.kind in SERVING_KINDS:
            return self.see_app(event)
        if event.kind == Kind.ALERT:
            self.see_alert(event)
        elif event.kind == Kind.PROBE and (bad := says_bad(event.kind, event.detail)) is not None:
            self.see_probe(event.subject, bad, event.occurred)
        return [], []

    def see_probe(self, name: str, bad: bool, moment: datetime) -> None:
        if bad:
            self.probes_down.add(name)
        elif name in self.probes_down:
            self.probes_down.discard(name)
            self.recovered = max(moment, self.recovered or moment)

    def see_alert(self, event: Event) -> None:
        if text_of(event.detail, "state") in ("", AlertState.RESOLVED):
            if (origin := self.alerts.pop(event.subject, None)) is not None:
                self.ended_alerts[event.subject] = origin
        elif event.subject not in self.alerts or text_of(event.detail, "was") == AlertState.RESOLVED:
            resource = text_of(event.detail, "resource").casefold()
            labels = {
                name.casefold(): text_of(map_of(event.detail, "labels"), name)
                for name in map_of(event.detail, "labels")
            }
            projects = {labels[name].casefold() for name in PROJECT_LABELS if labels.get(name)}
            origin = AlertOrigin(
                resource=resource,
                revisions=frozenset(str(item) for item in list_of(event.detail, "revisions")),
                serving=frozenset(),
                fired=event.occurred,
                names=tuple(labels[name].casefold() for name in APP_LABELS if labels.get(name)),
                is_about_all=resource in projects
                or (not resource and not any(labels.get(name) for name in APP_LABELS))
                or labels.get("resource_type", "").casefold() in APP_TYPES,
            )
            self.ended_alerts.pop(event.subject, None)
            app = self.known.apps.get(self._place(origin))
            self.alerts[event.subject] = (
                origin
                if app is None
                else replace(origin, serving=frozenset(app.traffic), known=frozenset(app.revisions))
            )

    def find_resource(self, key: str) -> str:
        """The app or resource that an alert that fires names, by the key of its signal; "" for anything else."""
        origin = self.alerts.get(key.removeprefix(f"{Kind.ALERT}:"))
        return origin.resource if origin else ""

    def see_app(self, event: Event) -> tuple[list[Signal], list[str]]:
        """Take a fact about an app: the revisions with traffic that turned bad, and the keys of what is bad no more."""
        self.known.apply(event)
        name = event.subject.partition("/")[0]
        app = self.known.apps.get(name)
        if app is not None and name == event.subject:
            self._see_traffic(event, name, frozenset(app.traffic))
        bad = {
            f"{Kind.REVISION}:{name}/{revision}": revision
            for revision in (app.traffic if app else ())
            if app and revision in app.revisions and app.revisions[revision].health in UNHEALTHY
        }
        over = [key for key in self.unwell if key.startswith(f"{Kind.REVISION}:{name}/") and key not in bad]
        for key in over:
            del self.unwell[key]
        if event.kind == Kind.REVISION:
            self._see_health(event)
        new = [
            Signal(
                key, f"revision {bad[key]} not healthy", max(self.ill_since.get(key, event.occurred), event.occurred)
            )
            for key in bad
            if key not in self.unwell
        ]
        self.unwell |= {signal.key: signal for signal in new}
        return new, over

    def _see_traffic(self, event: Event, name: str, traffic: frozenset[str]) -> None:
        """What alerts fired for that were read before the revisions with traffic were: it had that traffic by then."""
        since = _find_traffic_since(event, traffic)
        for alerts in (self.alerts, self.ended_alerts):
            for key, origin in alerts.items():
                is_news = not traffic <= origin.known and (since is None or since <= origin.fired)
                if is_news and self._place(origin) == name:
                    alerts[key] = replace(origin, serving=traffic)

    def _see_health(self, event: Event) -> None:
        """Since when a revision is known to be ill. What tells of its creation is dated by that, its health is of the
        moment at which it was read: nobody felt the illness of a revision before it was there."""
        app, _, _ = event.subject.partition("/")
        is_made = text_of(event.detail, "what") == "created"
        read = max(event.recorded, event.occurred) if is_made else event.occurred
        for name, revision in self.known.apps[app].revisions.items() if app in self.known.apps else ():
            key = f"{Kind.REVISION}:{app}/{name}"
            if revision.health in UNHEALTHY:
                self.ill_since.setdefault(key, read)
            else:
                self.ill_since.pop(key, None)

    def is_felt(self, key: str) -> FeltVerdict:
        """Felt unless the record shows that the signal is about revisions without traffic, and that all is well."""
        name = key.removeprefix(f"{Kind.ALERT}:")
        origin = self.alerts.get(name) or self.ended_alerts.get(name)
        if origin is None:
            return FeltVerdict.FELT
        if origin.revisions:
            return FeltVerdict(any(self._weight(revision) for revision in origin.revisions))
        name = self._place(origin)
        app = self.known.apps.get(name)
        if app is None:
            return FeltVerdict.UNPLACED
        if not app.traffic:
            return FeltVerdict.FELT
        serving = set(app.traffic)
        if any(key.startswith(f"{Kind.REVISION}:{name}/") for key in self.unwell):
            return FeltVerdict.FELT
        well = all(text in app.revisions and app.revisions[text].health == HEALTHY for text in serving)
        probes_say_so = self.recovered is not None and not self.probes_down
        moved = bool(origin.serving) and not origin.serving & serving
        unwell = any(revision.active and revision.health in UNHEALTHY for revision in app.revisions.values())
        # An app's alert names no revision. It is about one without traffic where the traffic has left the revisions it
        # fired for, or where one of them is unwell; what serves must be seen to be well besides.
        return FeltVerdict(not ((probes_say_so and (unwell or moved)) or (well and unwell and moved)))

    def _place(self, origin: AlertOrigin) -> str:
        """The app that an alert is about: the one that it names, else, where it is about all that runs there, the only
        one, or the only one of which there are two to send traffic to. "" where that cannot be said."""
        for name in (origin.resource, *origin.names):
            if app := self._app(name) or self._side(name):
                return app
        projects = {app.project.casefold() for app in self.known.apps.values() if app.project}
        if not origin.is_about_all and origin.resource not in projects:
            return ""
        pairs = [name for name, app in self.known.apps.items() if len(app.revisions) > 1]
        apps = pairs if len(self.known.apps) > 1 else list(self.known.apps)
        return apps[0] if len(apps) == 1 else ""

    def _app(self, resource: str) -> str:
        return next((name for name in self.known.apps if name.casefold() == resource), "") if resource else ""

    def _side(self, service: str) -> str:
        """The app of which a service is one side: `app` of `app-blue`, of which `blue-1.43.0` is on record."""
        for name, app in self.known.apps.items():
            side = service.removeprefix(f"{name.casefold()}-")
            if side not in ("", service) and any(text.casefold().startswith(side) for text in app.revisions):
                return name
        return ""

    def _weight(self, revision: str) -> int:
        """Percent of traffic; of a revision that no record tells of it is not known, so users may feel it."""
        apps = [app for app in self.known.apps.values() if revision in app.revisions or revision in app.traffic]
        return max((app.traffic.get(revision, 0) for app in apps), default=1)


def _find_traffic_since(event: Event, traffic: frozenset[str]) -> datetime | None:
    """Since when an app may have had the traffic that a fact tells of; None where nothing says that. A baseline says
    what there was at the first look: that may have been so since the newest of it was made."""
    if event.kind == Kind.TRAFFIC:
        starts = (time_of(event.detail, name) for name in (UNSEEN_FROM, "asked"))
        return min([event.occurred, *(moment for moment in starts if moment is not None)])
    revisions = map_of(event.detail, "revisions")
    made = [time_of(map_of(revisions, name), "created") for name in traffic]
    return max((moment for moment in made if moment is not None), default=None)
