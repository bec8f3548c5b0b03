"""What befalls the simulated world is no tamer than the real thing: what does not help there does not help here."""

from dataclasses import replace

import pytest

from cockpit.simulator.answer import SimulatedRequest
from cockpit.simulator.kubernetes.cluster import Cluster
from cockpit.simulator.kubernetes.objects import BrokenImage, Object, find_back_off, is_ready, make_node
from cockpit.simulator.workload import answer_request, compute_delay
from cockpit.simulator.world.alerts import list_simulated_alerts
from cockpit.simulator.world.changes import start_change
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.scenario import Scenario, parse_scenario
from cockpit.simulator.world.stage import Stage, advance_world, failing_share_at
from cockpit.simulator.world.world import Caller, Patch, SimulatedCondition, TrafficShare, World, begin_world
from tests.integration.platforms.turned_clock import TurnedClock

WHO = Caller("operator@example.com")


def tell(events: str) -> Scenario:
    return parse_scenario("test", f'about = "x"\n{events}')


def change(world: World, patch: Patch) -> World:
    changed, _ = start_change(world, patch, WHO)
    return advance_world(changed, world.now + 60)


OUTAGE = '[[events]]\nat = 10\nwhat = "sicken"\n[[events]]\nat = 300\nwhat = "heal"\n'
BAD = '[[events]]\nat = 10\nwhat = "deploy"\nsuffix = "r44"\nimage = "registry.example.com/app:1.44.0"\nby = "ci"\n'


def test_no_rollback_helps_where_what_every_revision_needs_is_out() -> None:
    world = change(advance_world(begin_world(tell(OUTAGE)), 20), Patch((TrafficShare(100, "shop-api--r43"),)))
    world = change(world, Patch(image="registry.example.com/app:1.42.0", new_revision=True))
    assert world.condition(world.latest) is SimulatedCondition.SICK
    assert failing_share_at(world, world.latest.name, world.now) > 0
    assert advance_world(world, 301).condition(world.latest) is SimulatedCondition.FINE


def test_healing_what_all_need_does_not_heal_a_release_that_is_bad_itself() -> None:
    world = advance_world(begin_world(tell(OUTAGE + BAD + "sick = true\n")), 301)
    assert world.condition(world.latest) is SimulatedCondition.SICK


@pytest.mark.parametrize(
    "image", ["registry.example.com/app:9.9.9", "registry.example.com/app", "gone.example.com/app:1.43.0"]
)
def test_an_image_that_is_not_there_is_not_deployed(image: str) -> None:
    before = advance_world(begin_world(tell(BAD)), 20)
    world = change(before, Patch(image=image, new_revision=True))
    assert len(world.revisions) == len(before.revisions)
    assert world.operations[-1].status == "Failed"


def test_the_bad_image_is_bad_whatever_its_repository_is_called() -> None:
    world = advance_world(begin_world(tell(BAD + "sick = true\n")), 20)
    world = change(world, Patch(image="registry.example.com/shop-api:1.44.0", new_revision=True))
    assert world.condition(world.latest) is SimulatedCondition.SICK


SLOW = BAD + (
    'slow = true\n[[events]]\nat = 200\nwhat = "heal"\nsuffix = "r44"\n[[rules]]\nname = "p95"\nseverity = "Sev2"\n'
    'watches = "latency"\nfires_after = 20\nresolves_after = 15\ndescription = "slow"\n'
)


def ask(stage: Stage, path: str, method: str = "GET") -> SimulatedRequest:
    return SimulatedRequest(method, path, stage.fqdn)


def test_an_empty_cache_makes_it_slow_and_not_ill() -> None:
    stage = Stage(tell(SLOW), SimulatedClock(clock := TurnedClock(), 1.0))
    clock.turn(40)
    world = stage.world()
    assert world.condition(world.latest) is SimulatedCondition.FINE
    assert compute_delay(world, ask(stage, "/readyz")) > 2
    assert answer_request(stage, ask(stage, "/readyz")).status == 200
    assert answer_request(stage, ask(stage, "/api/v1/cache/stats")).body["hit_rate"] < 0.1
    assert [alert.name for alert in list_simulated_alerts(world)] == ["p95"]
    clock.turn(200)
    assert compute_delay(stage.world(), ask(stage, "/readyz")) < 1
    assert list_simulated_alerts(stage.world())[0].resolved is not None


QUEUE = '[[alerts]]\nname = "stuck"\nseverity = "Sev2"\nage = -10\nended_by = "POST /queue/run$"\nended_after = 20\n'


def test_an_alert_lasts_until_its_cause_is_ended_and_is_not_ended_before_it_fires() -> None:
    stage = Stage(tell(QUEUE), SimulatedClock(clock := TurnedClock(), 1.0))
    stage.heed_act("POST /queue/run")
    clock.turn(3600)
    stage.heed_act("GET /queue/run")
    assert list_simulated_alerts(stage.world())[0].resolved is None
    stage.heed_act("post /queue/run")
    clock.turn(19)
    assert list_simulated_alerts(stage.world())[0].resolved is None
    clock.turn(2)
    assert list_simulated_alerts(stage.world())[0].resolved == 3620


# A cluster


def make_cluster() -> Cluster:
    cluster = Cluster(now=1_000_000.0)
    for name in ("n1", "n2"):
        cluster.add("Node", name, make_node(name))
    cluster.deploy("api", "app:1")
    cluster.step(1_000_010.0)
    return cluster


def read_condition(cluster: Cluster, kind: str) -> Object:
    conditions = cluster.objects["Deployment", "api"]["status"]["conditions"]
    condition: Object = next(item for item in conditions if item["type"] == kind)
    return condition


def test_events_are_kept_for_an_hour_as_a_cluster_keeps_them() -> None:
    cluster = make_cluster()
    assert cluster.of_kind("Event")
    cluster.step(1_000_010.0 + 3590)
    assert cluster.of_kind("Event")
    cluster.step(1_000_010.0 + 3601)
    assert not cluster.of_kind("Event")


def test_a_drained_node_evicts_its_pods_and_the_new_ones_wait_for_room() -> None:
    cluster = make_cluster()
    before = {pod["metadata"]["name"] for pod in cluster.of_kind("Pod")}
    cluster.drain("n2", "0/2 nodes are available: 1 node(s) were unschedulable, 1 Insufficient cpu.")
    cluster.step(1_000_700.0)
    pods = cluster.of_kind("Pod")
    assert before.isdisjoint(pod["metadata"]["name"] for pod in pods)
    assert [pod["status"]["phase"] for pod in pods] == ["Pending", "Pending"]
    assert pods[0]["status"]["conditions"][0]["reason"] == "Unschedulable"
    assert "FailedScheduling" in {event["reason"] for event in cluster.of_kind("Event")}
    assert read_condition(cluster, "Available")["status"] == "False"
    # Nothing is being rolled out: no deadline passes.
    assert read_condition(cluster, "Progressing")["reason"] == "NewReplicaSetAvailable"
    cluster.no_room = ""
    cluster.step(1_000_701.0)
    cluster.step(1_000_710.0)
    assert all(map(is_ready, cluster.of_kind("Pod")))
    assert {pod["spec"]["nodeName"] for pod in cluster.of_kind("Pod")} == {"n1"}


def test_a_rollout_that_does_not_come_up_passes_its_deadline() -> None:
    cluster = make_cluster()
    cluster.broken["app:2"] = BrokenImage("crash")
    cluster.deploy("api", "app:2")
    cluster.step(1_000_020.0)
    assert read_condition(cluster, "Progressing")["reason"] == "ReplicaSetUpdated"
    cluster.step(1_000_700.0)
    assert read_condition(cluster, "Progressing")["reason"] == "ProgressDeadlineExceeded"


def test_restarts_are_counted_since_it_fell_ill_and_not_since_it_was_made() -> None:
    cluster = make_cluster()
    cluster.step(1_086_400.0)
    cluster.broken["app:1"] = BrokenImage("crash")
    cluster.broken_since["app:1"] = 1_086_400.0
    cluster.step(1_086_435.0)
    counts = [status["restartCount"] for pod in cluster.of_kind("Pod") for status in pod["status"]["containerStatuses"]]
    assert counts == [3, 3]


@pytest.mark.parametrize(
    ("seconds", "restarts", "wait"),
    [(0, 1, 10), (9, 1, 10), (10, 2, 20), (31, 3, 40), (600, 6, 300), (86_400, 292, 300)],
)
def test_a_kubelet_waits_twice_as_long_each_time_and_five_minutes_at_most(
    seconds: float, restarts: int, wait: float
) -> None:
    assert find_back_off(seconds) == (restarts, wait)


def test_the_world_of_another_platform_has_nobody_who_answers_while_its_node_is_drained() -> None:
    world = begin_world(tell('[[events]]\nat = 10\nwhat = "drain"\nlasts = 60\n'))
    states = [advance_world(world, second).is_drained for second in (9, 11, 69, 71)]
    assert states == [False, True, True, False]
    assert replace(advance_world(world, 71)).history[-1].is_drained is False
