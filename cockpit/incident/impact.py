"""From when until when users felt an incident, each moment with what says so, and which signals count for it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from itertools import chain

from cockpit.incident.signals import Signal, says_bad
from cockpit.model.alert import AlertState
from cockpit.model.clock_steps import move_moment
from cockpit.model.event import Event, Kind, list_of, map_of, text_of
from cockpit.model.incident import HealthyPeriod, Incident
from cockpit.model.probe import ProbeState
from cockpit.model.time import format_duration, measure_between
from cockpit.recorder.last_recorded import LastRecorded
from cockpit.recorder.recording_breaks import describe_unseen_since

# Which signals users feel, and when the last of them recovered: what "mitigated" means here.

RECOVERY_MUST_HOLD = timedelta(minutes=2)  # a recovery that lasts no longer is a pause, not the end
SHORTEST_PAUSE = timedelta(seconds=10)  # that is told: a look or two
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
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
    """What an alert is about: the app or revision it names, and the revisions that had traffic when it fired."""

    resource: str
    revisions: frozenset[str]  # that it names itself
    serving: frozenset[str]
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
            projects |= {app.project.casefold() for app in self.known.apps.values() if app.project}
            origin = AlertOrigin(
                resource=resource,
                revisions=frozenset(str(item) for item in list_of(event.detail, "revisions")),
                serving=frozenset(),
                names=tuple(labels[name].casefold() for name in APP_LABELS if labels.get(name)),
                is_about_all=resource in projects
                or (not resource and not any(labels.get(name) for name in APP_LABELS))
                or labels.get("resource_type", "").casefold() in APP_TYPES,
            )
            app = self._place(origin)
            self.ended_alerts.pop(event.subject, None)
            self.alerts[event.subject] = replace(
                origin, serving=frozenset(self.known.apps[app].traffic) if app else frozenset()
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
        if not origin.is_about_all:
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


class ImpactWatch:
    """The signals of one incident that users feel, and the stretches in which none of them was bad.

    A threshold tells of a number over minutes that are past: it may be bad long after all is well. So it says when
    users began to feel something, and not when that ended where probes say so.
    """

    def __init__(self) -> None:
        self._certain: dict[str, Signal] = {}  # bad and felt, whatever happens to the traffic
        self._alerts: dict[str, Signal] = {}  # bad; whether users feel it depends on the traffic
        self._thresholds: dict[str, Signal] = {}  # bad; felt as long as no probe tells better
        self._feels = False
        self._names: set[str] = set()  # every signal that was felt
        self._recovered: datetime | None = None
        self._bad_since: datetime | None = None  # when the newest of what users felt began
        self._by = ""
        self._alert_ends: dict[str, tuple[datetime, str]] = {}  # of alerts that were felt as far as was known then
        self.periods: list[HealthyPeriod] = []
        self._first: Signal | None = None  # the earliest probe or alert that was felt
        self._first_ill: Signal | None = None  # the earliest revision with traffic that was not healthy
        self.relapses: list[datetime] = []  # when users began to feel something again
        self._joined: list[tuple[str, datetime]] = []  # what turned bad while they felt something already, by key
        self._is_mild = False  # since then every answer came, if not well
        self._judged: _JudgedEnd | None = None  # by what the last end was judged, where alerts had a part in it
        self._unplaced = ""  # the alert by which the last stretch ended, where nobody can say what it is about
        self._guess: _RelapseGuess | None = None  # while nothing but a guess says that users feel it again

    def __contains__(self, key: str) -> bool:
        return key in self._certain or key in self._alerts or key in self._thresholds

    def bad_keys(self) -> tuple[str, ...]:
        return (*self._certain, *self._alerts, *self._thresholds)

    def list_turns_bad(self) -> list[datetime]:
        """When anything that users feel turned bad, also while something else was bad already."""
        return [*self.relapses, *(moment for _, moment in self._joined)]

    def find_felt(self, is_felt: Callable[[str], int]) -> Signal | None:
        """The first of what users feel now."""
        if not self._feels:
            return None
        felt_alerts = (alert for alert in self._alerts.values() if is_felt(alert.key))
        thresholds = () if self._probes_tell else self._thresholds.values()
        return next(chain(self._certain.values(), felt_alerts, thresholds), None)

    @property
    def _probes_tell(self) -> bool:
        return any(name.startswith(f"{Kind.PROBE}:") for name in self._names)

    def turned_bad(self, signal: Signal, is_felt: Callable[[str], int]) -> None:
        before = self._certain.get(signal.key)
        is_worse = before is not None and (before.state, signal.state) == (ProbeState.DEGRADED, ProbeState.DOWN)
        is_turn = signal.key not in self or signal.fired_anew or is_worse
        if signal.key.startswith(f"{Kind.SIGNAL}:"):
            self._thresholds.setdefault(signal.key, signal)
            if not self._probes_tell:
                self._join(signal, is_turn)
                self._names.add(signal.key)
                self._first = _choose_earlier(self._first, signal)
                self._relapse(signal.began)
            return
        alert = signal.key.startswith(f"{Kind.ALERT}:")
        (self._alerts if alert else self._certain).setdefault(signal.key, signal)
        if alert and not is_felt(signal.key):
            return
        self._join(signal, is_turn)
        self._names.add(signal.key)
        is_guess = signal.key.startswith(f"{Kind.REVISION}:")
        if is_guess:
            self._first_ill = _choose_earlier(self._first_ill, signal)
        else:
            self._first = _choose_earlier(self._first, signal)
        self._relapse(signal.began, signal.state == ProbeState.DEGRADED, is_guess)

    def _join(self, signal: Signal, is_turn: bool) -> None:
        if is_turn and self._feels:
            self._joined.append((signal.key, signal.began))

    @property
    def first(self) -> Signal | None:
        """The first sign of what users felt.

        That a revision with traffic is not healthy is a guess of the platform at it. Where a probe or an alert says
        the same within two minutes, that is the first sign.
        """
        ill, other = self._first_ill, self._first
        if ill is None or other is None:
            return other or ill
        return other if other.began <= ill.began + RECOVERY_MUST_HOLD else ill

    def turned_good(self, key: str, moment: datetime, is_felt: Callable[[str], int]) -> None:
        if (threshold := self._thresholds.pop(key, None)) is not None:
            if key in self._names and not self._probes_tell:
                self._look(moment, threshold.label, is_felt)
            return
        felt = key in self._certain or (key in self._alerts and key in self._names)
        is_alert = key in self._alerts
        signal = self._certain.pop(key, None) or self._alerts.pop(key, None)
        if signal is None or not felt:
            return
        if signal.state == ProbeState.DEGRADED and moment - signal.began < RECOVERY_MUST_HOLD:
            self._joined = [turn for turn in self._joined if turn != (key, signal.began)]  # it was slow for a moment
        if is_alert and self._feels:
            self._alert_ends[key] = (moment, signal.label)
            self._look(None, "", is_felt)
        elif not is_alert:
            self._look(moment, signal.label, is_felt)

    def traffic_moved(self, moment: datetime, is_felt: Callable[[str], int]) -> None:
        """Alerts may be felt now that were not, or no more."""
        if self._feels:
            self._look(moment, "", is_felt)
        elif (felt := [alert for alert in self._alerts.values() if is_felt(alert.key)]) and not self._certain:
            self._names |= {signal.key for signal in felt}
            if self._first is None:  # it was bad before, and nobody felt that
                self._first = replace(felt[0], since=moment, lead=timedelta())
            self._relapse(moment, is_guess=True)

    def move(self, length: timedelta) -> None:
        """Tell every moment by a clock that was set by so much."""
        self._certain = {key: signal.moved(length) for key, signal in self._certain.items()}
        self._alerts = {key: signal.moved(length) for key, signal in self._alerts.items()}
        self._thresholds = {key: signal.moved(length) for key, signal in self._thresholds.items()}
        self._alert_ends = {key: (move_moment(end, length), label) for key, (end, label) in self._alert_ends.items()}
        self._recovered = self._recovered and move_moment(self._recovered, length)
        self._bad_since = self._bad_since and move_moment(self._bad_since, length)
        self._first = self._first and self._first.moved(length)
        self._first_ill = self._first_ill and self._first_ill.moved(length)
        self.relapses = [move_moment(moment, length) for moment in self.relapses]
        self._joined = [(key, move_moment(moment, length)) for key, moment in self._joined]
        self.periods = [_move_period(period, length) for period in self.periods]
        self._judged = self._judged and self._judged.move(length)
        if (guess := self._guess) is not None:
            well = guess.well and _move_period(guess.well, length)
            self._guess = _RelapseGuess(move_moment(guess.at, length), well)

    def _look(self, moment: datetime | None, by: str, is_felt: Callable[[str], int]) -> None:
        """Something is better. Sources tell late and in any order: of all recoveries the latest ended the impact.

        Whether users still felt an alert when it ended is asked only here: a probe that was thought bad then may have
        been up, as is known now.
        """
        if moment is not None and (self._recovered is None or moment >= self._recovered):
            self._recovered, self._by = moment, by or self._by
        if self._certain or any(is_felt(key) for key in self._alerts) or (self._thresholds and not self._probes_tell):
            return
        if self._feels:
            before = _JudgedEnd(dict(self._alert_ends), self._recovered, self._by)
            self._apply_alert_ends(before, is_felt)
            self._alert_ends.clear()
            self._feels = False
            if self._recovered is not None:
                # By a clock that runs behind, a recovery may have happened before what it ends.
                start = self._recovered if self._bad_since is None else max(self._recovered, self._bad_since)
                if self._was_moment(start):
                    self.periods[-1] = replace(self.periods[-1], end=None)
                    self.relapses.pop()
                else:
                    self.periods.append(HealthyPeriod(start, evidence=self._evidence(before.recovered)))
                    self._judged = before if before.alert_ends else None

    def _apply_alert_ends(self, before: "_JudgedEnd", is_felt: Callable[[str], int]) -> None:
        self._recovered, self._by, self._unplaced = before.recovered, before.by, ""
        for key, (end, label) in sorted(before.alert_ends.items(), key=lambda pair: pair[1]):
            if self._recovered is None or end > self._recovered:
                verdict = is_felt(key)
                if self._recovered is None or verdict:
                    self._recovered, self._by = end, label
                    self._unplaced = label if verdict == FeltVerdict.UNPLACED else ""

    @property
    def awaits_judgement(self) -> bool:
        """Whether an alert ended the last stretch, which a probe that was well before that may still contradict."""
        return self._judged is not None and not self._feels

    def judge_again(self, moment: datetime, is_felt: Callable[[str], int]) -> None:
        """It is known only now that a probe was well at a moment: whether users still felt an alert after it is asked
        again, as it is in an incident that had that probe for its own."""
        last = last_period(self.periods)
        if self._judged is None or self._feels or last is None or self._recovered is None:
            return
        if last.start != self._recovered or moment > last.start:
            return
        self._apply_alert_ends(self._judged, is_felt)
        start = self._recovered if self._bad_since is None else max(self._recovered, self._bad_since)
        evidence = self._evidence(self._judged.recovered)
        self.periods[-1] = replace(self.periods[-1], start=start, evidence=evidence)

    def _was_moment(self, over: datetime) -> bool:
        """Whether what ends here was a slow moment after a recovery that had held: it takes that recovery not back."""
        last = self.periods[-1] if self.periods else None
        if not self._is_mild or last is None or last.end is None or not self.relapses or last.end != self.relapses[-1]:
            return False
        return last.end - last.start >= RECOVERY_MUST_HOLD and over - last.end < RECOVERY_MUST_HOLD

    def _relapse(self, since: datetime, is_mild: bool = False, is_guess: bool = False) -> None:
        self._is_mild = is_mild and (self._is_mild or not self._feels)
        if not self._feels:
            self.relapses.append(since)
            self._guess = _RelapseGuess(since, last_period(self.periods)) if is_guess else None
        elif self._guess is not None and not is_guess:
            self._replace_guess(self._guess, since)
        elif self.relapses and since < self.relapses[-1]:
            self._begin_earlier(since)
        self._bad_since = since if self._bad_since is None else max(self._bad_since, since)
        self._feels = True
        if not self.periods or self.periods[-1].end is not None:
            return
        last = self.periods.pop()
        if since > last.start:  # what was recorded late, and was bad before it, shows that it was never all well
            self.periods.append(HealthyPeriod(last.start, since, last.evidence))

    def _replace_guess(self, guess: "_RelapseGuess", since: datetime) -> None:
        """A probe or an alert says when users felt it again: not when traffic was asked to move, nor when the platform
        thought a revision ill. What says so more than two minutes later tells of something else."""
        self._guess = None
        if not guess.at < since <= guess.at + RECOVERY_MUST_HOLD:
            if since < self.relapses[-1]:
                self._begin_earlier(since)
            return
        self.relapses[-1] = since
        if guess.well is not None and since > guess.well.start:
            kept = [period for period in self.periods if period.start != guess.well.start]
            self.periods = [*kept, replace(guess.well, end=since)]

    def _begin_earlier(self, since: datetime) -> None:
        """What was recorded second was felt first: a probe's first failing answer before the traffic was seen to move,
        say."""
        last = self.periods[-1] if self.periods else None
        if last is not None and last.end == self.relapses[-1] and since > last.start:
            self.periods[-1] = replace(last, end=since)
            self.relapses[-1] = since

    def _evidence(self, before: datetime | None = None) -> str:
        probes = [name for name in self._names if name.startswith(f"{Kind.PROBE}:")]
        if self._unplaced:
            up = "all probes up" if len(probes) > 1 else "the probe up"
            since = f"; {up} since {before:%H:%M:%S} UTC" if probes and before is not None else ""
            return f"{self._unplaced} recovered, which cannot be placed and so counts as felt{since}"
        if self._by.startswith("revision "):  # it recovered, or the traffic has left it
            return "all probes up, and traffic on a healthy revision" if probes else "traffic on a healthy revision"
        if len(probes) == len(self._names) or self._by.startswith("probe "):
            return "all probes up" if len(probes) > 1 else f"{self._by} up again"
        return f"{self._by} recovered, the last that users felt" if self._by else "the last that users felt recovered"


@dataclass(frozen=True, slots=True)
class _JudgedEnd:
    """What the end of a stretch was judged by: when alerts ended, and when what else users felt had."""

    alert_ends: Mapping[str, tuple[datetime, str]]
    recovered: datetime | None
    by: str

    def move(self, length: timedelta) -> "_JudgedEnd":
        ends = {key: (move_moment(end, length), label) for key, (end, label) in self.alert_ends.items()}
        return _JudgedEnd(ends, self.recovered and move_moment(self.recovered, length), self.by)


@dataclass(frozen=True, slots=True)
class _RelapseGuess:
    """When users may have begun to feel it again, and the stretch without that ended with it."""

    at: datetime
    well: HealthyPeriod | None


def _move_period(period: HealthyPeriod, length: timedelta) -> HealthyPeriod:
    end = period.end and move_moment(period.end, length)
    return replace(period, start=move_moment(period.start, length), end=end)


def _choose_earlier(first: Signal | None, signal: Signal) -> Signal:
    return signal if first is None or signal.began < first.began else first


def as_of(incident: Incident, now: datetime) -> Incident:
    """The incident as it stands at `now`: while it is open, a recovery counts once it has held for two minutes."""
    mitigated = incident.mitigated
    if (
        mitigated is None
        or not incident.open
        or incident.impact_ended is not None
        or now - mitigated >= RECOVERY_MUST_HOLD
    ):
        return incident
    return replace(incident, mitigated=None, healthy=incident.healthy[:-1], unheld=last_period(incident.healthy))


def last_period(periods: Iterable[HealthyPeriod]) -> HealthyPeriod | None:
    """The stretch that still goes on; None while something that users feel is bad."""
    last = list(periods)[-1:]
    return last[0] if last and last[0].end is None else None


STATED = "stated"


@dataclass(frozen=True, slots=True)
class ImpactMoment:
    """One end of the impact; `evidence` is what says so."""

    at: datetime
    evidence: str


def propose_impact_start(incident: Incident) -> ImpactMoment | None:
    """As a person stated it, else the earliest signal that users felt; never the declaration."""
    if incident.impact_started is not None:
        # Whoever takes what was proposed states what was seen: the evidence stays.
        is_seen = incident.impact_started == incident.felt_since
        return ImpactMoment(incident.impact_started, incident.felt_by if is_seen else STATED)
    if incident.felt_since is not None:
        return ImpactMoment(incident.felt_since, incident.felt_by)
    return None


def find_impact_start(incident: Incident) -> datetime | None:
    """When the impact began, for every duration that is shown: stated, else seen, else when it was detected."""
    proposal = propose_impact_start(incident)
    return proposal.at if proposal else incident.detected


def propose_impact_end(incident: Incident) -> ImpactMoment | None:
    """As a person stated it, else when the last signal that users feel recovered; None while one of them is bad."""
    period = last_period(incident.healthy)
    if find_relapse_after_close(incident) is not None:
        ends = [period for period in incident.healthy if period.start == incident.mitigated]
        period = min(ends, key=lambda period: period.evidence == STATED, default=None)
    if incident.impact_ended is not None:
        is_seen = period is not None and period.start == incident.impact_ended
        return ImpactMoment(incident.impact_ended, period.evidence if period and is_seen else STATED)
    if incident.unheld is not None:
        return ImpactMoment(incident.unheld.start, f"{incident.unheld.evidence}, not for two minutes yet")
    return None if period is None else ImpactMoment(period.start, period.evidence)


def measure_felt(incident: Incident, begin: datetime, end: datetime) -> tuple[timedelta, int]:
    """How long users felt it between two moments, and in how many stretches: where all was well for two minutes or
    more in between, or where it was closed and nothing says that users felt it, that time does not count."""
    return _measure_without(list_pauses(incident, begin, end), begin, end)


def measure_until_resolved(incident: Incident, begin: datetime, end: datetime) -> tuple[timedelta, int]:
    """How long it took to resolve it, and in how many stretches: the time in between in which it was closed and users
    felt nothing does not count."""
    return _measure_without(_within(_list_quiet_closures(incident), begin, end), begin, end)


def _measure_without(
    pauses: Sequence[tuple[datetime, datetime]], begin: datetime, end: datetime
) -> tuple[timedelta, int]:
    lengths = (measure_between(start, over) for start, over in pauses)
    return measure_between(begin, end) - sum(lengths, timedelta()), len(pauses) + 1


def list_felt_stretches(incident: Incident, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches between two moments in which users felt it, the first first."""
    pauses = list_pauses(incident, begin, end)
    borders = [begin, *(border for pause in pauses for border in pause), end]
    return [
        (start, over) for start, over in zip(borders[::2], borders[1::2], strict=True) if start < over or not pauses
    ]


def list_short_pauses(incident: Incident, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches between two moments in which all was well, and not for long enough to be no impact."""
    counted = list_pauses(incident, begin, end)
    well = [(period.start, period.end) for period in incident.healthy if period.end is not None]
    return [
        (start, over)
        for start, over in _within(well, begin, end)
        if over - start >= SHORTEST_PAUSE and not any(first <= start and over <= last for first, last in counted)
    ]


def list_pauses(incident: Incident, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches between two moments in which users felt nothing, for long enough to be no impact."""
    # A shorter one is a pause within one outage, unless somebody closed the incident in it: then it was over.
    well = [
        (period.start, period.end)
        for period in incident.healthy
        if period.end is not None
        and (
            period.end - max(period.start, begin) >= RECOVERY_MUST_HOLD
            or any(closed < period.end and period.start < opened for closed, opened in incident.closures)
        )
    ]
    return _within([*well, *_list_quiet_closures(incident)], begin, end)


def _list_quiet_closures(incident: Incident) -> list[tuple[datetime, datetime]]:
    """The stretches in which it was closed and nothing that was recorded says that users felt it."""
    well = [(EARLIEST, incident.felt_since or LATEST)]
    well += [(period.start, period.end or LATEST) for period in incident.healthy]
    return [
        (max(closed, start), min(opened, end))
        for closed, opened in incident.closures
        for start, end in well
        if max(closed, start) < min(opened, end)
    ]


def _within(
    stretches: Iterable[tuple[datetime, datetime]], begin: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Those that end between two moments, in order, each moment in one of them at most: a person and the signals may
    both say when all was well."""
    joined: list[tuple[datetime, datetime]] = []
    for start, over in sorted(stretches):
        if not begin < over < end:
            continue
        start = max(start, begin)
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(over, joined[-1][1]))
        else:
            joined.append((start, over))
    return joined


def format_felt(incident: Incident, begin: datetime, end: datetime) -> str:
    """`1m 08s`, `at most 1m 12s in 2 stretches`."""
    return f"{weigh_felt(incident, begin, end)}{format_stretches(*measure_felt(incident, begin, end))}"


def weigh_felt(incident: Incident, begin: datetime, end: datetime) -> str:
    """In front of a length: `at most ` where an end was only seen after a break of the record, `at least ` where a
    beginning was, `about ` where both were; "" where all was seen."""
    unseen = {moment.at for moment in incident.unseen}
    stretches = list_felt_stretches(incident, begin, end)
    return weigh_length(any(start in unseen for start, _ in stretches), any(over in unseen for _, over in stretches))


def weigh_length(is_begin_unseen: bool, is_end_unseen: bool) -> str:
    """What stands in front of a length whose beginning or end was only seen after a break of the record."""
    if is_begin_unseen and is_end_unseen:
        return "about "
    return "at least " if is_begin_unseen else "at most " if is_end_unseen else ""


def describe_unseen_moment(incident: Incident, moment: datetime) -> str:
    """` (or before: nobody recorded from 13:03:04 UTC on)` behind a moment that a first look after a break dates."""
    since = next((item.unseen_from for item in incident.unseen if item.at == moment), None)
    return describe_unseen_since(since)


def format_stretches(length: timedelta, count: int) -> str:
    """A length, with the number of stretches where it is none of one piece: no reader can subtract it."""
    return format_duration(length) if count == 1 else f"{format_duration(length)} in {count} stretches"


def find_relapse(incident: Incident) -> datetime | None:
    """When users began to feel it again, the last time, after all had been well for two minutes or more; None while it
    never was, and where all is well now."""
    begin = find_impact_start(incident)
    if begin is None or last_period(incident.healthy) is not None:
        return None
    return max((end for _, end in list_pauses(incident, begin, LATEST)), default=None)


def find_relapse_after_close(incident: Incident) -> datetime | None:
    """Since when users feel it again after it was closed: its impact had ended before, and nobody opened it again.
    None for any other."""
    if incident.open or incident.resolved is None or incident.mitigated is None or last_period(incident.healthy):
        return None
    ends = (period.end for period in incident.healthy if period.end and period.start == incident.mitigated)
    return min((end for end in ends if end >= incident.resolved), default=None)


def describe_impact(incident: Incident) -> str:
    """`impact 12:07:00 UTC (probe readyz) to 12:07:58 UTC (all probes up), 58s`."""
    begin, end = propose_impact_start(incident), propose_impact_end(incident)
    if begin is None and end is None:
        return "nothing that was recorded says when users felt it"
    took = f", {format_felt(incident, begin.at, end.at)}" if begin and end else ""
    again = find_relapse(incident) if end is None else None
    missing = f"not over, felt again since {again:%Y-%m-%d %H:%M:%S} UTC" if again else "not over"
    later = find_relapse_after_close(incident)
    relapse = f"; felt again since {later:%Y-%m-%d %H:%M:%S} UTC, after it was closed" if later else ""
    since, until = (describe_unseen_moment(incident, moment.at) if moment else "" for moment in (begin, end))
    return f"impact {_format_moment(begin, 'not known', since)} to {_format_moment(end, missing, until)}{took}{relapse}"


def _format_moment(moment: ImpactMoment | None, missing: str, unseen: str) -> str:
    return f"{moment.at:%Y-%m-%d %H:%M:%S} UTC ({moment.evidence}){unseen}" if moment else missing
