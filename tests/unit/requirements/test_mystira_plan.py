"""What is read of the fifth team's documents: priorities, drawn escalation paths, contacts with backups."""

from datetime import timedelta

import pytest

from cockpit.model.clock import ClockKind
from tests.unit.requirements.teams import plan_of

PLAN = plan_of("mystira")


@pytest.mark.parametrize(("name", "minutes"), [("P0", 15), ("P1", 30), ("P2", 120), ("P3", 480)])
def test_004_priorities_are_answered_within(name: str, minutes: int) -> None:
    (rule,) = [each for each in PLAN.rules_for(name) if each.kind is ClockKind.RESPONSE]
    assert (rule.after, rule.levels) == (timedelta(minutes=minutes), (name,))
    severity_level = next(each for each in PLAN.severity_scale if each.name == name)
    assert severity_level.definition


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (
            "P0",
            [
                (0, "On-call engineer"),
                (15, "On-call lead and team lead"),
                (30, "Engineering manager"),
                (60, "VP engineering and board"),
            ],
        ),
        (
            "P1",
            [(0, "On-call engineer"), (30, "On-call lead"), (60, "Team lead"), (120, "Engineering manager")],
        ),
    ],
)
def test_004_path_is_read_out_of_its_drawing(name: str, path: list[tuple[int, str]]) -> None:
    tiers = [each for each in PLAN.rules_for(name) if each.kind is ClockKind.ESCALATION]
    assert [(each.after / timedelta(minutes=1), each.who) for each in tiers] == path
    assert [each.number for each in tiers] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("role", "person", "backup", "how"),
    [
        ("On-call engineer", "rotation", "next in the rotation", "pager (oncall@example.com)"),
        ("On-call lead", "rotation of leads", "", "pager (leads@example.com)"),
        ("Engineering manager", "manager@example.com", "director@example.com", "chat, then phone"),
        ("DBA", "dba@example.com", "platform@example.com", "chat"),
        ("Security", "security@example.com", "on-call lead", "chat and mail"),
    ],
)
def test_004_contacts_are_read_with_primary_backup_and_method(role: str, person: str, backup: str, how: str) -> None:
    contact = next(each for each in PLAN.contacts if each.role == role)
    assert (contact.person, contact.backup, contact.how, contact.filled) == (person, backup, how, True)
