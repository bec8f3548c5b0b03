"""Whatever the API answers becomes workloads: no answer makes the mapping raise, and nothing unknown is green."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.revision_health import RevisionCondition, judge_revision
from cockpit.platforms.kubernetes.mapping import (
    ClusterAnswers,
    map_applications,
    map_pod,
    read_pod_state,
    share_traffic,
)

json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**6) | st.text(max_size=20) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("metadata", "spec", "status", "conditions", "containerStatuses", "state", "waiting", "reason", "message",
        "ready", "restartCount", "replicas", "template", "containers", "ownerReferences", "uid", "controller", "name",
        "annotations", "labels", "revision", "type", "deployment.kubernetes.io/revision")  # fmt: skip
answers = st.recursive(
    json, lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=6) | st.lists(inner, max_size=3)
)
objects = st.dictionaries(st.sampled_from(KEYS), answers, max_size=6)


@given(st.lists(objects, max_size=3), st.lists(objects, max_size=3), st.lists(objects, max_size=3))
def test_no_answer_makes_it_raise(workloads: Any, histories: Any, pods: Any) -> None:
    for kind in ("Deployment", "StatefulSet", "DaemonSet"):
        found = map_applications(ClusterAnswers({kind: workloads}, histories, histories, pods), environment="prod")
        assert len(found) == len(workloads)
        for application in found:
            assert sum(revision.weight for revision in application.revisions) in (0, 100)
            for revision in application.revisions:
                judge_revision(revision)


@given(objects)
def test_a_pod_is_ready_only_by_its_own_condition(raw: Any) -> None:
    assert not map_pod({**raw, "status": {"phase": "Running", "conditions": []}}).ready


@given(st.lists(st.integers(0, 1_000), max_size=8))
def test_shares_are_whole_percents_of_all(counts: list[int]) -> None:
    shares = share_traffic(counts)
    assert sum(shares) == (100 if sum(counts) else 0)
    assert all(share >= 0 for share in shares)


def pod(**status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "api-1"}, "spec": {"containers": [{"name": "api"}]}, "status": status}


def waiting(reason: str, **more: Any) -> dict[str, Any]:
    return {"name": "api", "ready": False, "restartCount": 3, "state": {"waiting": {"reason": reason, **more}}}


@pytest.mark.parametrize(
    ("raw", "state", "details"),
    [
        (pod(phase="Pending"), "Pending", ""),
        (pod(phase="Failed", reason="Evicted"), "Evicted", ""),
        (pod(phase="Running", containerStatuses=[waiting("CrashLoopBackOff")]), "CrashLoopBackOff", "CrashLoopBackOff"),
        (
            pod(phase="Pending", containerStatuses=[waiting("ErrImagePull", message="not found")]),
            "ErrImagePull",
            "ErrImagePull: not found",
        ),
        (pod(phase="Pending", containerStatuses=[waiting("ContainerCreating")]), "ContainerCreating", ""),
        (
            pod(phase="Pending", initContainerStatuses=[waiting("CrashLoopBackOff")]),
            "Init:CrashLoopBackOff",
            "CrashLoopBackOff",
        ),
        (
            pod(
                phase="Pending",
                conditions=[
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}
                ],
            ),
            "Pending",
            "Unschedulable: 0/3 nodes",
        ),
        (
            pod(
                phase="Running",
                containerStatuses=[
                    {
                        "name": "api",
                        "ready": False,
                        "restartCount": 1,
                        "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
                    }
                ],
            ),
            "OOMKilled",
            "api ended: OOMKilled, exit code 137",
        ),
    ],
)
def test_a_pod_says_what_kubectl_says_and_why(raw: dict[str, Any], state: str, details: str) -> None:
    assert (read_pod_state(raw), map_pod(raw).details) == (state, details)


INIT_CONTAINERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "done": ({"ready": True, "state": {"terminated": {"exitCode": 0}}}, ["api"]),
    "failed": ({"ready": False, "state": {"terminated": {"exitCode": 1}}}, ["migrate", "api"]),
    "in a loop": (
        {"ready": False, "state": {"waiting": {}}, "lastState": {"terminated": {"exitCode": 1}}},
        ["migrate", "api"],
    ),
    "at work": ({"ready": False, "state": {"running": {}}}, ["migrate", "api"]),
    "not begun": ({"ready": False, "state": {"waiting": {"reason": "PodInitializing"}}}, ["api"]),
}


@pytest.mark.parametrize(("status", "names"), INIT_CONTAINERS.values(), ids=INIT_CONTAINERS)
def test_the_log_of_an_init_container_is_followed_as_long_as_it_keeps_the_pod(
    status: dict[str, Any], names: list[str]
) -> None:
    replica = map_pod(pod(phase="Pending", initContainerStatuses=[{"name": "migrate", **status}]))
    assert [name for name, _ in replica.containers] == names


def test_a_pod_that_is_leaving_is_terminating_and_not_ready() -> None:
    leaving = pod(phase="Running", conditions=[{"type": "Ready", "status": "True"}])
    leaving["metadata"]["deletionTimestamp"] = "2026-11-21T02:00:00Z"
    replica = map_pod(leaving)
    assert (replica.state, replica.ready) == ("Terminating", False)


def test_a_revision_whose_pods_may_not_be_listed_is_never_called_serving_without_the_word_of_its_set() -> None:
    deployment = {
        "metadata": {"name": "api", "uid": "1", "annotations": {"deployment.kubernetes.io/revision": "1"}},
        "spec": {"replicas": 2},
        "status": {},
    }
    owner = [{"uid": "1", "controller": True}]
    replica_set = {
        "metadata": {
            "name": "api-x",
            "uid": "2",
            "annotations": {"deployment.kubernetes.io/revision": "1"},
            "ownerReferences": owner,
        },
        "spec": {"replicas": 2},
        "status": {"readyReplicas": 0},
    }
    (app,) = map_applications(ClusterAnswers({"Deployment": [deployment]}, [replica_set]), environment="prod")
    assert judge_revision(app.revisions[0]).condition is RevisionCondition.STARTING
