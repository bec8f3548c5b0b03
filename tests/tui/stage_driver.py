"""Runs the real app in the terminal it is given, on a stage: `trouble`, `crash` for a defect while a token is about,
or `flood FIFO` for a screen that is drawn anew at every beat, each of which is told to the FIFO as well.

A module of its own because test_real_terminal.py and test_hung_terminal.py start it as a process.
"""

import asyncio
import itertools
import os
import sys

from cockpit.app import CockpitApp
from tests.tui.stage import Stage, up

TOKEN = "eyJ0eXAi.very-secret"
DRAWN = 60  # the last beat of a flood that is drawn


class Broken(Stage):
    async def run(self) -> None:
        token = TOKEN
        raise RuntimeError(f"a defect while sending {token}")


class Flooding(Stage):
    """Watches on whether or not anybody reads the terminal."""

    app: CockpitApp

    async def run(self) -> None:
        beats = os.open(sys.argv[2], os.O_WRONLY)
        for beat in itertools.count():
            if beat <= DRAWN:
                self.say("probes", (up(f"beat {beat}"),))
                self.app.cells.forget()  # a whole screen each time, or no terminal would fall behind
                self.app.refresh()
            os.write(beats, f"{beat}\n".encode())
            await asyncio.sleep(0.02)


STAGES = {"trouble": Stage, "crash": Broken, "flood": Flooding}


def main() -> None:
    stage = STAGES[sys.argv[1]]()

    async def attach() -> Stage:
        stage.trouble()
        return stage

    app = CockpitApp(attach)  # type: ignore[arg-type]  # a stage is all the session it needs
    if isinstance(stage, Flooding):
        stage.app = app
    app.run()
    print(f"closed={stage.closed}", flush=True)
    sys.exit(app.return_code or 0)


if __name__ == "__main__":
    main()
