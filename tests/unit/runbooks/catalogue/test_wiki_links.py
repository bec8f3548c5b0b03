"""`[[page]]`, `[[page|label]]`, `[[page#heading]]` lead where other links lead; a page that is not there is found."""

from pathlib import Path

import pytest

from cockpit.model.runbook import Procedure, Runbook
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document
from cockpit.runbooks.catalogue.index_tables import bind_index_tables
from cockpit.runbooks.catalogue.references import follow_link, list_step_references
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.lint.text import dead_links

RESTORE = "# Restore the database\n\n## Swap it in\n\n```bash\nkubectl rollout restart deploy/db\n```\n"
PAGES = {
    "ops/index.md": "# Index\n",
    "ops/db-restore.md": RESTORE,
    "team/db-restore.md": RESTORE,
    "team/Cache Flush.md": "# Flush\n",
}


def read_page(path: str, text: str) -> Runbook:
    return read_runbook(path, text.encode())


def follow_only_link(text: str, folder: str = "ops") -> tuple[str, str]:
    """The label of the one link of a text, and the file that it leads to, with the procedure."""
    here = Document("here", read_page(f"{folder}/here.md", f"# Here\n\n{text}\n"))
    pages = [Document(path, read_page(path, page)) for path, page in PAGES.items()]
    (link,) = here.runbook.links
    jump = follow_link(Catalogue((*pages, here)), here, link.target)
    return link.text, f"{jump.document.runbook.path}{name_procedure(jump.procedure)}" if jump else ""


def name_procedure(procedure: Procedure | None) -> str:
    return f"#{procedure.slug}" if procedure else ""


@pytest.mark.parametrize(
    ("text", "label", "place"),
    [
        ("See [[db-restore]].", "db-restore", "ops/db-restore.md"),
        ("See [[DB Restore]] first.", "DB Restore", "ops/db-restore.md"),
        ("- [[DB_Restore|the way back]]", "the way back", "ops/db-restore.md"),
        ("1. [[db-restore#Swap it in]]", "db-restore", "ops/db-restore.md#swap-it-in"),
        ("| Page | What |\n|---|---|\n| [[team/db-restore.md\\|restore]] | x |", "restore", "team/db-restore.md"),
        ("## [[Cache Flush]]", "Cache Flush", "team/Cache Flush.md"),
        ("[[Restore the database]]", "Restore the database", "ops/db-restore.md"),
        ("**Use:** [[#Here|the top]]", "the top", "ops/here.md"),
        ("[[nowhere]]", "nowhere", ""),
        ("[[https://wiki.example.net/x|the wiki]]", "the wiki", ""),
    ],
)
def test_a_wiki_link_is_followed(text: str, label: str, place: str) -> None:
    assert follow_only_link(text) == (label, place)


def test_of_two_pages_of_one_name_the_nearer_one_is_meant() -> None:
    assert follow_only_link("[[db-restore]]", folder="team")[1] == "team/db-restore.md"


@pytest.mark.parametrize(
    "text",
    ["`[[page]]`", "Then `if [[ -f x ]]; then` ...", "if [[ -f x ]]", "sed 's/[[:space:]]//'", "x[[1]]", "![[graph]]"],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert read_page("a.md", f"# A\n\n{text}\n").links == ()


def test_a_step_leads_where_its_wiki_link_leads_and_reads_without_its_marks() -> None:
    runbook = read_page("ops/a.md", "# A\n\n## Do\n\n1. Follow [[db-restore|the restore]]\n2. Tell them\n")
    (procedure,) = runbook.procedures
    assert procedure.steps[0].title == "Follow the restore"
    assert [reference.target for reference in list_step_references(runbook, procedure, procedure.steps[0])] == [
        "[[db-restore]]"
    ]


def test_the_approval_beside_a_wiki_link_holds_for_its_page() -> None:
    table = "# Index\n\n| Runbook | Approval required |\n|---|---|\n| [[db-restore]] | DBA |\n"
    pages = [
        Document("index", read_page("ops/index.md", table)),
        Document("db", read_page("ops/db-restore.md", RESTORE)),
    ]
    bound = bind_index_tables(pages)[1]
    assert bound.runbook.procedures[0].labels["approval required"] == "DBA"


@pytest.mark.parametrize(
    ("link", "dead"),
    [
        ("[[db-restore]]", False),
        ("[[DB Restore|x]]", False),
        ("[[db-restore#Swap it in]]", False),
        ("[[Restore the database]]", False),
        ("[[#Do]]", False),
        ("[[db-restor]]", True),
        ("[[db-restore#Swap]]", True),
        ("[[#Does]]", True),
    ],
)
def test_a_page_or_a_heading_that_is_not_there_is_a_finding(link: str, dead: bool, tmp_path: Path) -> None:
    (tmp_path / "db-restore.md").write_text(RESTORE)
    runbook = read_page(str(tmp_path / "a.md"), f"# A\n\n## Do\n\nSee {link}.\n")
    findings = [(finding.rule, finding.line) for finding in dead_links(runbook, [tmp_path])]
    assert findings == ([("dead-link", 5)] if dead else [])
