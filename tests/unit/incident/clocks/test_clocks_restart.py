"""Clocks live in no process: who opens the file later finds them where they are by then."""

from datetime import timedelta
from pathlib import Path

from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.model.clock import Clock, ClockKind, ClockState
from cockpit.model.plan import Checklist, Plan, Role
from cockpit.timeline.timeline import Timeline
from tests.unit.incident.incidents import plan, rule
from tests.unit.timeline.files import Ticking, opened

TEAM = plan(
    rule(ClockKind.RESPONSE, 15),
    rule(ClockKind.COMMANDER, 15),
    rule(ClockKind.UPDATE, 30),
    rule(ClockKind.CHECKLIST, 10, checklist="first"),
    rule(ClockKind.ESCALATION, 0, number=1, who="On-call"),
    rule(ClockKind.ESCALATION, 15, number=2, who="Lead"),
    roles=(Role("Incident Commander", lead=True),),
    checklists=(Checklist("first", "First", ("declare", "freeze")),),
)
LATER = timedelta(minutes=20)


def make_actions_on(timeline: Timeline, time: Ticking, given: Plan = TEAM) -> IncidentActions:
    return IncidentActions(
        timeline, operator="ana", environment="prod", severity_scale=given.severity_scale, time=time, plan=given
    )


def all_clocks(incident_actions: IncidentActions, time: Ticking) -> dict[str, Clock]:
    (incident,) = incident_actions.incidents()
    return {each.id: each for each in compute_clocks(incident, incident_actions.plan, time.now() + LATER)}


def test_a_restart_after_a_while_finds_every_clock_where_it_is_by_then(tmp_path: Path) -> None:
    time = Ticking()
    with opened(tmp_path / "timeline.db", time=time) as timeline:
        incident_actions = make_actions_on(timeline, time)
        incident_actions.declare("Readiness failing", "P1")
        incident_actions.acknowledge()
        incident_actions.tick("first", 1, "declare")
        incident_actions.called("Lead", tier=2)
        incident_actions.sent("client", "We are on it.", promised=time.now() + timedelta(hours=1))
        incident_actions.start_task("look at the pool", timedelta(minutes=3), "ben")
        incident_actions.aware("a dump was downloaded")
        before = all_clocks(incident_actions, time)
    with opened(tmp_path / "timeline.db", time=time) as timeline:
        after = all_clocks(make_actions_on(timeline, time), time)
        told_without_a_document = all_clocks(make_actions_on(timeline, time, Plan()), time)
    assert before == after
    (task,) = (each for each in after.values() if each.kind is ClockKind.TASK)
    now = time.now() + LATER
    assert {id: each.state(now) for id, each in after.items() if each is not task} == {
        "response": ClockState.MET,
        "commander": ClockState.OVERDUE,
        "checklist:first": ClockState.OVERDUE,
        "promise:client": ClockState.RUNNING,
        "escalation:1": ClockState.NOT_APPLICABLE,
        "escalation:2": ClockState.MET,
        "breach": ClockState.RUNNING,
    }
    assert task.state(now) is ClockState.OVERDUE
    assert told_without_a_document.keys() == after.keys()
    assert told_without_a_document["commander"].due == after["commander"].due
    assert told_without_a_document["commander"].why.endswith("is gone")
