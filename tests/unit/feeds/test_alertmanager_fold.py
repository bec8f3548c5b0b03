"""Blind is not resolved: an alert that vanished ends only when something confirms that it did."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.feeds.alertmanager_fold import (
    SHOWN_IN_DOUBT,
    SHOWN_RESOLVED,
    YOUNG,
    Context,
    Tracked,
    merge,
    resend,
    transition,
)
from cockpit.feeds.alertmanager_parse import Entry
from cockpit.feeds.alertmanager_rules import Rules
from cockpit.model.alert import Alert, AlertState, Severity
from tests.unit.feeds.fake_time import START

LABELS = (("alertname", "ReplicaDown"), ("app", "shop"))
FIRING = Alert("prom", "f1", "ReplicaDown", Severity.CRITICAL, AlertState.FIRING, START, "prod", labels=LABELS)
OLD_SERVER = START - timedelta(days=9)
MINUTE = timedelta(minutes=1)


def entry(updated: datetime = START, held: timedelta = 4 * MINUTE, alert: Alert = FIRING) -> Entry:
    """An alert as Prometheus sends it: every minute, good for four."""
    return Entry(alert, updated, updated + held)


def context(after: float, **rest: object) -> Context:
    """What is known `after` minutes; an old server that answered in full, unless said otherwise."""
    known: dict[str, object] = {"started": OLD_SERVER, **rest}
    return Context(START + after * MINUTE, **known)  # type: ignore[arg-type]


def firing() -> Mapping[str, Tracked]:
    return transition({}, {"f1": entry()}, context(0))


def one(alerts: Mapping[str, Tracked]) -> tuple[AlertState, str]:
    (only,) = alerts.values()
    return only.alert.state, only.alert.note


def test_an_alert_its_sender_withdrew_is_resolved() -> None:
    assert one(transition(firing(), {}, context(1))) == (AlertState.RESOLVED, "withdrawn by its sender")


def test_a_resolved_alert_is_shown_for_ten_minutes() -> None:
    resolved = transition(firing(), {}, context(1))
    assert transition(resolved, {}, context(10.9)) == resolved
    assert transition(resolved, {}, context(11)) == {}
    assert timedelta(minutes=10) == SHOWN_RESOLVED


def test_an_alert_that_comes_back_fires_again() -> None:
    resolved = transition(firing(), {}, context(1))
    assert one(transition(resolved, {"f1": entry()}, context(2))) == (AlertState.FIRING, "")


def test_a_poll_that_was_not_whole_changes_nothing_but_adds_what_is_new() -> None:
    before = firing()
    new = replace(FIRING, fingerprint="f2", name="New")
    after = transition(before, {"f2": entry(alert=new)}, context(60, whole=False))
    assert after["f1"] == before["f1"]
    assert after["f2"].alert == new


def test_what_a_restarted_server_does_not_list_is_in_doubt_until_its_sender_had_time_to_repeat_it() -> None:
    restarted = {"started": START + 1 * MINUTE}
    doubted = transition(firing(), {}, context(1.5, **restarted))
    assert one(doubted) == (AlertState.RESOLVING, "vanished, server restarted 30s ago")
    still = transition(doubted, {}, context(2.5, **restarted))
    assert one(still)[0] is AlertState.RESOLVING
    assert one(transition(still, {}, context(3.5, **restarted))) == (
        AlertState.RESOLVED,
        "not sent again since the restart",
    )


def test_what_a_restarted_server_hears_of_again_never_stopped_firing() -> None:
    doubted = transition(firing(), {}, context(1.5, started=START + MINUTE))
    assert one(transition(doubted, {"f1": entry(START + 2 * MINUTE)}, context(2))) == (AlertState.FIRING, "")


def test_an_alert_whose_sender_fell_silent_is_expired_and_stays_in_doubt() -> None:
    expired = transition(firing(), {}, context(5))
    assert one(expired) == (AlertState.RESOLVING, "expired: sender silent")
    assert one(transition(expired, {}, context(600))) == (AlertState.RESOLVING, "expired: sender silent")
    assert transition(expired, {}, Context(START + 6 * MINUTE + SHOWN_IN_DOUBT, started=OLD_SERVER)) == {}


def test_a_sender_that_is_back_and_says_nothing_of_it_confirms() -> None:
    watched = {"watched": True, "watchdog": entry(START + MINUTE)}
    expired = transition(firing(), {}, context(5, **watched))
    assert one(expired)[0] is AlertState.RESOLVING
    soon = transition(expired, {}, context(7, watched=True, watchdog=entry(START + 6 * MINUTE)))
    assert one(soon)[0] is AlertState.RESOLVING
    later = transition(soon, {}, context(8, watched=True, watchdog=entry(START + 7.5 * MINUTE)))
    assert one(later) == (AlertState.RESOLVED, "its sender is back and does not repeat it")


def test_without_its_watchdog_a_source_resolves_nothing() -> None:
    blind = transition(firing(), {}, context(1, watched=True))
    assert one(blind) == (AlertState.RESOLVING, "vanished, no watchdog")
    back = transition(blind, {}, context(4, watched=True, watchdog=entry(START + 3.5 * MINUTE)))
    assert one(back)[0] is AlertState.RESOLVED


def test_prometheus_confirms_whatever_the_doubt() -> None:
    quiet = Rules(quiet=frozenset({"ReplicaDown"}))
    doubted = transition(firing(), {}, context(5))
    assert one(transition(doubted, {}, context(6, rules=quiet))) == (AlertState.RESOLVED, "confirmed by Prometheus")


def test_prometheus_confirms_nothing_about_a_rule_it_does_not_know() -> None:
    doubted = transition(firing(), {}, context(5, rules=Rules(quiet=frozenset({"Other"}))))
    assert one(doubted)[0] is AlertState.RESOLVING


def test_what_prometheus_still_reports_fires_though_alertmanager_forgot_it() -> None:
    inner = replace(FIRING, labels=(("alertname", "ReplicaDown"),))  # without the labels added on the way
    rules = Rules(active={"ReplicaDown": [inner]}, quiet=frozenset({"ReplicaDown"}))
    forgotten = transition(firing(), {}, context(1, started=START + MINUTE, rules=rules))
    assert one(forgotten) == (AlertState.FIRING, "Prometheus still reports it")
    other = Rules(active={"ReplicaDown": [replace(FIRING, labels=(*LABELS[:1], ("app", "other")))]})
    assert one(transition(firing(), {}, context(1, rules=other)))[0] is AlertState.RESOLVED


def test_servers_of_one_cluster_are_one_list() -> None:
    early = replace(FIRING, since=START - MINUTE, seen_by=("am-1",))
    silenced = replace(FIRING, state=AlertState.SUPPRESSED, seen_by=("am-2",), note="silenced by x")
    (joined,) = merge([entry(alert=silenced), entry(START + MINUTE, alert=early)]).values()
    assert joined.alert == replace(early, seen_by=("am-1", "am-2"))
    assert joined.updated == START + MINUTE


@pytest.mark.parametrize(
    ("held", "expected"), [(4 * MINUTE, MINUTE), (timedelta(seconds=4), timedelta(seconds=1)), (-MINUTE, MINUTE)]
)
def test_how_often_a_sender_repeats_itself_is_read_from_its_own_promise(held: timedelta, expected: timedelta) -> None:
    assert resend(entry(held=held)) == expected


moments = st.integers(0, 3_000).map(lambda seconds: START + timedelta(seconds=seconds))
entries = st.builds(entry, moments, st.integers(-60, 600).map(lambda seconds: timedelta(seconds=seconds)))
rules = st.none() | st.builds(
    Rules,
    active=st.sampled_from([{}, {"ReplicaDown": [FIRING]}]),
    quiet=st.sampled_from([frozenset[str](), frozenset({"ReplicaDown"})]),
)
polls = st.lists(
    st.tuples(
        st.booleans(),  # listed
        entries,
        st.integers(1, 900),  # seconds since the poll before
        st.booleans(),  # whole
        st.none() | moments,  # started
        st.none() | entries,  # watchdog
        rules,
    ),
    max_size=25,
)


@given(polls=polls, watched=st.booleans())
def test_over_any_sequence_of_polls_nothing_is_resolved_in_the_dark(polls: list[tuple], watched: bool) -> None:  # type: ignore[type-arg]
    now = START
    alerts: Mapping[str, Tracked] = {}
    for listed, seen, seconds, whole, started, watchdog, said in polls:
        now += timedelta(seconds=seconds)
        before = alerts.get("f1")
        known = Context(now, whole, started, watched, watchdog, said)
        alerts = transition(alerts, {"f1": seen} if listed else {}, known)
        after = alerts.get("f1")
        if listed:
            assert after is not None
            assert after.state is AlertState.FIRING
            continue
        if before is None:
            assert after is None
            continue
        if before.resolved is None and after is not None and after.resolved is not None:
            confirmed = said is not None and said.ended(FIRING)
            assert confirmed or (whole and not (watched and watchdog is None))
            assert confirmed or not (started and now - started < YOUNG and now - started <= 2 * resend(before.entry))
        if after is None:
            assert before.resolved is not None or (before.vanished is not None and now - before.vanished >= MINUTE)
        if not whole and before.resolved is None and (said is None or not (said.ended(FIRING) or said.match(FIRING))):
            assert after == before
