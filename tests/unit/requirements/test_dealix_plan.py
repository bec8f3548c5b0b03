"""What is in the third team's document: severities, first minutes, breach, roles, whom to page; its private file."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cockpit.config import load_system
from cockpit.model.clock import ClockKind, Counting, Rule
from cockpit.model.severity_scale import find_level
from cockpit.runbooks.plan.load import read_plan
from tests.unit.requirements.teams import EXAMPLES, plan_of

PLAN = plan_of("dealix")


def rules(kind: ClockKind, name: str = "P0") -> list[Rule]:
    return [each for each in PLAN.rules_for(name) if each.kind is kind and each.origin.startswith("incident.md:")]


@pytest.mark.parametrize(
    ("name", "defined", "done"),
    [
        ("P0", ("down", "data", "security"), ("Everybody", "commander within 15 min")),
        ("P1", ("major feature", "10 %", "one customer"), ("On-call", "every 30 min")),
        ("P2", ("Degraded", "minor"), ("Working hours",)),
        ("P3", ("Cosmetic",), ("Backlog",)),
    ],
)
def test_002_s0_level_is_read_with_definition_and_response(
    name: str, defined: tuple[str, ...], done: tuple[str, ...]
) -> None:
    severity_level = find_level(PLAN.severity_scale, name)
    assert severity_level is not None
    assert all(words in severity_level.definition for words in defined)
    assert all(words in severity_level.response for words in done)
    assert severity_level.backlog == (name == "P3")


def test_002_s0_p0_commander_within_15_min_and_all_hands_are_rules() -> None:
    (commander,) = rules(ClockKind.COMMANDER)
    assert commander.after == timedelta(minutes=15)
    assert [each.who for each in rules(ClockKind.ESCALATION)] == ["everybody"]


def test_002_s0_p1_update_every_30_min_is_a_rule_of_that_line() -> None:
    (update,) = rules(ClockKind.UPDATE, "P1")
    assert (update.after, update.origin) == (timedelta(minutes=30), "incident.md:11")


def test_002_s0_p2_triage_counts_business_hours() -> None:
    (triage,) = rules(ClockKind.RESPONSE, "P2")
    assert triage.counting is Counting.HOURS


def test_002_s1_first_10_minutes_is_a_list_of_five_with_its_deadline() -> None:
    (rule,) = rules(ClockKind.CHECKLIST)
    listed = PLAN.checklist(rule.checklist)
    assert listed is not None
    assert (rule.after, rule.levels) == (timedelta(minutes=10), ("P0", "P1"))
    assert [each.split(".")[0] for each in listed.items] == [
        "Declare", "Stop the bleeding", "Freeze", "Preserve", "Communicate",
    ]  # fmt: skip


def test_002_s3_breach_is_notified_within_72_h_and_its_five_steps_can_be_ticked() -> None:
    (rule,) = rules(ClockKind.BREACH)
    assert (rule.what, rule.after) == ("Notify the authority", timedelta(hours=72))
    listed = PLAN.checklist("incident/breach-response")
    assert listed is not None
    assert [each.split()[0] for each in listed.items] == ["Contain", "Assess", "Notify", "Notify", "Write"]


def test_002_s4_roles_are_four_and_the_commander_leads() -> None:
    assert [(each.name, each.lead) for each in PLAN.roles] == [
        ("Incident Commander", True), ("Ops Lead", False), ("Comms Lead", False), ("Scribe", False),
    ]  # fmt: skip
    assert "debugs nothing" in PLAN.roles[0].duty


def test_002_s5_post_mortem_within_3_business_days_is_a_rule() -> None:
    (rule,) = rules(ClockKind.POSTMORTEM)
    assert (rule.after.days, rule.counting) == (3, Counting.DAYS)


def test_002_s62_rollback_window_is_24_h() -> None:
    (rule,) = rules(ClockKind.ROLLBACK)
    assert rule.after == timedelta(hours=24)


def test_002_s7_weekly_restore_test_and_monthly_game_day_come_round() -> None:
    found = {each.every: each.name for each in PLAN.practices}
    assert "backup can be restored" in found["Weekly"]
    assert "database fails over" in found["Monthly"]


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        ("App down", "On-call platform"),
        ("Database down", "DBA if there is one"),
        ("Security incident", "Security lead and data protection officer"),
        ("Customers notice", "customer success"),
        ("Language models cost", "CTO"),
        ("Personal data", "Data protection officer, legal and security"),
    ],
)
def test_002_s8_who_to_page(condition: str, who: str) -> None:
    page = next(each for each in PLAN.pages if each.condition.startswith(condition))
    assert who in page.who


def test_002_s8_real_contacts_stay_in_a_private_file(tmp_path: Path) -> None:
    private = tmp_path / "oncall.md"
    private.write_text("| Role | Person | Phone |\n|---|---|---|\n| On-call platform | Kim | 123 |\n")
    system = replace(load_system(EXAMPLES / "dealix" / "cockpit.toml"), contacts_file=str(private))
    assert [(each.role, each.person, each.how) for each in read_plan(system).contacts] == [
        ("On-call platform", "Kim", "123")
    ]
    private.unlink()
    assert "oncall.md is not there" in read_plan(system).problems[0].message
