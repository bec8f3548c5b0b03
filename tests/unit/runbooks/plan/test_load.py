"""Files of a plan that are there, and that are not: a problem to read, never a crash."""

from pathlib import Path

import pytest

from cockpit.config import default_system
from cockpit.model.plan import BUILT_IN, Plan
from cockpit.model.problem import ProblemKind
from cockpit.runbooks.plan.load import read_plan


def plan_with(**parts: object) -> Plan:
    from dataclasses import replace

    return read_plan(replace(default_system(), **parts))  # type: ignore[arg-type]


def test_a_private_table_of_people_fills_in_what_the_document_leaves_open(tmp_path: Path) -> None:
    (tmp_path / "oncall.md").write_text("| Role | Contact |\n|---|---|\n| DBA | TBD |\n| CTO | cto@example.com |\n")
    (tmp_path / "people.md").write_text("| Role | Person | Phone |\n|---|---|---|\n| DBA | Kim | 123 |\n")
    found = plan_with(runbooks=(str(tmp_path / "oncall.md"),), contacts_file=str(tmp_path / "people.md"))
    assert [(each.role, each.person, each.how, each.origin) for each in found.contacts] == [
        ("DBA", "Kim", "123", "people.md:3"),
        ("CTO", "", "cto@example.com", "oncall.md:4"),
    ]
    assert "people.md" in found.documents


def test_a_private_file_may_be_toml(tmp_path: Path) -> None:
    file = tmp_path / "people.toml"
    file.write_text('[[contacts]]\nrole = "DBA"\nhow = "12\\u001b[2J3"\n[[contacts]]\nperson = "nobody"\n')
    (only,) = plan_with(contacts_file=str(file)).contacts
    assert (only.role, only.how, only.filled) == ("DBA", "12\ufffd[2J3", True)


@pytest.mark.parametrize("content", ["contacts = 3", "contacts = [1, {role = 2}]", ""])
def test_what_is_no_contact_is_left_out(content: str, tmp_path: Path) -> None:
    (tmp_path / "people.toml").write_text(content)
    assert plan_with(contacts_file=str(tmp_path / "people.toml")).contacts == ()


def test_a_private_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "people.md").write_text("")
    (problem,) = plan_with(contacts_file=str(tmp_path / "peopel.md")).problems
    assert problem.kind is ProblemKind.MISSING
    assert "did you mean people.md?" in problem.message


@pytest.mark.parametrize("name", ["people.toml", "folder"])
def test_a_private_file_that_cannot_be_read_is_a_problem(name: str, tmp_path: Path) -> None:
    (tmp_path / "people.toml").write_text("= nothing")
    (tmp_path / "folder").mkdir()
    (problem,) = plan_with(contacts_file=str(tmp_path / name)).problems
    assert problem.kind is ProblemKind.GARBAGE


def test_a_folder_of_messages(tmp_path: Path) -> None:
    (tmp_path / "client.md").write_text("---\ntitle: Outage\n---\nDear [client name]\n")
    (tmp_path / "team-update.txt").write_text("# To all of us\n\n[severity] [title]\n")
    (tmp_path / "notice.md").write_text("---\naudience: authority\n---\nIt began at [started].\n")
    (tmp_path / "image.png").write_bytes(b"\x89PNG")
    (tmp_path / ".hidden.md").write_text("x")
    found = plan_with(templates=(str(tmp_path), str(tmp_path / "gone.md")))
    assert [(each.id, each.title, each.audience, each.text) for each in found.templates] == [
        ("client", "Outage", "client", "Dear [client name]\n"),
        ("notice", "notice", "authority", "It began at [started].\n"),
        ("team-update", "To all of us", "team", "[severity] [title]\n"),
    ]
    assert [each.kind for each in found.problems] == [ProblemKind.MISSING]


def test_a_document_that_is_not_there_is_a_problem_and_the_rest_holds(tmp_path: Path) -> None:
    found = plan_with(runbooks=(str(tmp_path / "gone"),))
    assert "gone is not there" in found.problems[0].message
    assert {each.origin for each in found.rules} == {BUILT_IN}
