"""The severity that is shown: the worst, with the last beside it; and the one duration of an incident."""

from dataclasses import replace
from datetime import timedelta

from cockpit.cli.timeline import render_incident_line
from cockpit.model.event import Kind
from cockpit.model.incident import describe_severity
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.time import format_duration, measure_between
from tests.unit.incident.folding import only
from tests.unit.incident.incidents import incident
from tests.unit.incident.story import Story, at


def test_the_worst_severity_is_shown_with_the_last_beside_it() -> None:
    assert describe_severity(incident(("P1", 0), ("P2", 30)), DEFAULT_SEVERITY_SCALE) == "P1, now P2"
    assert describe_severity(incident(("P2", 0), ("P1", 30)), DEFAULT_SEVERITY_SCALE) == "P1"
    assert "P1, now P2" in render_incident_line(incident(("P1", 0), ("P2", 30)), at(40), DEFAULT_SEVERITY_SCALE)


def test_the_list_of_incidents_tells_how_long_one_is_open_as_every_other_place_does() -> None:
    story = Story()
    story.declare(0)
    story.act(Kind.RESOLVE, 10)
    story.act(Kind.STATUS, 20, status="investigating", was="resolved")
    still_open = only(story)
    for now in (at(21), at(47.5)):
        assert f" {format_duration(still_open.open_for(now))} " in render_incident_line(still_open, now)
    story.act(Kind.RESOLVE, 50)
    assert " 40m 00s " in render_incident_line(only(story), at(500))


def test_the_ledger_knows_the_worst_severity_without_a_scale_at_hand() -> None:
    story = Story()
    story.declare(0, severity="P1")
    assert only(story).severity_text == "P1"
    story.act(Kind.SEVERITY, 5, severity="P2", reason="only staging")
    assert only(story).severity_text == "P1, now P2"
    story.act(Kind.SEVERITY, 6, severity="P0")
    assert only(story).severity_text == "P0"


def test_the_duration_of_an_incident_counts_from_its_declaration() -> None:
    assert incident().open_for(at(7)) == timedelta(minutes=7)
    assert incident(resolved=at(5), impact_started=at(-20)).open_for(at(90)) == timedelta(minutes=5)


def test_a_duration_is_what_a_reader_gets_who_subtracts_the_times_that_are_shown() -> None:
    declared, resolved = at(0) + timedelta(milliseconds=900), at(3) + timedelta(milliseconds=100)
    assert replace(incident(resolved=resolved), declared=declared).open_for(at(9)) == timedelta(minutes=3)
    assert measure_between(declared, resolved) == timedelta(minutes=3)
