"""Play a scenario until somebody says it is over."""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from cockpit.model.time import RealTime
from cockpit.simulator.config_file import new_directory, write_config
from cockpit.simulator.server import SimulatorServer
from cockpit.simulator.tls import make_authority
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.scenario import Scenario
from cockpit.simulator.world.site import SUBSCRIPTION, WORKSPACE
from cockpit.simulator.world.stage import Stage

HOST = "127.0.0.1"
GRACE = 0.2  # seconds that open streams get at the end
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def play_scenario(
    scenario: Scenario, *, port: int, speed: float, until_stdin_closes: bool, announce: Callable[[str], None]
) -> None:
    """Serve on 127.0.0.1; `announce` gets the one line that says it is ready. Raises OSError if the port is taken."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signals in SIGNALS:
        loop.add_signal_handler(signals, over.set)
    time = RealTime()
    stage = Stage(scenario, SimulatedClock(time, speed))
    server = SimulatorServer(stage)
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=GRACE)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        context, ca_file = make_authority(new_directory(), time.now())
        for _ in ("the workload", "management"):
            await web.TCPSite(runner, HOST, 0, ssl_context=context).start()
        plain, server.front_door, secure = (address[1] for address in runner.addresses)
        stage.fqdn = f"{HOST}:{server.front_door}"
        announce(ready_line(stage, f"http://{HOST}:{plain}", f"https://{HOST}:{secure}", ca_file))
        if until_stdin_closes:
            _when_stdin_closes(lambda: loop.call_soon_threadsafe(over.set))
        await over.wait()
    finally:
        await runner.cleanup()


def ready_line(stage: Stage, url: str, management: str, ca_file: Path) -> str:
    """One line of JSON: where it is, what is there, and a configuration to open it with."""
    site = stage.scenario.site
    return json.dumps(
        {
            "url": url,
            "subscription": SUBSCRIPTION,
            "resource_group": site.resource_group,
            "app": site.app,
            "workspace": WORKSPACE,
            "tls_url": f"https://{stage.fqdn}",
            "management": management,
            "identity": f"{url}/msi/token",
            "ca_file": str(ca_file),
            "config": str(write_config(stage, url, ca_file)),
        }
    )


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
