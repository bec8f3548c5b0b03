"""What Prometheus is believed: that an alert is pending, that one still fires, that one is over."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.feeds.alertmanager.client import matches_all
from cockpit.feeds.alertmanager.labels import index_labels
from cockpit.feeds.alertmanager.resolution import PrometheusState, ResolutionWord, Trace
from cockpit.feeds.alertmanager.rules import (
    Rules,
    Witnesses,
    is_partial,
    list_broken_rules,
    list_firing_alerts,
    list_pending_alerts,
    rules_of,
    worth_showing,
)
from cockpit.feeds.alertmanager.targets import (
    NOTHING_REMEMBERED,
    Target,
    TargetMemory,
    Targets,
    targets_of,
)
from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.problem import SourceError

BODY = (Path(__file__).parent / "answers" / "prometheus_rules.json").read_bytes()
AT = datetime(2026, 11, 21, 2, 0, 30, tzinfo=UTC)


UP = frozenset({("signals", "orders-api--r12-x"), ("signals", "orders-api--r12-y"), ("batch", "b:1")})


def said(*down: Target, server: str = "prom-1", body: bytes = BODY, up: frozenset[Target] = UP) -> Rules:
    return Rules(server, AT, rules_of(body), Targets(up - set(down), frozenset(down)))


def alert(name: str, state: AlertState = AlertState.FIRING, **labels: str) -> Alert:
    every = {"alertname": name, "env": "prod", **labels}  # env is an external label: Prometheus does not tell it
    return Alert("am", "f1", name, Severity.HIGH, state, AT, "prod", labels=tuple(sorted(every.items())))


def word(
    found: Alert, *answers: Rules, silent: tuple[str, ...] = (), before: frozenset[Target] = frozenset()
) -> ResolutionWord:
    """The word on an alert that fired a moment ago, when the targets of `before` were up."""
    memories = {each.server: NOTHING_REMEMBERED.after(Targets(before), AT) for each in answers}
    return Witnesses(answers or (said(),), silent, memories).word_on(Trace(found, first=AT))


def waiting(body: bytes = BODY) -> list[Alert]:
    return list_pending_alerts(rules_of(body), source="am", environment="prod", server="prom-1", polled=AT)


def test_pending_alerts_are_reported_with_when_they_began() -> None:
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
    assert word(alert("QueueLong")) == ResolutionWord(PrometheusState.INACTIVE, "confirmed by Prometheus prom-1")


REPLICA_DOWN = rules_of(BODY)["ReplicaDown"][0].identity
OTHER_REPLICA = replace(alert("ReplicaDown", instance="orders-api--r12-y", job="signals"), rule=REPLICA_DOWN)


def test_a_rule_that_fires_for_another_instance_confirms_the_end_of_this_one() -> None:
    assert word(OTHER_REPLICA).says is PrometheusState.INACTIVE


def test_an_alert_that_prometheus_never_had_by_its_labels_is_not_over_by_its_word() -> None:
    """`alert_relabel_configs` gave a label another value, or another sends it: it may fire there on, unrecognised."""
    relabelled = alert("ReplicaDown", instance="orders-api--r12-x", job="signals", severity="page")
    found = word(relabelled)
    assert found.says is PrometheusState.UNKNOWN
    assert found.why == "not confirmed: prom-1 never had it firing by these labels"


def test_an_alert_that_prometheus_still_has_fires() -> None:
    found = alert("ReplicaDown", instance="orders-api--r12-x", job="signals", severity="critical")
    assert word(found) == ResolutionWord(PrometheusState.FIRES, "prom-1 says it fires")


def test_an_alert_whose_labels_were_dropped_on_the_way_is_still_recognised() -> None:
    assert word(alert("ReplicaDown", instance="orders-api--r12-x")).says is PrometheusState.FIRES


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
    assert word(alert(name, app="orders-api")) == ResolutionWord(PrometheusState.UNKNOWN, f"not confirmed: {why}")


def test_a_rule_without_data_confirms_nothing() -> None:
    found = word(
        alert("ReplicaDown", instance="orders-api--r12-y", job="signals"), said(("signals", "orders-api--r12-y"))
    )
    assert found.says is PrometheusState.UNKNOWN
    assert "no data" in found.why


def test_another_target_that_is_down_hides_nothing() -> None:
    assert word(OTHER_REPLICA, said(("signals", "orders-api--r12-z"), ("batch", ""))).says is PrometheusState.INACTIVE


def test_a_prometheus_that_does_not_answer_may_know_better() -> None:
    assert word(alert("QueueLong"), said(), silent=("prom-2",)) == ResolutionWord(
        PrometheusState.SILENT, "not confirmed: prom-2 does not answer"
    )


def test_of_several_that_answer_the_one_that_sees_it_fire_is_believed() -> None:
    quiet = Rules("prom-2", AT, {"ReplicaDown": rules_of(BODY)["QueueLong"]})
    assert word(alert("ReplicaDown", instance="orders-api--r12-x"), quiet, said()).says is PrometheusState.FIRES


def vector(*series: object) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": list(series)}}).encode()


def sample(value: str, **labels: str) -> dict[str, Any]:
    return {"metric": labels, "value": [1, value]}


def test_targets_are_read_from_two_queries() -> None:
    up = vector(sample("1", job="api", instance="a:1"), sample("0", job="api", instance="a:2"), sample("1"), "odd")
    down = vector(sample("0", __name__="up", job="web", instance="w:1"))
    resumed = vector(sample(str(AT.timestamp()), job="api", instance="a:1"))
    targets = targets_of(up, down, resumed)
    assert targets.resumed == {("api", "a:1"): AT}
    assert targets.up == {("api", "a:1"), ("", "")}
    assert targets.down == {("api", "a:2"), ("web", "w:1")}


@pytest.mark.parametrize(
    "body",
    [
        b'{"status": "success", "data": {"result": "5"}}',
        b'{"status": "success", "data": {}}',
        b'{"status": "error"}',
        b'{"status": "success", "data": {"result": []}, "warnings": ["store-2 did not answer"]}',
    ],
)
def test_what_is_no_whole_list_of_series_tells_of_no_target(body: bytes) -> None:
    with pytest.raises(SourceError):
        targets_of(vector(), body, vector())


LOST = ("batch", "b:2")
AGGREGATED = alert("QueueLong", app="orders")  # `sum by (app)`: nothing names a target
OF_JOB = alert("QueueLong", job="batch")
PUSHED = alert("QueueLong", job="nightly", instance="n1")  # a job that nobody scrapes: pushed, or federated


@pytest.mark.parametrize("found", [AGGREGATED, OF_JOB, PUSHED], ids=["aggregated", "only a job", "pushed"])
def test_an_alert_that_names_no_target_is_not_over_when_one_that_was_up_is_down(found: Alert) -> None:
    assert word(found, said(LOST), before=UP | {LOST}).says is PrometheusState.UNKNOWN
    assert word(found, said(LOST), before=UP | {LOST}).why == "not confirmed: no data, b:2 is or was down"


@pytest.mark.parametrize("found", [AGGREGATED, OF_JOB, PUSHED], ids=["aggregated", "only a job", "pushed"])
def test_a_target_that_was_down_all_the_while_explains_nothing(found: Alert) -> None:
    assert word(found, said(LOST), before=UP).says is PrometheusState.INACTIVE


def test_a_job_that_left_with_all_its_targets_took_its_data_along() -> None:
    left = UP | {("search", "s:1")}
    assert word(AGGREGATED, said(), before=left).why == "not confirmed: no data, job search is not scraped any more"
    assert word(alert("QueueLong", job="search", instance="s:1"), said(), before=left).says is PrometheusState.UNKNOWN


CAME = ("batch", "b:3")
LEFT = "not confirmed: no data, b:2 is not a target any more"


def word_after(found: Alert, *, first: frozenset[Target], later: frozenset[Target]) -> ResolutionWord:
    """The word on an alert that fired between two looks, with these targets up in each."""
    memory = NOTHING_REMEMBERED.after(Targets(first), AT - timedelta(seconds=30))
    memory = memory.after(Targets(later), AT + timedelta(seconds=30))
    return Witnesses([said(up=later)], [], {"prom-1": memory}).word_on(Trace(found, first=AT))


def test_a_target_that_was_replaced_while_its_job_lives_explains_nothing_but_its_own_alert() -> None:
    before, after = UP | {LOST}, UP | {CAME}
    assert word_after(AGGREGATED, first=before, later=after).says is PrometheusState.INACTIVE
    own = word_after(alert("QueueLong", job="batch", instance="b:2"), first=before, later=after)
    assert own == ResolutionWord(PrometheusState.UNKNOWN, LEFT)


@pytest.mark.parametrize("found", [AGGREGATED, OF_JOB, PUSHED], ids=["aggregated", "only a job", "pushed"])
def test_a_target_that_left_and_was_not_replaced_took_its_data_along(found: Alert) -> None:
    """As one that its discovery found dead: the job lives on with one target less, and the sum lacks its part."""
    assert word_after(found, first=UP | {LOST}, later=UP).why == LEFT
    assert word_after(found, first=UP | {LOST, CAME}, later=UP | {CAME}).why == LEFT


@pytest.mark.parametrize("found", [AGGREGATED, OF_JOB, PUSHED, alert("QueueLong", job="batch", instance="b:1")])
def test_what_fired_before_its_data_began_anew_is_not_over_for_the_first_minutes_of_them(found: Alert) -> None:
    """Prometheus stood still, or lost its store: its rules run before they have seen what they look at."""
    first = NOTHING_REMEMBERED.after(Targets(UP), AT - timedelta(minutes=9))
    for ago, says in ((30, PrometheusState.UNKNOWN), (-30, PrometheusState.INACTIVE)):
        resumed = {("batch", "b:1"): AT + timedelta(seconds=ago)}
        answer = replace(said(), targets=Targets(UP, resumed=resumed))
        assert Witnesses([answer], [], {"prom-1": first}).word_on(Trace(found, first=AT)).says is says


def test_a_target_that_is_new_since_the_alert_fired_has_lost_no_data() -> None:
    memory = NOTHING_REMEMBERED.after(Targets(UP), AT).after(Targets(UP | {CAME}), AT + timedelta(seconds=30))
    targets = Targets(UP | {CAME}, resumed={CAME: AT + timedelta(seconds=25)})
    answer = replace(said(), targets=targets)
    assert (
        Witnesses([answer], [], {"prom-1": memory}).word_on(Trace(AGGREGATED, first=AT)).says
        is PrometheusState.INACTIVE
    )


def test_a_target_that_left_another_job_explains_nothing() -> None:
    left = UP | {("signals", "orders-api--r12-z")}
    assert word_after(OF_JOB, first=left, later=UP).says is PrometheusState.INACTIVE
    assert word_after(AGGREGATED, first=left, later=UP).says is PrometheusState.UNKNOWN


def test_a_job_of_which_another_target_was_lost_says_nothing_of_this_one() -> None:
    found = alert("QueueLong", job="batch", instance="b:1")
    assert word(found, said(LOST), before=UP | {LOST}).says is PrometheusState.INACTIVE


def test_a_server_that_cannot_say_whether_there_was_data_confirms_nothing() -> None:
    mute = Rules("prom-1", AT, rules_of(BODY), None)
    assert word(alert("QueueLong"), mute).why == "not confirmed: prom-1 cannot say whether the rule had data"
    assert word(alert("QueueLong"), said(up=frozenset())).says is PrometheusState.UNKNOWN


def test_a_server_that_reported_only_a_part_confirms_nothing() -> None:
    part = Rules("prom-1", AT, rules_of(BODY), Targets(UP), partial=True)
    assert word(alert("QueueLong"), part).says is PrometheusState.UNKNOWN
    assert is_partial(b'{"status": "success", "data": {"groups": [], "groupNextToken": "x"}}')
    assert is_partial(b'{"status": "success", "data": {"groups": []}, "warnings": ["a store is missing"]}')
    assert not is_partial(BODY)


def one_rule(*alerts: dict[str, Any], **more: Any) -> Rules:
    """The only rule of a server, as it tells of it."""
    rule = {"name": "QueueLong", "health": "ok", "lastEvaluation": AT.isoformat(), "alerts": list(alerts), **more}
    rule = {key: value for key, value in rule.items() if value is not ...}
    body = json.dumps({"status": "success", "data": {"groups": [{"rules": [rule], "interval": 15}]}}).encode()
    return Rules("prom-1", AT, rules_of(body), Targets(UP))


def in_state(state: object) -> dict[str, Any]:
    return {"labels": {"alertname": "QueueLong", "app": "orders"}, "state": state, "activeAt": AT.isoformat()}


@pytest.mark.parametrize(
    "state", ["firing", "Firing", "Alerting", "Alerting (Error)", "Alerting (NoData)", "Recovering", "recovering"]
)
def test_whatever_word_a_server_has_for_it_what_fires_fires(state: str) -> None:
    assert word(AGGREGATED, one_rule(in_state(state))).says is PrometheusState.FIRES


@pytest.mark.parametrize(
    "state", ["NoData", "Error", "Normal (NoData)", "Normal (Error, KeepLast)", "NoData (Paused)", "quiet", "", None, 7]
)
def test_a_word_that_nobody_knows_confirms_nothing(state: object) -> None:
    assert word(AGGREGATED, one_rule(in_state(state))).says is PrometheusState.UNKNOWN


@pytest.mark.parametrize("state", ["inactive", "Normal"])
def test_a_word_for_over_confirms_it(state: str) -> None:
    assert word(AGGREGATED, one_rule(in_state(state))).says is PrometheusState.INACTIVE
    assert word(AGGREGATED, one_rule(state=state)).says is PrometheusState.INACTIVE


@pytest.mark.parametrize(
    "more",
    [
        {"health": ...},
        {"health": "nodata"},
        {"health": None},
        {"alerts": ...},
        {"alerts": None, "state": "firing"},
        {"alerts": [], "state": "firing"},
        {"alerts": [], "state": "recovering"},
        {"lastEvaluation": ...},
        {"lastEvaluation": "0001-01-01T00:00:00Z"},
    ],
    ids=str,
)
def test_an_answer_that_is_missing_confirms_nothing(more: dict[str, Any]) -> None:
    assert word(AGGREGATED, one_rule(**more)).says is PrometheusState.UNKNOWN


def test_a_rule_that_says_it_is_inactive_may_leave_its_list_out() -> None:
    assert word(AGGREGATED, one_rule(alerts=None, state="inactive")).says is PrometheusState.INACTIVE


GRAFANA = (Path(__file__).parent / "answers" / "grafana_rules.json").read_bytes()
"""What Grafana's own ruler answers at /api/prometheus/grafana/api/v1/rules: its own words, two clocks, totals."""


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("QueueLong", PrometheusState.FIRES),
        ("ProbeLost", PrometheusState.FIRES),  # Alerting (Error)
        ("NoOrders", PrometheusState.FIRES),  # Alerting, while the rule calls itself inactive
        ("NoVisits", PrometheusState.FIRES),  # Alerting (NoData)
        ("Cooling", PrometheusState.FIRES),  # Recovering
        ("DiskFull", PrometheusState.UNKNOWN),  # Normal (NoData)
        ("AllGone", PrometheusState.UNKNOWN),  # Normal (MissingSeries)
        ("SlowPages", PrometheusState.UNKNOWN),  # NoData
        ("BadQuery", PrometheusState.UNKNOWN),  # Error
        ("Peaceful", PrometheusState.UNKNOWN),  # Normal: but Grafana answers no queries, so nobody knows of its data
    ],
)
def test_what_grafana_says_of_an_alert_is_over_only_where_it_was_measured(name: str, says: PrometheusState) -> None:
    answer = Rules("grafana", AT, rules_of(GRAFANA))
    found = alert(name, app="orders", grafana_folder="Shop", severity="critical")
    assert Witnesses([answer], []).word_on(Trace(found, first=AT)).says is says


@pytest.mark.parametrize(
    ("word_of_grafana", "says"),
    [
        ("Alerting (NoData, KeepLast)", PrometheusState.FIRES),
        ("Alerting (Error, KeepLast)", PrometheusState.FIRES),
        ("Recovering (NoData, KeepLast)", PrometheusState.FIRES),
        ("Pending (Error, KeepLast)", PrometheusState.UNKNOWN),
        ("Normal (NoData, KeepLast)", PrometheusState.UNKNOWN),
        ("Normal (Updated)", PrometheusState.UNKNOWN),
        ("Normal (RuleDeleted)", PrometheusState.UNKNOWN),
    ],
)
def test_the_reasons_that_grafana_gives_in_brackets_change_no_state_but_that_of_an_end(
    word_of_grafana: str, says: PrometheusState
) -> None:
    assert word(AGGREGATED, one_rule(in_state(word_of_grafana), state="inactive")).says is says


def test_what_fires_in_grafana_is_found_though_no_alertmanager_lists_it() -> None:
    rules = rules_of(GRAFANA)
    firing = {fires.labels["alertname"] for fires in list_firing_alerts(rules, server="grafana", now=AT)}
    assert firing == {"QueueLong", "ProbeLost", "NoOrders", "NoVisits", "Cooling"}
    assert [entry.name for entry in waiting(GRAFANA)] == ["QueueLong"]


def test_a_paused_rule_proves_nothing_however_healthy_it_is_called() -> None:
    answer = one_rule(state="inactive", isPaused=True)
    assert word(AGGREGATED, answer).says is PrometheusState.UNKNOWN
    assert word(AGGREGATED, answer).why.endswith("it is paused")


@pytest.mark.parametrize(("state", "lasted"), [("firing", 0), ("Alerting", 240), ("Recovering", 240)])
def test_since_when_it_fires_is_counted_from_what_each_of_the_two_means_by_active(state: str, lasted: int) -> None:
    """Prometheus means since when the condition holds, Grafana since when it alerts."""
    active = {**in_state(state), "activeAt": (AT - timedelta(seconds=240)).isoformat()}
    rules = one_rule(active, duration=300, state="firing").rules
    (fires,) = list_firing_alerts(rules, server="grafana", now=AT)
    assert fires.lasted == timedelta(seconds=lasted)


NOW_QUERIED = {"query": "queue > 5", "labels": {"severity": "critical"}}


def edited(**more: Any) -> Rules:
    return one_rule(**{**NOW_QUERIED, **more})


@pytest.mark.parametrize(
    "more",
    [{"query": "queue > 500"}, {"labels": {"severity": "warning"}}, {"labels": {}}, {"labels": {"app": "x"}}],
    ids=str,
)
def test_an_alert_whose_rule_was_edited_while_it_fired_is_not_known_to_be_over(more: dict[str, Any]) -> None:
    fired = Witnesses([edited(alerts=[in_state("firing")])], []).note_rule(AGGREGATED)
    assert fired.rule
    assert word(fired, edited()).says is PrometheusState.INACTIVE
    assert word(fired, edited(**more)) == ResolutionWord(
        PrometheusState.UNKNOWN, "not confirmed: its rule was changed in prom-1 since it fired"
    )


def test_an_edit_that_asks_for_the_same_changes_no_rule() -> None:
    """How long it waits, and what it says of itself, is no other question."""
    fired = Witnesses([edited(alerts=[in_state("firing")])], []).note_rule(AGGREGATED)
    after = edited(duration=600, annotations={"summary": "long"}, keepFiringFor=60)
    assert word(fired, after).says is PrometheusState.INACTIVE


def test_an_edited_rule_that_was_not_evaluated_yet_only_inherited_its_alerts() -> None:
    """What a Prometheus tells for up to one interval after it read its rules anew."""
    fired = Witnesses([edited(alerts=[in_state("firing")])], []).note_rule(AGGREGATED)
    fresh = {"health": "unknown", "lastEvaluation": "0001-01-01T00:00:00Z", "alerts": [in_state("firing")]}
    still = Witnesses([edited(query="queue > 500", **fresh)], []).note_rule(fired)
    assert still.rule == fired.rule
    assert word(still, edited(query="queue > 500")).says is PrometheusState.UNKNOWN


def test_an_alert_that_fires_on_by_an_edited_rule_ends_as_that_one_says() -> None:
    before = Witnesses([edited(alerts=[in_state("firing")])], []).note_rule(AGGREGATED)
    changed = edited(query="queue > 6", alerts=[in_state("firing")])
    after = Witnesses([changed], []).note_rule(before)
    assert after.rule not in ("", before.rule)
    assert word(after, edited(query="queue > 6")).says is PrometheusState.INACTIVE


def test_of_two_rules_of_one_name_an_edit_of_the_other_one_changes_nothing() -> None:
    """Windows of an error budget: one name, several rules."""

    def two(other: str) -> Rules:
        mine, others = edited(alerts=[in_state("firing")]), edited(query=other)
        return Rules("prom-1", AT, {"QueueLong": (*mine.rules["QueueLong"], *others.rules["QueueLong"])}, Targets(UP))

    fired = Witnesses([two("slow > 1")], []).note_rule(AGGREGATED)
    quiet = Rules("prom-1", AT, {"QueueLong": (*edited().rules["QueueLong"],)}, Targets(UP))
    assert word(fired, quiet).says is PrometheusState.INACTIVE


def test_a_server_that_does_not_tell_its_query_is_no_reason_for_doubt() -> None:
    fired = Witnesses([one_rule(in_state("firing"))], []).note_rule(AGGREGATED)
    assert fired.rule == ""
    assert word(fired, one_rule()).says is PrometheusState.INACTIVE


LONG_AGO = (AT - timedelta(minutes=30)).isoformat()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"health": "err", "lastError": "many-to-many matching not allowed"}, "many-to-many matching not allowed"),
        ({"health": "error"}, "its health is `error`"),
        ({"health": "sick"}, "its health is `sick`"),
        ({"lastEvaluation": LONG_AGO}, "last evaluated 30m ago"),
        ({}, ""),
        ({"health": "unknown", "lastEvaluation": "0001-01-01T00:00:00Z"}, ""),  # it was loaded a moment ago
        ({"health": "nodata"}, ""),  # of Grafana, which fires for that what it was told to
        ({"health": "error", "isPaused": True}, ""),  # somebody wanted that
        ({"health": ...}, ""),
    ],
    ids=str,
)
def test_a_rule_that_nobody_evaluates_is_listed_with_why(more: dict[str, Any], why: str) -> None:
    broken = list_broken_rules(one_rule(**more), matches_all(()))
    assert broken == ([("QueueLong", why)] if why else [])


def test_a_broken_rule_whose_alerts_our_filters_keep_out_is_nobodys_here() -> None:
    theirs = one_rule(health="err", labels={"team": "billing"})
    assert list_broken_rules(theirs, matches_all(('team="orders"',))) == []
    assert len(list_broken_rules(theirs, matches_all(('team="billing"', 'app="x"')))) == 1


TARGETS = st.frozensets(st.tuples(st.sampled_from(["", "batch", "api"]), st.sampled_from(["", "1", "2"])), max_size=4)


@given(looks=st.lists(st.tuples(TARGETS, TARGETS), min_size=1, max_size=6), job=st.sampled_from(["", "batch", "x"]))
def test_an_end_is_confirmed_only_while_no_target_that_could_explain_it_was_lost(
    looks: list[tuple[frozenset[Target], frozenset[Target]]], job: str
) -> None:
    memory = NOTHING_REMEMBERED
    for up, down in looks:
        memory = memory.after(Targets(up, down), AT)
    up, down = looks[-1]
    answer = Rules("prom-1", AT, rules_of(BODY), Targets(up, down))
    ended = alert("QueueLong", job=job) if job else alert("QueueLong")
    says = Witnesses([answer], [], {"prom-1": memory}).word_on(Trace(ended, first=AT)).says
    if says is PrometheusState.INACTIVE:
        ever_up = {target for seen, _ in looks for target in seen}
        lost = {target for target in ever_up if target in down and (not job or target[0] == job)}
        assert not lost
        assert up | down


def test_the_memory_of_targets_forgets_what_left_long_ago() -> None:
    memory = TargetMemory({("api", "old"): AT - timedelta(days=2)}).after(Targets(UP), AT)
    assert set(memory.last_up) == UP


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
    list_firing_alerts(found, server="prom-1", now=AT)
    Witnesses([Rules("prom-1", AT, found)], []).word_on(Trace(alert("QueueLong")))


LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"))


@given(sets=st.lists(LABELS), asked=LABELS)
def test_sets_agree_when_no_label_that_both_have_differs(sets: list[dict[str, str]], asked: dict[str, str]) -> None:
    plainly = any(all(asked.get(name, value) == value for name, value in each.items()) for each in sets)
    assert (index_labels(sets).find(asked) is not None) is plainly


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
