"""What time alone does to the world: the scenario's events come, and long-running operations end."""

from dataclasses import replace

from cockpit.simulator.changes import deploy, finish
from cockpit.simulator.world import World


def advance(world: World, now: float) -> World:
    """The world at second `now`: everything due by then has happened, each at its own second.

    It may be called as often or as seldom as one likes; the world at a given second is the same.
    """
    while True:
        operation = world.running_operation
        event = world.pending[0] if world.pending else None
        if operation is not None and operation.due <= now and (event is None or operation.due <= event.at):
            world = finish(replace(world, now=operation.due), operation)
        elif event is not None and event.at <= now:
            world = deploy(replace(world, now=event.at, pending=world.pending[1:]), event)
        else:
            return replace(world, now=max(world.now, now))
