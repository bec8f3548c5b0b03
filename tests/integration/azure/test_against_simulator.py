"""The Azure room against `cockpit simulator` as users start it: a process, its one line, its cockpit.toml."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from cockpit.azure.changes.change import ChangeOutcome
from cockpit.azure.client import Azure
from cockpit.azure.identity import build_credential
from cockpit.config import load_system
from cockpit.feeds.azure_alerts.feed import azure_alerts_feed
from cockpit.feeds.signals.feed import SignalsFeed
from cockpit.feeds.signals.sources import SignalContext, make_reader
from cockpit.model.probe import ProbeState, WatchedSignal
from cockpit.model.problem import ProblemKind
from cockpit.model.reading import LogLine
from cockpit.model.revision import Application
from cockpit.model.system import Environment, System
from cockpit.model.time import RealTime
from cockpit.platforms.container_apps.log_stream import stream_log_lines
from cockpit.platforms.container_apps.platform import revisions_feed

TIME = RealTime()
Enough = Callable[[list[LogLine]], bool]


@pytest.fixture(scope="module")
def ready() -> Iterator[dict[str, Any]]:
    """The simulator's own words when it is ready."""
    command = [sys.executable, "-c", "from cockpit.cli import main; main()", "simulator", "--scenario", "quirks"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--until-stdin-closes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())
    process.stdin.close()
    process.stdout.close()
    assert process.wait(10) == 0


@pytest.fixture(scope="module")
def system(ready: dict[str, Any]) -> System:
    return load_system(Path(ready["config"]))


@pytest.fixture
def environment(system: System) -> Environment:
    return system.environments[0]


@pytest.fixture
async def azure(system: System, environment: Environment) -> AsyncIterator[Azure]:
    known = build_credential(system.order, system.tenant, system.client_id, system.cloud, time=TIME)
    client = Azure(system.cloud, known, subscription=environment.subscription, read_only=False, time=TIME)
    yield client
    await client.close()


async def fault(ready: dict[str, Any], **rule: Any) -> None:
    """Make the simulator misbehave, as tests and drills do."""
    async with httpx.AsyncClient(trust_env=False) as client:
        (await client.post(f"{ready['url']}/simulator/faults", json=rule)).raise_for_status()


async def application(azure: Azure, environment: Environment) -> Application:
    reading = await revisions_feed(environment, azure, time=TIME, random=Random(1)).poll()
    assert reading.problem is None, reading.problem
    assert reading.value
    return reading.value[0]


async def log(azure: Azure, environment: Environment, revision: str, enough: Enough) -> list[LogLine]:
    """What the log of a revision says until it is enough."""
    app = await application(azure, environment)
    chosen = next(each for each in app.revisions if each.name.endswith(revision))
    found: list[LogLine] = []
    async with (
        asyncio.timeout(20),
        aclosing(stream_log_lines(azure, app, chosen, environment=environment, time=TIME)) as lines,
    ):
        async for line in lines:
            found.append(line)
            if enough(found):
                break
    return found


def heard_of(replicas: int) -> Enough:
    return lambda found: len({each.replica for each in found if each.stream == "console"}) == replicas


def says(words: str) -> Enough:
    return lambda found: words in found[-1].text and found[-1].reason == "cockpit"


async def test_every_oddity_of_a_revision_becomes_a_row(azure: Azure, environment: Environment) -> None:
    app = await application(azure, environment)
    by_name = {each.name.rpartition("--")[2]: each for each in app.revisions}
    assert by_name["r39"].running == "ActivationFailed"
    assert by_name["r41"].created is None
    assert by_name["r42"].labels == ("stable",)
    assert by_name["r38"].replicas is None
    assert len(by_name["r42"].replicas or ()) == 3
    assert app.serving is by_name["r42"]


@pytest.mark.parametrize(
    ("wrong", "there"),
    [
        ({"apps": ("shop-apy",)}, "It has: shop-api."),
        ({"resource_group": "shop-test-rg"}, "shop-api (resource group shop-prod-rg)"),
        ({"resource_group": "shop-test-rg", "apps": ()}, "shop-api (resource group shop-prod-rg)"),
    ],
)
async def test_names_that_are_not_there_are_answered_with_those_that_are(
    azure: Azure, environment: Environment, wrong: dict[str, Any], there: str
) -> None:
    elsewhere = replace(environment, **{"apps": ("shop-api",), **wrong})
    reading = await revisions_feed(elsewhere, azure, time=TIME, random=Random(1)).poll()
    assert reading.problem is not None
    assert there in reading.problem.advice


async def test_an_old_open_alert_is_seen_and_acknowledging_it_reaches_azure(
    azure: Azure, environment: Environment
) -> None:
    feed = azure_alerts_feed(environment.alerts[0], environment, azure, time=TIME, random=Random(1))
    reading = await feed.poll()
    assert reading.value is not None
    old = next(each for each in reading.value if each.name == "certificate expires soon")
    assert (await azure.acknowledge(old.native_id)).outcome is ChangeOutcome.DONE
    again = await feed.poll()
    assert again.value is not None
    assert {each.name: each.native_state for each in again.value}["certificate expires soon"] == "Acknowledged"


async def test_a_gateway_that_lost_patience_after_the_change_was_made_is_found_out(
    azure: Azure, environment: Environment, ready: dict[str, Any]
) -> None:
    reading = await azure_alerts_feed(environment.alerts[0], environment, azure, time=TIME, random=Random(1)).poll()
    assert reading.value is not None
    slow = next(each for each in reading.value if each.name == "slow responses")
    await fault(ready, match="POST .*/changestate", times=1, status=504, effect=True)
    change = await azure.acknowledge(slow.native_id)
    assert change.outcome is ChangeOutcome.DONE
    assert change.problem is None


async def test_a_throttled_feed_says_how_long_it_waits(
    azure: Azure, environment: Environment, ready: dict[str, Any]
) -> None:
    await fault(ready, match="GET .*/revisions$", times=1, status=429, headers={"Retry-After": "77"})
    reading = await revisions_feed(environment, azure, time=TIME, random=Random(1)).poll()
    assert reading.problem is not None
    assert (reading.problem.kind, reading.problem.retry_after) == (ProblemKind.THROTTLED, 77)


async def test_consoles_and_system_log_of_a_live_revision_arrive_in_readable_lines(
    azure: Azure, environment: Environment
) -> None:
    found = await log(azure, environment, "r42", heard_of(3))
    assert all(each.text and "onnect" not in each.text for each in found)
    assert any(each.at is not None for each in found)


async def test_a_revision_without_replicas_is_read_from_log_analytics_and_a_part_is_called_a_part(
    azure: Azure, environment: Environment
) -> None:
    found = await log(azure, environment, "r39", says("only in part"))
    assert any("no replicas" in each.text for each in found)


async def test_a_workspace_that_is_not_there_is_reported(azure: Azure, environment: Environment) -> None:
    elsewhere = replace(environment, workspace="00000000-0000-0000-0000-000000000000")
    await log(azure, elsewhere, "r38", says("WorkspaceNotFoundError"))


async def test_signals_read_the_metrics_and_the_logs_of_the_simulated_app(
    azure: Azure, environment: Environment
) -> None:
    def signal(name: str, **fields: Any) -> WatchedSignal:
        return WatchedSignal(name=name, environment="prod", **fields)

    share = {"filter": "statusCodeCategory eq '5xx'", "per_metric": "Requests", "unit": "%"}
    signals = [
        signal("share", kind="azure_metric", metric="Requests", **share),
        signal("replicas", kind="azure_metric", metric="Replicas", aggregation="maximum"),
        signal("lines", kind="kql", query="ContainerAppConsoleLogs_CL | count", window=3_600.0),
        signal("no such metric", kind="azure_metric", metric="None"),
        signal("no such table", kind="kql", query="Nowhere | count"),
    ]
    context = SignalContext(environment, azure, TIME, str)
    feed = SignalsFeed("prod", signals, partial(make_reader, context=context), time=TIME, random=Random(7))
    for _ in range(4):  # this Azure throttles now and then, and says so in the row
        results = {result.name: result for result in (await feed.poll()).value or ()}
        if not any("throttled" in result.reason for result in results.values()):
            break
    assert {name for name, result in results.items() if result.state is ProbeState.UP} == {"share", "replicas", "lines"}
    assert 0 <= (results["share"].value or 0.0) <= 100
    assert len(results["replicas"].points) > 10
    assert all(results[name].reason for name in ("no such metric", "no such table"))
