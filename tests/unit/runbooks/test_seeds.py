"""The five source documents, byte for byte: every step with its title and kind, every table, no menu run as a sequence.

They take their folder from $COCKPIT_SEEDS; the kinds were judged one by one by the rules that the documents forced.
"""

import os
from datetime import date
from pathlib import Path

import pytest

from cockpit.model.runbook import Damage, Procedure, Runbook, Step
from cockpit.runbooks.catalogue.load import load_catalogue, open_file
from cockpit.runbooks.catalogue.references import find_referenced_procedures
from cockpit.runbooks.document.outline import list_headings
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.document.steps import NUMBERED_TITLE, shorten_command
from cockpit.runbooks.drills.badges import Badge, list_badges
from cockpit.runbooks.lint.lint import LintContext, lint_runbook

FOLDER = os.environ.get("COCKPIT_SEEDS", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="COCKPIT_SEEDS does not name the folder of the source documents")

TODAY = date(2026, 11, 21)
# The kind of every command in the order of the documents; a bar stands between procedures.
# A script of a team's own is a change, whatever its name or its argument says: `x.py list`, `verify-x.ps1`.
KINDS = {
    "000": "read change change verify danger | change verify danger danger change verify "
    "| change danger change | danger",
    "001": "read read read read read danger | danger danger change | local danger verify",
    "002": "read local change verify | danger danger",
    "003": "read change | local change danger read change",
    "004": "local local local | read read change verify | danger read",
}
WITHOUT_A_COMMENT = 2  # commands that their document introduces by a sentence instead
TABLES = {
    "000": ["contacts", "alert-actions", "recovery-targets"],
    "001": ["files", "files", "services", "files", "files", "training", "drills", "metric-targets", "history"],
    "002": ["severity-ladder", "who-to-page"],
    "003": ["probes", "thresholds", "settings", "http-actions"],
    "004": ["approvals", "approvals", "approvals", "runbook-index", "severity-ladder", "contacts", "history"],
}
PARAMETERS = {
    "000": "env rg PREVIOUS FQDN BAD RESTORE_TIME current-revision ID client-name",
    "001": "DATABASE_URL number backup_file",
    "002": "",
    "003": "APP_NAME RESOURCE_GROUP REGISTRY IMAGE PREVIOUS_SHA APP RG pattern",
    "004": "Your reason here",
}
INLINE = {"000": 3, "001": 0, "002": 2, "003": 7, "004": 0}
DOCUMENTS = sorted(KINDS)


def book(number: str) -> Runbook:
    (path,) = Path(FOLDER).glob(f"{number}_*")
    return open_file(path)


def fenced(procedure: Procedure) -> list[Step]:
    return [step for step in procedure.commands if not step.inline]


def all_fenced() -> list[tuple[Runbook, Step]]:
    books = [book(number) for number in DOCUMENTS]
    return [(each, step) for each in books for procedure in each.procedures for step in fenced(procedure)]


@pytest.mark.parametrize("number", DOCUMENTS)
def test_every_command_is_a_step_of_the_right_kind(number: str) -> None:
    found = [" ".join(step.kind for step in fenced(each)) for each in book(number).procedures if fenced(each)]
    assert " | ".join(found) == KINDS[number]


def test_there_are_49_commands_and_one_parameter() -> None:
    assert len(all_fenced()) == 49
    hints = [each.name for number in DOCUMENTS for each in book(number).parameters if each.hint]
    assert hints == ["RESTORE_TIME"]


def test_every_command_is_titled_by_its_own_comment() -> None:
    """Read again by other means: the nearest comment above the command, in the text of the document."""
    others = []
    for runbook, step in all_fenced():
        above = runbook.text.split("\n")[: step.line - 1]
        while above and not above[-1].startswith(("#", "```")):
            above.pop()
        block: list[str] = []
        while above and above[-1].startswith("#"):
            block.insert(0, above.pop().lstrip("# "))
        named = NUMBERED_TITLE.sub("", block[0]) if block else ""
        if step.title not in (named, shorten_command(step.command)):
            others.append(step)
    assert len(others) == WITHOUT_A_COMMENT
    assert all(step.title for step in others)


@pytest.mark.parametrize("number", DOCUMENTS)
def test_every_table_is_recognised(number: str) -> None:
    found = [each.kind for each in book(number).tables if each.kind != "escalation"]
    assert found == TABLES[number]


def test_there_are_25_tables_and_two_drawn_boxes() -> None:
    found = [each.kind for number in DOCUMENTS for each in book(number).tables]
    assert (len(found), found.count("escalation"), found.count("")) == (27, 2, 0)


@pytest.mark.parametrize("number", DOCUMENTS)
def test_parameters_are_found_in_every_form(number: str) -> None:
    assert " ".join(each.name for each in book(number).parameters) == PARAMETERS[number]


@pytest.mark.parametrize("number", DOCUMENTS)
def test_commands_in_backticks_are_found(number: str) -> None:
    steps = [step for each in book(number).procedures for step in each.commands if step.inline]
    assert len(steps) == INLINE[number]


def test_no_menu_is_run_as_a_sequence() -> None:
    menus = {f"{number}#{each.slug}" for number in DOCUMENTS for each in book(number).procedures if each.menu}
    sequences = {f"{number}#{each.slug}" for number in DOCUMENTS for each in book(number).procedures if not each.menu}
    assert {
        "002#62-db-migration-rollback",
        "003#database-migration-process",
        "004#azure-cli",
        "004#kubernetes",
    } <= menus
    assert {
        "000#1-rollback-a-bad-deployment",
        "000#2-restore-database-pitr",
        "002#61-application-rollback",
    } <= sequences


def test_an_or_is_an_alternative_to_the_command_above_it() -> None:
    chosen = [step for _, step in all_fenced() if step.alternative_to is not None]
    assert [(step.alternative_to, step.kind) for step in chosen] == [(1, "danger")]


def test_damage_is_mended_and_what_was_rebuilt_is_only_looked_at() -> None:
    assert {number: book(number).damage for number in DOCUMENTS} == {
        "000": Damage.NONE,
        "001": Damage.MOJIBAKE,
        "002": Damage.RECONSTRUCTED,
        "003": Damage.NONE,
        "004": Damage.NONE,
    }
    rebuilt = book("002")
    assert rebuilt.view_only
    assert len(list(list_headings(rebuilt.outline))) == 21
    assert sum(len(each.rows) for each in rebuilt.tables) == 10


def test_badges_tell_overdue_reviews_blanks_and_drills_that_never_were() -> None:
    assert {number: list_badges(book(number), TODAY) for number in ("000", "001", "002")} == {
        "000": (),
        "001": (Badge.OVERDUE, Badge.UNFILLED, Badge.UNTESTED),
        "002": (Badge.VIEW_ONLY, Badge.UNTESTED),
    }


def test_a_reference_to_a_section_leads_to_its_procedures() -> None:
    ops = book("000")
    (alerts,) = [each for each in ops.tables if each.kind == "alert-actions"]
    (pointing,) = [row for row in alerts.rows if find_referenced_procedures(ops, row[1])]
    assert [each.within[0][:2] for each in find_referenced_procedures(ops, pointing[1])] == ["3.", "3."]


@pytest.mark.parametrize(
    ("number", "rules"),
    [
        ("000", {"dead-link", "script-missing", "table-disagrees", "unknown-placeholder", "tool-missing"}),
        (
            "001",
            {"damaged", "dead-link", "not-filled-in", "review-overdue", "secret-in-arguments", "severity-undefined"},
        ),
        ("002", {"damaged", "dead-link"}),
        ("003", {"az-exec", "unknown-placeholder"}),
        ("004", {"dead-link", "unknown-placeholder"}),
    ],
)
def test_lint_finds_what_is_wrong_with_each(number: str, rules: set[str]) -> None:
    world = LintContext(TODAY, severities=frozenset({"P0", "P1", "P2", "P3"}))
    assert rules <= {each.rule for each in lint_runbook(book(number), world)}


def test_they_are_found_by_number_and_by_words() -> None:
    catalogue = load_catalogue([str(path) for path in sorted(Path(FOLDER).iterdir())], builtin=False)
    first = catalogue.documents[0].id
    assert catalogue.find(f"{first}#2").procedure == catalogue.find(f"{first}#restore-database").procedure


def test_reading_them_again_from_their_mended_text_gives_the_same() -> None:
    for number in DOCUMENTS:
        found = book(number)
        assert read_runbook(found.path, found.text.encode()).procedures == found.procedures
