"""`cockpit simulator` as a process: it says when it is ready, and ends when it should."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cockpit.simulator.world.scenario import list_scenarios

Start = Callable[..., subprocess.Popen[str]]
PATIENCE = 20.0  # seconds before a process that does not end is a failed test


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `cockpit simulator` with some options; whatever still runs at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*options: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "cockpit", "simulator", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


def test_it_says_in_one_line_where_everything_is(start: Start) -> None:
    line = ready(start("--port", "0"))
    assert set(line) == {
        *(
            "url",
            "tls_url",
            "management",
            "identity",
            "ca_file",
            "subscription",
            "resource_group",
            "app",
            "workspace",
            "config",
        )
    }
    assert httpx.get(line["url"] + "/healthz", trust_env=False).json() == {"status": "healthy"}


def test_the_configuration_is_in_a_directory_of_its_own_that_nobody_else_can_read(start: Start) -> None:
    config = Path(ready(start())["config"])
    assert stat.S_IMODE(config.parent.stat().st_mode) == 0o700
    assert sorted(each.name for each in config.parent.iterdir()) == ["ca.pem", "cockpit.toml", "oncall.md"]


def test_the_configuration_is_one_that_the_cockpit_reads(start: Start) -> None:
    from cockpit.config import load_system

    line = ready(start("--scenario", "bad-deploy"))
    system = load_system(Path(line["config"]))
    prod = system.environment("prod")
    assert prod is not None
    assert (system.order, system.cloud.endpoint, system.cloud.logs_endpoint) == (
        ("simulator",),
        line["url"],
        line["url"],
    )
    assert (prod.production, prod.subscription, prod.apps) == (True, line["subscription"], (line["app"],))
    assert [each.name for each in prod.probes] == ["live", "ready", "healthz", "readyz", "api orders"]
    assert [(each.kind, each.interval) for each in prod.alerts] == [("azure", 5.0)]
    assert system.data == str(Path(line["config"]).parent)


def test_it_ends_when_its_standard_input_does(start: Start) -> None:
    process = start("--until-stdin-closes")
    config = Path(ready(process)["config"])
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(PATIENCE) == 0
    assert config.exists()  # the timeline beside it outlives the world


def test_without_an_option_it_outlives_its_standard_input(start: Start) -> None:
    process = start()
    line = ready(process)
    assert process.stdin is not None
    process.stdin.close()
    assert httpx.get(line["url"] + "/healthz", trust_env=False).status_code == 200
    assert process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(start: Start, number: signal.Signals) -> None:
    process = start()
    ready(process)
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_an_open_log_stream_does_not_keep_it_alive(start: Start) -> None:
    process = start("--until-stdin-closes")
    line = ready(process)
    path = f"/subscriptions/{line['subscription']}/resourceGroups/{line['resource_group']}/containerApps/{line['app']}"
    with httpx.stream("GET", f"{line['url']}{path}/eventstream?follow=true", trust_env=False) as stream:
        next(stream.iter_lines())
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


def test_an_unknown_scenario_is_one_sentence_and_exit_2(start: Start) -> None:
    process = start("--scenario", "loud")
    assert process.wait(PATIENCE) == 2
    assert process.stderr is not None
    said = process.stderr.read()
    assert all(name in said for name in ("`loud`", *list_scenarios()))
    assert len(said.splitlines()) == 1


def test_a_taken_port_is_one_sentence_and_exit_2(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start("--port", str(taken.getsockname()[1]))
        assert process.wait(PATIENCE) == 2
    assert process.stderr is not None
    said = process.stderr.read()
    assert "Choose another --port" in said
    assert "Traceback" not in said
