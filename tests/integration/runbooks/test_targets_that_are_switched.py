"""Somebody switches a tool in another shell while a step runs: the step goes on where it began."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.model.run import Attempt, Run
from cockpit.runbooks.run.runner import Runner
from cockpit.runbooks.types import RunRefused
from tests.integration.runbooks.stage import Stage, fence

KUBECTL = pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
AZ = """#!/bin/bash
python3 -c 'import json, os; print(*(item["id"] for item in json.load(open(os.environ.get(
"AZURE_CONFIG_DIR", os.environ["HOME"] + "/.azure") + "/azureProfile.json"))["subscriptions"] if item["isDefault"]))'
"""
DOCKER = """#!/bin/bash
echo "${DOCKER_CONTEXT:-$(python3 -c 'import json, os; print(json.load(open(
os.environ["HOME"] + "/.docker/config.json"))["currentContext"])')}"
"""
KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: CONTEXT
contexts:
- {name: prod, context: {cluster: prod, user: ana, namespace: NAMESPACE}}
- {name: staging, context: {cluster: staging, user: ana}}
clusters:
- {name: prod, cluster: {server: "https://SERVER:6443"}}
- {name: staging, cluster: {server: "https://staging:6443"}}
users:
- {name: ana, user: {token: geheim}}
"""


class Home:
    """A home in which three tools are set to prod, and a program with which somebody switches all of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("tools", ".kube", ".azure", ".docker", "other"):
            (folder / name).mkdir()
        for name, text in (("az", AZ), ("docker", DOCKER)):
            self._write_tool(name, text)
        self.set("prod", folder)
        self.set("staging", folder / "other")
        moves = "\n".join(f"cp {folder / 'other' / name} {folder / path}" for name, path in self._list_files())
        self._write_tool("somebody", f"#!/bin/bash\n{moves}\n")

    def _list_files(self) -> list[tuple[str, str]]:
        paths = (".kube/config", ".azure/azureProfile.json", ".docker/config.json")
        return [(Path(path).name if path != ".kube/config" else "kubeconfig", path) for path in paths]

    def _write_tool(self, name: str, text: str) -> None:
        tool = self.folder / "tools" / name
        tool.write_text(text)
        tool.chmod(0o755)

    def set(self, name: str, folder: Path) -> None:
        ids = ("prod", "staging")
        kubeconfig = KUBECONFIG
        for key, value in (("CONTEXT", name), ("NAMESPACE", f"shop-{name}"), ("SERVER", name)):
            kubeconfig = kubeconfig.replace(key, value)
        texts = (
            kubeconfig,
            json.dumps({"subscriptions": [{"id": f"sub-{id}", "isDefault": id == name} for id in ids]}),
            json.dumps({"currentContext": name}),
        )
        for (plain, path), text in zip(self._list_files(), texts, strict=True):
            (folder / (path if folder == self.folder else plain)).write_text(text)

    @property
    def environ(self) -> Mapping[str, str]:
        return {"PATH": f"{self.folder / 'tools'}:{os.environ['PATH']}", "HOME": str(self.folder)}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


Begin = Callable[..., tuple[Runner, Run]]


@pytest.fixture
def begin(stage: Stage, home: Home) -> Begin:
    def begun(*commands: str) -> tuple[Runner, Run]:
        run = stage.start(fence("\n\n".join(f"# Do it\n{command}" for command in commands)))
        environment = replace(stage.environment, kube_context="prod", subscription="sub-prod")
        return stage.again(environment=environment, environ=home.environ), run

    return begun


async def perform(stage: Stage, runner: Runner, run: Run, step: int = 1) -> Attempt:
    prepared = await runner.survey(runner.prepare(run, step))
    return await runner.perform(run, prepared, stage.consent(prepared, runner), stage.seen.append)


def printed(attempt: Attempt) -> list[str]:
    return Path(attempt.transcript).read_text().splitlines()


WHERE = {
    "context": pytest.param("kubectl config current-context", "prod", id="context", marks=KUBECTL),
    "namespace": pytest.param(
        "kubectl config view --minify --output jsonpath='{.contexts[0].context.namespace}{\"\\n\"}'",
        "shop-prod",
        id="namespace",
        marks=KUBECTL,
    ),
    "server": pytest.param(
        "kubectl config view --minify --output jsonpath='{.clusters[0].cluster.server}{\"\\n\"}'",
        "https://prod:6443",
        id="server",
        marks=KUBECTL,
    ),
    "subscription": pytest.param("az account show", "sub-prod", id="subscription"),
    "engine": pytest.param("docker context show", "prod", id="engine"),
}


@pytest.mark.parametrize(("question", "answer"), WHERE.values())
async def test_what_a_tool_was_set_to_when_a_step_began_holds_to_its_end(
    stage: Stage, home: Home, begin: Begin, question: str, answer: str
) -> None:
    runner, run = begin(f"{question} && somebody && {question}", question)
    assert printed(await perform(stage, runner, run)) == [answer, answer]
    assert printed(await perform(stage, runner, run, 2)) != [answer]  # the next one looks anew


@KUBECTL
async def test_a_change_after_the_switch_is_judged_by_where_it_would_go(stage: Stage, home: Home, begin: Begin) -> None:
    runner, run = begin("kubectl config current-context && somebody", "kubectl delete pod api-0")
    await perform(stage, runner, run)
    with pytest.raises(RunRefused, match="staging, but prod is prod"):
        await perform(stage, runner, run, 2)


@KUBECTL
async def test_a_step_that_switches_by_itself_does_so_for_what_comes_after_it(
    stage: Stage, home: Home, begin: Begin
) -> None:
    runner, run = begin("kubectl config use-context prod", "kubectl config current-context")
    home.set("staging", home.folder)
    await perform(stage, runner, run)
    assert printed(await perform(stage, runner, run, 2)) == ["prod"]


@KUBECTL
async def test_what_held_for_one_step_is_not_left_to_the_next(stage: Stage, home: Home, begin: Begin) -> None:
    own = home.folder / "other" / "kubeconfig"
    runner, run = begin(f"export KUBECONFIG=$(echo {own})", "kubectl config current-context", "printenv KUBECONFIG")
    assert printed(await perform(stage, runner, run)) == []
    assert printed(await perform(stage, runner, run, 2)) == ["staging"]
    assert printed(await perform(stage, runner, run, 3)) == [str(own)]


@KUBECTL
async def test_no_secret_of_a_kubeconfig_lies_with_the_run(stage: Stage, home: Home, begin: Begin) -> None:
    runner, run = begin("kubectl config current-context")
    await perform(stage, runner, run)
    (file,) = (runner._data / "runs" / run.id).glob("targets-*/kubeconfig")
    assert "geheim" not in file.read_text()
    assert file.parent.stat().st_mode & 0o077 == 0
