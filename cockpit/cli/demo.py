"""`cockpit demo`: the cockpit on a simulated system, which lives exactly as long as the screen."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cockpit.cli.log import log_path
from cockpit.cli.options import Common, Refusal, common_options

if TYPE_CHECKING:
    from cockpit.session import Session


READY_WITHIN = 30.0  # seconds


class SimulatorProcess:
    """A simulator in a process of its own. It ends when our end of its standard input closes, even by kill -9."""

    def __init__(self, scenario: str, speed: float) -> None:
        self.config = ""
        command = [sys.executable, "-m", "cockpit", "simulator", "--port", "0", "--until-stdin-closes"]
        command += ["--scenario", scenario, "--speed", str(speed)]
        log_path().parent.mkdir(parents=True, exist_ok=True)
        with log_path().open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)

    async def ready(self) -> str:
        """Wait until it answers; the path of its cockpit.toml. Raises Refusal."""
        assert self._process.stdout is not None
        try:
            line = await asyncio.wait_for(asyncio.to_thread(self._process.stdout.readline), READY_WITHIN)
            self.config = str(json.loads(line)["config"])
        except (TimeoutError, ValueError, KeyError):
            raise Refusal(
                f"The simulated system did not start; {log_path()} says why.", code="simulator-did-not-start"
            ) from None
        return self.config

    def end(self) -> None:
        """Close its standard input and see it go."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@click.command(help="Open the cockpit on a simulated system whose new deployment is about to fail.")
@click.option("--scenario", default="bad-deploy", show_default=True, help="The story to play.")
@click.option("--speed", default=1.0, show_default=True, type=click.FloatRange(0.1, 100), help="How fast it plays.")
@common_options
def demo(common: Common, scenario: str, speed: float) -> None:
    from cockpit.cli.screen import attach_to, run_screen, terminal_can_draw

    if not terminal_can_draw():
        raise Refusal(
            "`cockpit demo` draws a screen and needs a terminal; run it in one, over `ssh -t` if remote.",
            code="no-terminal",
        )
    world = SimulatorProcess(scenario, speed)

    async def attach() -> "Session":
        config = await world.ready()
        return await attach_to(replace(common, config=config))

    try:
        run_screen(attach)
    finally:
        world.end()
    if world.config:
        click.echo(f"The demo's timeline is in {Path(world.config).parent}; read it again with")
        click.echo(f"  cockpit timeline --config {world.config}")


# `cockpit simulator`: a simulated system on this machine, for demos, drills and tests.


@click.command(help="Serve a simulated system on 127.0.0.1. Prints one line of JSON when it is ready.")
@click.option("--port", default=0, show_default="a free one", type=click.IntRange(0, 65_535), help="The port.")
@click.option("--scenario", default="quiet", show_default=True, help="The story to play.")
@click.option("--speed", default=1.0, show_default=True, type=click.FloatRange(0.1, 100), help="How fast it plays.")
@click.option("--app", default="", show_default="shop-api", help="The name of the container app.")
@click.option("--resource-group", default="", show_default="shop-prod-rg", help="The name of its resource group.")
@click.option("--until-stdin-closes", is_flag=True, help="End when standard input does.")
def simulator(port: int, scenario: str, speed: float, app: str, resource_group: str, until_stdin_closes: bool) -> None:
    from cockpit.simulator.play import play_scenario
    from cockpit.simulator.world.scenario import ScenarioError, load_scenario, rename_scenario

    try:
        story = rename_scenario(load_scenario(scenario), app=app, resource_group=resource_group)
        # click.echo flushes, so that whoever waits for the line gets it at once.
        asyncio.run(
            play_scenario(story, port=port, speed=speed, until_stdin_closes=until_stdin_closes, announce=click.echo)
        )
    except ScenarioError as error:
        raise Refusal(str(error), code="scenario-invalid") from None
    except OSError as error:
        raise Refusal(
            f"Cannot listen on 127.0.0.1:{port}: {error.strerror or error}. Choose another --port.",
            code="port-taken",
            port=port,
        ) from None
