"""Declaring, roles, the freeze, the evidence and what is done by hand, as the third team's document asks for it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.model.clock import ClockKind
from cockpit.model.event import Kind
from cockpit.model.plan import Plan
from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from tests.unit.requirements.acting_stage import Shift

OnShift = Callable[[str], Shift]


def test_002_s0_p0_incident_commander_within_15_min_binds_from_the_declaration_on(shift: OnShift) -> None:
    dealix = shift("dealix")
    declared = dealix.declare("P0")
    (rule,) = (each for each in declared.rules if each.kind is ClockKind.COMMANDER)
    assert (rule.after, rule.origin.partition(":")[0]) == (timedelta(minutes=15), "incident.md")
    dealix.incident_actions.plan = Plan(
        dealix.plan.severity_scale
    )  # the document is gone: what was promised still binds
    assert dealix.incident_actions.find(declared.id).rules == declared.rules


def test_002_s0_p1_update_every_30_min_begins_to_bind_when_it_is_lowered_to_p1(shift: OnShift) -> None:
    dealix = shift("dealix")
    declared = dealix.declare("P0")
    dealix.incident_actions.change_severity("P1", reason="one customer")
    (rule,) = (each for each in dealix.incident_actions.find(declared.id).rules if each.kind is ClockKind.UPDATE)
    assert rule.after == timedelta(minutes=30)


def test_002_s0_p2_is_declared_and_who_is_unsure_gets_p1(shift: OnShift) -> None:
    dealix = shift("dealix")
    assert dealix.declare("P2").severity == "P2"
    assert dealix.declare("P2", unsure=True).severity == "P1"


def test_002_s0_p3_backlog_is_no_incident_but_a_note(shift: OnShift) -> None:
    dealix = shift("dealix")
    with pytest.raises(IncidentActionError, match="P3 is for the backlog, no incident: write a note"):
        dealix.incident_actions.declare("a typo", "P3")
    assert dealix.incident_actions.note("P3: a typo").incident is None


def test_002_s1_first_10_minutes_each_box_is_ticked_with_who_and_when(shift: OnShift) -> None:
    dealix = shift("dealix")
    declared = dealix.declare("P1")
    for item in range(1, 6):
        dealix.incident_actions.tick("incident/first-ten-minutes-of-a-p0-or-p1", item)
    ticks = dealix.incident_actions.find(declared.id).ticks
    # The first box asks for what was done when it was declared, and carries that time.
    times = [declared.declared, *[dealix.time.now()] * 4]
    assert [(each.item, each.state, each.actor, each.at) for each in ticks] == [
        (item, "done", "ana", moment) for item, moment in enumerate(times, start=1)
    ]
    assert ticks[2].text.startswith("Freeze")


def test_002_s1_3_freeze_holds_until_it_is_lifted_and_warns_on_every_change(shift: OnShift) -> None:
    dealix = shift("dealix")
    declared = dealix.declare("P0")
    dealix.incident_actions.freeze(True, "until it is green")
    look, _, change, _ = (dealix.notices("incident#6.1", step) for step in (1, 2, 3, 4))
    frozen = "prod is frozen since 13:38Z by ana: until it is green."
    assert frozen in change
    assert frozen not in look
    dealix.time.at += timedelta(minutes=30)
    dealix.incident_actions.freeze(False, "green")
    assert frozen not in dealix.notices("incident#6.1", 3)
    (freeze,) = dealix.incident_actions.find(declared.id).freezes
    assert freeze.until == dealix.time.now()


def test_002_s1_4_preserve_a_danger_says_so_until_the_evidence_was_kept_in_this_incident(shift: OnShift) -> None:
    dealix = shift("dealix")
    dealix.declare("P0")
    lacking = "incident#preserve-the-evidence preserves"
    assert lacking in " ".join(dealix.notices("incident#6.2", 1))
    assert lacking not in " ".join(dealix.notices("incident#6.1", 3))  # no danger
    run = dealix.start(dealix.plan.snapshot)
    dealix.runner.settle(run, 1, StepState.BY_HAND)
    assert lacking not in " ".join(dealix.notices("incident#6.2", 1))


@pytest.mark.parametrize(
    ("procedure", "steps", "word"),
    [
        pytest.param("incident#2.1", 4, "feature flag", id="test_002_s2_1_llm_outage_4_steps"),
        pytest.param("incident#2.2", 4, "pool", id="test_002_s2_2_postgres_4_steps"),
        pytest.param("incident#2.4", 3, "quota", id="test_002_s2_3_crm_429_3_steps"),
        pytest.param("incident#2.5", 3, "turned on again", id="test_002_s2_4_signature_3_steps"),
        pytest.param("incident#2.7", 3, "lowered again", id="test_002_s2_6_approvals_stuck_3_steps"),
        pytest.param("incident#2.6", 3, "feature flag", id="test_002_s2_7_tool_contradictions_3_steps"),
        pytest.param("incident#breach-response", 5, "72 hours", id="test_002_s3_breach_5_steps"),
        pytest.param("incident#6.3", 2, "no deployment", id="test_002_s6_3_feature_flag_first"),
    ],
)
def test_002_what_people_do_by_hand_is_settled_with_who_when_and_why_not(
    shift: OnShift, procedure: str, steps: int, word: str
) -> None:
    dealix = shift("dealix")
    declared = dealix.declare("P1")
    run = dealix.start(procedure)
    written = dealix.runner.procedure(run).steps
    assert len(written) == steps
    assert any(word in each.title for each in written)
    dealix.runner.settle(run, 1, StepState.BY_HAND)
    dealix.runner.settle(run, 2, StepState.SKIPPED, "not needed here")
    done, skipped = dealix.timeline.events(kinds=[Kind.STEP], incident=declared.id)
    assert (done.actor, done.occurred, done.detail["state"]) == ("ana", dealix.time.now(), StepState.BY_HAND)
    assert skipped.detail["reason"] == "not needed here"
    assert [each.id for each in dealix.incident_actions.find(declared.id).ran] == [run.id]


def test_002_s2_5_secret_leak_6_steps_with_the_scan_among_them(shift: OnShift) -> None:
    _, procedure = shift("dealix").procedure("incident#2.3")
    assert [bool(each.command) for each in procedure.steps] == [False, False, False, True, False, False]
    assert procedure.steps[3].command == "gitleaks detect --source . --log-level debug"
    assert "Rotate the key" in procedure.steps[0].title


def test_002_s2_5_secret_leak_asks_whether_personal_data_could_have_been_read(shift: OnShift) -> None:
    _, procedure = shift("dealix").procedure("incident#2.3")
    assert "`cockpit aware`" in procedure.warnings[-1]


def test_002_s2_6_approvals_stuck_the_timeouts_are_checked_by_a_request_and_it_is_a_change(shift: OnShift) -> None:
    dealix = shift("dealix")
    _, procedure = dealix.procedure("incident#2.7")
    step = procedure.steps[1]
    assert (step.language, step.kind) == ("http", StepKind.CHANGE)
    prepared = dealix.runner.preview(*dealix.procedure("incident#2.7"), 2, {"FQDN": "api.example.com"})
    assert prepared.request is not None
    assert (prepared.request.method, prepared.request.url) == (
        "POST", "https://api.example.com/api/v1/trust/approvals/check-timeouts",
    )  # fmt: skip


def test_002_s6_2_the_rollback_window_of_24_hours_is_read_before_a_migration_is_taken_back(shift: OnShift) -> None:
    _, procedure = shift("dealix").procedure("incident#6.2")
    assert any("free of blame for 24 hours" in each for each in procedure.warnings)


def test_002_s2_4_a_check_that_is_off_for_now_stays_open_beyond_the_incident(shift: OnShift) -> None:
    dealix = shift("dealix")
    declared = dealix.declare("P1")
    loop = dealix.incident_actions.start_loop("the signature check is off")
    dealix.incident_actions.resolve("messages go through")
    (mark,) = dealix.incident_actions.find(declared.id).marks
    assert (mark.id, mark.done) == (loop.subject, None)
    dealix.incident_actions.clock_done(mark.id, "it is on again", incident=declared.id)
    assert dealix.incident_actions.find(declared.id).marks[0].done == dealix.time.now()


def test_002_s4_four_roles_one_person_may_hold_several_and_the_commander_debugs_nothing(shift: OnShift) -> None:
    dealix = shift("dealix")
    declared = dealix.declare("P0")
    names = [each.name for each in dealix.plan.roles]
    assert names == ["Incident Commander", "Ops Lead", "Comms Lead", "Scribe"]
    assert "debugs nothing" in dealix.plan.roles[0].duty
    for role in ("IC", "Scribe"):
        dealix.incident_actions.take_role(role)
    dealix.incident_actions.take_role("Ops Lead", "ben")
    dealix.incident_actions.take_role("ops lead", "cleo")
    dealix.incident_actions.hand_over("IC", "dan", "rolled back; waiting for green")
    incident = dealix.incident_actions.find(declared.id)
    assert {name: incident.in_role(name) for name in names} == {
        "Incident Commander": ("dan",),
        "Ops Lead": ("ben", "cleo"),
        "Comms Lead": (),
        "Scribe": ("ana",),
    }
