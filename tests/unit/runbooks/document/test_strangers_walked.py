"""What was wrong when strangers' runbooks were walked step by step: each kind in words of our own."""

import pytest

from cockpit.model.runbook import Procedure, Step, StepKind
from cockpit.runbooks.catalogue.references import list_step_references
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders

MANUAL, NOTE, READ, DANGER = StepKind.MANUAL, StepKind.NOTE, StepKind.READ, StepKind.DANGER


def read_procedures(text: str) -> tuple[Procedure, ...]:
    return read_runbook("ops.md", text.encode()).procedures


def read_steps(text: str) -> tuple[Step, ...]:
    (procedure,) = read_procedures(text)
    return procedure.steps


def list_titles(text: str) -> list[tuple[StepKind, str]]:
    return [(step.kind, step.title) for step in read_steps(text)]


SCENARIOS = """# Failover

## Act now

### Step 1: Look

```bash
# Who leads
patronictl list
```

### Step 2: If nobody leads

#### Scenario A: the manager answers

```bash
# Promote
patronictl failover shop
```

#### Scenario B: all is lost

```bash
# Restore
etcdutl snapshot restore backup.db --data-dir /var/lib/etcd
```

### Step 3: Tell

```bash
# Who leads now
patronictl list
```
"""


def test_scenarios_below_a_step_are_a_choice_and_never_run_one_after_the_other() -> None:
    act, first, second = read_procedures(SCENARIOS)
    assert [step.title for step in act.steps] == [
        "Who leads",
        "If nobody leads: choose one: Scenario A: the manager answers; Scenario B: all is lost",
        "Who leads now",
    ]
    assert act.steps[1].kind is MANUAL
    assert [step.title for step in (*first.steps, *second.steps)] == ["Promote", "Restore"]


def test_the_step_that_asks_to_choose_leads_to_each_choice() -> None:
    runbook = read_runbook("ops.md", SCENARIOS.encode())
    act, *choices = runbook.procedures
    targets = [reference.target for reference in list_step_references(runbook, act, act.steps[1])]
    assert targets == [f"#{choice.slug}" for choice in choices]


def test_what_a_command_should_print_may_stand_in_comments_below_it() -> None:
    (step,) = read_steps(
        "# Look\n\n```bash\n# Members\npatronictl list\n\n# Expected output (healthy):\n"
        "# | node | Leader |\n# | two  | Replica |\n```\n"
    )
    assert step.expected == "| node | Leader |\n| two  | Replica |"


def test_a_comment_that_only_speaks_of_what_is_expected_is_a_note_where_no_command_stands_above() -> None:
    assert list_titles("# Look\n\n```bash\n# Expected: nothing\n\n# Pods\nkubectl get pods\n```\n") == [
        (NOTE, "Expected: nothing"),
        (READ, "Pods"),
    ]


def test_a_list_in_comments_is_one_note() -> None:
    look, note = read_steps(
        "# Look\n\n```bash\n# Log\nkubectl logs web\n\n# Common causes:\n# - no memory\n# - no database\n```\n"
    )
    assert (look.title, note.kind, note.title, note.remark) == (
        "Log",
        NOTE,
        "Common causes:",
        "no memory · no database",
    )


def test_a_warning_is_no_name() -> None:
    (step,) = read_steps("# Sync\n\n```bash\n# WARNING: all data is read anew\n# Reset it\nshopctl sync reset\n```\n")
    assert (step.title, step.remark) == ("Reset it", "WARNING: all data is read anew")


def test_sql_among_commands_is_to_be_copied_and_no_program() -> None:
    (procedure,) = read_procedures(
        "# Find\n\n```bash\n# Pods\nkubectl get pods\n\n"
        "# Last order\nSELECT id, max(created_at)\nFROM orders\nLIMIT 5;\n```\n"
    )
    assert [(step.kind, step.title, step.command) for step in procedure.steps] == [
        (READ, "Pods", "kubectl get pods"),
        (NOTE, "Last order", ""),
    ]
    assert procedure.steps[1].mention == "SELECT id, max(created_at)\nFROM orders\nLIMIT 5;"


def test_sql_in_the_quotes_or_the_here_document_of_a_command_is_that_commands() -> None:
    steps = read_steps('# Find\n\n```bash\npsql -c "\nSELECT 1;\n"\n\npsql <<EOF\nDROP TABLE orders;\nEOF\n```\n')
    assert [step.kind for step in steps] == [READ, DANGER]


def test_a_block_of_sql_is_typed_by_a_person_part_by_part() -> None:
    first, second, third = read_steps(
        "# Unblock\n\n```sql\n-- Who waits\nSELECT * FROM pg_locks WHERE NOT granted;\n\n-- Option 1: cancel it\n"
        "SELECT pg_cancel_backend(7);\n\n-- Option 2: end it\nSELECT pg_terminate_backend(7);\n```\n"
    )
    assert {step.kind for step in (first, second, third)} == {MANUAL}
    assert (first.title, first.mention) == ("Who waits", "-- Who waits\nSELECT * FROM pg_locks WHERE NOT granted;")
    assert (second.alternative_to, third.alternative_to) == (None, second.ordinal)


def test_a_block_of_sql_inside_an_item_is_that_item() -> None:
    assert list_titles(
        "# Rights\n\n1. Grant the rights:\n\n   ```sql\n   GRANT SELECT ON orders TO shop;\n   ```\n"
    ) == [(MANUAL, "Grant the rights")]


def test_terms_levels_of_escalation_and_lists_of_services_are_no_steps() -> None:
    text = (
        "# Page\n\n## Description\n\n1. **Apply errors**: errors while changes are applied\n\n## Escalation path\n\n"
        "1. 0-5 min: on-call engineer\n2. 5-15 min: team lead\n\n## Services being deployed\n\n"
        "1. **Orders** - handles orders\n\n## Critical metrics to watch\n\n1. Queue depth\n\n## Do\n\n"
        "1. **Database**: check the pool\n2. **Declare**: post it in the channel\n"
    )
    (procedure,) = read_procedures(text)
    assert [step.title for step in procedure.steps] == ["Database: check the pool", "Declare: post it in the channel"]


def test_what_a_pipeline_does_by_itself_is_nothing_to_tick() -> None:
    text = (
        "# Deploy\n\n## How a release goes\n\n1. Push to `main` triggers the release workflow.\n"
        "2. The workflow builds an image.\n"
        "3. The image is pushed to the registry.\n4. Smoke tests verify the health.\n"
        "5. If smoke tests fail, the rollback job activates.\n\n"
        "## By hand\n\n1. Push to `main`.\n2. Wait: the workflow builds an image.\n3. Tell the lead.\n"
    )
    (procedure,) = read_procedures(text)
    assert procedure.title == "By hand"
    assert len(procedure.steps) == 3


def test_a_row_that_says_never_is_no_step_but_a_warning() -> None:
    text = (
        "# Rules\n\n| Action | Policy |\n|---|---|\n| Run `terraform plan` | Always |\n"
        "| Run `terraform destroy` | 🚫 **NEVER** |\n| Run `kubectl delete ns shop` | Do not |\n"
    )
    runbook = read_runbook("ops.md", text.encode())
    (procedure,) = runbook.procedures
    assert [step.command for step in procedure.steps] == ["terraform plan"]
    assert [finding.line for finding in runbook.findings if finding.rule == "forbidden"] == [6, 7]
    assert any("terraform destroy" in warning for warning in procedure.warnings)


def list_kinds(text: str) -> list[tuple[str, str, bool]]:
    """(kind, command or title, whether it belongs elsewhere) of every step."""
    runbook = read_runbook("a.md", text.encode())
    steps = (step for procedure in runbook.procedures for step in procedure.steps)
    return [(step.kind.value, step.command or step.title, step.place is not None) for step in steps]


WALKED = {
    "a block below a sentence that leads to a host is typed there, all of it": (
        "Then SSH into each node and run:\n\n```bash\nsudo rm /mnt/old\nkubectl delete pods --all\n```\n",
        [("danger", "sudo rm /mnt/old", True), ("danger", "kubectl delete pods --all", True)],
    ),
    "whoever enters into a node types there": (
        "1. Enter into the node host the volume is attached to.\n\n   ```bash\n   fstrim /mnt/x\n   ```\n",
        [("change", "fstrim /mnt/x", True)],
    ),
    "a block that the sentence above says was printed is no step": (
        "```bash\nkubectl get svc\n```\n\nFrom v0.8 on the output resembles the following. Use the address.\n\n"
        "```shell\nback    ClusterIP   10.20.2.1   <none>   80/TCP   58m\n```\n",
        [("read", "kubectl get svc", False)],
    ),
    "a command below such a sentence is one": (
        "```bash\nkubectl get svc\n```\n\nRun it again, you will see the following output:\n\n"
        "```bash\nkubectl get svc\n```\n",
        [("read", "kubectl get svc", False)] * 2,
    ),
    "what a command said below it is no step": (
        '```bash\nkubectl get pods\nNo resources found.\naws ec2 describe-images\n"ami-32705b49"\n```\n',
        [("read", "kubectl get pods", False), ("read", "aws ec2 describe-images", False)],
    ),
    "the cells of a table may hold signs": (
        "```bash\nkubectl get nodes\nNAME      STATUS   LABELS\n"
        "ip-1-2    Ready    arch=amd64,os=linux\nip-1-3    <none>   arch=amd64\n```\n",
        [("read", "kubectl get nodes", False)],
    ),
    "a counted comment that tells what to do is a step of a person": (
        "```bash\n# 1. Look\nkubectl get nodes\n\n# 2. Update the proxy\n# Edit /etc/proxy.ini\n\n"
        "# If nothing helps: call the DBA\n```\n",
        [
            ("read", "kubectl get nodes", False),
            ("manual", "Update the proxy", False),
            ("note", "If nothing helps: call the DBA", False),
        ],
    ),
}


@pytest.mark.parametrize(("text", "steps"), WALKED.values(), ids=WALKED)
def test_what_was_seen_in_documents_of_others(text: str, steps: list[tuple[str, str, bool]]) -> None:
    kinds = list_kinds(f"# A\n\n## B\n\n{text}")
    assert [row for row in kinds if row[0] != "manual" or row in steps] == steps


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("kubectl create -f https://x.y/v{{< current-version >}}/a.yaml", ["current-version"]),
        ("curl {{% param host %}}/health", ["param host"]),
        ("kubectl create clusterrolebinding admin --user=<name@example.com>", ["name@example.com"]),
        ("git commit --author 'Ana <ana@example.com>'", []),
    ],
)
def test_a_page_that_was_not_built_and_an_address_in_brackets_are_asked_for(command: str, names: list[str]) -> None:
    assert [blank.name for blank in find_placeholders(command)] == names


WAYS = """# Remove a node

## Steps

### 1. Cordon it

```bash
kubectl cordon n1
```

### 2. Move the data

#### Via the console

1. Open the console.

#### {second}

```bash
kubectl patch node n1 -p x
```

### 3. Delete it

```bash
kubectl delete node n1
```
"""


def test_two_ways_to_do_one_step_are_a_choice_and_one_is_none() -> None:
    steps, *ways = read_procedures(WAYS.format(second="Via kubectl"))
    assert [step.kind for step in steps.steps] == [StepKind.CHANGE, MANUAL, DANGER]
    assert steps.steps[1].title == "Move the data: choose one: Via the console; Via kubectl"
    assert [way.title for way in ways] == ["Via the console", "Via kubectl"]
    (alone,) = read_procedures(WAYS.format(second="Then patch it"))
    assert [step.kind for step in alone.steps] == [StepKind.CHANGE, MANUAL, StepKind.CHANGE, DANGER]
