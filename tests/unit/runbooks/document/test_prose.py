"""A command that a sentence names is a step only where the sentence asks for it: everything else is a mention."""

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.runbook import Runbook, Step, StepKind
from cockpit.runbooks.document.read import read_runbook

ASKED_FOR = """
    `kubectl rollout restart deployment/api`
    **`kubectl rollout restart deployment/api`**.
    Run `kubectl rollout restart deployment/api`
    Run: `kubectl rollout restart deployment/api`
    Execute `kubectl rollout restart deployment/api` and wait.
    Please run the command `kubectl rollout restart deployment/api`.
    Then run `kubectl rollout restart deployment/api`
    Restart the pods: `kubectl rollout restart deployment/api`
    Restart the pods with `kubectl rollout restart deployment/api`
    Restart the pods (`kubectl rollout restart deployment/api`)
    **Restart the pods** using `kubectl rollout restart deployment/api`.
    Restart them by running `kubectl rollout restart deployment/api`
    If the pods do not come back, run `kubectl rollout restart deployment/api`.
    If it isn't healthy, restart it: `kubectl rollout restart deployment/api`
    When the queue grows, then restart the workers with `kubectl rollout restart deployment/api`
    To restart the pods, run `kubectl rollout restart deployment/api`
    To restart the pods: `kubectl rollout restart deployment/api`
    You can run `kubectl rollout restart deployment/api`
    Crash loop — restart it: `kubectl rollout restart deployment/api`
    Tell the team and then run `kubectl rollout restart deployment/api`
    The pods hang. Run `kubectl rollout restart deployment/api`.
    Don't panic. Run `kubectl rollout restart deployment/api`
    Don't forget: run `kubectl rollout restart deployment/api`
"""
MENTIONS = """
    Do NOT run `kubectl delete ns shop` on a corrupted cluster
    Do not run `kubectl delete ns shop`.
    Don't run `kubectl delete ns shop`
    Don’t use `kubectl delete ns shop`
    Never execute `kubectl delete ns shop`
    NEVER: run `kubectl delete ns shop`
    You must not run `kubectl delete ns shop`
    You should never run `kubectl delete ns shop`
    Avoid `kubectl delete ns shop`
    Under no circumstances run `kubectl delete ns shop`
    Never do this: run `kubectl delete ns shop`
    Please do not, under any pressure, run `kubectl delete ns shop`
    If unsure, do not run `kubectl delete ns shop`
    Restart the pods instead of running `kubectl delete ns shop`
    Restart the pods rather than `kubectl delete ns shop`
    Clean up between the files without `kubectl delete ns shop`
    Clean up without running `kubectl delete ns shop`
    Nobody may run `kubectl delete ns shop`
    There is no need to run `kubectl delete ns shop`
    Refrain from running `kubectl delete ns shop`
    It is forbidden to run `kubectl delete ns shop`
    A destructive act through a typo (e.g. running `kubectl delete ns shop` against the wrong account)
    A typo, for example `kubectl delete ns shop`
    Commands such as `kubectl delete ns shop`
    Use a dry run for acts like `kubectl delete ns shop`
    Example: `kubectl delete ns shop`
    **Warning:** `kubectl delete ns shop` cannot be taken back
    Warning: run `kubectl delete ns shop` and everything is gone
    Somebody ran `kubectl delete ns shop`
    Somebody had run `kubectl delete ns shop` by mistake
    Did anybody run `kubectl delete ns shop`?
    The pipeline runs `kubectl delete ns shop`
    The pipeline builds, tests and will run `kubectl delete ns shop`
    The nightly job cleans up and then `kubectl delete ns shop`
    Runs `kubectl delete ns shop`
    Running `kubectl delete ns shop` destroys everything
    Cause: `kubectl delete ns shop`
    The cause was `kubectl delete ns shop` in the wrong window
    `kubectl delete ns shop` was run against the wrong cluster
    `kubectl delete ns shop` deletes the namespace with all that is in it
    `kubectl delete ns shop` - deletes everything
    `kubectl delete ns shop` must never be run by hand
    Goal: nobody needs `kubectl delete ns shop`
    See `kubectl delete ns shop` in the handbook
    See also: `kubectl delete ns shop`
    Search the history of the shell for `kubectl delete ns shop`
    Look for `kubectl delete ns shop` in the audit log
    Check whether somebody ran `kubectl delete ns shop`
    Check that `kubectl delete ns shop` is done
    Wait until `kubectl delete ns shop` has finished
    Fix the bug in `kubectl delete ns shop`
    Read the help of `kubectl delete ns shop`
    A person who ran `kubectl delete ns shop`
    Permission to `kubectl delete ns shop`
    Nicht ausführen: `kubectl delete ns shop`
    SSH to the database host and run `kubectl delete ns shop`
    On the jump host, run `kubectl delete ns shop`
    Old: `kubectl delete ns shop`
    Exercise: run `kubectl delete ns shop` and see what happens
    **Exercise 2.1:** Run `kubectl delete ns shop`
    Challenge: get it back after you run `kubectl delete ns shop`
    Try it yourself: run `kubectl delete ns shop`
    Run `kubectl delete ns shop`, then watch what the load balancer does
    Run `kubectl delete ns shop` and observe the results
    To find out how the controller reacts, run `kubectl delete ns shop`
    What happens if you run `kubectl delete ns shop`?
"""


def lines_of(table: str) -> list[str]:
    return [line.strip() for line in table.strip().splitlines()]


def book(text: str) -> Runbook:
    return read_runbook("book.md", dedent(text).encode())


def commands_of(text: str) -> list[str]:
    return [step.command for procedure in book(text).procedures for step in procedure.commands]


def steps_of(text: str) -> list[Step]:
    return [step for procedure in book(text).procedures for step in procedure.steps]


@pytest.mark.parametrize("marker", ["-", "1.", "- [ ]"])
@pytest.mark.parametrize("item", lines_of(ASKED_FOR))
def test_an_item_that_asks_for_its_command_is_a_step(item: str, marker: str) -> None:
    assert commands_of(f"## Restart\n\n{marker} {item}\n") == ["kubectl rollout restart deployment/api"]


@pytest.mark.parametrize("marker", ["-", "1.", "- [ ]"])
@pytest.mark.parametrize("item", lines_of(MENTIONS))
def test_an_item_that_only_mentions_a_command_never_runs_it(item: str, marker: str) -> None:
    assert commands_of(f"## The namespace\n\n{marker} {item}\n") == []


@pytest.mark.parametrize("item", lines_of(MENTIONS))
def test_a_cell_that_only_mentions_a_command_never_runs_it(item: str) -> None:
    assert commands_of(f"## Alerts\n\n| Alert | First action |\n|---|---|\n| Down | {item} |\n") == []


@given(
    st.sampled_from(["Do not", "DO NOT", "do NOT", "Don't", "Never", "You must never", "Please never", "Avoid to"]),
    st.sampled_from(["ever ", "by any means ", "", "**ever** "]),
    st.sampled_from(["run", "execute", "use", "apply", "type", "call", "try"]),
    st.sampled_from([" ", ": ", " the command ", " again ", " this: "]),
    st.sampled_from(["", ".", " in production", ", whatever anybody says", " unless the lead says so"]),
)
def test_no_prohibition_is_ever_a_step(no: str, ever: str, verb: str, link: str, tail: str) -> None:
    assert steps_of(f"## Careful\n\n1. {no} {ever}{verb}{link}`terraform destroy -auto-approve`{tail}\n") == []


def test_what_is_forbidden_stands_before_the_first_step() -> None:
    (procedure,) = book("## State\n\n1. Do NOT run `terraform apply` on corrupted state\n2. Tell the team\n").procedures
    assert [(step.title, step.kind) for step in procedure.steps] == [("Tell the team", StepKind.MANUAL)]
    assert procedure.warnings == ("Do NOT run terraform apply on corrupted state",)


@pytest.mark.parametrize(
    "above",
    [
        "## Causes",
        "## 3.1 Common causes",
        "## Possible root causes and symptoms",
        "## What not to do",
        "## Never do this",
        "## Goals",
        "## Examples",
        "## Anti-patterns",
        "**Causes:**",
        "**Likely causes**:",
        "This has one of these causes:",
        "Never run these:",
        "Do not run any of these in production:",
        "The pipeline does the following by itself:",
        "What the nightly job does:",
        "Some metrics to know:",
    ],
)
def test_what_stands_below_causes_examples_and_prohibitions_is_text(above: str) -> None:
    heading = above if above.startswith("#") else f"## Memory\n\n{above}"
    listed = f"{heading}\n\n1. `kubectl delete ns shop`\n2. The index grew beyond the plan\n"
    assert steps_of(listed) == []
    assert commands_of(f"{heading}\n\n- `kubectl delete ns shop`\n") == []


def test_items_below_a_causing_item_are_causes_and_the_next_item_is_a_step() -> None:
    text = "## Memory\n\n1. Look at the graph\n2. Causes:\n   1. A leak\n   2. `kubectl delete ns x`\n3. Restart it\n"
    assert [step.title for step in steps_of(text)] == ["Look at the graph", "Causes:", "Restart it"]


@pytest.mark.parametrize("header", ["Example", "Such as", "Cause", "Do not", "Never", "Examples"])
def test_a_column_of_examples_or_causes_holds_no_steps(header: str) -> None:
    assert commands_of(f"## Kinds\n\n| Kind | {header} |\n|---|---|\n| danger | `kubectl delete ns shop` |\n") == []


def test_what_something_does_by_itself_is_text() -> None:
    assert steps_of("## Deploy\n\n1. Logs in to Azure\n2. Builds the image\n3. Runs `terraform apply`\n") == []


def test_names_with_their_meaning_are_text() -> None:
    text = "## Watch\n\n1. `http_requests_total`: how many requests came\n2. `queue_depth` - the length of the queue\n"
    assert steps_of(text) == []


@pytest.mark.parametrize(
    "above",
    [
        "Do NOT run the following:",
        "Never run this in production:",
        "⚠️ Don't do this:",
        "**Wrong:**",
        "**Don't:**",
        "Use the script below instead of:",
    ],
)
def test_a_block_that_the_sentence_above_forbids_is_a_warning_and_a_finding(above: str) -> None:
    found = book(f"## State\n\n{above}\n\n```bash\nterraform destroy\n```\n\nTell the team.\n\n- [ ] Told\n")
    assert [step.command for procedure in found.procedures for step in procedure.commands] == []
    assert found.procedures[0].warnings
    assert [(finding.rule, finding.line) for finding in found.findings] == [("forbidden", 5)]


@pytest.mark.parametrize(
    "comment", ["DO NOT RUN THIS", "Never do this:", "WRONG", "Don't: it drops everything", "Bad:"]
)
def test_a_command_under_a_comment_that_forbids_it_is_no_step(comment: str) -> None:
    found = book(f"## State\n\n```bash\n# {comment}\nterraform destroy\n\n# Look\nterraform show\n```\n")
    assert [step.command for procedure in found.procedures for step in procedure.commands] == ["terraform show"]
    assert [finding.rule for finding in found.findings] == ["forbidden"]


@pytest.mark.parametrize(
    "above",
    [
        "Do not run this before the backup is done:",
        "Never do this without an approval:",
        "Don't panic, and run:",
        "Restart the pods, do not delete them:",
        "If the pods do not start:",
    ],
)
def test_a_block_that_is_only_held_to_a_condition_stays_a_step(above: str) -> None:
    assert commands_of(f"## State\n\n{above}\n\n```bash\nkubectl get pods\n```\n") == ["kubectl get pods"]


def test_a_look_may_be_named_by_what_it_shows() -> None:
    assert commands_of("## See\n\n1. Check that `kubectl get pods` shows three of them\n") == ["kubectl get pods"]
    assert commands_of("## See\n\n1. `kubectl get pods` on the new nodes\n") == ["kubectl get pods"]
    assert commands_of("## See\n\n- `kubectl get pods` with the names\n") == []


def test_two_commands_of_one_request_are_two_steps_and_or_makes_a_choice() -> None:
    both = book("## Do\n\n1. Run `kubectl cordon n1` and then `kubectl drain n1`.\n").procedures[0]
    assert [step.command for step in both.steps] == ["kubectl cordon n1", "kubectl drain n1"]
    either = book("## Do\n\n1. Run `kubectl cordon n1` or `kubectl drain n1`.\n").procedures[0]
    assert [step.alternative_to for step in either.steps] == [None, 1]
    only_one = book("## Do\n\n1. Run `terraform plan`, but do NOT run `terraform apply`.\n").procedures[0]
    assert [step.command for step in only_one.steps] == ["terraform plan"]
    instead = book("## Do\n\n1. Run `terraform plan` instead of `terraform apply`\n").procedures[0]
    assert [step.command for step in instead.steps] == ["terraform plan"]


def test_the_way_of_a_request_is_no_path_of_clicks() -> None:
    assert steps_of("## How\n\nThe browser → the gateway → the api → the database\n") == []
    assert len(steps_of("## How\n\nSettings → find the token → Revoke\n")) == 1


@pytest.mark.parametrize(
    ("item", "command"),
    [
        ("Run `sudo systemctl restart kafka`", "sudo systemctl restart kafka"),
        ("Run `aws ecs list-services --cluster shop`", "aws ecs list-services --cluster shop"),
        ("Restart it with `supervisorctl restart api`", "supervisorctl restart api"),
        ("Run `./bin/failover.sh eu-west`", "./bin/failover.sh eu-west"),
        ("`nodetool status`", "nodetool status"),
        ("Verify with `kubectl get nodes` on the cluster", "kubectl get nodes"),
        ("`celery worker`", None),
        ("`./README.md`", None),
        ("`release.sh patch`", None),
        ("`services/orders api`", None),
        ("Never run `sudo dropdb app`", None),
        ("For example `ceph osd tree` shows it", None),
        ("Check disk usage with `df -h` on the node", None),
        ("Check the version: `dpkg -l postgresql` on db-01.internal", None),
    ],
)
def test_any_known_program_is_asked_for_in_a_sentence_and_a_name_is_none(item: str, command: str | None) -> None:
    runbook = read_runbook("x.md", f"# Kafka\n\n## Restart it\n\n1. {item}\n".encode())
    steps = [step for procedure in runbook.procedures for step in procedure.steps if step.command]
    assert [step.command for step in steps] == ([command] if command else [])


def test_a_step_that_only_says_run_is_called_by_its_command() -> None:
    runbook = read_runbook("x.md", b"# Kafka\n\n## Look\n\n1. Run `ceph osd tree`\n")
    assert runbook.procedures[0].steps[0].title == "ceph osd tree"


@pytest.mark.parametrize("words", ["**Note:**", "**WARNING**", "⚠️ **Warning** ⚠️", "**Caution**:"])
def test_a_label_of_a_warning_alone_says_nothing_before_a_step(words: str) -> None:
    text = f"# Doc\n\n## Fix\n\n{words}\n\nIt is slow.\n\n```bash\nsystemctl restart web\n```\n"
    assert read_runbook("x.md", text.encode()).procedures[0].warnings == ()
