"""The way to an engine: addresses, ssh tunnels, restarts."""

import hashlib
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from cockpit.model.problem import ProblemKind, SourceError
from cockpit.platforms.compose.engine import EngineClient, locate_engine
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
