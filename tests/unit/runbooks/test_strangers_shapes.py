"""Shapes that documents of strangers have, one small document each, and what a reader must make of it."""

import pytest

from cockpit.model.clock import ClockKind
from cockpit.model.runbook import Runbook, Step, StepKind
from cockpit.runbooks.document.read import read_runbook
from tests.unit.runbooks.plan.reading import plan_of

HARMLESS = (StepKind.READ, StepKind.VERIFY, StepKind.LOCAL)


def read(body: str) -> Runbook:
    return read_runbook("stranger.md", f"# Shop\n\n## Do it\n\n{body}\n".encode())


def steps(body: str) -> list[Step]:
    return [step for procedure in read(body).procedures for step in procedure.steps]


def bash(*commands: str) -> str:
    return "\n\n".join(f"```bash\n{command}\n```" for command in commands)


def kinds(*commands: str) -> list[str]:
    return [step.kind.value for step in steps(bash(*commands))]


def test_the_last_flag_of_a_client_of_sql_does_not_win() -> None:
    commands = (
        'psql -c "DROP TABLE carts" -c "SELECT 1"',
        'psql -f wipe.sql -c "SELECT 1"',
        'mysql -e "SHOW PROCESSLIST; KILL 7"',
        "psql -c \"SELECT drop_chunks('m', INTERVAL '1 day')\"",
    )
    assert set(kinds(*commands)) == {"danger"}


def test_what_runs_inside_a_remote_shell_counts() -> None:
    assert kinds("kubectl exec deploy/db -- sh -c \"rm -rf /pg && psql -c 'select 1'\"") == ["danger"]


def test_a_name_like_a_check_makes_no_verification() -> None:
    assert kinds("rm -rf tools/health-check.sh", "scp status.sh root@web:/bin", "chmod +x check.sh") == [
        "danger",
        "change",
        "change",
    ]


def test_what_is_forbidden_is_no_step() -> None:
    found = steps("1. Do NOT run `terraform apply`\n2. Tell the team\n\nE.g. running `terraform destroy` loses it.")
    assert [(step.kind, step.command) for step in found] == [(StepKind.MANUAL, "")]


def test_a_guard_stays_around_what_it_guards() -> None:
    script = 'if [ "$(hostname)" = stage ]; then\n  if [ -d /old ]; then\n    echo old\n  fi\n  rm -rf /pg\nfi'
    assert [step.command for step in steps(bash(script))] == [script]


def test_what_stands_below_ssh_never_runs_here() -> None:
    _, folder, restore = steps(bash("ssh ada@stage\ncd /srv\ngunzip -c b.gz | psql shop"))
    assert (folder.place, restore.place) != (None, None)
    assert restore.place is not None
    assert restore.place.opener == "ssh ada@stage"


def test_a_folder_is_a_step_that_moves_the_run() -> None:
    found = steps(bash("cd /srv/releases\nrm -rf ./old"))
    assert [step.kind for step in found] == [StepKind.LOCAL, StepKind.DANGER]


def test_what_is_exported_is_known_to_the_run() -> None:
    runbook = read(bash("export KUBECONFIG=/keys/stage.yaml\nkubectl delete deploy api"))
    assert "KUBECONFIG" in runbook.text
    assert [step.kind for step in runbook.procedures[0].commands][-1] is StepKind.DANGER


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ('kubectl set env deploy/api QUEUE="$QUEUE" BUCKET="$OTHER"', ("QUEUE", "OTHER")),
        ('rm -rf "${DATA%/}"/old', ("DATA",)),
        ('aws s3 rm "s3://b/${PREFIX,,}"', ("PREFIX",)),
        ('rm -rf "$TMPDIR"/*', ("TMPDIR",)),
        ("x --svc shop-{client} --def shop-{client}:{PREVIOUS}", ("client", "PREVIOUS")),
        ("aws guardduty get-findings --detector-id DETECTOR_ID", ("DETECTOR_ID",)),
        ("aws s3 ls s3://YOUR_BUCKET/", ("YOUR_BUCKET",)),
        ("kubectl logs app-xxxxx-yyyyy", ("xxxxx", "yyyyy")),
        ("helm list -n {{NAMESPACE}}", ("NAMESPACE",)),
        ("kubectl delete pod <the customer's pod>", ("the customer's pod",)),
        ("kubectl delete pod <pod/name>", ("pod/name",)),
        ("curl https://api.example.com/health", ("api.example.com",)),
    ],
)
def test_what_has_to_be_filled_in_is_asked_for(command: str, names: tuple[str, ...]) -> None:
    assert steps(bash(command))[0].parameters == names


def test_a_prompt_in_a_bash_block_makes_it_a_console() -> None:
    (step,) = steps("```bash\n$ kubectl get deploy\nNAME   READY\napi    0/1\n```")
    assert (step.command, step.expected) == ("kubectl get deploy", "NAME   READY\napi    0/1")


@pytest.mark.parametrize(
    "block",
    [
        "```console\nsystemctl stop x\n```",
        "```console\nroot@db:~# systemctl stop x\n```",
        "```\nsystemctl stop x\n```",
    ],
)
def test_a_console_holds_steps_with_and_without_its_prompt(block: str) -> None:
    assert [(step.command, step.kind) for step in steps(block)] == [("systemctl stop x", StepKind.DANGER)]


def test_no_block_vanishes_without_a_word() -> None:
    runbook = read("```cmd\nnet stop shop\n```")
    assert [finding.rule for finding in runbook.findings] == ["block-left-out"]


def test_an_apostrophe_a_here_string_and_a_list_do_not_glue_a_block() -> None:
    assert len(steps(bash("cat <<<hello\nkubectl delete pod a"))) == 2
    (_, post) = steps(bash('BODY=$(cat <<EOF\n{"a": 1}\nEOF\n)\ncurl -X POST -d "$BODY" http://127.0.0.1/'))
    assert post.command.startswith("curl")


def test_a_look_is_a_look_whatever_stands_before_its_verb() -> None:
    commands = (
        "kubectl -n shop get pods",
        "oc get pods -n shop",
        "aws ec2 describe-instances",
        "docker compose -f c.yml ps",
    )
    assert set(kinds(*commands)) == {"read"}


def test_what_destroys_is_a_danger() -> None:
    commands = (
        "docker compose down -v",
        "aws ec2 terminate-instances --instance-ids i",
        "pg_restore --clean b",
        "dropdb s",
    )
    assert set(kinds(*commands)) == {"danger"}


def test_what_is_written_outside_is_not_local() -> None:
    found = kinds(
        "echo b > /proc/sysrq-trigger", "cat n > /etc/nginx/nginx.conf", "git checkout -- .", "df 1>/etc/fstab"
    )
    assert not set(found) & {kind.value for kind in HARMLESS}


def test_a_comment_names_the_command_below_it_and_no_other() -> None:
    found = steps(bash("# Find who uses the port\nlsof -i :80\nkill -9 <pid>"))
    assert [step.title for step in found] == ["Find who uses the port", "kill -9 <pid>"]


def test_numbered_headings_are_the_steps_of_one_procedure() -> None:
    runbook = read(
        "### 1. Stop it\n\n" + bash("systemctl stop a") + "\n\n### 2. Start it\n\n" + bash("systemctl start a")
    )
    (procedure,) = runbook.procedures
    assert [step.title for step in procedure.steps] == ["Stop it", "Start it"]


def test_causes_are_text() -> None:
    assert len(steps("**Causes:**\n\n1. The index grew\n2. A leak\n\n**Solution:**\n\n" + bash("free -h"))) == 1


def test_an_interval_for_each_severity_is_read_for_each() -> None:
    plan = plan_of(
        """
        # Process

        | Level | Description | Response |
        |---|---|---|
        | P1 | all down | now |
        | P2 | part down | 1 hour |

        ## Communication

        The lead provides updates every 15 minutes (P1), every 1 hour (P2).
        """
    )
    updates = {rule.levels: rule.after.total_seconds() for rule in plan.rules if rule.kind is ClockKind.UPDATE}
    assert (updates[("P1",)], updates[("P2",)]) == (900.0, 3600.0)


def test_a_table_of_people_with_their_numbers_is_read() -> None:
    plan = plan_of(
        "# On call\n\n| Role | Name | Phone | Email |\n|---|---|---|---|\n| Primary | Ada | 555 | ada@shop.test |\n"
    )
    (contact,) = plan.contacts
    assert (contact.role, contact.person) == ("Primary", "Ada")
    assert "555" in contact.how
