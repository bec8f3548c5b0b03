"""How fast the fifth team answers, and whom it calls when, by priority."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cockpit.incident.clocks.reminders import list_urgent_clocks
from cockpit.model.clock import Clock, ClockKind, ClockState
from tests.unit.requirements.clocks_stage import MINUTE, Watch, due_in, origin

OnCall = Callable[[str], Watch]
TEAM = "mystira"
PATHS = {
    "P0": {
        0: "On-call engineer",
        15: "On-call lead and team lead",
        30: "Engineering manager",
        60: "VP engineering and board",
    },
    "P1": {0: "On-call engineer", 30: "On-call lead", 60: "Team lead", 120: "Engineering manager"},
}


@pytest.mark.parametrize(("priority", "minutes"), [("P0", 15), ("P1", 30), ("P2", 120), ("P3", 480)])
def test_004_priorities_response_time(on_call: OnCall, priority: str, minutes: int) -> None:
    watch = on_call(TEAM)
    watch.begins(priority)
    assert due_in(watch, "response") == minutes * MINUTE
    assert origin(watch.clocks()["response"]) == "index.md"
    watch.goes_on(minutes)
    watch.incident_actions.acknowledge()
    assert watch.clocks()["response"].state(watch.time.now()) is ClockState.MET


@pytest.mark.parametrize("priority", PATHS)
def test_004_escalation_path_tells_who_is_due_and_when(on_call: OnCall, priority: str) -> None:
    watch = on_call(TEAM)
    watch.begins(priority)
    assert {each.who: left(each, watch) for each in tiers(watch)} == {
        who: minutes * MINUTE for minutes, who in PATHS[priority].items()
    }


@pytest.mark.parametrize("priority", PATHS)
def test_004_escalation_path_who_is_due_now_and_who_is_next_in_how_long(on_call: OnCall, priority: str) -> None:
    watch = on_call(TEAM)
    watch.begins(priority)
    path = list(PATHS[priority].items())
    for number, (minutes, who) in enumerate(path, 1):
        watch.goes_on(minutes - path[number - 2][0] if number > 1 else 0)
        now, *later = tiers(watch)
        assert (now.who, now.state(watch.time.now())) == (who, ClockState.OVERDUE)
        if later:
            assert (later[0].who, left(later[0], watch)) == (path[number][1], (path[number][0] - minutes) * MINUTE)
        watch.incident_actions.called(who, tier=number)
    assert not tiers(watch)


def test_004_escalation_path_nobody_is_called_backwards(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P0")
    watch.goes_on(20)
    watch.incident_actions.called("Engineering manager", tier=3)
    assert [each.who for each in tiers(watch)] == ["VP engineering and board"]


def test_004_contacts_a_call_to_the_person_in_a_role_is_a_call_to_its_tier(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P0")
    watch.goes_on(31)
    watch.incident_actions.called("manager@example.com")
    assert {id for id, each in watch.clocks().items() if each.done} == {"escalation:3"}
    assert watch.clocks()["escalation:3"].done == watch.time.now()


@pytest.mark.parametrize(
    ("document", "procedure", "minutes"),
    [
        pytest.param("emergency-rollback.md", "runbook-emergency-rollback", 15, id="rollback_5_to_15"),
        pytest.param("disaster-recovery.md", "runbook-recover-from-a-disaster", 120, id="disaster_recovery_30_to_120"),
        pytest.param("database-failover.md", "runbook-fail-the-database-over", 30, id="database_failover_15_to_30"),
    ],
)
def test_004_emergency_index_an_estimate_is_the_budget_of_a_run_by_its_longer_end(
    on_call: OnCall, document: str, procedure: str, minutes: int
) -> None:
    watch = on_call(TEAM)
    watch.begins("P0")
    watch.runs(document, procedure)
    assert due_in(watch, "budget:r1") == minutes * MINUTE


def test_004_emergency_index_what_varies_has_no_budget(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P0")
    watch.runs("security-incident.md", "runbook-security-incident")
    assert ClockKind.BUDGET not in watch.kinds()


def tiers(watch: Watch) -> list[Clock]:
    """Those that still ask, the one that is due now first."""
    asking = list_urgent_clocks(watch.clocks().values(), watch.time.now())
    return [each for each in asking if each.kind is ClockKind.ESCALATION]


def left(clock: Clock, watch: Watch) -> timedelta:
    found = clock.left(watch.time.now())
    assert found is not None
    return found
