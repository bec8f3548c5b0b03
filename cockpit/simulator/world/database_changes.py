"""What can be done to the databases: pure functions from world to world. Raise RefusedError."""

from dataclasses import replace

from cockpit.simulator.answer import RefusedError
from cockpit.simulator.world.databases import KEPT, Database, Restore
from cockpit.simulator.world.site import identifier
from cockpit.simulator.world.world import Activity, Caller, World

WRITE, MOVE = "Microsoft.Sql/servers/databases/write", "Microsoft.Sql/servers/databases/move/action"


def restore(world: World, source: str, into: str, at: float, caller: Caller) -> tuple[World, Restore]:
    """Begin to make a new database of what `source` was at second `at`."""
    found = online(world, source)
    _must_be_free(world, into)
    if not earliest(world, found) <= at <= world.now:
        raise RefusedError(
            400, "InvalidRestorePointInTime", f"Database '{source}' has no backup of the point in time asked for."
        )
    number = max(each.number for each in world.databases) + 1
    begun = Restore(
        id=identifier(world.scenario.seed, "restore", world.writes),
        number=number,
        started=world.now,
        due=world.now + world.scenario.restore_seconds,
        caller=caller.name,
        client_request=caller.client_request,
    )
    made = Database(into, number, world.now, "Restoring", found.level)
    databases, restores = (*world.databases, made), (*world.restores, begun)
    return replace(world, writes=world.writes + 1, databases=databases, restores=restores), begun


def finish_restore(world: World, due: Restore) -> World:
    """The new database comes online."""
    databases = tuple(replace(each, status="Online") if each.number == due.number else each for each in world.databases)
    restores = tuple(replace(each, over=True) if each.id == due.id else each for each in world.restores)
    made = next(each.name for each in databases if each.number == due.number)
    activity = Activity(due.started, due.due, due.caller, WRITE, path(world, made), due.id, due.client_request)
    return replace(world, databases=databases, restores=restores, activity=(*world.activity, activity))


def rename(world: World, old: str, new: str, caller: Caller) -> World:
    """At once. In between the two renames of a swap no database has the name that the app asks for."""
    found = online(world, old)
    _must_be_free(world, new)
    correlation = identifier(world.scenario.seed, "rename", world.writes)
    activity = Activity(world.now, world.now, caller.name, MOVE, path(world, old), correlation, caller.client_request)
    databases = tuple(replace(each, name=new) if each.number == found.number else each for each in world.databases)
    return replace(world, databases=databases, activity=(*world.activity, activity), writes=world.writes + 1)


def existing(world: World, name: str) -> Database:
    found = world.database(name)
    if found is None:
        raise RefusedError(
            404, "ResourceNotFound", f"The Resource 'Microsoft.Sql/servers/databases/{name}' was not found."
        )
    return found


def online(world: World, name: str) -> Database:
    found = existing(world, name)
    if found.status != "Online":
        raise RefusedError(409, "DatabaseNotOnline", f"Database '{found.name}' is {found.status}, not Online.")
    return found


def earliest(world: World, database: Database) -> float:
    """From when on a database can be restored."""
    return max(database.created, world.now - KEPT)


def path(world: World, name: str) -> str:
    """The resource id of a database."""
    return f"{world.scenario.site.sql_id}/databases/{name}"


def _must_be_free(world: World, name: str) -> None:
    if world.database(name) is not None:
        raise RefusedError(409, "DatabaseAlreadyExists", f"Database '{name}' already exists. Choose a different name.")
