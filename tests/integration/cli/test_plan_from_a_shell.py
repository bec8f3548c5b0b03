"""`cockpit plan` and what `cockpit check` says of it; the actions of a shell know the severities of the documents."""

from pathlib import Path

import pytest

from tests.integration.cli.shell import Shell

DOCUMENT = """# On call

| Level | Definition | Response |
|---|---|---|
| SEV-1 | Down | incident commander within 5 min |
| SEV-2 | Slow | - |

## Contacts

- **DBA**: [Phone]
"""


@pytest.fixture(autouse=True)
def team(tmp_path: Path) -> None:
    (tmp_path / "oncall.md").write_text(DOCUMENT)
    (tmp_path / "cockpit.toml").write_text('runbooks = ["oncall.md"]\ncontacts_file = "gone.md"\nsnapshot = "x#y"\n')


def test_the_plan_is_printed_with_its_sources(shell: Shell) -> None:
    said = shell.say("plan")
    assert "  SEV-1; Down; incident commander within 5 min  (oncall.md:5)\n" in said
    assert "  commander: name a commander; after 5m; SEV-1  (oncall.md:5)\n" in said
    assert "  DBA; [Phone]; NOT FILLED IN  (oncall.md:10)\n" in said
    assert "gone.md is not there" in said


def test_the_plan_as_json(shell: Shell) -> None:
    found = shell.ask("plan")
    assert [each["name"] for each in found["ladder"]] == ["SEV-1", "SEV-2"]
    commander = next(each for each in found["rules"] if each["kind"] == "commander")
    assert (commander["after"], commander["levels"], commander["origin"]) == (300.0, ["SEV-1"], "oncall.md:5")
    assert found["hours"]["opens"] == "08:00:00"
    assert "oncall.md" in found["documents"]


def test_a_check_says_what_of_the_plan_is_missing(shell: Shell) -> None:
    warnings = shell.ask("check")["warnings"]
    assert [each.split(":")[0] for each in warnings] == ["snapshot", "plan", "plan"]
    assert "gone.md is not there" in warnings[1]
    assert "nobody is named as DBA" in warnings[2]


def test_a_declaration_takes_a_severity_of_the_documents(shell: Shell) -> None:
    shell.say("declare", "Down", "--severity", "sev 2")
    assert shell.ask("incidents")[0]["severity"] == "SEV-2"
    assert "there are SEV-1, SEV-2" in shell.refused("declare", "x", "--severity", "major")


def test_a_severity_that_another_document_defines_is_no_finding(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "cockpit.toml").write_text('runbooks = ["oncall.md", "other.md"]\n')
    (tmp_path / "other.md").write_text("# Other\n\nSEV-2 and SEV-3 only\n")
    said = shell.type("lint", "other.md").stdout
    assert "SEV-3" in said
    assert "SEV-2" not in said


def test_what_the_tables_propose_to_watch_is_printed_as_toml(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "oncall.md").write_text("# On call\n\n| Endpoint | Expected |\n|---|---|\n| `GET /live` | 200 OK |\n")
    assert 'url = "https://HOST/live"' in shell.say("plan", "--propose")


def test_a_tier_that_no_contact_stands_for_is_a_finding(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "oncall.md").write_text(
        "# On call\n\n| Role | Person | Contact |\n|---|---|---|\n| DPO | Ana | 555 |\n\n"
        "| Condition | Who |\n|---|---|\n| Data leaked | DPO + Legal |\n"
    )
    (finding,) = [each for each in shell.ask("check")["findings"] if each["code"] == "call-without-contact"]
    assert finding["facts"] == {"roles": ["Legal"]}
