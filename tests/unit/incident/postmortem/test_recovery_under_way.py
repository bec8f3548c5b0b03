"""A draft that is written while all has been well again for less than two minutes says so: that counts for nothing yet,
and what is well does not go on being bad."""

import pytest

from cockpit.incident.impact import as_of
from cockpit.incident.load import list_standing_events
from cockpit.incident.postmortem.picture import build_picture
from cockpit.incident.postmortem.story import describe_unheld, tell_story
from cockpit.model.event import Kind
from tests.unit.incident.drafts import draft, incident_of
from tests.unit.incident.postmortem.test_picture import FACE
from tests.unit.incident.postmortem.test_story import fail
from tests.unit.incident.story import Story, at


def under_way(well_at: float) -> Story:
    story = Story()
    story.tell(Kind.PROBE, 0, subject="ready", detail={"state": "up"})
    fail(story, 0.2, "ready")
    story.declare(1, reach=-10)
    story.probe(well_at, "ready", "up")
    return story


@pytest.mark.parametrize(("minutes", "has_held"), [(5, False), (6.9, False), (7.1, True), (20, True)])
def test_a_recovery_that_has_not_held_yet_stands_in_the_draft_and_ends_nothing(minutes: float, has_held: bool) -> None:
    story = under_way(well_at=5)
    incident = as_of(incident_of(story), at(minutes))
    under_way_since = describe_unheld(incident, FACE)
    assert bool(under_way_since) is not has_held
    assert draft(story, minutes).count("02:05:00") >= 2, "what stopped it, and the impact"
    assert has_held or draft(story, minutes).count(under_way_since.split(" (")[0]) >= 2
    stop = tell_story(incident, list_standing_events(story.events), FACE).stop
    assert has_held or stop == under_way_since


@pytest.mark.parametrize("minutes", [5.5, 6.9, 9])
def test_the_bar_of_what_users_feel_ends_where_all_was_well(minutes: float) -> None:
    story = under_way(well_at=5)
    incident = as_of(incident_of(story), at(minutes))
    picture = build_picture(incident, list_standing_events(story.events), FACE, at(minutes))
    assert picture.impact[-1].end == at(5)
    under_way_since = describe_unheld(incident, FACE).split(" (")[0]
    assert any(under_way_since and under_way_since in line for line in picture.cut) is (minutes < 7)


def test_while_a_probe_is_bad_no_recovery_is_under_way() -> None:
    story = under_way(well_at=5)
    fail(story, 6, "ready")
    assert describe_unheld(as_of(incident_of(story), at(6.5)), FACE) == ""
