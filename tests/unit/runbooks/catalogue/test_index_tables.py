"""An index binds what it names: an approval that only the index demands is asked for, on a later day too."""

from pathlib import Path

import pytest

from cockpit.model.runbook import Runbook
from cockpit.runbooks.catalogue.catalogue import Catalogue, search_entries
from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.plan.durations import read_time_budget

INDEX = """# Runbooks

## Emergency

| Scenario | Runbook | Estimated Time | Approval Required |
|---|---|---|---|
| Bad release | [Rollback](rollback.md) | 5-15 min | On-call lead |
| Database is gone | [Failover](db.md#fail-over) | 15-30 min | DBA + On-call lead |
| More load | Scaling | 10-20 min | On-call lead |
| Certificates | Renew certificates | 15 min | None |
"""
STEP = "```bash\n# Do it\nkubectl scale deployment/api --replicas=3\n```\n"
TEXTS = {
    "README.md": INDEX,
    "rollback.md": f"# Roll back\n\n## Now\n\n**Approval Required**: The director\n\n{STEP}",
    "db.md": f"# Database\n\n## Look\n\n{STEP}\n## Fail over\n\n{STEP}",
    "scaling.md": f"# Scaling\n\n## Up\n\n{STEP}",
}


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text)
    return load_catalogue([str(tmp_path)], builtin=False)


def labels(runbook: Runbook, slug: str, name: str = "approval required") -> str:
    return next(procedure for procedure in runbook.procedures if procedure.slug == slug).labels.get(name, "")


def test_what_an_index_demands_holds_for_a_document_that_it_names_by_words(catalogue: Catalogue) -> None:
    scaling = catalogue.document("scaling").runbook
    assert labels(scaling, "up") == "On-call lead"
    assert labels(scaling, "up", "index") == "README.md:9"


def test_an_anchor_binds_that_procedure_alone(catalogue: Catalogue) -> None:
    database = catalogue.document("db").runbook
    assert (labels(database, "look"), labels(database, "fail-over")) == ("", "DBA + On-call lead")


def test_the_time_of_an_index_is_the_budget_by_its_longer_end(catalogue: Catalogue) -> None:
    (procedure,) = catalogue.document("scaling").runbook.procedures
    budget = read_time_budget(procedure)
    assert budget is not None
    assert budget.total_seconds() == 20 * 60


def test_a_label_of_the_procedure_itself_wins(catalogue: Catalogue) -> None:
    assert labels(catalogue.document("rollback").runbook, "now") == "The director"


def test_a_runbook_that_is_not_there_is_a_finding_of_the_index(catalogue: Catalogue) -> None:
    (finding,) = [item for item in catalogue.document("readme").runbook.findings if item.rule == "runbook-missing"]
    assert (finding.line, "Renew certificates" in finding.message) == (10, True)


def test_what_is_kept_of_a_document_asks_for_the_same_approval(catalogue: Catalogue) -> None:
    scaling = catalogue.document("scaling").runbook
    again = read_runbook(scaling.path, scaling.text.encode())
    assert labels(again, "up") == "On-call lead"
    assert again.text == scaling.text


def test_a_changed_index_is_a_changed_document(tmp_path: Path, catalogue: Catalogue) -> None:
    before = catalogue.document("scaling").runbook.sha256
    (tmp_path / "README.md").write_text(INDEX.replace("On-call lead", "Director"))
    after = load_catalogue([str(tmp_path)], builtin=False).document("scaling").runbook
    assert after.sha256 != before


def test_lines_of_the_document_stay_where_they_are(catalogue: Catalogue) -> None:
    text = TEXTS["scaling.md"]
    assert catalogue.document("scaling").runbook.text.startswith(text)


def test_a_heading_of_an_index_is_the_tag_of_what_stands_below_it(tmp_path: Path) -> None:
    index = (
        "# All\n\n## 1. Emergency runbooks\n\n- [Roll back](rollback.md): fast\n- [Own](own.md)\n\n"
        "## See also\n\n- [Scaling](scaling.md)\n"
    )
    texts = {**TEXTS, "README.md": index, "own.md": f"# Own\n\n**Category:** Databases\n\n{STEP}"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    catalogue = load_catalogue([str(tmp_path)], builtin=False)
    tags = {document.id: document.runbook.labels.get("tags", "") for document in catalogue.documents}
    assert (tags["rollback"], tags["own"], tags["scaling"]) == ("emergency", "Databases", "")
    found = [place.document.id for place in search_entries(catalogue.places(), "emergency")]
    assert found[0] == "rollback"


def test_an_index_in_other_words_binds_as_well_and_names_files_in_backticks(tmp_path: Path) -> None:
    rows = "| More load | `ops/scale.md` | Duty manager | 10 min | P2 |\n| Fire | Isolate a host | CISO | - | P0 |\n"
    head = "| Situation | Playbook | Sign-off | Typical duration | Urgency |\n|---|---|---|---|---|\n"
    (tmp_path / "ops").mkdir()
    (tmp_path / "index.md").write_text(f"# Handbook\n\n{head}{rows}")
    (tmp_path / "ops" / "scale.md").write_text(f"# Scale it\n\n{STEP}")
    catalogue = load_catalogue([str(tmp_path)], builtin=False)
    bound = catalogue.document("scale").runbook.procedures[0].labels
    assert (bound["approval required"], bound["time to fix"], bound["priority"]) == ("Duty manager", "10 min", "P2")
    (missing,) = catalogue.document("index").runbook.findings
    assert (missing.rule, missing.line) == ("runbook-missing", 6)
