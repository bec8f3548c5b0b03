"""Draw the pictures of the README from the real program on the real simulated system: `make pictures`.

Plays the demo headless until the bad deployment shows, declares an incident, and saves what is on screen as SVG.
"""

import asyncio
import os
from pathlib import Path

os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}  # read by Textual when it is imported

from cockpit.app import CockpitApp
from cockpit.cli.demo import SimulatorProcess
from cockpit.cli.options import Common
from cockpit.cli.screen import attach_to
from cockpit.session import Session

HERE = Path(__file__).parent
SPEED = 4.0


async def draw() -> None:
    world = SimulatorProcess("bad-deploy", SPEED)

    async def attach() -> Session:
        return await attach_to(Common(config=await world.ready()))

    app = CockpitApp(attach)
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            while app.session is None or "503" not in shown(app):
                await pilot.pause(0.2)
            await pilot.pause(4)
            await pilot.press("d")
            await pilot.pause(1)
            for letter in "Checkout fails since the deploy":
                await pilot.press("space" if letter == " " else letter)
            await pilot.pause(1)
            await pilot.press("enter")
            await pilot.pause(3)
            app.title = "incident cockpit"
            app.save_screenshot("cockpit.svg", path=str(HERE))
    finally:
        world.end()


def shown(app: CockpitApp) -> str:
    """The reasons on the newest reading of the probes."""
    assert app.session is not None
    reading = app.session.watch.latest(app.session.environment.name, "probes")
    return " ".join(each.reason for each in reading.value) if reading and reading.value else ""


if __name__ == "__main__":
    asyncio.run(draw())
