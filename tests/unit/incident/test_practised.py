"""What was practised is written down at the incident actions, and folded to the day of each practice."""

from datetime import timedelta

import pytest

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.load import find_practice_times
from cockpit.model.event import Kind
from cockpit.model.plan import Plan, Practice
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.timeline.timeline import Timeline
from tests.refusals import refuses
from tests.unit.incident.actors import Clock, make_incident_actions
from tests.unit.incident.story import NIGHT

NAMES = ("Rollback", "Rollback training: on staging", "Backup verification", "Game day: a database fails over")
PLAN = Plan(DEFAULT_SEVERITY_SCALE, practices=tuple(map(Practice, NAMES)))
DAY = timedelta(days=1)


@pytest.fixture
def incident_actions(timeline: Timeline, clock: Clock) -> IncidentActions:
    return make_incident_actions(timeline, clock, plan=PLAN)


def test_what_was_practised_stands_in_the_journal_under_its_name(
    incident_actions: IncidentActions, timeline: Timeline
) -> None:
    event = incident_actions.practised("rollback", "ten minutes")
    assert (event.kind, event.subject, event.incident) == (Kind.PRACTICE, "Rollback", None)
    assert event.detail == {"note": "ten minutes", "incident": ""}
    assert event.summary == "practised Rollback: ten minutes"
    assert find_practice_times(timeline.events()) == {"rollback": NIGHT}


def test_the_newest_time_counts_whenever_it_was_written_down(
    incident_actions: IncidentActions, timeline: Timeline
) -> None:
    incident_actions.practised("backup", moment=NIGHT - DAY)
    incident_actions.practised("backup", moment=NIGHT - 400 * DAY)
    assert find_practice_times(timeline.events()) == {"backup verification": NIGHT - DAY}


def test_a_correction_of_its_note_or_its_time_counts_and_a_redaction_keeps_the_day(
    incident_actions: IncidentActions, timeline: Timeline
) -> None:
    event = incident_actions.practised("game day", "nobody came")
    better = incident_actions.correct(event.id, "everybody came", moment=NIGHT - 2 * DAY)
    assert better.summary == "practised Game day: a database fails over: everybody came"
    timeline.redact(better.id, "ana", "names in it")
    assert find_practice_times(timeline.events()) == {"game day: a database fails over": NIGHT - 2 * DAY}


def test_a_resolved_drill_is_the_practice_it_was_when_it_was_resolved(
    incident_actions: IncidentActions, timeline: Timeline, clock: Clock
) -> None:
    drill = incident_actions.declare("Roll back on staging", "P1", drill=True)
    with refuses("incident-open", IncidentActionError):
        incident_actions.practised("Rollback", incident=drill.id)
    incident_actions.resolve("back", incident=drill.id)
    clock.wall = NIGHT + 5 * DAY
    event = incident_actions.practised("Rollback", incident=drill.id)
    assert (event.incident, event.occurred, event.detail["incident"]) == (drill.id, NIGHT, drill.id)
    assert find_practice_times(timeline.events()) == {"rollback": NIGHT}


def test_an_incident_that_was_no_drill_is_not_practice(incident_actions: IncidentActions) -> None:
    real = incident_actions.declare("Readiness failing", "P1")
    incident_actions.resolve("back")
    with pytest.raises(IncidentActionError, match="was not a drill"):
        incident_actions.practised("Rollback", incident=real.id)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Say what was practised"),
        ("roll", "may be Rollback or Rollback training: on staging"),
        ("Rolback", "did you mean Rollback\\?"),
        ("chaos", "`cockpit drills` lists"),
    ],
)
def test_a_name_that_fits_none_or_several_is_refused_and_nothing_written(
    incident_actions: IncidentActions, timeline: Timeline, name: str, sentence: str
) -> None:
    with pytest.raises(IncidentActionError, match=sentence):
        incident_actions.practised(name)
    assert timeline.events() == []


def test_a_time_that_cannot_be_meant_is_refused(incident_actions: IncidentActions) -> None:
    with pytest.raises(IncidentActionError, match="731 days ago"):
        incident_actions.practised("backup", moment=NIGHT - 800 * DAY)
    with refuses("time-in-future", IncidentActionError):
        incident_actions.practised("backup", moment=NIGHT + DAY)


def test_without_practices_the_way_to_some_is_named(timeline: Timeline, clock: Clock) -> None:
    with refuses("no-practice", IncidentActionError):
        make_incident_actions(timeline, clock).practised("Rollback")
