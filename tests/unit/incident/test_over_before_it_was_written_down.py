"""Outages that were over before anybody wrote them down, or that outlived the incident: the record has them, too."""

from datetime import UTC

import pytest

from cockpit.incident.impact import describe_impact, format_felt
from cockpit.incident.postmortem.story import tell_story
from cockpit.incident.postmortem.time_face import TimeFace
from cockpit.model.event import Kind
from tests.unit.incident.folding import fold, only
from tests.unit.incident.story import Story, at

FACE = TimeFace(UTC, at(0))


def test_who_was_faster_than_the_declaration_finds_the_impact_in_the_record() -> None:
    story = Story()
    story.probe(0, "readyz", "down")
    story.probe(1, "readyz", "up")
    story.declare(4, reach=-26)
    incident = only(story)
    assert (incident.felt_since, incident.mitigated) == (at(0), at(1))
    assert (incident.detected, incident.detected_by) == (at(0), "probe readyz")


def test_what_was_led_elsewhere_and_written_down_later_has_the_impact_of_its_time() -> None:
    story = Story()
    story.probe(-20, "shop", "down")
    story.probe(-19, "shop", "up")
    story.probe(0, "readyz", "down")
    story.probe(9, "readyz", "up")
    story.probe(12, "web", "down")
    story.probe(14, "web", "up")
    story.declare(1, reach=-29, late=2 * 24 * 60)
    incident = only(story)
    assert (incident.felt_since, incident.mitigated, incident.detected) == (at(0), at(14), at(0))
    assert format_felt(incident, at(0), at(14)) == "11m 00s in 2 stretches"


def test_a_blip_that_was_over_begins_nothing_while_something_is_bad() -> None:
    story = Story()
    story.probe(-20, "shop", "down")
    story.probe(-19, "shop", "up")
    story.probe(0, "readyz", "down")
    story.declare(1, reach=-29)
    assert only(story).felt_since == at(0)


def test_what_was_bad_before_the_range_is_another_night() -> None:
    story = Story()
    story.probe(-90, "shop", "down")
    story.probe(-80, "shop", "up")
    story.declare(1, reach=-29)
    assert only(story).felt_since is None


def test_what_was_still_bad_at_the_end_is_over_when_it_recovered() -> None:
    """Closed as a duplicate while the alert fired: an hour later nobody feels it any more."""
    story = Story()
    story.alert(0, "az:5xx", "firing")
    story.declare(1, reach=-10)
    story.act(Kind.RESOLVE, 5, because="duplicate")
    story.alert(60, "az:5xx", "resolved")
    incident = only(story)
    assert incident.mitigated == at(60)
    assert "not over" not in describe_impact(incident)


def test_what_turns_bad_after_the_end_is_not_its_own() -> None:
    story = Story()
    story.alert(0, "az:5xx", "firing")
    story.declare(1, reach=-10)
    story.act(Kind.RESOLVE, 5, because="duplicate")
    story.probe(30, "readyz", "down")
    story.alert(60, "az:5xx", "resolved")
    assert only(story).mitigated == at(60)


def test_an_outage_that_belongs_to_an_incident_is_not_that_of_the_next_one() -> None:
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    story.probe(10, "ready", "up")
    story.act(Kind.RESOLVE, 15, because="fixed")
    story.declare(25, reach=-5, incident="i2")
    first, second = fold(story.events).incidents.values()
    assert (first.mitigated, second.felt_since) == (at(10), None)


@pytest.mark.parametrize(
    ("over_before", "other", "begins"),
    [
        (3, 4, 0),  # readyz was down until 3, and ready from 4 on: one outage
        (3, 2, 0),  # both at once for a minute
        (3, 6, 6),  # all was well for three minutes: another outage
        (5, 6, 0),
    ],
)
def test_a_probe_that_was_up_again_before_the_declaration_belongs_to_the_outage_where_nothing_was_well_for_long(
    over_before: float, other: float, begins: float
) -> None:
    story = Story()
    story.probe(0, "readyz", "down")
    story.probe(over_before, "readyz", "up")
    story.probe(other, "ready", "down")
    story.declare(8, reach=-12)
    incident = only(story)
    assert (incident.felt_since, incident.detected) == (at(begins), at(begins))
    name = "readyz" if begins == 0 else "ready"
    assert f"{name} failed from {at(begins):%H:%M:%S}" in tell_story(incident, story.events, FACE).felt


def test_a_chain_of_short_outages_is_one_and_begins_with_the_first() -> None:
    story = Story()
    for minute in (0, 2.5, 5):
        story.probe(minute, "readyz", "down")
        story.probe(minute + 1, "readyz", "up")
    story.probe(7, "ready", "down")
    story.declare(8, reach=-12)
    assert only(story).felt_since == at(0)


def test_what_belongs_to_the_incident_before_begins_no_other_one() -> None:
    story = Story()
    story.probe(0, "readyz", "down")
    story.declare(1, reach=-10)
    story.probe(3, "readyz", "up")
    story.act(Kind.RESOLVE, 3.5, because="fixed")
    story.probe(4, "web", "down")
    story.declare(6, reach=-5, incident="i2")
    first, second = fold(story.events).incidents.values()
    assert (first.felt_since, second.felt_since) == (at(0), at(4))


def test_who_declares_reaches_back_to_the_beginning_of_the_outage() -> None:
    story = Story()
    story.probe(-40, "readyz", "down")
    story.probe(-3, "readyz", "up")
    story.probe(-2, "ready", "down")
    first = fold(story.events).find_outage_start("prod", at(0))
    assert first is not None
    assert (first.label, first.since) == ("probe readyz", at(-40))
    assert fold(story.events[:2]).find_outage_start("prod", at(40)) is None
