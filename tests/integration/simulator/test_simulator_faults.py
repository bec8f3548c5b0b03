"""Faults on request, the unknown paths, and the window behind the scenes."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from cockpit.simulator.world.site import APP, RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.simulator.playing import APP_PATH, Playing

VERSION = {"api-version": "2025-07-01"}


async def arm(play: Playing, **fault: Any) -> None:
    answer = await play.http.post("/simulator/faults", json=fault)
    assert answer.status_code == 200, answer.text


async def status(play: Playing, path: str = APP_PATH) -> int:
    return (await play.http.get(path, params=VERSION)).status_code


async def test_a_fault_strikes_as_often_as_it_says(quiet: Playing) -> None:
    await arm(quiet, match="GET .*/containerApps/", times=2, status=503)
    assert [await status(quiet) for _ in range(3)] == [503, 503, 200]


async def test_a_fault_without_an_end_stays_until_it_is_cleared(quiet: Playing) -> None:
    await arm(quiet, match="^GET /subscriptions", times=None, status=500)
    assert [await status(quiet) for _ in range(3)] == [500, 500, 500]
    await quiet.http.delete("/simulator/faults")
    assert await status(quiet) == 200


async def test_a_fault_answers_with_its_own_headers_and_body(quiet: Playing) -> None:
    await arm(quiet, match="GET", times=2, status=429, headers={"Retry-After": "7"}, body="<html>slow down")
    answer = await quiet.http.get(APP_PATH, params=VERSION)
    assert (answer.headers["Retry-After"], answer.text) == ("7", "<html>slow down")
    await arm(quiet, match="POST", status=403, body={"error": {"code": "AuthorizationFailed"}})
    with pytest.raises(HttpResponseError) as refused:
        await quiet.apps.container_apps_revisions.activate_revision(RESOURCE_GROUP, APP, "shop-api--r41")
    assert refused.value.error is not None
    assert refused.value.error.code == "AuthorizationFailed"


async def test_with_effect_it_was_done_all_the_same(quiet: Playing) -> None:
    await arm(quiet, match="POST .*/activate", status=504, effect=True)
    assert (await quiet.http.post(f"{APP_PATH}/revisions/shop-api--r41/activate", params=VERSION)).status_code == 504
    assert (await quiet.world())["revisions"][0]["active"]


async def test_without_effect_it_was_not_done(quiet: Playing) -> None:
    await arm(quiet, match="POST .*/activate", status=504)
    assert (await quiet.http.post(f"{APP_PATH}/revisions/shop-api--r41/activate", params=VERSION)).status_code == 504
    assert not (await quiet.world())["revisions"][0]["active"]


async def test_a_mere_delay_lets_the_true_answer_through(quiet: Playing) -> None:
    await arm(quiet, match="GET .*/healthz", delay=30)
    assert await status(quiet, "/healthz") == 200
    assert 30 in quiet.time.slept


async def test_faults_strike_the_workload_too(quiet: Playing) -> None:
    await arm(quiet, match="GET /health/ready", status=503, body={"status": "not ready"})
    assert [await status(quiet, "/health/ready") for _ in range(2)] == [503, 200]


async def test_faults_never_strike_the_way_to_clear_them(quiet: Playing) -> None:
    await arm(quiet, match=".*", times=None, status=500)
    assert (await quiet.world())["scenario"] == "quiet"
    assert (await quiet.http.delete("/simulator/faults")).json() == {"faults": []}


async def test_faults_in_force_are_listed_with_what_is_left_of_them(quiet: Playing) -> None:
    await arm(quiet, match="GET /healthz", times=3, status=500)
    await status(quiet, "/healthz")
    listed = (await quiet.http.get("/simulator/faults")).json()["faults"]
    assert [(each["match"], each["times"], each["left"]) for each in listed] == [("GET /healthz", 3, 2)]


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"match": "("},
        {"match": "x", "status": 99},
        {"match": "x", "times": 0},
        {"match": "x", "delay": -1},
        {"match": "x", "effect": True},
        {"match": "x", "body": "y"},
        {"match": "x", "color": "red"},
        [],
        "x",
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused_with_the_reason(quiet: Playing, fault: Any) -> None:
    answer = await quiet.http.post("/simulator/faults", json=fault)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidFault")
    assert (await quiet.world())["faults"] == []


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Sql/servers", 501),
        ("DELETE", APP_PATH, 405),
        ("PUT", APP_PATH, 405),
        ("POST", f"{APP_PATH}/revisions/shop-api--r41/destroy", 404),
        ("GET", "/v1/elsewhere", 501),
    ],
)
async def test_what_is_not_simulated_says_so(quiet: Playing, method: str, path: str, expected: int) -> None:
    answer = await quiet.http.request(method, path, params=VERSION)
    assert answer.status_code == expected
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"{}",
        b'{"properties": 3}',
        b'{"properties": {"configuration": {"ingress": {"traffic": "all"}}}}',
        b'{"properties": {"configuration": {"ingress": {"external": false}}}}',
        b'{"properties": {"configuration": {"secrets": [{"name": "x"}]}}}',
        b'{"properties": {"template": {"containers": []}}}',
        b'{"properties": {"template": {"containers": [{"name": "other", "image": "x"}]}}}',
        b'{"properties": {"template": {"scale": {"minReplicas": -1}}}}',
        b'{"properties": {"template": {"volumes": [{"name": "x"}]}}}',
        b'{"properties": {"template": {"scale": {"cooldownPeriod": 60}}}}',
        b'{"properties": {"template": {"containers": [{"name": "api", "env": [{"name": "A", "value": "1"}]}]}}}',
        b'{"properties": {"template": {"containers": [{"name": "api", "resources": {"cpu": 1.0, "memory": "2Gi"}}]}}}',
        b'{"properties": {"template": {"containers": [{"name": "api", "command": ["sh"]}]}}}',
    ],
)
async def test_a_patch_that_cannot_be_carried_out_whole_is_refused_whole(quiet: Playing, body: bytes) -> None:
    answer = await quiet.http.patch(APP_PATH, params=VERSION, content=body)
    assert (answer.status_code, set(answer.json()["error"])) == (400, {"code", "message"})
    assert (await quiet.world())["operations"] == []


async def test_the_world_can_be_looked_at_from_behind(bad_deploy: Playing) -> None:
    bad_deploy.time.pass_by(40)
    world = await bad_deploy.world()
    assert (world["scenario"], world["speed"], world["elapsed"]) == ("bad-deploy", 1.0, 40.0)
    assert {each["name"]: each["condition"] for each in world["revisions"]}["shop-api--r44"] == "sick"
    assert [each["name"] for each in world["alerts"]] == ["5xx errors"]


async def test_az_reads_that_the_provider_is_registered(quiet: Playing) -> None:
    found = await quiet.get(f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.App")
    assert found["registrationState"] == "Registered"
    secrets = await quiet.http.post(f"{APP_PATH}/listSecrets", params=VERSION)
    assert secrets.json() == {"value": []}
