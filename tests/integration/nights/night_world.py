"""The simulated world and the real recorder on a clock that leaps: what happens in a night, and what is written of it.

Nothing here reads what was written. What is true is asked of the world alone, in `night_truth`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, cast

from cockpit.azure.client import Azure
from cockpit.connections import remember_alerts
from cockpit.feeds.azure_alerts.feed import azure_alerts_feed
from cockpit.feeds.probes.feed import ProbesFeed
from cockpit.feeds.probes.state import CheckOutcome, Grade
from cockpit.feeds.watch import Watch
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.load import read_ledger
from cockpit.model.event import Draft, Kind
from cockpit.model.plan import Plan
from cockpit.model.probe import Probe, ProbeEvidence
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.system import AlertSource, Environment
from cockpit.platforms.container_apps.platform import revisions_feed
from cockpit.recorder.lock import lock_path
from cockpit.recorder.recorder import Recorder
from cockpit.simulator import workload
from cockpit.simulator.answer import SimulatedRequest
from cockpit.simulator.azure.routes import match_route
from cockpit.simulator.world.changes import start_change
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.scenario import Scenario
from cockpit.simulator.world.site import SUBSCRIPTION
from cockpit.simulator.world.stage import Stage
from cockpit.simulator.world.world import Caller, Operation, Patch, TrafficShare
from cockpit.timeline.timeline import Timeline
from tests.tui.leaping import LeapingLoop

NIGHT = datetime(2026, 2, 27, 2, 0, tzinfo=UTC)
BOOTED = 5_000.0  # seconds since the machine was started when the night begins
PROBE_EVERY, ALERTS_EVERY, APPS_EVERY = 5.0, 7.0, 6.0  # seconds between two looks
PROBES = (("ready", "/health/ready"), ("live", "/health/live"))
ALERTS = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts"
LATENCY = 0.02  # seconds that an answer takes
LOOKS = 2.0  # seconds between two looks at an operation


class NightTime:
    """The clocks of the loop, as those of a machine."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._began = loop.time()
        self.ahead = 0.0  # seconds by which the clock of the machine is wrong

    @property
    def second(self) -> float:
        """Of the night."""
        return self.loop.time() - self._began

    def now(self) -> datetime:
        return self.tell(self.second)

    def tell(self, second: float) -> datetime:
        """A second of the night by the clock as it is set now."""
        return NIGHT + timedelta(seconds=second + self.ahead)

    def monotonic(self) -> float:
        return BOOTED + self.second

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class CloudTime(NightTime):
    """The clocks of the cloud, which are right."""

    def now(self) -> datetime:
        return NIGHT + timedelta(seconds=self.second)


@dataclass(slots=True)
class WatchFaults:
    """What keeps a cockpit that runs from seeing."""

    is_azure_silent: bool = False
    is_line_dead: bool = False  # of the machine: a probe that fails says nothing of the app


class WorldAzure:
    """Azure as the simulator answers, without the network between."""

    def __init__(self, stage: Stage, faults: WatchFaults) -> None:
        self._stage, self._faults = stage, faults

    async def application(self, group: str, name: str) -> Any:
        return self._get(f"{self._below(group)}/containerApps/{name}")

    async def revisions(self, group: str, app: str) -> Any:
        return self._get(f"{self._below(group)}/containerApps/{app}/revisions")["value"]

    async def replicas(self, group: str, app: str, revision: str) -> Any:
        return self._get(f"{self._below(group)}/containerApps/{app}/revisions/{revision}/replicas")["value"]

    async def firing_alerts(self, group: str) -> Any:
        return self._get(ALERTS, monitorcondition="Fired", timerange="30d")["value"]

    async def alert(self, identifier: str) -> Any:
        return self._get(f"{ALERTS}/{identifier}")

    def _below(self, group: str) -> str:
        return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.App"

    def _get(self, path: str, **query: str) -> Any:
        if self._faults.is_azure_silent:
            raise SourceError(Problem(ProblemKind.NETWORK, "no answer", "Azure does not answer."))
        matched = match_route("GET", path)
        assert matched is not None, path
        handler, names = matched
        query = {"api-version": "2025-07-01", **query}
        return handler(self._stage, SimulatedRequest("GET", path, "http://simulator", names, query)).body


class WorldAsker:
    """Probes ask the app itself."""

    def __init__(self, stage: Stage, time: NightTime, faults: WatchFaults) -> None:
        self._stage, self._time, self._faults = stage, time, faults

    async def ask(self, probe: Probe) -> CheckOutcome:
        began = self._time.monotonic()
        await self._time.sleep(LATENCY)
        path = probe.url.partition("://")[2].partition("/")[2]
        answer = workload.answer_request(self._stage, SimulatedRequest("GET", f"/{path}", "http://simulator"))
        moment, status = self._time.now(), answer.status
        if self._faults.is_line_dead:
            return CheckOutcome(moment, Grade.INCONCLUSIVE, "jump box offline", began=began, offline=True)
        if status == 200:
            return CheckOutcome(moment, Grade.GOOD, "", status, LATENCY, began=began)
        reason = f"[STATUS] ({status}) == 200"
        evidence = ProbeEvidence(moment, reason, status, probe.url)
        return CheckOutcome(moment, Grade.FAILING, reason, status, LATENCY, began=began, evidence=evidence)

    async def aclose(self) -> None:
        """Nothing is open."""


def make_environment(scenario: Scenario) -> Environment:
    site = scenario.site
    probes = tuple(
        Probe(
            name=name,
            environment="prod",
            url=f"http://shop.example.com{path}",
            interval=PROBE_EVERY,
            retry_interval=LOOKS,
        )
        for name, path in PROBES
    )
    return Environment(
        "prod",
        subscription=SUBSCRIPTION,
        resource_group=site.resource_group,
        apps=(site.app,),
        apps_interval=APPS_EVERY,
        probes=probes,
        alerts=(AlertSource(name="azure", kind="azure", interval=ALERTS_EVERY),),
    )


class NightCockpit:
    """A cockpit that watches and records, without a screen."""

    def __init__(self, night: "NightWorld", name: str) -> None:
        self._night, self.name = night, name
        time, environment = night.time, night.environment
        random = Random(f"{night.seed} {name}")
        azure = cast("Azure", WorldAzure(night.stage, night.faults))
        self.timeline = Timeline(night.file, time=time)
        self.recorder = Recorder(
            self.timeline, "prod", time=time, lock_path=lock_path(night.file, "prod"), who=f"{name}@jump-1 pid 1"
        )
        (source,) = environment.alerts
        ledger = read_ledger(self.timeline, DEFAULT_SEVERITY_SCALE)
        memory = remember_alerts(self.timeline, ledger, "prod", time)
        watch = Watch(
            [
                ProbesFeed(
                    "prod",
                    environment.probes,
                    time=time,
                    random=random,
                    reveal=str,
                    asker=WorldAsker(night.stage, time, night.faults),
                ),
                revisions_feed(environment, azure, time=time, random=random),
                azure_alerts_feed(
                    source,
                    environment,
                    azure,
                    time=time,
                    random=random,
                    recorded=memory.recorded(source.name),
                    settled=memory.settled,
                ),
            ],
            time,
        )
        watch.listen(self.recorder.observe)
        self._tasks = [asyncio.create_task(watch.run()), asyncio.create_task(self.recorder.run())]

    async def end(self) -> None:
        """It is left: its recorder writes that it stops."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.timeline.close()

    async def kill(self) -> None:
        """`kill -9`: it writes nothing more, and the kernel lets go of its lock."""
        self.recorder._lock.release()
        self.recorder._known = None
        await self.end()


@dataclass(slots=True)
class StepDone:
    """One try of a step: when it was begun and was over, as whoever did it knows."""

    run: str
    attempt: int
    begun: float
    ended: float
    undo: bool
    person: str


@dataclass(slots=True)
class NightWorld:
    """One night. Seconds are those since its beginning."""

    seed: int
    scenario: Scenario
    folder: Path
    plan: Plan
    time: NightTime
    stage: Stage = field(init=False)
    environment: Environment = field(init=False)
    steps: list[StepDone] = field(default_factory=list)
    runs: int = 0
    faults: WatchFaults = field(default_factory=WatchFaults)

    def __post_init__(self) -> None:
        self.stage = Stage(self.scenario, SimulatedClock(CloudTime(self.time.loop), 1.0))
        self.environment = make_environment(self.scenario)

    @property
    def file(self) -> Path:
        return self.folder / "timeline.db"

    def revision(self, suffix: str) -> str:
        return self.scenario.site.revision(suffix)

    def open_actions(self, timeline: Timeline, person: str) -> IncidentActions:
        """What a person acts by."""
        return IncidentActions(
            timeline,
            operator=person,
            environment="prod",
            severity_scale=DEFAULT_SEVERITY_SCALE,
            plan=self.plan,
            time=self.time,
        )

    def ask_for_traffic(self, suffix: str, by: str) -> Operation:
        """As somebody elsewhere does, in a portal say."""
        share = (TrafficShare(100, self.revision(suffix)),)
        world, operation = start_change(self.stage.world(), Patch(traffic=share), Caller(by))
        self.stage.become(world)
        return operation

    async def run_traffic_step(
        self, timeline: Timeline, person: str, incident: str, suffix: str, run: str = "", *, undo: bool = False
    ) -> str:
        """A run with one step that sends the traffic to a revision and one that looks at it; its id. With `run` another
        try of the first step of that."""
        is_new = not run
        if is_new:
            self.runs += 1
            run = f"r{self.runs}"
            self._write_run(timeline, person, incident, run, "started")
        attempt = 1 + sum(step.run == run for step in self.steps)
        command = f"az containerapp ingress traffic set -n shop-api --revision-weight {self.revision(suffix)}=100"
        begun = self.time.second
        fields: dict[str, Any] = {"attempt": attempt, "title": "Send the traffic", "undo": undo}
        intent = {**fields, "phase": "intent", "kind": "change", "as_written": command, "as_run": command}
        self._write_step(timeline, person, incident, f"{run}#1", "started", intent)
        operation = self.ask_for_traffic(suffix, person)
        while self.stage.world().now < operation.due:
            await self.time.sleep(LOOKS)
        outcome = {**fields, "phase": "outcome", "state": "ok", "seconds": round(self.time.second - begun, 3)}
        self._write_step(timeline, person, incident, f"{run}#1", "ok", outcome)
        self.steps.append(StepDone(run, attempt, begun, self.time.second, undo, person))
        return run

    def verify(self, timeline: Timeline, person: str, incident: str, run: str) -> None:
        fields: dict[str, Any] = {"attempt": 1, "title": "Look at it"}
        self._write_step(
            timeline, person, incident, f"{run}#2", "started", {**fields, "phase": "intent", "kind": "verify"}
        )
        self._write_step(
            timeline, person, incident, f"{run}#2", "ok", {**fields, "phase": "outcome", "state": "ok", "seconds": 0.0}
        )

    def end_run(self, timeline: Timeline, person: str, incident: str, run: str) -> None:
        self._write_run(timeline, person, incident, run, "ended")

    def _write_run(self, timeline: Timeline, person: str, incident: str, run: str, what: str) -> None:
        detail: dict[str, Any] = {"what": what}
        if what == "started":
            detail |= {
                "title": "Roll back",
                "procedure": "roll-back",
                "path": "oncall.md",
                "steps": 2,
                "timed_by": 2,
                "budget": 300.0,
            }
        self._write(timeline, Kind.RUN, f"Roll back: {what}", person, incident, run, detail)

    def _write_step(
        self, timeline: Timeline, person: str, incident: str, subject: str, words: str, detail: dict[str, Any]
    ) -> None:
        mark = " (undo)" if detail.get("undo") and detail["phase"] == "outcome" else ""
        self._write(timeline, Kind.STEP, f"{detail['title']}{mark}: {words}", person, incident, subject, detail)

    def _write(
        self,
        timeline: Timeline,
        kind: Kind,
        summary: str,
        person: str,
        incident: str,
        subject: str,
        detail: dict[str, Any],
    ) -> None:
        draft = Draft(kind, summary, self.time.now(), "prod", subject, actor=person, incident=incident, detail=detail)
        timeline.record([draft])


async def work_at_once(call: Callable[..., Any], /, *arguments: Any) -> Any:
    """In the place of `asyncio.to_thread`: the night is the same each time."""
    return call(*arguments)


def play_on_leaping_clock(main: Callable[[NightTime], Any]) -> Any:
    """Run a night to its end."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(main(NightTime(runner.get_loop())))
