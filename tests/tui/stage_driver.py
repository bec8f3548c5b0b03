"""Runs the real app in the terminal it is given, on a stage: `trouble`, or `crash` for a defect while a token is about.

A module of its own because test_real_terminal.py starts it as a process.
"""

import sys

from cockpit.app import CockpitApp
from tests.tui.stage import Stage

TOKEN = "eyJ0eXAi.very-secret"


class Broken(Stage):
    async def run(self) -> None:
        token = TOKEN
        raise RuntimeError(f"a defect, {len(token)} characters from a secret")


def main() -> None:
    stage = Broken() if sys.argv[1] == "crash" else Stage()

    async def attach() -> Stage:
        stage.trouble()
        return stage

    app = CockpitApp(attach)  # type: ignore[arg-type]  # a stage is all the session it needs
    app.run()
    print(f"closed={stage.closed}", flush=True)
    sys.exit(app.return_code or 0)


if __name__ == "__main__":
    main()
