"""The real SDK works against the simulator as it does against Azure."""

from datetime import datetime
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from cockpit.simulator.world.site import APP, RESOURCE_GROUP
from tests.integration.simulator.playing import Playing

R41, R42, R43 = "shop-api--r41", "shop-api--r42", "shop-api--r43"


def traffic_patch(*traffic: dict[str, Any]) -> Any:
    return {"properties": {"configuration": {"ingress": {"traffic": list(traffic)}}}}


def image_patch(image: str, **template: Any) -> Any:
    return {"properties": {"template": {"containers": [{"name": "api", "image": image}], **template}}}


async def test_lists_and_gets_the_app(quiet: Playing) -> None:
    listed = [each async for each in quiet.apps.container_apps.list_by_resource_group(RESOURCE_GROUP)]
    everywhere = [each async for each in quiet.apps.container_apps.list_by_subscription()]
    got = await quiet.apps.container_apps.get(RESOURCE_GROUP, APP)
    assert [each.name for each in listed] == [each.name for each in everywhere] == [got.name] == [APP]
    assert got.properties is not None
    assert got.properties.latest_revision_name == R43
    assert got.properties.event_stream_endpoint.startswith(quiet.url)


async def test_lists_every_revision_oldest_first_and_inactive_ones_too(quiet: Playing) -> None:
    found = [each async for each in quiet.apps.container_apps_revisions.list_revisions(RESOURCE_GROUP, APP)]
    assert [(each.name, each.properties.active, each.properties.traffic_weight) for each in found] == [
        (R41, False, 0),
        (R42, True, 0),
        (R43, True, 100),
    ]
    assert [each.properties.last_active_time is not None for each in found] == [True, False, False]
    assert isinstance(found[0].properties.created_time, datetime)
    assert found[2].properties.template.containers[0].image == "registry.example.com/shop-api:1.43.0"


async def test_activate_deactivate_and_restart_answer_with_a_json_string(quiet: Playing) -> None:
    revisions = quiet.apps.container_apps_revisions
    await revisions.activate_revision(RESOURCE_GROUP, APP, R41)
    assert (await revisions.get_revision(RESOURCE_GROUP, APP, R41)).properties.active
    await revisions.restart_revision(RESOURCE_GROUP, APP, R41)
    await revisions.deactivate_revision(RESOURCE_GROUP, APP, R41)
    assert not (await revisions.get_revision(RESOURCE_GROUP, APP, R41)).properties.active
    said = []

    def keep(response: Any) -> None:
        said.append(response.http_response.json())

    await revisions.activate_revision(RESOURCE_GROUP, APP, R41, raw_response_hook=keep)
    assert said == ["Activate succeeded"]


async def test_an_activated_revision_takes_a_moment_to_be_healthy(quiet: Playing) -> None:
    revisions = quiet.apps.container_apps_revisions
    await revisions.activate_revision(RESOURCE_GROUP, APP, R41)
    starting = (await revisions.get_revision(RESOURCE_GROUP, APP, R41)).properties
    quiet.time.pass_by(4)
    started = (await revisions.get_revision(RESOURCE_GROUP, APP, R41)).properties
    assert (starting.running_state, starting.health_state) == ("Activating", "None")
    assert (started.running_state, started.health_state) == ("Running", "Healthy")


async def test_replicas_have_containers_with_a_log_stream(quiet: Playing) -> None:
    replicas = quiet.apps.container_apps_revision_replicas
    found = (await replicas.list_replicas(RESOURCE_GROUP, APP, R43)).value
    assert len(found) == 2
    one = await replicas.get_replica(RESOURCE_GROUP, APP, R43, found[0].name)
    container = one.properties.containers[0]
    assert (container.ready, container.restart_count) == (True, 0)
    assert container.log_stream_endpoint.startswith(quiet.url)
    assert (await replicas.list_replicas(RESOURCE_GROUP, APP, R41)).value == []


async def test_a_restart_replaces_the_replicas(quiet: Playing) -> None:
    replicas = quiet.apps.container_apps_revision_replicas
    before = {each.name for each in (await replicas.list_replicas(RESOURCE_GROUP, APP, R43)).value}
    quiet.time.pass_by(1)
    await quiet.apps.container_apps_revisions.restart_revision(RESOURCE_GROUP, APP, R43)
    after = {each.name for each in (await replicas.list_replicas(RESOURCE_GROUP, APP, R43)).value}
    assert len(after) == 2
    assert not before & after


async def test_traffic_moves_when_the_operation_ends_and_not_before(quiet: Playing) -> None:
    patch = traffic_patch({"latestRevision": True, "weight": 0}, {"revisionName": R42, "weight": 100, "label": "old"})
    poller = await quiet.apps.container_apps.begin_update(RESOURCE_GROUP, APP, patch)
    busy = await quiet.apps.container_apps.get(RESOURCE_GROUP, APP)
    assert busy.properties.provisioning_state == "InProgress"
    assert [each.weight for each in busy.properties.configuration.ingress.traffic] == [100]
    quiet.time.pass_by(12)
    moved = await poller.result()
    assert [
        (each.revision_name, each.weight, each.label) for each in moved.properties.configuration.ingress.traffic
    ] == [(None, 0, None), (R42, 100, "old")]
    weight = (await quiet.apps.container_apps_revisions.get_revision(RESOURCE_GROUP, APP, R42)).properties
    assert weight.traffic_weight == 100


async def test_an_operation_is_followed_from_its_token_by_another_client(quiet: Playing) -> None:
    patch = traffic_patch({"revisionName": R42, "weight": 100})
    poller = await quiet.apps.container_apps.begin_update(RESOURCE_GROUP, APP, patch)
    token = poller.continuation_token()
    again: Any = await quiet.apps.container_apps.begin_update(RESOURCE_GROUP, APP, patch, continuation_token=token)
    quiet.time.pass_by(12)
    assert (await again.result()).properties.configuration.ingress.traffic[0].revision_name == R42


async def test_a_second_change_meets_a_conflict_while_one_is_running(quiet: Playing) -> None:
    patch = traffic_patch({"revisionName": R42, "weight": 100})
    await quiet.apps.container_apps.begin_update(RESOURCE_GROUP, APP, patch)
    with pytest.raises(ResourceExistsError) as refused:
        await quiet.apps.container_apps.begin_update(RESOURCE_GROUP, APP, patch)
    assert refused.value.error is not None
    assert refused.value.error.code == "ContainerAppLockConflict"
    with pytest.raises(ResourceExistsError):
        await quiet.apps.container_apps_revisions.activate_revision(RESOURCE_GROUP, APP, R41)


async def test_a_new_image_becomes_a_new_revision_that_takes_the_traffic_of_the_latest(quiet: Playing) -> None:
    patch = image_patch("registry.example.com/shop-api:1.42.0", revisionSuffix=None)
    poller = await quiet.apps.container_apps.begin_update(RESOURCE_GROUP, APP, patch)
    quiet.time.pass_by(12)
    app = await poller.result()
    latest = app.properties.latest_revision_name
    assert latest not in (R41, R42, R43)
    revision = (await quiet.apps.container_apps_revisions.get_revision(RESOURCE_GROUP, APP, latest)).properties
    assert revision.template.containers[0].image == "registry.example.com/shop-api:1.42.0"
    assert revision.traffic_weight == 100


async def test_scaling_makes_a_new_revision_with_other_limits(quiet: Playing) -> None:
    patch: Any = {"properties": {"template": {"scale": {"minReplicas": 5, "maxReplicas": 8}}}}
    poller = await quiet.apps.container_apps.begin_update(RESOURCE_GROUP, APP, patch)
    quiet.time.pass_by(12)
    scale = (await poller.result()).properties.template.scale
    assert (scale.min_replicas, scale.max_replicas) == (5, 8)


async def test_an_operation_can_fail_and_then_nothing_has_changed(quiet: Playing) -> None:
    poller = await quiet.apps.container_apps.begin_update(
        RESOURCE_GROUP, APP, image_patch("nowhere.example.com/shop-api:1")
    )
    quiet.time.pass_by(12)
    with pytest.raises(HttpResponseError) as failed:
        await poller.result()
    assert failed.value.status_code == 200  # the poll went well, the operation did not
    assert failed.value.error is not None
    assert failed.value.error.code == "InvalidImage"
    assert len((await quiet.world())["revisions"]) == 3


async def test_stream_token_is_good_for_an_hour(quiet: Playing) -> None:
    token = (await quiet.apps.container_apps.get_auth_token(RESOURCE_GROUP, APP)).properties
    assert token.token
    assert token.expires.isoformat().startswith("2026-02-27T03:00:00")


@pytest.mark.parametrize(("group", "app"), [("another-rg", APP), (RESOURCE_GROUP, "another-app")])
async def test_what_is_not_there_is_not_found(quiet: Playing, group: str, app: str) -> None:
    with pytest.raises(ResourceNotFoundError):
        await quiet.apps.container_apps.get(group, app)


async def test_an_unknown_revision_is_not_found(quiet: Playing) -> None:
    with pytest.raises(ResourceNotFoundError):
        await quiet.apps.container_apps_revisions.restart_revision(RESOURCE_GROUP, APP, "shop-api--nope")
