"""A stage for the screens: a session without a network, a file or a clock of its own, and a system in trouble."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, ClassVar

from cockpit.feeds.polling import Feed
from cockpit.feeds.watch import Watch
from cockpit.incident.ledger import Ledger
from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.clock import ClockKind, Rule
from cockpit.model.event import Draft, DraftPlan, Event, Kind
from cockpit.model.operator import Identity
from cockpit.model.plan import Checklist, Contact, Plan, Role, Target
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.reading import Reading
from cockpit.model.revision import Application, Replica, Revision
from cockpit.model.run import Run
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE, SeverityScale
from cockpit.model.system import AlertSource, Environment, System
from cockpit.runbooks.run.runs import Runs

NOW = datetime(2026, 11, 20, 13, 26, 40, tzinfo=UTC)
ENVIRONMENT = Environment("prod", production=True, apps=("mi-prod",), alerts=(AlertSource("azure", "azure"),))
SYSTEM = System("Meeting Intelligence", (ENVIRONMENT,), data="/nowhere", time_zone="Pacific/Auckland")
PLAN = Plan(
    rules=(
        Rule(ClockKind.RESPONSE, "somebody acknowledges", timedelta(minutes=15), "oncall.md:12", levels=("P0", "P1")),
        Rule(ClockKind.UPDATE, "next update", timedelta(minutes=30), "oncall.md:13", levels=("P1",)),
        Rule(ClockKind.ESCALATION, "team lead", timedelta(minutes=15), "oncall.md:41", "team lead", number=2),
    ),
    roles=(
        Role("Incident Commander", "drives, does not debug", lead=True),
        Role("Ops Lead", "changes the system"),
        Role("Comms Lead", "tells others"),
        Role("Scribe", "keeps the timeline"),
    ),
    contacts=(Contact("Team lead", "ana@example.com", how="phone", origin="oncall.md:50"),),
    checklists=(Checklist("first-ten", "First ten minutes", ("Declare", "Stop the bleeding"), ("P0", "P1")),),
    documents=frozenset({"oncall.md"}),
    targets=(Target("Bad deployment", timedelta(), timedelta(minutes=5), origin="oncall.md:60"),),
)
HISTORY = (0.011, 0.012, 0.019, 0.011, 0.010, 0.021, 0.012, 0.012)


RUNS_EVERY = 5.0  # seconds


class StillTime:
    """Stands until somebody moves it. Sleeping waits for ever: nothing polls.

    However far it is moved at once, the cockpit ran all the while: `on_the_way` is called every few seconds of it.
    """

    def __init__(self) -> None:
        self._passed = 0.0
        self.on_the_way: Callable[[], object] = lambda: None

    @property
    def passed(self) -> float:
        return self._passed

    @passed.setter
    def passed(self, seconds: float) -> None:
        while self._passed + RUNS_EVERY < seconds:
            self._passed += RUNS_EVERY
            self.on_the_way()
        self._passed = seconds
        self.on_the_way()

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return 1_000.0 + self.passed

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


class SilentFeed:
    """A feed that says nothing by itself; tests publish in its name."""

    def __init__(self, name: str, every: float = 15.0) -> None:
        self.name, self.environment, self.every = name, "prod", every
        self.asked = 0

    async def poll(self) -> Reading[Any]:
        return Reading(self.name, self.environment, self.every, 0.0)

    async def run(self, publish: Callable[[Reading[Any]], None]) -> None:
        await asyncio.Event().wait()

    def refresh(self) -> None:
        self.asked += 1


class MemoryTimeline:
    """Events in a list, delivered at once."""

    def __init__(self, time: StillTime) -> None:
        self.time = time
        self.kept: list[Event] = []
        self.followers: list[Callable[[list[Event]], None]] = []

    def events(self, *, environment: str | None = None, limit: int | None = None, **_: object) -> list[Event]:
        found = [each for each in self.kept if environment in (None, each.environment)]
        return found[-limit:] if limit else found

    def follow(self, deliver: Callable[[list[Event]], None], *, after: int = 0, **_: object) -> Callable[[], None]:
        self.followers.append(deliver)
        return lambda: self.followers.remove(deliver)

    def record(self, drafts: Sequence[Draft] | DraftPlan) -> list[Event]:
        drafts = drafts(self) if callable(drafts) else drafts
        events = [self._event(draft, len(self.kept) + 1 + at) for at, draft in enumerate(drafts)]
        self.kept += events
        for deliver in self.followers:
            deliver(events)
        return events

    def _event(self, draft: Draft, id: int) -> Event:
        return Event(
            id, draft.incident, draft.environment, draft.subject, draft.occurred, self.time.now(), draft.kind,
            draft.source, draft.actor, draft.summary, draft.detail, draft.supersedes, 1, "",
        )  # fmt: skip

    def close(self) -> None:
        self.followers.clear()


@dataclass
class MemoryIncidentActions:
    """Writes down what it was asked to do."""

    severity_scale: SeverityScale = DEFAULT_SEVERITY_SCALE
    only_drills: bool = False
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def keep_up(self) -> None:
        self.asked.append(("keep_up",))

    def acknowledge(self, *what: object, **how: object) -> None:
        self.asked.append(("acknowledge", *what))

    def acknowledge_all(self, *what: object, **how: object) -> None:
        self.asked.append(("acknowledge_all", *what))

    def pin(self, *what: object, **how: object) -> None:
        self.asked.append(("pin", *what))


@dataclass
class StubRecorder:
    status: str = "recording"

    def learn(self, events: object) -> None:
        """It knows nothing anyhow."""


@dataclass
class Stage:
    """What the app takes for its session."""

    unrecorded: ClassVar[frozenset[str]] = frozenset()
    record_ends: ClassVar[Mapping[str, datetime]] = {}

    system: System = SYSTEM
    environment: Environment = ENVIRONMENT
    operator: str = "you@example.com"
    read_only: bool = False
    time: StillTime = field(default_factory=StillTime)
    recorder: StubRecorder | None = field(default_factory=StubRecorder)
    incident_actions: MemoryIncidentActions = field(default_factory=MemoryIncidentActions)
    credential: SimpleNamespace | None = None
    closed: bool = False
    feeds: tuple[SilentFeed, ...] = ()
    plan: Plan = PLAN
    silences: dict[str, Any] = field(default_factory=dict)  # by the name of an alert source
    edited: Plan | None = None  # what the documents say by now
    left_files: tuple[str, ...] = ()  # what lies beside the timeline

    def __post_init__(self) -> None:
        self.feeds = self.feeds or (SilentFeed("probes"), SilentFeed("alerts:azure", 30.0), SilentFeed("revisions"))
        self.watch = Watch(list[Feed](self.feeds), self.time)
        self.time.on_the_way = self.watch.notice_standstill
        self.timeline = MemoryTimeline(self.time)
        self.ledger = Ledger(self.system.severity_scale)
        self.runner = SimpleNamespace(runs=Runs(), known_procedure=lambda run: None)
        self.history: list[Event] = []
        self.since = 0
        self.since = 0  # the newest event that the ledger and the history know
        self.environments = (self.environment,)

    def identity(self) -> Identity | None:
        return Identity("you@example.com", "cli")

    @property
    def runs(self) -> dict[str, Run]:
        runs: dict[str, Run] = self.runner.runs.runs
        return runs

    async def attach(self) -> "Stage":
        return self

    def can_silence(self, source: str) -> bool:
        return source in self.silences

    def open_silences(self, source: str) -> Any:
        return self.silences.get(source)

    def read_again(self) -> Plan:
        self.plan = self.edited or self.plan
        return self.plan

    async def run(self) -> None:
        await self.watch.run()

    def close(self) -> None:
        self.closed = True
        self.timeline.close()

    # What happens on the stage

    def say(self, feed: str, value: tuple[Any, ...]) -> None:
        """A good answer of a feed, now."""
        now = self.time.monotonic()
        self.watch.publish(Reading(feed, "prod", self._every(feed), now, value, now, self.time.now()))

    def fail(self, feed: str, problem: Problem) -> None:
        """A poll that failed; the last good value stays."""
        before = self.watch.latest("prod", feed) or Reading(feed, "prod", self._every(feed), self.time.monotonic())
        self.watch.publish(replace(before, tried=self.time.monotonic(), problem=problem))

    def _every(self, feed: str) -> float:
        return next((each.every for each in self.feeds if each.name == feed), 15.0)

    def trouble(self) -> None:
        """A bad deployment, four minutes old, twelve probes, two alerts, and a timeline that tells it."""
        self.say("probes", probes())
        self.say("alerts:azure", alerts())
        self.say("revisions", (application(),))
        self.timeline.record(story())

    def quiet(self) -> None:
        self.say("probes", tuple(up(f"site {number:02}") for number in range(1, 13)))
        self.say("alerts:azure", ())
        self.say("revisions", (replace(application(), revisions=application().revisions[1:]),))

    def incident(self) -> None:
        """Somebody declares."""
        self.timeline.record([draft(Kind.DECLARE, "declared P1: Readiness failing after deploy", 52, declared())])


SIGNED_OUT = Problem(
    ProblemKind.SIGN_IN, "401 az login expired", "The sign-in to Azure has expired.", "Sign in again, or run az login."
)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def up(name: str, latency: float = 0.012, path: str = "/health") -> ProbeResult:
    return ProbeResult(
        name, "prod", f"https://mi.example.com{path}", ProbeState.UP, ago(86_400), NOW, 200, latency, history=HISTORY
    )


def probes() -> tuple[ProbeResult, ...]:
    bad = replace(up("ready", path="/health/ready"), state=ProbeState.DOWN, since=ago(38), status=503, failing=4)
    slow = replace(up("api p95", path="/api/meetings"), state=ProbeState.DEGRADED, since=ago(131), latency=2.41)
    lost = replace(up("billing", path="/billing"), state=ProbeState.UNKNOWN, since=ago(64), reason="api p95 is down")
    return (
        up("live", path="/health/live"),
        replace(bad, reason="[STATUS] (503) == 200"),
        up("mcp", 0.031, "/mcp/ping"),
        replace(slow, reason="[RESPONSE_TIME] (2.41s) < 300ms"),
        lost,
        *(up(f"site {number:02}") for number in range(1, 8)),
    )


def alerts() -> tuple[Alert, ...]:
    return (
        Alert("azure", "a2", "Container restarts", Severity.HIGH, AlertState.FIRING, ago(75), "prod", "mi-prod",
              "4 restarts > 2 in 10 min"),
        Alert("azure", "a1", "5xx errors", Severity.CRITICAL, AlertState.FIRING, ago(190), "prod", "mi-prod",
              "12 % > 1 %"),
        Alert("azure", "a3", "High response time", Severity.LOW, AlertState.RESOLVING, ago(40), "prod", "mi-prod",
              note="vanished, server restarted"),
    )  # fmt: skip


def application() -> Application:
    def revision(number: int, weight: int, seconds: float, **more: Any) -> Revision:
        image = f"registry.example.com/mi:{number:02x}1f3a2c9e7744bb{number:02x}"
        return Revision("mi-prod", f"mi-prod--v{number}", weight > 0, weight, ago(seconds), image, **more)

    replicas = tuple(Replica(f"v42-{name}", "Running", name == "a", 2, ago(200)) for name in "abc")
    return Application(
        "mi-prod", "prod", "multiple", "mi.example.com",
        (
            revision(42, 100, 245, health="Degraded", replicas=replicas),
            revision(41, 0, 86_400 * 3, last_active=ago(230)),
            revision(40, 0, 86_400 * 9, last_active=ago(86_400 * 3)),
        ),
    )  # fmt: skip


def draft(kind: Kind, summary: str, seconds: float, more: dict[str, Any] | None = None) -> Draft:
    """A fact; without an actor the recorder wrote it by itself."""
    given = {"source": "cockpit" if more and "actor" in more else "recorder", "detail": {}} | (more or {})
    return Draft(kind, summary, ago(seconds), "prod", **given)


def declared() -> dict[str, Any]:
    detail = {"title": "Readiness failing after deploy", "severity": "P1", "reach_from": "2026-11-20T13:00:00.000000Z"}
    return {"incident": "INC-1", "actor": "you@example.com", "detail": detail}


def story() -> list[Draft]:
    bad, firing = {"detail": {"state": "down"}}, {"detail": {"state": "firing"}}
    return [
        draft(Kind.REVISION, "--v42 created by ci@example.com", 245),
        draft(Kind.TRAFFIC, "mi-prod: --v42 100 %, was --v41 100 %", 240),
        draft(Kind.ALERT, "▲ critical 5xx errors fired", 190, {**firing, "subject": "azure:a1"}),
        draft(Kind.ALERT, "▲ high Container restarts fired", 75, {**firing, "subject": "azure:a2"}),
        draft(Kind.PROBE, "✖ ready: [STATUS] (503) == 200", 38, {**bad, "subject": "ready"}),
        draft(Kind.NOTE, "started right after the deploy", 20, {"actor": "ana@example.com"}),
    ]
