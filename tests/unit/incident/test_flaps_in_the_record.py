"""From the answers of a probe that goes up and down to what the record states, held against the answers themselves."""

from dataclasses import replace
from datetime import UTC, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cockpit.feeds.probes import state as probe_state
from cockpit.feeds.probes.state import (
    RECENT,
    WELL_ANSWERS,
    CheckOutcome,
    Grade,
    ProbeStanding,
    apply_outcome,
    build_probe_result,
    derive_shown_state,
)
from cockpit.incident.impact import is_unseen
from cockpit.incident.postmortem.picture import build_picture
from cockpit.incident.postmortem.story import tell_story
from cockpit.incident.postmortem.time_face import TimeFace
from cockpit.incident.signals import read_flap
from cockpit.incident.takers import list_bad_stretches
from cockpit.model.event import NEVER_RECORDED, UNSEEN_FROM, Kind
from cockpit.model.probe import Probe, ProbeEvidence, ProbeResult
from cockpit.model.reading import Reading
from cockpit.model.time import format_timestamp
from cockpit.recorder.changes import list_changes
from cockpit.recorder.last_recorded import FLAPPING, LastRecorded
from tests.examples import scale_examples
from tests.unit.incident.folding import only
from tests.unit.incident.story import Story, at, written

EVERY = 5  # seconds
PROBE = Probe("ready", "prod", "https://ready.example.com", failures=2, successes=1)
CALM = "g" * 40


def second(number: int) -> float:
    """In minutes, as stories count."""
    return number * EVERY / 60


def record(answers: str) -> Story:
    """The facts that these answers leave, `f` failing, `g` good and `-` nothing that shows anything, one every five
    seconds."""
    story = Story()
    story.declare(-1, reach=-10)
    standing, known, result = ProbeStanding(), LastRecorded(), None
    for number, letter in enumerate(answers):
        moment = at(second(number))
        is_bad = letter == "f"
        evidence = ProbeEvidence(at=moment, reason="503") if is_bad else None
        grade = {"f": Grade.FAILING, "g": Grade.GOOD, "-": Grade.INCONCLUSIVE}[letter]
        outcome = CheckOutcome(moment, grade, evidence=evidence, offline=letter == "-")
        standing = apply_outcome(PROBE, standing, outcome)
        view = derive_shown_state(PROBE, standing, {}, moment, offline=letter == "-")
        result = build_probe_result(PROBE, standing, view, result, moment)
        reading: Reading[tuple[ProbeResult, ...]] = Reading("probes", "prod", 5.0, 0.0, (result,), 0.0, moment)
        for draft in list_changes(known, reading, moment):
            known.apply(draft)
            story.events.append(replace(written(draft, len(story.events) + 1, moment), id=len(story.events) + 1))
    return story


def count_turns(answers: str) -> int:
    return sum(before != after for before, after in pairwise(answers))


@example("fgfgfggggggg")  # it flapped no more when it failed once again
@given(st.text("ffgg", min_size=4, max_size=60))
@settings(max_examples=scale_examples(60))
def test_what_is_stated_of_a_probe_that_flaps_is_what_it_answered(middle: str) -> None:
    answers = f"g{middle}f{CALM}"
    story = record(answers)
    incident = only(story)
    facts = [event for event in story.events if event.kind == Kind.PROBE]
    stretches = list_bad_stretches(facts)
    assert (incident.felt_since is None) == (not facts)
    rest = answers
    for stretch in stretches:
        assert stretch.since is not None
        assert stretch.until is not None
        first, last = (round((moment - at(0)) / timedelta(seconds=EVERY)) for moment in (stretch.since, stretch.until))
        assert answers[first] == "f"
        assert (answers[last - 1], answers[last]) == ("f", "g")
        assert "f" in answers[first:last]
        rest = answers[last:]
    if stretches:
        assert incident.felt_since == stretches[0].since
        assert incident.mitigated == stretches[-1].until
        if read_flap(facts[-1].detail) is not None:
            assert rest.startswith("g" * WELL_ANSWERS)
    # What is on no record is a failing answer now and then, for the probe is down only after two of them in a row.
    assert "ff" not in rest
    assert all(count_turns(rest[begin : begin + RECENT]) < probe_state.FLAPPING for begin in range(len(rest)))


@given(st.text("ffggg", min_size=4, max_size=60))
@settings(max_examples=scale_examples(60))
def test_no_moment_of_a_probe_is_in_two_stretches_and_its_failures_are_counted_once(middle: str) -> None:
    """What flapped reached back over the rows of its own first failures, and was counted with them."""
    answers = f"g{middle}f{CALM}"
    story = record(answers)
    for upto in range(1, len(story.events) + 1):  # in the middle of it, too
        stretches = list_bad_stretches(story.events[:upto])
        for before, after in pairwise(stretches):
            assert before.end <= after.begin
    spells = len([spell for spell in answers.split("g") if spell])
    assert sum(stretch.failures for stretch in list_bad_stretches(story.events)) <= spells
    incident = only(story)
    picture = build_picture(incident, story.events, TimeFace(UTC, incident.declared), at(30))
    for lane in picture.lanes:
        for bar, later in pairwise(lane.bars):
            assert bar.end <= later.start


def test_a_flap_whose_end_is_not_on_record_failed_at_least_so_often() -> None:
    story = record("gfgfgfgfgfg")
    facts = [event for event in story.events if event.kind == Kind.PROBE]
    assert facts[-1].detail["state"] == FLAPPING
    (noticed,) = list_bad_stretches(facts)
    assert not noticed.is_counted
    (counted,) = list_bad_stretches(record(f"gfgfgfgfgf{CALM}").events)
    assert counted.is_counted
    story.probe(second(20), "ready", "up")  # a recorder that began anew knows nothing of it
    sentence = tell_story(only(story), story.events, TimeFace(UTC, at(0))).felt
    assert f"at least {noticed.failures} times" in sentence


def test_a_pause_of_a_minute_in_what_flapped_is_on_record_and_described() -> None:
    """It was called bad while it answered well, and the sentence of the pause was missing."""
    flap = "gfgfgfgfgf"
    story = record(f"{flap}{'g' * 14}f{flap}{CALM}")
    sentence = tell_story(only(story), story.events, TimeFace(UTC, at(0))).felt
    assert "all well in between from 02:00:50 to 02:02:00" in sentence


def test_a_pause_of_minutes_in_what_flapped_is_on_record() -> None:
    """Its failures were one stretch, however long it was well between them."""
    flap = "gfgfgfgfgf"
    story = record(f"{flap}{CALM}{flap}{CALM}")
    felt = [(item.since, item.until, item.failures) for item in list_bad_stretches(story.events)]
    assert felt == [
        (at(second(1)), at(second(10)), 5),
        (at(second(51)), at(second(60)), 5),
    ]


@pytest.mark.parametrize("blind", ["", "-----", "-" * 11])
@pytest.mark.parametrize("before", ["g", "ggg"])
def test_what_flapped_is_well_since_its_first_good_answer_whatever_was_not_seen_after_that(
    before: str, blind: str
) -> None:
    flap = "gfgfgfgfgf"
    stretches = list_bad_stretches(record(f"{flap}{before}{blind}{CALM}").events)
    assert [(stretch.until, stretch.is_until_unseen) for stretch in stretches] == [(at(second(len(flap))), False)]


@pytest.mark.parametrize("blind", [8, 30])
def test_what_flapped_until_nothing_was_seen_of_it_may_have_been_well_before_it_was_seen_again(blind: int) -> None:
    flap = "gfgfgfgfgf"
    story = record(f"{flap}{'-' * blind}{CALM}")
    facts = [event for event in story.events if event.kind == Kind.PROBE]
    (stretch,) = list_bad_stretches(facts)
    assert (stretch.until, stretch.is_until_unseen) == (at(second(len(flap) + blind)), True)
    assert facts[-1].detail[UNSEEN_FROM] == format_timestamp(at(second(len(flap) - 1)))
    assert [event.detail["state"] for event in facts].count(FLAPPING) == 1, "it never failed after that"


@pytest.mark.parametrize("is_first_look", [False, True])
def test_what_flapped_already_at_the_first_look_may_have_flapped_before(is_first_look: bool) -> None:
    """The fact of its first failure said so; the sentence and the bar of all its failures began at that look."""
    story = Story()
    story.declare(-1, reach=-10)
    first = {"state": "degraded", **({UNSEEN_FROM: format_timestamp(NEVER_RECORDED)} if is_first_look else {})}
    story.tell(Kind.PROBE, 0, subject="api", detail=first, source="recorder")
    story.probe(0.2, "api", "up")
    story.probe(0.4, "api", "degraded")
    times = {"from": format_timestamp(at(0)), "until": format_timestamp(at(0.8)), "noticed": format_timestamp(at(1))}
    flap = {"flap": {**times, "times": 3, "longest_well": 10}}
    story.tell(Kind.PROBE, 1, subject="api", detail={"state": FLAPPING, **flap}, source="recorder")
    story.tell(Kind.PROBE, 2, subject="api", detail={"state": "up", "was": FLAPPING, **flap}, source="recorder")
    face, incident = TimeFace(UTC, at(0)), only(story)
    picture = build_picture(incident, story.events, face, at(30))
    (bar,) = [bar for lane in picture.lanes for bar in lane.bars if lane.section == "Probes"]
    assert bar.text.endswith("or longer") is is_first_look
    assert ("or before" in tell_story(incident, story.events, face).felt.split("3 times")[1]) is is_first_look


def test_an_alert_that_fired_between_a_recovery_and_the_moment_in_which_that_was_settled_ends_nothing_later() -> None:
    """The old revision fails on without traffic: its alert seems felt only while the probe is thought to flap."""
    story = Story()
    healths = {"shop--r43": "Healthy", "shop--r44": "Degraded"}
    revisions = {name: {"active": True, "health": health} for name, health in healths.items()}
    baseline = {"what": "baseline", "traffic": {"shop--r44": 100}, "revisions": revisions}
    story.tell(Kind.REVISION, -1, subject="shop", detail=baseline)
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    story.tell(Kind.TRAFFIC, 2, subject="shop", detail={"after": {"shop--r43": 100}})
    fired = {"state": "firing", "severity": "medium", "name": "restarts", "resource": "shop"}
    story.tell(Kind.ALERT, 2.5, subject="az:restarts", detail=fired)
    story.probe(2.1, "ready", "up", late=1)
    incident = only(story)
    assert incident.mitigated == at(2.1)
    assert incident.healthy[-1].evidence == "probe ready up again"


@pytest.mark.parametrize("fires", [False, True])
def test_a_move_of_the_traffic_behind_a_recovery_that_was_not_settled_ends_only_what_an_alert_tells(
    fires: bool,
) -> None:
    """Of a probe that flapped it is known half a minute later that it is well; the traffic moved in between."""
    story = Story()
    healths = {"shop--r44": "Degraded", "shop--r45": "Healthy"}
    revisions = {name: {"active": True, "health": health} for name, health in healths.items()}
    baseline = {"what": "baseline", "traffic": {"shop--r44": 100}, "revisions": revisions}
    story.tell(Kind.REVISION, -1, subject="shop", detail=baseline)
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    if fires:
        fired = {"state": "firing", "severity": "medium", "name": "restarts", "resource": "shop"}
        story.tell(Kind.ALERT, 1.5, subject="az:restarts", detail=fired)
    else:
        well = {"what": "health", "active": True, "health": "Healthy"}
        story.tell(Kind.REVISION, 2, subject="shop/shop--r44", detail=well)
    story.tell(Kind.TRAFFIC, 3, subject="shop", detail={"after": {"shop--r45": 100}})
    story.probe(2.1, "ready", "up", late=1)
    assert only(story).mitigated == at(3 if fires else 2.1)


def test_an_alert_that_had_ended_before_a_move_of_the_traffic_dates_no_end_by_that_move() -> None:
    """Azure gave no answer for a while: that the alert was over is known only after the move was seen."""
    story = Story()
    healths = {"shop--r43": "Healthy", "shop--r44": "Degraded"}
    revisions = {name: {"active": True, "health": health} for name, health in healths.items()}
    baseline = {"what": "baseline", "traffic": {"shop--r44": 100}, "revisions": revisions}
    story.tell(Kind.REVISION, -1, subject="shop", detail=baseline)
    story.probe(0, "ready", "down")
    fired = {"state": "firing", "severity": "medium", "name": "errors", "resource": "shop"}
    story.tell(Kind.ALERT, 0.5, subject="az:errors", detail=fired)
    story.declare(1, reach=-10)
    story.probe(2, "ready", "up")
    well = {"what": "health", "active": True, "health": "Healthy", UNSEEN_FROM: format_timestamp(at(1.9))}
    story.tell(Kind.REVISION, 4, subject="shop/shop--r44", detail=well)
    story.tell(Kind.TRAFFIC, 5, subject="shop", detail={"after": {"shop--r43": 100}})
    assert only(story).mitigated == at(5), "as far as is known then"
    story.tell(Kind.ALERT, 2.3, subject="az:errors", detail={**fired, "state": "resolved", "was": "firing"}, late=3)
    incident = only(story)
    assert incident.mitigated == at(4)
    assert is_unseen(incident, at(4))
