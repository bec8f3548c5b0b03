"""The real docker and docker-compose: on the simulated engine, and the platform on a real engine.

They need Debian's packages docker.io and docker-compose (and busybox-static for the real engine): `make clients` says
how to install them. Where they are not, recorded answers hold the platform (tests/unit/platforms/compose).
"""

import json
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.signed_in import COMMAND

DOCKER = "/usr/bin/docker" if Path("/usr/bin/docker").exists() else shutil.which("docker")
COMPOSE = shutil.which("docker-compose")
DOCKERD = shutil.which("dockerd") if os.environ.get("COCKPIT_DOCKERD") and os.geteuid() == 0 else None
BUSYBOX = next((path for path in ("/bin/busybox", "/usr/bin/busybox") if Path(path).exists()), None)
pytestmark = [
    pytest.mark.skipif(not (DOCKER and COMPOSE), reason="docker.io and docker-compose are not installed"),
    pytest.mark.xdist_group("docker"),
]
VERSIONS = ("1.42.0", "1.43.0", "1.44.0")


@dataclass
class Host:
    """An engine, and a folder with a compose file."""

    folder: Path
    config: str
    environ: dict[str, str] = field(repr=False)

    def run(self, line: str, **variables: str) -> str:
        """What a command prints on both streams; it must end well."""
        done = subprocess.run(
            shlex.split(line),
            cwd=self.folder,
            env={**self.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def ours(self, line: str) -> str:
        """What `cockpit exec` prints on stdout."""
        command = [*COMMAND, "exec", "--config", self.config, "--", *shlex.split(line)]
        return subprocess.run(
            command, env=self.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        ).stdout


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    command = [*COMMAND, "simulator", "--platform", "compose", "--scenario", "quiet", "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        environ = {**os.environ, "DOCKER_HOST": ready["docker_host"], "COLUMNS": "200"}
        yield Host(Path(ready["compose_file"]).parent, ready["config"], environ)
        assert process.stdin is not None
        process.stdin.close()


def test_docker_reads_the_simulated_engine_and_we_print_the_same(simulated: Host) -> None:
    for line in ("docker ps -a", "docker ps --filter name=api", "docker logs --tail 3 shop_database_1"):
        assert simulated.ours(line) == simulated.run(line.replace("docker", str(DOCKER), 1)), line


def test_docker_compose_reads_it_and_we_print_the_same(simulated: Host) -> None:
    line = "docker-compose -p shop ps"
    assert [text.rstrip() for text in simulated.ours(line).splitlines()] == [
        text.rstrip() for text in simulated.run(line).splitlines()
    ]


def test_docker_compose_pulls_and_starts_another_version_and_goes_back(simulated: Host) -> None:
    for version in ("1.42.0", "1.43.0"):
        assert "done" in simulated.run("docker-compose -p shop pull api", APP_VERSION=version)
        simulated.run("docker-compose -p shop up -d --no-deps api", APP_VERSION=version)
        assert f":{version}" in simulated.run(f"{DOCKER} ps --filter name=shop_api --format {{{{.Image}}}}")
    assert "done" in simulated.run("docker-compose -p shop restart api")
    assert "listening" in simulated.run("docker-compose -p shop logs --no-color --tail=5 api")


def test_docker_says_what_the_simulated_engine_refuses(simulated: Host) -> None:
    done = subprocess.run(
        [str(DOCKER), "pull", "registry.example.com/nobody:1"], env=simulated.environ, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "manifest for registry.example.com/nobody:1 not found" in done.stderr


# A real engine


@pytest.fixture(scope="module")
def real() -> Iterator[Host]:
    if not (DOCKERD and BUSYBOX):
        pytest.skip("no real engine here: `make clients` starts one where root has dockerd and busybox-static")
    folder = Path(tempfile.mkdtemp(prefix="cockpit-dockerd-"))
    socket = folder / "docker.sock"
    options = ["--iptables=false", "--bridge=none", "--storage-driver=vfs", "-H", f"unix://{socket}"]
    places = ["--data-root", str(folder / "data"), "--exec-root", str(folder / "exec"), "-p", str(folder / "pid")]
    with (folder / "log").open("wb") as log, subprocess.Popen([str(DOCKERD), *options, *places], stderr=log) as engine:
        try:
            environ = {**os.environ, "DOCKER_HOST": f"unix://{socket}"}
            wait_for_engine(environ, folder / "log")
            yield build_project(folder, environ)
        finally:
            subprocess.run(
                f"{DOCKER} ps -aq | xargs -r {DOCKER} rm -f",
                shell=True,
                env=environ,
                stdout=subprocess.DEVNULL,
                check=False,
            )
            engine.terminate()
            engine.wait(20)
            subprocess.run(["umount", str(folder / "exec/netns/default")], capture_output=True, check=False)
            shutil.rmtree(folder, ignore_errors=True)


def wait_for_engine(environ: dict[str, str], log: Path) -> None:
    for _ in range(150):
        if subprocess.run([str(DOCKER), "info"], env=environ, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.2)
    pytest.skip(f"dockerd does not run on this machine: {log.read_text()[-300:]}")


def build_project(folder: Path, environ: dict[str, str]) -> Host:
    """Images of a shell that says its version; that of 1.44.0 never becomes healthy."""
    project, context = folder / "shop", folder / "context"
    (context / "bin").mkdir(parents=True)
    project.mkdir()
    shutil.copy(str(BUSYBOX), context / "bin" / "busybox")
    for name in ("sh", "sleep", "echo", "test"):
        (context / "bin" / name).symlink_to("busybox")
    (context / "Dockerfile").write_text(
        "FROM scratch\nCOPY bin /bin\nARG V\nENV V=$V\nHEALTHCHECK --interval=1s --retries=2 CMD test $V != 1.44.0\n"
        'CMD ["sh", "-c", "echo started $V; sleep 1000"]\n'
    )
    host = Host(project, str(folder / "cockpit.toml"), environ)
    for version in VERSIONS:
        host.run(f"{DOCKER} build -q --network host --build-arg V={version} -t local/app:{version} {context}")
    (project / "docker-compose.yml").write_text(
        'version: "3.7"\nservices:\n  api:\n    image: local/app:${APP_VERSION:-1.44.0}\n    network_mode: host\n'
    )
    Path(host.config).write_text(
        f'system = "real"\ndata = "{folder}/timeline"\n[environments.prod.compose]\nhost = "{environ["DOCKER_HOST"]}"\n'
    )
    host.run("docker-compose up -d", APP_VERSION="1.43.0")
    host.run("docker-compose up -d")
    return host


def test_a_real_engine_is_read_and_printed_as_docker_prints_it(real: Host) -> None:
    assert real.ours("docker logs --tail 1 shop_api_1") == real.run(f"{DOCKER} logs --tail 1 shop_api_1")
    ours, theirs = (text.splitlines() for text in (real.ours("docker ps -a"), real.run(f"{DOCKER} ps -a")))
    assert ours[0].split() == theirs[0].split()
    assert ours[1].split()[:2] == theirs[1].split()[:2]


def test_a_real_service_goes_back_by_the_real_compose(real: Host) -> None:
    file = real.folder / "docker-compose.yml"
    line = f"env COMPOSE_FILE={file} APP_VERSION=1.43.0 docker compose -p shop --project-directory {real.folder}"
    printed = real.ours(f"{line} up -d --no-deps api")
    assert "docker-compose -p shop" in printed
    assert "done" in printed
    assert real.run(f"{DOCKER} ps --format {{{{.Image}}}}").strip() == "local/app:1.43.0"
