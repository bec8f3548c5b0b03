"""When the impact ended: by what users feel, held, or as a person states it; and what proposes it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.impact import (
    as_of,
    describe_impact,
    find_relapse,
    format_felt,
    is_unseen,
    measure_felt,
    propose_impact_end,
    propose_impact_start,
)
from cockpit.incident.metrics.metrics import describe_value, list_metrics
from cockpit.incident.postmortem.key_times import list_key_times
from cockpit.model.event import UNSEEN_FROM, Draft, Kind
from cockpit.model.incident import Incident
from cockpit.model.time import format_timestamp
from cockpit.timeline.timeline import Timeline
from tests.examples import scale_examples
from tests.unit.incident.actors import Clock, make_incident_actions
from tests.unit.incident.folding import fold, only
from tests.unit.incident.story import Story, at

BAD, GOOD = "shop--r44", "shop--r43"


def app(story: Story, minute: float, *, health: str = "Healthy", bad: str = "Unhealthy") -> None:
    """The app as a recorder first saw it: all traffic on the good revision."""
    detail = {
        "what": "baseline",
        "traffic": {GOOD: 100},
        "revisions": {GOOD: {"active": True, "health": health}, BAD: {"active": True, "health": bad}},
    }
    story.tell(Kind.REVISION, minute, subject="shop", detail=detail)


def traffic(story: Story, minute: float, to: str) -> None:
    story.tell(Kind.TRAFFIC, minute, subject="shop", detail={"after": {to: 100}})


def health(story: Story, minute: float, revision: str, word: str) -> None:
    detail = {"what": "health", "active": True, "health": word}
    story.tell(Kind.REVISION, minute, subject=f"shop/{revision}", detail=detail)


def alert(story: Story, minute: float, name: str, state: str, resource: str = "shop", **more: object) -> None:
    detail = {"state": state, "severity": "medium", "name": name, "resource": resource, **more}
    story.tell(Kind.ALERT, minute, subject=f"az:{name}", detail=detail)


def bad_deployment() -> Story:
    """Traffic went to a bad revision, and back to the good one at minute 6; the probes were up again at minute 7."""
    story = Story()
    app(story, -20)
    traffic(story, 0, BAD)
    story.probe(1, "readyz", "down")
    story.probe(1.2, "orders", "down")
    alert(story, 2, "5xx errors", "firing")
    alert(story, 3, "container restarts", "firing")
    story.declare(4, reach=-10)
    traffic(story, 6, GOOD)
    story.probe(6.5, "orders", "up")
    story.probe(7, "readyz", "up")
    return story


def test_alerts_about_the_revision_that_lost_its_traffic_do_not_stretch_the_impact() -> None:
    story = bad_deployment()
    assert only(story).mitigated == at(7), "while both alerts still fire"
    alert(story, 9, "5xx errors", "resolved")
    alert(story, 25, "container restarts", "resolved")
    assert only(story).mitigated == at(7)


@pytest.mark.parametrize("name", [BAD, f"{BAD}-6f9c-x2x"])
def test_an_alert_that_names_a_revision_without_traffic_is_not_felt(name: str) -> None:
    story = Story()
    app(story, -20)
    story.declare(0, reach=-10)
    story.probe(1, "readyz", "down")
    alert(story, 2, "restarts", "firing", resource=name, revisions=[BAD])
    story.probe(3, "readyz", "up")
    assert only(story).mitigated == at(3)


def test_an_alert_of_a_revision_with_traffic_is_felt_until_it_resolves() -> None:
    story = Story()
    app(story, -20, bad="Healthy")
    story.declare(0, reach=-10)
    story.probe(1, "readyz", "down")
    alert(story, 2, "5xx errors", "firing")
    story.probe(3, "readyz", "up")
    assert only(story).mitigated is None
    alert(story, 8, "5xx errors", "resolved")
    assert only(story).mitigated == at(8)


def test_what_cannot_be_placed_counts_as_felt() -> None:
    story = Story()
    story.probe(0, "readyz", "down")
    story.declare(1, reach=-10)
    alert(story, 2, "pool exhausted", "firing", resource="orders-db")
    story.probe(3, "readyz", "up")
    assert only(story).mitigated is None


def test_the_health_of_a_revision_counts_while_it_has_traffic() -> None:
    story = Story()
    app(story, -20, bad="Healthy")
    story.declare(0, reach=-10)
    traffic(story, 1, BAD)
    health(story, 2, BAD, "Unhealthy")
    assert (only(story).felt_since, only(story).detected_by) == (at(2), "ana")
    traffic(story, 5, GOOD)
    assert only(story).mitigated == at(5)


def test_an_alert_that_ended_while_a_probe_only_seemed_bad_is_judged_by_what_is_known_in_the_end() -> None:
    story = bad_deployment()
    del story.events[-2:]
    story.probe(6.2, "orders", "flapping")
    story.probe(7, "readyz", "up")
    alert(story, 9, "5xx errors", "resolved")
    story.probe(6.4, "orders", "up", late=9)  # seen to have been up for long

    assert only(story).mitigated == at(7)
    assert propose_impact_end(only(story)).evidence == "all probes up"  # type: ignore[union-attr]


def test_an_alert_of_what_has_the_traffic_ends_the_impact_also_where_its_end_was_recorded_before_the_last_probe() -> (
    None
):
    story = bad_deployment()
    del story.events[-3:]  # nobody rolled back
    story.probe(6.2, "orders", "flapping")
    story.probe(7, "readyz", "up")
    alert(story, 8, "container restarts", "resolved")
    alert(story, 9, "5xx errors", "resolved")
    story.probe(6.4, "orders", "up", late=9)
    health(story, 8, BAD, "Healthy")

    assert only(story).mitigated == at(9)


def test_a_recovery_counts_once_it_has_held_for_two_minutes() -> None:
    incident = only(bad_deployment())
    assert as_of(incident, at(8.9)).mitigated is None
    assert as_of(incident, at(9)).mitigated == at(7)


def test_what_turns_bad_right_after_the_resolution_shows_that_nothing_had_held() -> None:
    story = bad_deployment()
    story.act(Kind.RESOLVE, 7.5)
    assert as_of(only(story), at(8)).mitigated == at(7)
    story.probe(8.5, "readyz", "down")
    assert as_of(only(story), at(30)).mitigated is None


def test_what_turns_bad_long_after_the_resolution_is_another_matter() -> None:
    story = bad_deployment()
    story.act(Kind.RESOLVE, 7.5)
    story.probe(12, "readyz", "down")
    assert only(story).mitigated == at(7)


def test_start_and_end_are_proposed_with_what_says_so() -> None:
    incident = only(bad_deployment())
    start, end = propose_impact_start(incident), propose_impact_end(incident)
    assert start is not None
    assert end is not None
    assert (start.at, start.evidence) == (at(1), "probe readyz")
    assert (end.at, end.evidence) == (at(7), "all probes up")


def test_whoever_takes_what_was_proposed_states_what_was_seen() -> None:
    story = bad_deployment()
    seen = only(story)
    first = next(event for event in story.events if event.kind == Kind.DECLARE)
    taken = {"impact_started": seen.felt_since, "impact_ended": seen.mitigated, "impact_stated": at(8)}
    detail = {**first.detail, **{key: format_timestamp(moment) for key, moment in taken.items() if moment}}
    story.tell(Kind.DECLARE, 4, late=4, incident="i1", actor="ana", detail=detail, supersedes=first.id)

    assert propose_impact_start(only(story)) == propose_impact_start(seen)
    assert propose_impact_end(only(story)) == propose_impact_end(seen)


@pytest.mark.parametrize("seconds", [0, 1], ids=["taken", "another time"])
def test_a_measured_time_that_somebody_took_is_accepted_by_them_and_stated_by_nobody(seconds: float) -> None:
    story = bad_deployment()
    seen = only(story)
    first = next(event for event in story.events if event.kind == Kind.DECLARE)
    assert seen.felt_since is not None
    assert seen.mitigated is not None
    later = timedelta(seconds=seconds)
    taken = {"impact_started": seen.felt_since + later, "impact_ended": seen.mitigated + later, "impact_stated": at(8)}
    by = {"impact_started_by": "ana", "impact_ended_by": "ana"}
    detail = {**first.detail, **{key: format_timestamp(moment) for key, moment in taken.items()}, **by}
    story.tell(Kind.DECLARE, 4, late=4, incident="i1", actor="ana", detail=detail, supersedes=first.id)

    incident = only(story)
    sources = [moment.source for moment in (propose_impact_start(incident), propose_impact_end(incident)) if moment]
    key_times = {key_time.what: key_time.evidence for key_time in list_key_times(incident, story.events)}
    if seconds:
        assert sources == ["stated", "stated"]
    else:
        assert sources == ["probe readyz, accepted by ana", "all probes up, accepted by ana"]
    assert [key_times["users felt it"], key_times["users felt it no more"]] == sources
    assert all(source in describe_impact(incident) for source in sources)


def test_nothing_is_proposed_as_the_end_while_users_feel_it() -> None:
    story = Story()
    story.probe(0, "readyz", "down")
    story.declare(1, reach=-10)
    assert propose_impact_end(only(story)) is None


def stated(story: Story, minute: float, end: float) -> None:
    first = next(event for event in story.events if event.kind == Kind.DECLARE)
    detail = {**first.detail, "impact_ended": format_timestamp(at(end)), "impact_stated": format_timestamp(at(minute))}
    story.tell(Kind.DECLARE, first.occurred.minute, incident="i1", actor="ben", detail=detail, supersedes=first.id)


def test_what_a_person_states_takes_the_place_of_what_the_signals_say() -> None:
    story = bad_deployment()
    stated(story, 20, end=15)
    assert (only(story).mitigated, only(story).impact_ended) == (at(15), at(15))


def test_a_stated_end_is_taken_back_by_what_users_feel_afterwards() -> None:
    story = bad_deployment()
    stated(story, 20, end=15)
    story.probe(21, "readyz", "down")
    assert (only(story).mitigated, only(story).impact_ended) == (None, None)


@pytest.mark.parametrize(("signals", "end"), [(True, at(15)), (False, None)])
def test_opening_it_again_takes_a_stated_end_back_where_no_signal_says_that_all_is_well(
    signals: bool, end: datetime | None
) -> None:
    story = bad_deployment() if signals else Story()
    if not signals:
        story.declare(4, reach=-10)
    stated(story, 20, end=15)
    story.act(Kind.RESOLVE, 22)
    story.act(Kind.STATUS, 30, status="investigating", was="resolved")
    assert only(story).impact_ended == end


GOES_BAD = {
    "nothing": ((), None),
    "another probe": (((Kind.PROBE, 31, "readyz", {"state": "down"}),), 31),
    "slow for a moment": (
        (
            (Kind.PROBE, 31, "readyz", {"state": "degraded"}),
            (Kind.PROBE, 32, "readyz", {"state": "up"}),
        ),
        None,
    ),
    "slow goes on": (((Kind.PROBE, 31, "slow", {"state": "degraded"}),), None),
    "slow goes down": (((Kind.PROBE, 31, "slow", {"state": "down"}),), 31),
    "its silence is over": (((Kind.ALERT, 31, "a", {"state": "firing", "was": "suppressed"}),), None),
    "it fired again": (((Kind.ALERT, 31, "a", {"state": "firing", "was": "resolved"}),), 31),
}


@pytest.mark.parametrize("which", GOES_BAD)
def test_what_was_bad_when_the_end_was_stated_and_only_goes_on_takes_it_back_by_no_reopening(which: str) -> None:
    """A silenced alert was still there when the end was stated at the resolution; then it was opened again."""
    facts, again = GOES_BAD[which]
    story = Story()
    story.probe(1, "readyz", "down")
    story.tell(Kind.ALERT, 2, subject="a", detail={"name": "Errors", "state": "firing"})
    story.declare(4, reach=-10)
    story.tell(Kind.ALERT, 5, subject="a", detail={"name": "Errors", "state": "suppressed", "was": "firing"})
    story.probe(6, "slow", "degraded")
    story.probe(14, "readyz", "up")
    stated(story, 20, end=15)
    story.act(Kind.RESOLVE, 22)
    story.act(Kind.STATUS, 30, status="investigating", was="resolved")
    for kind, minute, subject, detail in facts:
        story.tell(kind, minute, subject=subject, detail={"name": "Errors", **detail})
    incident = only(story)
    assert incident.impact_ended == (at(15) if again is None else None)
    assert find_relapse(incident) == (None if again is None else at(again))
    felt_again = [
        key_time.at for key_time in list_key_times(incident, story.events) if key_time.what == "users felt it again"
    ]
    assert felt_again == ([] if again is None else [at(again)])


def test_the_impact_is_stated_at_the_desk_and_the_old_word_stands_beside_the_new(
    timeline: Timeline, clock: Clock
) -> None:
    incident_actions = make_incident_actions(timeline, clock)
    clock.wall = at(0)
    incident_actions.declare("x")
    clock.wall = at(30)
    incident_actions.amend(impact_started=at(-3), impact_ended=at(12))
    incident: Incident = incident_actions.amend(impact_ended=at(14))
    assert (incident.impact_started, incident.mitigated) == (at(-3), at(14))
    assert "02:12:00Z)" in timeline.events(kinds=[Kind.NOTE])[-1].summary
    with pytest.raises(IncidentActionError):
        incident_actions.amend(impact_ended=at(-10))


def test_an_alert_that_had_nothing_to_do_with_it_is_not_the_detection_once_somebody_says_so(
    timeline: Timeline, clock: Clock
) -> None:
    """A disk that fills up for an hour knew nothing of the outage; no program can tell, and a person may."""
    disk = Draft(Kind.ALERT, "", at(-60), "prod", "disk", detail={"state": "firing", "name": "DiskWillFill"})
    ready = Draft(Kind.PROBE, "", at(-2), "prod", "readyz", detail={"state": "down"})
    timeline.record([disk, ready])
    clock.wall = at(0)
    incident_actions = make_incident_actions(timeline, clock)
    assert incident_actions.declare("x").detected_by == "alert DiskWillFill"
    incident = incident_actions.amend(detected=at(-2))
    assert (incident.detected, incident.detected_by) == (at(-2), "probe readyz")
    assert "was 2026-02-27 01:00:00Z" in timeline.events(kinds=[Kind.NOTE])[-1].summary
    clock.wall = at(1)
    timeline.record([replace(disk, occurred=at(-30), subject="slow", detail={"state": "firing", "name": "Slow"})])
    assert incident_actions.find(incident.id).detected == at(-2)
    incident = incident_actions.amend(detected=at(-1))
    assert (incident.detected, incident.detected_by) == (at(-1), "ana")


def test_a_relapse_begins_with_what_was_felt_first_whichever_was_recorded_first() -> None:
    story = Story()
    story.probe(1, "readyz", "down")
    story.declare(2, reach=0)
    story.probe(5, "readyz", "up")
    story.probe(15, "ready", "down")
    story.probe(14, "readyz", "down", late=1.2)
    assert [(period.start, period.end) for period in only(story).healthy] == [(at(5), at(14))]
    story.probe(16, "readyz", "up")
    story.probe(17, "ready", "up")
    assert measure_felt(only(story), at(1), at(17)) == (timedelta(minutes=7), 2)


def test_what_was_over_when_somebody_closed_it_stays_over_when_it_is_opened_again() -> None:
    """Up for 80 seconds, closed within them, down again: the time before the closure was not felt."""
    story = Story()
    story.probe(1, "api", "down")
    story.declare(2, reach=0)
    story.probe(5, "api", "up")
    story.act(Kind.RESOLVE, 6)
    story.probe(6 + 1 / 3, "api", "down")
    story.act(Kind.STATUS, 7, status="investigating", was="resolved")
    story.probe(8, "api", "up")
    assert measure_felt(only(story), at(1), at(8)) == (timedelta(minutes=4, seconds=100), 2)


def test_a_revision_that_was_made_ill_is_felt_from_when_that_was_seen_not_from_its_creation() -> None:
    """The cloud dates the creation; its health is of the moment at which somebody looked."""
    story = Story()
    app(story, -20)
    story.declare(1, reach=-10)
    detail = {"what": "created", "active": True, "health": "Unhealthy"}
    story.tell(Kind.TRAFFIC, 2, subject="shop", detail={"after": {"shop--r45": 100}})
    story.tell(Kind.REVISION, 2, late=0.5, subject="shop/shop--r45", detail=detail)
    assert only(story).felt_since == at(2.5)


@pytest.mark.parametrize(("seconds", "first"), [(3, "probe"), (119, "probe"), (121, "revision")])
def test_the_impact_begins_with_the_first_sign_that_users_feel_rather_than_with_the_platforms_guess(
    seconds: float, first: str
) -> None:
    story = Story()
    app(story, -20, bad="Healthy")
    story.declare(0, reach=-10)
    traffic(story, 1, BAD)
    health(story, 2, BAD, "Unhealthy")
    story.probe(2 + seconds / 60, "readyz", "down")
    start = propose_impact_start(only(story))
    assert start is not None
    assert (start.at, start.evidence.split()[0]) == (at(2 + seconds / 60) if first == "probe" else at(2), first)


def threshold(story: Story, minute: float, name: str, state: str) -> None:
    story.tell(Kind.SIGNAL, minute, subject=name, detail={"state": state}, summary=f"{name} {state}")


def test_a_threshold_over_past_minutes_neither_stretches_what_probes_say_is_over_nor_begins_it_anew() -> None:
    story = bad_deployment()
    threshold(story, 6.9, "5xx share", "degraded")
    assert only(story).mitigated == at(7)
    threshold(story, 8, "restarts", "degraded")
    assert (only(story).mitigated, len(only(story).healthy)) == (at(7), 1)
    threshold(story, 12, "5xx share", "up")
    assert only(story).mitigated == at(7)


def test_where_no_probe_tells_a_threshold_does() -> None:
    story = Story()
    threshold(story, 0, "5xx share", "degraded")
    story.declare(1, reach=-10)
    assert (only(story).felt_since, only(story).mitigated) == (at(0), None)
    threshold(story, 5, "5xx share", "up")
    assert only(story).mitigated == at(5)


steps = st.lists(
    st.tuples(
        st.sampled_from(["probe", "alert", "traffic", "health", "signal"]),
        st.booleans(),
        st.integers(0, 2),
        st.integers(1, 5),
    ),
    max_size=25,
)


@settings(max_examples=scale_examples(60))
@given(steps)
def test_whatever_happens_mitigated_never_stands_while_a_probe_is_down_nor_before_its_recovery(
    walk: list[tuple[str, bool, int, int]],
) -> None:
    story, down, recovered, minute = Story(), dict[str, bool](), None, 0
    app(story, -20)
    story.declare(0, reach=-10)
    for what, bad, which, pause in walk:
        minute += pause
        if what == "probe":
            name = f"p{which}"
            if down.get(name) and not bad:
                recovered = at(minute)
            down[name] = bad
            story.probe(minute, name, "down" if bad else "up")
        elif what == "signal":
            threshold(story, minute, f"s{which}", "degraded" if bad else "up")
        elif what == "alert":
            alert(story, minute, f"a{which}", "firing" if bad else "resolved")
        elif what == "traffic":
            traffic(story, minute, BAD if bad else GOOD)
        else:
            health(story, minute, GOOD if which else BAD, "Unhealthy" if bad else "Healthy")
        mitigated = only(story).mitigated
        if any(down.values()):
            assert mitigated is None
        elif mitigated is not None and recovered is not None:
            assert mitigated >= recovered
            later = as_of(only(story), mitigated + timedelta(minutes=2))
            assert later.mitigated == mitigated


@given(lead=st.integers(0, 600), moved=st.integers(-7200, 7200))
@settings(max_examples=scale_examples(40))
def test_an_impact_begins_with_the_first_failing_answer_by_whichever_clock(lead: int, moved: int) -> None:
    """One failing answer accuses nobody yet, but users felt it: known late, and felt from the start."""
    story = Story()
    settled = at(10)
    answer = {"at": format_timestamp(settled - timedelta(seconds=lead)), "status": 503}
    detail = {"state": "down", "since": format_timestamp(settled), "answer": answer}
    corrected = 10 + moved / 3600  # a person, or a clock that was set, says that it was at another time
    story.tell(Kind.PROBE, corrected, subject="readyz", detail=detail)
    story.declare(15, reach=-30)
    incident = only(story)

    assert incident.detected == at(corrected)
    assert incident.felt_since == at(corrected) - timedelta(seconds=lead)


@pytest.mark.parametrize("answer", [{}, {"at": "yesterday"}, {"at": "2026-02-27T02:30:00.000000Z"}, {"at": 5}])
def test_an_answer_without_a_sensible_time_says_nothing_of_when_it_began(answer: dict[str, object]) -> None:
    story = Story()
    detail = {"state": "down", "since": format_timestamp(at(10)), "answer": answer}
    story.tell(Kind.PROBE, 10, subject="readyz", detail=detail)
    story.declare(15, reach=-30)

    assert only(story).felt_since == at(10)


def recovered_and_slow_again(state: str, minutes: float) -> Story:
    """All was well from minute 2 on; at minute 12 a probe was bad again for a while."""
    story = Story()
    story.probe(0, "orders", "down")
    story.declare(1, reach=-10)
    story.probe(2, "orders", "up")
    story.probe(12, "orders", state)
    story.probe(12 + minutes, "orders", "up")
    return story


def test_a_slow_moment_after_a_recovery_that_held_does_not_take_it_back() -> None:
    """Seen: one answer of 461 ms ten minutes later made 1m 08s of impact 10m 58s."""
    incident = only(recovered_and_slow_again("degraded", 0.1))
    assert incident.mitigated == at(2)
    assert measure_felt(incident, at(0), at(2)) == (timedelta(minutes=2), 1)


@pytest.mark.parametrize(
    ("reason", "is_slow"),
    [
        ("[RESPONSE_TIME] (461) < 400", True),
        ("", True),
        ("[STATUS] (500) == 200", False),
        ("[BODY].ok (false) == true", False),
        ("no answer within 2s", False),
    ],
)
def test_a_relapse_is_mild_only_where_the_answer_was_right_and_stands_in_the_record_all_the_same(
    reason: str, is_slow: bool
) -> None:
    """Seen: 1m 10s of answers 500 stood in no summary."""
    story = Story()
    story.probe(0, "orders", "down")
    story.declare(1, reach=-10)
    story.probe(2, "orders", "up")
    story.tell(
        Kind.PROBE, 12, subject="orders", detail={"state": "degraded", "reason": reason}, source="recorder",
        summary="orders degraded",
    )  # fmt: skip
    story.probe(13, "orders", "up")
    incident = only(story)
    assert incident.mitigated == at(2 if is_slow else 13)
    names = [key_time.what for key_time in list_key_times(incident, story.events) if key_time.at == at(12)]
    assert names == ["slow again" if is_slow else "users felt it again"]
    assert ("slow for 1m 00s" in describe_impact(incident)) is is_slow


def test_while_it_is_slow_again_it_is_not_over() -> None:
    story = recovered_and_slow_again("degraded", 0.1)
    del story.events[-1]
    assert only(story).mitigated is None


@pytest.mark.parametrize(("state", "minutes"), [("down", 0.1), ("degraded", 3), ("flapping", 0.1)])
def test_what_failed_again_or_stayed_slow_does_and_the_time_between_is_no_impact(state: str, minutes: float) -> None:
    incident = only(recovered_and_slow_again(state, minutes))
    assert incident.mitigated == at(12 + minutes)
    assert measure_felt(incident, at(0), at(12 + minutes)) == (timedelta(minutes=2 + minutes), 2)


@given(st.lists(st.tuples(st.sampled_from(["down", "degraded", "up"]), st.integers(5, 400)), max_size=12))
@settings(max_examples=scale_examples(60))
def test_what_users_felt_is_never_longer_than_from_its_start_to_its_end(turns: list[tuple[str, int]]) -> None:
    story = Story()
    moment = 0.0
    story.probe(moment, "orders", "down")
    story.declare(0.1, reach=-10)
    for state, seconds in turns:
        moment += seconds / 60
        story.probe(moment, "orders", state)
    incident = only(story)
    if (end := incident.mitigated) is not None:
        length, count = measure_felt(incident, at(0), end)
        assert timedelta() <= length <= end - at(0)
        assert 1 <= count <= 1 + sum(state != "up" for state, _ in turns)


def relapse_by_traffic(probe: float | None, fired: float | None = None, *, ill: bool = False) -> Story:
    """A rollback made all well at minute 7; at minute 9 somebody asked for the traffic to go to the bad one again."""
    story = bad_deployment()
    if ill:
        health(story, 3.5, BAD, "Unhealthy")
    traffic(story, 9, BAD)
    if fired is not None:
        alert(story, fired, "again", "firing")
    if probe is not None:
        story.probe(probe, "readyz", "down")
    return story


@pytest.mark.parametrize("ill", [False, True])
@pytest.mark.parametrize(
    ("probe", "fired", "begins"),
    [
        (None, None, 9),  # the alerts that fired for it count again, and nothing else says when
        (9.2, None, 9.2),  # the move took effect, and a probe felt it
        (9.2, 9.5, 9.2),
        (9.2, 9.1, 9.1),
        (None, 9.5, 9.5),
        (12, None, 9),  # two minutes later is another matter: it was felt by then
    ],
)
def test_a_relapse_begins_when_a_probe_or_an_alert_felt_it_and_not_when_traffic_was_asked_to_move(
    ill: bool, probe: float | None, fired: float | None, begins: float
) -> None:
    periods = only(relapse_by_traffic(probe, fired, ill=ill)).healthy
    assert [(period.start, period.end) for period in periods] == [(at(7), at(begins))]


def test_what_was_well_for_two_minutes_until_a_probe_failed_is_no_impact() -> None:
    """Seen: 2m 06s between two probes, told as 1m 51s, for the traffic was asked to move in between."""
    story = relapse_by_traffic(9.1)
    traffic(story, 11, GOOD)
    story.probe(11.5, "readyz", "up")
    incident = only(story)
    assert measure_felt(incident, at(1), at(11.5)) == (timedelta(minutes=6 + 2.4), 2)


def test_users_feel_a_move_that_its_request_dates_once_it_was_seen_or_before() -> None:
    """Seen: felt again at the moment at which the traffic was asked to move, four seconds before it did."""
    story = bad_deployment()
    asked = {"before": {GOOD: 100}, "after": {BAD: 100}, "asked": format_timestamp(at(9))}
    story.tell(Kind.TRAFFIC, 9, subject="shop", detail=asked, source="recorder", late=0.2)
    incident = only(story)
    assert [period.end for period in incident.healthy] == [at(9.2)]
    assert [(item.at, item.unseen_from) for item in incident.unseen] == [(at(9.2), at(9))]


def test_what_one_signal_dates_may_have_begun_before_by_another_that_was_not_seen_meanwhile() -> None:
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    story.probe(2, "ready", "up")
    story.alert(10, "az:5xx", "firing")
    look = {"state": "down", UNSEEN_FROM: format_timestamp(at(8))}
    story.tell(Kind.PROBE, 11, subject="ready", detail=look, source="recorder")
    assert is_unseen(only(story), at(10))


@pytest.mark.parametrize("watched", [False, True])
def test_a_length_says_for_how_long_of_it_the_probe_that_tells_it_showed_nothing(watched: bool) -> None:
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    if not watched:
        story.probe(2, "ready", "unknown")
        story.probe(4, "ready", "down")
    story.probe(6, "ready", "up")
    assert format_felt(only(story), at(0), at(6)).startswith("6m 00s" if watched else "at most 6m 00s, at least 4m 00s")


@pytest.mark.parametrize(("seconds", "well"), [(112, ", all well for 1m 52s of it"), (5, ""), (121, "")])
def test_a_length_says_for_how_long_of_it_all_was_well(seconds: float, well: str) -> None:
    """A short pause counts as felt; one of two minutes is in no stretch, and one of a look or two is not told."""
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    story.probe(2, "ready", "up")
    story.probe(2 + seconds / 60, "ready", "down")
    story.probe(6, "ready", "up")
    text = format_felt(only(story), at(0), at(6))
    assert text.partition(", ")[2] == well.removeprefix(", ")
    time_to_mitigate = next(metric for metric in list_metrics(only(story)) if metric.short == "TTM")
    assert describe_value(time_to_mitigate) == text


@pytest.mark.parametrize(
    ("well_from", "well_until"), [(120.9, 240.8), (120.95, 240.0), (120.0, 239.99), (120.9, 239.9)]
)
def test_whether_a_recovery_has_held_follows_from_the_times_that_are_shown(well_from: float, well_until: float) -> None:
    """Seen: "all well from 21:23:21 to 21:25:21 (2m 00s, counted as felt)", where two minutes are none."""
    held = int(well_until) - int(well_from) >= 120
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    story.probe(well_from / 60, "ready", "up")
    assert (as_of(only(story), at(well_until / 60)).mitigated is not None) is held
    story.probe(well_until / 60, "ready", "down")
    story.probe(6, "ready", "up")
    assert ("in 2 stretches" in format_felt(only(story), at(0), at(6))) is held


def blue_and_green(resource: str, **labels: str) -> Story:
    """Of a Compose project the one app behind a proxy: to green at minute 0, and back to blue at minute 7."""
    story = Story()
    for name, revisions in {"web": ("blue-1.43.0", "green-1.44.0"), "proxy": ("1.22",), "database": ("16",)}.items():
        known = {revision: {"active": True, "health": "Healthy"} for revision in revisions}
        baseline = {"what": "baseline", "revisions": known, "traffic": {revisions[0]: 100}, "project": "shop-one"}
        story.tell(Kind.REVISION, -20, subject=name, detail=baseline)
    to_green = {"before": {"blue-1.43.0": 100}, "after": {"green-1.44.0": 100}}
    story.tell(Kind.TRAFFIC, 0, subject="web", detail=to_green)
    story.probe(1, "site", "down")
    alert(story, 2, "errors", "firing", resource, labels=labels)
    story.declare(4, reach=-10)
    story.probe(6.9, "site", "up")
    back = {"before": to_green["after"], "after": to_green["before"]}
    story.tell(Kind.TRAFFIC, 7, subject="web", detail=back)
    return story


@pytest.mark.parametrize(
    ("resource", "labels", "over"),
    [
        ("web", {}, 7),
        ("", {}, 7),  # about all of the environment
        ("shop", {"project": "shop"}, 7),
        ("shop", {"container_label_com_docker_compose_project": "shop"}, 7),
        ("shop", {"resource_type": "containerapps"}, 7),  # an app, by another name
        ("Shop-One", {}, 7),  # the project as the record knows it
        ("web-green", {}, 7),
        ("10.0.0.4:9100", {"com_docker_compose_service": "web-green"}, 7),
        ("10.0.0.4:9100", {}, 9),
        ("orders-db", {}, 9),
        ("orders-db", {"project": "shop"}, 9),
        ("database", {}, 9),  # it is placed, and serves
    ],
)
def test_an_alert_is_placed_by_project_and_service_and_by_the_only_app_with_two_sides(
    resource: str, labels: dict[str, str], over: float
) -> None:
    story = blue_and_green(resource, **labels)
    alert(story, 9, "errors", "resolved", resource, labels=labels)
    incident = only(story)
    assert incident.mitigated == at(over)
    proposal = propose_impact_end(incident)
    assert proposal is not None
    is_placed = over == 7 or resource == "database"
    assert ("cannot be placed" in proposal.evidence) != is_placed
    assert ("up since 02:07:00 UTC" in proposal.evidence) != is_placed, "when what can be placed was over"


@pytest.mark.parametrize("late", [0.5, 5])
def test_a_closed_duplicate_judges_the_end_of_its_alert_again_as_its_original_does(late: float) -> None:
    """A probe that flapped since the duplicate was closed is known late to have been well before the alert ended."""
    story = bad_deployment()
    del story.events[-3:]
    story.declare(4.5, incident="i2", reach=-10)
    story.probe(4.8, "orders", "up")
    story.act(Kind.RESOLVE, 5, incident="i2", because="duplicate", of="i1")
    health(story, 5.1, BAD, "Healthy")  # the platform has nothing against it: the probes alone say that all is well
    story.probe(5.2, "orders", "down")
    story.probe(5.8, "orders", "flapping")
    traffic(story, 6, GOOD)
    story.probe(7, "readyz", "up")
    alert(story, 8, "container restarts", "resolved")
    alert(story, 9, "5xx errors", "resolved")
    assert fold(story.events).incidents["i2"].mitigated == at(9), "as far as is known"
    story.probe(6.9, "orders", "up", late=2.2 + late)
    ends = {id: incident.mitigated for id, incident in fold(story.events).incidents.items()}
    assert ends == {"i1": at(7), "i2": at(7)}
