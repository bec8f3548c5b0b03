"""A simulated GitHub behind a real port, and a clock that tests turn."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from aiohttp import web

from cockpit.feeds.polling import Feed
from cockpit.model.event import OutsideChange
from cockpit.model.reading import Reading
from cockpit.model.system import Environment
from cockpit.platforms.github.platform import GithubPlatform
from cockpit.platforms.github.settings import GithubSettings
from cockpit.platforms.platform import CommandOutcome, PlatformContext
from cockpit.simulator.answer import SimulatedRequest
from cockpit.simulator.github.api import GithubApi, SimulatedRefusal
from cockpit.simulator.github.host import GithubHost, SimulatedRun
from tests.integration.platforms.turned_clock import TurnedClock

SHA = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"


@dataclass
class GithubStage:
    """What a test has in its hands."""

    api: GithubApi
    clock: TurnedClock
    url: str
    platforms: list[GithubPlatform] = field(default_factory=list)
    feeds: dict[int, Feed] = field(default_factory=dict)

    @property
    def host(self) -> GithubHost:
        return self.api.host

    def run(self, number: int = 1, ago: float = 600.0, **rest: Any) -> SimulatedRun:
        """A run that began so long ago."""
        fields = {"workflow": "deploy.yml", "by": "ben", "sha": SHA, "title": "Release 1.44.0", **rest}
        run = SimulatedRun(7_000_000_000 + number, created=self.clock.now().timestamp() - ago, **fields)
        self.host.runs.append(run)
        return run

    def refuse(self, status: int, message: str = "", **rest: Any) -> None:
        self.api.refusals.append(SimulatedRefusal(status, message, **rest))

    def platform(self, *, read_only: bool = False, **settings: Any) -> GithubPlatform:
        fields = {
            "repositories": ("acme/shop",),
            "url": f"{self.url}/api/v3",
            "headers": {"Authorization": "Bearer t0k3n-of-ana"},
            **settings,
        }
        shell = {"GH_HOST": self.url.removeprefix("http://")}
        environment = Environment("prod", platforms={"github": GithubSettings(**fields)}, shell=shell)
        context = PlatformContext(environment, self.clock, Random(1), read_only, environ=dict(os.environ))
        self.platforms.append(GithubPlatform(context))
        return self.platforms[-1]

    async def poll(self, platform: GithubPlatform | None = None) -> Reading[tuple[OutsideChange, ...]]:
        asked = platform or self.platform()
        feed = self.feeds.setdefault(id(asked), asked.build_change_feeds()[0])
        return await feed.poll()

    async def perform(
        self, line: list[str], platform: GithubPlatform | None = None, confirmed: str = ""
    ) -> tuple[CommandOutcome, str]:
        """A command line done natively: how it ended, and what it printed."""
        doing = platform or self.platform()
        command = doing.kind.recognise_command(line, doing._context.environment)
        assert command is not None, line
        printed: list[str] = []
        outcome = await doing.perform_command(command, printed.append, confirmed=confirmed)
        return outcome, "".join(printed)

    def list_sent(self, method: str) -> list[str]:
        return [path for verb, path, _ in self.api.asked if verb == method]


def serve(api: GithubApi, now: Callable[[], float]) -> web.Application:
    """The API as an application of aiohttp."""

    async def answer(request: web.Request) -> web.Response:
        call = SimulatedRequest(
            method=request.method,
            path=request.path,
            url=f"{request.scheme}://{request.host}",
            query={name.lower(): value for name, value in request.query.items()},
            headers={name.lower(): value for name, value in request.headers.items()},
            content=await request.read(),
            target=request.raw_path,
        )
        given = api.answer(call, now())
        if isinstance(given.body, str):
            return web.Response(status=given.status, text=given.body, headers=given.headers)
        if given.body is None:
            return web.Response(status=given.status, headers=given.headers)
        return web.json_response(given.body, status=given.status, headers=given.headers)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    return application


@asynccontextmanager
async def github_stage(**host: Any) -> AsyncIterator[GithubStage]:
    clock = TurnedClock()
    api = GithubApi(GithubHost(**host))
    runner = web.AppRunner(serve(api, lambda: clock.now().timestamp()), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stage = GithubStage(api, clock, f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        yield stage
    finally:
        for platform in stage.platforms:
            await platform.close()
        await runner.cleanup()
