"""A simulated engine behind a real socket, with a Compose project on it, and a clock that tests turn."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from aiohttp import web

from cockpit.model.event import Event
from cockpit.model.reading import Reading
from cockpit.model.revision import Application
from cockpit.model.system import Environment
from cockpit.platforms.compose.known_commands import DockerCommand, recognise_docker_command
from cockpit.platforms.compose.platform import ComposePlatform
from cockpit.platforms.compose.settings import ComposeSettings
from cockpit.platforms.platform import CommandOutcome, PlatformContext
from cockpit.simulator.docker.api import EngineApi
from cockpit.simulator.docker.engine import SimulatedContainer, SimulatedEngine, SimulatedImage
from tests.integration.platforms.turned_clock import TurnedClock

DAY = 86_400.0
LABEL = "com.docker.compose."


@dataclass
class EngineStage:
    """What a test has in its hands."""

    engine: SimulatedEngine
    api: EngineApi
    clock: TurnedClock
    socket: Path
    folder: Path  # of the compose file
    settings: dict[str, Any] = field(default_factory=dict)
    platforms: list[ComposePlatform] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)

    def settle(self, seconds: float = 60.0) -> None:
        """Let the containers do what takes that long."""
        self.clock.turn(seconds)
        self.engine.step(self.clock.now().timestamp())

    def image(self, reference: str, *, age: float = DAY, **rest: Any) -> SimulatedImage:
        """It is on the engine, and in the registry."""
        image = SimulatedImage(reference, self.engine.started - age, **rest)
        self.engine.registry[reference] = image
        return self.engine.add_image(image)

    def run(
        self, service: str, reference: str, *, project: str = "shop", number: int = 1, **config: Any
    ) -> SimulatedContainer:
        """A container as docker-compose 1.29 makes one."""
        labels = {
            "project": project,
            "service": service,
            "container-number": str(number),
            "oneoff": "False",
            "version": "1.29.2",
            "project.working_dir": str(self.folder),
            "project.config_files": "docker-compose.yml",
        }
        given = {f"{LABEL}{name}": value for name, value in labels.items()} | config.pop("labels", {})
        host = {"RestartPolicy": {"Name": config.pop("restart", "unless-stopped")}}
        body = {"Image": reference, "Labels": given, "HostConfig": host, **config}
        container = self.engine.create(f"{project}_{service}_{number}", body)
        self.engine.start(container)
        return container

    def platform(self, *, read_only: bool = False, events: Sequence[Event] = (), **settings: Any) -> ComposePlatform:
        chosen = ComposeSettings(**{"host": f"unix://{self.socket}", **self.settings, **settings})
        environment = Environment("prod", platforms={"compose": chosen})
        context = PlatformContext(environment, self.clock, Random(1), read_only, recall=lambda: events)
        platform = ComposePlatform(context)
        self.platforms.append(platform)
        return platform

    async def look(self, **settings: Any) -> Reading[tuple[Application, ...]]:
        return await self.platform(**settings).build_feed().poll()

    async def read(self, **settings: Any) -> dict[str, Application]:
        """The services as the feed reads them."""
        reading = await self.look(**settings)
        assert reading.value is not None, reading.problem
        return {application.name: application for application in reading.value}

    def command(self, text: str, platform: ComposePlatform) -> DockerCommand:
        command = recognise_docker_command(text.split(), platform._context.environment)
        assert command is not None, text
        return command

    async def perform(self, text: str, *, confirmed: str = "", **settings: Any) -> CommandOutcome:
        platform = self.platform(**settings)
        self.printed = []
        command = self.command(text, platform)
        return await platform.perform_command(command, self.printed.append, confirmed=confirmed)


@asynccontextmanager
async def open_engine(folder: Path) -> AsyncIterator[EngineStage]:
    """An engine with nothing on it. It is closed at the end, and with it what was connected."""
    clock = TurnedClock()
    engine = SimulatedEngine(clock.now().timestamp())
    api = EngineApi(engine, clock)
    runner = web.AppRunner(api.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    socket = folder / "docker.sock"
    await web.UnixSite(runner, str(socket)).start()
    project = folder / "shop"
    project.mkdir()
    write_compose_file(project, {"api": "registry.example.com/app:${APP_VERSION:-1.44.0}"})
    stage = EngineStage(engine, api, clock, socket, project)
    try:
        yield stage
    finally:
        for platform in stage.platforms:
            await platform.close()
        await runner.cleanup()


def write_compose_file(folder: Path, images: dict[str, str], **more: Any) -> Path:
    """JSON is YAML, too."""
    path = folder / "docker-compose.yml"
    services = {name: {"image": image, **more} for name, image in images.items()}
    path.write_text(json.dumps({"version": "3.7", "services": services}))
    return path
