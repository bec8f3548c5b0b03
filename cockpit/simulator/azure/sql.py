"""Azure SQL's answers about databases: list, show, point-in-time restore, move, and the status of a restore."""

from cockpit.simulator.answer import JSON, RefusedError, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.azure import times
from cockpit.simulator.signing import must_be_signed, sign_link
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.database_changes import (
    build_database_path,
    find_database,
    find_earliest_restore,
    rename_database,
    restore_database,
)
from cockpit.simulator.world.databases import Database, Restore
from cockpit.simulator.world.site import REGION, SUBSCRIPTION, make_identifier
from cockpit.simulator.world.stage import Stage
from cockpit.simulator.world.world import World

GIGABYTE = 1_073_741_824
POLL_AFTER = 15.0  # simulated seconds that Azure asks to wait between two looks at a restore


def show_server(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    site = stage.scenario.site
    properties = {"state": "Ready", "version": "12.0", "fullyQualifiedDomainName": f"{site.sql_server}.example.com"}
    kind = {"type": "Microsoft.Sql/servers", "location": REGION, "kind": "v12.0"}
    return SimulatedAnswer({"id": site.sql_id, "name": site.sql_server, **kind, "properties": properties})


def list_databases(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    world = stage.world()
    return SimulatedAnswer({"value": [database_body(world, database, stage.clock) for database in world.databases]})


def get_database(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    world = stage.world()
    return SimulatedAnswer(database_body(world, find_database(world, call.names["database"]), stage.clock))


def put_database(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """Only a point-in-time restore from the same server; anything else is refused, never ignored."""
    body = call.json()
    properties = body.get("properties")
    fields = properties if isinstance(properties, dict) else {}
    if fields.get("createMode") != "PointInTimeRestore":
        raise RefusedError(400, "InvalidRequestContent", "The simulator makes databases by PointInTimeRestore only.")
    world = stage.world()
    source = _read_database_name(world, fields.get("sourceDatabaseId"), "properties.sourceDatabaseId")
    seconds = stage.clock.seconds(times.parse_time(str(fields.get("restorePointInTime", ""))))
    caller = call.caller(stage.scenario.operator)
    world, begun = restore_database(world, source, call.names["database"], seconds, caller)
    stage.become(world)
    link = call.url + operation_link(begun, world.scenario.seed)
    pause = str(int(POLL_AFTER / stage.clock.speed))
    values_by_name = {
        "operation": "CreateDatabaseAsCopy",
        "startTime": times.format_precise(stage.clock.at(begun.started)),
    }
    return SimulatedAnswer(values_by_name, 202, {"Azure-AsyncOperation": link, "Location": link, "Retry-After": pause})


def move_database(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """A rename: the body holds the whole id with the new name. 200 with nothing in it."""
    world = stage.world()
    new = _read_database_name(world, call.json().get("id"), "id")
    stage.become(rename_database(world, call.names["database"], new, call.caller(stage.scenario.operator)))
    return SimulatedAnswer(None)


def restore_status(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    wanted_name = call.names["operation"].lower()
    result = next((item for item in stage.world().restores if item.id == wanted_name), None)
    if result is None:
        raise RefusedError(404, "OperationNotFound", f"The operation '{wanted_name}' was not found.")
    must_be_signed(call, operation_link(result, stage.scenario.seed))
    status = "Succeeded" if result.over else "InProgress"
    return SimulatedAnswer(
        {"name": result.id, "status": status, "startTime": times.format_precise(stage.clock.at(result.started))}
    )


def operation_link(begun: Restore, seed: int) -> str:
    """Path and query by which a restore is followed, signed."""
    folder = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Sql/locations/{REGION}/databaseAzureAsyncOperation"
    return sign_link(f"{folder}/{begun.id}?api-version=2023-08-01", seed)


def database_body(world: World, database: Database, clock: SimulatedClock) -> JSON:
    system = database.level == "System"
    sku = {"name": database.level, "tier": database.level, "capacity": 0 if system else 5}
    ready = database.status == "Online"
    return {
        "sku": sku,
        "kind": "v12.0,system" if system else "v12.0,user",
        "properties": {
            "collation": "SQL_Latin1_General_CP1_CI_AS",
            "maxSizeBytes": 32_212_254_720 if system else 2 * GIGABYTE,
            "elasticPoolId": None,
            "status": database.status,
            "databaseId": make_identifier(world.scenario.seed, "database", database.number),
            "creationDate": times.format_precise(clock.at(database.created)),
            "currentServiceObjectiveName": database.level,
            "requestedServiceObjectiveName": database.level,
            "earliestRestoreDate": times.format_precise(clock.at(find_earliest_restore(world, database)))
            if ready and not system
            else None,
            "currentSku": sku,
            "currentBackupStorageRedundancy": "Geo",
            "requestedBackupStorageRedundancy": "Geo",
            "zoneRedundant": False,
        },
        "location": REGION,
        "id": build_database_path(world, database.name),
        "name": database.name,
        "type": "Microsoft.Sql/servers/databases",
    }


def _read_database_name(world: World, identifier: object, field: str) -> str:
    """The name at the end of the id of a database of this server. Raises RefusedError."""
    above = f"{world.scenario.site.sql_id}/databases/".lower()
    name = identifier[len(above) :] if isinstance(identifier, str) and identifier.lower().startswith(above) else ""
    if not name or "/" in name:
        raise RefusedError(400, "InvalidResourceId", f"{field} must be the id of a database of this server.")
    return name
