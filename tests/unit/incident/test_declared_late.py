"""What is gathered from before a declaration is what an incident that was open all along was told."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cockpit.incident.impact import RECOVERY_MUST_HOLD
from cockpit.incident.signals import says_bad
from cockpit.model.event import Kind
from cockpit.model.incident import Incident
from cockpit.model.time import format_timestamp
from tests.examples import scale_examples
from tests.unit.incident.folding import fold, only
from tests.unit.incident.story import Story, at

BAD, GOOD = "shop--r44", "shop--r43"


def read_impact(incident: Incident) -> dict[str, Any]:
    names = ("healthy", "felt_since", "felt_by", "felt_bad", "mitigated", "detected", "detected_by", "services")
    return {name: getattr(incident, name) for name in names}


def test_nothing_was_well_while_a_probe_was_down_whatever_came_and_went_beside_it() -> None:
    story = Story()
    story.probe(0, "readyz", "down")
    for begin, end in ((0.2, 0.3), (0.5, 0.6)):
        story.probe(begin, "orders", "degraded")
        story.probe(end, "orders", "up")
    story.declare(1.5, reach=-30)
    assert only(story).healthy == ()
    story.probe(6, "readyz", "up")
    assert [(period.start, period.end) for period in only(story).healthy] == [(at(6), None)]


def tell(story: Story, what: str, name: str, state: str, minute: float, late: float) -> None:
    if what == "probe":
        story.probe(minute, name, state, late=late)
    elif what == "alert":
        detail: dict[str, Any] = {"state": state, "severity": "high", "name": name, "resource": "shop"}
        story.tell(Kind.ALERT, minute, subject=f"az:{name}", detail=detail, late=late)
    elif what == "signal":
        story.tell(Kind.SIGNAL, minute, subject=name, detail={"state": state}, late=late)
    elif what == "traffic":
        story.tell(Kind.TRAFFIC, minute, subject="shop", detail={"after": {name: 100}}, late=late)
    else:
        detail = {"what": "health", "active": True, "health": state}
        story.tell(Kind.REVISION, minute, subject=f"shop/{name}", detail=detail, late=late)


revisions = st.sampled_from([BAD, GOOD])
turns = st.one_of(
    st.tuples(
        st.just("probe"), st.sampled_from(["ready", "orders"]), st.sampled_from(["down", "degraded", "flapping", "up"])
    ),
    st.tuples(st.just("alert"), st.sampled_from(["5xx", "restarts"]), st.sampled_from(["firing", "resolved"])),
    st.tuples(st.just("signal"), st.just("share"), st.sampled_from(["degraded", "up"])),
    st.tuples(st.just("traffic"), revisions, st.just("")),
    st.tuples(st.just("health"), revisions, st.sampled_from(["Healthy", "Unhealthy"])),
)
walks = st.lists(st.tuples(turns, st.integers(1, 100), st.integers(0, 40)), max_size=12)


def tell_outage(walk: list[tuple[tuple[str, str, str], int, int]], declared: int) -> Story:
    """An outage that began at minute 0 with a probe, declared after that many of its turns."""
    story = Story()
    states: dict[str, dict[str, Any]] = {name: {"active": True, "health": "Healthy"} for name in (BAD, GOOD)}
    baseline = {"what": "baseline", "traffic": {GOOD: 100}, "revisions": states}
    story.tell(Kind.REVISION, -20, subject="shop", detail=baseline)
    moment = 0.0
    for number, ((what, name, state), pause, late) in enumerate([(("probe", "ready", "down"), 0, 0), *walk]):
        if number == declared:
            story.declare(moment + 0.01, reach=-30)
        moment += pause / 60
        begun = max(moment - late / 60, 0)
        tell(story, what, name, state, begun, moment - begun)
    if declared > len(walk):
        story.declare(moment + 0.01, reach=-30)
    return story


def is_one_outage(early: Incident, story: Story) -> bool:
    """Whether nothing turned bad after all was well for two minutes: by rule that is another outage.

    Of an incident that is open the probes may say that all is well to this day, whatever a number over past minutes or
    an alert of which users feel nothing says later. Whoever declares only then has these for the first of it.
    """
    last_turn = max(event.occurred for event in story.events if says_bad(event.kind, event.detail))
    return all((period.end or last_turn) - period.start < RECOVERY_MUST_HOLD for period in early.healthy)


@settings(max_examples=scale_examples(300))
@given(walks, st.data())
def test_an_incident_declared_late_is_as_one_that_was_declared_at_its_first_signal(
    walk: list[tuple[tuple[str, str, str], int, int]], data: st.DataObject
) -> None:
    story = tell_outage(walk, 1)
    early = only(story)
    assume(is_one_outage(early, story))
    late = only(tell_outage(walk, data.draw(st.integers(1, len(walk) + 1))))
    assert read_impact(late) == read_impact(early)


def test_what_turns_bad_two_minutes_after_the_probe_was_up_is_another_outage_for_who_declares_only_then() -> None:
    """An incident that was open all the while has it not for its own: its probes tell that all is well."""
    recovered = (("probe", "ready", "up"), 1, 0)
    for pause, is_same in ((119, True), (120, False)):
        walk = [recovered, (("signal", "share", "degraded"), pause, 0)]
        early, late = only(tell_outage(walk, 1)), only(tell_outage(walk, 3))
        assert (early.detected, early.mitigated) == (at(0), at(1 / 60))
        assert late.detected == (at(0) if is_same else at(121 / 60))
        assert is_one_outage(early, tell_outage(walk, 1)) == is_same


@pytest.mark.parametrize("second", [8.5, 9])
def test_what_was_over_belongs_to_the_first_incident_that_took_it(second: float) -> None:
    story = Story()
    story.probe(0, "readyz", "down")
    story.probe(0.2, "orders", "degraded")
    story.probe(0.3, "orders", "up")
    story.declare(1.5, reach=-30)
    story.probe(6, "readyz", "up")
    story.probe(8, "readyz", "down")
    story.declare(second, incident="i2", reach=-20)
    other = fold(story.events).incidents["i2"]
    assert (other.detected, other.detected_by, other.felt_since) == (at(8), "probe readyz", at(8))


def broken_again() -> Story:
    """A rollback helped while an alert of the bad revision fired on; then the traffic went back, and all was bad."""
    story = tell_outage(
        [
            (("traffic", BAD, ""), 1, 0),
            (("probe", "orders", "degraded"), 10, 0),
            (("probe", "orders", "up"), 5, 0),
            (("alert", "restarts", "firing"), 10, 0),
            (("signal", "share", "degraded"), 10, 0),
            (("health", BAD, "Unhealthy"), 1, 0),
        ],
        6,
    )
    story.tell(Kind.TRAFFIC, 5, subject="shop", detail={"after": {GOOD: 100}})
    story.probe(5.5, "ready", "up")
    story.alert(7, "am:QueueLag", "firing", severity="medium")
    story.tell(Kind.TRAFFIC, 8, subject="shop", detail={"after": {BAD: 100}})
    story.probe(8.1, "ready", "down")
    return story


def test_what_fires_on_from_another_incident_neither_detects_nor_begins_the_next_one() -> None:
    story = broken_again()
    first = fold(story.events).find_outage_start("prod", at(9))
    assert first is not None
    assert first.since == at(7)
    story.act(Kind.ACK, 1, incident=None, subject="az:restarts", late=8)
    story.declare(9, incident="i2", reach=-21)
    other = fold(story.events).incidents["i2"]
    assert (other.detected, other.detected_by, other.acknowledged) == (at(7), "alert QueueLag", None)
    assert other.felt_since is not None
    assert other.felt_since >= at(7)
    assert other.mitigated is None


def test_neither_does_it_when_the_declaration_is_corrected() -> None:
    story = broken_again()
    declared = story.declare(9, incident="i2", reach=-21)
    before = fold(story.events).incidents["i2"]
    story.tell(Kind.DECLARE, 9, incident="i2", actor="ben", supersedes=declared.id, detail=dict(declared.detail))
    assert read_impact(fold(story.events).incidents["i2"]) == read_impact(before)


@pytest.mark.parametrize("written", [9, 13])
def test_neither_does_it_when_the_second_one_is_written_down_after_it_was_over(written: float) -> None:
    """A number over past minutes is bad for some time after all is well: that is the first incident's, whenever
    somebody says that there was a second one."""
    story = Story()
    story.probe(0, "readyz", "down")
    story.tell(Kind.SIGNAL, 2, subject="share", detail={"state": "degraded"})
    story.declare(2.5, reach=-28)
    story.probe(3, "readyz", "up")
    events = [
        (5.5, Kind.PROBE, "orders", "degraded"),
        (7, Kind.PROBE, "orders", "up"),
        (11, Kind.SIGNAL, "share", "up"),
    ]
    for minute, kind, subject, state in events:
        if minute <= written:
            story.tell(kind, minute, subject=subject, detail={"state": state})
    story.declare(5, incident="i2", reach=-25)
    for minute, kind, subject, state in events:
        if minute > written:
            story.tell(kind, minute, subject=subject, detail={"state": state})
    other = fold(story.events).incidents["i2"]
    assert (other.detected, other.felt_since, other.felt_by) == (at(5), at(5.5), "probe orders")


@pytest.mark.parametrize(("minute", "label"), [(11 / 60, "probe orders"), (26 / 60, "alert restarts")])
def test_a_detection_that_an_older_file_took_from_another_incident_is_found_anew(minute: float, label: str) -> None:
    story = broken_again()
    signal = fold(story.events).find_signal_at("prod", at(minute))
    assert signal is not None
    assert signal.label == label
    detection = {"detected": format_timestamp(signal.since), "detected_by": label}
    story.declare(9, incident="i2", reach=-21, **detection)
    assert fold(story.events).incidents["i2"].detected == at(7)
    story.declare(9, incident="i3", reach=-21, **detection, detection_stated="2026-02-27T02:09:00Z")
    assert fold(story.events).incidents["i3"].detected == signal.since, "a person said so"


@pytest.mark.parametrize("is_corrected", [False, True])
def test_who_took_an_alert_before_the_second_incident_began_took_it_in_the_first_one(is_corrected: bool) -> None:
    story = broken_again()
    taken = story.act(Kind.ACK, 1, incident=None, subject="az:restarts", late=8)
    story.declare(9, incident="i2", reach=-21)
    story.act(Kind.RESOLVE, 10, incident="i2", because="duplicate", of="i1")
    if is_corrected:
        story.act(Kind.ACK, 0.9, incident=None, subject="az:restarts", late=12, supersedes=taken.id)
    first, second = fold(story.events).incidents.values()
    assert (first.acknowledged, second.acknowledged) == (at(0.9 if is_corrected else 1), None)


def test_a_duplicate_that_felt_nothing_gets_nothing_of_what_goes_bad_right_after_it() -> None:
    story = Story()
    story.declare(0, incident="i1", reach=0)
    story.declare(5, incident="i2", reach=4)
    story.act(Kind.RESOLVE, 5.2, incident="i2", because="duplicate", of="i1")
    story.probe(6, "readyz", "down")
    story.probe(12, "readyz", "up")
    incidents = fold(story.events).incidents
    assert (incidents["i2"].felt_since, incidents["i2"].healthy) == (None, ())
    assert incidents["i1"].healthy
