"""Azure's odd answers, each by name. Those that are Azure's usual behaviour hold in every world."""

import json
from datetime import datetime
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.monitor.query import LogsQueryPartialResult

from cockpit.simulator.world.site import APP, RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from tests.integration.simulator.playing import APP_PATH, GROUP, Playing

VERSION = {"api-version": "2025-07-01"}


def revision_path(name: str) -> str:
    return f"{APP_PATH}/revisions/shop-api--{name}"


async def patch_traffic(play: Playing, *traffic: dict[str, Any]) -> Any:
    body = {"properties": {"configuration": {"ingress": {"traffic": list(traffic)}}}}
    return await play.http.patch(APP_PATH, params=VERSION, json=body)


class TestInEveryWorld:
    async def test_paths_are_matched_in_any_case(self, quiet: Playing) -> None:
        assert (await quiet.get(APP_PATH.lower()))["name"] == APP
        assert (await quiet.get(APP_PATH.upper().replace(SUBSCRIPTION.upper(), SUBSCRIPTION)))["name"] == APP
        for spelling in ("getAuthtoken", "getAuthToken", "GETAUTHTOKEN"):
            assert (await quiet.http.post(f"{APP_PATH}/{spelling}", params=VERSION)).status_code == 200

    async def test_a_replica_may_be_asked_for_with_a_slash_at_the_end(self, quiet: Playing) -> None:
        replicas = (await quiet.get(revision_path("r43") + "/replicas"))["value"]
        name = replicas[0]["name"]
        assert (await quiet.get(revision_path("r43") + f"/replicas/{name}/"))["name"] == name

    async def test_activate_deactivate_and_restart_have_a_json_string_for_a_body(self, quiet: Playing) -> None:
        said = [
            (await quiet.http.post(revision_path("r41") + f"/{action}", params=VERSION)).json()
            for action in ("activate", "restart", "deactivate")
        ]
        assert said == ["Activate succeeded", "Restart succeeded", "Deactivate succeeded"]

    async def test_a_patch_is_202_and_empty_with_both_links_and_no_retry_after(self, quiet: Playing) -> None:
        accepted = await patch_traffic(quiet, {"latestRevision": True, "weight": 100})
        assert (accepted.status_code, accepted.content) == (202, b"")
        assert "retry-after" not in accepted.headers
        assert "containerappOperationStatuses" in accepted.headers["Azure-AsyncOperation"]
        assert "containerappOperationResults" in accepted.headers["Location"]
        assert (await quiet.http.get(accepted.headers["Location"])).status_code == 202
        quiet.time.pass_by(12)
        assert (await quiet.http.get(accepted.headers["Location"])).json()["name"] == APP

    async def test_the_status_document_has_a_start_time_of_seven_digits_without_a_zone(self, quiet: Playing) -> None:
        accepted = await patch_traffic(quiet, {"latestRevision": True, "weight": 100})
        status = (await quiet.http.get(accepted.headers["Azure-AsyncOperation"])).json()
        assert set(status) == {"id", "name", "status", "startTime"}
        assert status["status"] == "InProgress"
        assert len(status["startTime"].partition(".")[2]) == 7

    async def test_weights_are_taken_in_quotes(self, quiet: Playing) -> None:
        accepted = await patch_traffic(quiet, {"revisionName": "shop-api--r42", "weight": "100"})
        assert accepted.status_code == 202
        quiet.time.pass_by(12)
        assert (await quiet.world())["traffic"] == [{"revisionName": "shop-api--r42", "weight": 100}]

    @pytest.mark.parametrize(
        "traffic",
        [
            [{"latestRevision": True, "weight": 99}],
            [{"latestRevision": True, "weight": 60}, {"revisionName": "shop-api--r42", "weight": 60}],
            [{"latestRevision": True, "weight": -1}],
            [{"latestRevision": True, "weight": "many"}],
            [{"latestRevision": True, "weight": True}],
            [{"revisionName": "shop-api--r99", "weight": 100}],
            [{"weight": 100}],
            [],
        ],
    )
    async def test_weights_must_make_100_over_revisions_that_exist(self, quiet: Playing, traffic: list[Any]) -> None:
        refused = await patch_traffic(quiet, *traffic)
        assert refused.status_code == 400
        assert refused.json()["error"]["message"]
        assert (await quiet.world())["operations"] == []

    async def test_traffic_may_be_given_to_an_inactive_revision_and_then_goes_nowhere(self, quiet: Playing) -> None:
        await quiet.move_traffic({"revisionName": "shop-api--r41", "weight": 100})
        assert (await quiet.http.get("/api/orders")).status_code == 503

    async def test_deactivating_keeps_the_traffic_pointed_at_the_revision(self, quiet: Playing) -> None:
        await quiet.apps.container_apps_revisions.deactivate_revision(RESOURCE_GROUP, APP, "shop-api--r43")
        revision = await quiet.get(revision_path("r43"))
        assert (revision["properties"]["active"], revision["properties"]["trafficWeight"]) == (False, 100)
        assert (await quiet.http.get("/health/ready")).status_code == 503

    async def test_restarting_an_inactive_revision_is_a_400(self, quiet: Playing) -> None:
        refused = await quiet.http.post(revision_path("r41") + "/restart", params=VERSION)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "RevisionOperationError")

    async def test_last_active_time_is_there_only_while_inactive(self, quiet: Playing) -> None:
        revisions = (await quiet.get(APP_PATH + "/revisions"))["value"]
        assert ["lastActiveTime" in each["properties"] for each in revisions] == [True, False, False]

    async def test_system_data_has_no_zone_and_created_time_has_one(self, quiet: Playing) -> None:
        app = await quiet.apps.container_apps.get(RESOURCE_GROUP, APP)
        revision = await quiet.apps.container_apps_revisions.get_revision(RESOURCE_GROUP, APP, "shop-api--r43")
        assert app.system_data.last_modified_at.tzinfo is None
        assert revision.properties.created_time.tzinfo is not None

    async def test_the_id_is_in_lower_case_and_secrets_are_null(self, quiet: Playing) -> None:
        app = await quiet.get(APP_PATH)
        assert "/containerapps/" in app["id"]
        assert app["type"] == "Microsoft.App/containerApps"
        assert app["properties"]["configuration"]["secrets"] is None

    async def test_ephemeral_storage_is_reported_by_the_app_and_not_by_the_revision(self, quiet: Playing) -> None:
        app, revision = await quiet.get(APP_PATH), await quiet.get(revision_path("r43"))
        said = [
            "ephemeralStorage" in body["properties"]["template"]["containers"][0]["resources"]
            for body in (app, revision)
        ]
        assert said == [True, False]

    async def test_every_answer_counts_down_a_rate_limit_and_has_a_request_id(self, quiet: Playing) -> None:
        first, second = [await quiet.http.get(APP_PATH, params=VERSION) for _ in range(2)]
        name = "x-ms-ratelimit-remaining-subscription-reads"
        assert int(first.headers[name]) == int(second.headers[name]) + 1
        assert first.headers["x-ms-request-id"] != second.headers["x-ms-request-id"]

    async def test_a_call_without_an_api_version_is_refused(self, quiet: Playing) -> None:
        refused = await quiet.http.get(APP_PATH)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "MissingApiVersionParameter")

    async def test_alerts_are_those_of_one_day_unless_more_is_asked_for(self, quirks: Playing) -> None:
        def old(found: list[Any]) -> bool:
            return any(each["name"] == "certificate expires soon" for each in found)

        assert not old(await quirks.alerts(pageCount="250"))
        assert old(await quirks.alerts(pageCount="250", timeRange="7d"))


class TestInTheWorldOfQuirks:
    async def test_activating_a_revision_of_a_lost_registry_fails(self, quirks: Playing) -> None:
        with pytest.raises(HttpResponseError) as failed:
            await quirks.apps.container_apps_revisions.activate_revision(RESOURCE_GROUP, APP, "shop-api--r38")
        assert failed.value.status_code == 400
        assert failed.value.error is not None
        assert failed.value.error.code == "RevisionOperationError"
        assert "retired.example.com which is no longer defined" in failed.value.message

    async def test_running_states_outside_the_specification_pass_through_the_sdk(self, quirks: Playing) -> None:
        found = [each async for each in quirks.apps.container_apps_revisions.list_revisions(RESOURCE_GROUP, APP)]
        states = {each.properties.running_state for each in found}
        assert {"ActivationFailed", "ScaledToZero", "RunningAtMaxScale"} <= states

    async def test_a_revision_may_lack_nearly_every_field(self, quirks: Playing) -> None:
        bare = await quirks.get(revision_path("r40"))
        assert set(bare["properties"]) == {"createdTime", "active", "trafficWeight"}
        read = await quirks.apps.container_apps_revisions.get_revision(RESOURCE_GROUP, APP, "shop-api--r40")
        assert (read.properties.health_state, read.properties.template) == (None, None)

    async def test_a_date_may_be_no_date(self, quirks: Playing) -> None:
        read = await quirks.apps.container_apps_revisions.get_revision(RESOURCE_GROUP, APP, "shop-api--r41")
        assert read.properties.created_time == "not yet known"

    async def test_traffic_entries_of_zero_and_labels_are_kept(self, quirks: Playing) -> None:
        traffic = (await quirks.get(APP_PATH))["properties"]["configuration"]["ingress"]["traffic"]
        assert traffic == [
            {"latestRevision": True, "weight": 0},
            {"revisionName": "shop-api--r42", "weight": 80, "label": "stable"},
            {"revisionName": "shop-api--r43", "weight": 20},
        ]

    async def test_the_next_page_of_alerts_is_on_port_443_and_of_another_version(self, quirks: Playing) -> None:
        path = f"{GROUP}/providers/Microsoft.AlertsManagement/alerts"
        page = await quirks.get(path, **{"api-version": "2019-03-01"})
        assert len(page["value"]) == 25
        assert page["nextLink"].startswith("https://127.0.0.1:443/")
        assert "api-version=2018-05-05-preview" in page["nextLink"]
        rest = await quirks.http.get(page["nextLink"].removeprefix("https://127.0.0.1:443"))
        names = {each["id"] for each in page["value"]} | {each["id"] for each in rest.json()["value"]}
        assert (len(names), rest.json()["nextLink"]) == (41, None)

    async def test_an_alert_may_tell_a_resolution_time_while_it_fires(self, quirks: Playing) -> None:
        slow = next(each for each in await quirks.alerts(pageCount="250") if each["name"] == "slow responses")
        essentials = slow["properties"]["essentials"]
        assert essentials["monitorCondition"] == "Fired"
        assert essentials["monitorConditionResolvedDateTime"]

    async def test_an_alert_rule_may_be_a_portal_address(self, quirks: Playing) -> None:
        found = await quirks.alerts(pageCount="250", timeRange="7d", severity="Sev3")
        assert found[0]["properties"]["essentials"]["alertRule"].startswith("https://portal.example.com/")

    async def test_log_lines_have_four_timestamp_shapes_nulls_and_blank_lines(self, quirks: Playing) -> None:
        app = await quirks.get(APP_PATH)
        text = (await quirks.http.get(app["properties"]["eventStreamEndpoint"], params={"tailLines": "50"})).text
        lines = text.splitlines()
        assert "" in lines
        records = [json.loads(each) for each in lines if each]
        stamps = [each["TimeStamp"] for each in records]
        assert None in stamps
        assert {shape(each) for each in stamps if each} == {"Z", "UTC", "naive", "offset"}

    async def test_log_lines_are_not_in_order(self, quirks: Playing) -> None:
        replica = (await quirks.get(revision_path("r43") + "/replicas"))["value"][0]
        stream = replica["properties"]["containers"][0]["logStreamEndpoint"]
        records = [json.loads(each) for each in (await quirks.http.get(stream)).text.splitlines() if each]
        days = [each["TimeStamp"].replace(" ", "T")[:19] for each in records if each["TimeStamp"]]
        assert days != sorted(days)

    async def test_log_analytics_answers_200_with_a_partial_error_beside_the_rows(self, quirks: Playing) -> None:
        found = await quirks.logs.query_workspace(WORKSPACE, "ContainerAppConsoleLogs_CL | take 3", timespan=None)
        assert isinstance(found, LogsQueryPartialResult)
        assert len(found.partial_data[0].rows) == 3
        assert found.partial_error is not None
        assert found.partial_error.code == "PartialError"

    async def test_the_first_look_at_the_metrics_is_throttled_and_the_second_is_not(self, quirks: Playing) -> None:
        path = f"{APP_PATH}/providers/Microsoft.Insights/metrics"
        first, second = [await quirks.http.get(path, params={"api-version": "2018-01-01"}) for _ in range(2)]
        assert (first.status_code, first.headers["Retry-After"], second.status_code) == (429, "1", 200)

    async def test_the_first_restart_ends_in_a_504_and_is_done_all_the_same(self, quirks: Playing) -> None:
        before = (await quirks.get(revision_path("r43") + "/replicas"))["value"][0]["name"]
        quirks.time.pass_by(1)
        answer = await quirks.http.post(revision_path("r43") + "/restart", params=VERSION)
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "GatewayTimeout")
        assert (await quirks.get(revision_path("r43") + "/replicas"))["value"][0]["name"] != before

    async def test_the_activity_log_lags(self, quirks: Playing) -> None:
        await quirks.apps.container_apps_revisions.activate_revision(RESOURCE_GROUP, APP, "shop-api--r40")
        assert "activate" not in str(await recent_activity(quirks))
        quirks.time.pass_by(30)
        assert "activate" in str(await recent_activity(quirks))


async def recent_activity(play: Playing) -> Any:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values"
    return await play.get(path, **{"$filter": "eventTimestamp ge '2026-02-27T01:59:00Z'"})


def shape(stamp: str) -> str:
    if stamp.endswith("UTC"):
        return "UTC"
    if stamp.endswith("Z"):
        return "Z"
    return "offset" if datetime.fromisoformat(stamp).tzinfo else "naive"
