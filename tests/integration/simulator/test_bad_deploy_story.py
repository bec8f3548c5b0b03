"""The story that the demo plays: a bad revision takes the traffic, alerts fire, traffic moves back, all is well."""

from typing import Any

import pytest

from cockpit.simulator.world.scenario import load_scenario
from cockpit.simulator.world.site import SUBSCRIPTION
from tests.integration.simulator.playing import APP_PATH, Playing, playing

R43, R44 = "shop-api--r43", "shop-api--r44"


async def statuses(play: Playing, path: str, times: int) -> list[int]:
    return [(await play.http.get(path)).status_code for _ in range(times)]


async def firing(play: Playing) -> list[str]:
    return sorted(each["name"] for each in await play.alerts(monitorCondition="Fired"))


async def revision(play: Playing, name: str) -> Any:
    return (await play.get(f"{APP_PATH}/revisions/{name}"))["properties"]


async def test_all_is_well_for_ten_seconds(bad_deploy: Playing) -> None:
    bad_deploy.time.pass_by(9)
    assert await statuses(bad_deploy, "/health/ready", 2) == [200, 200]
    assert await statuses(bad_deploy, "/api/orders", 6) == [200] * 6
    assert await firing(bad_deploy) == []
    assert len((await bad_deploy.get(APP_PATH + "/revisions"))["value"]) == 3


async def test_then_a_new_revision_has_all_the_traffic_and_is_degraded(bad_deploy: Playing) -> None:
    bad_deploy.time.pass_by(30)
    new = await revision(bad_deploy, R44)
    assert (new["trafficWeight"], new["runningState"], new["healthState"]) == (100, "Degraded", "Unhealthy")
    assert (await revision(bad_deploy, R43))["trafficWeight"] == 0
    replica = (await bad_deploy.get(f"{APP_PATH}/revisions/{R44}/replicas"))["value"][0]
    container = replica["properties"]["containers"][0]
    assert (container["ready"], container["restartCount"]) == (False, 1)


@pytest.mark.parametrize("path", ["/health/ready", "/readyz"])
async def test_readiness_is_503_while_it_has_traffic(bad_deploy: Playing, path: str) -> None:
    bad_deploy.time.pass_by(10)
    assert await statuses(bad_deploy, path, 4) == [503] * 4


@pytest.mark.parametrize("path", ["/health/live", "/healthz"])
async def test_liveness_stays_green(bad_deploy: Playing, path: str) -> None:
    bad_deploy.time.pass_by(10)
    assert await statuses(bad_deploy, path, 4) == [200] * 4


async def test_every_third_of_the_other_requests_fails(bad_deploy: Playing) -> None:
    bad_deploy.time.pass_by(10)
    assert await statuses(bad_deploy, "/api/orders", 9) == [200, 200, 500] * 3


async def test_probing_readiness_does_not_change_which_request_fails(bad_deploy: Playing) -> None:
    bad_deploy.time.pass_by(10)
    found = []
    for _ in range(6):
        await bad_deploy.http.get("/health/ready")
        found += await statuses(bad_deploy, "/api/orders", 1)
    assert found == [200, 200, 500] * 2


async def test_alerts_fire_one_after_the_other(bad_deploy: Playing) -> None:
    bad_deploy.time.pass_by(29)
    assert await firing(bad_deploy) == []
    bad_deploy.time.pass_by(2)
    assert await firing(bad_deploy) == ["5xx errors"]
    bad_deploy.time.pass_by(16)
    assert await firing(bad_deploy) == ["5xx errors", "container restarts"]
    severities = {each["name"]: each["properties"]["essentials"]["severity"] for each in await bad_deploy.alerts()}
    assert severities == {"5xx errors": "Sev1", "container restarts": "Sev2"}


async def test_moving_the_traffic_back_heals_the_service_and_then_the_alerts(bad_deploy: Playing) -> None:
    bad_deploy.time.pass_by(60)
    await bad_deploy.move_traffic({"latestRevision": True, "weight": 0}, {"revisionName": R43, "weight": 100})
    assert await statuses(bad_deploy, "/health/ready", 2) == [200, 200]
    assert await statuses(bad_deploy, "/api/orders", 6) == [200] * 6
    assert "5xx errors" in await firing(bad_deploy)
    bad_deploy.time.pass_by(15)
    assert await firing(bad_deploy) == ["container restarts"]  # it crashes on, without traffic
    await bad_deploy.apps.container_apps_revisions.deactivate_revision("shop-prod-rg", "shop-api", R44)
    bad_deploy.time.pass_by(20)
    assert await firing(bad_deploy) == []
    assert {each["properties"]["essentials"]["monitorCondition"] for each in await bad_deploy.alerts()} == {"Resolved"}


async def test_an_acknowledged_alert_stays_acknowledged_and_still_fires(bad_deploy: Playing) -> None:
    bad_deploy.time.pass_by(31)
    alert = (await bad_deploy.alerts())[0]
    guid = alert["id"].rpartition("/")[2]
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts/{guid}"
    answer = await bad_deploy.http.post(
        f"{path}/changestate",
        params={"api-version": "2019-03-01", "newState": "Acknowledged"},
        json={"comment": "on it"},
    )
    assert answer.json()["properties"]["essentials"]["alertState"] == "Acknowledged"
    essentials = (await bad_deploy.get(path))["properties"]["essentials"]
    assert (essentials["alertState"], essentials["monitorCondition"]) == ("Acknowledged", "Fired")


async def test_rolling_back_by_image_brings_the_good_one_back(bad_deploy: Playing) -> None:
    bad_deploy.time.pass_by(30)
    body: Any = {
        "properties": {"template": {"containers": [{"name": "api", "image": "registry.example.com/shop-api:1.43.0"}]}}
    }
    poller = await bad_deploy.apps.container_apps.begin_update("shop-prod-rg", "shop-api", body)
    bad_deploy.time.pass_by(12)
    await poller.result()
    assert await statuses(bad_deploy, "/health/ready", 1) == [200]


async def test_the_pipeline_is_named_as_who_deployed(bad_deploy: Playing) -> None:
    bad_deploy.time.pass_by(11)
    app = await bad_deploy.get(APP_PATH)
    assert app["systemData"]["lastModifiedBy"] == "ci@example.com"
    assert app["systemData"]["lastModifiedAt"].startswith("2026-02-27T02:00:10")


async def test_a_faster_world_tells_the_same_story_on_a_shorter_clock() -> None:
    async with playing(load_scenario("bad-deploy"), speed=10) as play:
        play.time.pass_by(0.9)
        assert await statuses(play, "/readyz", 1) == [200]
        play.time.pass_by(2.2)
        assert await firing(play) == ["5xx errors"]
        alert = (await play.alerts())[0]["properties"]["essentials"]
        assert alert["startDateTime"].startswith("2026-02-27T02:00:03.0")  # (10 + 20) s at ten times the speed
