"""What can be done to the databases: pure functions from world to world. Raise RefusedError."""

from dataclasses import replace

from cockpit.simulator.answer import RefusedError
from cockpit.simulator.world.databases import KEPT, Database, Restore
from cockpit.simulator.world.site import make_identifier
from cockpit.simulator.world.world import Activity, Caller, World, remember_state

WRITE, MOVE = "Microsoft.Sql/servers/databases/write", "Microsoft.Sql/servers/databases/move/action"


def restore_database(world: World, source: str, into: str, seconds: float, caller: Caller) -> tuple[World, Restore]:
    """Begin to make a new database of what `source` was at second `seconds`."""
    database = find_online_database(world, source)
    _must_be_free(world, into)
    if not find_earliest_restore(world, database) <= seconds <= world.now:
        raise RefusedError(
            400, "InvalidRestorePointInTime", f"Database '{source}' has no backup of the point in time asked for."
        )
    number = max(item.number for item in world.databases) + 1
    begun = Restore(
        id=make_identifier(world.scenario.seed, "restore", world.writes),
        number=number,
        started=world.now,
        due=world.now + world.scenario.restore_seconds,
        caller=caller.name,
        client_request=caller.client_request,
    )
    spoiled = database.spoiled if database.spoiled is not None and database.spoiled <= seconds else None
    made = Database(into, number, world.now, "Restoring", database.level, spoiled)
    databases, restores = (*world.databases, made), (*world.restores, begun)
    return replace(world, writes=world.writes + 1, databases=databases, restores=restores), begun


def finish_restore(world: World, due: Restore) -> World:
    """The new database comes online."""
    databases = tuple(
        replace(database, status="Online") if database.number == due.number else database
        for database in world.databases
    )
    restores = tuple(replace(item, over=True) if item.id == due.id else item for item in world.restores)
    made = next(database.name for database in databases if database.number == due.number)
    activity = Activity(
        due.started, due.due, due.caller, WRITE, build_database_path(world, made), due.id, due.client_request
    )
    return remember_state(replace(world, databases=databases, restores=restores, activity=(*world.activity, activity)))


def rename_database(world: World, old: str, new: str, caller: Caller) -> World:
    """At once. In between the two renames of a swap no database has the name that the app asks for."""
    database = find_online_database(world, old)
    _must_be_free(world, new)
    correlation = make_identifier(world.scenario.seed, "rename", world.writes)
    activity = Activity(
        world.now, world.now, caller.name, MOVE, build_database_path(world, old), correlation, caller.client_request
    )
    databases = tuple(replace(item, name=new) if item.number == database.number else item for item in world.databases)
    renamed = replace(world, databases=databases, activity=(*world.activity, activity), writes=world.writes + 1)
    return remember_state(renamed)


def find_database(world: World, name: str) -> Database:
    database = world.database(name)
    if database is None:
        raise RefusedError(
            404, "ResourceNotFound", f"The Resource 'Microsoft.Sql/servers/databases/{name}' was not found."
        )
    return database


def find_online_database(world: World, name: str) -> Database:
    database = find_database(world, name)
    if database.status != "Online":
        raise RefusedError(409, "DatabaseNotOnline", f"Database '{database.name}' is {database.status}, not Online.")
    return database


def find_earliest_restore(world: World, database: Database) -> float:
    """From when on a database can be restored."""
    return max(database.created, world.now - KEPT)


def build_database_path(world: World, name: str) -> str:
    """The resource id of a database."""
    return f"{world.scenario.site.sql_id}/databases/{name}"


def _must_be_free(world: World, name: str) -> None:
    if world.database(name) is not None:
        raise RefusedError(409, "DatabaseAlreadyExists", f"Database '{name}' already exists. Choose a different name.")
