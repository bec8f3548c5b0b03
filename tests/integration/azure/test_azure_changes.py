"""A change is sent once, and read-only sends none."""

from typing import Any

import pytest

from cockpit.azure.changes.change import ChangeOutcome, send_change_once
from cockpit.azure.changes.container_app import ContainerApp
from cockpit.azure.changes.long_running import follow_operation
from cockpit.azure.client import Azure
from cockpit.azure.identity import Credential
from cockpit.model.problem import ProblemKind, SourceError
from tests.integration.azure.fake_azure import SUBSCRIPTION, FakeAzure, Reply, opened

APP = r"/containerApps/web\?"
NOTHING: Any = {"properties": {}}  # a patch that changes nothing
UNREGISTERED = {"error": {"code": "MissingSubscriptionRegistration", "message": "use namespace 'Microsoft.App'"}}


def standing(state: str) -> dict[str, object]:
    essentials = {"alertState": state, "monitorCondition": "Fired"}
    return {"id": "/x/guid-1", "name": "5xx", "properties": {"essentials": essentials}}


async def test_acknowledging_marks_the_alert_once_and_tells_what_azure_says(azure: Azure, cloud: FakeAzure) -> None:
    cloud.on(r"POST .*/alerts/guid-1/changestate\?.*newState=Acknowledged", Reply(body=standing("Acknowledged")))
    change = await azure.acknowledge("guid-1")
    assert change.outcome is ChangeOutcome.DONE
    assert change.answer["name"] == "5xx"
    assert cloud.asked == [
        f"POST /subscriptions/{SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts/guid-1/changestate"
        "?api-version=2019-03-01&newState=Acknowledged"
    ]


@pytest.mark.parametrize("reply", [
        Reply(500), Reply(503), Reply(504), Reply(drop=True), Reply(body="<html>"), Reply(body={}), Reply(body=[]),
        Reply(body=standing("New")), Reply(body={**standing("Acknowledged"), "id": "/x/guid-2"}), Reply(302, ""),
        Reply(204, ""), Reply(403, "<html>"), Reply(404, {"page": "sign in"}),
    ])  # fmt: skip
async def test_an_answer_that_tells_nothing_is_followed_by_a_look_never_by_a_second_try(
    reply: Reply, azure: Azure, cloud: FakeAzure
) -> None:
    cloud.on("POST", reply)
    cloud.on("GET", Reply(body=standing("Acknowledged")))
    change = await azure.acknowledge("guid-1")
    assert change.outcome is ChangeOutcome.DONE
    assert cloud.sent("^POST") == 1
    cloud.on("GET", Reply(body=standing("New")))
    assert (await azure.acknowledge("guid-1")).outcome is ChangeOutcome.UNKNOWN
    cloud.on("GET", Reply(500))
    change = await azure.acknowledge("guid-1")
    assert change.outcome is ChangeOutcome.UNKNOWN
    assert change.problem is not None
    assert cloud.sent("^POST") == 3


async def test_a_change_that_hangs_is_unknown(cloud: FakeAzure, token_cache: Credential) -> None:
    cloud.on("POST", Reply(hang=True))
    cloud.on("GET", Reply(503))
    async with opened(cloud, token_cache, read_timeout=0.05) as azure:
        assert (await azure.acknowledge("guid-1")).outcome is ChangeOutcome.UNKNOWN
    assert cloud.sent("^POST") == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429])
async def test_a_refusal_is_a_failure_and_needs_no_look(status: int, azure: Azure, cloud: FakeAzure) -> None:
    cloud.on("POST", Reply(status, {"error": {"code": "No"}}, {"Retry-After": "1"} if status == 429 else {}))
    assert (await azure.acknowledge("guid-1")).outcome is ChangeOutcome.FAILED
    assert len(cloud.asked) == 1


async def test_a_change_that_never_left_is_a_failure(cloud: FakeAzure, token_cache: Credential) -> None:
    cloud.url = "http://127.0.0.1:9"
    async with opened(cloud, token_cache) as azure:
        change = await azure.acknowledge("guid-1")
    assert change.outcome is ChangeOutcome.FAILED
    assert change.problem is not None
    assert change.problem.kind is ProblemKind.NETWORK


@pytest.mark.parametrize("identifier", ["", "../../x", "a/b", "a?b", "a b", "x" * 65, "%2e%2e"])
async def test_an_id_that_is_none_of_azures_never_becomes_part_of_a_path(
    identifier: str, azure: Azure, cloud: FakeAzure
) -> None:
    with pytest.raises(SourceError):
        await azure.acknowledge(identifier)
    assert cloud.asked == []


async def test_read_only_refuses_a_change_before_it_leaves(read_only_azure: Azure, cloud: FakeAzure) -> None:
    change = await read_only_azure.acknowledge("guid-1")
    assert change.outcome is ChangeOutcome.FAILED
    assert change.problem is not None
    assert change.problem.short == "read-only"
    assert cloud.asked == []


async def test_read_only_still_reads_with_the_two_posts_that_change_nothing(
    read_only_azure: Azure, cloud: FakeAzure
) -> None:
    cloud.on("POST .*/getAuthToken", Reply(body={"properties": {"token": "stream-token"}}))
    assert await read_only_azure.stream_token("rg", "web") == "stream-token"
    apps = await (await read_only_azure.pool()).open_apps()
    with pytest.raises(SourceError) as failed:
        await apps.container_apps_revisions.restart_revision("rg", "web", "web--1")
    assert failed.value.problem.short == "read-only"
    assert cloud.sent("restart") == 0


async def test_the_sdk_registers_no_provider_behind_our_back(
    azure: Azure, read_only_azure: Azure, cloud: FakeAzure
) -> None:
    cloud.on(f"GET .*{APP}", Reply(409, UNREGISTERED))
    for each in (azure, read_only_azure):
        with pytest.raises(SourceError) as failed:
            await each.application("rg", "web")
        assert failed.value.problem.short == "not registered"
        assert "az provider register" in failed.value.problem.advice
    assert cloud.sent("^POST") == 0


async def test_every_change_of_the_sdk_is_sent_once_even_where_a_caller_forgets_to_say_so(
    azure: Azure, cloud: FakeAzure
) -> None:
    from azure.core.exceptions import HttpResponseError

    cloud.on(".", Reply(503, {"error": {"code": "Busy"}}, {"Retry-After": "1"}))
    apps = await (await azure.pool()).open_apps()
    for change in (
        lambda: apps.container_apps_revisions.restart_revision("rg", "web", "web--1"),
        lambda: apps.container_apps.begin_update("rg", "web", NOTHING),
        lambda: apps.container_apps.begin_delete("rg", "web"),
    ):
        cloud.asked.clear()
        with pytest.raises(HttpResponseError):
            await change()
        assert len(cloud.asked) == 1


EXPIRED = Reply(401, {"error": {"code": "ExpiredAuthenticationToken", "message": "The token expired."}})


async def test_a_failed_change_asks_nobody_to_sign_in_where_only_a_machine_does(azure: Azure, cloud: FakeAzure) -> None:
    cloud.on(".", EXPIRED)
    changes = [await azure.acknowledge("guid-1"), await ContainerApp(azure, "rg", "web").activate("web--v1")]
    changes.append(await follow_operation(azure, f"{cloud.url}/operations/1", soon=0.0))
    for change in changes:
        assert change.problem is not None
        assert change.problem.advice.startswith("Nobody can sign in here")


async def test_an_operation_that_azure_accepted_and_then_failed_says_why(azure: Azure, cloud: FakeAzure) -> None:
    failed = {"id": "x", "name": "op", "status": "Failed", "error": {"code": "RevisionFailed", "message": "no image"}}
    cloud.on("PATCH", Reply(202, "", {"Azure-AsyncOperation": f"{cloud.url}/operations/1"}))
    cloud.on("GET /operations/1", Reply(body=failed))
    apps = await (await azure.pool()).open_apps()

    change = await send_change_once(
        lambda: apps.container_apps.begin_update("rg", "web", NOTHING, polling_interval=0),
        lambda poller: poller.result(),
    )
    assert change.outcome is ChangeOutcome.FAILED
    assert change.problem is not None
    assert change.problem.short == "failed RevisionFailed"
    assert "no image" in change.problem.message


@pytest.mark.parametrize("reply", [Reply(401), Reply(404), Reply(429), Reply(drop=True), Reply(body="<html>")])
async def test_losing_sight_of_an_operation_is_not_taken_for_its_failure(
    reply: Reply, azure: Azure, cloud: FakeAzure
) -> None:
    cloud.on("PATCH", Reply(202, "", {"Azure-AsyncOperation": f"{cloud.url}/operations/1"}))
    cloud.on("GET /operations/1", reply)
    apps = await (await azure.pool()).open_apps()

    change = await send_change_once(
        lambda: apps.container_apps.begin_update("rg", "web", NOTHING, polling_interval=0),
        lambda poller: poller.result(),
    )
    assert change.outcome is ChangeOutcome.UNKNOWN


@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST", "DELETE"])
async def test_a_change_over_a_connection_that_was_used_and_breaks_is_not_sent_again_by_the_client_below(
    method: str, azure: Azure, cloud: FakeAzure
) -> None:
    cloud.on("GET", Reply(body={"id": "/x"}))
    cloud.on(f"^{method}", Reply(drop=True))
    await azure.get("/x", api_version="1")  # the connection is kept, and the change goes over it
    change = await send_change_once(lambda: azure.exchange(method, "/x?api-version=1", {}))
    assert change.outcome is ChangeOutcome.UNKNOWN
    assert cloud.sent(f"^{method}") == 1
