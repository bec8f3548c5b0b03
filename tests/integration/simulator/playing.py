"""A simulator on a clock that the test moves, and the clients that speak to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import httpx
from aiohttp import web
from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.appcontainers.aio import ContainerAppsAPIClient
from azure.monitor.query.aio import LogsQueryClient

from cockpit.simulator.server import SimulatorServer
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.scenario import Scenario
from cockpit.simulator.world.site import APP, RESOURCE_GROUP, SUBSCRIPTION
from cockpit.simulator.world.stage import Stage

EPOCH = datetime(2026, 2, 27, 2, 0, tzinfo=UTC)
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
APP_PATH = f"{GROUP}/providers/Microsoft.App/containerApps/{APP}"


class FakeTime:
    """A clock that stands still until it is told to go on. Whoever sleeps makes it go on."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=self.seconds - 1_000.0)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds


class AnyCredential:
    """A token that is worth nothing."""

    async def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        return AccessToken("worth-nothing", 4_102_444_800)

    async def close(self) -> None:
        return

    async def __aenter__(self) -> "AnyCredential":
        return self

    async def __aexit__(self, *details: object) -> None:
        return


class Bearer(SansIOHTTPPolicy[Any, Any]):
    """Sets the header that the SDK's own policy refuses to send over plain http."""

    def on_request(self, request: Any) -> None:
        request.http_request.headers["Authorization"] = "Bearer worth-nothing"


@dataclass
class Playing:
    """One simulator being played. `http` speaks to it directly, `apps` and `logs` through the real SDK.

    The SDK's clients are made when they are first used: it takes them longer than most tests last."""

    time: FakeTime
    stage: Stage
    url: str
    http: httpx.AsyncClient
    closing: AsyncExitStack

    @cached_property
    def apps(self) -> Any:
        """The ContainerAppsAPIClient; not typed, because in its models every field may be missing."""
        client = ContainerAppsAPIClient(
            AnyCredential(),
            SUBSCRIPTION,
            base_url=self.url,
            api_version="2025-07-01",
            authentication_policy=Bearer(),
            polling_interval=0,
            retry_total=0,
        )
        self.closing.push_async_callback(client.close)
        return client

    @cached_property
    def logs(self) -> Any:
        """The LogsQueryClient."""
        client = LogsQueryClient(
            AnyCredential(),
            endpoint=self.url,
            authentication_policy=Bearer(),
            retry_total=0,
        )
        self.closing.push_async_callback(client.close)
        return client

    async def get(self, path: str, **query: str) -> Any:
        """The JSON at a Resource Manager path."""
        answer = await self.http.get(path, params={"api-version": "2025-07-01", **query})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def world(self) -> Any:
        return (await self.http.get("/simulator")).json()

    async def alerts(self, **query: str) -> list[Any]:
        path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts"
        found: list[Any] = (await self.get(path, **query))["value"]
        return found

    async def move_traffic(self, *traffic: dict[str, Any]) -> None:
        """Through the SDK, and waits until it is done."""
        body: Any = {"properties": {"configuration": {"ingress": {"traffic": list(traffic)}}}}
        poller = await self.apps.container_apps.begin_update(RESOURCE_GROUP, APP, body)
        self.time.pass_by(self.stage.scenario.operation_seconds)
        await poller.result()


@asynccontextmanager
async def playing(scenario: Scenario, speed: float = 1.0) -> AsyncIterator[Playing]:
    """Serve a scenario on a free port of this machine."""
    time = FakeTime()
    stage = Stage(scenario, SimulatedClock(time, speed))
    async with AsyncExitStack() as stack:
        runner = web.AppRunner(SimulatorServer(stage).application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False, verify=False))
        yield Playing(time, stage, url, http, stack)
