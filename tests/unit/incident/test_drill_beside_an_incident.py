"""A drill beside a real incident: what probes and alerts say while a real one is open is the real one's."""

from datetime import timedelta

import pytest

from cockpit.incident.load import list_members
from cockpit.incident.metrics.metrics import list_metrics
from cockpit.model.event import Kind
from cockpit.model.incident import Incident, worst_first
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from tests.unit.incident.folding import fold
from tests.unit.incident.story import Story, at

DETECTED = {"detected": "2026-02-27T01:59:00Z", "detected_by": "probe ready"}


def told(story: Story) -> tuple[Incident, Incident]:
    """The drill and the real incident."""
    incidents = fold(story.events).incidents
    return incidents["drill"], incidents["i1"]


def test_a_drill_that_alone_is_open_has_what_it_broke() -> None:
    """A game day: what is broken on purpose is felt, detected and over as in an incident."""
    story = Story()
    story.declare(0, reach=-30, incident="drill", drill=True)
    story.probe(2, "ready", "down")
    story.probe(5, "ready", "up")
    drill = fold(story.events).incidents["drill"]
    assert (drill.felt_since, drill.mitigated) == (at(2), at(5))


def test_what_turns_bad_while_a_real_incident_is_open_is_none_of_a_drills() -> None:
    story = Story()
    story.declare(0, reach=-30, incident="drill", drill=True)
    story.declare(1, reach=-29)
    story.probe(2, "ready", "down")
    story.act(Kind.ACK, 3, incident=None, subject="az:5xx")
    story.probe(5, "ready", "up")
    drill, real = told(story)
    assert (drill.felt_since, drill.mitigated, drill.acknowledged, drill.services) == (None, None, None, ())
    assert (real.felt_since, real.mitigated, real.acknowledged) == (at(2), at(5), at(3))
    assert [event.kind for event in list_members(drill, story.events)] == [Kind.DECLARE]


def test_a_drill_declared_beside_a_real_incident_takes_nothing_of_what_is_bad() -> None:
    story = Story()
    story.probe(-2, "ready", "down")
    story.declare(-1, reach=-30)
    first = fold(story.events).find_outage_start("prod", at(0), drill=True)
    story.declare(0, reach=-30, incident="drill", drill=True)
    story.probe(5, "ready", "up")
    drill, real = told(story)
    assert first is None
    assert (drill.felt_since, drill.detected) == (None, at(0))
    assert real.felt_since == at(-2)


def test_a_real_incident_takes_what_is_bad_from_the_drill_that_had_it() -> None:
    """It was thought to be the exercise, until somebody saw that it was none."""
    story = Story()
    story.probe(-1, "ready", "down")
    story.declare(
        0, reach=-30, incident="drill", drill=True, detected="2026-02-27T01:59:00Z", detected_by="probe ready"
    )
    story.probe(1, "web", "down")
    story.probe(2, "web", "up")
    story.declare(4, reach=-26)
    story.probe(9, "ready", "up")
    drill, real = told(story)
    assert (drill.felt_since, drill.mitigated, drill.detected) == (at(1), at(2), at(0))
    assert (real.felt_since, real.mitigated) == (at(-1), at(9))


def test_what_was_broken_for_a_drill_and_is_over_is_none_of_the_next_real_incidents() -> None:
    story = Story()
    story.declare(0, reach=-30, incident="drill", drill=True)
    story.probe(2, "ready", "down")
    story.probe(4, "ready", "up")
    story.act(Kind.RESOLVE, 4.5, incident="drill", because="fixed")
    story.probe(5, "web", "down")
    story.declare(6, reach=-24)
    drill, real = told(story)
    assert (drill.felt_since, real.felt_since, real.detected) == (at(2), at(5), at(5))
    assert "ready" not in {event.subject for event in list_members(real, story.events)}


def test_once_the_real_incident_is_over_what_a_drill_breaks_is_its_own_again() -> None:
    story = Story()
    story.declare(0, reach=-30, incident="drill", drill=True)
    story.declare(1, reach=-29)
    story.act(Kind.RESOLVE, 10, because="fixed")
    story.probe(15, "ready", "down")
    story.probe(18, "ready", "up")
    drill, real = told(story)
    assert (drill.felt_since, real.felt_since) == (at(15), None)


@pytest.mark.parametrize("real_first", [True, False])
def test_what_is_still_bad_is_listed_for_the_incident_that_has_it_alone(real_first: bool) -> None:
    story = Story()
    for is_drill in (not real_first, real_first):
        story.declare(0, reach=-30, incident="drill" if is_drill else "i1", drill=is_drill)
    story.probe(2, "ready", "down")
    ledger = fold(story.events)
    assert [signal.key for signal in ledger.bad_of("i1")] == ["probe:ready"]
    assert ledger.bad_of("drill") == []


def test_a_drill_never_stands_before_what_is_real() -> None:
    story = Story()
    story.declare(0, incident="drill", drill=True, severity="P0")
    story.declare(1, severity="P3")
    incidents = worst_first(fold(story.events), "prod", DEFAULT_SEVERITY_SCALE)
    assert [incident.id for incident in incidents] == [
        "i1",
        "drill",
    ]


def test_in_a_simulated_world_all_is_the_drills() -> None:
    story = Story()
    for number in (1, 2):
        story.declare(number, reach=-10, incident=f"drill{number}", drill=True)
    story.probe(3, "ready", "down")
    story.probe(8, "ready", "up")
    for incident in fold(story.events).incidents.values():
        values = {metric.short: metric.value for metric in list_metrics(incident)}
        assert values["TTM"] == timedelta(minutes=5)
