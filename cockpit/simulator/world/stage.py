"""The only state that changes: which world it is now. Everything else about the world is a value."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from cockpit.simulator.faults import Faults
from cockpit.simulator.world.changes import apply_event, finish_change
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.database_changes import finish_restore
from cockpit.simulator.world.scenario import Scenario
from cockpit.simulator.world.world import (
    CRASH_EVERY,
    SimulatedRevision,
    World,
    WorldSnapshot,
    begin_world,
    remember_state,
)

# What time alone does to the world: the scenario's events come, and long-running operations end.

Step = tuple[float, Callable[[World], World]]


def advance_world(world: World, now: float) -> World:
    """The world at second `now`: everything due by then has happened, each at its own second.

    It may be called as often or as seldom as one likes; the world at a given second is the same.
    """
    while (step := find_next_step(world)) is not None and step[0] <= now:
        seconds, change = step
        world = change(replace(world, now=seconds))
    return replace(world, now=max(world.now, now))


def find_next_step(world: World) -> Step | None:
    """What is due first; of what is due at once, what was begun ends before anything new comes."""
    due: list[Step] = [
        (restore.due, partial(finish_restore, due=restore)) for restore in world.restores if not restore.over
    ]
    if (operation := world.running_operation) is not None:
        due.insert(0, (operation.due, partial(finish_change, operation=operation)))
    if world.pending:
        due.append((world.pending[0].at, next_event))
    if world.history[-1].is_drained:
        due.append((world.drained_until, remember_state))
    return min(due, key=lambda pair: pair[0], default=None)


def next_event(world: World) -> World:
    event, *later = world.pending
    return apply_event(replace(world, pending=tuple(later)), event)


# What the world was like at an earlier moment, read from the snapshots it keeps.


def weight_at(world: World, name: str, seconds: float) -> int:
    """Percent of the traffic that a revision had; before the start what it has at the start."""
    return snapshot_at(world, seconds).weights.get(name, 0)


def sick_at(world: World, name: str, seconds: float) -> bool:
    return name in snapshot_at(world, seconds).sick


def failing_share_at(world: World, name: str, seconds: float) -> float:
    """How many of its requests failed: all without what it needs in the database or a node
    to run on, a third while it was ill, some while it was slow."""
    snapshot = snapshot_at(world, seconds)
    if snapshot.without_database or snapshot.is_drained:
        return 1.0
    return 1 / 3 if name in snapshot.sick else 1 / 6 if name in snapshot.slow else 0.0


def slow_at(world: World, name: str, seconds: float) -> bool:
    return name in snapshot_at(world, seconds).slow


def snapshot_at(world: World, seconds: float) -> WorldSnapshot:
    """The newest one that is not later than `seconds`; the first for anything before the start."""
    world_snapshot = world.history[0]
    for snapshot in world.history:
        if snapshot.at > seconds:
            break
        world_snapshot = snapshot
    return world_snapshot


def list_crashes(world: World, revision: SimulatedRevision, until: float) -> Iterator[tuple[int, float]]:
    """(number, when) of each crash of a revision's containers since they were started."""
    number = 0
    for since, end in sick_spells(world, revision, until):
        first, last = (int((seconds - revision.started) // CRASH_EVERY) for seconds in (since, end))
        for tick in range(first + 1, last + 1):
            number += 1
            yield number, revision.started + tick * CRASH_EVERY


def count_restarts(world: World, revision: SimulatedRevision, until: float | None = None) -> int:
    """How often each container has crashed since it was started; an inactive revision has none to count."""
    if not revision.active:
        return 0
    end = world.now if until is None else until
    return sum(
        int((last - revision.started) // CRASH_EVERY) - int((first - revision.started) // CRASH_EVERY)
        for first, last in sick_spells(world, revision, end)
    )


def sick_spells(world: World, revision: SimulatedRevision, until: float) -> Iterator[tuple[float, float]]:
    """From when to when it was ill, within its present life."""
    ends = [*(world_snapshot.at for world_snapshot in world.history[1:]), until]
    for place, (snapshot, end) in enumerate(zip(world.history, ends, strict=True)):
        since = max(revision.started, snapshot.at if place else revision.started)
        if revision.name in snapshot.sick and since < min(end, until):
            yield since, min(end, until)


class Stage:
    """A scenario being played: the clock, the world as of the last look, the faults in force."""

    def __init__(self, scenario: Scenario, clock: SimulatedClock) -> None:
        self.fqdn = ""  # where the workload answers over TLS, once it does
        self.scenario = scenario
        self.clock = clock
        self.faults = Faults()
        self.begun_swap = ""  # of App Service's slots: the target of a swap with preview that is only half done
        self.workflows: tuple[str, ...] = ()  # files of the repository's workflows, where a system names its own
        self.image_to_run = ""  # a workflow wants it on the platform, which takes it from here
        self._world = begin_world(scenario)
        for fault in scenario.faults:
            self.faults.arm(fault)

    def host(self, url: str) -> str:
        """What Azure would call the app's FQDN: its TLS address, or where we were asked when there is none."""
        return self.fqdn or url.partition("://")[2]

    def world(self) -> World:
        """The world at this moment."""
        self._world = advance_world(self._world, self.clock.elapsed())
        return self._world

    def heed_act(self, act: str) -> None:
        """Something was done, `METHOD path` or `RUN workflow`: of a standing alert it may end the cause."""
        world = self.world()
        ended = {
            standing.name: world.now
            for standing in self.scenario.alerts
            if standing.ended_by and -standing.age <= world.now and re.search(standing.ended_by, act, re.IGNORECASE)
        }
        if ended:
            self.become(replace(world, remedies={**ended, **world.remedies}))

    def become(self, world: World) -> World:
        """From now on the world is this one."""
        self._world = world
        return world
