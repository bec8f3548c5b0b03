"""What is due in an incident, when, and what ends it."""

from datetime import timedelta

from cockpit.incident.clocks import clocks
from cockpit.model.clock import Clock, ClockKind, ClockState
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan
from cockpit.model.response import Mark
from tests.unit.incident.incidents import called, held, incident, named, plan, rule, sent
from tests.unit.incident.story import at

RESPONSE = plan(rule(ClockKind.RESPONSE, 15))
COMMANDER = plan(rule(ClockKind.COMMANDER, 15))
UPDATE = plan(rule(ClockKind.UPDATE, 30))
PATH = plan(
    rule(ClockKind.ESCALATION, 0, number=1, who="On-call engineer"),
    rule(ClockKind.ESCALATION, 15, number=2, who="On-call lead + Team lead"),
    rule(ClockKind.ESCALATION, 30, number=3, who="Engineering manager"),
)


def one(story: Incident, given: Plan, id: str, minutes: float = 5) -> Clock:
    return named(clocks(story, given, at(minutes)), id)


def states(story: Incident, given: Plan, minutes: float) -> list[str]:
    return [each.state(at(minutes)).value for each in clocks(story, given, at(minutes))]


def test_a_response_is_due_after_its_minutes_and_met_by_whoever_acknowledges() -> None:
    running = one(incident(), RESPONSE, "response")
    assert (running.due, running.risk, running.why) == (at(15), at(12), "P1 declared")
    assert one(incident(acknowledged=at(14)), RESPONSE, "response").state(at(99)) is ClockState.MET
    assert one(incident(acknowledged=at(16)), RESPONSE, "response").state(at(99)) is ClockState.MISSED
    assert one(incident(resolved=at(10)), RESPONSE, "response").state(at(99)) is ClockState.MET


def test_a_worse_severity_begins_its_clocks_anew_and_a_milder_one_gives_no_new_time() -> None:
    raised = one(incident(("P2", 0), ("P0", 20)), RESPONSE, "response")
    assert (raised.started, raised.why) == (at(20), "became P0")
    assert one(incident(("P0", 0), ("P1", 20)), RESPONSE, "response").started == at(0)


def test_somebody_has_to_lead_and_again_when_the_last_one_leaves() -> None:
    assert one(incident(), COMMANDER, "commander").due == at(15)
    leads = held("Incident Commander", "ana", 4)
    assert one(incident(roles=(leads,)), COMMANDER, "commander").done == at(4)
    left = one(incident(roles=(held("incident commander", "ana", 4, 40),)), COMMANDER, "commander", 41)
    assert (left.due, left.why) == (at(55), "ana left and nobody leads")


def test_the_next_update_is_counted_from_the_last_one() -> None:
    assert one(incident(), UPDATE, "update").due == at(30)
    again = one(incident(updates=(sent(20), sent(10))), UPDATE, "update")
    assert (again.due, again.why) == (at(50), "the last one, by ben")
    assert one(incident(resolved=at(10)), UPDATE, "update").state(at(99)) is ClockState.NOT_APPLICABLE
    assert one(incident(resolved=at(31)), UPDATE, "update").state(at(99)) is ClockState.MISSED


def test_a_tier_is_due_when_its_window_opens_and_done_when_somebody_of_it_was_called() -> None:
    assert states(incident(), PATH, 20) == ["overdue", "overdue", "running"]
    assert states(incident(acknowledged=at(3)), PATH, 20) == ["missed", "overdue", "running"]
    by_role = incident(acknowledged=at(0), called=(called(12, "Team Lead"),))
    assert states(by_role, PATH, 20) == ["met", "met", "running"]
    skipped = incident(called=(called(10, tier=3),))
    assert states(skipped, PATH, 20) == ["missed", "not applicable", "met"]


def test_nobody_more_is_called_once_it_is_mitigated() -> None:
    assert states(incident(acknowledged=at(0), mitigated=at(14)), PATH, 90) == [
        "met",
        "not applicable",
        "not applicable",
    ]
    assert states(incident(acknowledged=at(0), resolved=at(20)), PATH, 90) == ["met", "missed", "not applicable"]


def test_a_task_is_done_by_hand_and_ends_with_the_incident() -> None:
    task = Mark("task:k7f", ClockKind.TASK, "look at the pool", "ben", started=at(1), due=at(4))
    clock = one(incident(marks=(task,)), Plan(), "task:k7f")
    assert (clock.what, clock.who, clock.due, clock.left(at(2))) == (
        "look at the pool",
        "ben",
        at(4),
        timedelta(minutes=2),
    )
    over = one(incident(marks=(task,), resolved=at(3)), Plan(), "task:k7f")
    assert over.state(at(9)) is ClockState.NOT_APPLICABLE
