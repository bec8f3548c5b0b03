"""One word for an environment: not seeing is never fine, and a known outage is never talked down."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.overall import Word, overall, troubles
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.reading import FeedState, Freshness, Reading
from cockpit.model.revision import Application, Revision

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


def word(*readings: Reading[Any], **states: FeedState) -> Word:
    fresh = {each.feed: Freshness(states.get(each.feed, FeedState.LIVE), 1.0) for each in readings}
    return overall(readings, fresh).word


def test_all_up_is_ok() -> None:
    assert word(seen("probes", probe(ProbeState.UP)), seen("alerts:prom"), seen("revisions", app(100))) is Word.OK


def test_a_down_probe_is_down_even_beside_a_blind_feed() -> None:
    assert word(seen("probes", probe(ProbeState.DOWN)), seen("revisions"), revisions=FeedState.BLIND) is Word.DOWN


def test_a_blind_feed_is_worse_than_a_known_weakness() -> None:
    assert word(seen("probes", probe(ProbeState.DEGRADED)), seen("revisions"), revisions=FeedState.BLIND) is Word.BLIND


def test_an_old_answer_is_not_believed() -> None:
    assert word(seen("probes", probe(ProbeState.DOWN)), probes=FeedState.STALE) is Word.STALE
    assert word(seen("probes", probe(ProbeState.UP)), probes=FeedState.STALE) is Word.STALE


def test_a_first_failing_answer_is_not_ok_and_not_yet_down() -> None:
    assert word(seen("probes", probe(ProbeState.PENDING))) is Word.DEGRADED


def test_flapping_is_a_weakness_though_it_answers_now() -> None:
    assert word(seen("probes", probe(ProbeState.UP, flapping=True))) is Word.DEGRADED


def test_maintenance_is_planned() -> None:
    assert word(seen("probes", probe(ProbeState.MAINTENANCE))) is Word.OK


def test_a_loud_alert_degrades_and_a_vanished_one_still_does() -> None:
    assert word(seen("alerts:prom", alert(AlertState.FIRING))) is Word.DEGRADED
    assert word(seen("alerts:prom", alert(AlertState.RESOLVING))) is Word.DEGRADED
    assert word(seen("alerts:prom", alert(AlertState.FIRING, Severity.UNKNOWN))) is Word.DEGRADED


def test_a_quiet_silenced_or_resolved_alert_does_not() -> None:
    assert word(seen("alerts:prom", alert(AlertState.FIRING, Severity.INFO))) is Word.OK
    assert word(seen("alerts:prom", alert(AlertState.SUPPRESSED))) is Word.OK
    assert word(seen("alerts:prom", alert(AlertState.RESOLVED))) is Word.OK


def test_a_sick_revision_counts_only_while_it_has_traffic() -> None:
    assert word(seen("revisions", app(100, health="Unhealthy"))) is Word.DEGRADED
    assert word(seen("revisions", app(100, running="Activation Failed"))) is Word.DEGRADED
    assert word(seen("revisions", app(0, health="Unhealthy"))) is Word.OK


def test_nothing_watched_is_unknown() -> None:
    assert overall((), {}).word is Word.UNKNOWN


def test_troubles_name_what_is_wrong_and_since_when() -> None:
    (found,) = troubles((probe(ProbeState.UP, "live"), probe(ProbeState.DOWN, reason="[STATUS] (503) == 200")))
    assert (found.kind, found.name, found.since, found.reason) == ("probe", "ready", NOW, "[STATUS] (503) == 200")


states = st.sampled_from(list(FeedState))
values = st.none() | st.lists(
    st.builds(probe, st.sampled_from(list(ProbeState)), flapping=st.booleans())
    | st.builds(alert, st.sampled_from(list(AlertState)), st.sampled_from(list(Severity)))
    | st.builds(app, st.integers(0, 100), st.sampled_from(["", "Healthy", "Unhealthy"])),
    max_size=4,
).map(tuple)
worlds = st.dictionaries(st.sampled_from(["probes", "revisions", "alerts:a", "alerts:b"]), st.tuples(states, values))


@given(worlds)
def test_exit_code_0_means_every_feed_was_seen_and_every_probe_is_known(
    world: dict[str, tuple[FeedState, Any]],
) -> None:
    readings = [Reading(feed, "prod", 15.0, 1.0, value, 1.0) for feed, (_, value) in world.items()]
    result = overall(readings, {feed: Freshness(state, 1.0) for feed, (state, _) in world.items()})
    assert result.word.exit_code in (0, 1, 2, 3)
    if result.word.exit_code == 0:
        assert world
        assert all(state in (FeedState.LIVE, FeedState.LATE) and value is not None for state, value in world.values())
        probes = [each for _, value in world.values() for each in value if isinstance(each, ProbeResult)]
        assert all(each.state in (ProbeState.UP, ProbeState.MAINTENANCE) for each in probes)
    if any(each.word is Word.DOWN for each in result.troubles):
        assert result.word.exit_code == 2
