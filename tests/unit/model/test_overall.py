"""One word for an environment: not seeing is never fine, and a known outage is never talked down."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.incident import Incident, Status
from cockpit.model.overall import OverallState, judge_environment, list_troubles
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.reading import FeedState, Freshness, Reading
from cockpit.model.revision import Application, Revision
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE, is_grave

NOW = datetime(2026, 2, 27, 13, 26, tzinfo=UTC)


def probe(state: ProbeState, name: str = "ready", **more: Any) -> ProbeResult:
    return ProbeResult(name, "prod", "https://app.example.com/ready", state, NOW, **more)


def alert(state: AlertState, severity: Severity = Severity.HIGH) -> Alert:
    return Alert("prom", "f1", "5xx errors", severity, state, NOW, "prod")


def app(weight: int, health: str = "Healthy", running: str = "Running") -> Application:
    revision = Revision("mi-prod", "mi-prod--v42", True, weight, NOW, health=health, running=running)
    return Application("mi-prod", "prod", "multiple", "", (revision,))


def seen(feed: str, *items: object) -> Reading[Any]:
    return Reading(feed, "prod", 15.0, 1.0, tuple(items), 1.0, NOW)


def incident(severity: str = "P1", **more: Any) -> Incident:
    return Incident("i", "prod", "Readiness failing", severity, Status.INVESTIGATING, NOW, "ana", NOW, **more)


def in_part(reading: Reading[Any], kind: ProblemKind = ProblemKind.SERVER) -> Reading[Any]:
    return replace(reading, problem=Problem(kind, "prom-1: timed out", "prom-1: No answer in time."))


def word(*readings: Reading[Any], **states: FeedState) -> OverallState:
    fresh = {each.feed: Freshness(states.get(each.feed, FeedState.LIVE), 1.0) for each in readings}
    return judge_environment(readings, fresh).word


def test_of_alerts_the_gravest_comes_first() -> None:
    by_severity = [
        replace(alert(AlertState.FIRING, severity), fingerprint=severity.value)
        for severity in (Severity.MEDIUM, Severity.UNKNOWN, Severity.CRITICAL, Severity.HIGH)
    ]
    named = [replace(item, name=item.fingerprint) for item in by_severity]
    assert [trouble.name for trouble in list_troubles(tuple(named))] == ["critical", "high", "medium", "unknown"]


def test_all_up_is_ok() -> None:
    assert (
        word(seen("probes", probe(ProbeState.UP)), seen("alerts:prom"), seen("revisions", app(100))) is OverallState.OK
    )


def test_a_down_probe_is_down_even_beside_a_blind_feed() -> None:
    assert (
        word(seen("probes", probe(ProbeState.DOWN)), seen("revisions"), revisions=FeedState.BLIND) is OverallState.DOWN
    )


def test_a_blind_feed_is_worse_than_a_known_weakness() -> None:
    assert (
        word(seen("probes", probe(ProbeState.DEGRADED)), seen("revisions"), revisions=FeedState.BLIND)
        is OverallState.BLIND
    )


def test_an_old_answer_is_not_believed() -> None:
    assert word(seen("probes", probe(ProbeState.DOWN)), probes=FeedState.STALE) is OverallState.STALE
    assert word(seen("probes", probe(ProbeState.UP)), probes=FeedState.STALE) is OverallState.STALE


def test_a_first_failing_answer_is_not_ok_and_not_yet_down() -> None:
    assert word(seen("probes", probe(ProbeState.PENDING))) is OverallState.DEGRADED


def test_flapping_is_a_weakness_though_it_answers_now() -> None:
    assert word(seen("probes", probe(ProbeState.UP, flapping=True))) is OverallState.DEGRADED


def test_maintenance_is_planned() -> None:
    assert word(seen("probes", probe(ProbeState.MAINTENANCE))) is OverallState.OK


def test_a_loud_alert_degrades_and_a_vanished_one_still_does() -> None:
    assert word(seen("alerts:prom", alert(AlertState.FIRING))) is OverallState.DEGRADED
    assert word(seen("alerts:prom", alert(AlertState.RESOLVING))) is OverallState.DEGRADED
    assert word(seen("alerts:prom", alert(AlertState.FIRING, Severity.UNKNOWN))) is OverallState.DEGRADED


def test_a_quiet_silenced_or_resolved_alert_does_not() -> None:
    assert word(seen("alerts:prom", alert(AlertState.FIRING, Severity.INFO))) is OverallState.OK
    assert word(seen("alerts:prom", alert(AlertState.SUPPRESSED))) is OverallState.OK
    assert word(seen("alerts:prom", alert(AlertState.RESOLVED))) is OverallState.OK


def test_a_sick_revision_counts_only_while_it_has_traffic() -> None:
    assert word(seen("revisions", app(100, health="Unhealthy"))) is OverallState.DEGRADED
    assert word(seen("revisions", app(100, running="Activation Failed"))) is OverallState.DEGRADED
    assert word(seen("revisions", app(0, health="Unhealthy"))) is OverallState.OK


def test_nothing_watched_is_unknown() -> None:
    assert judge_environment((), {}).word is OverallState.UNKNOWN


def test_troubles_name_what_is_wrong_and_since_when() -> None:
    (found,) = list_troubles((probe(ProbeState.UP, "live"), probe(ProbeState.DOWN, reason="[STATUS] (503) == 200")))
    assert (found.kind, found.name, found.since, found.reason) == ("probe", "ready", NOW, "[STATUS] (503) == 200")


def test_beside_a_grave_incident_nothing_is_ok() -> None:
    up, fresh = [seen("probes", probe(ProbeState.UP))], {"probes": Freshness(FeedState.LIVE, 1.0)}
    judged = judge_environment(up, fresh, [incident("P1")])
    assert (judged.word, judged.word.exit_code) == (OverallState.INCIDENT, 1)
    assert judge_environment(up, fresh, [incident("P2")]).word is OverallState.OK
    assert judge_environment(up, fresh, [incident("P0", resolved=NOW)]).word is OverallState.OK
    assert judge_environment(up, fresh, [incident("P0", drill=True)]).word is OverallState.INCIDENT


def test_a_grave_incident_hides_no_outage() -> None:
    down = [seen("probes", probe(ProbeState.DOWN))]
    assert judge_environment(down, {"probes": Freshness(FeedState.LIVE, 1.0)}, [incident()]).word is OverallState.DOWN


def test_where_nobody_can_say_which_incidents_are_open_nothing_is_ok() -> None:
    up = [seen("probes", probe(ProbeState.UP))]
    assert judge_environment(up, {"probes": Freshness(FeedState.LIVE, 1.0)}, None).word is OverallState.UNKNOWN


def test_what_reported_only_a_part_is_not_ok_and_is_judged_by_that_part() -> None:
    assert word(in_part(seen("alerts:prom")), **{"alerts:prom": FeedState.LATE}) is OverallState.UNKNOWN
    down = in_part(seen("probes", probe(ProbeState.DOWN)))
    assert word(down, probes=FeedState.LATE) is OverallState.DOWN


def test_one_failed_look_behind_a_whole_answer_changes_nothing_yet() -> None:
    late = replace(in_part(seen("probes", probe(ProbeState.UP))), tried=16.0)
    assert word(late, probes=FeedState.LATE) is OverallState.OK


states = st.sampled_from(list(FeedState))
values = st.none() | st.lists(
    st.builds(probe, st.sampled_from(list(ProbeState)), flapping=st.booleans())
    | st.builds(alert, st.sampled_from(list(AlertState)), st.sampled_from(list(Severity)))
    | st.builds(app, st.integers(0, 100), st.sampled_from(["", "Healthy", "Unhealthy"])),
    max_size=4,
).map(tuple)
feeds = st.sampled_from(["probes", "revisions", "alerts:a", "alerts:b"])
worlds = st.dictionaries(feeds, st.tuples(states, values, st.booleans()))
incidents = st.none() | st.lists(
    st.builds(
        incident,
        st.sampled_from(["P0", "P1", "P2", "P3", "SEV-9"]),
        resolved=st.none() | st.just(NOW),
        drill=st.booleans(),
    ),
    max_size=3,
)


@given(worlds, incidents)
def test_exit_code_0_means_all_was_seen_whole_every_probe_is_known_and_no_grave_incident_is_open(
    world: dict[str, tuple[FeedState, Any, bool]], incidents: list[Incident] | None
) -> None:
    readings = [Reading(feed, "prod", 15.0, 1.0, value, 1.0) for feed, (_, value, _) in world.items()]
    readings = [in_part(each) if world[each.feed][2] else each for each in readings]
    fresh = {feed: Freshness(state, 1.0) for feed, (state, _, _) in world.items()}
    result = judge_environment(readings, fresh, incidents)
    assert result.word.exit_code in (0, 1, 2, 3)
    if result.word.exit_code == 0:
        assert world
        assert incidents is not None
        assert not any(each.open and is_grave(DEFAULT_SEVERITY_SCALE, each.severity) for each in incidents)
        assert all(
            state in (FeedState.LIVE, FeedState.LATE) and value is not None and not partial
            for state, value, partial in world.values()
        )
        probes = [each for _, value, _ in world.values() for each in value if isinstance(each, ProbeResult)]
        assert all(each.state in (ProbeState.UP, ProbeState.MAINTENANCE) for each in probes)
    if any(each.word is OverallState.DOWN for each in result.troubles):
        assert result.word.exit_code == 2
