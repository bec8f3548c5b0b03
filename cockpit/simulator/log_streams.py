"""What containers and platform log, computed from the world, and its live streams with all that plagues readers."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf

from cockpit.simulator.answer import JSON, RefusedError, SimulatedRequest
from cockpit.simulator.azure import times
from cockpit.simulator.azure.bodies import replica_names
from cockpit.simulator.world.changes import find_revision
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.site import CONTAINER, make_identifier
from cockpit.simulator.world.stage import Stage, list_crashes, sick_at, slow_at, snapshot_at, weight_at
from cockpit.simulator.world.world import SimulatedRevision, World

# What the containers and the platform wrote to their logs: computed from the world, never stored.

TICK = 2.0  # seconds between two lines of a serving container
IDLE_TICKS = 15  # an idle one writes this much less often
KEPT = 6 * 3_600.0  # seconds of log there are
NOT_FOUND = "the database does not have what the app asks for"


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    at: float
    revision: str
    replica: str
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class SystemLine:
    at: float
    revision: str
    replica: str
    kind: str  # Normal | Warning
    reason: str
    text: str
    count: int = 1


def list_console_lines(world: World, revision: SimulatedRevision, since: float, until: float) -> list[ConsoleLine]:
    """The lines of one revision's containers, oldest first."""
    first, last = _find_alive_span(world, revision, since, until)
    replicas = replica_names(world, revision) or [f"{revision.name}-gone"]
    result = []
    for tick in range(int(first // TICK) + 1, int(last // TICK) + 1):
        serving = weight_at(world, revision.name, tick * TICK) > 0
        if serving or tick % IDLE_TICKS == 0:
            level, text = _console_text(world, revision, tick) if serving else ("INFO", "idle, no requests")
            result.append(ConsoleLine(tick * TICK, revision.name, replicas[tick % len(replicas)], level, text))
    return result


def list_system_lines(world: World, since: float, until: float) -> list[SystemLine]:
    """What the platform did to every revision, oldest first."""
    system_lines = [system_line for revision in world.revisions for system_line in _system_of(world, revision)]
    return sorted(
        (system_line for system_line in system_lines if since < system_line.at <= min(until, world.now)),
        key=lambda system_line: system_line.at,
    )


def _find_alive_span(world: World, revision: SimulatedRevision, since: float, until: float) -> tuple[float, float]:
    end = world.now if revision.stopped is None else revision.stopped
    return max(since, revision.created, world.now - KEPT), min(until, end, world.now)


def _console_text(world: World, revision: SimulatedRevision, tick: int) -> tuple[str, str]:
    order = int(make_identifier(world.scenario.seed, "order", tick)[:4], 16)
    if snapshot_at(world, tick * TICK).without_database:
        return "ERROR", f"GET /api/orders/{order} 500 {8 + order % 17}ms OperationalError: {NOT_FOUND}"
    if tick % 3 == 0 and sick_at(world, revision.name, tick * TICK):
        return "ERROR", f"GET /api/orders/{order} 500 5003ms TimeoutError: database pool exhausted (20 of 20 in use)"
    if slow_at(world, revision.name, tick * TICK):
        return "WARN", f"GET /api/orders/{order} 200 {2400 + order % 170}ms cache miss"
    return "INFO", f"GET /api/orders/{order} 200 {8 + order % 17}ms"


def _system_of(world: World, revision: SimulatedRevision) -> Iterator[SystemLine]:
    replica = next(iter(replica_names(world, revision)), "")
    name = revision.name
    yield SystemLine(revision.created, name, "", "Normal", "RevisionCreation", f"Creating new revision {name}")
    yield SystemLine(revision.started, name, replica, "Normal", "ContainerStarted", "Started container 'api'")
    if revision.stopped is not None:
        yield SystemLine(revision.stopped, name, "", "Normal", "RevisionDeactivating", f"Deactivating revision {name}")
        return
    if not sick_at(world, name, revision.ready):
        yield SystemLine(revision.ready, name, replica, "Normal", "RevisionReady", f"Revision {name} is ready")
    for count, seconds in list_crashes(world, revision, world.now):
        failed = "Probe of Readiness failed with status code: 503"
        yield SystemLine(seconds - 5, name, replica, "Warning", "ProbeFailed", failed, count)
        backoff = "Container 'api' was terminated with exit code '1'; back-off restarting it"
        yield SystemLine(seconds, name, replica, "Warning", "ContainerBackOff", backoff, count)


LONGEST_TAIL, USUAL_TAIL = 300, 20
TAIL_REACH = 3_600.0  # seconds that a tail of the console looks back
SHAPES: tuple[Callable[[datetime], str], ...] = (
    times.format_zulu,
    times.format_verbose,
    lambda moment: times.format_naive(moment)[:-2],
    lambda moment: times.format_naive(moment) + "+00:00",
)
FIELDS = (
    "TimeStamp",
    "Type",
    "ContainerAppName",
    "RevisionName",
    "ReplicaName",
    "Msg",
    "Reason",
    "EventSource",
    "Count",
)
NOTHING: JSON = dict.fromkeys(FIELDS)

CHATTER = (
    ("StartingGettingEvents", "Connecting to the events collector..."),
    ("ConnectedToEventsServer", "Successfully connected to events server"),
)


class LogStream:
    """One open stream. `start()` is what is sent at once; `more()` what came since the last look."""

    def __init__(self, stage: Stage, call: SimulatedRequest, *, system: bool) -> None:
        self._stage = stage
        self._call = call
        self._system = system
        self._odd = stage.scenario.oddities.log_lines
        self._sent = 0
        self._seen = stage.world().now
        self._tail = _read_tail(call)
        if call.query.get("output", "json") != "json":
            raise RefusedError(400, "BadRequest", "The simulator streams output=json only.")
        if not system:
            _check_container(stage.world(), call)
        self.follow = call.query.get("follow", "false").lower() == "true"

    def start(self) -> bytes:
        """The chatter and the tail."""
        world = self._stage.world()
        self._seen = world.now
        lines = self._lines(world, -inf if self._system else world.now - TAIL_REACH, world.now)
        tail = lines[-self._tail :] if self._tail else []
        return self._written([*self._chatter(world), *tail])

    def more(self) -> bytes:
        """What was written since; a stream whose replica is gone has no more."""
        world = self._stage.world()
        lines = self._lines(world, self._seen, world.now)
        self._seen = world.now
        return self._written(lines)

    def _lines(self, world: World, since: float, until: float) -> list[JSON]:
        clock = self._stage.clock
        if self._system:
            return [self._system_record(system_line, clock) for system_line in list_system_lines(world, since, until)]
        revision = find_revision(world, self._call.names["revision"])
        return [
            {"TimeStamp": self._shape(clock.at(console_line.at)), "Log": f"{console_line.level} {console_line.text}"}
            for console_line in list_console_lines(world, revision, since, until)
        ]

    def _system_record(self, line: SystemLine, clock: SimulatedClock) -> JSON:
        return {
            "TimeStamp": self._shape(clock.at(line.at)),
            "Type": line.kind,
            "ContainerAppName": self._stage.scenario.site.app,
            "RevisionName": line.revision,
            "ReplicaName": line.replica,
            "Msg": line.text,
            "Reason": line.reason,
            "EventSource": "ContainerAppController",
            "Count": line.count,
        }

    def _chatter(self, world: World) -> Iterator[JSON]:
        now = self._shape(self._stage.clock.at(world.now))
        if self._system:
            app = self._stage.scenario.site.app
            for reason, text in CHATTER:
                about = {"TimeStamp": now, "Type": "Normal", "ContainerAppName": app, "Reason": reason}
                yield {**NOTHING, **about, "Msg": text, "EventSource": "ContainerAppController", "Count": 1}
            return
        names = self._call.names
        yield {"TimeStamp": now, "Log": f"Connecting to the container '{CONTAINER}'..."}
        where = f"[Revision: '{names['revision']}', Replica: '{names['replica']}']"
        yield {"TimeStamp": now, "Log": f"Successfully Connected to container: '{CONTAINER}' {where}"}

    def _shape(self, moment: datetime) -> str:
        """How the next line's time is written: always alike, or in an odd world each time differently."""
        shape = SHAPES[self._sent % len(SHAPES)] if self._odd else times.format_zulu
        self._sent += 1
        return shape(moment)

    def _written(self, records: Sequence[JSON]) -> bytes:
        return b"".join(json.dumps(fields).encode() + b"\n" if fields else b"\n" for fields in self._disturbed(records))

    def _disturbed(self, records: Sequence[JSON]) -> Iterable[JSON]:
        """In an odd world: pairs swapped, blank lines between, and now and then a record of nulls."""
        if not self._odd:
            return records
        disturbed: list[JSON] = []
        for place in range(0, len(records), 2):
            disturbed += [*reversed(records[place : place + 2]), {}]
            if place % 8 == 0:
                disturbed.append(
                    {**NOTHING, "Msg": "Reconciler error"} if self._system else {"TimeStamp": None, "Log": None}
                )
        return disturbed


def _read_tail(call: SimulatedRequest) -> int:
    text = call.query.get("taillines", str(USUAL_TAIL))
    if not (text.isascii() and text.isdigit() and int(text) <= LONGEST_TAIL):
        raise RefusedError(400, "BadRequest", f"tailLines must be from 0 to {LONGEST_TAIL}.")
    return int(text)


def _check_container(world: World, call: SimulatedRequest) -> None:
    """Raises RefusedError, 404, when the replica or its container is not there (any more)."""
    revision = find_revision(world, call.names["revision"])
    here = [replica_name.lower() for replica_name in replica_names(world, revision)]
    if call.names["replica"].lower() not in here or call.names["container"].lower() != CONTAINER:
        raise RefusedError(404, "ResourceNotFound", f"Replica '{call.names['replica']}' was not found.")
