"""Which tools of a step are held to what they are set to, and what holds kubectl."""

import json
from typing import Any

import pytest

from cockpit.model.run import StepState
from cockpit.model.runbook import Step, StepKind
from cockpit.runbooks.run.pinned_targets import build_pinned_kubeconfig, list_tools_to_pin
from cockpit.runbooks.run.process.shell_state import build_kept_shell
from cockpit.runbooks.types import KeptShell, KeptVariable, Prepared, Script

STATE = "6\0SHELLOPTS\0r\0before\0a:b\0after\0a:b\0"


def step(command: str) -> Prepared:
    return Prepared(
        "run-1",
        Step(1, "Do it", StepKind.CHANGE, 1, command, "bash"),
        "prod",
        StepKind.CHANGE,
        command,
        command,
        script=Script(command),
        cwd="/",
        state_before=StepState.TODO,
    )


@pytest.mark.parametrize(
    ("command", "tools"),
    [
        ("kubectl get pods && kubectl delete pod a", ["kubectl"]),
        ("helm upgrade api chart; az resource list; docker ps", ["az", "kubectl", "docker"]),
        ("docker-compose up -d", ["docker"]),
        ("ls", []),
        # what a step sets is for whatever comes after it as well
        ("kubectl config use-context prod && kubectl delete pod a", []),
        ("kubectl config set-context --current --namespace shop && kubectl get pods", []),
        ("kubens shop && kubectl get pods", []),
        ("az aks get-credentials -n prod -g x && az group list && kubectl get pods", ["az"]),
        ("az account set -s sub-1 && az group delete -n x", []),
        ("az login --identity && az group list && docker ps", ["docker"]),
        ("docker context use prod && docker ps", []),
        ("export DOCKER_HOST=ssh://web-1 && docker ps", []),
        ("KUBECONFIG=other.yaml kubectl get pods", []),
    ],
)
def test_a_tool_that_a_step_calls_is_held_unless_the_step_sets_it_itself(command: str, tools: list[str]) -> None:
    assert list_tools_to_pin(step(command)) == tools


def answer(**cluster: Any) -> dict[str, Any]:
    return {
        "current-context": "prod",
        "contexts": [{"name": "prod", "context": {"cluster": "aks", "user": "ana"}}],
        "clusters": [{"name": "aks", "cluster": cluster}],
        "users": [{"name": "ana", "user": {"token": "geheim"}}],
    }


def test_kubectl_is_held_to_its_context_and_cluster_and_to_the_namespace_that_nobody_wrote_down() -> None:
    pinned = build_pinned_kubeconfig(json.dumps(answer(server="https://aks:443", **{"certificate-authority": "/ca"})))
    assert pinned == {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "prod",
        "contexts": [{"name": "prod", "context": {"cluster": "aks", "namespace": "default", "user": "ana"}}],
        "clusters": [{"name": "aks", "cluster": {"server": "https://aks:443", "certificate-authority": "/ca"}}],
    }


def test_no_password_of_a_proxy_is_written_down() -> None:
    pinned = build_pinned_kubeconfig(json.dumps(answer(server="https://aks", **{"proxy-url": "http://a:geheim@p"})))
    assert "geheim" not in json.dumps(pinned)


@pytest.mark.parametrize("text", ["", "error: no context", "[]", "{}", json.dumps({"current-context": "prod"})])
def test_where_kubectl_says_too_little_nothing_is_held(text: str) -> None:
    assert build_pinned_kubeconfig(text) is None


def kept(name: str, value: str, started_with: str, before: str | None) -> KeptShell:
    result = build_kept_shell(
        f"/\0{STATE}4\0{name}\0x\x000\0{value}\0end\0".encode(),
        started_with={name: started_with},
        before=[name] if before is not None else [],
        pinned={name: before},
        is_secret=lambda name, value: False,
        host="web-1",
    )
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("value", "before", "expected"),
    [
        ("/pin:/own", "/own", "/own"),  # as it was
        ("/pin:/own:/more", "/own", "/own:/more"),  # the step added something
        ("/other", "/own", "/other"),
        ("/pin:/own", None, None),
        ("/other", None, "/other"),
    ],
)
def test_the_next_step_finds_what_was_set_without_what_held_for_one_step(
    value: str, before: str | None, expected: str | None
) -> None:
    variables = kept("KUBECONFIG", value, "/pin:/own", before).variables
    assert variables == ({} if expected is None else {"KUBECONFIG": KeptVariable(expected, "x")})


def test_a_name_that_holds_for_one_step_is_not_cut_out_of_another() -> None:
    assert kept("DOCKER_CONTEXT", "prod-eu", "prod", None).variables["DOCKER_CONTEXT"].value == "prod-eu"
    assert kept("DOCKER_CONTEXT", "prod", "prod", None).variables == {}


def test_what_an_earlier_step_took_away_does_not_take_away_what_holds_for_this_one() -> None:
    shell = KeptShell(variables={"KUBECONFIG": KeptVariable("/own", "")}, unset=("DOCKER_CONTEXT", "HOME"))
    assert shell.taken_away == {"KUBECONFIG", "DOCKER_CONTEXT", "HOME"}
    assert shell.without({"KUBECONFIG", "DOCKER_CONTEXT"}) == KeptShell(unset=("HOME",))
