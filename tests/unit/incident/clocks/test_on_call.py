"""Nobody who is on call is told to call whoever is on call: they are asked once, and it is remembered."""

from datetime import timedelta
from typing import Any

import pytest

from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.response import find_on_call_question
from cockpit.model.clock import Clock, ClockKind, ClockState
from cockpit.model.incident import Incident
from cockpit.model.plan import Contact, Plan
from cockpit.timeline.timeline import Timeline
from tests.unit.incident.actors import Clock as StillClock
from tests.unit.incident.actors import make_incident_actions
from tests.unit.incident.incidents import incident, plan, rule
from tests.unit.incident.story import NIGHT, at

PATH = (
    rule(ClockKind.ESCALATION, 0, number=1, who="On-call engineer"),
    rule(ClockKind.ESCALATION, 30, number=2, who="Team lead"),
)


def question(meant: Incident, team: Plan, *names: str, minutes: float = 1) -> Clock | None:
    clocks = compute_clocks(meant, team, at(minutes))
    return find_on_call_question(meant, team, clocks, names or ("ana",), at(minutes))


def contact(person: str, **more: Any) -> Contact:
    return Contact("On-call engineer", person, filled=True, **more)


def test_who_may_be_on_call_is_asked_before_a_deadline_sends_them_to_call() -> None:
    asked = question(incident(), plan(*PATH))
    assert asked is not None
    assert asked.who == "On-call engineer"


@pytest.mark.parametrize("who", ["On-call engineer", "oncall", "the On call lead", "ON-CALL"])
def test_whoever_is_on_call_is_called_by_many_names(who: str) -> None:
    assert question(incident(), plan(rule(ClockKind.ESCALATION, 0, number=1, who=who))) is not None


def test_nobody_is_asked_for_a_team_lead_after_an_end_or_where_the_plan_names_another_person() -> None:
    assert question(incident(), plan(rule(ClockKind.ESCALATION, 0, number=1, who="Team lead"))) is None
    assert question(incident(resolved=at(5)), plan(*PATH)) is None
    assert question(incident(), plan(*PATH, contacts=(contact("Kim"),))) is None


def test_where_the_plan_names_who_is_here_they_are_asked_all_the_same() -> None:
    assert question(incident(), plan(*PATH, contacts=(contact("Kim", backup="Ana"),)), "ana") is not None


def test_one_answer_is_enough(timeline: Timeline, clock: StillClock) -> None:
    team = plan(*PATH)
    actions = make_incident_actions(timeline, clock, plan=team)
    actions.declare("Readiness failing", "P1")

    def asked(of: IncidentActions) -> Clock | None:
        meant = of.find(None)
        clocks = compute_clocks(meant, team, clock.now())
        return find_on_call_question(meant, team, clocks, (of.operator,), clock.now())

    other = make_incident_actions(timeline, clock, "ben", plan=team)
    actions.answer_on_call("escalation:1", False)
    assert (asked(actions), asked(other) is not None) == (None, True)
    assert compute_clocks(actions.find(None), team, NIGHT)[0].state(NIGHT + timedelta(minutes=1)) is ClockState.OVERDUE

    other.answer_on_call("escalation:1", True)
    assert (asked(actions), asked(other)) == (None, None)
    (first,) = (item for item in compute_clocks(actions.find(None), team, NIGHT) if item.id == "escalation:1")
    assert first.state(NIGHT + timedelta(hours=1)) is ClockState.NOT_APPLICABLE
    assert "ben is on call" in first.not_applicable
