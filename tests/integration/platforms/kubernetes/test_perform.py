"""Known kubectl commands: they do what kubectl does and print what it prints, on a simulated cluster."""

import asyncio
import shlex
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.run import StepState
from cockpit.platforms.kubernetes.known_commands import recognise_kubectl_command
from cockpit.platforms.platform import CommandOutcome, CommandSurvey
from cockpit.simulator.kubernetes.api import ApiRefusal
from cockpit.simulator.kubernetes.objects import BrokenImage
from tests.integration.platforms.kubernetes.cluster_stage import ClusterStage, opened_cluster

V1, V2, BROKEN = "example.com/api:v1", "example.com/api:v2", "example.com/api:broken"
KUBECTL = shutil.which("kubectl")


@dataclass
class Commands:
    """Runs command lines on the stage, natively; `kubectl` runs the real one."""

    stage: ClusterStage
    printed: list[str] = field(default_factory=list)

    async def run(self, line: str, confirmed: str = "", *, read_only: bool = False) -> CommandOutcome:
        platform = self.stage.platform(read_only=read_only)
        command = recognise_kubectl_command(shlex.split(line), platform._context.environment)
        assert command is not None, line
        self.printed.clear()
        return await platform.perform_command(command, self.printed.append, confirmed=confirmed)

    async def survey(self, line: str) -> CommandSurvey:
        platform = self.stage.platform()
        command = recognise_kubectl_command(shlex.split(line), platform._context.environment)
        assert command is not None, line
        return await platform.survey_command(command)

    @property
    def text(self) -> str:
        return "".join(self.printed)

    async def kubectl(self, line: str) -> tuple[int, str]:
        """Exit code and standard output of the real one."""
        assert KUBECTL is not None
        process = await asyncio.create_subprocess_exec(
            KUBECTL,
            *shlex.split(line)[1:],
            env={
                "KUBECONFIG": str(self.stage.kubeconfig),
                "HOME": str(self.stage.kubeconfig.parent),
                "PATH": "/usr/bin",
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out.decode() + (f"[stderr] {err.decode()}" if process.returncode else "")

    def image(self, name: str = "api", kind: str = "Deployment") -> str:
        template = self.stage.cluster.objects[kind, name]["spec"]["template"]
        return str(template["spec"]["containers"][0]["image"])


@pytest.fixture
async def commands(tmp_path: Path) -> AsyncIterator[Commands]:
    async with opened_cluster(tmp_path) as stage:
        stage.deploy(cause="first release")
        stage.settle()
        stage.deploy(image=V2, cause="second release")
        stage.settle()
        yield Commands(stage)


async def test_undo_gives_the_older_template_again_as_the_newest_revision(commands: Commands) -> None:
    outcome = await commands.run("kubectl -n shop rollout undo deployment/api --to-revision=1")
    assert (outcome.state, commands.text) == (StepState.OK, "deployment.apps/api rolled back\n")
    assert commands.image() == V1
    commands.stage.settle()
    newest, _ = (await commands.stage.read())["api"].revisions
    assert (newest.number, newest.image, newest.change_cause) == (3, V1, "first release")


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
async def test_undo_of_a_set(commands: Commands, kind: str) -> None:
    for version in ("v1", "v2"):
        commands.stage.deploy("store", f"example.com/store:{version}", kind=kind)
        commands.stage.settle(120)
    outcome = await commands.run(f"kubectl -n shop rollout undo {kind.lower()}/store")
    assert (outcome.state, commands.text) == (StepState.OK, f"{kind.lower()}.apps/store rolled back\n")
    assert commands.image("store", kind) == "example.com/store:v1"


async def test_a_revision_that_is_not_there_is_refused_with_those_that_are(commands: Commands) -> None:
    outcome = await commands.run("kubectl -n shop rollout undo deployment/api --to-revision=9")
    assert (outcome.state, outcome.exit_code) == (StepState.FAILED, 1)
    assert "it has 1, 2" in outcome.sentence
    assert commands.image() == V2


async def test_the_survey_says_where_and_what_is_there_now(commands: Commands) -> None:
    survey = await commands.survey("kubectl -n shop rollout undo deployment/api")
    assert survey.words == (
        "on shop-admin/shop (aks-shop)",
        f"it runs revision 2, {V2}, 2 of 2 pods ready",
        f"revision 1: {V1}",
    )


async def test_two_people_who_roll_back_are_one_rollback_and_one_refusal(commands: Commands) -> None:
    line = "kubectl -n shop rollout undo deployment/api"
    survey = await commands.survey(line)
    first = await commands.run(line, survey.fingerprint)
    second = await commands.run(line, survey.fingerprint)
    assert (first.state, second.state) == (StepState.OK, StepState.FAILED)
    assert "Nothing was sent" in second.sentence
    assert commands.image() == V1


async def test_a_change_between_look_and_patch_is_refused_by_the_cluster(commands: Commands) -> None:
    platform = commands.stage.platform()
    command = recognise_kubectl_command(
        shlex.split("kubectl -n shop rollout undo deployment/api"), platform._context.environment
    )
    assert command is not None
    list_items = platform.client.list_items

    async def list_slowly(path: str, params: object = None) -> list[object]:
        commands.stage.cluster.objects["Deployment", "api"]["metadata"]["generation"] += 1  # somebody else
        return await list_items(path)  # type: ignore[return-value]

    platform.client.list_items = list_slowly  # type: ignore[method-assign,assignment]
    outcome = await platform.perform_command(command, commands.printed.append, confirmed="")
    assert outcome.state is StepState.FAILED
    assert commands.image() == V2


async def test_a_change_that_nobody_answered_is_looked_at_again(commands: Commands) -> None:
    commands.stage.api.refuse(ApiRefusal(504, verb="patch", times=1, done=True))
    outcome = await commands.run("kubectl -n shop rollout undo deployment/api")
    assert outcome.state is StepState.OK
    assert "it was done" in outcome.sentence
    assert [method for method, _ in commands.stage.api.requests].count("PATCH") == 1


async def test_a_change_that_nobody_answered_and_that_shows_nowhere_is_unknown(commands: Commands) -> None:
    commands.stage.api.refuse(ApiRefusal(503, verb="patch", times=1))
    outcome = await commands.run("kubectl -n shop rollout restart deployment/api")
    assert outcome.state is StepState.UNKNOWN
    assert [method for method, _ in commands.stage.api.requests].count("PATCH") == 1


@pytest.mark.parametrize("line", ["rollout restart deployment/api", "rollout undo deployment/api"])
async def test_what_somebody_else_changed_meanwhile_is_no_proof_that_ours_was_done(
    commands: Commands, line: str
) -> None:
    """An autoscaler changes the number of pods of a workload whenever it likes."""
    commands.stage.api.refuse(ApiRefusal(503, verb="patch", times=1))
    image, item = commands.image(), commands.stage.cluster.objects["Deployment", "api"]
    sleep = commands.stage.clock.sleep

    async def scale_and_sleep(seconds: float) -> None:
        item["spec"]["replicas"] += 1
        item["metadata"]["generation"] += 1
        await sleep(seconds)

    commands.stage.clock.sleep = scale_and_sleep  # type: ignore[method-assign]
    outcome = await commands.run(f"kubectl -n shop {line}")
    assert (outcome.state, commands.image()) == (StepState.UNKNOWN, image)


async def test_a_forbidden_change_names_the_role(commands: Commands) -> None:
    commands.stage.api.refuse(ApiRefusal(403, verb="patch"))
    outcome = await commands.run("kubectl -n shop rollout restart deployment/api")
    assert outcome.state is StepState.FAILED
    assert "allows patch on deployments.apps: the ClusterRole edit, bound in shop, does." in outcome.sentence
    assert commands.printed[-1].startswith("Error from server (Forbidden): ")


async def test_a_pod_that_is_gone_fails_with_the_reason_of_kubectl(commands: Commands) -> None:
    outcome = await commands.run("kubectl -n shop get pods gone")
    assert outcome.exit_code == 1
    assert commands.printed == ['Error from server (NotFound): pods "gone" not found\n']


@pytest.mark.parametrize(
    ("verb", "plural", "line"),
    [
        ("get", "deployments", "kubectl -n shop rollout undo deployment/api"),
        ("list", "replicasets", "kubectl -n shop rollout undo deployment/api"),
        ("patch", "deployments", "kubectl -n shop rollout undo deployment/api"),
        ("list", "replicasets", "kubectl -n shop rollout history deployment/api"),
        ("get", "deployments", "kubectl -n shop rollout status deployment/api"),
        ("list", "pods", "kubectl -n shop get pods"),
        ("list", "events", "kubectl -n shop get events"),
        ("list", "pods", "kubectl -n shop logs deployment/api"),
        ("delete", "pods", "kubectl -n shop delete pod POD"),
    ],
)
async def test_one_verb_that_is_missing_is_named_with_the_role_and_changes_nothing(
    commands: Commands, verb: str, plural: str, line: str
) -> None:
    pod = next(name for kind, name in commands.stage.cluster.objects if kind == "Pod")
    commands.stage.api.refuse(ApiRefusal(403, verb=verb, plural=plural))
    outcome = await commands.run(line.replace("POD", pod))
    assert (outcome.state, outcome.exit_code) == (StepState.FAILED, 1)
    assert f"allows {verb} on {plural}" in outcome.sentence
    assert ". Ask for a role" in outcome.sentence
    assert commands.image() == V2
    assert ("Pod", pod) in commands.stage.cluster.objects


async def test_a_throttled_change_is_not_sent_again_and_says_how_long_to_wait(commands: Commands) -> None:
    commands.stage.api.refuse(ApiRefusal(429, verb="patch", times=1))
    outcome = await commands.run("kubectl -n shop rollout undo deployment/api")
    assert outcome.state is StepState.FAILED
    assert "Wait 1 s" in outcome.sentence
    assert [method for method, _ in commands.stage.api.requests].count("PATCH") == 1


@pytest.mark.parametrize("line", ["kubectl -n shop rollout status deployment/api", "kubectl -n shop get deployments"])
async def test_a_throttled_read_is_asked_again_when_the_server_says(commands: Commands, line: str) -> None:
    commands.stage.api.refuse(ApiRefusal(429, times=2))
    outcome = await commands.run(line)
    assert outcome.state is StepState.OK
    assert commands.text.count("api") == 1


@pytest.mark.parametrize(("lost", "state"), [(3, StepState.OK), (1000, StepState.FAILED)])
async def test_the_wait_for_a_rollout_outlives_lost_answers_but_not_a_server_that_is_gone(
    commands: Commands, lost: int, state: StepState
) -> None:
    commands.stage.deploy(image="example.com/api:v3")
    platform = commands.stage.platform()
    command = recognise_kubectl_command(
        shlex.split("kubectl -n shop rollout status deployment/api"), platform._context.environment
    )
    assert command is not None
    get, looks = platform.client.get, 0

    async def get_seldom(path: str, *rest: Any, **more: Any) -> Any:
        nonlocal looks
        looks += 1
        if 1 < looks <= 1 + lost:
            raise SourceError(Problem(ProblemKind.SERVER, "503", "The server is starting."))
        commands.stage.settle(2 if looks > 1 else 0.2)
        return await get(path, *rest, **more)

    platform.client.get = get_seldom  # type: ignore[method-assign]
    outcome = await platform.perform_command(command, commands.printed.append, confirmed="")
    assert outcome.state is state


async def test_of_a_half_rolled_deployment_the_dialog_says_that_it_is_half_rolled(commands: Commands) -> None:
    """The pods that are ready are those of the release before."""
    commands.stage.cluster.broken[BROKEN] = BrokenImage("crash")
    commands.stage.deploy(image=BROKEN)
    commands.stage.settle(10)
    words = " ".join((await commands.survey("kubectl -n shop rollout undo deployment/api")).words)
    assert f"a rollout to revision 3, {BROKEN} is under way" in words
    assert "it runs" not in words


async def test_a_paused_rollout_is_waited_for_in_vain_and_says_so(commands: Commands) -> None:
    commands.stage.deploy(image="example.com/api:v3")
    commands.stage.settle(0.2)
    await commands.run("kubectl -n shop rollout pause deployment/api")
    words = " ".join((await commands.survey("kubectl -n shop rollout resume deployment/api")).words)
    outcome = await commands.run("kubectl -n shop rollout status deployment/api --timeout=2s")
    assert "and it is paused" in words
    assert outcome.exit_code == 1
    assert "kubectl rollout resume" in outcome.sentence


async def test_read_only_sends_nothing(commands: Commands) -> None:
    outcome = await commands.run("kubectl -n shop rollout restart deployment/api", read_only=True)
    assert outcome.state is StepState.FAILED
    assert "PATCH" not in [method for method, _ in commands.stage.api.requests]


async def test_another_cluster_behind_the_same_context_is_refused(commands: Commands) -> None:
    platform = commands.stage.platform()
    command = recognise_kubectl_command(
        shlex.split("kubectl -n shop rollout restart deployment/api"), platform._context.environment
    )
    assert command is not None
    await platform.client.target()
    moved = commands.stage.kubeconfig.read_text().replace("127.0.0.1", "localhost")
    commands.stage.kubeconfig.write_text(moved)
    outcome = await platform.perform_command(command, commands.printed.append, confirmed="")
    assert outcome.state is StepState.FAILED
    assert "Nothing was changed" in outcome.sentence
    assert "PATCH" not in [method for method, _ in commands.stage.api.requests]


async def test_a_context_that_vanished_is_reported_before_a_change_and_nothing_is_sent(commands: Commands) -> None:
    platform = commands.stage.platform()
    command = recognise_kubectl_command(
        shlex.split("kubectl -n shop rollout restart deployment/api"), platform._context.environment
    )
    assert command is not None
    await platform.client.target()
    other = commands.stage.kubeconfig.read_text().replace("shop-admin", "staging")
    commands.stage.kubeconfig.write_text(other)
    outcome = await platform.perform_command(command, commands.printed.append, confirmed="")
    assert outcome.state is StepState.FAILED
    assert "shop-admin" in outcome.sentence
    assert "staging" in outcome.sentence
    assert "PATCH" not in [method for method, _ in commands.stage.api.requests]


async def test_a_rollout_that_hangs_says_why(commands: Commands) -> None:
    commands.stage.cluster.broken[BROKEN] = BrokenImage("pull")
    commands.stage.deploy(image=BROKEN)
    commands.stage.settle(5)
    outcome = await commands.run("kubectl -n shop rollout status deployment/api --timeout=2s")
    assert outcome.exit_code == 1
    assert "ImagePullBackOff" in outcome.sentence


async def test_a_rollout_past_its_deadline_has_failed(commands: Commands) -> None:
    commands.stage.cluster.broken[BROKEN] = BrokenImage("crash")
    commands.stage.deploy(image=BROKEN)
    commands.stage.settle(700)
    outcome = await commands.run("kubectl -n shop rollout status deployment/api")
    assert (outcome.exit_code, outcome.sentence) == (1, 'deployment "api" exceeded its progress deadline')


READS = (
    "kubectl get pods -n shop",
    "kubectl get deploy,rs -n shop",
    "kubectl get deployments -n shop -o wide",
    "kubectl get rs -n shop",
    "kubectl get deployment/api -n shop",
    "kubectl get deployment api -n shop --no-headers",
    "kubectl get pods -n shop -l app=nobody",
    "kubectl rollout status deployment/api -n shop",
    "kubectl rollout history deployment/api -n shop",
    "kubectl logs -n shop deployment/api --tail=100",
)
CHANGES = (
    "kubectl -n shop rollout undo deployment/api --to-revision=1",
    "kubectl -n shop rollout undo deployment/api --to-revision=2",
    "kubectl -n shop rollout undo deployment/api",
    "kubectl -n shop rollout restart deployment/api",
    "kubectl -n shop rollout pause deployment/api",
    "kubectl -n shop scale deployment/api --replicas=3",
    "kubectl -n shop scale deployment/api --replicas=2",
    "kubectl -n shop set image deployment/api api=example.com/api:v3",
    "kubectl -n shop set image deployment/api wrong=example.com/api:v3",
    "kubectl -n shop rollout undo deployment/api --to-revision=99",
    "kubectl -n shop rollout restart deployment/nobody",
)


@pytest.mark.parametrize(
    ("kind", "partition", "sentence"),
    [
        ("StatefulSet", 0, "partitioned roll out complete: 3 new pods have been updated..."),
        ("StatefulSet", 2, "partitioned roll out complete: 1 new pods have been updated..."),
        ("DaemonSet", 0, 'daemon set "db" successfully rolled out'),
    ],
)
async def test_rollout_status_of_a_set_prints_what_kubectl_prints(
    commands: Commands, kind: str, partition: int, sentence: str
) -> None:
    line = f"kubectl -n shop rollout status {kind.lower()}/db --timeout=5s"
    commands.stage.deploy("db", kind=kind, replicas=3)
    commands.stage.settle()
    commands.stage.cluster.objects[kind, "db"]["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = partition
    commands.stage.deploy("db", V2, kind=kind, replicas=3)
    commands.stage.settle()
    outcome = await commands.run(line)
    assert (outcome.state, commands.text) == (StepState.OK, f"{sentence}\n")
    if KUBECTL is not None:
        assert await commands.kubectl(line) == (0, commands.text)


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
@pytest.mark.parametrize("line", READS)
async def test_what_is_read_is_printed_as_kubectl_prints_it(commands: Commands, line: str) -> None:
    code, text = await commands.kubectl(line)
    platform = commands.stage.platform()
    if recognise_kubectl_command(shlex.split(line), platform._context.environment) is None:
        assert code == 0, "left to kubectl, which the simulated cluster serves"
        return
    outcome = await commands.run(line)
    assert (outcome.exit_code, commands.text) == (code, text or "No resources found in shop namespace.\n")


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
@pytest.mark.parametrize("line", CHANGES)
async def test_a_change_does_and_prints_what_kubectl_does_and_prints(tmp_path: Path, line: str) -> None:
    results = []
    for tool in ("kubectl", "cockpit"):
        folder = tmp_path / tool
        folder.mkdir()
        async with opened_cluster(folder) as stage:
            stage.deploy(cause="first release")
            stage.settle()
            stage.deploy(image=V2, cause="second release")
            stage.settle()
            commands = Commands(stage)
            if tool == "kubectl":
                code, text = await commands.kubectl(line)
            else:
                outcome = await commands.run(line)
                code, text = outcome.exit_code or 0, commands.text
            stage.settle()
            deployment = stage.cluster.objects["Deployment", "api"]
            spec = {**deployment["spec"], "template": {**deployment["spec"]["template"], "metadata": {}}}
            cause = deployment["metadata"]["annotations"].get("kubernetes.io/change-cause")
            results.append((code, text if not code else "", spec, cause))
    assert results[1] == results[0]
