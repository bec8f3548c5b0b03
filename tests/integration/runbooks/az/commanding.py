"""A simulated world and the cockpit's own client for it, to run az commands against."""

import asyncio
import shlex
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from cockpit.azure.client import Azure
from cockpit.azure.identity import build_credential
from cockpit.model.system import Cloud
from cockpit.runbooks.az import AzCommand, Survey, perform_az_command, recognise_az_command, survey_az_change
from cockpit.runbooks.types import Finished
from cockpit.simulator.world.scenario import Scenario
from cockpit.simulator.world.site import SUBSCRIPTION
from tests.integration.simulator.playing import Playing, playing


@dataclass
class Screen:
    """What a command told while it ran."""

    text: str = ""
    operations: list[str] = field(default_factory=list)
    stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def output(self, text: str) -> None:
        self.text += text
        self.stirred.set()

    def operation(self, url: str) -> None:
        self.operations.append(url)
        self.stirred.set()

    async def until(self, seen: Callable[["Screen"], bool]) -> None:
        """Wait until it shows what one waits for."""
        async with asyncio.timeout(10):
            while not seen(self):
                self.stirred.clear()
                await self.stirred.wait()


@dataclass
class Shell:
    """Where commands are typed. Time is the simulator's own: waiting for an operation makes it end."""

    play: Playing
    azure: Azure
    screen: Screen = field(default_factory=Screen)

    async def run(self, line: str, *, confirmed: str = "") -> Finished:
        """Perform one known command; `screen` holds what this one printed."""
        self.screen = Screen()
        return await perform_az_command(known(line), self.azure, self.screen, confirmed=confirmed)

    async def leave(self, line: str) -> str:
        """Begin a long command and be gone as soon as its operation is known: its URL. As when a cockpit dies."""
        screen = Screen()
        task = asyncio.create_task(perform_az_command(known(line), self.azure, screen))
        await screen.until(lambda seen: bool(seen.operations))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return screen.operations[0]

    async def look(self, line: str) -> Survey:
        return await survey_az_change(known(line), self.azure)

    async def weights(self) -> dict[str, int]:
        """Percent of the traffic by the ends of the revisions' names, as the simulator has it."""
        world = await self.play.world()
        return {each["name"].rpartition("--")[2]: each["weight"] for each in world["revisions"] if each["weight"]}

    async def fault(self, match: str, **how: Any) -> None:
        (await self.play.http.post("/simulator/faults", json={"match": match, **how})).raise_for_status()


def known(line: str) -> AzCommand:
    found = recognise_az_command(shlex.split(line), subscription=SUBSCRIPTION)
    assert found is not None, f"not known: {line}"
    return found


@asynccontextmanager
async def shell(scenario: Scenario, *, read_only: bool = False, **options: Any) -> AsyncIterator[Shell]:
    async with playing(scenario) as play:
        cloud = Cloud(endpoint=play.url, logs_endpoint=play.url)
        who = build_credential(("simulator",), "", "", cloud, time=play.time)
        options = {"retry_pause": 0.0, **options}
        azure = Azure(cloud, who, subscription=SUBSCRIPTION, read_only=read_only, time=play.time, **options)
        try:
            yield Shell(play, azure)
        finally:
            await azure.close()
