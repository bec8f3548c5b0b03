"""A simulated cluster behind a real port, with a kubeconfig, and a clock that tests turn."""

import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from aiohttp import web

from cockpit.model.revision import Application
from cockpit.model.system import Environment
from cockpit.platforms.kubernetes.platform import KubernetesPlatform
from cockpit.platforms.kubernetes.settings import KubernetesSettings
from cockpit.platforms.platform import PlatformContext
from cockpit.simulator.kubernetes.api import KubernetesApi, build_kubeconfig
from cockpit.simulator.kubernetes.cluster import Cluster
from tests.integration.platforms.turned_clock import T0, TurnedClock


@dataclass
class ClusterStage:
    """What a test has in its hands."""

    cluster: Cluster
    api: KubernetesApi
    clock: TurnedClock
    kubeconfig: Path
    url: str
    platforms: list[KubernetesPlatform] = field(default_factory=list)

    def settle(self, seconds: float = 60.0) -> None:
        """Let the controllers do what takes that long."""
        for _ in range(20):
            self.clock.turn(seconds / 20)
            self.cluster.step(self.clock.now().timestamp())

    def deploy(self, name: str = "api", image: str = "example.com/api:v1", **rest: object) -> None:
        self.cluster.step(self.clock.now().timestamp())
        self.cluster.deploy(name, image, **rest)  # type: ignore[arg-type]

    def platform(
        self, *workloads: str, context: str = "shop-admin", namespace: str = "shop", read_only: bool = False
    ) -> KubernetesPlatform:
        settings = KubernetesSettings(context, namespace, workloads, str(self.kubeconfig))
        environment = Environment("prod", platforms={"kubernetes": settings})
        platform = KubernetesPlatform(PlatformContext(environment, self.clock, Random(1), read_only, environ={}))
        self.platforms.append(platform)
        return platform

    async def read(self, *workloads: str) -> dict[str, Application]:
        """The workloads as the feed reads them."""
        reading = await self.platform(*workloads).build_feed().poll()
        assert reading.value is not None, reading.problem
        return {application.name: application for application in reading.value}


@asynccontextmanager
async def opened_cluster(folder: Path, *, tokens: tuple[str, ...] = ()) -> AsyncIterator[ClusterStage]:
    """A cluster that serves until the test is through."""
    clock = TurnedClock()
    cluster = Cluster(now=T0.timestamp())
    cluster.add("Namespace", "shop", {"status": {"phase": "Active"}})
    api = KubernetesApi(cluster, clock, tokens=tokens)
    runner = web.AppRunner(api.application(), shutdown_timeout=0.1)
    await runner.setup()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    await web.TCPSite(runner, "127.0.0.1", port).start()
    url = f"http://127.0.0.1:{port}"
    path = folder / "kubeconfig"
    write_kubeconfig(path, url, token=tokens[0] if tokens else "")
    stage = ClusterStage(cluster, api, clock, path, url)
    try:
        yield stage
    finally:
        for platform in stage.platforms:
            await platform.close()
        await runner.cleanup()


def write_kubeconfig(path: Path, url: str, **rest: str) -> Mapping[str, object]:
    document = build_kubeconfig(url, **rest)
    path.write_text(json.dumps(document))
    return document
