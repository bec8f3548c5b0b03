"""Shapes that documents come in: commands inside list items, announced fences, declared parameters, several shells."""

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.runbook import Procedure, Runbook, StepKind
from cockpit.runbooks.document.read import read_runbook


def runbook(text: str) -> Runbook:
    return read_runbook("runbook.md", dedent(text).encode())


def only(text: str) -> Procedure:
    (found,) = runbook(text).procedures
    return found


def test_an_item_with_a_fence_is_one_step_named_by_the_item() -> None:
    steps = only("""
        ## Roll back

        1. Find the previous revision:

           ```bash
           az containerapp revision list -n <app> -g <rg>
           ```

           Note the newest one that worked.

        2. Tell support.
    """).steps
    assert [(step.title, step.kind.value) for step in steps] == [
        ("Find the previous revision", "read"),
        ("Tell support.", "manual"),
    ]


def test_the_second_paragraph_of_an_item_is_no_step_of_its_own() -> None:
    steps = only("## Do\n\n1. Freeze deploys.\n\n   They stay frozen until green.\n\n2. Tell support.\n").steps
    assert [step.title for step in steps] == ["Freeze deploys.", "Tell support."]


def test_plain_bullets_under_a_numbered_item_are_its_text() -> None:
    steps = only("## Do\n\n1. Look at\n   - the logs\n   - the metrics\n2. Decide\n").steps
    assert [step.title for step in steps] == ["Look at", "Decide"]


def test_a_box_with_a_command_in_it_is_that_command() -> None:
    (step,) = only("## Before\n\n- [ ] `az account show` is the production subscription\n").steps
    assert (step.title, step.kind, step.checkbox) == (
        "az account show is the production subscription",
        StepKind.READ,
        True,
    )


def test_a_fence_without_a_comment_is_named_by_the_sentence_that_announces_it() -> None:
    text = "## CLI\n\nTokens live for 5 minutes. To be quicker, restart the app:\n\n```bash\naz login\n```\n"
    assert only(text).steps[0].title == "To be quicker, restart the app"


def test_an_announcement_of_a_word_or_two_names_nothing() -> None:
    assert only("## Sign in\n\nRun:\n\n```bash\naz login\n```\n").steps[0].title == "Sign in"


def test_a_label_above_a_list_has_the_list_as_its_value() -> None:
    procedure = only("## Restart\n\n**When to use:**\n\n- Memory climbs\n- 5xx errors\n\n```bash\naz login\n```\n")
    assert procedure.labels == {"when": "Memory climbs; 5xx errors"}


def test_a_label_without_a_value_is_none() -> None:
    assert only("## Swap\n\n**To swap it in:**\n\n```bash\naz login\n```\n").labels == {}


def test_a_label_or_a_warning_that_is_wrapped_is_read_to_its_end() -> None:
    procedure = only("""
        ## Restart

        **When:** memory climbs,
        or a token is stale.
        **Time to fix:** 5 minutes

        > ⚠️ WARNING: what is in memory
        > is lost.

        ```bash
        az login
        ```
    """)
    assert procedure.labels == {"when": "memory climbs, or a token is stale.", "time to fix": "5 minutes"}
    assert procedure.warnings == ("⚠️ WARNING: what is in memory is lost.",)


def test_the_expected_column_of_a_table_is_what_its_commands_should_answer() -> None:
    (step,) = only("""
        ## Health

        | Endpoint | Purpose | Expected Response |
        |---|---|---|
        | `GET /healthz` | Liveness | `200 OK` |
    """).steps
    assert (step.title, step.command, step.expected) == ("Liveness", "GET /healthz", "200 OK")


def test_expected_output_is_written_and_shown() -> None:
    text = "## A\n\n```bash\naz x show\n```\n\n**Expected**: compare by eye\n\n```text\nMeetings 2\n```\n"
    assert only(text).steps[0].expected == "compare by eye\nMeetings 2"


def test_a_fence_of_commands_below_an_expectation_is_the_next_step() -> None:
    text = "## A\n\n```bash\naz login\n```\n\n**Expected**: exit 0\n\n```powershell\naz group list\n```\n"
    assert [(step.command, step.expected) for step in only(text).steps] == [
        ("az login", "exit 0"),
        ("az group list", ""),
    ]


def test_an_expectation_reaches_no_further_than_the_next_block() -> None:
    text = "## A\n\n```bash\naz login\n```\n\n**Expected**: exit 0\n\nThen a diagram.\n\n```text\n[box]\n```\n"
    assert only(text).steps[0].expected == "exit 0"


def test_a_table_of_parameters_says_where_values_come_from_and_what_they_may_be() -> None:
    found = runbook("""
        # Rollback

        ## Parameters

        | Name | Type | From | Check |
        |---|---|---|---|
        | env | choice | profile | prod, staging |
        | `<PREVIOUS>` | revision | pick: has no traffic | must differ from BAD |
        | key | secret | vault | |

        ## Procedure

        ```bash
        # Go
        go.sh <env> <PREVIOUS> <key> <OTHER>
        ```
    """).parameters
    assert [(each.name, each.choices, each.origin, each.check, each.secret) for each in found] == [
        ("env", ("prod", "staging"), "profile", "", False),
        ("PREVIOUS", (), "pick: has no traffic", "must differ from BAD", False),
        ("key", (), "vault", "", True),
        ("OTHER", (), "", "", False),
    ]


def test_front_matter_is_labels() -> None:
    found = read_runbook("x.md", b"---\nowner: Platform\nlast_updated: '2026-01-02'\n---\n\n# A\n")
    assert found.labels == {"owner": "Platform", "last updated": "2026-01-02"}


def test_a_procedure_knows_the_headings_above_it() -> None:
    assert runbook("# Ops\n\n## 3. Token\n\n### Via CLI\n\n```bash\naz login\n```\n").procedures[0].within == (
        "3. Token",
    )


@pytest.mark.parametrize(
    ("line", "name"),
    [('$env:RG = "mi-rg"', "RG"), ("$when = '2026-01-01'", "when"), ("export RG=mi-rg", "RG"), ('RG="mi-rg"', "RG")],
)
def test_an_assignment_is_a_parameter_in_every_shell(line: str, name: str) -> None:
    found = runbook(f"## A\n\n```powershell\n{line}\n\n# Go\naz login\n```\n")
    assert [(each.name, each.hint != "") for each in found.parameters] == [(name, True)]
    assert [step.title for step in found.procedures[0].steps] == ["Go"]


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("Get-Item $env:TARGET | ForEach-Object { $_.Name -eq $true }", ("TARGET",)),
        ("foreach ($a in $list) { Get-Item $a }", ("list",)),
        ("Get-Item $env:PATH", ()),
    ],
)
def test_variables_that_powershell_sets_itself_are_not_asked_for(command: str, names: tuple[str, ...]) -> None:
    assert only(f"## A\n\n```powershell\n{command}\n```\n").steps[0].parameters == names


@pytest.mark.parametrize(
    "command",
    [
        "foreach ($a in $b) {\n  if ($a) {\n    Get-Item $a\n  }\n}",
        "Get-Process |\n  Where-Object Name",
        "Get-AzVM `\n  -Name x",
    ],
)
def test_a_powershell_block_stays_in_one_piece(command: str) -> None:
    steps = only(f"## A\n\n```powershell\n# One\n{command}\n\n# Two\nGet-Date\n```\n").steps
    assert [step.command for step in steps] == [command, "Get-Date"]


@pytest.mark.parametrize("command", ["[ $X = y ] && echo $X", "case $X in a) echo a;; esac"])
def test_a_variable_that_bash_only_compares_is_still_asked_for(command: str) -> None:
    assert only(f"## A\n\n```bash\n{command}\n```\n").steps[0].parameters == ("X",)


def test_a_counted_heading_without_a_command_is_a_step_that_a_person_does() -> None:
    text = (
        "## Move the store\n\n### 1) Stop writing\n\n```bash\nkubectl get pods\n```\n\n"
        "### 2) Tell the payments team\n\nThey stop their jobs; wait for `kubectl get jobs -n pay` to be empty.\n\n"
        "### 3) Open it\n\n#### For readers\n\n"
        "```bash\nkubectl get svc\n```\n\n### 4) Background\n\nThe store is old.\n"
    )
    steps = only(text).steps
    assert [(step.kind, step.title) for step in steps] == [
        (StepKind.READ, "Stop writing"),
        (StepKind.MANUAL, "Tell the payments team"),
        (StepKind.READ, "For readers"),
    ]
    assert steps[1].mention == "kubectl get jobs -n pay"


@pytest.mark.parametrize(
    ("paragraph", "command"),
    [
        ("Run `systemctl restart nginx`.", "systemctl restart nginx"),
        ("To do it by hand, run `sudo systemctl stop nginx`. **Note:** it hurts.", "sudo systemctl stop nginx"),
        ("`kubectl get pods -n shop`", "kubectl get pods -n shop"),
        ("Then please execute `./failover.sh eu`", "./failover.sh eu"),
        ("Do not run `systemctl restart nginx`.", ""),
        ("The job will run `systemctl restart nginx`.", ""),
        ("Run `systemctl restart nginx` only where the owner agreed.", ""),
        ("You can run `systemctl restart nginx`, too.", ""),
        ("Nginx may be stuck after `systemctl restart nginx`.", ""),
        ("If somebody has run `systemctl restart nginx`, wait.", ""),
    ],
)
def test_a_paragraph_asks_for_a_command_only_in_a_sentence_of_its_own(paragraph: str, command: str) -> None:
    procedures = runbook(f"## A\n\n{paragraph}\n").procedures
    commands = [step.command for procedure in procedures for step in procedure.steps if step.command]
    assert commands == ([command] if command else [])


@pytest.mark.parametrize(
    "comment", ["---- Restart it ----", "=== Restart it ===", "Restart it -----", "1. Restart it", "** Restart it"]
)
def test_decoration_is_no_part_of_a_name(comment: str) -> None:
    assert only(f"## A\n\n```bash\n# {comment}\nuptime\n\ndf -h\n```\n").steps[0].title == "Restart it"


def test_a_numbered_list_of_commands_is_done_in_order_and_a_table_of_them_is_chosen_from() -> None:
    commands = ("GET /synonyms", "POST /synonyms/reload", "DELETE /cache")
    counted = "\n".join(f"{number}. `{command}`" for number, command in enumerate(commands, 1))
    tabled = "\n".join(f"| `{command}` |" for command in commands)
    assert not only(f"## A\n\n{counted}\n").menu
    assert only(f"## A\n\n| What |\n|---|\n{tabled}\n").menu


def test_what_stands_below_a_counted_heading_goes_with_its_step() -> None:
    text = (
        "## Scale down\n\n### Step 1 - Stop the agent\n\n"
        "- On the node run: `sudo agent-off now`\n- Wait for `uptime -p`.\n\n"
        "### Step 2 - Look\n\n```bash\nuptime\n```\n"
    )
    first = only(text).steps[0]
    assert (first.kind, first.title, first.mention) == (StepKind.MANUAL, "Stop the agent", "uptime -p")
    assert first.remark == "On the node run: sudo agent-off now · Wait for uptime -p."


def test_a_bare_item_that_is_a_command_with_sudo_is_one() -> None:
    steps = only("## A\n\n- sudo systemctl reload web\n- sudo is needed for all of it.\n- restart the web\n").steps
    assert [step.command for step in steps] == ["sudo systemctl reload web"]


def test_an_option_that_begins_a_comment_stays() -> None:
    assert only("## A\n\n```bash\n# --dry-run first\nuptime\n\ndf -h\n```\n").steps[0].title == "--dry-run first"


def test_a_shell_function_stays_in_one_piece() -> None:
    steps = only("## A\n\n```bash\nlook() {\n  az group list\n}\n\nlook\n```\n").steps
    assert [step.command for step in steps] == ["look() {\n  az group list\n}", "look() {\n  az group list\n}\nlook"]


@given(st.lists(st.sampled_from(["A", "A 2", "a", "A-2", "B"]), min_size=1, max_size=12))
def test_every_procedure_has_a_slug_of_its_own(titles: list[str]) -> None:
    found = runbook("".join(f"## {title}\n\n```bash\naz login\n```\n\n" for title in titles))
    slugs = [each.slug for each in found.procedures]
    assert len(set(slugs)) == len(slugs) == len(titles)


@pytest.mark.parametrize(
    ("sentence", "is_a_step"),
    [
        ("Once it is green, re-enable the alerts.", True),
        ("When done, scale back to 3.", True),
        ("Do not forget to re-enable the cron job.", True),
        ("Remember to notify support.", True),
        ("Please confirm with the customer.", True),
        ("Now unfreeze deployments.", True),
        ("Wait 5 minutes for the pods to settle.", True),
        ("Please note that it takes a while.", False),
        ("When it fails, page the DBA.", False),
        ("After that, the cache warms up.", False),
        ("Now the pods restart.", False),
        ("Do not close the window.", False),
        ("Waiting helps.", False),
    ],
)
def test_prose_behind_commands_that_says_what_comes_next_is_for_a_person(sentence: str, is_a_step: bool) -> None:
    runbook = read_runbook("a.md", f"# A\n\n## Do\n\n```bash\nls\n```\n\n{sentence}\n".encode())
    manual = [step.title for step in runbook.procedures[0].steps if step.kind is StepKind.MANUAL]
    assert manual == ([sentence] if is_a_step else [])


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        ("**Expected**: it prints `active` and **nothing** else", "it prints `active` and nothing else"),
        ("**Expected**: `active`", "active"),
        ("You should see `OK`.", "prints `OK`"),
        ("The output should be: `3`", "prints `3`"),
        ("You should see `OK` or `DEGRADED`.", ""),
        ("You should see the pods.", ""),
    ],
)
def test_what_stands_behind_a_block_says_what_it_prints(behind: str, expected: str) -> None:
    runbook = read_runbook("a.md", f"# A\n\n## Do\n\n```bash\nls\n```\n\n{behind}\n".encode())
    assert runbook.procedures[0].steps[0].expected == expected


POWERSHELL = """# P

```powershell
# Define
function Restart-Shop($name) { Restart-Service "shop-$name" }

# Look
$vm = Get-AzVM -Name web

# Use
Restart-Shop web

# Say
Write-Output "it is $vm"
```
"""


def test_a_function_of_powershell_goes_with_the_steps_that_call_it_and_is_asked_for_nothing() -> None:
    runbook = read_runbook("p.md", POWERSHELL.encode())
    steps = {step.title: step for step in runbook.procedures[0].steps}
    assert steps["Define"].parameters == ()
    assert steps["Use"].command.startswith("function Restart-Shop($name)")
    assert steps["Use"].command.endswith("\nRestart-Shop web")
    assert steps["Use"].kind in (StepKind.CHANGE, StepKind.DANGER)


def test_a_variable_of_powershell_is_asked_for_and_says_that_nothing_of_it_is_kept() -> None:
    runbook = read_runbook("p.md", POWERSHELL.encode())
    (variable,) = runbook.parameters
    assert variable.name == "vm"
    assert "nothing is kept" in variable.origin


def test_no_shell_gets_the_functions_of_another() -> None:
    text = "# P\n\n```powershell\nfunction drain($n) { Stop-Service $n }\n```\n\n```bash\ndrain web\n```\n"
    assert read_runbook("p.md", text.encode()).procedures[0].commands[-1].command == "drain web"
