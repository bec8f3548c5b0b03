"""Whom the second team pages at once, by severity."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cockpit.incident.clocks.reminders import find_due_reminder, list_urgent_clocks
from cockpit.model.clock import ClockKind, ClockState
from tests.unit.requirements.clocks_stage import Watch, due_in, origin

OnCall = Callable[[str], Watch]
TEAM = "unioneyes"


@pytest.mark.parametrize(("severity", "who"), [("SEV-1", "all"), ("SEV-2", "on-call and backup")])
def test_001_severities_whom_to_page_at_once_is_due_with_the_declaration(
    on_call: OnCall, severity: str, who: str
) -> None:
    watch = on_call(TEAM)
    watch.begins(severity)
    clock = watch.clocks()["escalation:1"]
    assert (clock.who, due_in(watch, "escalation:1"), origin(clock)) == (who, timedelta(), "incident.md")
    assert list_urgent_clocks(watch.clocks().values(), watch.time.now())[0] == clock
    assert find_due_reminder(clock, watch.time.now()) == 2, "at once"
    watch.incident_actions.called(who, tier=1)
    assert watch.clocks()["escalation:1"].state(watch.time.now()) is ClockState.MET


@pytest.mark.parametrize("severity", ["SEV-3", "SEV-4"])
def test_001_severities_a_milder_one_pages_nobody(on_call: OnCall, severity: str) -> None:
    watch = on_call(TEAM)
    watch.begins(severity)
    assert ClockKind.ESCALATION not in watch.kinds()


def test_001_targets_a_recovery_time_given_by_hand_runs_where_no_scenario_has_one(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("SEV-1")
    watch.incident_actions.choose_scenario("Full restore", rto=timedelta(hours=4), rpo=timedelta(hours=6))
    assert due_in(watch, "recovery") == timedelta(hours=4)
    assert watch.incident.recovery is not None
    assert watch.incident.recovery.rpo == timedelta(hours=6)
