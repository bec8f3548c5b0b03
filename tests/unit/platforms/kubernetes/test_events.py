"""Events of a namespace become a few facts: one for a workload and reason, whichever pod they name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.event import Kind
from cockpit.model.revision import Application, Replica, Revision
from cockpit.platforms.kubernetes.events import follow_groups, group_events, map_group, name_owner
from cockpit.platforms.kubernetes.kind import choose_pod, list_revision_choices

T0 = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def event(name: str = "api-7c9f8d6b5-x2x4z", reason: str = "BackOff", minute: int = 0, **rest: Any) -> dict[str, Any]:
    stamp = f"{T0 + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "involvedObject": {"kind": "Pod", "name": name},
        "reason": reason,
        "message": "Back-off restarting failed container",
        "type": "Warning",
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 3,
        **rest,
    }


def test_fifty_pods_that_fail_alike_are_one_fact() -> None:
    (group,) = group_events([event(f"api-7c9f8d6b5-x2x{digit}{other}") for digit in "2456789" for other in "bcdfghj"])
    change = map_group(group, "shop")
    assert (change.kind, change.detail["count"], change.changes) == (Kind.CLUSTER, 147, False)
    assert change.summary.startswith("api: BackOff")


@pytest.mark.parametrize(
    ("name", "kind", "owner"),
    [
        ("api-7c9f8d6b5-x2x4z", "Pod", "api"),
        ("shop-api-7c9f8d6b5-x2x4z", "Pod", "shop-api"),
        ("store-0", "Pod", "store"),
        ("api-7c9f8d6b5", "ReplicaSet", "api"),
        ("api", "Deployment", "api"),
        ("agent-x2x4z", "Pod", "agent"),
    ],
)
def test_a_pod_stands_for_its_workload(name: str, kind: str, owner: str) -> None:
    assert name_owner(name, kind) == owner


def test_normal_events_are_left_out_but_those_that_change_what_runs() -> None:
    groups = group_events(
        [event(type="Normal", reason="Pulled"), event("api", type="Normal", reason="SuccessfulRescale")]
    )
    assert [(group.reason, group.changes) for group in groups] == [("SuccessfulRescale", True)]


def test_what_goes_on_keeps_its_state_though_the_cluster_forgets_how_it_began() -> None:
    first = follow_groups({}, group_events([event(minute=0), event(minute=20)]))
    later = follow_groups(first, group_events([event(minute=45)]))
    assert [map_group(group, "shop").state for group in later.values()] == [
        map_group(group, "shop").state for group in first.values()
    ]


def test_what_comes_back_after_half_an_hour_is_reported_again() -> None:
    first = follow_groups({}, group_events([event(minute=0)]))
    later = follow_groups(first, group_events([event(minute=40)]))
    assert {group.first for group in later.values()} == {T0 + timedelta(minutes=40)}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(event())), ANYTHING)
def test_no_event_however_odd_ends_the_feed(field: str, value: Any) -> None:
    for group in group_events([{**event(), field: value}]):
        assert "\n" not in map_group(group, "shop").summary


def test_the_pod_to_delete_is_one_that_is_not_ready_and_the_most_often_restarted() -> None:
    pods = (Replica("a", "Running", True, 9), Replica("b", "Running", False, 1), Replica("c", "Running", False, 4))
    revision = Revision("api", "api-7c9f8d6b5", True, 100, T0, replicas=pods)
    app = Application("api", "prod", "deployment", "", (revision,), location="ctx/shop (c)", platform="kubernetes")
    assert choose_pod(revision) == "c"
    choice = next(choice for choice in list_revision_choices(app, revision) if choice.procedure == "delete-a-pod")
    assert dict(choice.values_by_name) == {"namespace": "shop", "pod": "c"}
    assert choose_pod(Revision("api", "x", True, 100, T0, replicas=())) == ""
