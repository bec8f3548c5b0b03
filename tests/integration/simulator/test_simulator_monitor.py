"""Alerts, metrics, the Activity Log and Azure's own health."""

import re
from pathlib import Path
from typing import Any

import pytest

from cockpit.simulator.world.site import SUBSCRIPTION
from tests.integration.simulator.playing import APP_PATH, GROUP, Playing

ALERTS = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts"
EXAMPLES = Path(__file__).parents[3] / "examples"
METRICS = f"{APP_PATH}/providers/Microsoft.Insights/metrics"
ACTIVITY = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values"
HEALTH = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ResourceHealth/events"
SINCE = "eventTimestamp ge '2026-02-27T01:59:59Z'"


async def refused(play: Playing, path: str, **query: str) -> str:
    answer = await play.http.get(path, params={"api-version": "2019-03-01", **query})
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"]["message"])


class TestAlerts:
    @pytest.mark.parametrize("scope", [f"/subscriptions/{SUBSCRIPTION}", GROUP, APP_PATH])
    async def test_are_seen_from_every_scope_around_the_app(self, bad_deploy: Playing, scope: str) -> None:
        bad_deploy.time.pass_by(31)
        found = await bad_deploy.get(f"{scope}/providers/Microsoft.AlertsManagement/alerts")
        assert [each["name"] for each in found["value"]] == ["5xx errors"]

    async def test_are_not_seen_from_the_scope_of_something_else(self, bad_deploy: Playing) -> None:
        bad_deploy.time.pass_by(31)
        scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/another-rg"
        assert (await bad_deploy.get(f"{scope}/providers/Microsoft.AlertsManagement/alerts"))["value"] == []

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({"monitorCondition": "Fired"}, 1),
            ({"monitorCondition": "Resolved"}, 40),
            ({"alertState": "closed"}, 40),
            ({"severity": "Sev2"}, 1),
            ({"severity": "Sev2", "monitorCondition": "Resolved"}, 0),
            ({"targetResourceGroup": "another-rg"}, 0),
            ({"timeRange": "1h"}, 1),
            ({"timeRange": "30d"}, 42),
            ({"customTimeRange": "2026-02-25T00:00:00Z/2026-02-25T12:00:00Z"}, 1),
        ],
    )
    async def test_are_filtered(self, quirks: Playing, query: dict[str, str], count: int) -> None:
        assert len(await quirks.alerts(pageCount="250", **query)) == count

    async def test_are_sorted_as_asked(self, quirks: Playing) -> None:
        found = await quirks.alerts(pageCount="250", timeRange="7d", sortBy="severity", sortOrder="asc")
        assert [each["properties"]["essentials"]["severity"] for each in found][:2] == ["Sev2", "Sev3"]

    async def test_pages_follow_one_another_until_the_last(self, quirks: Playing) -> None:
        found: list[str] = []
        link = f"{ALERTS}?api-version=2019-03-01&pageCount=20"
        while link:
            page = (await quirks.http.get(link.removeprefix("https://127.0.0.1:443"))).json()
            found += [each["id"] for each in page["value"]]
            link = page["nextLink"]
        assert len(found) == len(set(found)) == 41

    @pytest.mark.parametrize(
        "query", [{"timeRange": "2d"}, {"pageCount": "251"}, {"sortBy": "colour"}, {"colour": "red"}]
    )
    async def test_refuse_what_they_do_not_know(self, quirks: Playing, query: dict[str, str]) -> None:
        assert await refused(quirks, ALERTS, **query)

    async def test_take_no_state_that_is_none(self, quirks: Playing) -> None:
        guid = (await quirks.alerts())[0]["id"].rpartition("/")[2]
        answer = await quirks.http.post(
            f"{ALERTS}/{guid}/changestate", params={"api-version": "2019-03-01", "newState": "Gone"}
        )
        assert answer.status_code == 400

    async def test_that_are_not_there_are_not_found(self, quiet: Playing) -> None:
        answer = await quiet.http.get(f"{ALERTS}/5105c0de-0000-4000-8000-00000000ffff", params={"api-version": "1"})
        assert answer.status_code == 404


class TestMetrics:
    async def test_failed_requests_show_while_the_bad_revision_serves(self, bad_deploy: Playing) -> None:
        bad_deploy.time.pass_by(180)
        query = {"metricnames": "Requests", "$filter": "statusCodeCategory eq '5xx'", "aggregation": "Total",
                 "timespan": "2026-02-27T01:58:00Z/2026-02-27T02:03:00Z"}  # fmt: skip
        series = (await bad_deploy.get(METRICS, **query))["value"][0]["timeseries"][0]
        points = [each.get("total", 0) > 0 for each in series["data"]]
        assert points == [False, False, False, True, True]

    async def test_points_without_a_value_have_only_their_time(self, bad_deploy: Playing) -> None:
        bad_deploy.time.pass_by(180)
        query = {"$filter": "revisionName eq 'shop-api--r44'", "timespan": "2026-02-27T01:58:00Z/2026-02-27T02:03:00Z"}
        data = (await bad_deploy.get(METRICS, **query))["value"][0]["timeseries"][0]["data"]
        assert set(data[0]) == {"timeStamp"}
        assert set(data[-1]) == {"timeStamp", "total"}

    async def test_splitting_gives_one_series_each_with_the_dimension_in_lower_case(self, quiet: Playing) -> None:
        found = (await quiet.get(METRICS, metricnames="Replicas", **{"$filter": "revisionName eq '*'"}))["value"][0]
        named = [each["metadatavalues"][0] for each in found["timeseries"]]
        assert {each["name"]["value"] for each in named} == {"revisionname"}
        assert [each["value"] for each in named] == ["shop-api--r42", "shop-api--r43"]

    async def test_every_metric_of_the_examples_has_values(self, quiet: Playing) -> None:
        text = "".join(path.read_text("utf-8") for path in EXAMPLES.glob("*/cockpit.toml"))
        names = sorted({*re.findall(r'^(?:per_)?metric = "(\w+)"', text, re.MULTILINE)})
        assert "ResponseTime" in names
        found = (await quiet.get(METRICS, metricnames=",".join(names), aggregation="Average"))["value"]
        assert [each["name"]["value"] for each in found if "average" in each["timeseries"][0]["data"][-1]] == names

    async def test_several_metrics_come_in_one_answer(self, quiet: Playing) -> None:
        names = ["Requests", "Replicas", "RestartCount", "UsageNanoCores", "WorkingSetBytes", "ResponseTime"]
        found = (await quiet.get(METRICS, metricnames=",".join(names), aggregation="Total,Average"))["value"]
        assert [each["name"]["value"] for each in found] == names
        assert all(len(each["timeseries"][0]["data"]) == 60 for each in found)

    @pytest.mark.parametrize(
        "query",
        [
            {"metricnames": "AnswerTime"},
            {"interval": "PT7M"},
            {"aggregation": "Median"},
            {"$filter": "podName eq 'x'"},
            {"timespan": "yesterday"},
            {"timespan": "2026-02-27T02:00:00Z/2026-02-27T01:00:00Z"},
        ],
    )
    async def test_refuse_what_they_do_not_know(self, quiet: Playing, query: dict[str, str]) -> None:
        assert await refused(quiet, METRICS, **query)


class TestActivityLog:
    async def test_each_operation_has_a_beginning_and_an_end_with_one_correlation_id(self, quiet: Playing) -> None:
        await quiet.http.post(
            f"{APP_PATH}/revisions/shop-api--r41/activate",
            params={"api-version": "2025-07-01"},
            headers={"x-ms-client-request-id": "11111111-2222-4333-8444-555555555555"},
        )
        found = (await quiet.get(ACTIVITY, **{"$filter": SINCE}))["value"]
        assert [each["eventName"]["value"] for each in found] == ["EndRequest", "BeginRequest"]
        assert len({each["correlationId"] for each in found}) == 1
        assert found[0]["operationName"]["value"] == "Microsoft.App/containerApps/revisions/activate/action"
        assert found[0]["httpRequest"]["clientRequestId"] == "11111111-2222-4333-8444-555555555555"
        assert found[0]["caller"] == "operator@example.com"

    async def test_the_caller_is_whom_the_token_names(self, quiet: Playing) -> None:
        claims = "eyJ1cG4iOiAib25jYWxsQGV4YW1wbGUuY29tIn0"  # {"upn": "oncall@example.com"}
        await quiet.http.post(
            f"{APP_PATH}/revisions/shop-api--r41/activate",
            params={"api-version": "2025-07-01"},
            headers={"Authorization": f"Bearer e30.{claims}.x"},
        )
        found = (await quiet.get(ACTIVITY, **{"$filter": SINCE}))["value"]
        assert found[0]["caller"] == "oncall@example.com"

    @pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.!!!.c", "a.bnVsbA.c"])
    async def test_any_token_will_do(self, quiet: Playing, token: str) -> None:
        answer = await quiet.http.get(
            APP_PATH, params={"api-version": "1"}, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 200

    async def test_the_deployment_is_in_it(self, bad_deploy: Playing) -> None:
        bad_deploy.time.pass_by(20)
        found = await bad_deploy.get(ACTIVITY, **{"$filter": f"{SINCE} and resourceGroupName eq 'shop-prod-rg'"})
        assert {(each["caller"], each["operationName"]["value"]) for each in found["value"]} == {
            ("ci@example.com", "Microsoft.App/containerApps/write")
        }

    @pytest.mark.parametrize(
        ("field", "value", "count"),
        [("caller", "ci@example.com", 2), ("caller", "x", 0), ("status", "Succeeded", 1), ("resourceId", "/x", 0)],
    )
    async def test_takes_what_az_sends_times_without_quotes_too(
        self, bad_deploy: Playing, field: str, value: str, count: int
    ) -> None:
        bad_deploy.time.pass_by(60)
        query: dict[str, Any] = {"$filter": f"{SINCE.replace(chr(39), '')} and {field} eq '{value}'"}
        assert len((await bad_deploy.get(ACTIVITY, **query))["value"]) == count

    async def test_another_resource_group_has_none(self, bad_deploy: Playing) -> None:
        bad_deploy.time.pass_by(20)
        query: dict[str, Any] = {"$filter": f"{SINCE} and resourceGroupName eq 'another-rg'"}
        assert (await bad_deploy.get(ACTIVITY, **query))["value"] == []

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "resourceGroupName eq 'shop-prod-rg'",
            f"{SINCE} and operationName eq 'x'",
            f"{SINCE} or {SINCE}",
            "eventTimestamp ge 'yesterday'",
        ],
    )
    async def test_refuses_other_filters_than_the_few_azure_takes(self, quiet: Playing, text: str) -> None:
        assert await refused(quiet, ACTIVITY, **{"$filter": text})


async def test_service_issues_are_those_since_a_time(quirks: Playing) -> None:
    everything = (await quirks.get(HEALTH))["value"]
    assert [(each["name"], each["properties"]["status"]) for each in everything] == [("SIM1-XYZ", "Resolved")]
    assert (await quirks.get(HEALTH, queryStartTime="2026-02-26T02:00:00Z"))["value"] == []


async def test_a_quiet_world_has_no_issues_and_no_alerts(quiet: Playing) -> None:
    assert (await quiet.get(HEALTH))["value"] == []
    assert await quiet.alerts(timeRange="30d") == []


class TestWhatAzSends:
    """What would be passed over is refused, and what changes nothing is not."""

    @pytest.mark.parametrize(
        "query",
        [{"top": "2"}, {"orderby": "total desc"}, {"metricnamespace": "Other/things"}, {"resultType": "Metadata"}],
    )
    async def test_what_would_make_another_answer_of_metrics_is_refused(
        self, bad_deploy: Playing, query: dict[str, str]
    ) -> None:
        assert next(iter(query)).lower() in await refused(bad_deploy, METRICS, metricnames="Requests", **query)

    async def test_the_namespace_that_it_is_changes_nothing(self, bad_deploy: Playing) -> None:
        bad_deploy.time.pass_by(300)
        plain = await bad_deploy.get(METRICS, metricnames="Requests")
        named = await bad_deploy.get(METRICS, metricnames="Requests", metricnamespace="Microsoft.App/containerapps")
        assert plain == named

    async def test_the_activity_log_gives_the_fields_that_are_selected(self, bad_deploy: Playing) -> None:
        bad_deploy.time.pass_by(60)
        found = await bad_deploy.get(ACTIVITY, **{"$filter": SINCE, "$select": "caller,operationName"})
        assert found["value"]
        assert all(set(each) == {"caller", "operationName"} for each in found["value"])

    async def test_a_template_that_is_sent_whole_and_unchanged_but_for_its_image_is_a_new_revision(
        self, bad_deploy: Playing
    ) -> None:
        """As `az containerapp revision copy` does."""
        template = (await bad_deploy.get(f"{APP_PATH}/revisions/shop-api--r42"))["properties"]["template"]
        body = {"properties": {"template": {**template, "revisionSuffix": "again"}}}
        answer = await bad_deploy.http.patch(APP_PATH, params={"api-version": "2025-07-01"}, json=body)
        assert answer.status_code == 202, answer.text
        bad_deploy.time.pass_by(13)
        revisions = (await bad_deploy.get(f"{APP_PATH}/revisions"))["value"]
        assert any(each["name"] == "shop-api--again" for each in revisions)
