"""Azure SQL as the simulator plays it: a restore takes its time, a rename none, and the app notices both."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from cockpit.simulator.log_streams import list_console_lines
from cockpit.simulator.world.scenario import load_scenario
from tests.integration.simulator.playing import APP_PATH, GROUP, Playing, playing

SERVER = f"{GROUP}/providers/Microsoft.Sql/servers/shop-api-sql"
VERSION = {"api-version": "2023-08-01"}


@pytest.fixture
async def world() -> AsyncIterator[Playing]:
    async with playing(load_scenario("quiet")) as play:
        yield play


def database(name: str) -> str:
    return f"{SERVER}/databases/{name}"


async def restore(play: Playing, into: str, at: str = "2026-02-27T01:00:00.000Z", source: str = "shop-api") -> Any:
    properties = {
        "createMode": "PointInTimeRestore",
        "sourceDatabaseId": database(source),
        "restorePointInTime": at,
    }
    body = {"location": "australiaeast", "properties": properties}
    return await play.http.put(database(into), params=VERSION, json=body)


async def rename(play: Playing, old: str, new: str) -> Any:
    return await play.http.post(f"{database(old)}/move", params=VERSION, json={"id": database(new)})


async def names(play: Playing) -> dict[str, str]:
    listed = await play.get(f"{SERVER}/databases")
    return {each["name"]: each["properties"]["status"] for each in listed["value"]}


async def test_without_its_table_the_app_fails_in_metrics_and_log_as_it_does_for_its_users() -> None:
    async with playing(load_scenario("examples/meeting-intelligence/scenarios/lost-table.toml")) as play:
        play.time.pass_by(180)
        query = {
            "metricnames": "Requests",
            "aggregation": "Total",
            "timespan": "2026-02-27T02:01:00Z/2026-02-27T02:02:00Z",
        }
        totals = []
        for category in ("2xx", "5xx"):
            query["$filter"] = f"statusCodeCategory eq '{category}'"
            answer = await play.get(f"{APP_PATH}/providers/Microsoft.Insights/metrics", **query)
            totals.append(
                [point.get("total", 0) > 0 for series in answer["value"][0]["timeseries"] for point in series["data"]]
            )
        world = play.stage.world()
        levels = {line.level for line in list_console_lines(world, world.latest, 60.0, 120.0)}
    assert (any(totals[0]), all(totals[1]), levels) == (False, True, {"ERROR"})


async def test_another_server_beside_the_app_stays_well() -> None:
    async with playing(load_scenario("bad-deploy")) as play:
        play.time.pass_by(60)
        answers = [await play.http.get("/api/health", params=query) for query in ({}, {"another-server": "1"})]
    assert [answer.status_code for answer in answers] == [503, 200]


async def test_a_restore_is_a_long_operation_of_a_new_database(world: Playing) -> None:
    accepted = await restore(world, "restored")
    assert (accepted.status_code, accepted.headers["Retry-After"]) == (202, "15")
    status = accepted.headers["Azure-AsyncOperation"]
    assert (await world.http.get(status)).json()["status"] == "InProgress"
    assert await names(world) == {"master": "Online", "shop-api": "Online", "restored": "Restoring"}
    world.time.pass_by(60)
    assert (await world.http.get(status)).json()["status"] == "Succeeded"
    assert (await names(world))["restored"] == "Online"


async def test_a_rename_is_done_at_once_and_keeps_the_database(world: Playing) -> None:
    before = (await world.get(database("shop-api")))["properties"]["databaseId"]
    assert (await rename(world, "shop-api", "old")).status_code == 200
    assert (await world.get(database("OLD")))["properties"]["databaseId"] == before
    assert "shop-api" not in await names(world)


async def test_between_the_two_renames_of_a_swap_the_app_is_not_ready(world: Playing) -> None:
    await restore(world, "restored")
    world.time.pass_by(60)
    await rename(world, "shop-api", "broken")
    ready = await world.http.get("/health/ready")
    assert (ready.status_code, ready.json()["checks"]) == (503, {"database": "missing"})
    assert (await world.http.get("/api/orders")).status_code == 500
    await rename(world, "restored", "shop-api")
    assert (await world.http.get("/health/ready")).status_code == 200


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2026-02-20T01:59:00Z", "InvalidRestorePointInTime"),  # eight days back
        ("2026-02-27T02:00:30Z", "InvalidRestorePointInTime"),  # still to come
        ("yesterday", "BadRequest"),
    ],
)
async def test_only_what_is_kept_can_be_restored(world: Playing, at: str, code: str) -> None:
    refused = await restore(world, "restored", at)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)


async def test_a_name_that_is_taken_is_refused(world: Playing) -> None:
    await restore(world, "restored")
    for refused in (await restore(world, "Restored"), await rename(world, "shop-api", "restored")):
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "DatabaseAlreadyExists")


async def test_a_database_that_is_being_restored_can_be_neither_renamed_nor_restored_from(world: Playing) -> None:
    await restore(world, "restored")
    for refused in (await rename(world, "restored", "other"), await restore(world, "other", source="restored")):
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "DatabaseNotOnline")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"properties": {"createMode": "Default"}},
        {"properties": {"createMode": "PointInTimeRestore"}},
        {"properties": {"createMode": "PointInTimeRestore", "sourceDatabaseId": "/subscriptions/x/databases/shop-api"}},
    ],
)
async def test_what_it_does_not_simulate_is_refused_and_never_ignored(world: Playing, body: dict[str, Any]) -> None:
    assert (await world.http.put(database("new"), params=VERSION, json=body)).status_code == 400
    assert "new" not in await names(world)


async def test_another_server_and_another_database_are_not_found(world: Playing) -> None:
    for path in (database("nope"), SERVER.replace("shop-api-sql", "other-sql")):
        assert (await world.http.get(path, params=VERSION)).status_code == 404


async def test_restore_and_rename_are_in_the_activity_log(world: Playing) -> None:
    await restore(world, "restored")
    world.time.pass_by(61)
    await rename(world, "restored", "spare")
    path = (
        "/subscriptions/5105c0de-0000-4000-8000-000000000001/providers/Microsoft.Insights/eventtypes/management/values"
    )
    found = await world.get(path, **{"$filter": "eventTimestamp ge '2026-02-27T01:59:00Z'"})
    told = [(each["operationName"]["value"], each["resourceId"].rpartition("/")[2]) for each in found["value"]]
    assert told[::2] == [
        ("Microsoft.Sql/servers/databases/move/action", "restored"),
        ("Microsoft.Sql/servers/databases/write", "restored"),
    ]
