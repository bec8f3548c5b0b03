"""Log streams and Log Analytics."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from azure.core.exceptions import HttpResponseError
from azure.monitor.query import LogsQueryStatus

from cockpit.simulator.world.scenario import load_scenario
from cockpit.simulator.world.site import WORKSPACE
from tests.integration.simulator.playing import APP_PATH, Playing, playing

R43, R44 = "shop-api--r43", "shop-api--r44"
LAST_HALF_HOUR = timedelta(minutes=30)


async def console_stream(play: Playing, revision: str) -> str:
    replicas = (await play.get(f"{APP_PATH}/revisions/{revision}/replicas"))["value"]
    endpoint: str = replicas[0]["properties"]["containers"][0]["logStreamEndpoint"]
    return endpoint


def records(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    return [json.loads(each) for each in answer.text.splitlines() if each]


async def ask(play: Playing, query: str, timespan: Any = LAST_HALF_HOUR) -> Any:
    found = await play.logs.query_workspace(WORKSPACE, query, timespan=timespan)
    assert found.status is LogsQueryStatus.SUCCESS
    return found.tables[0]


class TestStreams:
    async def test_the_console_begins_with_chatter_and_ends_with_the_newest_lines(self, quiet: Playing) -> None:
        found = records(await quiet.http.get(await console_stream(quiet, R43), params={"tailLines": "5"}))
        assert [set(each) for each in found] == [{"TimeStamp", "Log"}] * 7
        assert found[0]["Log"].startswith("Connecting")
        assert found[-1] == {"TimeStamp": "2026-02-27T02:00:00Z", "Log": found[-1]["Log"]}

    async def test_the_system_log_tells_what_the_platform_did(self, bad_deploy: Playing) -> None:
        bad_deploy.time.pass_by(60)
        app = await bad_deploy.get(APP_PATH)
        found = records(
            await bad_deploy.http.get(app["properties"]["eventStreamEndpoint"], params={"tailLines": "300"})
        )
        assert {"TimeStamp", "Type", "ContainerAppName", "RevisionName", "ReplicaName", "Msg", "Reason",
                "EventSource", "Count"} == set(found[0])  # fmt: skip
        of_new = [each["Reason"] for each in found if each["RevisionName"] == R44]
        assert of_new[:4] == ["RevisionCreation", "ContainerStarted", "ProbeFailed", "ContainerBackOff"]

    async def test_following_brings_new_lines_as_time_goes_by(self, quiet: Playing) -> None:
        endpoint = await console_stream(quiet, R43)
        seen: list[str] = []
        async with quiet.http.stream("GET", endpoint, params={"follow": "true", "tailLines": "0"}) as answer:
            async for line in answer.aiter_lines():
                seen.append(json.loads(line)["TimeStamp"])
                if len(seen) == 5:
                    break
        assert seen[2:] == ["2026-02-27T02:00:02Z", "2026-02-27T02:00:04Z", "2026-02-27T02:00:06Z"]

    async def test_a_failing_revision_says_why(self, bad_deploy: Playing) -> None:
        bad_deploy.time.pass_by(60)
        found = records(await bad_deploy.http.get(await console_stream(bad_deploy, R44)))
        assert any("database pool exhausted" in each["Log"] for each in found)

    async def test_a_replica_that_is_gone_has_no_stream(self, quiet: Playing) -> None:
        endpoint = await console_stream(quiet, R43)
        await quiet.apps.container_apps_revisions.deactivate_revision("shop-prod-rg", "shop-api", R43)
        assert (await quiet.http.get(endpoint)).status_code == 404

    @pytest.mark.parametrize("query", [{"tailLines": "301"}, {"tailLines": "x"}, {"output": "text"}])
    async def test_what_a_stream_cannot_do_is_refused(self, quiet: Playing, query: dict[str, str]) -> None:
        assert (await quiet.http.get(await console_stream(quiet, R43), params=query)).status_code == 400


class TestLogAnalytics:
    async def test_console_lines_of_a_revision_whose_replicas_are_gone(self, bad_deploy: Playing) -> None:
        bad_deploy.time.pass_by(60)
        await bad_deploy.apps.container_apps_revisions.deactivate_revision("shop-prod-rg", "shop-api", R44)
        bad_deploy.time.pass_by(60)
        table = await ask(
            bad_deploy,
            f"""ContainerAppConsoleLogs_CL
            | where ContainerAppName_s == "shop-api" and RevisionName_s == '{R44}'  // the bad one
            | where TimeGenerated > ago(30m)
            | project TimeGenerated, Log_s
            | order by TimeGenerated asc""",
        )
        assert table.columns == ["TimeGenerated", "Log_s"]
        assert len(table.rows) == 25  # a line every two seconds, for fifty seconds
        assert table.rows[0][0].isoformat().startswith("2026-02-27T02:00:12")

    @pytest.mark.parametrize(
        ("query", "rows"),
        [
            ("ContainerAppConsoleLogs_CL | take 3", 3),
            ("ContainerAppConsoleLogs_CL | top 2 by TimeGenerated desc", 2),
            ("ContainerAppConsoleLogs_CL | where Log_s has 'nonsense'", 0),
            ("ContainerAppConsoleLogs_CL | where RevisionName_s in ('shop-api--r43') | limit 1", 1),
            ("ContainerAppConsoleLogs_CL | where RevisionName_s =~ 'SHOP-API--R43' | limit 1", 1),
            ("ContainerAppConsoleLogs_CL | where Log_s contains '| get /API' | limit 1", 0),
            ("ContainerAppConsoleLogs_CL | where Log_s contains 'get /API' | limit 1", 1),
            ("ContainerAppConsoleLogs_CL | where Log_s startswith 'info' | limit 1", 1),
            ("ContainerAppConsoleLogs_CL | where TimeGenerated between (ago(10s) .. now()) | count", 1),
            ("ContainerAppConsoleLogs_CL | where TimeGenerated >= datetime(2026-02-27T01:59:59Z) | project Log_s", 2),
            ("union isfuzzy=true ContainerAppConsoleLogs_CL, ContainerAppConsoleLogs, Unheard | take 4", 4),
            ("ContainerAppConsoleLogs | take 3", 0),
            ("ContainerAppSystemLogs_CL | count", 1),
        ],
    )
    async def test_understands(self, quiet: Playing, query: str, rows: int) -> None:
        quiet.time.pass_by(1)
        assert len((await ask(quiet, query)).rows) == rows

    @pytest.mark.parametrize(
        ("query", "reason"),
        [
            ("Heartbeat | take 1", "could not be resolved to a table"),
            ("ContainerAppConsoleLogs_CL | where Log == 'x'", "is not a column"),
            ("ContainerAppConsoleLogs_CL | join (Heartbeat) on Log_s", "'join' is not supported"),
            ("ContainerAppConsoleLogs_CL | mv-expand Log_s", "'mv-expand' is not supported"),
            ("ContainerAppConsoleLogs_CL | take many", "is not a number of rows"),
            ("ContainerAppConsoleLogs_CL | where TimeGenerated > yesterday", "is not a column"),
            ("ContainerAppConsoleLogs_CL | order RevisionName_s", "'by' is expected"),
            ("ContainerAppConsoleLogs_CL | project x + 1", "is not a column"),
            ("ContainerAppConsoleLogs_CL | where Log_s > ago(1m)", "cannot be compared"),
        ],
    )
    async def test_refuses_anything_else_and_says_what_it_understands(
        self, quiet: Playing, query: str, reason: str
    ) -> None:
        with pytest.raises(HttpResponseError) as refused:
            await ask(quiet, query)
        assert refused.value.status_code == 400
        assert reason in str(refused.value)
        assert "The simulator understands" in str(refused.value)

    async def test_another_workspace_is_not_there(self, quiet: Playing) -> None:
        with pytest.raises(HttpResponseError) as refused:
            await quiet.logs.query_workspace("5105c0de-0000-4000-8000-00000000ffff", "x", timespan=None)
        assert refused.value.status_code == 404

    async def test_the_other_destination_has_plain_names(self) -> None:
        scenario = load_scenario("quiet").model_copy(update={"log_destination": "azure-monitor"})
        async with playing(scenario) as play:
            assert "Log" in (await ask(play, "ContainerAppConsoleLogs | take 1")).columns
            with pytest.raises(HttpResponseError):
                await ask(play, "ContainerAppConsoleLogs_CL | take 1")
