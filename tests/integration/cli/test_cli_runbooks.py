"""`cockpit runbooks` and `cockpit lint`, as typed."""

import json
from pathlib import Path
from textwrap import dedent

import pytest

from tests.integration.cli.shell import Shell

BOOK = """
    # Ops

    ## 1. Roll back

    **When:** errors after a deploy

    ```bash
    # Activate the previous revision
    az containerapp revision activate -n mi-prod -g <rg> --revision <PREVIOUS>

    # Look at the clock
    date -u
    ```

    | Alert | First action |
    |---|---|
    | 5xx | Look |
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "ops.md"
    path.write_text(dedent(BOOK))
    return path


def test_a_list_tells_documents_procedures_steps_tables_and_findings(shell: Shell, book: Path) -> None:
    (document,) = shell.ask("runbooks", str(book))["documents"]
    assert (document["id"], document["title"], document["builtin"]) == ("ops", "Ops", False)
    (procedure,) = document["procedures"]
    assert (procedure["name"], procedure["menu"]) == ("ops#1-roll-back", False)
    activate, look = procedure["steps"]
    assert {name: activate[name] for name in ("title", "kind", "parameters", "native", "runnable", "open")} == {
        "title": "Activate the previous revision",
        "kind": "change",
        "parameters": ["rg", "PREVIOUS"],
        "native": True,
        "runnable": False,
        "open": ["rg", "PREVIOUS"],
    }
    assert activate["reason"].startswith("rg: ")
    assert (look["native"], look["runnable"], look["reason"]) == (False, True, "")
    assert [(each["kind"], each["rows"]) for each in document["tables"]] == [("alert-actions", [["5xx", "Look"]])]
    assert document["badges"] == ["never tested"]


def test_a_list_for_people_says_what_each_step_needs(shell: Shell, book: Path) -> None:
    said = shell.say("runbooks", str(book))
    assert "ops  Ops  (ops.md)  [never tested]" in said
    assert "1 change  native     Activate the previous revision  - needs rg, PREVIOUS" in said
    assert "2 read    bash       Look at the clock\n" in said


def test_without_a_path_the_built_in_procedures_are_listed(shell: Shell) -> None:
    found = shell.ask("runbooks")["documents"]
    assert {each["id"] for each in found if each["builtin"]} >= {"rollback", "restart"}
    assert all(
        step["native"]
        for each in found
        if each["id"] in ("rollback", "restart")
        for one in each["procedures"]
        for step in one["steps"]
        if step["command"]
    )


def test_the_documents_of_the_configuration_come_first_and_may_replace_a_built_in_one(
    shell: Shell, book: Path, tmp_path: Path
) -> None:
    (tmp_path / "team").mkdir()
    book.rename(tmp_path / "team" / "rollback.md")
    (tmp_path / "cockpit.toml").write_text(
        'runbooks = ["team"]\n\n[environments.prod]\nsubscription = "00000000-0000-0000-0000-000000000000"\n'
        '[environments.prod.values]\nrg = "mi-rg"\nPREVIOUS = { env = "P" }\n'
    )
    first, *rest = shell.ask("runbooks")["documents"]
    assert (first["id"], first["replaces_builtin"]) == ("rollback", True)
    assert "rollback" not in {each["id"] for each in rest}
    assert first["procedures"][0]["steps"][0]["open"] == ["PREVIOUS"]


def test_a_secret_value_never_shows_in_a_list(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", "hunter2-hunter2")
    (tmp_path / "a.md").write_text("## A\n\n```bash\n# Look hunter2-hunter2\necho $API_KEY\n```\n")
    (tmp_path / "cockpit.toml").write_text(
        'runbooks = ["a.md"]\n[environments.prod.values]\nAPI_KEY = { env = "THE_KEY" }\n'
    )
    assert "hunter2" not in shell.say("runbooks") + shell.say("runbooks", "--json")


def test_a_file_is_read_whatever_its_ending_and_a_missing_one_is_refused(shell: Shell, book: Path) -> None:
    book.rename(book.with_suffix(".txt"))
    assert shell.ask("runbooks", "ops.txt")["documents"][0]["id"] == "ops"
    assert "gone.md is not there" in shell.refused("runbooks", "gone.md")


def test_lint_exits_1_on_findings_and_names_line_and_rule(shell: Shell, book: Path) -> None:
    book.write_text("# Ops\n\nOwner: TBD\n\n[gone](gone.md)\n")
    result = shell.type("lint", "ops.md")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "ops.md:3: not-filled-in: still to be filled in: TBD",
        "ops.md:5: dead-link: links to gone.md, which is not there",
        "1 document, 2 findings",
    ]
    found = json.loads(shell.type("lint", "ops.md", "--json").stdout)
    assert (found["ok"], [each["rule"] for each in found["documents"][0]["findings"]]) == (
        False,
        ["not-filled-in", "dead-link"],
    )


def test_lint_exits_0_where_there_is_nothing_to_mend(shell: Shell, book: Path) -> None:
    book.write_text("# Ops\n\n## Look\n\n```bash\n# Look\ndate -u\n```\n")
    assert shell.say("lint", str(book.parent / "ops.md")) == "1 document, no findings\n"


def test_lint_wants_to_know_what_to_look_at(shell: Shell) -> None:
    assert "Name a file or a folder" in shell.refused("lint")
    assert "nowhere is not there" in shell.refused("lint", "nowhere")


def test_a_folder_without_documents_is_no_silent_pass(shell: Shell, book: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "ops.txt").write_text("# Ops\n")
    for command in ("lint", "runbooks"):
        assert "There is no *.md file in notes." in shell.refused(command, "notes")
        assert "There is no *.md file in notes." in shell.refused(command, "ops.md", "notes")
    (tmp_path / "cockpit.toml").write_text('runbooks = ["notes"]\n')
    assert "There is no *.md file in " in shell.refused("lint")
    assert shell.ask("runbooks")["documents"]  # the built-in ones are there


def test_lint_knows_the_values_of_the_configuration(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\n```bash\n# Go\ndate <widget-id>\n```\n")
    assert shell.type("lint", "a.md").exit_code == 1
    (tmp_path / "cockpit.toml").write_text('[environments.prod.values]\nwidget-id = "42"\n')
    assert shell.type("lint", "a.md").exit_code == 0


STANDARD = """
    # Operations

    | Endpoint | Expected |
    |---|---|
    | `GET /live` | 200 OK |

    ## Required sections

    1. **Goal**: why
    2. **Undo**: how back

    ## Purge

    ```bash
    shopctl orders purge 7
    ```
"""


@pytest.fixture
def standard(tmp_path: Path) -> Path:
    path = tmp_path / "standard.md"
    path.write_text(dedent(STANDARD))
    return path


def test_a_damaged_document_is_printed_mended_with_its_holes_marked(shell: Shell, tmp_path: Path) -> None:
    flat = "# Ops " + " ".join(f"## {number}. Part {number} " + "text " * 80 for number in range(1, 6))
    (tmp_path / "flat.md").write_text(flat + "## 6. Back ```bash docker compose pull ghcr.io/shop/api:v ```")
    printed = shell.say("runbooks", "--repair", str(tmp_path / "flat.md"))
    assert "\n## 2. Part 2" in printed
    assert "ghcr.io/shop/api:v<LOST>" in printed


def test_a_file_that_is_not_there_is_not_repaired(shell: Shell, tmp_path: Path) -> None:
    assert "absent.md" in shell.refused("runbooks", "--repair", str(tmp_path / "absent.md"))


def test_lint_prints_what_the_configuration_can_say_of_unknown_commands(shell: Shell, standard: Path) -> None:
    (standard.parent / "ask.md").write_text(
        "# Ask\n\n```bash\nshopctl status --all\n./look.sh\nkubectl get pods\n```\n"
    )
    printed = shell.say("lint", "--commands", str(standard.parent / "ask.md"))
    assert printed.splitlines()[1:] == ["[commands]", '"shopctl status" = "read"', '"./look.sh" = "read"']
