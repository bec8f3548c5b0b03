"""A rollback gives no traffic to a revision that would answer nobody, unless a person says so with a reason."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cockpit.model.event import Kind
from cockpit.model.overall import OverallState, list_troubles
from cockpit.model.run import Run, StepState, Value
from cockpit.model.system import Environment
from cockpit.platforms.container_apps.kind import KIND, MULTIPLE, WITHOUT_INGRESS
from cockpit.platforms.container_apps.platform import RevisionsPoll
from cockpit.runbooks.catalogue.load import open_file
from cockpit.runbooks.rollback import propose_rollback
from cockpit.runbooks.run import execute
from cockpit.runbooks.types import RunRefused
from cockpit.simulator.world.scenario import Scenario, load_scenario
from cockpit.simulator.world.site import RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.runbooks.az.commanding import Shell, shell
from tests.integration.runbooks.stage import Stage

R41, R43, R44 = "shop-api--r41", "shop-api--r43", "shop-api--r44"
PROD = Environment("prod", subscription=SUBSCRIPTION, resource_group=RESOURCE_GROUP, values={"app": "shop-api"})


def world(suffix: str = "r41", **more: Any) -> Scenario:
    """The bad deployment, with one revision that is otherwise than usual."""
    scenario = load_scenario("bad-deploy")
    changed = [each.model_copy(update=more) if each.suffix == suffix else each for each in scenario.revisions]
    return scenario.model_copy(update={"revisions": tuple(changed)})


@pytest.fixture
async def cloud(request: pytest.FixtureRequest) -> AsyncIterator[Shell]:
    async with shell(getattr(request, "param", world())) as opened:
        opened.play.time.pass_by(30)
        yield opened


@pytest.fixture
def native(stage: Stage, cloud: Shell) -> Stage:
    stage.environment = PROD
    stage.options = {"azure": cloud.azure, "time": cloud.play.time, "environ": {"PATH": "/usr/bin:/bin"}}
    stage.runner = stage.again()
    return stage


def begin(stage: Stage, slug: str = MULTIPLE) -> Run:
    runbook = open_file(KIND.procedures / "rollback.md")
    (procedure,) = (each for each in runbook.procedures if each.slug == slug)
    values = (Value("previous", R41, "proposal"), Value("bad", R44, "proposal"))
    return stage.runner.start(runbook, procedure, trust=runbook.sha256, proposed=values)


async def test_it_waits_until_a_replica_is_ready(native: Stage, cloud: Shell) -> None:
    run = begin(native)
    await native.perform(run, 1)
    before = cloud.play.time.seconds

    attempt = await native.perform(native.runner.run(run.id), 2)

    assert attempt.state is StepState.OK, attempt.verified
    assert re.search(r"; ready [3-9] s after it ended$", attempt.verified), "what it printed shows that it was not yet"
    assert 3.0 <= cloud.play.time.seconds - before < 10.0  # the four seconds that the world takes to start one
    assert "not ready yet: starting, 0 of 2 replicas ready" in native.output


def test_the_undo_of_a_change_is_shown_with_the_values_that_only_it_needs(native: Stage) -> None:
    run = begin(native)
    shift = native.runner.prepare(run, 3)
    assert "bad" not in {value.name for value in shift.values}
    assert shift.undone_by.endswith(f"--revision-weight {R44}=100")


@pytest.mark.parametrize("cloud", [world(replicas=0)], indirect=True)
async def test_one_that_is_scaled_to_zero_and_may_be_is_waited_for_no_longer(native: Stage, cloud: Shell) -> None:
    run = begin(native)
    await native.perform(run, 1)
    assert (await native.perform(native.runner.run(run.id), 2)).state is StepState.OK


@pytest.mark.parametrize("cloud", [world(sick=True)], indirect=True)
async def test_after_a_minute_a_person_may_shift_all_the_same_and_the_reason_is_recorded(
    native: Stage, cloud: Shell
) -> None:
    run = begin(native)
    await native.perform(run, 1)
    before = cloud.play.time.seconds

    attempt = await native.perform(native.runner.run(run.id), 2)

    assert attempt.state is StepState.FAILED
    assert attempt.verified.startswith("it is not ready: Unhealthy")
    assert 60.0 <= cloud.play.time.seconds - before < 70.0
    with pytest.raises(RunRefused, match="step 2"):
        await native.perform(native.runner.run(run.id), 3)
    assert await cloud.weights() == {"r44": 100}

    native.runner.settle(native.runner.run(run.id), 2, StepState.SKIPPED, "half of the users is better than none")
    shifted = await native.perform(native.runner.run(run.id), 3)

    assert shifted.state is StepState.OK, shifted.outcome
    assert await cloud.weights() == {"r41": 100}
    settled = [event for event in native.timeline.events(kinds=[Kind.STEP]) if event.detail["phase"] == "settled"]
    assert [event.detail["reason"] for event in settled] == ["half of the users is better than none"]


@pytest.mark.parametrize("cloud", [world(sick=True)], indirect=True)
async def test_a_wait_for_a_replica_that_a_person_stops_did_not_fail(native: Stage, cloud: Shell) -> None:
    run = begin(native)
    await native.perform(run, 1)
    run = native.runner.run(run.id)
    prepared = native.runner.prepare(run, 2)
    stopping: list[asyncio.Task[str]] = []

    def hear(text: str) -> None:
        if "not ready yet" in text and not stopping:
            stopping.append(asyncio.create_task(native.runner.cancel(run, 2)))

    attempt = await native.runner.perform(run, prepared, native.consent(prepared), hear)
    assert (attempt.cancelled, attempt.ending) == (True, "stopped by hand")
    assert attempt.verified.startswith("the wait was broken off by hand: it is not ready: ")


async def test_a_wait_is_stopped_at_once_while_the_question_about_a_replica_hangs(
    native: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was stopped only when the answer came, or the patience of the client was at its end."""
    run = begin(native)
    await native.perform(run, 1)
    run = native.runner.run(run.id)
    prepared = native.runner.prepare(run, 2)

    async def hang(*_: object) -> str | None:
        await native.runner.cancel(run, 2)
        await asyncio.Event().wait()
        return None

    monkeypatch.setattr(execute, "unready_of", hang)
    consent = native.consent(prepared)
    attempt = await asyncio.wait_for(native.runner.perform(run, prepared, consent, lambda text: None), 20)
    assert (attempt.cancelled, attempt.ending) == (True, "stopped by hand")
    assert execute.NO_ANSWER in attempt.verified


async def test_where_the_cloud_cannot_be_read_it_is_not_called_ready(native: Stage, cloud: Shell) -> None:
    run = begin(native)
    await native.perform(run, 1)
    await cloud.fault("replicas", status=403, times=None)

    attempt = await native.perform(native.runner.run(run.id), 2)

    assert attempt.state is StepState.FAILED
    assert "could not be read" in attempt.verified


WORKER = world().model_copy(update={"ingress": False})


@pytest.mark.parametrize("cloud", [WORKER], indirect=True)
async def test_an_app_without_ingress_is_seen_to_be_ill_and_rolled_back_without_traffic(
    native: Stage, cloud: Shell
) -> None:
    apps = await RevisionsPoll(PROD, cloud.azure).applications()
    assert [(trouble.name, trouble.word) for trouble in list_troubles(apps)] == [(R44, OverallState.DEGRADED)]
    proposal = propose_rollback(apps[0])
    assert (proposal.procedure, proposal.bad and proposal.bad.name) == (WITHOUT_INGRESS, R44)
    assert (proposal.good and proposal.good.name) == R43

    run = begin(native, WITHOUT_INGRESS)
    for step in (1, 2, 3, 4):
        attempt = await native.perform(native.runner.run(run.id), step)
        assert attempt.state is StepState.OK, attempt.outcome

    assert list_troubles(await RevisionsPoll(PROD, cloud.azure).applications()) == []
