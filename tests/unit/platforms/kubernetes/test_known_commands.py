"""Which command lines are done here, and which stay with kubectl in a shell."""

import shlex

import pytest

from cockpit.model.runbook import StepKind
from cockpit.model.system import Environment
from cockpit.platforms.kubernetes.known_commands import KubectlCommand, recognise_kubectl_command
from cockpit.platforms.kubernetes.settings import KubernetesSettings

PROD = Environment("prod", platforms={"kubernetes": KubernetesSettings("prod-admin", "shop")})


def recognise(line: str, environment: Environment = PROD) -> KubectlCommand | None:
    return recognise_kubectl_command(shlex.split(line), environment)


@pytest.mark.parametrize(
    ("line", "kind", "sentence"),
    [
        ("kubectl get pods -n shop", StepKind.READ, "Show pods in namespace shop"),
        ("kubectl logs -n shop deployment/api -f --tail=100", StepKind.READ, "Show the log of deployment api"),
        ("kubectl rollout status deployment/api -n shop", StepKind.READ, "Wait for the rollout of deployment api"),
        ("kubectl rollout restart deployment/api -n shop", StepKind.CHANGE, "Replace all pods of deployment api"),
        ("kubectl -n shop rollout undo deploy api --to-revision=3", StepKind.CHANGE, "revision 3 again"),
        (
            "kubectl --context prod-admin -n=shop scale sts/store --replicas 4",
            StepKind.CHANGE,
            "statefulset store to 4",
        ),
        ("kubectl -n shop scale deployment/api --replicas=0", StepKind.DANGER, "deployment api to 0"),
        ("kubectl -n shop set image deployment/api api=example.com/api:v2", StepKind.CHANGE, "api=example.com/api:v2"),
        ("kubectl -n shop delete pod api-1", StepKind.DANGER, "Delete pod api-1"),
    ],
)
def test_what_is_typed_at_a_workload_is_known(line: str, kind: StepKind, sentence: str) -> None:
    command = recognise(line)
    assert command is not None
    assert command.kind is kind
    assert sentence in command.describe()


@pytest.mark.parametrize(
    "line",
    [
        "kubectl get pods",  # the namespace is whatever the context has
        "kubectl get pods -n other",
        "kubectl get pods -A -n shop",
        "kubectl get pods -n shop -o json",
        "kubectl get secrets -n shop",
        "kubectl --context staging -n shop rollout restart deployment/api",
        "kubectl --kubeconfig x -n shop get pods",
        "kubectl --as root -n shop get pods",
        "kubectl -n shop apply -f x.yaml",
        "kubectl -n shop delete deployment api",
        "kubectl -n shop delete pods --all",
        "kubectl -n shop rollout undo deployment/api --dry-run=client",
        "kubectl -n shop rollout undo -f x.yaml",
        "kubectl -n shop rollout restart deployment",
        "kubectl -n shop scale daemonset/x --replicas=2",
        "kubectl -n shop scale deployment/api",
        "kubectl -n shop set image deployment/api",
        "kubectl -n shop logs deployment/api --all-containers",
        "kubectl -n shop rollout restart deployment/api deployment/web",
        "kubectl -n shop rollout restart deployment/../x",
        "kubectl -n shop -n shop get pods",
        "oc -n shop get pods",
        "kubectl",
    ],
)
def test_anything_else_is_left_to_kubectl(line: str) -> None:
    assert recognise(line) is None


def test_without_a_cluster_nothing_is_known() -> None:
    assert recognise("kubectl get pods -n shop", Environment("prod")) is None


def test_a_followed_log_has_no_end_of_its_own() -> None:
    command = recognise("kubectl -n shop logs -f api-1")
    assert command is not None
    assert command.follow
