"""What the five documents ask of reading: editions, occasions, anchors, index tables, titles of alerts, search.

Each test is called by the document and the line that it holds; the texts are in our own words.
"""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.runbooks.catalogue.alert_match import Match, match_alerts
from cockpit.runbooks.catalogue.catalogue import Catalogue, score_document
from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.plan.durations import read_time_budget
from cockpit.runbooks.prepare.confirmation import RequiredConfirmation
from screens.catalogue.rows import describe_edition

STEP = "```bash\n# Do it\nkubectl scale deployment/api --replicas=3\n```\n"
INDEX = """# Operations index

**Last Updated**: 2025-12-22
**Owner**: Platform

## Emergency

| Scenario | Runbook | Estimated Time | Approval Required |
|---|---|---|---|
| Production rollback | [rollback](./emergency-rollback.md) | 5-15 minutes | On-call lead |
| Database failover | [failover](./db-failover.md) | 15-30 minutes | DBA + On-call lead |

## Routine

| Task | Runbook | Estimated Time | Approval Required |
|---|---|---|---|
| Scaling | [scaling](./scaling.md) | 10-20 minutes | On-call lead |
| Log rotation | [logs](./log-rotation.md) | 5-10 minutes | None |

## Troubleshooting

| Issue | Runbook | Priority |
|---|---|---|
| Error rate spike | [errors](./errors.md) | P1/P2 |
"""
PLATFORM = """# Platform index

**Created:** February 12, 2026
**Version:** 2.0
**Status:** Complete

### 1. [Incident response](incident-response.md)

**When to Use:**

- Users report an outage
- Security incident

**Quick access:** [Application down](incident-response.md#playbook-1-application-down)

### 3. [Backup and restore](backup.md)

**When to Use:**

- Ransomware attack
"""
OPERATIONS = f"""# Api operations

## High latency

{STEP}
## Authentication failures

{STEP}
## 4. Rebuild the environment

**Requires:** Parameter file in git, `.env.deploy` present

{STEP}
## Cache

| Constant | Seconds |
|---|---|
| CACHE_TTL_SHORT | 60 |
"""
TEXTS = {
    "index": INDEX,
    "platform": PLATFORM,
    "operations": OPERATIONS,
    "emergency-rollback": f"# Roll back production\n\n{STEP}",
    "db-failover": f"# Fail over the database\n\n{STEP}",
    "scaling": f"# Scale the api\n\n{STEP}",
    "log-rotation": f"# Rotate logs\n\n{STEP}",
    "errors": f"# When requests fail\n\n{STEP}",
    "incident-response": f"# Responding\n\n## Playbook 1: Application Down\n\n{STEP}",
    "backup": f"# Bring data back\n\n{STEP}",
}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    folder: Path = tmp_path_factory.mktemp("documents")
    for name, text in TEXTS.items():
        (folder / f"{name}.md").write_text(text)
    return load_catalogue([str(folder)], builtin=False)


def fire(catalogue: Catalogue, name: str, **labels: str) -> Match:
    since = datetime(2026, 2, 27, tzinfo=UTC)
    alert = Alert("am", name, name, Severity.HIGH, AlertState.FIRING, since, "prod", labels=tuple(labels.items()))
    return match_alerts(catalogue, [alert])[0]


def labels(catalogue: Catalogue, id: str) -> dict[str, str]:
    (procedure,) = catalogue.document(id).runbook.procedures
    return dict(procedure.labels)


def test_001_header_version_and_age_stand_on_the_documents_row(catalogue: Catalogue) -> None:
    told = describe_edition(catalogue.document("platform").runbook.labels, date(2026, 11, 29), whole=True)
    assert ("v2.0" in told, "2026-02-12" in told, "Complete" in told) == (True, True, True)


def test_004_header_last_updated_stands_on_the_documents_row(catalogue: Catalogue) -> None:
    assert describe_edition(catalogue.document("index").runbook.labels, date(2026, 11, 29)) == "11 months old"


@pytest.mark.parametrize(("name", "document"), [("SecurityIncident", "incident-response"), ("Ransomware", "backup")])
def test_001_index_when_to_use_leads_to_the_runbook(catalogue: Catalogue, name: str, document: str) -> None:
    assert fire(catalogue, name).document.id == document


def test_001_quick_access_an_anchor_leads_to_the_playbook(catalogue: Catalogue) -> None:
    match = fire(
        catalogue, "x", runbook_url="https://wiki.example.com/incident-response.md#playbook-1-application-down"
    )
    assert match.procedure is not None
    assert match.procedure.title == "Playbook 1: Application Down"


@pytest.mark.parametrize(
    ("id", "approval", "people"),
    [
        ("emergency-rollback", "On-call lead", 1),
        ("db-failover", "DBA + On-call lead", 2),
        ("scaling", "On-call lead", 1),
    ],
)
def test_004_index_an_approval_binds_the_runbook_that_it_links(
    catalogue: Catalogue, id: str, approval: str, people: int
) -> None:
    assert labels(catalogue, id)["approval required"] == approval
    assert RequiredConfirmation("confirm", approver=approval).approvers == people


def test_004_routine_index_none_asks_for_no_approval(catalogue: Catalogue) -> None:
    assert labels(catalogue, "log-rotation")["approval required"] == "None"


@pytest.mark.parametrize(("id", "minutes"), [("emergency-rollback", 15), ("db-failover", 30), ("log-rotation", 10)])
def test_004_index_a_time_is_the_budget_of_the_runbook(catalogue: Catalogue, id: str, minutes: int) -> None:
    (procedure,) = catalogue.document(id).runbook.procedures
    budget = read_time_budget(procedure)
    assert budget is not None
    assert budget.total_seconds() == minutes * 60


def test_004_troubleshooting_index_an_alert_of_its_row_leads_to_the_runbook(catalogue: Catalogue) -> None:
    assert fire(catalogue, "ErrorRateSpike").document.id == "errors"


@pytest.mark.parametrize(
    ("name", "title"), [("HighLatency", "High latency"), ("AuthFailures", "Authentication failures")]
)
def test_003_an_alert_finds_the_section_of_its_name(catalogue: Catalogue, name: str, title: str) -> None:
    match = fire(catalogue, name)
    assert match.procedure is not None
    assert match.procedure.title == title


def test_003_cache_constants_are_found_by_search(catalogue: Catalogue) -> None:
    document = catalogue.document("operations")
    assert score_document(document, ["cache_ttl_short"]) < 1_000


def test_000_s4_what_is_required_stands_before_the_first_step(catalogue: Catalogue) -> None:
    rebuild = catalogue.document("operations").runbook.procedures[2]
    assert rebuild.warnings[0].startswith("Requires: Parameter file in git")


def test_000_s3_a_title_carries_the_heading_above_it() -> None:
    from cockpit.runbooks.document.read import read_runbook

    text = f"# Ops\n\n## 3. Revoke a token\n\n### Via CLI\n\n{STEP}"
    (procedure,) = read_runbook("x.md", text.encode()).procedures
    assert procedure.full_title == "3. Revoke a token › Via CLI"
