"""Tabs, admonitions, folded parts and HTML are put into plain Markdown line by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.runbook import Runbook
from cockpit.runbooks.document.dialects import read_dialects
from cockpit.runbooks.document.read import read_runbook

PIECES = (
    *('=== "Bash"', '!!! danger "Hot"', ":::warning", ":::", "<details>", "<summary>How</summary>", "</details>"),
    *("<!--", "-->", "    ```bash", "    kubectl get pods", "    ```", "```bash", "```", "text", "", "<pre>", "</pre>"),
    *("> [!WARNING]", "- item", "<pre>x</pre>"),
)


def read(text: str) -> Runbook:
    return read_runbook("x.md", f"# Doc\n\n## Part\n\n{text}\n".encode())


@given(st.lists(st.sampled_from(PIECES), max_size=20))
def test_no_line_is_added_or_taken_away(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert read_dialects(text).text.count("\n") == text.count("\n")
    read_runbook("x.md", text.encode())


def test_the_second_tab_is_an_alternative_to_the_first() -> None:
    first, second = (
        read(
            '=== "Helm"\n\n    ```bash\n    helm rollback api\n    ```\n\n'
            '=== "Argo CD"\n\n    ```bash\n    argocd app rollback api 3\n    ```'
        )
        .procedures[0]
        .steps
    )
    assert (first.alternative_to, second.alternative_to) == (None, 1)


def test_lines_stay_true_in_a_tab() -> None:
    (step,) = read('=== "Bash"\n\n    ```bash\n    uptime\n    ```').procedures[0].steps
    assert step.line == 8


def test_an_admonition_warns_and_what_stands_in_it_is_read() -> None:
    (procedure,) = read('!!! danger "Ask the owner"\n\n    ```bash\n    systemctl restart api\n    ```').procedures
    assert [step.command for step in procedure.steps] == ["systemctl restart api"]
    assert any("Ask the owner" in warning for warning in procedure.warnings)


def test_warnings_of_every_dialect_stand_before_the_first_step() -> None:
    for mark in (":::warning\nIt is slow\n:::", "> [!CAUTION]\n> It is slow", "!!! warning\n    It is slow"):
        (procedure,) = read(f"{mark}\n\n```bash\nuptime\n```").procedures
        assert any("It is slow" in warning for warning in procedure.warnings), mark


def test_a_folded_part_is_read_and_its_summary_names_the_step() -> None:
    (step,) = (
        read("<details>\n<summary>Restart the whole api</summary>\n\n```bash\nsystemctl restart api\n```\n\n</details>")
        .procedures[0]
        .steps
    )
    assert step.title == "Restart the whole api"


def test_html_blocks_hold_commands() -> None:
    runbook = read(
        '<pre><code class="language-bash">\nkubectl get pods &amp;&amp; echo ok\n</code></pre>\n\n'
        "<pre>kubectl get nodes</pre>"
    )
    assert [step.command for step in runbook.procedures[0].steps] == [
        "kubectl get pods && echo ok",
        "kubectl get nodes",
    ]


def test_what_is_commented_out_is_no_step_but_a_comment_shown_as_code_is_text() -> None:
    assert read("<!-- `az login` -->\n\n- `<!-- x -->` `az login`").findings == ()
    assert read("<!--\n\n```bash\nrm -rf /data\n```\n-->").procedures == ()


def test_a_comment_that_is_never_closed_hides_nothing() -> None:
    assert len(read("<!-- draft\n\n```bash\nuptime\n```").procedures) == 1


def test_front_matter_with_lists_and_nested_keys_is_read() -> None:
    front = (
        "---\ntitle: Restore\nowner: Platform\nlast_reviewed_on: 2026-01-10\nreview_in: 6 months\n"
        "tags:\n  - db\n  - restore\nmore:\n  a: 1\n---\n"
    )
    runbook = read_runbook("x.md", f"{front}\n# Restore\n".encode())
    assert runbook.labels["owner"] == "Platform"
    assert runbook.labels["tags"] == "db, restore"
    assert runbook.labels["next review"] == "2026-07-10"
    assert "a" not in runbook.labels


@pytest.mark.parametrize("mark", ['??? "Don\'t do it twice"', "??? 'It is stuck'", '!!! "Restart"', "???+ note"])
@pytest.mark.parametrize("indent", ["    ", "\t"])
def test_what_is_folded_below_a_title_alone_is_read(mark: str, indent: str) -> None:
    body = ["## Restart it", "```sh", "systemctl restart web", "```", "", "```sh", "uptime", "```"]
    runbook = read("\n".join((mark, *(f"{indent}{line}" if line else "" for line in body))))
    commands = [step.command for procedure in runbook.procedures for step in procedure.commands]
    assert commands == ["systemctl restart web", "uptime"]
