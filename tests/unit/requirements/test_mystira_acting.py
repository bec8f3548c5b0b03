"""Declaring on the fifth team's priorities, and who must approve what it does in an emergency."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cockpit.model.clock import ClockKind
from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.runbooks.prepare.confirmation import (
    Approval,
    Consent,
    RequiredConfirmation,
    find_required_confirmation,
    must_consent,
)
from cockpit.runbooks.types import RunRefused
from tests.unit.requirements.acting_stage import Shift

OnShift = Callable[[str], Shift]


@pytest.mark.parametrize(("priority", "minutes"), [("P0", 15), ("P1", 30), ("P2", 120), ("P3", 480)])
def test_004_priorities_are_declared_and_their_response_time_is_on_record(
    shift: OnShift, priority: str, minutes: int
) -> None:
    declared = shift("mystira").declare(priority)
    assert declared.severity == priority
    (rule,) = (each for each in declared.rules if each.kind is ClockKind.RESPONSE)
    assert rule.after == timedelta(minutes=minutes)


FAILOVER = {"replica-server": "mys-prod-west", "primary-server": "mys-prod-east"}


def asked(team: Shift, name: str, step: int, **given: str) -> RequiredConfirmation:
    """What it takes to start a step."""
    runbook, procedure = team.procedure(name)
    return find_required_confirmation(team.runner.preview(runbook, procedure, step, given), procedure, StepState.TODO)


def test_004_emergency_index_a_rollback_takes_the_on_call_lead(shift: OnShift) -> None:
    wanted = asked(shift("mystira"), "emergency-rollback#runbook-emergency-rollback", 3, reason="5xx since the release")
    assert (wanted.approval, wanted.approver, wanted.approvers) == (True, "On-call lead", 1)


@pytest.mark.parametrize(
    ("by", "enough"), [("Dana", False), ("Dana + ana", False), ("Dana + dana", False), ("Dana + Kim", True)]
)
def test_004_emergency_index_a_failover_takes_two_approvers_and_neither_is_the_operator(
    shift: OnShift, by: str, enough: bool
) -> None:
    team = shift("mystira")
    runbook, procedure = team.procedure("database-failover#runbook-fail-the-database-over")
    prepared = team.runner.preview(runbook, procedure, 3, FAILOVER)
    wanted = find_required_confirmation(prepared, procedure, StepState.TODO)
    assert (wanted.approver, wanted.approvers) == ("DBA + On-call lead", 2)
    consent = Consent(prepared.fingerprint, wanted.word, Approval(by, "on the bridge"))
    if enough:
        must_consent(wanted, prepared, consent, ("ana",))
    else:
        with pytest.raises(RunRefused, match="approval"):
            must_consent(wanted, prepared, consent, ("ana",))


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("disaster-recovery#runbook-recover-from-a-disaster", "Engineering manager"),
        ("security-incident#runbook-security-incident", "Security team"),
    ],
)
def test_004_emergency_index_names_who_approves(shift: OnShift, name: str, who: str) -> None:
    _, procedure = shift("mystira").procedure(name)
    assert procedure.labels["approval required"] == who


def test_004_formatting_numbered_steps_code_expected_output_warning_and_estimate_are_each_read(shift: OnShift) -> None:
    _, procedure = shift("mystira").procedure("emergency-rollback#runbook-emergency-rollback")
    start, watch, check = (each for each in procedure.steps if each.command)
    assert [each.title for each in (start, watch, check)] == [
        "Start the rollback workflow", "Watch it", "Check that the new pods run",
    ]  # fmt: skip
    assert (start.kind, check.kind) == (StepKind.DANGER, StepKind.VERIFY)
    assert watch.expected == 'contains "completed"'
    assert "takes back every change of the release" in procedure.warnings[0]
    assert procedure.labels["time to fix"] == "5-15 minutes"
