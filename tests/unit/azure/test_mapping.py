"""What Azure says of apps, revisions and replicas, as our own nouns."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.azure.mapping import map_application, map_replica, map_revision, with_replicas

HERE = Path(__file__).parent / "answers"


def answer(name: str) -> Any:
    return json.loads((HERE / f"{name}.json").read_text())


def test_an_app_shows_its_revisions_newest_first_with_weights_labels_and_images() -> None:
    app = map_application(answer("app"), answer("revisions")["value"], environment="prod")
    assert [each.name for each in app.revisions] == ["orders-api--v3", "orders-api--v2", "orders-api--v1"]
    assert [each.weight for each in app.revisions] == [20, 80, 0]
    assert [each.labels for each in app.revisions] == [("canary",), (), ()]
    assert [each.active for each in app.revisions] == [True, True, False]
    assert app.revisions[0].image == "registry.example.com/orders-api:3.0.0, registry.example.com/proxy:1"
    assert app.serving is not None
    assert app.serving.name == "orders-api--v2"
    assert (app.mode, app.running, app.changed_by) == ("multiple", "Running", "deployer@example.com")


def test_a_system_time_without_a_zone_is_utc() -> None:
    app = map_application(answer("app"), [], environment="prod")
    assert app.changed_at == datetime(2026, 2, 27, 2, 0, 1, 234567, tzinfo=UTC)


def test_a_running_state_that_is_in_no_specification_is_shown_as_it_is() -> None:
    found = map_revision({"name": "a--1", "properties": {"runningState": "ActivationFailed"}}, "a")
    assert found.running == "ActivationFailed"


def test_a_weight_that_the_revision_does_not_tell_comes_from_the_traffic_of_the_app() -> None:
    traffic = [{"latestRevision": True, "weight": "70"}, {"revisionName": "a--1", "weight": 30, "label": "old"}]
    assert map_revision({"name": "a--2"}, "a", traffic, "a--2").weight == 70
    assert map_revision({"name": "a--1"}, "a", traffic, "a--2").labels == ("old",)


def test_revisions_without_a_date_keep_the_order_of_azure_which_is_oldest_first() -> None:
    app = map_application({}, [{"name": "first"}, {"name": "second"}], environment="prod", name="a")
    assert [each.name for each in app.revisions] == ["second", "first"]


def test_a_replica_is_ready_when_all_its_containers_are() -> None:
    found = map_replica(answer("replicas")["value"][0])
    assert (found.ready, found.restarts, found.state) == (False, 7, "Running")
    assert found.containers[0] == ("api", "https://eastus.azurecontainerapps.dev/logs/api/logstream")


def test_an_init_container_that_fails_counts_its_restarts_and_has_a_log() -> None:
    api = {"name": "api", "ready": False, "restartCount": 0, "logStreamEndpoint": "https://logs/api"}
    done = {"name": "unpack", "ready": True, "restartCount": 1, "logStreamEndpoint": "https://logs/unpack"}
    fails = {"name": "migrate", "ready": False, "restartCount": 12, "logStreamEndpoint": "https://logs/migrate"}
    replica = map_replica({"name": "r", "properties": {"containers": [api], "initContainers": [done, fails]}})
    assert (replica.ready, replica.restarts) == (False, 13)
    assert replica.containers == (("migrate", "https://logs/migrate"), ("api", "https://logs/api"))


def test_a_revision_whose_replicas_were_not_read_says_so() -> None:
    app = map_application({}, [{"name": "a--1"}, {"name": "a--2"}], environment="prod", name="a")
    found = with_replicas(app, {"a--1": (map_replica({"name": "r"}),), "a--2": None})
    assert {each.name: each.replicas and len(each.replicas) for each in found.revisions} == {"a--1": 1, "a--2": None}


def test_hostile_text_is_cleaned_in_every_field() -> None:
    evil = "\x1b]52;c;aGk=\x07[red]\u202eevil"
    app = map_application(
        {"name": evil, "systemData": {"lastModifiedBy": evil}, "properties": {"runningStatus": evil}},
        [{"name": evil, "properties": {"runningState": evil, "template": {"containers": [{"image": evil}]}}}],
        environment="prod",
    )
    assert "\x1b" not in repr(app.name + app.changed_by + app.running + app.revisions[0].image + app.revisions[0].name)
    assert "\u202e" not in app.revisions[0].running


FIELDS = [
    "name", "properties", "systemData", "configuration", "ingress", "traffic", "weight", "revisionName", "label",
    "latestRevision", "template", "containers", "image", "createdTime", "lastActiveTime", "active", "trafficWeight",
    "replicas", "healthState", "runningState", "restartCount", "ready", "logStreamEndpoint", "lastModifiedAt",
    "eventStreamEndpoint", "activeRevisionsMode",
]  # fmt: skip
garbage = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["100", "-5", "Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=25,
)
objects = st.dictionaries(st.sampled_from(FIELDS), garbage)


@given(objects, st.lists(objects, max_size=3))
def test_no_answer_however_odd_makes_the_mapping_raise(raw: dict[str, Any], revisions: list[dict[str, Any]]) -> None:
    app = map_application(raw, revisions, environment="prod", name="a")
    assert len(app.revisions) == len(revisions)
    assert all(0 <= each.weight <= 100 for each in app.revisions)
    assert map_replica(raw).restarts >= 0


@pytest.mark.parametrize("field", ["trafficWeight", "createdTime", "template", "replicas", "active", "fqdn"])
def test_any_field_of_a_revision_may_be_missing_or_null(field: str) -> None:
    raw = answer("revisions")["value"][0]
    raw["properties"][field] = None
    with_null = map_revision(raw, "orders-api")
    del raw["properties"][field]
    assert map_revision(raw, "orders-api") == with_null
