"""R on Compose: proposed by evidence, shown whole, done by Compose's program, sent once, verified, and taken back."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cockpit.model.revision import Application
from cockpit.model.run import StepState
from cockpit.model.system import Environment
from cockpit.platforms.compose.kind import BY_FILE, BY_HAND, BY_PROXY, BY_START, BY_TAG, ROLLBACK, SWITCH, WITH_VARIABLE
from cockpit.platforms.compose.settings import ComposeSettings
from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.lint.dry_values import known_command
from cockpit.runbooks.rollback import Proposal, propose_for
from cockpit.simulator.docker.host import DockerHost, ProjectNames
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.scenario import load_scenario
from cockpit.simulator.world.stage import Stage as WorldStage
from tests.integration.platforms.compose.engine_stage import DAY, EngineStage, write_compose_file
from tests.integration.runbooks.stage import Stage

APP = "registry.example.com/app"
PROGRAM = f"{sys.executable} -m cockpit.simulator.docker.compose_program"


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.close()


@pytest.fixture
async def shop(stage: EngineStage) -> EngineStage:
    """1.43.0 ran before; 1.44.0 runs now, and its health check fails."""
    stage.settings = {"program": PROGRAM}
    stage.image(f"{APP}:1.43.0", age=3 * DAY)
    stage.image(f"{APP}:1.44.0", sick_since=0.0)
    stage.run("api", f"{APP}:1.44.0")
    stage.settle(60)
    return stage


async def propose(stage: EngineStage, chosen: str, **settings: object) -> Proposal:
    (app,) = (await stage.read(**settings)).values()
    return propose_for(app, [], now=stage.clock.now(), chosen=chosen)


async def test_a_rollback_is_done_by_compose_and_the_service_is_well_again(runs: Stage, shop: EngineStage) -> None:
    platform = shop.platform()
    runs.environment = replace(platform._context.environment, name=runs.environment.name)
    runs.options = {"azure": None, "platforms": (platform,), "time": shop.clock, "environ": {"PATH": "/nowhere"}}
    runs.runner = runs.again()
    proposal = await propose(shop, "1.43.0")
    assert (proposal.document, proposal.procedure, proposal.refused) == (ROLLBACK, WITH_VARIABLE, "")
    document = load_catalogue([], environments=[runs.environment]).document(proposal.document)
    procedure = next(item for item in document.runbook.procedures if item.slug == proposal.procedure)
    run = runs.runner.start(document.runbook, procedure, {}, proposed=proposal.values)
    for number in (1, 2):
        step = await runs.runner.survey(runs.runner.prepare(run, number))
        assert step.native is not None
        assert f"APP_VERSION=1.43.0 docker compose -p shop --project-directory {shop.folder}" in step.as_run
        assert any("app:1.44.0" in text for text in step.meets)
        attempt = await runs.runner.perform(run, step, runs.consent(step), runs.seen.append)
        assert attempt.state is StepState.OK, attempt.output
    shop.settle(60)
    verify = runs.runner.prepare(run, 3)
    attempt = await runs.runner.perform(run, verify, runs.consent(verify), runs.seen.append)
    assert attempt.state is StepState.WARN, attempt.output  # well, and no probe is configured to say so
    current = (await shop.read())["api"].revisions[0]
    assert (current.name, current.health, current.weight) == ("1.43.0", "Healthy", 100)


async def test_the_way_back_fits_what_the_compose_file_says(shop: EngineStage) -> None:
    write_compose_file(shop.folder, {"api": f"{APP}:1.44.0"})
    proposal = await propose(shop, "1.43.0")
    assert (proposal.procedure, proposal.values_by_name["image"]) == (BY_HAND, f"{APP}:1.43.0")
    assert (await propose(shop, "1.43.0", version_variable="TAG")).values_by_name["version-variable"] == "TAG"


async def test_a_tag_that_moves_is_moved_back(stage: EngineStage) -> None:
    write_compose_file(stage.folder, {"api": f"{APP}:latest"})
    older = stage.image(f"{APP}:latest", age=3 * DAY)
    stage.image(f"{APP}:latest")
    stage.run("api", f"{APP}:latest")
    stage.settle()
    name = (await stage.read())["api"].revisions[1].name
    proposal = await propose(stage, name)
    assert proposal.procedure == BY_TAG
    assert older.identifier.startswith(f"sha256:{proposal.values_by_name['image-id']}")
    assert proposal.values_by_name["image"] == f"{APP}:latest"


async def test_nothing_is_proposed_where_nothing_shows_that_an_image_served(shop: EngineStage) -> None:
    (app,) = (await shop.read()).values()
    assert propose_for(app, [], now=shop.clock.now()).good is None


# Blue and green


def blue_green(stage: EngineStage, **labels: str) -> None:
    stage.image(f"{APP}:1.43.0", age=3 * DAY)
    stage.image(f"{APP}:1.44.0")
    stage.image("nginx:1.22", health_check=False)
    stage.run("app-blue", f"{APP}:1.43.0")
    stage.run("app-green", f"{APP}:1.44.0")
    stage.run("proxy", "nginx:1.22", labels=labels)
    stage.settle()


SIDES = ("app-blue", "app-green")


async def read_sides(stage: EngineStage, **settings: object) -> Application:
    return (await stage.read(sides=SIDES, **settings))["app"]


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("upstream app {\n  server app-green:3000;\n}", {"blue-1.43.0": 0, "green-1.44.0": 100}),
        ("upstream app { \n server app-blue:3000; # green was bad\n}", {"blue-1.43.0": 100, "green-1.44.0": 0}),
        ("server app-green:3000 backup;\nserver app-blue:3000;", {"blue-1.43.0": 100, "green-1.44.0": 0}),
        ("# server app-blue:3000;\nserver app-green:3000;", {"blue-1.43.0": 0, "green-1.44.0": 100}),
        ("set $active green;", {"blue-1.43.0": 0, "green-1.44.0": 100}),
    ],
)
async def test_an_upstream_file_says_who_has_the_traffic(
    stage: EngineStage, tmp_path: Path, text: str, weights: dict[str, int]
) -> None:
    blue_green(stage)
    file = tmp_path / "upstream.conf"
    file.write_text(text)
    app = await read_sides(stage, active_file=str(file))
    assert {revision.name: revision.weight for revision in app.revisions} == weights


@pytest.mark.parametrize("text", ["server app-blue:1;\nserver app-green:1;", "", "server 10.0.0.1;"])
async def test_a_file_that_names_both_or_neither_gives_nobody_the_traffic_and_is_reported(
    stage: EngineStage, tmp_path: Path, text: str
) -> None:
    blue_green(stage)
    file = tmp_path / "upstream.conf"
    file.write_text(text)
    reading = await stage.look(sides=SIDES, active_file=str(file))
    assert reading.problem is not None
    assert reading.problem.code == "active-side-unknown"
    assert reading.value is not None
    app = next(item for item in reading.value if item.name == "app")
    assert [revision.weight for revision in app.revisions] == [0, 0]


async def test_a_label_of_the_proxy_says_it_too(stage: EngineStage) -> None:
    blue_green(stage, active="green")
    app = await read_sides(stage, proxy="shop/proxy", active_label="active")
    assert {revision.name: revision.weight for revision in app.revisions} == {"blue-1.43.0": 0, "green-1.44.0": 100}


async def test_the_way_back_goes_by_how_the_traffic_is_switched(stage: EngineStage, tmp_path: Path) -> None:
    blue_green(stage, active="green")
    label = {"proxy": "shop/proxy", "active_label": "active"}
    file = tmp_path / "upstream.conf"
    file.write_text("server app-green:3000;")
    for settings, procedure in (
        ({**label, "switch_variable": "ACTIVE"}, BY_PROXY),
        ({"proxy": "shop/proxy", "active_file": str(file)}, BY_FILE),
        (label, BY_START),
    ):
        app = await read_sides(stage, **settings)
        proposal = propose_for(app, [], now=stage.clock.now(), chosen="blue-1.43.0")
        assert (proposal.document, proposal.procedure) == (SWITCH, procedure)
        assert proposal.values_by_name["good-service"] == "app-blue"
        assert proposal.values_by_name["bad-service"] == "app-green"


async def test_the_log_of_a_side_is_that_of_its_own_containers(stage: EngineStage) -> None:
    blue_green(stage, active="green")
    settings: dict[str, Any] = {"proxy": "shop/proxy", "active_label": "active"}
    app = await read_sides(stage, **settings)
    green = next(revision for revision in app.revisions if revision.name == "green-1.44.0")
    line = await anext(aiter(stage.platform(sides=SIDES, **settings).stream_log_lines(app, green)))
    assert (line.replica, line.text) == ("shop_app-green_1", "listening on :3000")


async def test_a_side_without_a_container_is_shown_and_is_no_target(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0")
    stage.image("nginx:1.22", health_check=False)
    stage.run("app-green", f"{APP}:1.44.0")
    stage.run("proxy", "nginx:1.22", labels={"active": "green"})
    app = await read_sides(stage, proxy="shop/proxy", active_label="active")
    assert {revision.name: revision.active for revision in app.revisions} == {"green-1.44.0": True, "blue": False}
    assert propose_for(app, [], now=stage.clock.now()).good is None


def test_the_steps_of_the_procedures_need_no_shell_but_for_nginx() -> None:
    environment = Environment("prod", platforms={"compose": ComposeSettings()})
    documents = load_catalogue([], environments=[environment]).documents
    steps = [step for document in documents for procedure in document.runbook.procedures for step in procedure.commands]
    left = [step.command.split()[0] for step in steps if step.command and known_command(step, environment) is None]
    assert left == ["sed", "docker"]


# The simulated host


def open_host(folder: Path, stage: EngineStage, *services: str, scenario: str = "bad-deploy") -> DockerHost:
    story = load_scenario(scenario)
    return DockerHost(WorldStage(story, SimulatedClock(stage.clock, 1.0)), ProjectNames("shop", services), folder)


async def test_a_deployment_of_the_story_is_one_of_the_engine_and_a_rollback_one_of_the_story(
    stage: EngineStage, tmp_path: Path
) -> None:
    host = open_host(tmp_path, stage, "api")
    stage.api.engine = stage.engine = host.engine
    stage.settings = {"program": PROGRAM}
    host.follow()
    assert next(iter(host.engine.containers.values())).image.tags
    for _ in range(6):
        stage.clock.turn(10)
        host.follow()
    (bad, *_) = (await stage.read(services=("api",)))["api"].revisions
    assert bad.name == "1.44.0"
    assert bad.health == "Unhealthy"
    assert weigh(host) == {"r44": 100}
    file = tmp_path / "docker-compose.yml"
    text = f"env COMPOSE_FILE={file} APP_VERSION=1.43.0 docker compose -p shop --project-directory {tmp_path} up -d api"
    assert (await stage.perform(text)).state is StepState.OK
    stage.clock.turn(10)
    host.follow()
    assert weigh(host) == {"r43": 100}


async def test_green_takes_the_traffic_in_the_story_and_the_proxy_gives_it_back(
    stage: EngineStage, tmp_path: Path
) -> None:
    host = open_host(tmp_path, stage, "app-blue", "app-green")
    stage.api.engine = stage.engine = host.engine
    stage.settings = {"program": PROGRAM}
    assert weigh(host) == {"r43": 100}
    stage.clock.turn(30)
    host.follow()
    assert weigh(host) == {"r44": 100}
    file = tmp_path / "docker-compose.yml"
    text = f"env COMPOSE_FILE={file} ACTIVE=blue docker compose -p shop --project-directory {tmp_path} up -d proxy"
    assert (await stage.perform(text)).state is StepState.OK
    assert weigh(host) == {"r43": 100}


def weigh(host: DockerHost) -> dict[str, int]:
    weights = host._stage.world().weights()
    return {name.rpartition("--")[2]: weight for name, weight in weights.items() if weight}
