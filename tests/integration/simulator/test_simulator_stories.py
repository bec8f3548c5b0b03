"""Single revision mode, troubles that come and go by themselves, faults with their time, and other names."""

import pytest

from cockpit.simulator.world.scenario import ScenarioError, load_scenario, parse_scenario, rename_scenario
from tests.integration.simulator.playing import APP_PATH, Playing, playing

VERSION = {"api-version": "2025-07-01"}


async def standing(play: Playing) -> dict[str, tuple[bool, int]]:
    world = await play.world()
    return {each["name"].rpartition("--")[2]: (each["active"], each["weight"]) for each in world["revisions"]}


async def test_in_single_mode_a_deployment_stops_what_ran_before() -> None:
    async with playing(load_scenario("single-mode")) as play:
        assert (await play.get(APP_PATH))["properties"]["configuration"]["activeRevisionsMode"] == "Single"
        play.time.pass_by(11)
        assert await standing(play) == {"r41": (False, 0), "r42": (False, 0), "r43": (False, 0), "r44": (True, 100)}


async def test_in_single_mode_the_revision_one_activates_takes_everything_and_no_request_sees_it_start() -> None:
    async with playing(load_scenario("single-mode")) as play:
        play.time.pass_by(11)
        await play.apps.container_apps_revisions.activate_revision("shop-prod-rg", "shop-api", "shop-api--r43")
        assert await standing(play) == {"r41": (False, 0), "r42": (False, 0), "r43": (True, 100), "r44": (False, 0)}
        assert (await play.http.get("/health/ready")).status_code == 200


async def test_in_single_mode_traffic_cannot_be_divided() -> None:
    async with playing(load_scenario("single-mode")) as play:
        traffic = [{"revisionName": "shop-api--r43", "weight": 100}]
        body = {"properties": {"configuration": {"ingress": {"traffic": traffic}}}}
        refused = await play.http.patch(APP_PATH, params=VERSION, json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "ContainerAppInvalidTraffic")


async def test_a_revision_falls_ill_and_recovers_and_its_past_stays_as_it_was() -> None:
    async with playing(load_scenario("flaky-cloud")) as play:
        ready = []
        for seconds in (10, 10, 60):
            play.time.pass_by(seconds)
            ready.append((await play.http.get("/health/ready")).status_code)
        assert ready == [200, 503, 200]
        # Ill for a minute, with a crash every 15 s; healing does not undo them.
        assert [each["restarts"] for each in (await play.world())["revisions"]] == [0, 0, 4]
        fired = [(each["name"], each["properties"]["essentials"]["monitorCondition"]) for each in await play.alerts()]
        assert fired == [("5xx errors", "Fired")]
        play.time.pass_by(15)
        assert (await play.alerts())[0]["properties"]["essentials"]["monitorCondition"] == "Resolved"


async def test_a_fault_has_its_time() -> None:
    async with playing(load_scenario("flaky-cloud")) as play:
        told = []
        for seconds in (25, 10, 10, 20):
            play.time.pass_by(seconds)
            read = (await play.http.get(APP_PATH, params=VERSION)).status_code
            changed = await play.http.post(f"{APP_PATH}/revisions/shop-api--r42/restart", params=VERSION)
            told.append((read, changed.status_code))
        assert told == [(200, 200), (503, 503), (200, 504), (200, 200)]


async def test_a_world_of_another_name_is_the_same_world() -> None:
    async with playing(rename_scenario(load_scenario("quiet"), app="mi-prod", resource_group="mi-prod-rg")) as play:
        path = APP_PATH.replace("shop-prod-rg", "mi-prod-rg").replace("shop-api", "mi-prod")
        app = await play.get(path)
        assert (app["name"], app["properties"]["latestRevisionName"]) == ("mi-prod", "mi-prod--r43")
        assert app["properties"]["eventStreamEndpoint"].endswith(
            "/resourceGroups/mi-prod-rg/containerApps/mi-prod/eventstream"
        )
        server = path.partition("/providers/")[0] + "/providers/Microsoft.Sql/servers/mi-prod-sql"
        assert (await play.get(f"{server}/databases/mi-prod"))["properties"]["status"] == "Online"
        assert (await play.http.get(APP_PATH, params=VERSION)).status_code == 404


@pytest.mark.parametrize("name", ["Shop", "a b", "-x", "x-", "", "x" * 40])
def test_a_name_that_azure_would_not_take_is_refused(name: str) -> None:
    if name:
        with pytest.raises(ScenarioError, match="Azure would not take this name: --app"):
            rename_scenario(load_scenario("quiet"), app=name)
    else:
        assert rename_scenario(load_scenario("quiet"), app=name) == load_scenario("quiet")


def test_an_event_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ScenarioError, match="events"):
        parse_scenario(
            "odd", 'about = "x"\nrevisions = []\ntraffic = []\n[[events]]\nat = 1\nwhat = "explode"\nsuffix = "r1"\n'
        )
