"""Thousands of alerts as a few lines: which thing each is about, what they share, and nothing lost on the way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.azure.mapping import map_alert
from cockpit.model.alert import GROUP_FROM, Alert, AlertGroup, AlertState, Severity, group_alerts, name_alert_subjects
from cockpit.model.event import (
    FLAPPING_FROM,
    STORM_FROM,
    Event,
    Kind,
    join_alert_events,
    join_flapping,
    join_storms,
    keep_newest,
)
from cockpit.model.time import format_timestamp
from widgets.alerts import build_alert_rows, list_alert_objects
from widgets.cell import Cell, Row

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def alert(number: int, name: str = "5xxHigh", ago: float = 60.0, **labels: str) -> Alert:
    named = tuple(sorted({"alertname": name, "severity": "critical", **labels}.items()))
    since = NOW - timedelta(seconds=ago)
    return Alert(
        "am", f"{name}-{number}", name, Severity.CRITICAL, AlertState.FIRING, since, "prod", "fallback", labels=named
    )


def event(number: int, name: str = "5xxHigh", state: str = "firing", seconds: float = 0.0, **more: Any) -> Event:
    when = NOW + timedelta(seconds=seconds)
    detail = {"name": name, "state": state, "severity": "critical", "resource": f"api-{number}"}
    summary = f"{name} fired"
    return Event(
        number,
        None,
        "prod",
        f"am:{number}",
        when,
        when,
        Kind.ALERT,
        "recorder",
        more.get("actor", ""),
        summary,
        detail,
        None,
        1,
        "",
    )


def test_what_all_of_a_group_share_begins_with_the_thing_it_is_about() -> None:
    """As in its rows: an alphabetical list began with the cluster, the region or who reports it."""
    shared = (("cluster", "weu-1"), ("app", "checkout"), ("namespace", "shop"), ("az", "1"), ("replica", "a"))
    alerts = [alert(number, instance=f"api-{number}") for number in range(GROUP_FROM)]
    (group,) = group_alerts([replace(item, labels=(*item.labels, *shared)) for item in alerts])
    assert isinstance(group, AlertGroup)
    assert [label for label, _ in group.shared] == ["namespace", "app", "cluster", "az", "replica"]


def test_a_storm_names_what_its_alerts_are_about_and_not_only_who_reports_them() -> None:
    """A file of an older day has no place beside the resource."""
    storm = [event(number) for number in range(STORM_FROM)]
    named = [replace(item, detail={**item.detail, "place": f"checkout (api-{item.id})"}) for item in storm]
    assert "on checkout (api-0), checkout (api-1)" in join_storms(named)[0].summary
    assert "on api-0, api-1" in join_storms(storm)[0].summary


def test_what_two_servers_report_of_one_thing_names_the_thing_before_the_server() -> None:
    pair = [alert(number, app="api", replica=name) for number, name in enumerate("ab")]
    assert list(name_alert_subjects(pair).values()) == ["api/a", "api/b"]


def test_who_reports_comes_after_what_tells_things_apart() -> None:
    pods = [alert(number, app="api", pod=f"p-{number % 2}", prometheus_replica=str(number // 2)) for number in range(4)]
    assert sorted(name_alert_subjects(pods).values()) == ["p-0/0", "p-0/1", "p-1/0", "p-1/1"]


def test_labels_that_differ_name_the_alert_and_the_app_comes_before_its_instance() -> None:
    alerts = [alert(n, app="shop", pod=f"cart-{n}", instance=f"10.0.0.{n}:80", job="k8s") for n in range(3)]
    assert set(name_alert_subjects(alerts).values()) == {f"cart-{n}" for n in range(3)}
    twice = [*alerts, replace(alerts[0], fingerprint="b", labels=(("instance", "10.0.0.9:80"), ("pod", "cart-0")))]
    assert set(name_alert_subjects(twice).values()) == {f"cart-{n}/10.0.0.{n}:80" for n in range(3)} | {
        "cart-0/10.0.0.9:80"
    }
    apart = [alert(1, app="shop", instance="a:1"), alert(2, app="billing", instance="b:1")]
    assert set(name_alert_subjects(apart).values()) == {"shop", "billing"}


def test_a_single_alert_is_named_by_its_app_and_one_without_labels_by_its_resource() -> None:
    assert list(name_alert_subjects([alert(1, app="shop", instance="a:1")]).values()) == ["shop"]
    assert list(name_alert_subjects([alert(1)]).values()) == ["fallback"]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_an_alert_of_azure_is_named_by_its_resource_and_never_by_the_service_that_watches_it(count: int) -> None:
    alerts = []
    for number in range(count):
        target = f"/subscriptions/s/resourceGroups/rg-{number}/providers/Microsoft.App/containerApps/shop-{number}"
        essentials = {
            "alertRule": "5xx errors", "monitorService": ("Platform", "Log Analytics")[number % 2],
            "signalType": ("Metric", "Log")[number % 2], "targetResource": target, "severity": "Sev1",
            "targetResourceName": f"shop-{number}", "targetResourceType": "containerapps",
            "targetResourceGroup": f"rg-{number}", "monitorCondition": "Fired", "startDateTime": "2026-11-21T02:00:00Z",
        }  # fmt: skip
        raw = {"id": f"/alerts/{number}", "name": "5xx errors", "properties": {"essentials": essentials}}
        found = map_alert(raw, source="azure", environment="prod", polled=NOW)
        assert found is not None
        alerts.append(found)
    assert sorted(name_alert_subjects(alerts).values()) == [f"shop-{number}" for number in range(count)]
    assert all(row.cells[4].text.startswith("shop-") for row in build_alert_rows(alerts, {}))


def test_many_alerts_of_one_name_are_one_row_with_their_number_and_what_they_share() -> None:
    alerts = [alert(n, app="shop", pod=f"cart-{n}") for n in range(214)] + [alert(1, "Other", app="billing")]
    rows = build_alert_rows(alerts, {})
    assert [row.cells[2].text for row in rows] == ["Other", "▸ 5xxHigh ×214"]
    assert rows[1].cells[3].text == "app=shop"
    group = list_alert_objects(alerts, group_alerts(alerts))[rows[1].id]
    assert isinstance(group, AlertGroup)
    assert len(build_alert_rows(alerts, {}, {group.key})) == 216


def test_a_new_instance_among_sixty_stale_ones_is_not_buried() -> None:
    stale = [alert(n, ago=7_000 + n, pod=f"p-{n}") for n in range(60)]
    rows = build_alert_rows([*stale, alert(99, ago=30, pod="new"), alert(1, "Younger", ago=600)], {})
    assert rows[0].cells[2].text == "▸ 5xxHigh ×61"
    assert rows[0].cells[-1].since == NOW - timedelta(seconds=30)


ALERTS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["A", "B", "C"]), st.sampled_from(["x", "y"])), max_size=60
)


@given(ALERTS, st.integers(2, 10))
def test_folding_loses_no_alert_and_shows_none_twice(entries: list[tuple[int, str, str]], group_from: int) -> None:
    alerts = list({a.key: a for a in (alert(n, name, app=app) for n, name, app in entries)}.values())
    folded = group_alerts(alerts, group_from)
    keys = [a.key for item in folded for a in (item.alerts if isinstance(item, AlertGroup) else (item,))]
    assert sorted(keys) == sorted(a.key for a in alerts)
    ids = [row.id for row in build_alert_rows(alerts, {}, grouped=folded)]
    assert len(set(ids)) == len(ids)


def test_a_storm_pushes_nothing_out_and_is_counted_whole_however_it_arrives() -> None:
    """The timeline pane keeps 500 lines, and hears of a storm in portions."""
    evening = [replace(event(n, "Note"), kind=Kind.NOTE) for n in range(1, 31)]
    history = list(evening)
    for portion in range(12):
        start = 1_000 + portion * 400
        history += [event(n, seconds=portion * 60) for n in range(start, start + 400)]
        history = keep_newest(history, 500)
    lines = join_storms(history)
    assert lines[:30] == evening
    (storm,) = lines[30:]
    assert (storm.detail["instances"], len(storm.detail["events"])) == (4_800, 4_800)
    assert "4800 instances" in storm.summary
    assert "and 4798 more" in storm.summary


def test_the_same_instances_again_are_counted_once_and_what_is_pinned_stays() -> None:
    first = [event(n) for n in range(1, 601)]
    again = [replace(event(n + 1_000), subject=f"am:{n}") for n in range(1, 601)]
    history = keep_newest(keep_newest(first, 500, {7}) + again, 500, {7})
    assert [line.detail.get("instances", 1) for line in join_storms(history, {7})] == [600, 1]


def test_few_events_are_kept_as_they_came() -> None:
    events = [event(n) for n in range(1, 400)]
    assert keep_newest(events, 500) is events


def test_a_storm_is_one_line_of_the_timeline() -> None:
    (line,) = join_storms([event(n, seconds=n / 10) for n in range(1, 215)])
    assert line.summary == "5xxHigh: 214 instances firing (critical) on api-1, api-2 and 212 more"
    assert line.id == 1


def test_what_people_wrote_or_pinned_is_never_folded() -> None:
    events = [event(n) for n in range(1, 20)] + [event(20, actor="ana")]
    kept = join_storms(events, {5})
    assert [e.id for e in kept] == [1, 5, 20]


@given(
    st.lists(
        st.tuples(st.sampled_from(["A", "B"]), st.sampled_from(["firing", "resolved"]), st.integers(0, 3_000)),
        max_size=60,
    )
)
def test_folded_lines_count_every_event_once(entries: list[tuple[str, str, int]]) -> None:
    events = [event(n, name, state, at) for n, (name, state, at) in enumerate(sorted(entries, key=lambda e: e[2]), 1)]
    lines = join_storms(events)
    assert sum(int(line.detail.get("instances", 1)) for line in lines) == len(events)
    assert all(int(line.detail.get("instances", STORM_FROM)) >= STORM_FROM for line in lines)


def test_a_filter_asks_for_labels_by_name() -> None:
    row = Row("a", (Cell("5xxHigh"),), (("app", "shop"), ("pod", "cart-1")))
    asks = {"app=shop": True, "app!=shop": False, "pod=~cart-[0-9]": True, "pod!~cart": False, "5xx app=shop": True}
    assert {ask: row.matches(ask) for ask in asks} == asks
    assert row.matches("pod=~(")  # still being typed
    assert not row.matches("nowhere=x")


@pytest.mark.parametrize(
    ("ask", "passes"),
    [
        ('name="nightly backup"', True),
        ('name="nightly', False),  # still being typed: one that has so much of it is not it
        ('name=~"nightly b', True),
        ('"disk full"', True),
        ('"full disk"', False),
        (r"pod=~\D+-\d", True),  # in lower case each would be the other
        (r"pod=~^\S+$", True),
        ("POD=CART-1", True),
        ("severity=page", True),  # as its source calls it
        ("severity=critical", True),  # and as its row does
        ("severity!=critical", False),
        ("severity=~^crit", True),
        ("severity!~page", False),
        ("gone=", True),
    ],
)
def test_a_filter_is_read_as_it_is_typed(ask: str, passes: bool) -> None:
    labels = (("name", "nightly backup"), ("pod", "cart-1"), ("severity", "page"), ("severity", "critical"))
    assert Row("a", (Cell("Backup"), Cell("disk full on a")), labels).matches(ask) is passes


def test_fewer_than_that_are_rows_of_their_own() -> None:
    assert len(build_alert_rows([alert(n) for n in range(GROUP_FROM - 1)], {})) == GROUP_FROM - 1


def turn(number: int, minutes: float, subject: str = "am:x", **more: Any) -> Event:
    state = "firing" if number % 2 else "resolved"
    return replace(event(number, "5xxHigh", state, minutes * 60, **more), subject=subject)


def test_an_alert_that_comes_and_goes_is_one_line() -> None:
    turns = [turn(number, number * 4) for number in range(1, 12)]
    (line,) = join_flapping(turns)
    assert (line.id, line.detail["state"], line.detail["instances"]) == (1, "firing", 11)
    assert "fired 6 times in 40m" in line.summary


FIRED, LOST, OVER, QUIET = "firing", "resolved?", "resolved", "suppressed"
TURNS = {
    "lost and listed again": ([FIRED, LOST, FIRED, LOST, FIRED], "was out of sight 2 times in 4m 00s, firing at last"),
    "lost for good": ([FIRED, QUIET, FIRED, QUIET, LOST], "was out of sight once in 4m 00s, resolved? at last"),
    "silenced and not": ([FIRED, QUIET, FIRED, QUIET, FIRED], "changed 5 times in 4m 00s, firing at last"),
    "lost before each end": (
        [FIRED, LOST, OVER, FIRED, LOST, OVER],
        "flapped: fired 2 times and was out of sight 2 times in 5m 00s, resolved at last",
    ),
    "silenced from its first moment": ([QUIET, OVER, QUIET, OVER, QUIET], "flapped: fired 3 times in 4m 00s"),
}


@pytest.mark.parametrize("which", TURNS)
def test_only_an_end_that_is_known_makes_an_alert_flap(which: str) -> None:
    """One that its source lost, or that was silenced, fired all the time: it is us who did not see it."""
    states, words = TURNS[which]
    before = ["", *("" if state == OVER else state for state in states)]
    turns = [
        replace(event(n), subject="am:x", detail={"name": "5xxHigh", "state": state, "was": was, "resource": "a:1"})
        for n, (state, was) in enumerate(zip(states, before, strict=False), 1)
    ]
    turns = [replace(each, occurred=NOW + timedelta(minutes=each.id)) for each in turns]
    (line,) = join_flapping(turns)
    assert words in line.summary


@pytest.mark.parametrize(
    ("was", "began", "words"),
    [
        (OVER, 5, "flapped: fired 3 times in 5m 00s"),
        (LOST, 4.5, "flapped: fired 3 times in 5m 00s"),  # as files have it from before that was told apart
        (LOST, 3, "flapped: fired 2 times and was out of sight once in 5m 00s"),
    ],
)
def test_an_alert_that_was_gone_and_fires_with_a_new_beginning_was_not_out_of_sight(
    was: str, began: float, words: str
) -> None:
    states = [(FIRED, "", 0.0), (OVER, FIRED, 0), (FIRED, "", 3), (LOST, FIRED, 3), (FIRED, was, began)]
    turns = [
        replace(
            event(n),
            subject="am:x",
            occurred=NOW + timedelta(minutes=n if n < 5 else n + 1),
            detail={
                "name": "5xxHigh",
                "state": state,
                "was": before,
                "since": format_timestamp(NOW + timedelta(minutes=since)),
            },
        )
        for n, (state, before, since) in enumerate(states, 1)
    ]
    (line,) = join_flapping(turns)
    assert words in line.summary


def test_two_outages_are_two_also_where_one_alert_was_silenced() -> None:
    states = [(FIRED, ""), (OVER, FIRED), (FIRED, OVER), (QUIET, FIRED), (OVER, QUIET)]
    turns = [
        replace(turn(n, n), detail={"name": "5xxHigh", "state": state, "was": was})
        for n, (state, was) in enumerate(states, 1)
    ]
    assert join_flapping(turns) == turns


def test_a_row_of_turns_takes_as_long_as_the_times_that_stand_beside_it() -> None:
    turns = [turn(number, number) for number in range(1, 6)]
    turns[0] = replace(turns[0], occurred=turns[0].occurred.replace(microsecond=900_000))
    (line,) = join_flapping(turns)
    assert "in 4m 00s" in line.summary


def test_a_row_of_turns_names_its_instance_also_where_its_first_event_is_old() -> None:
    for detail in ({"place": "orders (a:1)", "resource": "a:1"}, {"resource": "a:1"}):
        turns = [turn(number, number) for number in range(1, 12)]
        named = [replace(each, detail={**each.detail, **detail}) for each in turns]
        (line,) = join_flapping(named)
        assert "a:1" in line.summary


def test_turns_far_apart_pinned_or_of_a_person_stand_for_themselves() -> None:
    apart = [turn(number, number * 20) for number in range(1, 9)]
    assert join_flapping(apart) == apart
    turns = [turn(number, number) for number in range(1, 12)]
    assert [line.id for line in join_flapping(turns, {5})] == [1, 5]


def test_a_storm_that_comes_and_goes_is_one_line_too() -> None:
    storms = [
        replace(event(1_000 * wave + n, "5xxHigh", state, wave * 300), subject=f"am:{n}")
        for wave, state in enumerate(("firing", "resolved") * 3)
        for n in range(50)
    ]
    (line,) = join_flapping(join_storms(storms))
    assert line.detail["instances"] == 300


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 120)), max_size=60))
def test_turns_are_folded_without_a_loss(entries: list[tuple[str, int]]) -> None:
    ordered = sorted(entries, key=lambda entry: entry[1])
    events = [turn(number, minute, f"am:{name}") for number, (name, minute) in enumerate(ordered, 1)]
    lines = join_flapping(events)
    assert sum(int(line.detail.get("instances", 1)) for line in lines) == len(events)
    assert all(int(line.detail.get("instances", FLAPPING_FROM)) >= FLAPPING_FROM for line in lines)


@pytest.mark.parametrize("ask", ["pod=~(a+)+$", "pod=~.*.*.*.*.*x"])
def test_a_filter_that_might_search_for_ever_keeps_nobody_waiting(ask: str) -> None:
    assert Row("a", (Cell("x"),), (("pod", "a" * 5_000 + "!"),)).matches(ask)


def test_storms_of_many_rules_in_one_moment_are_one_line() -> None:
    storms = [event(100 * rule + n, f"Rule{rule}", seconds=rule) for rule in range(25) for n in range(1, 9)]
    (line,) = join_alert_events(storms)
    assert line.detail["instances"] == 200
    assert "25 alerts firing" in line.summary
    few = [event(100 * rule + n, f"Rule{rule}", seconds=rule) for rule in range(3) for n in range(1, 9)]
    assert len(join_alert_events(few)) == 3


def test_what_grafana_could_not_evaluate_is_named_by_its_rule_and_never_by_an_id() -> None:
    failed = [alert(n, rulename=f"Queue {n}", datasource_uid=f"d{n}", __alert_rule_uid__=f"a{n}") for n in range(2)]
    assert set(name_alert_subjects(failed).values()) == {"Queue 0", "Queue 1"}
    assert list(name_alert_subjects(failed[:1]).values()) == ["Queue 0"]
    same_title = [alert(n, __alert_rule_uid__=f"a{n}", grafana_folder=f"team {n}") for n in range(2)]
    assert not any("a0" in name or "a1" in name for name in name_alert_subjects(same_title).values())


def test_turns_of_a_few_alerts_are_no_storm_of_many() -> None:
    turns = [event(n, seconds=n) for n in range(1, 13)]
    three = [replace(turn, subject=f"am:{turn.id % 3}") for turn in turns]
    assert join_storms(three) == three
    (line,) = join_storms([*turns, replace(turns[0], id=99)])
    assert line.detail["instances"] == len(turns)
