"""What the containers and the platform wrote to their logs: computed from the world, never stored."""

from collections.abc import Iterator
from dataclasses import dataclass

from cockpit.simulator.azure.bodies import replica_names
from cockpit.simulator.world.site import make_identifier
from cockpit.simulator.world.stage import list_crashes, sick_at, weight_at
from cockpit.simulator.world.world import SimulatedRevision, World

TICK = 2.0  # seconds between two lines of a serving container
IDLE_TICKS = 15  # an idle one writes this much less often
KEPT = 6 * 3_600.0  # seconds of log there are


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
    if tick % 3 == 0 and sick_at(world, revision.name, tick * TICK):
        return "ERROR", f"GET /api/orders/{order} 500 5003ms TimeoutError: database pool exhausted (20 of 20 in use)"
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
