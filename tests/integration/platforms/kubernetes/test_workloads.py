"""A namespace as the revisions pane sees it: over kr8s, from a simulated cluster."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from cockpit.model.problem import ProblemKind
from cockpit.model.revision import MISSING
from cockpit.model.revision_health import RevisionCondition, judge_revision
from cockpit.simulator.kubernetes.api import ApiRefusal
from cockpit.simulator.kubernetes.objects import BrokenImage
from tests.integration.platforms.kubernetes.cluster_stage import ClusterStage, opened_cluster, write_kubeconfig

V1, V2, BROKEN = "example.com/api:v1", "example.com/api:v2", "example.com/api:broken"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[ClusterStage]:
    async with opened_cluster(tmp_path) as opened:
        opened.deploy(cause="first release")
        opened.settle()
        yield opened


async def test_a_deployment_that_is_through_serves(stage: ClusterStage) -> None:
    app = (await stage.read())["api"]
    (revision,) = app.revisions
    assert (app.mode, app.platform, app.has_ingress) == ("deployment", "kubernetes", False)
    assert app.location == "shop-admin/shop (aks-shop)"
    assert (revision.number, revision.image, revision.change_cause) == (1, V1, "first release")
    assert (revision.ready_count, revision.replica_count, revision.active) == (2, 2, True)
    assert judge_revision(revision).condition is RevisionCondition.SERVING


async def test_a_new_image_is_a_new_revision_and_the_old_one_rests(stage: ClusterStage) -> None:
    stage.deploy(image=V2)
    stage.settle()
    new, old = (await stage.read())["api"].revisions
    assert [(each.number, each.active, each.image) for each in (new, old)] == [(2, True, V2), (1, False, V1)]
    assert old.last_active == new.created


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("crash", "CrashLoopBackOff: back-off 40s restarting failed container=api pod="),
        ("oom", "(OOMKilled, exit code 137)"),
        ("pull", "ImagePullBackOff: Back-off pulling image"),
        ("unready", "containers with unready status: [api]"),
    ],
)
async def test_pods_that_do_not_come_up_say_why(stage: ClusterStage, how: str, reason: str) -> None:
    stage.cluster.broken[BROKEN] = BrokenImage(how)
    stage.deploy(image=BROKEN)
    stage.settle()
    new, old = (await stage.read())["api"].revisions
    assert reason in new.running_details
    assert judge_revision(new).condition in (RevisionCondition.ILL, RevisionCondition.STARTING)
    assert judge_revision(old).condition is RevisionCondition.SERVING, "the old pods go on meanwhile"
    assert any(reason in replica.details for replica in new.replicas or ())


async def test_a_rollout_that_ran_out_of_time_is_ill(stage: ClusterStage) -> None:
    stage.cluster.broken[BROKEN] = BrokenImage("unready")
    stage.deploy(image=BROKEN)
    stage.settle(700)
    new, _ = (await stage.read())["api"].revisions
    assert new.running_details.startswith("Progress Deadline Exceeded")
    assert judge_revision(new).condition is RevisionCondition.ILL


async def test_restarts_are_counted(stage: ClusterStage) -> None:
    stage.cluster.broken[BROKEN] = BrokenImage("crash")
    stage.deploy(image=BROKEN)
    stage.settle(45)
    new, _ = (await stage.read())["api"].revisions
    assert sum(replica.restarts for replica in new.replicas or ()) >= 3  # the kubelet waits twice as long each time


async def test_scaled_to_nothing_is_not_ill(stage: ClusterStage) -> None:
    stage.cluster.objects["Deployment", "api"]["spec"]["replicas"] = 0
    stage.settle()
    (revision,) = (await stage.read())["api"].revisions
    assert judge_revision(revision).condition is RevisionCondition.SCALED_TO_ZERO


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
async def test_stateful_sets_and_daemon_sets_have_revisions_too(stage: ClusterStage, kind: str) -> None:
    stage.deploy("store", "example.com/store:v1", kind=kind)
    stage.settle()
    stage.deploy("store", "example.com/store:v2", kind=kind)
    stage.settle(120)
    app = (await stage.read())["store"]
    assert app.mode == kind.lower()
    assert [(each.number, each.active, each.image) for each in app.revisions] == [
        (2, True, "example.com/store:v2"),
        (1, False, "example.com/store:v1"),
    ]
    assert app.revisions[0].ready_count == 2


async def test_a_set_that_is_rolled_up_to_its_partition_has_both_revisions_in_the_traffic(stage: ClusterStage) -> None:
    stage.deploy("db", kind="StatefulSet", replicas=4)
    stage.settle()
    stage.cluster.objects["StatefulSet", "db"]["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = 3
    stage.deploy("db", V2, kind="StatefulSet", replicas=4)
    stage.settle()
    revisions = (await stage.read())["db"].revisions
    assert [(revision.image, revision.weight) for revision in revisions] == [(V2, 25), (V1, 75)]


async def test_only_the_configured_workloads_are_shown_and_one_that_is_not_there_says_so(stage: ClusterStage) -> None:
    stage.deploy("other")
    apps = await stage.read("deployment/api", "worker")
    assert {name: app.running for name, app in apps.items()} == {"api": "", "worker": MISSING}


async def test_wrong_names_list_what_is_there(stage: ClusterStage) -> None:
    reading = await stage.platform("wrong").build_feed().poll()
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.MISSING
    assert "It has: api." in reading.problem.message


async def test_a_namespace_that_is_not_there_is_no_empty_one(stage: ClusterStage) -> None:
    """A cluster lists nothing for it, and says 200."""
    reading = await stage.platform(namespace="shopp").build_feed().poll()
    assert reading.problem is not None
    assert (reading.problem.kind, reading.problem.code) == (ProblemKind.MISSING, "no-such-namespace")
    stage.api.refuse(ApiRefusal(403, "Forbidden", verb="get", plural="namespaces"))
    unseen = await stage.platform(namespace="shopp").build_feed().poll()  # whether it is there is not ours to know
    assert (unseen.problem, unseen.value) == (None, ())


async def test_a_context_that_is_not_there_names_those_that_are(stage: ClusterStage) -> None:
    reading = await stage.platform(context="shop-admim").build_feed().poll()
    assert reading.problem is not None
    assert reading.problem.short == "no such context"
    assert "Did you mean shop-admin?" in reading.problem.advice


async def test_a_missing_right_is_described_in_words(stage: ClusterStage) -> None:
    for plural in ("deployments", "statefulsets", "daemonsets"):
        stage.api.refuse(ApiRefusal(403, plural=plural))
    reading = await stage.platform().build_feed().poll()
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.FORBIDDEN
    assert "allows list on deployments.apps: the ClusterRole view, bound in shop, does." in reading.problem.advice


async def test_without_the_right_to_list_pods_the_rest_is_shown_with_what_is_missing(stage: ClusterStage) -> None:
    stage.api.refuse(ApiRefusal(403, plural="pods"))
    reading = await stage.platform().build_feed().poll()
    assert reading.value is not None
    assert reading.problem is not None
    assert reading.problem.short == "403 no list pods"
    (revision,) = reading.value[0].revisions
    assert (revision.replicas, judge_revision(revision).condition) == (None, RevisionCondition.SERVING)


async def test_a_server_that_asks_for_patience_gets_it(stage: ClusterStage) -> None:
    stage.api.refuse(ApiRefusal(429, headers={"Retry-After": "7"}))
    reading = await stage.platform().build_feed().poll()
    assert reading.problem is not None
    assert (reading.problem.kind, reading.problem.retry_after) == (ProblemKind.THROTTLED, 7.0)


async def test_a_server_whose_queues_are_full_is_called_throttled_and_what_was_seen_stays(stage: ClusterStage) -> None:
    feed = stage.platform().build_feed()
    before = await feed.poll()
    stage.api.refuse(ApiRefusal(429))  # as API Priority and Fairness does it: in plain text, for a second
    reading = await feed.poll()
    assert reading.problem is not None
    assert (reading.problem.kind, reading.problem.retry_after) == (ProblemKind.THROTTLED, 1.0)
    assert reading.problem.short.startswith("429 throttled")
    assert (reading.value, reading.at, reading.seen) == (before.value, before.at, before.seen)


async def test_an_answer_of_full_queues_names_its_flow_schema_and_priority_level(stage: ClusterStage) -> None:
    stage.api.refuse(ApiRefusal(429))
    async with httpx.AsyncClient(base_url=stage.url, trust_env=False) as client:
        answer = await client.get("/api/v1/namespaces/shop/pods")
    assert {"x-kubernetes-pf-flowschema-uid", "x-kubernetes-pf-prioritylevel-uid", "retry-after"} <= set(answer.headers)


async def test_a_crashing_pod_beside_a_ready_one_makes_a_degraded_revision(stage: ClusterStage) -> None:
    stage.cluster.broken[V1] = BrokenImage("later")
    stage.settle()
    application = (await stage.read())["api"]
    health = judge_revision(application.revisions[0])
    assert (health.condition, health.word) == (RevisionCondition.ILL, "Degraded")
    assert "CrashLoopBackOff" in health.reason
    assert application.revisions[0].weight == 100  # the one that is ready has all of it


async def test_a_token_that_ran_out_is_fetched_again_without_a_word(tmp_path: Path) -> None:
    async with opened_cluster(tmp_path, tokens=("old",)) as stage:
        stage.deploy()
        stage.settle()
        platform = stage.platform()
        feed = platform.build_feed()
        assert (await feed.poll()).problem is None
        stage.api.tokens[:] = ["new"]
        write_kubeconfig(stage.kubeconfig, stage.url, token="new")
        assert (await feed.poll()).problem is None


async def test_a_token_that_is_not_taken_asks_to_sign_in(tmp_path: Path) -> None:
    async with opened_cluster(tmp_path, tokens=("right",)) as stage:
        write_kubeconfig(stage.kubeconfig, stage.url, token="wrong")
        reading = await stage.platform().build_feed().poll()
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.SIGN_IN


async def test_a_cluster_that_is_gone_is_a_network_problem(tmp_path: Path) -> None:
    async with opened_cluster(tmp_path) as stage:
        platform = stage.platform()
    reading = await platform.build_feed().poll()
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.NETWORK


async def test_many_pods_come_in_pages(stage: ClusterStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.platforms.kubernetes.client.PAGE", 5)
    stage.deploy("big", replicas=12)
    stage.settle()
    app = (await stage.read())["big"]
    assert app.revisions[0].ready_count == 12
    assert sum("/pods?" in path for _, path in stage.api.requests) == 3


async def test_the_warnings_of_the_namespace_are_read_as_facts_for_the_timeline(stage: ClusterStage) -> None:
    stage.deploy()
    stage.settle()
    stage.cluster.broken[BROKEN] = BrokenImage("crash")
    stage.deploy(image=BROKEN)
    stage.settle()
    (feed,) = stage.platform().build_change_feeds()
    reading = await feed.poll()
    assert reading.problem is None
    assert {change.detail["workload"] for change in reading.value or ()} == {"api"}
