"""Before each change the tools say what they act on: a wrong answer stops it, a corrected one lets it go on."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.model.run import Run, StepState
from cockpit.platforms.compose.settings import ComposeSettings
from cockpit.platforms.kubernetes.settings import KubernetesSettings
from cockpit.runbooks.prepare.confirmation import Consent
from cockpit.runbooks.run.runner import Runner
from cockpit.runbooks.types import Prepared, RunRefused
from tests.integration.runbooks.stage import Stage, fence

KUBECTL = """#!/bin/bash
if [ "$2" = view ]; then cat HERE/cluster 2>/dev/null
elif [ "$1" = config ]; then cat "${KUBECONFIG:-HERE/context}"; else echo "$*" >> HERE/changed; fi
"""
AZ = """#!/bin/bash
if [ "$1" = account ]; then cat HERE/subscription; else echo "$*" >> HERE/changed; fi
"""


class Machine:
    """A machine whose kubectl and az say what a file says, and write down what they change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "tools").mkdir()
        for name, text in (("kubectl", KUBECTL), ("az", AZ)):
            tool = folder / "tools" / name
            tool.write_text(text.replace("HERE", str(folder)))
            tool.chmod(0o755)
        self.set(context="prod-cluster", subscription="sub-1")

    @property
    def environ(self) -> Mapping[str, str]:
        return {"PATH": f"{self.folder / 'tools'}:{os.environ['PATH']}"}

    def set(self, **values: str) -> None:
        for name, value in values.items():
            (self.folder / name).write_text(f"{value}\n")

    @property
    def changes(self) -> list[str]:
        changed = self.folder / "changed"
        return changed.read_text().splitlines() if changed.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def begin(stage: Stage, machine: Machine) -> Callable[[str], tuple[Runner, Run]]:
    def begun(command: str) -> tuple[Runner, Run]:
        run = stage.start(fence(f"# Do it\n{command}"))
        environment = replace(stage.environment, kube_context="prod-cluster", subscription="sub-1")
        return stage.again(environment=environment, environ=machine.environ), run

    return begun


async def perform(stage: Stage, runner: Runner, run: Run, prepared: Prepared) -> StepState:
    prepared = await runner.survey(prepared)
    attempt = await runner.perform(run, prepared, stage.consent(prepared, runner), stage.seen.append)
    return attempt.state


RESTART = "kubectl rollout restart deployment/app"
Begin = Callable[[str], tuple[Runner, Run]]


async def test_the_wrong_cluster_stops_a_change_and_the_right_one_lets_it_go_on_without_a_restart(
    stage: Stage, machine: Machine, begin: Begin
) -> None:
    runner, run = begin(RESTART)
    machine.set(context="staging-cluster")
    with pytest.raises(RunRefused, match="staging-cluster, but prod is prod-cluster"):
        await perform(stage, runner, run, runner.prepare(run, 1))
    stopped = runner.prepare(run, 1)
    assert (stopped.misfit, stopped.runnable) == (True, False)
    with pytest.raises(RunRefused):
        await perform(stage, runner, run, runner.prepare(run, 1))
    assert machine.changes == []
    machine.set(context="prod-cluster")
    assert await perform(stage, runner, run, runner.prepare(run, 1)) is StepState.OK
    assert machine.changes == ["rollout restart deployment/app"]
    assert not runner.prepare(run, 1).misfit


async def test_what_was_right_when_it_was_shown_is_asked_again_when_it_starts(
    stage: Stage, machine: Machine, begin: Begin
) -> None:
    runner, run = begin(RESTART)
    await runner.check_guards()
    prepared = await runner.survey(runner.prepare(run, 1))
    consent = stage.consent(prepared, runner)
    machine.set(context="staging-cluster")  # in another window, while the dialog was open
    with pytest.raises(RunRefused, match="staging-cluster"):
        await runner.perform(run, prepared, consent, stage.seen.append)
    assert machine.changes == []


async def test_a_subscription_is_looked_at_as_a_cluster_is(stage: Stage, machine: Machine, begin: Begin) -> None:
    runner, run = begin("az resource tag --tags a=b --ids x")
    machine.set(subscription="sub-2")
    with pytest.raises(RunRefused, match="sub-2, but prod is sub-1"):
        await perform(stage, runner, run, runner.prepare(run, 1))
    machine.set(subscription="sub-1")
    assert await perform(stage, runner, run, runner.prepare(run, 1)) is StepState.OK


async def test_a_tool_that_gives_no_answer_stops_a_change(stage: Stage, machine: Machine, begin: Begin) -> None:
    runner, run = begin(RESTART)
    (machine.folder / "context").unlink()
    with pytest.raises(RunRefused, match="not known"):
        await perform(stage, runner, run, runner.prepare(run, 1))
    assert machine.changes == []


async def test_a_kubeconfig_among_the_values_counts_for_the_question_as_for_the_step(
    stage: Stage, machine: Machine, begin: Begin
) -> None:
    runner, run = begin(f"export KUBECONFIG=/somewhere\n\n# Restart\n{RESTART}")
    machine.set(other="staging-cluster")
    prepared = runner.prepare(run, 1, {"KUBECONFIG": str(machine.folder / "other")})
    with pytest.raises(RunRefused, match="staging-cluster"):
        await perform(stage, runner, run, prepared)
    assert machine.changes == []


async def test_kubectl_in_a_shell_reads_the_configured_kubeconfig_and_docker_goes_to_the_configured_engine(
    stage: Stage, machine: Machine
) -> None:
    """A context of the same name in another file may be any cluster, and the engine of this machine is not the one."""
    machine.set(other="staging-cluster")
    cluster = KubernetesSettings(context="prod-cluster", kubeconfig=str(machine.folder / "other"))
    engine = ComposeSettings(host="ssh://ops@web-1")
    environment = replace(stage.environment, platforms={"kubernetes": cluster, "compose": engine})
    run = stage.start(fence(f"# Restart\n{RESTART}"))
    runner = stage.again(environment=environment, environ={**machine.environ, "DOCKER_HOST": "unix:///here"})
    with pytest.raises(RunRefused, match="staging-cluster"):
        await perform(stage, runner, run, runner.prepare(run, 1))
    assert machine.changes == []
    shell = runner.context_of(run).shell()
    assert (shell["KUBECONFIG"], shell["DOCKER_HOST"]) == (str(machine.folder / "other"), "ssh://ops@web-1")


@pytest.mark.parametrize(
    "command",
    [
        f"KUBECONFIG=/tmp/other {RESTART}",
        f"{RESTART} --kubeconfig /tmp/other",
        f"{RESTART} --cluster other",
        f"{RESTART} --server=https://other",
        f"kubectl config use-context staging-cluster && {RESTART}",
        f"{RESTART} --context staging-cluster",
        f"{RESTART} --context prod-cluster --server https://other",
        f"{RESTART} --context prod-cluster --kubeconfig /tmp/other",
        f"bash -c '{RESTART} --server https://other'",
        "kubectl -s https://other delete pod a",
        "helm upgrade api chart --kube-apiserver https://other",
        "HELM_KUBECONTEXT=staging-cluster helm upgrade api chart",
        "helm upgrade api chart --kube-context staging-cluster",
        "oc delete pod api-0 --context=staging-cluster",
        "az account set -s sub-2 && az group delete -n x",
        "AZURE_CONFIG_DIR=/tmp/other az group delete -n x",
        "az resource delete --ids /subscriptions/sub-2/resourceGroups/x/providers/y/z/a",
        "az rest --method delete --url https://management.azure.com/subscriptions/sub-2/resourceGroups/x",
        "az login --service-principal -u a -t b && az group delete -n x",
        "az aks get-credentials -n staging -g x && kubectl delete pod a",
        "aws eks update-kubeconfig --name staging && kubectl delete pod a",
        "oc login https://staging.example.com:6443 && oc delete pod a",
    ],
)
async def test_a_command_that_goes_somewhere_else_by_its_own_words_never_starts(
    stage: Stage, machine: Machine, begin: Begin, command: str
) -> None:
    runner, run = begin(command)
    for tool in ("helm", "oc"):
        (machine.folder / "tools" / tool).symlink_to(machine.folder / "tools" / "kubectl")
    with pytest.raises(RunRefused):
        await perform(stage, runner, run, runner.prepare(run, 1))
    assert machine.changes == []


@pytest.mark.parametrize(
    "command",
    [f"{RESTART} --cluster prod-1", f"{RESTART} --context prod-cluster --server=https://PROD.acme.net:6443/",
     "kubectl --server https://prod.acme.net:6443 delete pod a", "kubectl exec redis-0 -- redis-cli --cluster fix x",
     "kubectl exec redis-0 redis-cli --cluster fix x", f"az sql db update --server a && {RESTART}"],
)  # fmt: skip
async def test_a_cluster_that_a_command_names_itself_is_compared_with_the_one_of_the_context(
    stage: Stage, machine: Machine, begin: Begin, command: str
) -> None:
    runner, run = begin(command)
    machine.set(cluster="prod-1 https://prod.acme.net:6443")
    await runner.check_guards()
    assert await perform(stage, runner, run, runner.prepare(run, 1)) is StepState.OK


async def test_a_variable_that_helm_reads_by_itself_is_compared_as_an_option_is(
    stage: Stage, machine: Machine, begin: Begin
) -> None:
    (machine.folder / "tools" / "helm").symlink_to(machine.folder / "tools" / "kubectl")
    runner, run = begin("export HELM_KUBECONTEXT=staging-cluster\n\n# Upgrade\nhelm upgrade api chart")
    with pytest.raises(RunRefused, match="staging-cluster"):
        await perform(stage, runner, run, runner.prepare(run, 1, {"HELM_KUBECONTEXT": "staging-cluster"}))
    assert machine.changes == []


@pytest.mark.parametrize(
    ("options", "word"),
    [("--as system:admin", "system:admin"), ("--as-group=system:masters", "system:masters"), ("--user other", "other"),
     ("--token abc", "token"), ("--token=$T", "token")],
)  # fmt: skip
async def test_somebody_else_that_a_command_acts_as_is_typed_before_it_starts(
    stage: Stage, machine: Machine, begin: Begin, options: str, word: str
) -> None:
    runner, run = begin(f"{RESTART} {options}")
    prepared = await runner.survey(runner.prepare(run, 1, {"T": "abc"} if "$T" in options else {}))
    required = runner.find_confirmation(prepared)
    assert (required.need, required.word) == ("word", word)
    assert any(word in notice for notice in prepared.notices)
    with pytest.raises(RunRefused) as refused:
        await runner.perform(run, prepared, Consent(prepared.fingerprint), stage.seen.append)
    assert (refused.value.code, machine.changes) == ("word-not-typed", [])
    assert await perform(stage, runner, run, prepared) is StepState.OK


@pytest.mark.parametrize(
    "command",
    ["kubectl create rolebinding a --clusterrole=view --user=jane", "kubectl exec db-0 -- mysql --user root -e 'x y'",
     "helm upgrade api chart --set user=x", RESTART],
)  # fmt: skip
async def test_a_user_of_something_else_is_nobody_to_act_as(
    stage: Stage, machine: Machine, begin: Begin, command: str
) -> None:
    (machine.folder / "tools" / "helm").symlink_to(machine.folder / "tools" / "kubectl")
    runner, run = begin(command)
    assert runner.prepare(run, 1).acts_as == ""


async def test_the_header_says_what_the_tools_of_a_run_act_on(stage: Stage, machine: Machine, begin: Begin) -> None:
    runner, run = begin(RESTART)
    machine.set(context="staging-cluster")
    procedure = runner.procedure(run)
    await runner.check_guards(procedure)
    (kubectl,) = runner.contexts(procedure)
    assert (kubectl.tool, kubectl.value, kubectl.fits) == ("kubectl", "staging-cluster", False)
    machine.set(context="prod-cluster")
    await runner.check_guards(procedure)
    assert [tool.fits for tool in runner.contexts(procedure)] == [True]


async def test_a_look_is_not_held_up_by_any_context(stage: Stage, machine: Machine, begin: Begin) -> None:
    runner, run = begin("kubectl get pods")
    machine.set(context="staging-cluster")
    assert await perform(stage, runner, run, runner.prepare(run, 1)) is StepState.OK


@pytest.mark.parametrize("command", ["./deploy.sh", "bash deploy.sh --now", "make deploy", "sudo -n ./deploy.sh"])
async def test_a_script_that_uses_a_tool_is_held_to_its_context_as_well(
    stage: Stage, machine: Machine, begin: Callable[[str], tuple[Runner, Run]], command: str
) -> None:
    (stage.folder / "deploy.sh").write_text("#!/bin/bash\nkubectl apply -f x.yaml\n")
    (stage.folder / "deploy.sh").chmod(0o755)
    (stage.folder / "Makefile").write_text("deploy:\n\t@kubectl apply -f x.yaml\n")
    for name in ("make", "sudo"):
        (machine.folder / "tools" / name).write_text("#!/bin/bash\nexit 0\n")
        (machine.folder / "tools" / name).chmod(0o755)
    runner, run = begin(command)
    machine.set(context="staging")
    prepared = runner.prepare(run, 1)
    with pytest.raises(RunRefused, match="staging"):
        await runner.perform(run, prepared, stage.consent(prepared, runner), stage.seen.append)
    assert machine.changes == []


async def test_a_script_without_such_a_tool_is_asked_nothing(
    stage: Stage, machine: Machine, begin: Callable[[str], tuple[Runner, Run]]
) -> None:
    (stage.folder / "deploy.sh").write_text("#!/bin/bash\ntouch made\n")
    runner, run = begin("bash deploy.sh")
    machine.set(context="staging")
    prepared = runner.prepare(run, 1)
    await runner.perform(run, prepared, stage.consent(prepared, runner), stage.seen.append)
    assert (stage.folder / "made").exists()
