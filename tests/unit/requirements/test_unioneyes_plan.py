"""What is read of the second team's documents: severities, blanks among the contacts, training, drills, targets."""

from datetime import date, timedelta

import pytest

from cockpit.model.clock import ClockKind
from cockpit.model.severity_scale import find_level
from cockpit.runbooks.catalogue.catalogue import Document
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.lint.lint import LintContext, lint_runbook
from cockpit.runbooks.plan.plan import merge_plans
from tests.unit.requirements.teams import EXAMPLES, plan_of

PLAN = plan_of("unioneyes")
BLANKS = b"""## Emergency contacts

```
On-call engineer: [Pager/Phone]
Backup engineer: [Pager/Phone]
Engineering manager: [Phone]
DBA: [Phone/Email]

Support of the cloud: [Contract]

Status page: [URL]
Incident channel: #incidents
War room: [Link of the bridge]
```
"""


@pytest.mark.parametrize(
    ("name", "definition", "response", "called"),
    [
        ("SEV-1", "Down for everybody", "Page all at once", ["all"]),
        ("SEV-2", "Major parts are degraded", "Page on-call and backup", ["on-call and backup"]),
        ("SEV-3", "Some are affected", "On-call looks into it", []),
    ],
)
def test_001_severity_is_declared_with_whom_it_pages(
    name: str, definition: str, response: str, called: list[str]
) -> None:
    severity_level = find_level(PLAN.severity_scale, name)
    assert severity_level is not None
    assert (severity_level.definition, severity_level.response) == (definition, response)
    tiers = [each for each in PLAN.rules_for(name) if each.kind is ClockKind.ESCALATION]
    assert [each.who for each in tiers] == called
    assert all(each.after == timedelta(0) for each in tiers)


def test_001_emergency_contacts_that_nobody_filled_in_are_marked_and_the_channel_is_known() -> None:
    found = merge_plans([Document("incident", read_runbook("incident.md", BLANKS))]).contacts
    assert [each.role for each in found if each.filled] == ["Incident channel"]
    assert [each.role for each in found if not each.filled] == [
        "On-call engineer", "Backup engineer", "Engineering manager", "DBA", "Support of the cloud", "Status page",
        "War room",
    ]  # fmt: skip


def test_001_emergency_contacts_that_nobody_filled_in_are_found_by_lint() -> None:
    found = lint_runbook(read_runbook("incident.md", BLANKS), LintContext(date(2026, 11, 21)))
    assert [each.line for each in found if each.rule == "not-filled-in"] == [4, 5, 6, 7, 9, 11, 13]


def test_001_severity_that_is_named_and_defined_nowhere_is_found_by_lint() -> None:
    text = (EXAMPLES / "unioneyes" / "runbooks" / "incident.md").read_text()
    without = "".join(line for line in text.splitlines(keepends=True) if "**SEV-4**" not in line)
    named = without + "\nA SEV-4 can wait.\n"
    world = LintContext(date(2026, 11, 21))
    assert not [
        each for each in lint_runbook(read_runbook("i.md", text.encode()), world) if each.rule == "severity-undefined"
    ]
    (finding,) = [
        each for each in lint_runbook(read_runbook("i.md", named.encode()), world) if each.rule == "severity-undefined"
    ]
    assert "SEV-4" in finding.message


def test_001_maintenance_checklist_links_and_scripts_are_checked_by_lint() -> None:
    text = b"# X\n\nSee [it](gone.md).\n\n```bash\n# Roll back\n./scripts/gone.sh\n```\n"
    rules = {
        each.rule for each in lint_runbook(read_runbook("x.md", text), LintContext(date(2026, 11, 21), path="/bin"))
    }
    assert {"dead-link", "script-missing"} <= rules


def test_001_emergency_contacts_filled_in_are_all_there() -> None:
    assert len(PLAN.contacts) == 8
    assert all(each.filled for each in PLAN.contacts)


@pytest.mark.parametrize(
    ("name", "every"),
    [
        ("Incident response training: Every engineer, At the table", "Quarterly"),
        ("Rollback training: On-call rota, Live, on staging", "Monthly"),
        ("Backup and restore training: DevOps team, By a job, once a month by hand", "Weekly"),
        ("Backup verification", "Weekly, Sunday at 4:00"),
        ("Rollback", "Monthly, first Monday"),
        ("Disaster recovery", "Quarterly"),
        ("Chaos engineering", "Yearly"),
    ],
)
def test_001_training_and_drills_come_round(name: str, every: str) -> None:
    assert next(each for each in PLAN.practices if each.name == name).every == every


def test_001_drills_have_a_next_date_or_none_yet() -> None:
    assert next(each for each in PLAN.practices if each.name == "Disaster recovery").due == date(2026, 12, 14)
    head = b"| Drill Type | Frequency | Next Scheduled |\n|---|---|---|\n"
    table = head + b"| Rollback | First Monday | TBD |\n| DR | Quarterly | Q2 2026 |\n"
    found = merge_plans([Document("drills", read_runbook("drills.md", table))]).practices
    assert [each.due for each in found] == [None, date(2026, 6, 30)]


@pytest.mark.parametrize(
    ("metric", "minutes", "level"),
    [("TTD", 5, ""), ("TTA", 5, ""), ("TTR", 60, "SEV-1"), ("RTO", 240, ""), ("RPO", 360, "")],
)
def test_001_targets_with_a_time_are_read(metric: str, minutes: int, level: str) -> None:
    target = next(each for each in PLAN.metric_targets if each.metric == metric)
    assert (target.limit, target.level) == (timedelta(minutes=minutes), level)


@pytest.mark.parametrize("words", ["Backups that succeed", "Backups that were restored", "Runbook used in an incident"])
def test_001_targets_in_percent_are_read(words: str) -> None:
    target = next(each for each in PLAN.metric_targets if each.metric.startswith(words))
    assert (target.percent, target.limit) == (100.0, None)
