"""Every rule by which a document nobody wrote for the cockpit becomes steps; a real document forced each of them."""

import time
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.model.runbook import Damage, Procedure, Runbook, StepKind
from cockpit.runbooks.document.read import read_runbook
from tests.examples import scale_examples


def runbook(text: str) -> Runbook:
    return read_runbook("runbook.md", dedent(text).encode())


def only(text: str) -> Procedure:
    found = runbook(text).procedures
    assert len(found) == 1, [each.title for each in found]
    return found[0]


def bash(body: str, info: str = "bash") -> str:
    return f"## Do it\n\n```{info}\n{dedent(body).strip()}\n```\n"


ROLLBACK = """
    # Break-glass

    **Owner:** Platform team

    ## 1. Roll back

    **When:** Error rate >5% after deploy.
    **Time to fix:** <5 minutes.

    ```bash
    # List revisions — find the last working one
    az containerapp revision list -n mi-<env> -g group-<env>-rg \\
      --query "[].{name:name}" -o table

    # Activate the previous revision
    az containerapp revision activate -n mi-<env> -g <rg> --revision <PREVIOUS>

    # Verify
    curl -sf https://<FQDN>/health/ready | jq

    # Deactivate the broken revision
    az containerapp revision deactivate -n mi-<env> -g <rg> --revision <BAD>
    ```

    **Note:** Secrets and the database schema stay as they are.
"""


def test_a_step_is_one_comment_and_its_command_never_the_whole_fence() -> None:
    steps = only(ROLLBACK).steps
    assert [(step.title, step.kind.value) for step in steps] == [
        ("List revisions — find the last working one", "read"),
        ("Activate the previous revision", "change"),
        ("Verify", "verify"),
        ("Deactivate the broken revision", "danger"),
    ]
    assert steps[0].command.count("\n") == 1


def test_labels_and_notes_belong_to_the_procedure() -> None:
    procedure = only(ROLLBACK)
    assert procedure.labels["when"] == "Error rate >5% after deploy."
    assert procedure.labels["time to fix"] == "<5 minutes."
    assert procedure.warnings == ("Note: Secrets and the database schema stay as they are.",)


def test_the_labels_of_the_document_are_its_own() -> None:
    assert runbook(ROLLBACK).labels == {"owner": "Platform team"}


def test_a_comment_without_a_command_is_a_note() -> None:
    steps = only(bash("# 1. ASSESS\n# All down: page everyone\n\n# 2. LOOK\ndocker ps -a")).steps
    assert [step.kind for step in steps] == [StepKind.NOTE, StepKind.NOTE, StepKind.READ]


def test_of_two_commands_under_one_comment_the_first_has_its_name_and_the_second_its_own() -> None:
    steps = only(bash("# Pull and restart\ndocker compose pull app:v2\ndocker compose up -d")).steps
    assert [(step.title, step.kind.value) for step in steps] == [
        ("Pull and restart", "local"),
        ("docker compose up -d", "change"),
    ]


def test_a_command_without_a_comment_is_named_by_its_heading() -> None:
    assert only(bash("az account show")).steps[0].title == "Do it"


@pytest.mark.parametrize("heading", ["<%= current_page.data.title %>", "{{ page.title }}"])
def test_a_title_that_a_site_fills_in_is_that_of_the_front_matter(heading: str) -> None:
    assert read_runbook("x.md", f"---\ntitle: Restart it\n---\n\n# {heading}\n".encode()).title == "Restart it"


def test_or_makes_an_alternative_and_a_menu() -> None:
    procedure = only(bash("# Down one\nalembic downgrade -1\n\n# Or to a specific revision\nalembic downgrade <rev>"))
    assert [step.alternative_to for step in procedure.steps] == [None, 1]
    assert procedure.menu


def test_an_act_and_its_opposite_are_a_menu() -> None:
    procedure = only(bash("# Apply\nalembic upgrade head\n\n# Back\nalembic downgrade -1\n\n# State\nalembic current"))
    assert procedure.menu


def test_opposite_acts_on_different_things_are_a_sequence() -> None:
    assert not only(ROLLBACK).menu


def test_a_quick_reference_is_a_menu() -> None:
    text = (
        "# Ops\n\n## Quick Commands Reference\n\n### Kubernetes\n\n```bash\nkubectl get pods\nkubectl top pods\n```\n"
    )
    assert runbook(text).procedures[0].menu


def test_an_assignment_alone_is_a_parameter_and_its_literal_only_a_hint() -> None:
    found = runbook(
        bash('# Pick a point\nRESTORE_TIME="2026-02-27T02:00:00Z"\n\n# Go\nrestore.sh --time "$RESTORE_TIME"')
    )
    assert [step.title for step in found.procedures[0].steps] == ["Go"]
    assert [(each.name, each.hint) for each in found.parameters] == [("RESTORE_TIME", "2026-02-27T02:00:00Z")]


def test_numbered_items_boxes_and_click_paths_are_done_by_hand() -> None:
    text = "## Steps\n\n1. Freeze deploys.\n2. Tell support.\n\n- [ ] Contacts are current\n- only a remark\n"
    assert [(step.title, step.checkbox) for step in only(text).steps] == [
        ("Freeze deploys.", False),
        ("Tell support.", False),
        ("Contacts are current", True),
    ]
    assert only("## Web\n\nSettings → find the token → click Revoke.\n").steps[0].kind is StepKind.MANUAL


def test_commands_in_backticks_in_tables_and_lists_are_runnable() -> None:
    text = """
        ## Alerts

        | Alert | First action |
        |---|---|
        | **5xx** | Check logs: `az containerapp logs show -n mi-<env> -g <rg> --tail 50` |
        | Other | Look in the portal |

        1. Look at `GET /api/v1/cache/stats`.
        2. Clear: `POST /api/v1/cache/clear`
        3. `DELETE /api/v1/cache/{pattern}`
    """
    steps = only(text).steps
    assert [(step.title, step.kind.value, step.language) for step in steps] == [
        ("5xx", "verify", "bash"),
        ("Look at", "read", "http"),
        ("Clear", "danger", "http"),
        ("DELETE /api/v1/cache/{pattern}", "danger", "http"),
    ]
    assert steps[3].parameters == ("pattern",)


def test_a_console_fence_shows_commands_and_what_they_print() -> None:
    steps = only(bash("$ kubectl get pods\nNAME READY\nweb 1/1\n$ uptime", "console")).steps
    assert [(step.command, step.expected) for step in steps] == [
        ("kubectl get pods", "NAME READY\nweb 1/1"),
        ("uptime", ""),
    ]


def test_expected_output_belongs_to_the_step_above_it() -> None:
    text = bash("# Check\ncurl -s http://x/health") + "\n**Expected Output:**\n\n```\nok\n```\n"
    assert only(text).steps[0].expected == "ok"


def test_a_template_inside_a_markdown_fence_is_no_step() -> None:
    text = "## Template\n\n```markdown\n# Runbook: [Title]\n\\`\\`\\`bash\nrm -rf /\n\\`\\`\\`\n```\n"
    assert runbook(text).procedures == ()


def test_powershell_continues_with_a_backtick() -> None:
    steps = only(bash("# Get it\nGet-AzStorageBlobContent `\n  -Blob [backup_file]", "powershell")).steps
    assert len(steps) == 1
    assert (steps[0].language, steps[0].parameters, steps[0].kind) == ("powershell", ("backup_file",), StepKind.READ)


def test_a_loop_or_a_heredoc_stays_in_one_piece() -> None:
    loop = "# Each\nfor app in a b; do\n  az containerapp show -n $app\ndone"
    body = f"{loop}\n\n# Write\ncat <<EOF > note\n# not a comment\nEOF"
    assert [step.command.count("\n") for step in only(bash(body)).steps] == [2, 2]


def test_a_command_that_never_ends_makes_the_whole_fence_one_step() -> None:
    steps = only(bash("# One\necho 'open\n\n# Two\necho b")).steps
    assert len(steps) == 1
    assert steps[0].command.startswith("# One")


def test_tags_ask_for_more_ceremony_but_never_for_less_of_a_danger() -> None:
    assert only(bash("echo hi", "bash danger confirm=mi-prod")).steps[0].kind is StepKind.DANGER
    assert only(bash("echo hi", "bash danger confirm=mi-prod")).steps[0].tags == {"confirm": "mi-prod"}
    assert only(bash("az group delete -n x", "bash read")).steps[0].kind is StepKind.DANGER
    assert runbook(bash("echo hi", "bash skip")).procedures == ()


def test_the_chapters_of_a_templated_runbook_are_one_procedure_and_rollback_is_its_own() -> None:
    text = """
        # Runbook: Restart

        ## Prerequisites

        - [ ] Freeze announced

        ## Procedure

        ### Step 1: Restart it

        ```bash change
        kubectl rollout restart deployment/web
        ```

        ## Verification

        ```bash verify
        kubectl rollout status deployment/web
        ```

        ## Rollback

        ```bash
        kubectl rollout undo deployment/web
        ```
    """
    restart, rollback = runbook(text).procedures
    assert [step.title for step in restart.steps] == ["Freeze announced", "Restart it", "Verification"]
    assert (restart.title, rollback.section) == ("Runbook: Restart", "rollback")


def test_front_matter_is_stripped_and_lines_stay_true() -> None:
    found = read_runbook("x.md", b"---\ntitle: x\n---\n# A\n\n```bash\n# See\nuptime\n```\n")
    assert found.procedures[0].steps[0].line == 8


def test_a_document_read_as_mac_roman_is_mended() -> None:
    damaged = "# Ops ✅\n\nAll down → page".encode().decode("mac_roman").encode()
    found = read_runbook("x.md", damaged)
    assert (found.title, found.damage, found.view_only) == ("Ops ✅", Damage.MOJIBAKE, False)


def test_a_document_without_line_breaks_is_rebuilt_to_look_at_only() -> None:
    flat = (
        "# Ops > Kept short. --- ## 0. Ladder | Level | Definition | Response | |---|---|---| | **P0** | Down | Now | "
        "--- ## 1. First 10 minutes 1. **Declare.** Say it. 2. **Freeze.** No deploys. --- ## 2. Back ### 2.1 App "
        "```bash # Find tag gh release list # Restart docker compose up -d ``` ## 3. Who " + "- **IC** — drives. " * 90
    )
    found = read_runbook("x.md", flat.encode())
    assert found.view_only
    assert [each.kind for each in found.tables] == ["severity-ladder"]
    assert [step.command for each in found.procedures for step in each.commands] == [
        "gh release list",
        "docker compose up -d",
    ]


def test_a_command_that_cleaning_altered_says_so() -> None:
    assert only(bash("# Look\necho \u202egnp.exe")).steps[0].altered


def test_links_are_kept_with_their_line() -> None:
    assert [(each.target, each.line) for each in runbook("# A\n\nSee [it](./other.md#x).\n").links] == [
        ("./other.md#x", 3)
    ]


def test_escalation_windows_drawn_in_a_box_are_tables() -> None:
    box = "## Path\n\n```\n│   P0 Escalation   │\n│  0-15 min  │  On-call  │\n│  60+ min  │  VP  │\n```\n"
    table = runbook(box).tables[0]
    assert (table.kind, table.heading, table.rows) == (
        "escalation",
        "P0 Escalation",
        (("0-15 min", "On-call"), ("60+ min", "VP")),
    )


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Scenario|RPO|RTO", "recovery-targets"),
        ("Level|Definition|Response", "severity-ladder"),
        ("Priority|Response Time|Example Scenarios", "severity-ladder"),
        ("Alert|First action", "alert-actions"),
        ("Condition|Who", "who-to-page"),
        ("Role|Person|Contact|When", "contacts"),
        ("Signal|Tool|Threshold", "thresholds"),
        ("Endpoint|Purpose|Expected Response", "probes"),
        ("Action|Endpoint", "http-actions"),
        ("Drill Type|Frequency|Last Completed|Next Scheduled", "drills"),
        ("Metric|Target|Current|Status", "metric-targets"),
        ("Scenario|Runbook|Estimated Time|Approval Required", "approvals"),
        ("Fruit|Colour", ""),
    ],
)
def test_a_table_is_known_by_its_header_row(header: str, kind: str) -> None:
    columns = header.count("|") + 1
    text = f"| {header.replace('|', ' | ')} |\n|{'---|' * columns}\n|{'x|' * columns}\n"
    assert runbook(text).tables[0].kind == kind


MARKDOWN = st.lists(
    st.sampled_from(
        [
            "# A\n", "## B\n\n", "```bash\n", "```\n", "# note\n", "az login\n", "rm -rf <x>\n", "1. do\n",
            "| a | b |\n|---|---|\n", "| `az x` |", "- [ ] tick\n", "**When:** x\n", "> quote\n", "echo '\n",
            "\\\n", "<<EOF\n", "\n", "\u202e", "\x1b[2J", "```console\n$ x\n",
        ]
    )
    | st.text(max_size=20)
)  # fmt: skip


@given(MARKDOWN)
@settings(max_examples=scale_examples(300), deadline=None)
def test_any_markdown_at_all_is_read_without_a_crash(pieces: list[str]) -> None:
    for procedure in read_runbook("x.md", "".join(pieces).encode("utf-8", "surrogatepass")).procedures:
        assert procedure.steps
        assert [step.ordinal for step in procedure.steps] == list(range(1, len(procedure.steps) + 1))
        assert all(step.title for step in procedure.steps)


@given(st.binary(max_size=400))
def test_any_bytes_at_all_are_read_without_a_crash(raw: bytes) -> None:
    read_runbook("x.md", raw)


@pytest.mark.parametrize(
    "piece", ["# c\necho a | b\n\n", "| a | b |\n|---|---|\n| `az x` | y |\n\n", "'", "[[[[", "**a:** ", "`x` "]
)
def test_the_time_to_read_a_document_grows_no_faster_than_its_size(piece: str) -> None:
    """A ratio in one run: four times the text may take at most twelve times as long, whatever it is made of.

    One of three tries is enough: what grows faster does so each time, and a collector of garbage comes by but once.
    """

    def seconds(size: int) -> float:
        raw = (piece * (size // len(piece))).encode()
        started = time.process_time()
        read_runbook("x.md", raw)
        return time.process_time() - started

    assert any(12 * max(seconds(25_000), 0.02) > seconds(100_000) for _ in range(3))


def test_an_indented_block_of_known_commands_holds_steps_and_other_words_do_not() -> None:
    step = "    # Clear the cache\n    curl -X DELETE https://api.example.com/cache\n"
    answer = "    cache cleared\n    2 keys\n"

    [found] = only(f"# Clear\n\nSend it:\n\n{step}\nIt answers:\n\n{answer}").commands

    assert (found.title, found.command) == ("Clear the cache", "curl -X DELETE https://api.example.com/cache")
