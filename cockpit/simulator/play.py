"""Play a scenario until somebody says it is over."""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from cockpit.model.time import RealTime
from cockpit.simulator.config_file import new_directory, write_config
from cockpit.simulator.server import SimulatorServer
from cockpit.simulator.tls import SimulatedAuthority
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.scenario import Scenario
from cockpit.simulator.world.site import SUBSCRIPTION, WORKSPACE
from cockpit.simulator.world.stage import Stage

HOST = "127.0.0.1"
GRACE = 0.2  # seconds that open streams get at the end
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


PLATFORMS = ("container-apps", "app-service", "compose", "kubernetes")
"""Where the simulated app may run."""
FOLLOW_EVERY = 0.25  # seconds between two looks at what the scenario had in store for the app's platform


@dataclass(frozen=True, slots=True)
class PlatformNames:
    """Where the simulated app runs, and what its resources are called there."""

    platform: str = "container-apps"
    project: str = "shop"
    services: tuple[str, ...] = ("api",)
    namespace: str = "shop"
    context: str = "simulated"
    workflows: tuple[str, ...] = ()  # of the simulated GitHub; without, it has two of its own


async def play_scenario(
    scenario: Scenario,
    *,
    port: int,
    speed: float,
    until_stdin_closes: bool,
    announce: Callable[[str], None],
    names: PlatformNames = PlatformNames(),  # it is frozen
) -> None:
    """Serve on 127.0.0.1; `announce` gets the one line that says it is ready. Raises OSError if the port is taken."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signals in SIGNALS:
        loop.add_signal_handler(signals, over.set)
    async with serve_world(scenario, speed=speed, port=port, names=names) as ready:
        announce(json.dumps(ready))
        if until_stdin_closes:
            _when_stdin_closes(lambda: loop.call_soon_threadsafe(over.set))
        await over.wait()


@asynccontextmanager
async def serve_world(
    scenario: Scenario,
    *,
    speed: float = 1.0,
    port: int = 0,
    names: PlatformNames = PlatformNames(),  # it is frozen
    clock: SimulatedClock | None = None,
) -> AsyncIterator[Mapping[str, str]]:
    """The world of a scenario, served until the block ends; what the ready line says of it."""
    time = RealTime()
    stage = Stage(scenario, clock or SimulatedClock(time, speed))
    stage.workflows = names.workflows
    server = SimulatorServer(stage)
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=GRACE)
    await runner.setup()
    renewing: asyncio.Task[None] | None = None
    try:
        await web.TCPSite(runner, HOST, port).start()
        authority = SimulatedAuthority(new_directory(), time.now(), timedelta(days=scenario.certificate_days))
        if scenario.certificate_renewed is not None:
            renewing = asyncio.create_task(_renew_certificate(authority, stage, scenario.certificate_renewed))
        for _ in ("the workload", "management"):
            await web.TCPSite(runner, HOST, 0, ssl_context=authority.context).start()
        plain, server.front_door, secure = (address[1] for address in runner.addresses)
        stage.fqdn = f"{HOST}:{server.front_door}"
        url, management = f"http://{HOST}:{plain}", f"https://{HOST}:{secure}"
        async with serve_platform(stage, names, authority.ca_file.parent) as more:
            yield describe_world(stage, url, management, authority.ca_file, more)
    finally:
        if renewing is not None:
            renewing.cancel()
        await runner.cleanup()


async def _renew_certificate(authority: SimulatedAuthority, stage: Stage, after: float) -> None:
    time = RealTime()
    while stage.clock.elapsed() < after:
        await time.sleep(FOLLOW_EVERY)
    authority.issue(time.now())


@asynccontextmanager
async def serve_platform(stage: Stage, names: PlatformNames, folder: Path) -> AsyncIterator[Mapping[str, str]]:
    """The API of the platform that the app runs on, beside that of the cloud; what the ready line says of it."""
    time = RealTime()
    if names.platform == "compose":
        from cockpit.simulator.docker.api import EngineApi
        from cockpit.simulator.docker.host import DockerHost, ProjectNames

        docker = DockerHost(stage, ProjectNames(names.project, names.services), folder)
        api = EngineApi(docker.engine, time)
        api.faults = stage.faults
        follow, application = docker.follow, api.application()
    elif names.platform == "kubernetes":
        from cockpit.simulator.kubernetes.api import KubernetesApi
        from cockpit.simulator.kubernetes.host import KubernetesHost

        kubernetes = KubernetesHost(stage, folder, namespace=names.namespace, context=names.context)
        follow, application = kubernetes.follow, KubernetesApi(kubernetes.cluster, time).application()
    else:
        yield {"site": stage.scenario.site.app} if names.platform == "app-service" else {}
        return
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=GRACE)
    await runner.setup()
    following = asyncio.create_task(_keep_following(follow, time))
    try:
        if names.platform == "compose":
            socket = folder / "docker.sock"
            await web.UnixSite(runner, str(socket)).start()
            yield {"docker_host": f"unix://{socket}", **docker.describe()}
        else:
            await web.TCPSite(runner, HOST, 0).start()
            yield kubernetes.describe(f"http://{HOST}:{runner.addresses[0][1]}")
    finally:
        following.cancel()
        await runner.cleanup()


async def _keep_following(follow: Callable[[], None], time: RealTime) -> None:
    while True:
        follow()
        await time.sleep(FOLLOW_EVERY)


def describe_world(
    stage: Stage, url: str, management: str, ca_file: Path, more: Mapping[str, str]
) -> Mapping[str, str]:
    """Where it is, what is there, and a configuration to open it with."""
    site = stage.scenario.site
    return {
        "url": url,
        "subscription": SUBSCRIPTION,
        "resource_group": site.resource_group,
        "app": site.app,
        "workspace": WORKSPACE,
        "tls_url": f"https://{stage.fqdn}",
        "management": management,
        "identity": f"{url}/msi/token",
        "ca_file": str(ca_file),
        "config": str(write_config(stage, url, ca_file, more)),
        **more,
    }


def _when_stdin_closes(tell: Callable[[], object]) -> None:
    """Call `tell`, from a thread, when whoever holds the other end is gone, even if it was killed.

    A thread, because a loop cannot wait on a standard input that is a file or /dev/null.
    """

    def wait() -> None:
        try:
            while os.read(sys.stdin.fileno(), 4096):
                pass
        except (OSError, ValueError):
            pass  # it was closed before we began
        tell()

    threading.Thread(target=wait, daemon=True, name="stdin").start()
