"""`cockpit simulator --platform`: one line says where the engine or the cluster is, and the cockpit opens on it."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from cockpit.config import load_system
from cockpit.platforms.registry import list_used_kinds
from tests.signed_in import COMMAND


@contextmanager
def simulator(options: Sequence[str]) -> Iterator[dict[str, str]]:
    command = [*COMMAND, "simulator", *options, "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


@pytest.mark.parametrize(
    ("options", "kind", "facts"),
    [
        (["--platform", "compose"], "compose", {"project": "shop", "services": "api"}),
        (["--platform", "kubernetes", "--namespace", "quay"], "kubernetes", {"namespace": "quay"}),
        (["--system", "union-eyes"], "compose", {"project": "unioneyes", "services": "app-blue,app-green"}),
        (["--system", "mystira"], "kubernetes", {"context": "mys-prod", "workload": "deployment/mys-app-api"}),
    ],
)
def test_the_app_runs_where_it_was_asked_to(options: list[str], kind: str, facts: dict[str, str]) -> None:
    with simulator(options) as ready:
        assert {name: ready[name] for name in facts} == facts
        system = load_system(Path(ready["config"]))
        assert [used.name for used in list_used_kinds(system.environments)] == [kind]
        command = [*COMMAND, "status", "--config", ready["config"], "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        sources = [
            source for environment in json.loads(done.stdout)["environments"] for source in environment["sources"]
        ]
        assert {source["state"] for source in sources if source["name"] == "revisions"} == {"live"}, done.stdout


def test_the_namespace_is_there_which_kubectl_asks_for_when_a_name_in_it_is_not() -> None:
    with simulator(["--platform", "kubernetes", "--namespace", "quay"]) as ready:
        server = json.loads(Path(ready["kubeconfig"]).read_text())["clusters"][0]["cluster"]["server"]
        with urlopen(f"{server}/api/v1/namespaces/quay") as answer:
            assert json.load(answer)["metadata"]["name"] == "quay"
