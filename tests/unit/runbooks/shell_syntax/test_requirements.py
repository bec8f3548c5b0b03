"""What a command needs, told from its words alone, and what its end means."""

import signal
from pathlib import Path

import pytest

from cockpit.model.run import StepState
from cockpit.model.runbook import Step, StepKind
from cockpit.model.system import Environment
from cockpit.runbooks.prepare.context import build_step_environment
from cockpit.runbooks.prepare.tags import retry_of, timeout_of
from cockpit.runbooks.prepare.target_guard import (
    describe_unknown_target,
    explain_mismatch,
    explain_target_of_scripts,
)
from cockpit.runbooks.run.outcome import judge_outcome
from cockpit.runbooks.run.process.shell import GONE, CommandEnd
from cockpit.runbooks.shell_syntax.requirements import (
    explain_missing_program,
    is_endless,
    list_guarded_tools,
    list_programs,
    needs_terminal,
    read_scripts,
)
from cockpit.runbooks.shell_syntax.tool_calls import spell_out_tools
from cockpit.runbooks.types import Retry


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("az x list | jq . > out", ["bash", "az", "jq"]), ("X=1 Y=2 sudo -n kubectl get pods", ["bash", "kubectl"]),
        ("cd server && uv run x.py", ["bash", "uv"]), ("for x in a b; do curl $x; done", ["bash", "curl"]),
        ("if true; then helm list; fi", ["bash", "helm"]), ("echo az; export A=1; test -e x", ["bash"]),
        ("<tool> --now", ["bash"]), ("f() { az x; }; f", ["bash", "az"]), ("! grep -q x y", ["bash", "grep"]),
        ("sudo -u postgres psql -c x", ["bash", "psql"]), ("X=$(jq -r '.a | .b' f)", ["bash", "jq"]),
        ("A=(b 'c d'); env -u X K=1 make", ["bash", "make"]), ("psql <<'E'\nselect 1; drop\nE", ["bash", "psql"]),
        ("cat a \\\n  b && ls", ["bash", "cat", "ls"]), ("./infra/x.sh <name>", ["bash", "./infra/x.sh"]),
    ],
)  # fmt: skip
def test_the_programs_of_a_command(command: str, found: list[str]) -> None:
    assert list_programs(command, "bash") == found


def test_a_script_is_looked_for_in_the_folder_of_the_document(tmp_path: Path) -> None:
    path = "/usr/bin:/bin"
    assert "there is no program ./x.sh" in explain_missing_program("./x.sh", "bash", path=path, cwd=str(tmp_path))
    (tmp_path / "x.sh").write_text("#!/bin/sh\n")
    assert explain_missing_program("./x.sh", "bash", path=path, cwd=str(tmp_path))
    (tmp_path / "x.sh").chmod(0o755)
    assert explain_missing_program("./x.sh", "bash", path=path, cwd=str(tmp_path)) == ""
    assert explain_missing_program("cd elsewhere && ./y.sh", "bash", path=path, cwd=str(tmp_path)) == ""


@pytest.mark.parametrize(
    "command",
    ["tail -f x", "tail -n 5 -F x", "journalctl -fu app", "kubectl logs -f pod",
     "docker compose logs --tail 5 -f app",
     "az containerapp logs show -n a -g b --follow", "kubectl get pods -w", "watch ls",
     "kubectl port-forward svc/x 80"],
)  # fmt: skip
def test_a_stream_has_no_end_of_its_own(command: str) -> None:
    assert is_endless(command)


@pytest.mark.parametrize(
    "command",
    ["psql -f x.sql", "kubectl apply -f x.yaml", "docker compose -f x.yml up -d", "rm -rf x", "tail -5 x",
     "curl -sf https://x",
     "az x --follow-up y", "gh run view 5 --log-failed", "docker logs app | grep -f patterns"],
)  # fmt: skip
def test_f_for_file_is_no_stream(command: str) -> None:
    assert not is_endless(command)


@pytest.mark.parametrize(
    "command",
    ["az login", "az login --use-device-code", "kubectl exec -it pod -- sh", "docker exec -ti app bash",
     "docker run --rm -it x", "ssh host",
     "vim x", "sudo vi x", "kubectl edit deployment x", "az containerapp exec -n a -g b", "gh auth login",
     "psql", "less x", "echo x; top"],
)  # fmt: skip
def test_what_talks_needs_the_terminal(command: str) -> None:
    assert needs_terminal(command)


@pytest.mark.parametrize(
    "command",
    ["az account show", "az login --service-principal -u x", "kubectl exec pod -- ls", "docker run --rm x",
     "git log", "psql -c 'select 1'",
     "kubectl top pods", "docker build -t x .", "python3 x.py", "echo vim", "gh run list"],
)  # fmt: skip
def test_what_only_prints_needs_none(command: str) -> None:
    assert not needs_terminal(command)


@pytest.mark.parametrize(
    ("command", "tools"),
    [("az x", ["az"]), ("x | kubectl apply -f -", ["kubectl"]), ('echo "$(az x)"', ["az"]),
     ("helm rollback x", ["kubectl"]),
     ("az x && kubectl y", ["az", "kubectl"]), ("echo lazy kubectl-x", []), ("cat az.txt", [])],
)  # fmt: skip
def test_which_tools_must_point_at_the_environment(command: str, tools: list[str]) -> None:
    assert list_guarded_tools(command) == tools


PROD = Environment("prod", subscription="sub-1", kube_context="prod-cluster")


@pytest.mark.parametrize(
    ("tool", "found", "command", "fits"),
    [
        ("az", "sub-1", "az x", True), ("az", "SUB-1", "az x", True), ("az", "sub-2", "az x", False),
        ("az", "", "az x", False),
        ("az", "sub-2", "az x --subscription sub-1", True), ("az", "sub-1", "az x --subscription=sub-2", False),
        ("az", "sub-1", "az x --subscription 'sub-1' && az y --subscription sub-2", False),
        ("kubectl", "prod-cluster", "kubectl x", True), ("kubectl", "staging", "kubectl x", False),
        ("kubectl", "staging", "kubectl --context prod-cluster x", True),
        ("kubectl", "x", "helm --kube-context prod-cluster", True),
        ("kubectl", "staging", "kubectl --context prod-cluster get x && kubectl delete x", False),
        ("kubectl", "staging", "kubectl delete x; kubectl config use-context prod-cluster", False),
        ("kubectl", "staging", "kubectl config use-context prod-cluster && kubectl delete x", True),
        ("kubectl", "staging", "helm --kube-context prod-cluster status x; kubectl delete x", False),
        ("kubectl", "staging", "echo 'use --context prod-cluster' && kubectl delete x", False),
        ("kubectl", "staging", "kubectl delete x  # or --context prod-cluster", False),
        ("kubectl", "staging", "kubectl --context prod-cluster delete $(kubectl get x -o name)", False),
        ("kubectl", "staging", "bash -c 'kubectl --context prod-cluster get x; kubectl delete x'", False),
        ("kubectl", "staging", "for x in a b; do kubectl --context=prod-cluster delete $x; done", True),
        ("kubectl", "staging", "kubectl --context prod-cluster get x | kubectl --context prod-cluster x", True),
        ("az", "sub-2", "az show --subscription sub-1 && az x", False),
        ("az", "sub-2", "az account set -s sub-1; az x", True),
    ],
)  # fmt: skip
def test_a_change_goes_to_the_environment_or_nowhere(tool: str, found: str, command: str, fits: bool) -> None:
    assert (explain_mismatch(tool, PROD, found, command) == "") is fits


@pytest.mark.parametrize(
    ("command", "kept", "fits"),
    [
        ("K=kubectl; $K delete x", {}, False), ('K="kubectl --context prod-cluster"; $K delete x', {}, True),
        ("$K delete x", {"K": "/usr/bin/kubectl -n shop"}, False), ("${K} delete x", {"K": "kubectl"}, False),
        ("$K delete x", {"K": "kubectl --context prod-cluster"}, True), ("$(which kubectl) delete x", {}, False),
        ('"kubectl" delete x', {}, False), ("$KIND delete x", {"K": "kubectl"}, True), ("echo $X", {"X": "lazy"}, True),
    ],
)  # fmt: skip
def test_a_tool_is_known_by_what_stands_for_it(command: str, kept: dict[str, str], fits: bool) -> None:
    spelled = spell_out_tools(command, kept)
    tools = list_guarded_tools(spelled)
    assert (not tools or explain_mismatch("kubectl", PROD, "staging", spelled) == "") is fits


def test_a_script_that_calls_the_tool_names_no_target_by_what_others_name() -> None:
    command = "kubectl --context prod-cluster get x && ./deploy.sh"
    assert explain_mismatch("kubectl", PROD, "staging", command) == ""
    assert explain_mismatch("kubectl", PROD, "staging", command, by_script=True) != ""


GUARDED = Environment("prod", subscription="0" * 8 + "-0000" * 3 + "-" + "0" * 12, kube_context="prod-cluster")
OTHER = "1" * 8 + "-1111" * 3 + "-" + "1" * 12


@pytest.mark.parametrize(
    ("tool", "script", "wrong", "unknown"),
    [
        ("az", f"az account set --subscription {OTHER}\naz group create -n x", True, False),
        ("az", f"az group create -n x --subscription {GUARDED.subscription}", False, False),
        ("az", 'az account set -s "$SUB"', False, True),
        ("az", "az account set --subscription Staging", False, True),  # a name, where the id is known
        ("az", "az login\naz group create -n x", False, True),
        ("az", "az group create -n x", False, False),
        ("kubectl", "kubectl --context staging delete pod x", True, False),
        ("kubectl", "kubectl config use-context prod-cluster && helm upgrade x", False, False),
        ("kubectl", 'kubectl --context "$1" delete pod x', False, True),
        ("kubectl", "KUBECONFIG=other.yaml kubectl delete pod x", False, True),
    ],
)
def test_a_script_is_held_to_the_target_that_it_names(tool: str, script: str, wrong: bool, unknown: bool) -> None:
    assert bool(explain_target_of_scripts(tool, GUARDED, script)) is wrong
    assert bool(describe_unknown_target(tool, GUARDED, script)) is unknown


def test_comments_of_a_script_say_nothing_of_what_it_does(tmp_path: Path) -> None:
    (tmp_path / "deploy.sh").write_text(f"#!/bin/bash\n# az account set -s {OTHER}\naz group create -n x\n")
    assert read_scripts("./deploy.sh prod", str(tmp_path)) == "az group create -n x\n"


def test_nothing_configured_guards_nothing() -> None:
    assert explain_mismatch("az", Environment("prod"), "sub-2", "az x") == ""


def step(**tags: str) -> Step:
    return Step(1, "x", StepKind.READ, 1, "x", "bash", tags=tags)


@pytest.mark.parametrize(("text", "seconds"), [("45m", 2700.0), ("120", 120.0), ("0.5", 0.5), ("1h30m", 5400.0)])
def test_a_time_out_is_a_duration_or_seconds(text: str, seconds: float) -> None:
    assert timeout_of(step(timeout=text), StepKind.READ) == (seconds, "")


@pytest.mark.parametrize("text", ["soon", "-5s", "0", "5 parsecs", "²"])
def test_what_is_no_duration_is_left_out_and_reported(text: str) -> None:
    assert timeout_of(step(timeout=text), StepKind.READ)[0] == 300.0
    assert "left out" in timeout_of(step(timeout=text), StepKind.READ)[1]


@pytest.mark.parametrize(
    ("text", "retry"),
    [("10x6s", Retry(10, 6.0)), ("3", Retry(3, 5.0)), ("5x200ms", Retry(5, 0.2)), ("2x1", Retry(2, 1.0))],
)
def test_retry_is_times_and_interval(text: str, retry: Retry) -> None:
    assert retry_of(step(retry=text), StepKind.VERIFY) == (retry, "")


@pytest.mark.parametrize("text", ["0x5s", "x5s", "99999x1s", "3x", "often"])
def test_what_is_no_retry_is_left_out_and_reported(text: str) -> None:
    assert retry_of(step(retry=text), StepKind.VERIFY)[0] == Retry()
    assert "left out" in retry_of(step(retry=text), StepKind.VERIFY)[1]


@pytest.mark.parametrize("kind", [StepKind.CHANGE, StepKind.DANGER, StepKind.LOCAL])
def test_only_what_looks_is_tried_again(kind: StepKind) -> None:
    assert retry_of(step(retry="10x6s"), kind)[0] == Retry()


OK, FAILED, UNKNOWN = StepState.OK, StepState.FAILED, StepState.UNKNOWN


@pytest.mark.parametrize(
    ("ended", "looked", "changed"),
    [
        (CommandEnd(0), OK, OK), (CommandEnd(1), FAILED, FAILED), (GONE, UNKNOWN, UNKNOWN),
        (CommandEnd(trouble="x"), FAILED, FAILED),
        (CommandEnd(signal=signal.SIGKILL), FAILED, UNKNOWN), (CommandEnd(signal=2, timed_out=True), FAILED, UNKNOWN),
        (CommandEnd(exit_code=130, cancelled=True), FAILED, UNKNOWN),
        (CommandEnd(exit_code=0, cancelled=True), FAILED, UNKNOWN),
        (CommandEnd(exit_code=141), FAILED, FAILED),
    ],
)  # fmt: skip
def test_a_change_that_was_broken_off_may_have_been_done(
    ended: CommandEnd, looked: StepState, changed: StepState
) -> None:
    assert judge_outcome(ended, StepKind.READ, "x", "").state is looked
    for kind in (StepKind.CHANGE, StepKind.DANGER):
        assert judge_outcome(ended, kind, "x", "").state is changed


@pytest.mark.parametrize(
    ("code", "output", "state"),
    [
        (7, "curl: (7) Failed to connect", FAILED), (22, "curl: (22) The requested URL returned error: 404", FAILED),
        (22, "curl: (22) The requested URL returned error: 503", UNKNOWN), (22, "", UNKNOWN), (0, "{}", UNKNOWN),
        (28, "curl: (28) Operation timed out", UNKNOWN),
        (28, "curl: (28) Failed to connect to x: Connection timed out", UNKNOWN), (18, "", UNKNOWN), (92, "", UNKNOWN),
        (52, "curl: (52) Empty reply", UNKNOWN), (56, "", UNKNOWN),
        (6, "could not resolve", FAILED),
    ],
)  # fmt: skip
def test_a_request_without_an_answer_may_have_been_done(code: int, output: str, state: StepState) -> None:
    assert judge_outcome(CommandEnd(code), StepKind.CHANGE, "curl -X POST https://x", output).state is state
    assert judge_outcome(CommandEnd(code), StepKind.VERIFY, "curl https://x", output).state is (FAILED if code else OK)


def test_a_stream_that_was_stopped_is_well() -> None:
    assert judge_outcome(CommandEnd(signal=2, cancelled=True), StepKind.READ, "tail -f x", "", follow=True).state is OK


def test_the_environment_of_a_step_is_a_short_list() -> None:
    ours = {"PATH": "/bin", "HOME": "/h", "AWS_SECRET_ACCESS_KEY": "x", "BASH_ENV": "x", "LD_PRELOAD": "x",
    "PS4": "$(x)",
            "LC_ALL": "C", "KUBECONFIG": "/k", "COCKPIT_DB": "x", "PYTHONPATH": "x"}  # fmt: skip
    found = build_step_environment(ours, {"COCKPIT_ENV": "prod", "P1": "v"})
    assert set(found) >= {"PATH", "HOME", "LC_ALL", "KUBECONFIG", "COCKPIT_ENV", "P1"}
    assert not set(found) & {"AWS_SECRET_ACCESS_KEY", "BASH_ENV", "LD_PRELOAD", "PS4", "COCKPIT_DB", "PYTHONPATH"}
    assert build_step_environment({}, {})["PATH"]


def test_what_leads_docker_to_an_engine_is_kept_as_the_panes_have_it() -> None:
    ours = {"DOCKER_CONTEXT": "prod", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certificates"}
    assert ours.items() <= build_step_environment(ours, {}).items()


def test_a_step_on_a_machine_that_azure_runs_finds_its_identity() -> None:
    """az was signed in as the machine there: without these it asks an address that such machines do not have."""
    ours = {"IDENTITY_ENDPOINT": "http://127.0.0.1:42356/msi/token", "IDENTITY_HEADER": "key", "MSI_SECRET": "key"}
    assert ours.items() <= build_step_environment(ours, {}).items()


@pytest.mark.parametrize(
    ("asks", "answer"),
    [
        ("terraform apply", "-auto-approve"),
        ("terraform -chdir=infra destroy", "-auto-approve"),
        ("tofu apply", "tfplan"),
        ("sudo apt install nginx", "-y"),
        ("apt-get dist-upgrade", "--yes"),
        ("dnf remove nginx", "-y"),
        ("zypper install nginx", "--non-interactive"),
        ("patronictl -c /etc/patroni.yml failover shop", "--force"),
        ("docker system prune", "-af"),
        ("docker image prune", "--force"),
        ("pulumi up", "--yes"),
    ],
)
def test_what_asks_back_needs_a_terminal_until_an_option_answers(asks: str, answer: str) -> None:
    assert needs_terminal(asks)
    assert needs_terminal(f"cd infra && {asks}")
    assert not needs_terminal(f"{asks} {answer}")
    assert not needs_terminal(f"yes | {asks}")


@pytest.mark.parametrize("command", ["terraform plan", "apt update", "apt-get install -qq x", "patronictl list"])
def test_what_asks_nothing_needs_none(command: str) -> None:
    assert not needs_terminal(command)
