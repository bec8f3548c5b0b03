"""Every rule of lint by its name: what it finds, and what it leaves alone."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.model.system import Environment
from cockpit.platforms.compose.settings import ComposeSettings
from cockpit.platforms.kubernetes.settings import KubernetesSettings
from cockpit.platforms.registry import list_procedure_folders
from cockpit.runbooks.catalogue.load import open_file
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.lint.lint import LintContext, lint_runbook, root_of
from tests.examples import scale_examples

TODAY = date(2026, 11, 21)
Check = Callable[..., list[Any]]


@pytest.fixture
def programs(tmp_path: Path) -> str:
    """A PATH on which bash, curl and jq are, and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "curl", "jq"):
        (folder / name).write_text("")
        (folder / name).chmod(0o755)
    return str(folder)


@pytest.fixture
def check(tmp_path: Path, programs: str) -> Check:
    """Lint a text as a document in a folder; (rule, line) of what is found, messages with `said=True`."""

    def checked(text: str, said: bool = False, **world: Any) -> list[Any]:
        document = read_runbook(str(tmp_path / "book.md"), dedent(text).encode())
        found = lint_runbook(document, LintContext(TODAY, programs, str(tmp_path), **world))
        return [each.message for each in found] if said else [(each.rule, each.line) for each in found]

    return checked


def bash(command: str, tags: str = "") -> str:
    return f"## Do it\n\n```bash {tags}\n{command}\n```\n"


def test_a_sound_document_has_no_finding(check: Check) -> None:
    assert check(bash("# Verify\ncurl -sf https://<FQDN>/health | jq") + "\n**Next review:** 2027-01-01\n") == []


def test_missing_section_of_a_document_that_follows_the_template(check: Check) -> None:
    text = "# R\n\n## Purpose\n\n## Prerequisites\n\n## Procedure\n\n## Verification\n\n## Post-Incident\n"
    assert check(text, said=True) == ["has no section Rollback, though it follows the template"]


def test_a_document_of_its_own_shape_misses_no_section(check: Check) -> None:
    assert check("# Ops\n\n## Verification\n\nLook.\n") == []


def test_a_template_in_a_fence_is_not_the_document(check: Check) -> None:
    assert check("# Standards\n\n```markdown\n## Procedure\n\n## Purpose\n```\n") == []


def test_dead_link_to_a_file_an_anchor_and_a_mention(check: Check, tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# There\n\n## 2. The swap — now\n")
    text = """
        # A [gone](./gone.md)

        [there](there.md) [swap](there.md#2-the-swap--now) [no such](there.md#nowhere) [here](#a-gone) [web](https://x.y)

        See `lost.md`, `there.md` and `docs/YYYY-MM-DD-name.md`.
    """
    assert check(text, said=True) == [
        "links to ./gone.md, which is not there",
        "links to there.md#nowhere, and no heading is named so",
        "mentions lost.md, which is not there",
    ]


def test_script_missing_looks_in_the_folder_and_above_it(check: Check, tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "there.sh").write_text("")
    (tmp_path / "infra" / "there.sh").chmod(0o755)
    assert check(bash("./infra/there.sh\n./infra/gone.sh\ncd infra && ./there.sh")) == [("script-missing", 5)]


def test_a_script_that_a_step_brings_here_is_not_missing(check: Check) -> None:
    assert check(bash("curl -s https://x.y/a.sql -o ./a.sql\nbash ./a.sql")) == []


def test_tool_missing_once_and_not_for_commands_that_need_none(check: Check) -> None:
    text = bash("kubectl get pods\nkubectl top pods\naz containerapp show -n <app> -g <rg>\naz group list | jq")
    assert check(text, said=True) == [
        "kubectl is not installed on this machine",
        "az is not installed on this machine",
    ]


def test_tool_missing_for_powershell_and_what_it_starts(check: Check) -> None:
    text = "## A\n\n```powershell\nGet-Date\ndocker ps\nopen http://localhost:3001\n```\n"
    assert [sentence.split()[0] for sentence in check(text, said=True)] == ["pwsh", "docker"]


@pytest.mark.parametrize(
    "line",
    [
        "On call: [PagerDuty/Phone]",
        "| 1.0 | 2025-XX-XX |",
        "**Owner:** TBD",
        "**Last Updated:** YYYY-MM-DD",
        "```\nStatus page: [URL]\n```",
    ],
)
def test_not_filled_in(check: Check, line: str) -> None:
    assert [rule for rule, _ in check(f"# A\n\n{line}\n")] == ["not-filled-in"]


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] Freeze\n- [x] Told\n",
        "[A link](https://x.y) and [Another][ref]\n",
        "## Communication template\n\nHi [Client Name], since [Time]\n",
        "> **Subject:** [Service]\n",
        "```markdown\n# [Title]\nYYYY-MM-DD\n```\n",
        "A file `YYYY-MM-DD-name.txt` and `[Code]`\n",
    ],
)
def test_what_is_filled_in_when_it_is_used_is_left_alone(check: Check, text: str) -> None:
    assert [each for each in check(f"# A\n\n{text}") if each[0] == "not-filled-in"] == []


@pytest.mark.parametrize(("count", "found"), [("7", 1), ("Six", 0), ("6", 0), ("120/min", 0), ("<7", 0)])
def test_table_disagrees_with_the_text_beside_it(check: Check, count: str, found: int) -> None:
    rows = "\n".join(f"| Alert {number} | Look |" for number in range(6))
    text = f"## Alerts\n\n{count} alert rules are deployed.\n\n| Alert | First action |\n|---|---|\n{rows}\n"
    assert check(text) == [("table-disagrees", 3)] * found


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("chnage", "`chnage` is not a tag; did you mean `change`?"),
        (
            "native=aca.activate",
            "`native` is not a tag; az commands that are known run without a shell by themselves, and others cannot",
        ),
        ("timeout=soon", "timeout=soon is not a duration such as 45m and is left out"),
        ("read retry=lots", "retry=lots is not of the form 10x6s and is left out"),
        ("needs=luck", "needs=luck is not understood; it can be verify or previous"),
        ("needs=verify", "needs=verify, and no step above it verifies anything"),
        ("needs=previous", "needs=previous, and there is no step before it"),
        ("danger confirm=x undo='curl x' approval", ""),
    ],
)
def test_unknown_tag_and_bad_tag(check: Check, tag: str, said: str) -> None:
    assert check(bash("curl -s https://x.y", tag), said=True) == ([said] if said else [])


def test_unknown_placeholder_that_nobody_explains(check: Check) -> None:
    assert check(bash("curl https://x.y/<widget-id>")) == [("unknown-placeholder", 4)]


@pytest.mark.parametrize(
    "text",
    [
        bash("curl https://<FQDN>/<rg>/<APP_NAME>/<PREVIOUS>"),
        bash("# List widgets to find the widget ID\ncurl https://x.y/<widget-id>"),
        bash("curl https://x.y/<wid>") + "\n`<wid>` is printed on the box.\n",
        bash('WIDGET_ID="42"\ncurl "https://x.y/$WIDGET_ID"'),
        "| Name | Type | From | Check |\n|---|---|---|---|\n| widget-id | text | ask | |\n\n"
        + bash("curl <widget-id>"),
    ],
)
def test_a_placeholder_that_somebody_knows(check: Check, text: str) -> None:
    assert check(text) == []


def test_a_placeholder_that_the_configuration_has_a_value_for(check: Check) -> None:
    assert check(bash("curl https://x.y/<widget-id>"), values=frozenset({"WIDGET_ID"})) == []


def test_secret_in_arguments_but_not_in_the_environment(check: Check) -> None:
    known = frozenset({"API_TOKEN"})
    assert check(bash('curl -H "Authorization: Bearer $API_TOKEN" https://x.y'), values=known) == [
        ("secret-in-arguments", 4)
    ]
    assert check(bash("TOKEN=$API_TOKEN curl https://x.y"), values=known) == []


def test_secret_in_document(check: Check) -> None:
    assert check(bash("curl --password hunter22 https://x.y")) == [("secret-in-document", 4)]
    assert check(bash('curl -H "X-Api-Key: hunter22" https://x.y')) == [("secret-in-document", 4)]
    assert check(bash("DB_PASSWORD='hunter22'\ncurl https://x.y")) == [("secret-in-document", 4)]


def test_severity_undefined_is_named_once(check: Check) -> None:
    text = "# A\n\nSEV-1: page. SEV-1 again; p95 is no severity.\n"
    assert check(text) == [("severity-undefined", 3)]
    assert check(text, severities=frozenset({"Sev 1"})) == []
    severity_scale = "\n| Level | Definition | Response |\n|---|---|---|\n| **SEV-1** | Down | Now |\n"
    assert check(text + severity_scale) == []


def test_review_overdue(check: Check) -> None:
    assert check("# A\n\n**Next review:** 2026-05-12\n") == [("review-overdue", 1)]


@pytest.mark.parametrize("letter", ["\u202e", "\u200b", "\xa0", "\xad", "\u2800", "\U000e0061"])
def test_hidden_letters(check: Check, letter: str) -> None:
    assert ("hidden-letters", 4) in check(bash(f"curl {letter}https://x.y"))


def test_az_exec(check: Check) -> None:
    assert ("az-exec", 4) in check(bash("az containerapp exec -n <app> -g <rg> -- alembic upgrade head"))


def test_damaged(tmp_path: Path) -> None:
    mojibake = read_runbook(str(tmp_path / "x.md"), "# All down → page".encode().decode("mac_roman").encode())
    assert [each.rule for each in lint_runbook(mojibake, LintContext(TODAY))] == ["damaged"]


def test_sidecar_that_is_misspelled(tmp_path: Path) -> None:
    book = read_runbook(str(tmp_path / "x.md"), b"# A\n\n```bash\ncurl x\n```\n", b"[alias]\nA = 'B'\n")
    said = {each.rule: each.message for each in lint_runbook(book, LintContext(TODAY))}
    assert said["sidecar"] == "`alias` is not known here; did you mean `aliases`?"


@pytest.mark.parametrize(
    "path",
    [path for folder in list_procedure_folders() for path in sorted(folder.glob("*.md"))],
    ids=lambda path: path.stem,
)
def test_what_ships_with_the_program_is_clean(path: Path, programs: str) -> None:
    for name in ("az", "docker", "sed"):  # of slots with open fields, and of a host whose proxy is nginx
        (Path(programs) / name).touch(0o755)
    platforms = {"kubernetes": KubernetesSettings(namespace="shop"), "compose": ComposeSettings()}
    everything = Environment("prod", platforms=platforms)
    assert lint_runbook(open_file(path), LintContext(TODAY, programs, environments=(everything,))) == ()


def test_files_are_looked_for_up_to_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "docs" / "books").mkdir(parents=True)
    assert root_of(tmp_path / "docs" / "books" / "a.md") == tmp_path.resolve()


@given(st.binary(max_size=300))
@settings(max_examples=scale_examples(60), deadline=None)
def test_any_document_at_all_is_linted(raw: bytes) -> None:
    lint_runbook(read_runbook("/nowhere/x.md", raw), LintContext(TODAY))


@given(
    st.lists(
        st.sampled_from(["[a](b\x00c.md)", "`../../../etc/x.md`", "[x](%00)", "\n\n", "# A", "[y](#", ")", "a/" * 300])
    )
)
@settings(max_examples=scale_examples(60), deadline=None)
def test_links_to_anywhere_are_looked_at_without_a_crash(pieces: list[str]) -> None:
    lint_runbook(read_runbook("/nowhere/x.md", " ".join(pieces).encode()), LintContext(TODAY))
