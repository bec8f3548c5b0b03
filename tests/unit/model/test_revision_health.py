"""What is known of how a revision fares: green is only what is known to serve."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.overall import OverallState, judge_environment
from cockpit.model.reading import FeedState, Freshness, Reading
from cockpit.model.revision import MISSING, Application, Replica, Revision
from cockpit.model.revision_health import RevisionCondition, judge_revision

T0 = datetime(2026, 11, 21, tzinfo=UTC)
CONDITIONS = RevisionCondition


def replicas(ready: int, count: int, restarts: int = 0) -> tuple[Replica, ...]:
    return tuple(Replica(f"r{number}", "Running", number < ready, restarts) for number in range(count))


def revision(**more: Any) -> Revision:
    usual = Revision("mi", "mi--v2", True, 100, T0, health="Healthy", running="Running", provisioning="Provisioned")
    return replace(usual, **more)


@pytest.mark.parametrize(
    ("told", "condition"),
    [
        (revision(replicas=replicas(2, 2)), CONDITIONS.SERVING),
        (revision(replicas=replicas(1, 3), running="RunningAtMaxScale"), CONDITIONS.SERVING),
        (revision(replica_count=2), CONDITIONS.SERVING),
        (revision(health="None", running="Activating"), CONDITIONS.STARTING),
        (revision(running="Activating"), CONDITIONS.STARTING),  # Healthy, and nobody is there yet
        (revision(running="Processing", provisioning="Provisioning", replicas=replicas(0, 2)), CONDITIONS.STARTING),
        (revision(running="Activating", replicas=(), min_replicas=0), CONDITIONS.STARTING),
        (revision(replicas=(), min_replicas=0), CONDITIONS.SCALED_TO_ZERO),
        (revision(running="ScaledToZero", replicas=(), health="None"), CONDITIONS.SCALED_TO_ZERO),
        (revision(running="Scaled to zero", health="None"), CONDITIONS.SCALED_TO_ZERO),
        (revision(replicas=(), min_replicas=1), CONDITIONS.ILL),
        (revision(replicas=(), replica_count=0), CONDITIONS.UNKNOWN),
        (revision(replica_count=0), CONDITIONS.UNKNOWN),
        (revision(replicas=replicas(0, 2)), CONDITIONS.ILL),
        (revision(health="Unhealthy", replicas=replicas(0, 2, 17)), CONDITIONS.ILL),
        (revision(running="Activation Failed"), CONDITIONS.ILL),
        (revision(provisioning_error="no image"), CONDITIONS.ILL),
        (revision(running="Activating", running_details="ImagePullBackOff: not found"), CONDITIONS.ILL),
        (revision(running_details="Deployment Progress Deadline Exceeded. 0/2 replicas ready."), CONDITIONS.ILL),
        (revision(provisioning="Deprovisioning", replicas=replicas(1, 1)), CONDITIONS.STOPPING),
        (revision(active=False, weight=100, running="Stopped"), CONDITIONS.ILL),
        (revision(active=False, weight=0, running="Stopped"), CONDITIONS.INACTIVE),
        (revision(health="", running="", provisioning=""), CONDITIONS.UNKNOWN),
        (revision(health="odd", running="NewWord"), CONDITIONS.UNKNOWN),
    ],
)
def test_one_word_of_the_cloud_is_not_enough(told: Revision, condition: RevisionCondition) -> None:
    assert judge_revision(told).condition is condition


def word(*revisions: Revision, **more: Any) -> OverallState:
    app = Application("mi", "prod", "multiple", "", revisions, **more)
    reading: Reading[Any] = Reading("revisions", "prod", 15.0, 1.0, (app,), 1.0, T0)
    return judge_environment([reading], {"revisions": Freshness(FeedState.LIVE, 1.0)}).word


def test_an_app_without_ingress_can_be_ill() -> None:
    ill = revision(weight=0, health="Unhealthy", replicas=replicas(0, 2, 17))
    assert word(ill, has_ingress=False) is OverallState.DEGRADED
    assert word(replace(ill, active=False), has_ingress=False) is OverallState.DEGRADED  # nobody works
    assert word(revision(weight=0, replicas=replicas(2, 2)), has_ingress=False) is OverallState.OK


def test_traffic_that_goes_to_nobody_is_no_good() -> None:
    assert word(revision(active=False, running="Stopped")) is OverallState.DEGRADED
    assert word(revision(running="Activating")) is OverallState.DEGRADED
    assert word(revision(replicas=(), min_replicas=1)) is OverallState.DEGRADED
    assert word(revision(health="", running="", provisioning="")) is OverallState.UNKNOWN
    assert word(running=MISSING) is OverallState.UNKNOWN


def test_one_that_sleeps_until_somebody_asks_is_fine() -> None:
    assert word(revision(replicas=(), min_replicas=0)) is OverallState.OK


def test_the_reason_is_one_sentence_where_the_cloud_ends_its_own_with_a_full_stop() -> None:
    ill = revision(health="Unhealthy", running_details="CrashLoopBackOff: container failed.", replicas=replicas(0, 2))

    assert judge_revision(ill).reason == "Unhealthy, CrashLoopBackOff: container failed, 0 of 2 replicas ready"


def test_the_reason_says_how_many_are_ready_and_how_often_they_restarted() -> None:
    told = judge_revision(revision(health="Unhealthy", replicas=replicas(0, 2, 17)))
    assert told.reason == "Unhealthy, 0 of 2 replicas ready, 34 restarts"


WORDS = st.sampled_from(["", "None", "Healthy", "Running", "Activating", "ScaledToZero", "Failed", "odd", "Stopped"])


@given(
    st.builds(
        revision,
        active=st.booleans(),
        weight=st.sampled_from([0, 50, 100]),
        health=WORDS,
        running=WORDS,
        provisioning=WORDS,
        replica_count=st.sampled_from([None, 0, 2]),
        replicas=st.sampled_from([None, (), replicas(0, 1), replicas(1, 2)]),
        min_replicas=st.sampled_from([None, 0, 1]),
    )
)
def test_nothing_is_called_serving_that_is_known_to_have_no_ready_replica(told: Revision) -> None:
    health = judge_revision(told)
    assert health.word
    assert len(health.word) <= 16
    if health.condition is CONDITIONS.SERVING:
        assert told.active
        assert told.ready_count != 0
        assert told.replica_count != 0 or told.ready_count
