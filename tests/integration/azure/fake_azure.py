"""A small Azure of our own: it answers what a test tells it to, and remembers what it was asked."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from cockpit.azure.client import Azure
from cockpit.azure.identity import Credential, build_credential
from cockpit.model.system import Cloud
from cockpit.model.time import RealTime

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


@dataclass
class Reply:
    """One answer. `body`: text as it is, anything else as JSON. `hang`: never answers. `drop`: hangs up instead."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    drop: bool = False


class FakeAzure:
    """Answers by regular expression over `METHOD path?query`: the newest rule that matches, whose last reply stays."""

    def __init__(self) -> None:
        self.rules: list[tuple[re.Pattern[str], list[Reply]]] = []
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.authorizations: list[str] = []
        self.url = ""

    def on(self, pattern: str, *replies: Reply) -> None:
        self.rules.insert(0, (re.compile(pattern, re.IGNORECASE), list(replies)))

    def sent(self, pattern: str) -> int:
        return sum(1 for each in self.asked if re.search(pattern, each, re.IGNORECASE))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        line = f"{request.method} {request.path_qs}"
        self.asked.append(line)
        self.bodies.append(await request.read())
        self.authorizations.append(request.headers.get("Authorization", ""))
        for pattern, replies in self.rules:
            if pattern.search(line):
                return await self.play(request, replies.pop(0) if len(replies) > 1 else replies[0])
        return web.json_response({"error": {"code": "ResourceNotFound", "message": line}}, status=404)

    async def play(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        if reply.hang:
            await asyncio.sleep(60)
        if reply.drop:
            assert request.transport is not None
            request.transport.close()
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        return web.Response(
            status=reply.status, text=text, headers={"Content-Type": "application/json", **reply.headers}
        )


@pytest.fixture
async def cloud() -> AsyncIterator[FakeAzure]:
    fake = FakeAzure()
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{anything:.*}", fake.answer)
    runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield fake
    await runner.cleanup()


@pytest.fixture
def token_cache(cloud: FakeAzure) -> Credential:
    return build_credential(("simulator",), "", "", Cloud(endpoint=cloud.url), time=RealTime())


@pytest.fixture
async def azure(cloud: FakeAzure, token_cache: Credential) -> AsyncIterator[Azure]:
    async with opened(cloud, token_cache) as client:
        yield client


@pytest.fixture
async def read_only_azure(cloud: FakeAzure, token_cache: Credential) -> AsyncIterator[Azure]:
    async with opened(cloud, token_cache, read_only=True) as client:
        yield client


class opened:  # noqa: N801  (reads as the verb it is)
    """An Azure over the fake one, that retries without pause and loses patience soon."""

    def __init__(self, cloud: FakeAzure, token_cache: Credential, **options: Any) -> None:
        defaults: dict[str, Any] = {
            "subscription": SUBSCRIPTION,
            "read_only": False,
            "time": RealTime(),
            "retry_pause": 0.0,
        }
        self.client = Azure(Cloud(endpoint=cloud.url), token_cache, **{**defaults, **options})

    async def __aenter__(self) -> Azure:
        return self.client

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()
