"""Declaring, the first ten minutes and what is told, as the third team's incident document asks for it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cockpit.incident.messages.offers import (
    DECLARATION,
    MessageContext,
    compose_message,
    declare_text,
    list_offers,
    status_line,
)
from cockpit.model.clock import ClockKind
from screens.checklist import list_boxes, opens_for
from tests.unit.requirements.comms_stage import AUCKLAND, Room, severity_level

Enter = Callable[[str], Room]
FIRST = "incident/first-ten-minutes-of-a-p0-or-p1"


@pytest.mark.parametrize(
    ("level", "means", "does"),
    [
        ("P0", "Production down, data at risk, a security incident", "Everybody; an incident commander within 15 min"),
        ("P1", "A major feature is broken, more than 10 % errors", "On-call leads; an update every 30 min"),
        ("P2", "Degraded, or something minor is broken", "Working hours"),
    ],
)
def test_002_s0_a_level_is_declared_with_its_meaning_and_what_the_team_does_on_screen(
    room: Enter, level: str, means: str, does: str
) -> None:
    assert room("dealix").declare(level).severity == level
    assert severity_level("dealix", level).definition.startswith(means)
    assert severity_level("dealix", level).response == does
    assert not severity_level("dealix", level).backlog


def test_002_s0_p3_is_no_incident_but_a_note() -> None:
    assert severity_level("dealix", "P3").backlog  # screens/dialogs/declare.py writes a note for such a level


def test_002_s1_first_ten_minutes_open_by_themselves_for_p0_and_p1(room: Enter) -> None:
    plan = room("dealix").plan
    assert opens_for(plan.checklists, "P1")[0].id == opens_for(plan.checklists, "P0")[0].id == FIRST
    rules = [each for each in plan.rules_for("P0") if each.kind is ClockKind.CHECKLIST]
    assert [(each.checklist, each.after) for each in rules] == [(FIRST, timedelta(minutes=10))]
    assert not [each for each in plan.rules_for("P2") if each.kind is ClockKind.CHECKLIST]


def test_002_s1_each_of_the_first_items_offers_what_it_asks_for(room: Enter) -> None:
    dealix = room("dealix")
    first = dealix.plan.checklist(FIRST)
    assert first is not None
    offered = [each.act for each in list_boxes(first, dealix.declare("P0"))]
    assert offered == ["declare", "roll_back", "freeze", "preserve", "communicate"]


def test_002_s1_1_declare_text_names_severity_symptoms_impact_and_one_commander(room: Enter) -> None:
    dealix = room("dealix")
    incident = dealix.declare("P0", impact_started=dealix.time.now() - timedelta(minutes=5))
    dealix.incident_actions.take_role("Incident Commander", "ana", incident=incident.id)
    lines = declare_text(dealix.incident_actions.find(incident.id), AUCKLAND, dealix.plan, ["probe ready"]).splitlines()
    assert lines[0] == "[P0] Sign-in fails"
    assert lines[1].startswith("Severity: P0, Production down")
    assert lines[2].startswith("Symptoms: probe ready")
    assert lines[3] == "Impact: felt since 02:21 NZDT (13:21Z)"
    assert lines[4] == "Incident Commander: ana"


def test_002_s1_1_declare_text_is_the_first_that_is_offered_until_somebody_was_notified(room: Enter) -> None:
    dealix = room("dealix")
    incident = dealix.declare("P0")
    assert list_offers(incident, dealix.plan)[0] is DECLARATION
    dealix.incident_actions.sent("team", "declared", DECLARATION.id, incident=incident.id)
    assert list_offers(dealix.incident_actions.find(incident.id), dealix.plan)[0].audience == "client"


def test_002_s1_5_communicate_a_customer_facing_status_update_is_ready_to_be_sent(room: Enter) -> None:
    dealix = room("dealix")
    incident = dealix.declare("P1")
    template = next(each for each in list_offers(incident, dealix.plan) if each.audience == "client")
    told = compose_message(template, MessageContext(incident, dealix.system, dealix.plan, AUCKLAND), dealix.time.now())
    assert "Sign-in fails" not in told.text, "what it is called inside is not for customers"
    assert "within 30 minutes" in told.text
    assert told.unknown == ("client name", "impact")


def test_002_s1_5_communicate_one_line_tells_the_channel_how_it_stands(room: Enter) -> None:
    dealix = room("dealix")
    incident = dealix.declare("P1")
    due = dealix.time.now() + timedelta(minutes=30)
    assert status_line(incident, (), dealix.time.now(), AUCKLAND, dealix.plan, due) == (
        "[P1] INVESTIGATING Sign-in fails · prod · 00:12:00 · no IC yet · next update 03:08 NZDT (14:08Z)"
    )
