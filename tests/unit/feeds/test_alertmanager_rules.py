"""What Prometheus is believed: that an alert is pending, that one still fires, that one is over."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.feeds.alertmanager_fate import Says, Word
from cockpit.feeds.alertmanager_labels import LabelSets
from cockpit.feeds.alertmanager_matchers import matches_all
from cockpit.feeds.alertmanager_rules import Rules, Witnesses, down_of, pending, rules_of, worth_showing
from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.problem import SourceError

BODY = (Path(__file__).parent / "answers" / "prometheus_rules.json").read_bytes()
AT = datetime(2026, 11, 21, 2, 0, 30, tzinfo=UTC)


def said(*down: tuple[str, str], server: str = "prom-1", body: bytes = BODY) -> Rules:
    return Rules(server, AT, rules_of(body), frozenset(down))


def alert(name: str, state: AlertState = AlertState.FIRING, **labels: str) -> Alert:
    every = {"alertname": name, "env": "prod", **labels}  # env is an external label: Prometheus does not tell it
    return Alert("am", "f1", name, Severity.HIGH, state, AT, "prod", labels=tuple(sorted(every.items())))


def word(found: Alert, *answers: Rules, silent: tuple[str, ...] = ()) -> Word:
    return Witnesses(answers or (said(),), silent).word_on(found)


def waiting(body: bytes = BODY) -> list[Alert]:
    return pending(rules_of(body), source="am", environment="prod", server="prom-1", seen=AT)


def test_pending_alerts_are_told_with_when_they_began() -> None:
    first, second = waiting()
    assert (first.name, first.state, first.severity) == ("Http5xxHigh", AlertState.PENDING, Severity.MEDIUM)
    assert (first.summary, first.seen_by) == ("5xx rate 12% on orders-api", ("prom-1",))
    assert first.since == datetime(2026, 11, 21, 1, 59, 21, 167_401, UTC)
    assert first.key != second.key


def test_a_pending_alert_keeps_its_key_from_poll_to_poll() -> None:
    later = BODY.replace(b'"1.2e-01"', b'"9.9e-01"').replace(b"02:00:20", b"02:00:35")
    assert [each.key for each in waiting(later)] == [each.key for each in waiting()]


def test_an_alert_that_fires_is_not_shown_as_pending_too() -> None:
    fires = alert("Http5xxHigh", app="orders-api", severity="warning")
    assert [dict(each.labels)["app"] for each in worth_showing(waiting(), [fires])] == ["billing-api"]


def test_an_alert_that_resolved_and_is_pending_once_more_is_shown_twice() -> None:
    over = alert("Http5xxHigh", AlertState.RESOLVED, app="orders-api", severity="warning")
    assert len(worth_showing(waiting(), [over])) == 2


def test_two_servers_with_the_same_rules_tell_a_pending_alert_once() -> None:
    assert len(worth_showing([*waiting(), *waiting()], [])) == 2


def test_an_inactive_rule_that_was_just_evaluated_confirms_the_end() -> None:
    assert word(alert("QueueLong")) == Word(Says.INACTIVE, "confirmed by Prometheus prom-1")


def test_a_rule_that_fires_for_another_instance_confirms_the_end_of_this_one() -> None:
    assert word(alert("ReplicaDown", instance="orders-api--r12-y", job="signals")).says is Says.INACTIVE


def test_an_alert_that_prometheus_still_has_fires() -> None:
    found = alert("ReplicaDown", instance="orders-api--r12-x", job="signals", severity="critical")
    assert word(found) == Word(Says.FIRES, "prom-1 says it fires")


def test_an_alert_whose_labels_were_dropped_on_the_way_is_still_recognised() -> None:
    assert word(alert("ReplicaDown", instance="orders-api--r12-x")).says is Says.FIRES


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Http5xxHigh", "pending once more in prom-1"),
        ("NeverRan", "prom-1 has not evaluated the rule yet"),
        ("Broken", "the rule fails in prom-1: many-to-many matching not allowed"),
        ("Stuck", "prom-1 last evaluated the rule 30m ago"),
        ("Unheard", "no Prometheus has a rule Unheard"),
    ],
)
def test_a_rule_that_cannot_know_confirms_nothing(name: str, why: str) -> None:
    assert word(alert(name, app="orders-api")) == Word(Says.UNKNOWN, f"not confirmed: {why}")


@pytest.mark.parametrize("down", [("signals", ""), ("signals", "orders-api--r12-y")])
def test_a_rule_without_data_confirms_nothing(down: tuple[str, str]) -> None:
    found = word(alert("ReplicaDown", instance="orders-api--r12-y", job="signals"), said(down))
    assert found.says is Says.UNKNOWN
    assert "no data" in found.why


def test_another_target_that_is_down_hides_nothing() -> None:
    found = alert("ReplicaDown", instance="orders-api--r12-y", job="signals")
    assert word(found, said(("signals", "orders-api--r12-z"), ("batch", ""))).says is Says.INACTIVE


def test_a_prometheus_that_does_not_answer_may_know_better() -> None:
    assert word(alert("QueueLong"), said(), silent=("prom-2",)) == Word(
        Says.UNKNOWN, "not confirmed: prom-2 does not answer"
    )


def test_of_several_that_answer_the_one_that_sees_it_fire_is_believed() -> None:
    quiet = Rules("prom-2", AT, {"ReplicaDown": rules_of(BODY)["QueueLong"]})
    assert word(alert("ReplicaDown", instance="orders-api--r12-x"), quiet, said()).says is Says.FIRES


def test_targets_without_data_are_read_from_a_query() -> None:
    body = {
        "status": "success",
        "data": {
            "resultType": "vector",
            "result": [
                {"metric": {"job": "signals"}, "value": [1, "0"]},
                {"metric": {"__name__": "up", "job": "api", "instance": "a:1"}, "value": [1, "0"]},
                {"metric": {}, "value": [1, "0"]},
                "odd",
            ],
        },
    }
    assert down_of(json.dumps(body).encode()) == {("signals", ""), ("api", "a:1")}


@pytest.mark.parametrize(
    "body",
    [b"[]", b"{}", b'{"status": "error", "error": "x"}', b'{"status": "success", "data": {}}', b"<html>", b"\xff"],
)
def test_what_is_no_answer_of_a_prometheus_is_refused(body: bytes) -> None:
    with pytest.raises((SourceError, ValueError)):
        rules_of(body)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
RULE = st.fixed_dictionaries(
    {"name": st.just("QueueLong")},
    optional=dict.fromkeys(("health", "lastEvaluation", "type", "lastError", "state"), JSON)
    | {"alerts": JSON | st.lists(st.fixed_dictionaries({"labels": JSON, "state": st.just("pending")}), max_size=2)},
)


@given(groups=JSON | st.lists(st.fixed_dictionaries({"rules": JSON | st.lists(RULE), "interval": JSON}), max_size=2))
def test_any_rules_are_read_or_refused(groups: Any) -> None:
    body = json.dumps({"status": "success", "data": {"groups": groups}}).encode()
    try:
        found = rules_of(body)
    except (SourceError, ValueError):
        return
    waiting(body)
    Witnesses([Rules("prom-1", AT, found)], []).word_on(alert("QueueLong"))


LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"))


@given(sets=st.lists(LABELS), asked=LABELS)
def test_sets_agree_when_no_label_that_both_have_differs(sets: list[dict[str, str]], asked: dict[str, str]) -> None:
    plainly = any(all(asked.get(name, value) == value for name, value in each.items()) for each in sets)
    assert LabelSets(sets).any_agrees(asked) is plainly


@pytest.mark.parametrize(
    ("matcher", "passes"),
    [
        ('severity="critical"', True),
        ("severity=critical", True),
        ('severity!="critical"', False),
        ('severity=~"crit.*|page"', True),
        ('severity=~"crit"', False),
        ('severity!~"warn.*"', True),
        ('"severity" = "critical"', True),
        ('severity="a \\"quoted\\" one"', False),
        ('team="orders"', True),  # not there: it may be an external label
        ('severity=~"(?P<x"', True),  # no expression we can read
        ("{broken", True),
    ],
)
def test_a_matcher_lets_pass_what_it_does_not_speak_of(matcher: str, passes: bool) -> None:
    assert matches_all([matcher])({"severity": "critical"}) is passes


@given(filters=st.lists(st.text()), labels=st.dictionaries(st.text(), st.text()))
def test_no_matcher_breaks_anything(filters: list[str], labels: dict[str, str]) -> None:
    assert matches_all(filters)(labels) in (True, False)
