"""What time alone does to the world: the scenario's events come, and long-running operations end."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from cockpit.simulator.changes import finish, happen
from cockpit.simulator.database_changes import finish_restore
from cockpit.simulator.world import World

Step = tuple[float, Callable[[World], World]]


def advance(world: World, now: float) -> World:
    """The world at second `now`: everything due by then has happened, each at its own second.

    It may be called as often or as seldom as one likes; the world at a given second is the same.
    """
    while (step := soonest(world)) is not None and step[0] <= now:
        at, change = step
        world = change(replace(world, now=at))
    return replace(world, now=max(world.now, now))


def soonest(world: World) -> Step | None:
    """What is due first; of what is due at once, what was begun ends before anything new comes."""
    due: list[Step] = [(each.due, partial(finish_restore, due=each)) for each in world.restores if not each.over]
    if (operation := world.running_operation) is not None:
        due.insert(0, (operation.due, partial(finish, operation=operation)))
    if world.pending:
        due.append((world.pending[0].at, next_event))
    return min(due, key=lambda each: each[0], default=None)


def next_event(world: World) -> World:
    event, *later = world.pending
    return happen(replace(world, pending=tuple(later)), event)
