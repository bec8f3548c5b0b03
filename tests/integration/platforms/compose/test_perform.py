"""Commands of docker and Compose on a simulated engine: sent once, and what became of them is told."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from cockpit.model.run import StepState
from cockpit.simulator.faults import Fault
from tests.integration.platforms.compose.engine_stage import DAY, EngineStage

APP = "registry.example.com/app"


def write_program(folder: Path, body: str) -> str:
    """A stand-in for Compose: a Python program, and how it is called."""
    path = folder / "program.py"
    path.write_text(f"import os, sys, time\n{body}\n")
    return f"{sys.executable} {path}"


def up(stage: EngineStage, version: str = "1.43.0") -> str:
    file = stage.folder / "docker-compose.yml"
    return (
        f"env COMPOSE_FILE={file} APP_VERSION={version} docker compose -p shop --project-directory {stage.folder} "
        "up -d --no-deps api"
    )


def deploy(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.43.0", age=3 * DAY)
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    stage.settle()


async def survey(stage: EngineStage, text: str, **settings: Any) -> tuple[str, tuple[str, ...], str]:
    platform = stage.platform(**settings)
    found = await platform.survey_command(stage.command(text, platform))
    return found.fingerprint, found.words, found.refusal


async def test_a_restart_is_sent_once_to_each_container(stage: EngineStage) -> None:
    deploy(stage)
    outcome = await stage.perform("docker compose -p shop restart api")
    assert outcome.state is StepState.OK
    assert [path for method, path in stage.api.requests if method == "POST"] != []
    assert sum(method == "POST" for method, _ in stage.api.requests) == 1


async def test_a_restart_that_nobody_answered_is_looked_at_and_not_sent_again(stage: EngineStage) -> None:
    deploy(stage)
    stage.api.faults.arm(Fault(match="POST .*/restart", status=504, effect=True))
    stage.clock.turn(30)
    outcome = await stage.perform("docker restart shop_api_1")
    assert outcome.state is StepState.OK
    assert "looking again" in outcome.sentence
    assert sum(method == "POST" for method, _ in stage.api.requests) == 1


async def test_a_restart_that_never_was_is_unknown(stage: EngineStage) -> None:
    deploy(stage)
    stage.api.faults.arm(Fault(match="POST .*/restart", status=504))
    outcome = await stage.perform("docker restart shop_api_1")
    assert outcome.state is StepState.UNKNOWN
    assert sum(method == "POST" for method, _ in stage.api.requests) == 1


async def test_a_refused_change_is_failed_and_says_why(stage: EngineStage) -> None:
    deploy(stage)
    stage.api.faults.arm(Fault(match="POST .*/restart", status=403, body={"message": "authorization denied by plugin"}))
    outcome = await stage.perform("docker restart shop_api_1")
    assert (outcome.state, outcome.exit_code) == (StepState.FAILED, 1)
    assert "authorization denied" in outcome.sentence
    assert outcome.sentence.endswith("must allow POST /containers/*/restart.")


async def test_read_only_sends_nothing(stage: EngineStage) -> None:
    deploy(stage)
    platform = stage.platform(read_only=True, program="true")
    for text in ("docker restart shop_api_1", up(stage), "docker tag 1234567 x:1"):
        outcome = await platform.perform_command(stage.command(text, platform), stage.printed.append, confirmed="")
        assert outcome.state is StepState.FAILED
    assert not any(method == "POST" for method, _ in stage.api.requests)


async def test_compose_is_started_once_with_the_engine_and_the_version(stage: EngineStage, tmp_path: Path) -> None:
    deploy(stage)
    body = "print(os.environ['DOCKER_HOST'], os.environ['APP_VERSION'], *sys.argv[1:]); open('/dev/stdin').close()"
    outcome = await stage.perform(up(stage), program=write_program(tmp_path, body))
    assert outcome.state is StepState.OK
    printed = "".join(stage.printed)
    assert f"unix://{stage.socket} 1.43.0 -p shop --project-directory {stage.folder} up -d --no-deps api" in printed


async def test_two_people_roll_back_and_the_second_is_refused(stage: EngineStage, tmp_path: Path) -> None:
    deploy(stage)
    mark = tmp_path / "ran"
    program = write_program(tmp_path, f"open({str(mark)!r}, 'a').write('x')")
    fingerprint, words, _ = await survey(stage, up(stage), program=program)
    assert any("app:1.44.0" in text for text in words)
    stage.engine.remove(stage.engine.find_container("shop_api_1"), force=True)
    stage.run("api", f"{APP}:1.43.0")
    outcome = await stage.perform(up(stage), confirmed=fingerprint, program=program)
    assert outcome.state is StepState.FAILED
    assert "Somebody changed it since you looked" in outcome.sentence
    assert "1.43.0" in outcome.sentence
    assert not mark.exists()


@pytest.mark.parametrize(
    "sentence",
    [
        "ERROR: for api  UnixHTTPConnectionPool(host='localhost', port=None): Read timed out. (read timeout=60)",
        "error during connect: Post http://%2Fvar%2Frun%2Fdocker.sock/v1.41/containers/create: EOF",
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    ],
)
async def test_an_engine_that_stops_answering_compose_leaves_it_unknown(
    stage: EngineStage, tmp_path: Path, sentence: str
) -> None:
    deploy(stage)
    program = write_program(tmp_path, f"print({sentence!r}, file=sys.stderr); sys.exit(1)")
    outcome = await stage.perform(up(stage), program=program)
    assert outcome.state is StepState.UNKNOWN
    assert "1.44.0" in outcome.sentence


async def test_a_half_pulled_image_fails_and_the_containers_are_as_before(stage: EngineStage, tmp_path: Path) -> None:
    deploy(stage)
    program = write_program(tmp_path, "print('ERROR: failed to register layer: no space left on device'); sys.exit(18)")
    outcome = await stage.perform(up(stage), program=program)
    assert (outcome.state, outcome.exit_code) == (StepState.FAILED, 18)
    assert "no space left" in outcome.sentence
    assert "as before" in outcome.sentence


async def test_a_compose_that_never_ends_is_ended_and_looked_at(
    stage: EngineStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(stage)
    monkeypatch.setattr("cockpit.platforms.compose.perform.PATIENCE", -1.0)
    outcome = await stage.perform(up(stage), program=write_program(tmp_path, "time.sleep(60)"))
    assert outcome.state is StepState.UNKNOWN


async def test_a_compose_file_that_is_not_here_is_refused_before_anything_is_sent(stage: EngineStage) -> None:
    deploy(stage)
    text = up(stage).replace(str(stage.folder / "docker-compose.yml"), "/nowhere/docker-compose.yml")
    _, _, refusal = await survey(stage, text, program="true")
    assert "not on this machine" in refusal
    assert (await stage.perform(text, program="true")).state is StepState.FAILED


async def test_a_program_that_is_not_there_says_so(stage: EngineStage) -> None:
    deploy(stage)
    outcome = await stage.perform(up(stage), program="/nowhere/docker-compose")
    assert (outcome.state, outcome.exit_code) == (StepState.FAILED, 127)


async def test_a_tag_is_moved_to_the_older_image(stage: EngineStage) -> None:
    older = stage.image(f"{APP}:latest", age=5 * DAY)
    stage.image(f"{APP}:latest")
    outcome = await stage.perform(f"docker tag {older.identifier[7:14]} {APP}:latest")
    assert outcome.state is StepState.OK
    assert stage.engine.find_image(f"{APP}:latest") is older


async def test_the_log_is_printed_with_both_streams(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0", sick_since=0.0)
    stage.run("api", f"{APP}:1.44.0")
    stage.settle(20)
    outcome = await stage.perform("docker logs --tail 100 shop_api_1")
    assert outcome.state is StepState.OK
    assert "listening on :3000\n" in stage.printed
    assert any("pool exhausted" in line for line in stage.printed)


async def test_a_name_that_is_not_there_fails_as_docker_does(stage: EngineStage) -> None:
    deploy(stage)
    outcome = await stage.perform("docker logs nobody")
    assert (outcome.state, outcome.exit_code) == (StepState.FAILED, 1)
    assert "No such container: nobody" in "".join(stage.printed)


async def test_readiness_names_what_is_missing(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0", ready_after=100)
    stage.run("api", f"{APP}:1.44.0")
    platform = stage.platform()
    command = stage.command("docker compose -p shop ps api", platform)
    stage.settle(5)
    assert "health check has not passed" in str(await platform.read_unready(command))
    stage.settle(200)
    assert await platform.read_unready(command) == ""


async def test_a_cancelled_step_ends_the_program(stage: EngineStage, tmp_path: Path) -> None:
    deploy(stage)
    mark = tmp_path / "ended"
    body = f"import signal\ndef end(*_):\n    open({str(mark)!r}, 'w').write('x'); sys.exit(0)\n"
    body += "signal.signal(signal.SIGTERM, end); print('ready', flush=True)\nwhile True: time.sleep(0.05)"
    task = asyncio.ensure_future(stage.perform(up(stage), program=write_program(tmp_path, body)))
    async with asyncio.timeout(10):
        while "ready" not in "".join(stage.printed):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert mark.exists()  # nobody leaves before it has ended
