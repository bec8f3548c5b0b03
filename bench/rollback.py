"""How long a rollback takes through the SDK: activate, wait until it is well, move the traffic, see that it serves."""

import asyncio
import shlex
import statistics
import time

import httpx
from aiohttp import web

from bench.measure import Measure
from cockpit.azure.client import Azure
from cockpit.azure.identity import build_credential
from cockpit.model.system import Cloud
from cockpit.model.time import RealTime
from cockpit.runbooks.az import perform_az_command, recognise_az_command, survey_az_change
from cockpit.simulator.server import SimulatorServer
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.scenario import load_scenario
from cockpit.simulator.world.site import APP, RESOURCE_GROUP, SUBSCRIPTION
from cockpit.simulator.world.stage import Stage

ROUNDS = 5
OPERATION = 0.2  # seconds that Azure takes for each thing it does here
PAUSE = 0.1  # seconds between two looks at the revision that starts
TARGET = f"{APP}--r41"  # not active: it must start first
WHERE = f"-n {APP} -g {RESOURCE_GROUP}"
STATE = "join(' ', [properties.runningState, properties.healthState])"


class Output:
    """Keeps what the last command printed."""

    def __init__(self) -> None:
        self.text = ""

    def output(self, text: str) -> None:
        self.text = text

    def operation(self, url: str) -> None:
        return


def rollback() -> list[Measure]:
    """The first round imports the SDK as well."""
    rounds = [asyncio.run(one_rollback()) for _ in range(ROUNDS)]
    how = f"activate, wait, traffic, verify; each operation takes {OPERATION:g} s"
    return [
        Measure("rollback, the first", rounds[0], "s", f"{how}; imports included", budget=1.0),
        Measure("rollback, median", statistics.median(rounds), "s", how, budget=1.0),
    ]


async def one_rollback() -> float:
    """Seconds from the first command to the first good answer, in a world of its own."""
    story = load_scenario("quiet").model_copy(update={"operation_seconds": OPERATION, "startup_seconds": OPERATION})
    stage = Stage(story, SimulatedClock(RealTime(), 1.0))
    runner = web.AppRunner(SimulatorServer(stage).application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    cloud = Cloud(endpoint=url, logs_endpoint=url)
    who = build_credential(("simulator",), "", "", cloud, time=RealTime())
    azure = Azure(cloud, who, subscription=SUBSCRIPTION, read_only=False, time=RealTime())
    try:
        began = time.perf_counter()
        await roll_back(azure, url)
        return time.perf_counter() - began
    finally:
        await azure.close()
        await runner.cleanup()


async def roll_back(azure: Azure, url: str) -> None:
    await run(azure, f"az containerapp revision activate {WHERE} --revision {TARGET}")
    look = f'az containerapp revision show {WHERE} --revision {TARGET} --query "{STATE}" -o tsv'
    while await run(azure, look) != "Running Healthy\n":
        await azure.time.sleep(PAUSE)
    await run(azure, f"az containerapp ingress traffic set {WHERE} --revision-weight {TARGET}=100")
    async with httpx.AsyncClient(base_url=url, trust_env=False, verify=False) as client:
        assert (await client.get("/api/orders")).headers["x-served-by"] == TARGET


async def run(azure: Azure, line: str) -> str:
    """One command as the cockpit runs it, what it would meet included."""
    native, output = recognise_az_command(shlex.split(line)), Output()
    assert native is not None
    found = await survey_az_change(native, azure)
    done = await perform_az_command(native, azure, output, confirmed=found.fingerprint)
    assert done.exit_code == 0, done.outcome
    return output.text
