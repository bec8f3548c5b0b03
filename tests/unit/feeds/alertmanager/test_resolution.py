"""An alert that is listed no more: what we may say of it, and when."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.feeds.alertmanager.alerts import ListedAlert, Report
from cockpit.feeds.alertmanager.resolution import (
    KEPT_RESOLVED,
    UNLISTED,
    AskPrometheus,
    PrometheusState,
    ResolutionWord,
    Trace,
    drop_settled,
    merge_alerts,
    note_rules,
    recall_traces,
    tell_unheard,
    update_traces,
)
from cockpit.model.alert import Alert, AlertState, Severity

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
RESEND = timedelta(minutes=1)
LIFE = 4 * RESEND
LOOK = timedelta(seconds=30)
OLD = timedelta(days=3)
FIRED = Alert("am", "f1", "Http5xxHigh", Severity.HIGH, AlertState.FIRING, START, "prod", seen_by=("am-1",))


def nobody(_: Trace) -> None:
    """No Prometheus is configured."""


def prometheus(says: PrometheusState, why: str = "confirmed by Prometheus prom-1") -> AskPrometheus:
    return lambda _: ResolutionWord(says, why)


class Story:
    """A cluster that is looked at every thirty seconds; its senders repeat every alert once a minute."""

    def __init__(self, *servers: str, ask: AskPrometheus = nobody) -> None:
        self.servers = servers or ("am-1",)
        self.ask = ask
        self.now = START
        self.traces: Mapping[str, Trace] = {}
        self.sent = START

    def look(
        self,
        *listing: str,
        uptime: timedelta | None = OLD,
        watched: bool = True,
        resent: bool = True,
        silent: tuple[str, ...] = (),
        after: timedelta = LOOK,
        clock: timedelta = timedelta(0),
    ) -> Alert | None:
        """One look: the servers of `listing` have the alert, those of `silent` do not answer. What is told of it."""
        self.now += after
        self.sent = self.now if resent else self.sent
        entry = ListedAlert(FIRED, self.sent + clock, self.sent + LIFE + clock)
        reports = {
            server: Report(
                server, self.now + clock, {"f1": entry} if server in listing else {}, uptime, watched, skew=-clock
            )
            for server in self.servers
            if server not in silent
        }
        self.traces = update_traces(self.traces, reports, self.ask, self.now)
        return self.traces["f1"].alert if self.traces else None


def told(alert: Alert | None) -> tuple[AlertState, str]:
    assert alert is not None
    return alert.state, alert.note


def test_an_alert_its_sender_withdrew_before_its_time_is_resolved() -> None:
    story = Story()
    story.look("am-1")
    assert told(story.look()) == (AlertState.RESOLVED, "confirmed by Alertmanager am-1")


def test_it_ended_when_that_was_first_known_and_not_when_it_fired() -> None:
    story = Story()
    story.look("am-1")
    over = story.look()
    assert over is not None
    assert over.ended == story.now
    later = story.look()
    assert later is not None
    assert later.ended == over.ended


@pytest.mark.parametrize("rule", ["", "v1"])
def test_an_alert_from_the_future_began_when_it_was_first_seen(rule: str) -> None:
    """Whoever sends an end alone gives that as the beginning, too, and a sender's clock may be ahead."""
    traces: Mapping[str, Trace] = {}
    for seconds in (0, 30):
        now = START + timedelta(seconds=seconds)
        entry = ListedAlert(replace(FIRED, since=START + timedelta(hours=2)), now, now + LIFE)
        traces = update_traces(traces, {"am-1": Report("am-1", now, {"f1": entry})}, nobody, now)
        traces = note_rules(traces, lambda alert: replace(alert, rule=rule))
        assert (traces["f1"].alert.since, traces["f1"].alert.rule) == (START, rule)


def test_an_alert_that_was_recorded_from_the_future_began_no_later_than_now() -> None:
    traces = recall_traces([replace(FIRED, since=START + timedelta(hours=2))], START)
    assert (traces["f1"].alert.since, traces["f1"].first) == (START, START)


def test_a_server_that_just_restarted_proves_nothing() -> None:
    story = Story()
    story.look("am-1")
    state, note = told(story.look(uptime=timedelta(seconds=12)))
    assert (state, note) == (AlertState.RESOLVING, "vanished, am-1 restarted 12s ago")


def test_an_alert_that_a_settled_server_was_not_sent_again_is_resolved() -> None:
    story = Story()
    story.look("am-1")
    story.look(uptime=timedelta(seconds=12))
    assert told(story.look(uptime=2 * RESEND - timedelta(seconds=1)))[0] is AlertState.RESOLVING
    assert told(story.look(uptime=2 * RESEND))[0] is AlertState.RESOLVED


def test_an_alert_that_comes_back_after_a_restart_never_ended() -> None:
    story = Story()
    story.look("am-1")
    story.look(uptime=timedelta(seconds=12))
    assert told(story.look("am-1", uptime=timedelta(seconds=42))) == (AlertState.FIRING, "")


def test_an_alert_that_nobody_sends_any_more_expires_and_is_not_resolved() -> None:
    story = Story()
    story.look("am-1")
    for _ in range(7):
        assert told(story.look("am-1", resent=False))[0] is AlertState.FIRING
    assert told(story.look(resent=False)) == (AlertState.RESOLVING, "expired: sender silent")
    assert told(story.look(resent=False, after=timedelta(minutes=50)))[0] is AlertState.RESOLVING


def test_what_ended_while_we_could_not_look_is_not_resolved_either() -> None:
    story = Story()
    story.look("am-1")
    assert told(story.look(after=timedelta(hours=1))) == (AlertState.RESOLVING, "vanished while we could not see am-1")


def test_without_its_watchdog_a_server_proves_nothing() -> None:
    story = Story()
    story.look("am-1")
    assert told(story.look(watched=False)) == (AlertState.RESOLVING, "not confirmed: no watchdog from am-1")
    assert told(story.look())[0] is AlertState.RESOLVED


def test_a_server_that_does_not_tell_how_long_it_runs_proves_nothing() -> None:
    story = Story()
    story.look("am-1")
    assert told(story.look(uptime=None))[0] is AlertState.RESOLVING


@pytest.mark.parametrize("ahead", [-3_600, 90, 86_400])
def test_a_clock_that_is_wrong_changes_no_verdict(ahead: int) -> None:
    clock = timedelta(seconds=ahead)
    story = Story()
    story.look("am-1", clock=clock)
    assert told(story.look(clock=clock))[0] is AlertState.RESOLVED
    story = Story()
    story.look("am-1", clock=clock)
    for _ in range(7):
        story.look("am-1", resent=False, clock=clock)
    assert told(story.look(resent=False, clock=clock))[1] == "expired: sender silent"


def test_a_clock_of_ours_that_is_set_back_resolves_nothing() -> None:
    story = Story()
    story.look("am-1")
    for _ in range(7):
        story.look("am-1", resent=False)
    assert told(story.look(after=timedelta(hours=-2)))[0] is AlertState.RESOLVING


def test_a_slow_neighbour_lets_no_alert_seem_to_end_before_its_time() -> None:
    now = START + LIFE - timedelta(seconds=1)
    heard = Report("am-1", now, {"f1": ListedAlert(FIRED, START, START + LIFE)}, OLD)
    traces = update_traces({}, {"am-1": heard}, nobody, now + timedelta(seconds=12))
    gone = Report("am-1", START + LIFE + timedelta(seconds=1), {}, OLD)
    traces = update_traces(traces, {"am-1": gone}, nobody, gone.at + timedelta(seconds=12))
    assert told(traces["f1"].alert) == (AlertState.RESOLVING, "expired: sender silent")


def test_a_server_that_does_not_answer_keeps_its_alerts_until_they_would_have_ended() -> None:
    story = Story("am-1", "am-2")
    story.look("am-2")
    assert told(story.look(silent=("am-2",))) == (AlertState.FIRING, "")
    assert told(story.look(silent=("am-2",), after=LIFE)) == (
        AlertState.RESOLVING,
        "not confirmed: am-2 does not answer",
    )


def test_one_settled_server_is_proof_enough_once_the_word_of_the_silent_one_has_run_out() -> None:
    story = Story("am-1", "am-2")
    story.look("am-1", "am-2")
    assert told(story.look(silent=("am-2",)))[0] is AlertState.FIRING
    assert told(story.look(silent=("am-2",), after=LIFE)) == (AlertState.RESOLVED, "confirmed by Alertmanager am-1")


def test_an_alert_that_one_server_still_lists_fires() -> None:
    story = Story("am-1", "am-2")
    story.look("am-1", "am-2")
    assert told(story.look("am-2"))[0] is AlertState.FIRING


def test_prometheus_confirms_at_once_what_a_restarted_server_cannot() -> None:
    story = Story(ask=prometheus(PrometheusState.INACTIVE))
    story.look("am-1")
    assert told(story.look(uptime=timedelta(seconds=3))) == (AlertState.RESOLVED, "confirmed by Prometheus prom-1")


@pytest.mark.parametrize(
    ("state", "note"),
    [(PrometheusState.UNKNOWN, "no Prometheus has a rule"), (PrometheusState.SILENT, "expired: sender silent")],
)
def test_a_sender_that_answers_us_is_not_called_silent(state: PrometheusState, note: str) -> None:
    story = Story(ask=prometheus(state, "no Prometheus has a rule"))
    story.look("am-1")
    for _ in range(7):
        story.look("am-1", resent=False)
    assert told(story.look(resent=False)) == (AlertState.RESOLVING, note)


def test_an_alert_that_prometheus_still_sees_fires_though_nobody_lists_it() -> None:
    story = Story(ask=prometheus(PrometheusState.FIRES, "prom-1 says it fires"))
    story.look("am-1")
    assert told(story.look(uptime=timedelta(seconds=3))) == (
        AlertState.FIRING,
        UNLISTED,
    )


def test_where_prometheus_could_be_asked_the_word_of_alertmanager_alone_is_not_enough() -> None:
    story = Story(ask=prometheus(PrometheusState.UNKNOWN, "not confirmed: no data, job signals is or was down"))
    story.look("am-1")
    assert told(story.look()) == (AlertState.RESOLVING, "not confirmed: no data, job signals is or was down")


def test_a_resolved_alert_stays_ten_minutes() -> None:
    story = Story()
    story.look("am-1")
    story.look()
    assert story.look(after=KEPT_RESOLVED) is not None
    assert story.look() is None


@given(st.lists(st.sampled_from(["blind", "silent", "restarted"]), min_size=1, max_size=12))
def test_an_unconfirmed_alert_never_leaves_by_itself(looks: list[str]) -> None:
    story = Story()
    story.look("am-1")
    for look in looks:
        alert = story.look(
            watched=look != "blind",
            silent=("am-1",) if look == "silent" else (),
            uptime=timedelta(seconds=12) if look == "restarted" else OLD,
            after=timedelta(hours=7),
        )
        assert told(alert)[0] is AlertState.RESOLVING


def test_a_person_settles_an_unconfirmed_alert_and_one_that_fires_again_is_back() -> None:
    story = Story()
    story.look("am-1")
    story.look(watched=False)
    story.traces = drop_settled(story.traces, {"am:f1": story.now})
    assert story.look(watched=False) is None
    assert told(story.look("am-1"))[0] is AlertState.FIRING


def test_nobody_settles_an_alert_that_fires() -> None:
    story = Story()
    story.look("am-1")
    assert drop_settled(story.traces, {"am:f1": story.now}) == story.traces


def test_what_the_timeline_last_knew_is_unconfirmed_until_its_prometheus_says_it_is_over() -> None:
    story = Story(ask=prometheus(PrometheusState.SILENT, "not confirmed: prom-1 does not answer"))
    story.traces = recall_traces([replace(FIRED, state=AlertState.RESOLVING, note="firing when last recorded")], START)
    assert told(story.look()) == (AlertState.RESOLVING, "not confirmed: prom-1 does not answer")
    story.ask = prometheus(PrometheusState.INACTIVE)
    assert told(story.look()) == (AlertState.RESOLVED, "confirmed by Prometheus prom-1")


def test_what_the_timeline_last_knew_is_not_over_because_an_alertmanager_has_no_list_of_it() -> None:
    story = Story()
    story.traces = recall_traces([replace(FIRED, state=AlertState.RESOLVING, note="firing when last recorded")], START)
    assert told(story.look()) == (AlertState.RESOLVING, "firing when last recorded")


def test_an_alert_resolved_late_stays_ten_minutes_all_the_same() -> None:
    story = Story()
    story.look("am-1")
    story.look(watched=False)
    assert told(story.look(after=timedelta(minutes=50)))[0] is AlertState.RESOLVED
    assert told(story.look(after=timedelta(minutes=10)))[0] is AlertState.RESOLVED


def test_two_servers_tell_one_alert_and_it_is_quiet_only_when_both_keep_it_so() -> None:
    silenced = replace(FIRED, state=AlertState.SUPPRESSED, note="silenced by 9825d44b", seen_by=("am-2",))
    earlier = replace(silenced, since=START - LOOK, seen_by=("am-3",))
    assert merge_alerts([silenced, FIRED]) == replace(FIRED, seen_by=("am-1", "am-2"))
    assert merge_alerts([silenced, earlier]) == replace(earlier, seen_by=("am-2", "am-3"))


SERVERS = ("am-1", "am-2")
LISTED = {name: ListedAlert(replace(FIRED, fingerprint=name), START, START + LIFE) for name in ("f1", "f2", "f3")}
REPORTS = st.lists(
    st.dictionaries(
        st.sampled_from(SERVERS),
        st.tuples(
            st.lists(st.sampled_from(sorted(LISTED)), unique=True),
            st.none() | st.integers(-100, 100_000).map(lambda seconds: timedelta(seconds=seconds)),
            st.booleans(),
        ),
        min_size=1,
    ),
    min_size=1,
    max_size=12,
)
WORDS = st.sampled_from([None, *PrometheusState])


@given(rounds=REPORTS, says=WORDS, pause=st.integers(0, 2_000))
def test_whatever_happens_what_is_listed_fires_and_what_is_resolved_has_its_proof(
    rounds: list[dict[str, tuple[list[str], timedelta | None, bool]]], says: PrometheusState | None, pause: int
) -> None:
    now = START
    ask = prometheus(says, "why") if says else nobody
    traces: Mapping[str, Trace] = {}
    for answers in rounds:
        now += timedelta(seconds=pause)
        reports = {
            server: Report(server, now, {name: LISTED[name] for name in names}, uptime, watched)
            for server, (names, uptime, watched) in answers.items()
        }
        before, traces = traces, update_traces(traces, reports, ask, now)
        present = {name for report in reports.values() for name in report.alerts}
        assert present <= set(traces) <= present | set(before)
        for name, trace in traces.items():
            was = before[name].alert.state if name in before else None
            if name in present:
                assert trace.alert.state is AlertState.FIRING
            elif trace.alert.state is AlertState.RESOLVED and was is not AlertState.RESOLVED:
                sure = any(each.watched and each.uptime is not None for each in reports.values())
                assert says is PrometheusState.INACTIVE or (says is None and sure)
            elif trace.alert.state is AlertState.RESOLVING:
                assert trace.alert.note
        assert update_traces(traces, reports, ask, now) == traces


@given(rounds=REPORTS)
def test_only_what_nobody_confirmed_stays(rounds: list[dict[str, tuple[list[str], timedelta | None, bool]]]) -> None:
    traces: Mapping[str, Trace] = {}
    now = START
    for answers in rounds:
        now += LOOK
        reports = {
            server: Report(server, now, {name: LISTED[name] for name in names}, uptime, watched)
            for server, (names, uptime, watched) in answers.items()
        }
        traces = update_traces(traces, reports, nobody, now)
    for _ in range(100):
        now += LOOK * 4
        traces = update_traces(traces, {"am-1": Report("am-1", now, {}, None)}, nobody, now)
    assert {trace.alert.state for trace in traces.values()} <= {AlertState.RESOLVING}
    assert not drop_settled(traces, dict.fromkeys([trace.alert.key for trace in traces.values()], now))


def test_while_the_server_that_listed_it_is_silent_nobody_says_that_none_lists_it() -> None:
    story = Story(ask=prometheus(PrometheusState.FIRES, "prom-1 says it fires"))
    story.look("am-1")
    silent = told(story.look(silent=("am-1",), after=LIFE))
    assert silent == (AlertState.FIRING, "firing in Prometheus, am-1 does not answer")


def test_a_silence_is_not_over_because_the_server_that_keeps_it_is_silent() -> None:
    quiet = replace(FIRED, state=AlertState.SUPPRESSED, note="silenced by ana until 03:00Z on 21 Nov: disk swap")
    alert = tell_unheard(quiet, "am-1")
    assert alert.state is AlertState.SUPPRESSED
    assert alert.note == "silenced by ana until 03:00Z on 21 Nov: disk swap; am-1 does not answer"
