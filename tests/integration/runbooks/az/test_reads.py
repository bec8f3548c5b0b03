"""Every known command that reads, over the real SDK, printed as az prints it."""

import asyncio
import json
from typing import Any

import pytest

from cockpit.model.run import StepState
from cockpit.runbooks.az import perform_az_command
from cockpit.runbooks.az.shapes import DATABASE_FIELDS
from cockpit.simulator.world.site import SUBSCRIPTION
from tests.integration.runbooks.az.commanding import Screen, Shell, known

APP = "-n shop-api -g shop-prod-rg"
SQL = "-s shop-api-sql -g shop-prod-rg"


async def result(shell: Shell, line: str) -> Any:
    """The JSON that a command prints."""
    done = await shell.run(line)
    assert (done.state, done.exit_code) == (StepState.OK, 0), done.outcome
    return json.loads(shell.screen.text)


async def test_revision_list_shows_the_inactive_ones_and_says_that_az_would_not(quiet: Shell) -> None:
    done = await quiet.run(f"az containerapp revision list {APP} --query '[].name' -o tsv")
    assert quiet.screen.text == "shop-api--r41\nshop-api--r42\nshop-api--r43\n"
    assert "az would hide 1 inactive without --all: shop-api--r41." in done.outcome
    assert "hide" not in (await quiet.run(f"az containerapp revision list {APP} --all")).outcome


async def test_the_table_of_a_runbook_is_the_table_of_az(quiet: Shell) -> None:
    query = "[].{name:name, active:properties.active, created:properties.createdTime}"
    await quiet.run(f"az containerapp revision list {APP} --query '{query}' -o table")
    assert quiet.screen.text == (
        "Name           Active    Created\n"
        "-------------  --------  -------------------------\n"
        "shop-api--r41  False     2026-01-28T02:00:00+00:00\n"
        "shop-api--r42  True      2026-02-20T02:00:00+00:00\n"
        "shop-api--r43  True      2026-02-26T00:00:00+00:00\n"
    )


async def test_apps_and_one_app(quiet: Shell) -> None:
    apps = await result(quiet, "az containerapp list -g shop-prod-rg")
    assert [each["name"] for each in apps] == ["shop-api"]
    assert [each["name"] for each in await result(quiet, "az containerapp list")] == ["shop-api"]
    app = await result(quiet, f"az containerapp show {APP}")
    assert (app["resourceGroup"], app["properties"]["latestRevisionName"]) == ("shop-prod-rg", "shop-api--r43")
    await quiet.run(f"az containerapp show {APP} -o table")
    assert quiet.screen.text.splitlines()[0].split() == ["Name", "Location", "ResourceGroup", "Fqdn"]


async def test_one_revision_its_replicas_and_the_traffic(quiet: Shell) -> None:
    revision = await result(quiet, "az containerapp revision show -g shop-prod-rg --revision shop-api--r42")
    assert revision["properties"]["active"] is True
    replicas = await result(quiet, f"az containerapp replica list {APP} --revision shop-api--r42")
    assert len(replicas) == 2
    latest = await result(quiet, f"az containerapp replica list {APP} --query '[].name'")
    assert all(each.startswith("shop-api--r43-") for each in latest)
    traffic = await result(quiet, f"az containerapp ingress traffic show {APP}")
    assert traffic == [{"latestRevision": True, "weight": 100}]


async def test_the_account(quiet: Shell) -> None:
    account = await result(quiet, "az account show")
    assert (account["id"], account["state"], account["environmentName"]) == (SUBSCRIPTION, "Enabled", "AzureCloud")
    await quiet.run("az account show --query id -o tsv")
    assert quiet.screen.text == f"{SUBSCRIPTION}\n"


async def test_databases(quiet: Shell) -> None:
    found = await result(quiet, f"az sql db list {SQL}")
    assert [(each["name"], each["status"]) for each in found] == [("master", "Online"), ("shop-api", "Online")]
    one = await result(quiet, f"az sql db show {SQL} -n shop-api")
    assert (one["edition"], one["resourceGroup"]) == ("Basic", "shop-prod-rg")
    await quiet.run(f"az sql db list {SQL} -o table")
    assert quiet.screen.text.splitlines()[2:] == [
        "master    System                        30GB",
        "shop-api  Basic             5           2GB",
    ]


async def test_who_changed_what_the_newest_first(bad: Shell) -> None:
    await bad.run(f"az containerapp revision activate {APP} --revision shop-api--r42")
    line = "az monitor activity-log list -g shop-prod-rg --offset 1h --query '[].[operationName.value, caller]' -o tsv"
    await bad.run(line)
    told = bad.screen.text.splitlines()
    assert told[0] == "Microsoft.App/containerApps/revisions/activate/action\toperator@example.com"
    assert told[-1] == "Microsoft.App/containerApps/write\tci@example.com"
    assert len(await result(bad, "az monitor activity-log list --max-events 1")) == 1


async def test_metrics(bad: Shell) -> None:
    bad.play.time.pass_by(300)
    app = (await result(bad, f"az containerapp show {APP}"))["id"]
    found = await result(bad, f"az monitor metrics list --resource {app} --metrics Requests Replicas --interval 1m")
    assert [each["name"]["value"] for each in found["value"]] == ["Requests", "Replicas"]
    line = f"""az monitor metrics list --resource {app} --metric Requests --aggregation Total --offset 3m
        --filter "statusCodeCategory eq '5xx'" -o table"""
    await bad.run(line)
    header, _, *points = bad.screen.text.splitlines()
    assert header.split() == ["Timestamp", "Name", "Statuscodecategory", "Total"]
    assert len(points) == 3


async def test_console_logs_are_those_of_the_revision_with_traffic_and_a_line_says_so(quiet: Shell) -> None:
    await quiet.play.move_traffic({"revisionName": "shop-api--r42", "weight": 100})
    done = await quiet.run(f"az containerapp logs show {APP} --tail 5")
    lines = [json.loads(each) for each in quiet.screen.text.splitlines()]
    assert lines[0]["Log"].startswith("Connecting to the container")
    assert len(lines) == 7
    assert "shop-api--r42 (the one with traffic; az would take the newest, shop-api--r43)" in done.outcome
    done = await quiet.run(f"az containerapp logs show {APP} --revision shop-api--r43 --container api --tail 0")
    assert "the newest" not in done.outcome


async def test_the_system_log(bad: Shell) -> None:
    await bad.run(f"az containerapp logs show {APP} --type system --tail 50")
    reasons = {json.loads(each)["Reason"] for each in bad.screen.text.splitlines()}
    assert {"RevisionCreation", "ProbeFailed"} <= reasons


async def test_a_log_that_is_followed_goes_on_until_it_is_stopped(quiet: Shell) -> None:
    native, screen = known(f"az containerapp logs show {APP} --tail 1 --follow"), Screen()
    task = asyncio.create_task(perform_az_command(native, quiet.azure, screen))
    await screen.until(lambda seen: seen.text.count("\n") >= 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_odd_log_lines_are_shown_as_they_are_and_blank_ones_not_at_all(quirks: Shell) -> None:
    await quirks.run(f"az containerapp logs show {APP} --tail 20")
    assert all(each.strip() for each in quirks.screen.text.splitlines())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"az containerapp logs show {APP} --revision shop-api--r41", "no such container running"),
        (f"az containerapp logs show {APP} --replica nope", "no such container running"),
        (f"az containerapp revision show {APP} --revision shop-api--nope", "ResourceNotFound"),
        ("az containerapp show -n other -g shop-prod-rg", "ResourceNotFound"),
        ("az containerapp list -g other-rg", "ResourceGroupNotFound"),
        (f"az containerapp revision list {APP} --query 'abs(@)'", "The query fails on this result"),
    ],
)
async def test_a_read_that_fails_says_why_as_az_would_and_ends_with_1(quiet: Shell, line: str, words: str) -> None:
    done = await quiet.run(line)
    assert (done.state, done.exit_code) == (StepState.FAILED, 1)
    assert words in done.outcome
    assert quiet.screen.text.startswith("ERROR: ")


async def test_what_sql_does_not_find_ends_with_3_and_the_words_of_az(quiet: Shell) -> None:
    done = await quiet.run(f"az sql db show {SQL} -n nope")
    assert (done.state, done.exit_code) == (StepState.FAILED, 3)
    first, code, message = quiet.screen.text.splitlines()
    assert first.startswith("ERROR: (ResourceNotFound) ")
    assert (code, message.startswith("Message: ")) == ("Code: ResourceNotFound", True)


async def test_a_database_has_every_field_that_az_prints_and_its_dates(quiet: Shell) -> None:
    database = await result(quiet, f"az sql db show {SQL} -n shop-api")
    assert list(database) == sorted(DATABASE_FIELDS)
    assert len(database) == 60
    assert database["creationDate"].endswith("+00:00")
    assert set(database["sku"]) == {"capacity", "family", "name", "size", "tier"}


@pytest.mark.parametrize("status", [401, 403, 429, 500])
async def test_a_cloud_that_refuses_or_stumbles_is_a_failure_in_words(quiet: Shell, status: int) -> None:
    await quiet.fault("GET .*/revisions$", times=None, status=status, body={"error": {"code": "No", "message": "why"}})
    done = await quiet.run(f"az containerapp revision list {APP}")
    assert (done.state, done.exit_code) == (StepState.FAILED, 1)
    assert "No: why" in done.outcome


THROTTLED = {"status": 429, "body": {"error": {"code": "TooManyRequests", "message": "slow down"}}}
DATABASE = f"az sql db show {SQL} -n shop-api --query name -o tsv"


@pytest.mark.parametrize(
    ("line", "match"),
    [
        (DATABASE, "GET .*/databases/shop-api$"),
        ("az monitor activity-log list -g shop-prod-rg -o none", "GET .*/management/values"),
    ],
)
async def test_a_throttled_read_is_asked_again_when_azure_says_where_az_does_so(
    quiet: Shell, line: str, match: str
) -> None:
    await quiet.fault(match, times=2, headers={"Retry-After": "7"}, **THROTTLED)
    done = await quiet.run(line)
    assert done.state is StepState.OK
    assert [seconds for seconds in quiet.play.time.slept if seconds >= 1] == [7.0, 7.0]
    assert quiet.screen.text.count("WARNING: ") == 2


@pytest.mark.parametrize(
    ("after", "tries", "waits"),
    [("", 4, [0.8, 1.6, 3.2]), ("25", 3, [25.0, 25.0]), ("61", 1, [])],
    ids=["three-times", "a-minute-in-all", "longer-is-not-waited-for"],
)
async def test_a_read_that_stays_throttled_fails_with_the_wait(
    quiet: Shell, after: str, tries: int, waits: list[float]
) -> None:
    headers = {"Retry-After": after} if after else {}
    await quiet.fault("GET .*/databases/shop-api$", times=tries, headers=headers, **THROTTLED)
    before = len(quiet.play.time.slept)
    done = await quiet.run(DATABASE)
    assert (done.state, done.exit_code) == (StepState.FAILED, 1)
    assert "slow down" in done.outcome
    assert [seconds for seconds in quiet.play.time.slept[before:] if seconds >= 0.8] == waits


async def test_a_read_that_az_itself_gives_up_at_once_is_given_up_at_once(quiet: Shell) -> None:
    await quiet.fault("GET .*/revisions$", times=1, headers={"Retry-After": "1"}, **THROTTLED)
    assert (await quiet.run(f"az containerapp revision list {APP}")).state is StepState.FAILED


async def test_revisions_of_a_world_full_of_quirks_are_listed_and_drawn(quirks: Shell) -> None:
    for output in ("json", "table", "tsv", "none"):
        assert (await quirks.run(f"az containerapp revision list {APP} -o {output}")).state is StepState.OK
