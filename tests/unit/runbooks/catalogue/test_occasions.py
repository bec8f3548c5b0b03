"""An index that says when to use a runbook leads there, and what is required stands before the first step."""

from datetime import UTC, date, datetime

import pytest

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.runbooks.catalogue.alert_match import match_alerts
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document
from cockpit.runbooks.document.read import read_runbook
from screens.catalogue.rows import describe_edition

INDEX = """# Index

**Version:** 2.0
**Created:** February 12, 2026

## 1. [Backup and restore](restore.md)

**When to Use:**

- Ransomware attack
- Data was deleted by accident
"""
RESTORE = "# Restore\n\n## Now\n\n**Requires:** Parameter file in git\n\n```bash\nuptime\n```\n"


def make_catalogue() -> Catalogue:
    texts = {"index": INDEX, "restore": RESTORE}
    return Catalogue(tuple(Document(id, read_runbook(f"/d/{id}.md", text.encode())) for id, text in texts.items()))


def make_alert(name: str) -> Alert:
    return Alert("am", "x", name, Severity.HIGH, AlertState.FIRING, datetime(2026, 1, 1, tzinfo=UTC), "prod")


def test_a_list_of_occasions_leads_to_the_runbook_that_its_heading_links() -> None:
    (match,) = match_alerts(make_catalogue(), [make_alert("RansomwareAttack")])
    assert (match.how, match.document.id) == ("when", "restore")
    assert "Ransomware attack" in match.hint


def test_what_is_required_stands_before_the_first_step() -> None:
    (procedure,) = make_catalogue().documents[1].runbook.procedures
    assert procedure.warnings[0] == "Requires: Parameter file in git"


def test_a_document_shows_its_version_and_its_age_and_an_old_one_is_marked() -> None:
    labels = make_catalogue().documents[0].runbook.labels
    assert describe_edition(labels, date(2026, 11, 29)) == "v2.0 · 9 months old"
    assert describe_edition({"date": "2026-10-14"}, date(2026, 11, 29)) == "1 month old"
    assert describe_edition(labels, date(2027, 11, 29)).endswith("OLD")
    assert describe_edition({}, date(2027, 11, 29)) == ""


@pytest.mark.parametrize("heading", ["## When to use", "## 5. When to use this runbook", "### When to run it"])
@pytest.mark.parametrize("text", ["- Login fails for everybody\n- Sessions vanish\n", "Login fails for everybody.\n"])
def test_a_heading_that_tells_when_leads_an_alert_to_the_document(heading: str, text: str) -> None:
    text = f"# Web tier\n\n{heading}\n\n{text}\n## Restart\n\n```bash\nuptime\n```\n"
    catalogue = Catalogue((Document("web", read_runbook("/docs/web.md", text.encode())),))
    (match,) = match_alerts(catalogue, [make_alert("LoginFailsForEverybody")])
    assert (match.document.id, match.how) == ("web", "when")
    assert match.hint.startswith("Web tier: Login fails")
