"""A new runbook begins as the team's own template, and the sections that a team asks of each come from its standard."""

from datetime import date

import pytest

from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.document.repair import mark_holes
from cockpit.runbooks.document.template import SECTIONS, list_required_sections, write_new_runbook
from cockpit.runbooks.lint.text import missing_sections

DAY = date(2026, 11, 29)
STANDARD = b"""# How we write runbooks

## Required sections

1. **Goal**: what it is for
2. **Steps**: what to do
3. **Undo**: how back

## Template

````markdown
# Runbook: [Title]

**Last Updated**: YYYY-MM-DD

## Goal

## Steps

\\`\\`\\`bash
# What it does
\\`\\`\\`

## Undo
````
"""


def test_a_new_runbook_is_the_template_with_its_title_and_day() -> None:
    text = write_new_runbook("Restart the queue", [read_runbook("standard.md", STANDARD)], DAY)
    assert text.startswith("# Runbook: Restart the queue\n\n**Last Updated**: 2026-11-29\n")
    assert "\n```bash\n# What it does\n```\n" in text


def test_a_document_called_template_is_the_template() -> None:
    own = read_runbook("/team/TEMPLATE.md", b"# X\n\n## One\n\n## Two\n\n## Three\n")
    assert write_new_runbook("Y", [own], DAY) == "# Runbook: Y\n\n## One\n\n## Two\n\n## Three\n"


def test_without_a_template_the_sections_of_the_house_are_there() -> None:
    text = write_new_runbook("Y", [], DAY)
    assert all(f"## {section}" in text for section in SECTIONS)


def test_the_sections_that_a_standard_lists_are_asked_of_the_others() -> None:
    sections = list_required_sections([read_runbook("standard.md", STANDARD)])
    other = read_runbook("other.md", b"# Other\n\n## Goal\n\n## Steps\n\n## Procedure\n\nx\n")
    assert sections == ("Goal", "Steps", "Undo")
    assert [finding.message.split(",")[0] for finding in missing_sections(other, sections)] == ["has no section Undo"]


def test_what_was_lost_in_a_damaged_document_is_marked_as_a_placeholder() -> None:
    text = 'docker pull shop:v\n\nalembic downgrade\n\nsummary()["key"] of total{tool=}, docs/YYYY-MM-DD-.md\n'
    assert mark_holes(text) == (
        "docker pull shop:v<LOST>\n\nalembic downgrade <LOST>\n\n"
        'summary()["key"] of total{tool=<LOST>}, docs/YYYY-MM-DD-<LOST>.md\n'
    )


SECTIONS_TEXT = "## 1. Impact\n\n## 2. Diagnosis\n\n## 3. Fix\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docs/runbook_template.md", f"# [Service]\n\n{SECTIONS_TEXT}"),
        ("docs/template-playbook.md", f"# X\n\n{SECTIONS_TEXT}"),
        ("ops/templates/runbook.md", f"# X\n\n{SECTIONS_TEXT}"),
        ("TEMPLATE.md", "X\n===\n\nImpact\n------\n\nDiagnosis\n---------\n\nFix\n---\n"),
        (
            "std.md",
            "# S\n\n## Mandatory sections\n\n| Section | Why |\n|---|---|\n| Impact | |\n| Diagnosis | |\n| Fix | |\n",
        ),
        ("std.md", "# S\n\nEvery runbook must have these sections:\n\n- Impact\n- Diagnosis - how\n- Fix: what\n"),
        ("std.md", "# S\n\n## Required sections\n\n1. **Impact** - who\n2. **Diagnosis** — how\n3. **Fix**: do\n"),
    ],
)
def test_a_teams_sections_are_found_however_it_writes_them_down(path: str, text: str) -> None:
    runbooks = [read_runbook(path, text.encode())]
    assert list_required_sections(runbooks) == ("Impact", "Diagnosis", "Fix")
    assert "Runbook: Restart the queue" in write_new_runbook("Restart the queue", runbooks, DAY)
    numbered = read_runbook("a.md", b"# A\n\n## 1. Impact\n\n## 2) Diagnosis\n\n## Procedure\n")
    (finding,) = missing_sections(numbered, ("Impact", "Diagnosis", "Fix"))
    assert "section Fix" in finding.message


@pytest.mark.parametrize("path", ["docs/email-template.md", "templates/readme.md", "docs/templates-of-mails.md"])
def test_not_every_template_is_one_of_runbooks(path: str) -> None:
    assert list_required_sections([read_runbook(path, f"# X\n\n{SECTIONS_TEXT}".encode())]) == SECTIONS
