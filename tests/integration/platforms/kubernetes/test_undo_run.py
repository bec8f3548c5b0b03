"""The built-in procedure undoes a rollout through the runner: proposed by evidence, looked at, sent once, verified."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.model.event import Draft
from cockpit.model.revision import Application
from cockpit.model.run import StepState
from cockpit.model.system import Environment
from cockpit.platforms.kubernetes.kind import ROLLBACK
from cockpit.platforms.kubernetes.settings import KubernetesSettings
from cockpit.recorder.app_changes import app_changes
from cockpit.recorder.last_recorded import LastRecorded
from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.lint.dry_values import known_command
from cockpit.runbooks.rollback import RollbackEvidence, propose_rollback
from cockpit.simulator.kubernetes.objects import BrokenImage
from tests.integration.platforms.kubernetes.cluster_stage import ClusterStage, opened_cluster
from tests.integration.runbooks.stage import Stage

V1, V2, BROKEN = "example.com/api:v1", "example.com/api:v2", "example.com/api:broken"


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[ClusterStage]:
    """v1 ran for an hour, v2 for ten, then a broken one came that never became ready."""
    async with opened_cluster(tmp_path) as stage:
        stage.deploy()
        stage.settle(3_600)
        stage.deploy(image=V2)
        stage.settle(36_000)
        stage.cluster.broken[BROKEN] = BrokenImage("crash")
        stage.deploy(image=BROKEN)
        stage.settle(120)
        yield stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.close()


async def test_it_goes_back_to_what_served_and_not_to_what_never_came_up(cluster: ClusterStage) -> None:
    proposal = propose_rollback((await cluster.read())["api"], now=cluster.clock.now())
    assert proposal.bad is not None
    assert proposal.good is not None
    assert (proposal.bad.image, proposal.good.image) == (BROKEN, V2)
    assert proposal.evidence is not RollbackEvidence.NONE
    assert (proposal.document, proposal.values_by_name["workload"], proposal.values_by_name["number"]) == (
        ROLLBACK,
        "deployment/api",
        "2",
    )


async def test_once_the_bad_one_has_replaced_all_the_last_good_one_is_found(cluster: ClusterStage) -> None:
    cluster.cluster.broken.clear()
    cluster.settle(600)  # the bad one is up; it answers wrongly, which no pod tells
    proposal = propose_rollback((await cluster.read())["api"], now=cluster.clock.now())
    assert proposal.good is not None
    assert proposal.good.image == V2
    assert proposal.evidence is RollbackEvidence.WAS_ACTIVE


async def test_the_procedure_undoes_the_rollout_and_waits_until_it_is_through(
    stage: Stage, cluster: ClusterStage
) -> None:
    platform = cluster.platform()
    stage.environment = replace(platform._context.environment, name=stage.environment.name)
    stage.options = {"azure": None, "platforms": (platform,), "time": cluster.clock, "environ": {"PATH": "/nowhere"}}
    stage.runner = stage.again()
    app = (await cluster.read())["api"]
    proposal = propose_rollback(app, now=cluster.clock.now())
    document = load_catalogue([], environments=[stage.environment]).document(proposal.document)
    procedure = document.runbook.procedures[0]
    run = stage.runner.start(document.runbook, procedure, {}, proposed=proposal.values)
    undo = await stage.runner.survey(stage.runner.prepare(run, 1))
    assert undo.native is not None
    assert undo.meets[0] == "on shop-admin/shop (aks-shop)"
    attempt = await stage.runner.perform(run, undo, stage.consent(undo), stage.seen.append)
    assert (attempt.state, attempt.output) == (StepState.OK, "deployment.apps/api rolled back\n")
    status = stage.runner.prepare(run, 2)
    attempt = await stage.runner.perform(run, status, stage.consent(status), stage.seen.append)
    assert attempt.state is StepState.OK
    assert attempt.output.endswith('deployment "api" successfully rolled out\n')
    newest, *_ = (await cluster.read())["api"].revisions
    assert (newest.image, newest.ready_count, newest.weight) == (V2, 2, 100)


def test_the_steps_of_the_procedures_need_no_kubectl() -> None:
    environment = Environment("prod", platforms={"kubernetes": KubernetesSettings(namespace="shop")})
    documents = load_catalogue([], environments=[environment]).documents
    steps = [step for document in documents for procedure in document.runbook.procedures for step in procedure.commands]
    assert steps
    assert [step.command for step in steps if known_command(step, environment) is None] == []


async def test_the_recorder_tells_the_rollout_by_the_share_of_ready_pods(cluster: ClusterStage) -> None:
    apps = tuple((await cluster.read()).values())
    first: Sequence[Draft] = list(app_changes(LastRecorded(), "prod", apps, cluster.clock.now()))
    baseline = first[-1]
    assert baseline.detail["traffic"] == {app_revision(apps, V2): 100}


def app_revision(apps: Sequence[Application], image: str) -> str:
    return next(revision.name for app in apps for revision in app.revisions if revision.image == image)
