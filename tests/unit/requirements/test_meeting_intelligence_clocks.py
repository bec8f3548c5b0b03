"""What is due in an incident of the first team, as its documents say: hours, clients, recovery, budgets."""

from collections.abc import Callable

import pytest

from cockpit.incident.clocks.business_hours import is_open, zone_of
from cockpit.model.clock import ClockKind, ClockState, shown_due
from tests.unit.requirements.clocks_stage import HOUR, MINUTE, Watch, due_in, origin

OnCall = Callable[[str], Watch]
TEAM = "meeting-intelligence"
NIGHT = "2026-11-21T02:00"  # a Saturday


def test_000_contact_primary_on_call_is_for_every_incident(on_call: OnCall) -> None:
    first = on_call(TEAM).plan.contacts[0]
    assert (first.role, first.scope, first.filled) == ("Primary on-call", "every incident", True)


def test_000_contact_business_owner_is_due_after_15_minutes_of_a_client_facing_outage(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P1")
    clock = watch.clocks()["client"]
    assert (clock.who, due_in(watch, "client"), origin(clock)) == ("Business owner", 15 * MINUTE, "operations.md")


@pytest.mark.parametrize(("day", "name"), [("2026-01-14", "NZDT"), ("2026-07-15", "NZST")])
def test_000_support_hours_are_auckland_wall_time_with_the_abbreviation_in_force(
    on_call: OnCall, day: str, name: str
) -> None:
    watch = on_call(TEAM)
    hours = watch.plan.hours
    assert zone_of(hours, watch.zone)[1] == "Pacific/Auckland"
    opened = {
        hour: is_open(watch.sets(f"{day}T{hour}"), hours, watch.zone) for hour in ("07:59", "08:00", "17:59", "18:00")
    }
    assert opened == {"07:59": False, "08:00": True, "17:59": True, "18:00": False}
    assert not is_open(watch.sets("2026-01-17T10:00"), hours, watch.zone), "a Saturday"
    watch.begins("P1", f"{day}T10:00")
    assert shown_due(watch.clocks()["response"], watch.zone, watch.time.now()).startswith(f"10:15 {name} · ")


def test_000_after_hours_the_best_effort_is_two_hours_for_critical_alerts(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P1", NIGHT)
    assert due_in(watch, "response") == 2 * HOUR
    assert origin(watch.clocks()["response"]) == "operations.md"


def test_000_in_support_hours_the_two_hours_say_nothing(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P1")
    assert due_in(watch, "response") == 15 * MINUTE


@pytest.mark.parametrize(
    ("document", "procedure", "minutes"),
    [
        ("bad-deployment.md", "runbook-roll-back-a-bad-deployment", 5),
        ("restore-database.md", "runbook-restore-the-database-to-a-point-in-time", 30),
        ("operations.md", "at-once-for-a-security-incident", 1),
        ("operations.md", "5-rebuild-an-environment", 60),
    ],
    ids=["s.1", "s.2", "s.3", "s.4"],
)
def test_000_time_to_fix_is_the_budget_of_its_run(on_call: OnCall, document: str, procedure: str, minutes: int) -> None:
    watch = on_call(TEAM)
    watch.begins("P1")
    watch.runs(document, procedure)
    assert due_in(watch, "budget:r1") == minutes * MINUTE
    watch.goes_on(minutes + 1)
    assert watch.clocks()["budget:r1"].state(watch.time.now()) is ClockState.OVERDUE
    watch.run_ends()
    assert watch.clocks()["budget:r1"].state(watch.time.now()) is ClockState.MISSED


def test_000_s3_a_revoked_token_may_still_work_for_five_minutes(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P1")
    watch.runs("operations.md", "at-once-for-a-security-incident")
    watch.goes_on(1)
    watch.run_ends()
    clock = watch.clocks()["tail:r1"]
    assert clock.left(watch.time.now()) == 5 * MINUTE
    assert "may not have reached everything" in clock.what
    watch.goes_on(5)
    assert watch.clocks()["tail:r1"].state(watch.time.now()) is ClockState.MET


def test_000_s3_a_leaked_token_begins_the_notice_once_somebody_says_to_be_aware(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P1")
    assert ClockKind.BREACH not in watch.kinds()
    watch.incident_actions.aware("a token with clients' data in a public log")
    assert watch.clocks()["breach"].left(watch.time.now()) == 72 * HOUR


def test_000_s6_a_message_is_due_when_clients_notice_it_for_more_than_15_minutes(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P1")
    watch.goes_on(14)
    watch.incident_actions.change_status("monitoring")
    watch.incident_actions.amend(impact_ended=watch.time.now())
    assert watch.clocks()["client"].state(watch.time.now()) is ClockState.NOT_APPLICABLE
    watch.incident_actions.change_status("investigating", reason="it is back")
    watch.goes_on(2)
    assert watch.clocks()["client"].state(watch.time.now()) is ClockState.OVERDUE
    watch.incident_actions.sent("client", "We are on it.")
    assert watch.clocks()["client"].state(watch.time.now()) is ClockState.MISSED


@pytest.mark.parametrize("minutes", [30, 60])
def test_000_s6_the_next_update_that_a_message_promises_is_a_clock(on_call: OnCall, minutes: int) -> None:
    watch = on_call(TEAM)
    watch.begins("P1")
    watch.incident_actions.sent("client", "We are on it.", promised=watch.time.now() + minutes * MINUTE)
    assert due_in(watch, "promise:client") == minutes * MINUTE
    assert "update" not in watch.clocks()


@pytest.mark.parametrize(
    ("scenario", "point", "time"),
    [
        ("Bad deployment", 0, 5),
        ("Database corruption", 15, 30),
        ("Rebuild of an environment", 15, 60),
        ("Region lost", 60, 240),
    ],
)
def test_000_targets_the_recovery_time_of_a_scenario_counts_from_the_declaration(
    on_call: OnCall, scenario: str, point: int, time: int
) -> None:
    watch = on_call(TEAM)
    watch.begins("P1")
    watch.goes_on(3)
    watch.incident_actions.choose_scenario(scenario)
    assert due_in(watch, "recovery") == time * MINUTE
    assert watch.incident.recovery is not None
    assert watch.incident.recovery.rpo == point * MINUTE
    assert origin(watch.clocks()["recovery"]) == "operations.md"
    watch.incident_actions.resolve("mended")
    assert watch.clocks()["recovery"].state(watch.time.now()) is ClockState.MET
