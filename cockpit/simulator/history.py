"""What the world was like at an earlier moment, read from the snapshots it keeps."""

from collections.abc import Iterator

from cockpit.simulator.world import CRASH_EVERY, SimulatedRevision, World, WorldSnapshot


def weight_at(world: World, name: str, at: float) -> int:
    """Percent of the traffic that a revision had; before the start what it has at the start."""
    return snapshot_at(world, at).weights.get(name, 0)


def sick_at(world: World, name: str, at: float) -> bool:
    return name in snapshot_at(world, at).sick


def snapshot_at(world: World, at: float) -> WorldSnapshot:
    """The newest one that is not later than `at`; the first for anything before the start."""
    found = world.history[0]
    for snapshot in world.history:
        if snapshot.at > at:
            break
        found = snapshot
    return found


def crashes(world: World, revision: SimulatedRevision, until: float) -> Iterator[tuple[int, float]]:
    """(number, when) of each crash of a revision's containers since they were started."""
    number = 0
    for since, end in sick_spells(world, revision, until):
        first, last = (int((each - revision.started) // CRASH_EVERY) for each in (since, end))
        for tick in range(first + 1, last + 1):
            number += 1
            yield number, revision.started + tick * CRASH_EVERY


def restarts(world: World, revision: SimulatedRevision, until: float | None = None) -> int:
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
    ends = [*(each.at for each in world.history[1:]), until]
    for place, (snapshot, end) in enumerate(zip(world.history, ends, strict=True)):
        since = max(revision.started, snapshot.at if place else revision.started)
        if revision.name in snapshot.sick and since < min(end, until):
            yield since, min(end, until)
