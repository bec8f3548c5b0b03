"""The way to an engine: addresses, ssh tunnels, restarts."""

import asyncio
import hashlib
import json
import os
import shlex
import stat
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.run import StepState
from cockpit.model.system import Environment
from cockpit.platforms.compose.engine import EngineClient, locate_engine
from cockpit.platforms.compose.known_commands import recognise_docker_command
from cockpit.platforms.compose.perform import DockerPerformer
from cockpit.platforms.compose.settings import ComposeSettings
from tests.integration.platforms.compose.engine_stage import EngineStage

TUNNEL = """
import asyncio, sys
if "{refusal}":
    sys.exit(print("{refusal}", file=sys.stderr) or 255)
local, _, remote = sys.argv[sys.argv.index("-L") + 1].partition(":")
assert "BatchMode=yes" in sys.argv and sys.argv[-2] == "--", sys.argv

async def pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()

async def forward(reader, writer):
    there, back = await asyncio.open_unix_connection("{remote}")
    await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)

async def main():
    async with await asyncio.start_unix_server(forward, local) as server:
        await server.serve_forever()

asyncio.run(main())
"""


def write_ssh(folder: Path, remote: Path, refusal: str = "") -> str:
    """A program that is called as ssh is, and forwards on this machine."""
    program = folder / "ssh"
    body = TUNNEL.replace("{remote}", str(remote)).replace("{refusal}", refusal)
    program.write_text(f"#!{sys.executable}\n{body}")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def make_client(stage: EngineStage, ssh: str) -> EngineClient:
    return EngineClient(configured="ssh://ops@web-1", environ={}, read_only=False, time=stage.clock, ssh=ssh)


async def test_an_engine_is_asked_through_the_tunnel_of_ssh(stage: EngineStage, tmp_path: Path) -> None:
    client = make_client(stage, write_ssh(tmp_path, stage.socket))
    assert (await client.get("/info"))["Name"] == "web-1"
    tunnel = client._tunnel
    assert tunnel is not None
    folder = Path(tunnel.path).parent
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    await client.close()
    assert not tunnel.open
    assert not os.path.exists(folder)  # noqa: ASYNC240


async def test_a_tunnel_that_broke_is_opened_again(stage: EngineStage, tmp_path: Path) -> None:
    client = make_client(stage, write_ssh(tmp_path, stage.socket))
    await client.get("/info")
    assert client._tunnel is not None
    assert client._tunnel._process is not None
    client._tunnel._process.kill()
    await client._tunnel._process.wait()
    with pytest.raises(SourceError):
        await client.get("/info")
    assert (await client.get("/info"))["Name"] == "web-1"
    await client.close()


async def test_the_error_of_ssh_is_passed_on(stage: EngineStage, tmp_path: Path) -> None:
    client = make_client(stage, write_ssh(tmp_path, stage.socket, "ops@web-1: Permission denied (publickey)."))
    with pytest.raises(SourceError) as caught:
        await client.get("/info")
    assert caught.value.problem.kind is ProblemKind.SIGN_IN
    assert "Permission denied (publickey)" in caught.value.problem.message


async def test_without_ssh_the_error_says_what_to_install(stage: EngineStage) -> None:
    with pytest.raises(SourceError) as caught:
        await make_client(stage, "/nowhere/ssh").get("/info")
    assert caught.value.problem.kind is ProblemKind.MISSING


@pytest.mark.parametrize(
    ("written", "environ", "label", "docker_host"),
    [
        ("", {}, "/var/run/docker.sock", "unix:///var/run/docker.sock"),
        ("", {"DOCKER_HOST": "tcp://web-1:2375"}, "web-1:2375", "tcp://web-1:2375"),
        ("tcp://web-1", {"DOCKER_TLS_VERIFY": "1"}, "web-1:2376", "tcp://web-1:2376"),
        ("unix:///run/user/1000/docker.sock", {"DOCKER_HOST": "tcp://other:1"}, "/run/user/1000/docker.sock",
         "unix:///run/user/1000/docker.sock"),
        ("ssh://ops@web-1:2222", {}, "ssh ops@web-1", "ssh://ops@web-1:2222"),
        ("ssh://web-1/run/podman.sock", {}, "ssh web-1", "ssh://web-1/run/podman.sock"),
    ],
)  # fmt: skip
def test_the_configured_engine_goes_before_that_of_the_environment(
    written: str, environ: dict[str, str], label: str, docker_host: str
) -> None:
    address = locate_engine(written, environ)
    assert (address.label, address.docker_host) == (label, docker_host)


def write_context(folder: Path, name: str, host: str, *, current: bool = True, secure: bool = False) -> None:
    """As `docker context create` leaves it."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta = folder / "contexts" / "meta" / digest
    meta.mkdir(parents=True)
    endpoint = {"docker": {"Host": host, "SkipTLSVerify": False}}
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": endpoint}))
    if secure:
        tls = folder / "contexts" / "tls" / digest / "docker"
        tls.mkdir(parents=True)
        (tls / "ca.pem").write_text("")
    (folder / "config.json").write_text(json.dumps({"currentContext": name if current else ""}))


def test_dockers_own_context_says_where_the_engine_is(tmp_path: Path) -> None:
    write_context(tmp_path, "prod", "ssh://ops@web-1")
    environ = {"DOCKER_CONFIG": str(tmp_path)}
    assert locate_engine("", environ).docker_host == "ssh://ops@web-1"
    assert locate_engine("", {**environ, "DOCKER_HOST": "tcp://other:2375"}).label == "other:2375"
    assert locate_engine("unix:///run/a.sock", environ).label == "/run/a.sock"
    assert locate_engine("", {**environ, "DOCKER_CONTEXT": "default"}).label == "/var/run/docker.sock"


async def test_when_docker_is_switched_to_another_engine_nothing_is_changed_on_either(
    stage: EngineStage, tmp_path: Path
) -> None:
    """Compose's own program would go by the new context, while what is shown is of the old one."""
    write_context(tmp_path, "prod", f"unix://{stage.socket}")
    environ = {"DOCKER_CONFIG": str(tmp_path), "PATH": "/usr/bin:/bin"}
    client = EngineClient(configured="", environ=environ, read_only=False, time=stage.clock)
    marker = tmp_path / "started"
    settings = ComposeSettings(program=f"touch {marker}")
    performer = DockerPerformer(client, settings, stage.clock, environ)
    stage.image("example.com/app:1.44.0")
    stage.run("api", "example.com/app:1.44.0")
    await client.read_name()
    write_context(tmp_path, "staging", "unix:///run/staging.sock")
    for line in ("docker restart shop_api_1", "docker compose -p shop up -d api"):
        command = recognise_docker_command(shlex.split(line), Environment("prod", platforms={"compose": settings}))
        assert command is not None
        refusal = (await performer.survey(command)).refusal
        outcome = await performer.perform(command, lambda text: None)
        assert outcome.state is StepState.FAILED
        assert outcome.sentence == refusal
        assert "/run/staging.sock" in refusal
    await client.close()
    assert not marker.exists()
    assert not any(method == "POST" for method, _ in stage.api.requests)


def test_a_context_brings_its_certificates(tmp_path: Path) -> None:
    write_context(tmp_path / ".docker", "prod", "tcp://web-1:2376", current=False, secure=True)
    address = locate_engine("", {"HOME": str(tmp_path), "DOCKER_CONTEXT": "prod"})
    assert address.label == "web-1:2376"
    assert address.certificates.endswith("/docker")


def test_a_folder_without_certificates_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    environ = {"DOCKER_HOST": "tcp://web-1:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}
    with pytest.raises(SourceError, match="no ca"):
        locate_engine("", environ)
    (tmp_path / "ca.pem").write_text("x")
    assert locate_engine("", environ).certificates == str(tmp_path)


def test_a_context_that_is_not_there_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        locate_engine("", {"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "staging"})
    assert caught.value.problem.code == "no-docker-context"
    assert "staging" in caught.value.problem.message


@pytest.mark.parametrize(
    "written", ["ftp://x", "docker.sock", "ssh://", "ssh://-oProxyCommand=x", "ssh://a:b@c", "tcp://x:y"]
)
def test_an_address_that_is_none_is_refused_without_its_secrets(written: str) -> None:
    with pytest.raises(SourceError) as caught:
        locate_engine(written, {})
    assert caught.value.problem.code == "bad-engine-address"
    assert "a:b" not in caught.value.problem.message


@asynccontextmanager
async def open_hanging_engine(
    socket: Path, whole: Mapping[str, bytes], half: Mapping[str, bytes]
) -> AsyncIterator[None]:
    """An engine that answers `whole`, and of what is in `half` sends so much and then nothing more."""
    over = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/v1.41")
        if path in whole:
            return web.Response(body=whole[path], content_type="application/json", headers={"Api-Version": "1.41"})
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(half[path])
        await over.wait()
        return response

    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    try:
        yield
    finally:
        over.set()
        await runner.cleanup()


LINE = b"listening on :8080\n"
FRAME = b"\x01\0\0\0" + len(LINE).to_bytes(4, "big") + LINE
CONTAINER = {"Id": "a" * 64, "Names": ["/shop_api_1"], "Image": "app:1", "State": "running", "Labels": {}}


async def test_an_engine_that_hangs_in_the_middle_of_a_log_is_not_waited_for_and_what_came_is_shown(
    stage: EngineStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = tmp_path / "hangs.sock"
    whole = {
        "/_ping": b"OK",
        "/containers/json": json.dumps([CONTAINER]).encode(),
        f"/containers/{CONTAINER['Id']}/json": json.dumps({"Id": CONTAINER["Id"], "Config": {"Tty": False}}).encode(),
    }
    monkeypatch.setattr("cockpit.platforms.compose.engine.DEADLINE", 0.3)
    async with open_hanging_engine(socket, whole, {f"/containers/{CONTAINER['Id']}/logs": FRAME + FRAME[:12]}):
        outcome = await stage.perform("docker logs shop_api_1", host=f"unix://{socket}")
        await stage.platforms[-1].close()
    assert outcome.state is StepState.FAILED
    assert "in time" in outcome.sentence
    assert stage.printed[0] == LINE.decode()


async def test_an_engine_that_hangs_in_the_middle_of_its_events_is_a_problem_of_its_own(
    stage: EngineStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = tmp_path / "hangs.sock"
    monkeypatch.setattr("cockpit.platforms.compose.engine.DEADLINE", 0.3)
    client = stage.platform(host=f"unix://{socket}").client
    now = stage.clock.now()
    async with open_hanging_engine(socket, {"/_ping": b"OK"}, {"/events": b'{"Type": "cont'}):
        with pytest.raises(SourceError) as caught:
            await client.list_events(now, now, ("die",))
        await client.close()
    assert caught.value.problem.short == "engine hangs"
