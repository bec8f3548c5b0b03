"""Outages that were over before anybody wrote them down, or that outlived the incident: the record has them, too."""

from cockpit.incident.impact import describe_impact, format_felt
from cockpit.model.event import Kind
from tests.unit.incident.folding import fold, only
from tests.unit.incident.story import Story, at


def test_who_was_faster_than_the_declaration_finds_the_impact_in_the_record() -> None:
    story = Story()
    story.probe(0, "readyz", "down")
    story.probe(1, "readyz", "up")
    story.declare(4, reach=-26)
    incident = only(story)
    assert (incident.felt_since, incident.mitigated) == (at(0), at(1))
    assert incident.detected == at(4)


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
