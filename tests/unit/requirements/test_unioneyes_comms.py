"""The levels of the team that counts from SEV-1, and the care of its documents."""

from collections.abc import Callable

import pytest

from screens.checklist import count_settled, list_boxes
from tests.unit.requirements.comms_stage import Room, severity_level

Enter = Callable[[str], Room]


@pytest.mark.parametrize(
    ("level", "means", "does"),
    [
        ("SEV-1", "Down for everybody", "Page all at once"),
        ("SEV-2", "Major parts are degraded", "Page on-call and backup"),
        ("SEV-3", "Some are affected", "On-call looks into it"),
    ],
)
def test_001_a_level_is_declared_with_its_meaning_and_what_the_team_does_on_screen(
    room: Enter, level: str, means: str, does: str
) -> None:
    site = room("unioneyes")
    assert site.declare(level.replace("SEV-", "sev")).severity == level
    assert severity_level("unioneyes", level).definition.startswith(means)
    assert severity_level("unioneyes", level).response == does


def test_001_maintenance_checklist_has_8_boxes_each_with_who_and_when(room: Enter) -> None:
    site = room("unioneyes")
    care = site.plan.checklist("incident/care-of-the-runbooks")
    assert care is not None
    assert len(care.items) == 8
    incident = site.declare("SEV-3")
    site.incident_actions.tick(care.id, 2, care.items[1], incident=incident.id)
    site.incident_actions.tick(care.id, 3, care.items[2], "skipped", "no drill yet", incident=incident.id)
    found = list_boxes(care, site.incident_actions.find(incident.id))
    assert count_settled(found) == 2
    assert [(each.number, each.tick.actor, each.tick.at, each.tick.reason) for each in found if each.tick] == [
        (2, "ana", site.time.now(), ""),
        (3, "ana", site.time.now(), "no drill yet"),
    ]
