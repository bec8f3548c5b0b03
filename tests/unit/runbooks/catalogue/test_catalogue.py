"""The catalogue: which documents there are, what each is called, and what is found by which words."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.problem import ProblemKind
from cockpit.model.system import System
from cockpit.runbooks.catalogue.alert_match import match_alerts
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document, NotFound, search_entries
from cockpit.runbooks.catalogue.load import LARGEST_DOCUMENT, load_catalogue
from cockpit.runbooks.catalogue.references import find_referenced_procedures, follow_link
from cockpit.runbooks.document.dates import day_in, says_never
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.drills.badges import Badge, find_overdue_days, last_tested, list_badges
from cockpit.runbooks.plan.load import read_plan

TODAY = date(2026, 11, 21)
OPS = """
# Ops

## 1. Roll back

**When:** Error rate >5% after deploy, health probe failures.

```bash
az containerapp revision list
```

## 2. Restore Database (PITR)

**Tested:** 9 Feb 2026. All well.

```bash
az sql db list
```

## 3. Revoke a token

### Via the web

Settings → Tokens → Revoke.

### Via CLI

```bash
tokens revoke
```

## 5. Alerts

| Alert | First action |
|---|---|
| **5xx errors** | Look: `az containerapp logs show` |
| **Auth failure spike** | If compromised, revoke (Section 3). |
| **High CPU/memory** | The scaler should handle it. |
"""
FLAT = """
# Failover

```bash
az sql failover-group show
```
"""


def document(id: str, text: str) -> Document:
    return Document(id, read_runbook(f"/team/{id}.md", text.encode()))


OPS_BOOK = document("ops", OPS)
BOOKS = Catalogue((OPS_BOOK, document("db-failover", FLAT)))


def alert(name: str, state: AlertState = AlertState.FIRING, **more: str) -> Alert:
    since = datetime(2026, 11, 21, tzinfo=UTC)
    labels = tuple(more.items())
    return Alert("prom", name, name, Severity.HIGH, state, since, "prod", labels=labels)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ops#1-roll-back", "ops#1-roll-back"),
        ("OPS#2", "ops#2-restore-database-pitr"),
        ("ops#restore-database", "ops#2-restore-database-pitr"),
        ("ops.md#restore database", "ops#2-restore-database-pitr"),
        ("/team/ops.md#via-cli", "ops#via-cli"),
        ("ops#3", "ops#via-the-web"),
        ("db-failover", "db-failover#failover"),
        ("Failover#1", "db-failover#failover"),
    ],
)
def test_a_procedure_is_found_by_slug_number_place_or_words(text: str, name: str) -> None:
    assert BOOKS.find(text).name == name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("opps#1", "There is no runbook `opps`. Did you mean `ops`?"),
        ("ops#restoer", "Did you mean `#2-restore-database-pitr`?"),
        ("ops#via", "may be any of #via-the-web, #via-cli"),
        ("ops#9", "has no procedure `9`. It has: #1-roll-back"),
        ("ops", "has several procedures: #1-roll-back"),
        ("", "There are: ops, db-failover"),
    ],
)
def test_what_is_not_found_says_what_was_probably_meant(text: str, said: str) -> None:
    with pytest.raises(NotFound) as refusal:
        BOOKS.find(text)
    assert said in str(refusal.value)


def test_an_ordinal_counts_procedures_where_the_headings_have_no_numbers() -> None:
    book = Catalogue((document("restore", "# R\n\n## Back\n\n- [ ] a\n\n## Forth\n\n- [ ] b\n"),))
    assert book.find("restore#2").procedure.title == "Forth"


def test_a_folder_gives_its_markdown_and_a_named_file_whatever_its_ending(tmp_path: Path) -> None:
    deep = tmp_path / "books" / "deep"
    deep.mkdir(parents=True)
    (tmp_path / "books" / "a.md").write_text(FLAT)
    (deep / "a.md").write_text(FLAT)
    (tmp_path / "books" / "notes.txt").write_text(FLAT)
    (tmp_path / "books" / ".hidden.md").write_text(FLAT)
    (tmp_path / "seed.txt").write_text(FLAT)
    paths = [
        str(tmp_path / "books"),
        str(tmp_path / "seed.txt"),
        str(tmp_path / "books" / "a.md"),
        str(tmp_path / "no"),
    ]
    found = load_catalogue(paths, builtin=False)
    assert [each.id for each in found.documents] == ["a", "deep/a", "seed"]
    assert [(Path(each.path).name, each.reason) for each in found.unread] == [("no", "is not there")]


def make_endless_file(path: Path, kind: str) -> None:
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "terminal":
            path.symlink_to("/dev/tty")
        case "too large":
            with path.open("wb") as file:
                file.truncate(LARGEST_DOCUMENT + 1)
        case "folder":
            path.mkdir()


@pytest.mark.parametrize("kind", ["pipe", "device", "terminal", "too large"])
def test_what_has_no_end_is_refused_and_the_documents_beside_it_are_read(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.md").write_text(FLAT)
    make_endless_file(tmp_path / "b.md", kind)
    found = load_catalogue([str(tmp_path)], builtin=False)
    assert [document.id for document in found.documents] == ["a"]
    assert [unread.path for unread in found.unread] == [str(tmp_path / "b.md")]


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_sidecar_without_an_end_keeps_its_document_from_running(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.md").write_text(FLAT)
    make_endless_file(tmp_path / "a.cockpit.toml", kind)
    found = load_catalogue([str(tmp_path)], builtin=False)
    assert (found.documents, len(found.unread)) == ((), 1)


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_messages_and_contacts_without_an_end_are_a_problem_of_the_plan(tmp_path: Path, kind: str) -> None:
    make_endless_file(tmp_path / "team.md", kind)
    system = System("shop", (), "", templates=(str(tmp_path),), contacts_file=str(tmp_path / "team.md"))
    assert [problem.kind for problem in read_plan(system).problems] == [ProblemKind.GARBAGE] * 2


def test_a_document_of_the_team_takes_the_place_of_the_built_in_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "rollback.md").write_text(FLAT)
    own = load_catalogue([str(tmp_path)])
    assert [(each.id, each.builtin, each.replaces) for each in own.documents if each.id == "rollback"] == [
        ("rollback", False, True)
    ]
    assert {each.id for each in load_catalogue([]).documents} == {each.id for each in own.documents}


def test_badges_say_what_is_the_matter_with_a_document() -> None:
    book = read_runbook("x.md", b"# X\n\n**Owner:** TBD\n**Next review:** 2026-01-31\n\n```bash\naz login\n```\n")
    assert list_badges(book, TODAY, last_run="0" * 64) == (
        Badge.CHANGED,
        Badge.OVERDUE,
        Badge.UNFILLED,
        Badge.UNTESTED,
    )
    assert [each.message for each in find_overdue_days(book, TODAY)] == ["next review was due on 2026-01-31"]
    assert list_badges(book, date(2026, 1, 1), last_run=book.sha256) == (Badge.UNFILLED, Badge.UNTESTED)


def test_our_own_record_of_what_was_practised_counts_in_the_badges() -> None:
    text = b"# X\n\n**Next review:** 2026-01-31\n\n```bash\naz login\n```\n"
    assert list_badges(read_runbook("x.md", text), TODAY) == (Badge.OVERDUE, Badge.UNTESTED)
    done = {"review of x": date(2026, 1, 30), "test of x": TODAY}
    assert list_badges(read_runbook("x.md", text), TODAY, done=done) == (Badge.OVERDUE,)
    assert list_badges(read_runbook("x.md", text), TODAY, done=done | {"review of x": date(2026, 2, 3)}) == ()

    table = b"\n| Drill | Last Completed | Next Scheduled |\n|---|---|---|\n| Failover | TBD | 2026-01-31 |\n"
    book = read_runbook("x.md", text.replace(b"**Next review:** 2026-01-31\n", table))
    assert list_badges(book, TODAY) == (Badge.OVERDUE, Badge.UNFILLED, Badge.UNTESTED)
    assert list_badges(book, TODAY, done={"failover": TODAY}) == (Badge.UNFILLED,)


def test_a_test_of_one_procedure_is_no_test_of_the_other() -> None:
    back, restore, *_ = OPS_BOOK.runbook.procedures
    assert last_tested(OPS_BOOK.runbook, restore) == date(2026, 2, 9)
    assert last_tested(OPS_BOOK.runbook, back) is None
    assert Badge.UNTESTED not in list_badges(OPS_BOOK.runbook, TODAY)


def test_reviews_are_due_in_tables_and_in_lists_too() -> None:
    text = """
# X

### Next Review Dates

- **Rollback:** May 12, 2026

| Drill Type | Frequency | Last Completed | Next Scheduled |
|---|---|---|---|
| DR | Q1 | TBD | Q2 2026 |
| Weekly | Sunday | Auto | Next Sunday |
"""
    found = sorted(each.message for each in find_overdue_days(read_runbook("x.md", text.encode()), TODAY))
    assert found == ["DR was due on 2026-06-30", "Rollback was due on 2026-05-12"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-02-09", date(2026, 2, 9)),
        ("9 Feb 2026. Restored in <5 minutes", date(2026, 2, 9)),
        ("February 12, 2026", date(2026, 2, 12)),
        ("1.0 — 27 February 2026", date(2026, 2, 27)),
        ("Q4 2026", date(2026, 12, 31)),
        ("2026-02-31", None),
        ("2025-XX-XX", None),
        ("Next Sunday", None),
    ],
)
def test_dates_as_people_write_them(text: str, day: date | None) -> None:
    assert day_in(text) == day


@pytest.mark.parametrize("text", ["", "never", "TBD", "-", "N/A", "**never**"])
def test_words_for_not_yet(text: str) -> None:
    assert says_never(text)


@pytest.mark.parametrize(
    ("name", "how", "hint"),
    [
        ("5xx errors", "table", "Look: az containerapp logs show"),
        ("mi-prod-5xx-errors", "table", "Look: az containerapp logs show"),
        ("High memory", "table", "The scaler should handle it."),
        ("HighErrorRate", "when", "Error rate >5% after deploy, health probe failures."),
    ],
)
def test_an_alert_finds_the_words_about_it(name: str, how: str, hint: str) -> None:
    (match,) = match_alerts(BOOKS, [alert(name)])
    assert (match.how, match.hint) == (how, hint)


def test_an_alert_finds_the_command_of_its_row_and_the_section_that_it_points_to() -> None:
    errors, auth = match_alerts(BOOKS, [alert("5xx errors"), alert("Auth failures")])
    assert errors.step is not None
    assert errors.step.command == "az containerapp logs show"
    assert auth.procedure is not None
    assert (auth.step, auth.procedure.title) == (None, "Via CLI")


def test_an_alert_finds_the_document_that_it_names_or_that_names_it() -> None:
    labelled = Catalogue(
        (document("oom", "# Memory\n\n**Alerts**: Out of memory, OOMKilled\n\n```bash\naz login\n```\n"),)
    )
    (by_label,) = match_alerts(labelled, [alert("OOMKilled")])
    url = "https://git.example.com/books/oom.md#now"
    (by_link,) = match_alerts(labelled, [alert("Whatever", runbook_url=url)])
    assert (by_label.how, by_link.how) == ("label", "link")


def test_an_alert_that_is_over_or_that_nobody_wrote_about_finds_nothing() -> None:
    assert (
        match_alerts(BOOKS, [alert("5xx errors", AlertState.RESOLVED), alert("Disk full"), alert("High latency")]) == ()
    )


@pytest.mark.parametrize(
    ("query", "first"),
    [("restore", "2. Restore Database (PITR)"), ("rstdb", "2. Restore Database (PITR)"), ("token cli", "Via CLI")],
)
def test_a_few_letters_find_a_procedure(query: str, first: str) -> None:
    assert search_entries(BOOKS.places(), query)[0].procedure.title == first


def test_letters_that_are_nowhere_find_nothing_and_no_letters_find_all() -> None:
    assert search_entries(BOOKS.places(), "zzz") == []
    assert len(search_entries(BOOKS.places(), "")) == len(list(BOOKS.places()))


@pytest.mark.parametrize("text", ["(Section 3)", "see s.3", "§3", "sections 3 and 9"])
def test_a_number_in_a_text_leads_to_its_section(text: str) -> None:
    assert [each.title for each in find_referenced_procedures(OPS_BOOK.runbook, text)] == ["Via the web", "Via CLI"]


def test_a_link_leads_into_another_document() -> None:
    jump = follow_link(BOOKS, OPS_BOOK, "./db-failover.md#failover")
    assert jump is not None
    assert jump.procedure is not None
    assert (jump.document.id, jump.procedure.title) == ("db-failover", "Failover")
    assert follow_link(BOOKS, OPS_BOOK, "https://example.com/db-failover.md") is None
    assert follow_link(BOOKS, OPS_BOOK, "../elsewhere/x.md") is None
