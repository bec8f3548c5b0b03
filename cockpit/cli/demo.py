"""`cockpit demo`: the cockpit on a simulated system, which lives exactly as long as the screen."""

import asyncio
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cockpit.cli.log import log_path
from cockpit.cli.options import DRILL_FILE, Common, Refusal, common_options, load_system
from cockpit.model.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cockpit.model.system import Environment, System
    from cockpit.session import Session


READY_WITHIN = 30.0  # seconds


class SimulatorProcess:
    """A simulator in a process of its own. It ends when our end of its standard input closes, even by kill -9."""

    def __init__(self, scenario: str, speed: float, *options: str) -> None:
        self.config = ""
        self.ready_line: dict[str, str] = {}
        command = [sys.executable, "-m", "cockpit", "simulator", "--port", "0", "--until-stdin-closes"]
        command += ["--scenario", scenario, "--speed", str(speed)]
        command += options
        log_path().parent.mkdir(parents=True, exist_ok=True)
        with log_path().open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)

    async def ready(self) -> str:
        """Wait until it answers; the path of its cockpit.toml. Raises Refusal."""
        assert self._process.stdout is not None
        try:
            line = await asyncio.wait_for(asyncio.to_thread(self._process.stdout.readline), READY_WITHIN)
            self.ready_line = {key: str(value) for key, value in json.loads(line).items()}
            self.config = self.ready_line["config"]
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


@click.command(
    help="Open the cockpit on a simulated system whose new deployment is about to fail. With --config or --system it"
    " is a drill on that system: its names, probes and documents, and nothing outside the simulator is reached.",
)
@click.option("--system", "example", default="", metavar="NAME", help="One of the systems in examples/.")
@click.option("--scenario", default="", metavar="NAME", help="The story to play, or your own NAME.toml.")
@click.option("--speed", default=1.0, show_default=True, type=click.FloatRange(0.1, 100), help="How fast it plays.")
@common_options
def demo(common: Common, example: str, scenario: str, speed: float) -> None:
    from cockpit.cli.screen import attach_to, run_screen, terminal_can_draw
    from cockpit.simulator.world.scenario import ScenarioError, load_scenario

    own = load_own_system(common, example)
    try:
        scenario = find_story(scenario, example)
        platform = load_scenario(scenario).platform
    except ScenarioError as error:
        raise Refusal(str(error), code="scenario-invalid") from None
    if not terminal_can_draw():
        raise Refusal(
            "`cockpit demo` draws a screen and needs a terminal; run it in one, over `ssh -t` if remote.",
            code="no-terminal",
        )
    world = SimulatorProcess(scenario, speed, *(list_world_options(own, platform) if own else ()))

    async def attach() -> "Session":
        from cockpit.simulator.drill import simulate_by_ready_line

        config = await world.ready()
        if own is None:
            return await attach_to(replace(common, config=config))
        drill = simulate_by_ready_line(own, world.ready_line)
        write_drill_file(own, world.ready_line)
        file = common.db or str(Path(drill.data) / "timeline.db")
        return await attach_to(replace(common, db=file), read_system=lambda _: drill)

    try:
        run_screen(attach)
    finally:
        world.end()
    if world.config:
        folder = Path(world.config).parent
        file = common.db or f"{folder}/timeline.db"
        click.echo(f"The demo's timeline is in {Path(file).parent}; read it again with")
        kept = f" --db {file}" if common.db else ""
        click.echo(f"  cockpit timeline --config {world.config}{kept}")


EXAMPLES = Path(__file__).parents[2] / "examples"  # of a checkout
SPELLINGS = {"union-eyes": "unioneyes"}


def load_own_system(common: Common, example: str) -> "System | None":
    """The system that is drilled, by --system or --config; None for the simulated shop. Raises Refusal."""
    if example and common.config:
        raise Refusal("--system and --config both name a system; give one of them.", code="two-systems")
    if not example:
        return load_system(common) if common.config else None
    names = sorted(path.parent.name for path in EXAMPLES.glob("*/cockpit.toml"))
    name = spell(example)
    if name not in names:
        there = f"there are: {', '.join(names)}" if names else "the examples come with a checkout, not with the package"
        raise Refusal(f"There is no example `{clean_line(example, 60)}`; {there}.", code="unknown-example")
    return load_system(replace(common, config=str(EXAMPLES / name / "cockpit.toml")))


def find_story(name: str, example: str) -> str:
    """What the simulator is to play: one of the example's own stories, by its path, before those that are everybody's.

    Raises ScenarioError, which names both.
    """
    from cockpit.simulator.world.scenario import ScenarioError, list_scenarios, load_scenario

    stories = {path.stem: str(path) for path in sorted((EXAMPLES / spell(example) / "scenarios").glob("*.toml"))}
    if not name:
        return min(stories.values(), key=lambda path: load_scenario(path).order, default="bad-deploy")
    if example and name not in stories and not name.endswith(".toml") and name not in list_scenarios():
        raise ScenarioError(
            f"There is no scenario `{name}`; {example} has: {', '.join(stories)}; everybody has: "
            f"{', '.join(list_scenarios())}."
        )
    return stories.get(name, name) if example else name


def spell(example: str) -> str:
    return SPELLINGS.get(example, example)


def find_names(system: "System") -> tuple[str, str]:
    """What the simulated app and its resource group are called: as in the first environment that has one."""
    for environment in system.environments:
        names = environment.apps or getattr(environment.platforms.get("app_service"), "sites", ())
        if names:
            return names[0], environment.resource_group
    return make_app_name(system.name), next((item.resource_group for item in system.environments), "")


def list_world_options(system: "System", platform: str = "") -> list[str]:
    """How `cockpit simulator` is asked for a world that this system's names fit.

    `platform`: where the story plays, if it says so. Raises Refusal where the system has nothing there.
    """
    app, resource_group = find_names(system)
    options = {"--app": app, "--resource-group": resource_group}
    repositories = [environment.platforms.get("github") for environment in system.environments]
    files = next((files for github in repositories if (files := getattr(github, "workflows", ()))), ())
    workflows = [part for file in files for part in ("--workflow", file)]
    key = platform.replace("-", "_")
    if platform and not any(_runs_on(environment, key) for environment in system.environments):
        raise Refusal(
            f"The story plays on {platform}, and {system.name} has nothing there; choose another --scenario.",
            code="scenario-elsewhere",
            platform=platform,
        )
    if platform in ("container-apps", "app-service"):
        return _list_options({**options, "--platform": platform}) + workflows
    for environment in system.environments:
        compose, kubernetes = (
            environment.platforms.get(name) if key in ("", name) else None for name in ("compose", "kubernetes")
        )
        if compose is not None:
            sides = getattr(compose, "sides", ())
            names = [side.rpartition("/")[2] for side in sides]
            if len(set(names)) < len(names):
                names = [side.partition("/")[0] for side in sides]  # one service in two projects
            services = names or [item.rpartition("/")[2] for item in getattr(compose, "services", ())[:1]]
            projects = [*getattr(compose, "projects", ()), *(side.partition("/")[0] for side in sides if "/" in side)]
            options |= {"--platform": "compose", "--project": (projects or [app or "shop"])[0]}
            sides_of = [part for service in services for part in ("--service", service)]
            return _list_options(options) + sides_of + workflows
        if kubernetes is not None:
            workload = (getattr(kubernetes, "workloads", ()) or (app,))[0].rpartition("/")[2]
            more = {
                "--namespace": getattr(kubernetes, "namespace", ""),
                "--context": getattr(kubernetes, "context", ""),
            }
            return (
                _list_options({**options, "--app": make_app_name(workload), "--platform": "kubernetes", **more})
                + workflows
            )
    return _list_options(options) + workflows


def _runs_on(environment: "Environment", platform: str) -> bool:
    return bool(environment.apps) if platform == "container_apps" else platform in environment.platforms


def _list_options(options: "Mapping[str, str]") -> list[str]:
    return [part for name, value in options.items() if value for part in (name, value)]


def make_app_name(name: str) -> str:
    """Of a system's name, what Azure would take for an app: "" where nothing is left."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30].strip("-")
    return plain if re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]", plain) else ""


# Another shell beside a drill: the cockpit.toml of the simulator is that of its shop, so a file beside it says whose
# system the drill is on.


def write_drill_file(system: "System", ready_line: "Mapping[str, str]") -> None:
    """Lets `--config` of the simulator's folder open the very system that is on the screen."""
    file = Path(ready_line["config"]).parent / DRILL_FILE
    file.write_text(json.dumps({"config": system.file, "ready_line": dict(ready_line)}), encoding="utf-8")


# `cockpit simulator`: a simulated system on this machine, for demos, drills and tests.

WORLD_OPTIONS = ("app", "resource_group", "platform", "project", "services", "namespace", "context", "workflows")
"""Those that a system of its own decides: what the simulated world is called and where it runs."""


@click.command(help="Serve a simulated system on 127.0.0.1. Prints one line of JSON when it is ready.")
@click.option("--port", default=0, show_default="a free one", type=click.IntRange(0, 65_535), help="The port.")
@click.option("--scenario", default="quiet", show_default=True, help="The story to play.")
@click.option("--speed", default=1.0, show_default=True, type=click.FloatRange(0.1, 100), help="How fast it plays.")
@click.option("--app", default="", show_default="shop-api", help="The name of the container app.")
@click.option("--resource-group", default="", show_default="shop-prod-rg", help="The name of its resource group.")
@click.option(
    "--platform",
    default="container-apps",
    show_default=True,
    type=click.Choice(["container-apps", "app-service", "compose", "kubernetes"]),
    help="Where the app runs: as a container app, as a site with two slots, on a Docker Engine, in a cluster.",
)
@click.option("--system", "example", default="", metavar="NAME", help="As `cockpit demo --system NAME` plays it.")
@click.option("--project", default="shop", show_default=True, help="The Compose project.")
@click.option(
    "--service", "services", multiple=True, help="Its service; two are the sides of blue and green.  [default: api]"
)
@click.option("--namespace", default="shop", show_default=True, help="The namespace of the cluster.")
@click.option("--context", default="simulated", show_default=True, help="The context of its kubeconfig.")
@click.option("--workflow", "workflows", multiple=True, help="A workflow of its repository, by its file.")
@click.option("--until-stdin-closes", is_flag=True, help="End when standard input does.")
@click.pass_context
def simulator(
    command: click.Context,
    port: int,
    scenario: str,
    speed: float,
    app: str,
    resource_group: str,
    platform: str,
    example: str,
    project: str,
    services: tuple[str, ...],
    namespace: str,
    context: str,
    workflows: tuple[str, ...],
    until_stdin_closes: bool,
) -> None:
    from cockpit.simulator.play import PlatformNames, play_scenario
    from cockpit.simulator.world.scenario import ScenarioError, load_scenario, rename_scenario

    own = load_own_system(Common(), example) if example else None

    def announce(line: str) -> None:
        if own is not None:
            write_drill_file(own, {key: str(value) for key, value in json.loads(line).items()})
        click.echo(line)  # which flushes, so that whoever waits for the line gets it at once

    try:
        if own is not None:
            named = command.get_parameter_source("scenario") is not click.core.ParameterSource.DEFAULT
            scenario = find_story(scenario if named else "", example)
            command = simulator.make_context("simulator", list_world_options(own, load_scenario(scenario).platform))
            app, resource_group, platform, project, services, namespace, context, workflows = (
                command.params[name] for name in WORLD_OPTIONS
            )
        story = rename_scenario(load_scenario(scenario), app=app, resource_group=resource_group)
        if command.get_parameter_source("platform") is click.core.ParameterSource.DEFAULT:
            platform = story.platform or platform
        story = story.model_copy(update={"platform": platform})
        asyncio.run(
            play_scenario(
                story,
                port=port,
                speed=speed,
                until_stdin_closes=until_stdin_closes,
                announce=announce,
                names=PlatformNames(platform, project, services or ("api",), namespace, context, workflows),
            )
        )
    except ScenarioError as error:
        raise Refusal(str(error), code="scenario-invalid") from None
    except OSError as error:
        raise Refusal(
            f"Cannot listen on 127.0.0.1:{port}: {error.strerror or error}. Choose another --port.",
            code="port-taken",
            port=port,
        ) from None
