"""Known az commands through the runner, on the simulated cloud: no az is needed, and the rules hold there too."""

# ruff: noqa: ASYNC240  # nothing else runs on this loop

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.azure.client import Azure
from cockpit.model.event import RecordError
from cockpit.model.run import Attempt, Run, StepState
from cockpit.model.system import Cloud, Environment
from cockpit.model.time import RealTime, Time
from cockpit.runbooks.prepare.confirmation import Consent
from cockpit.runbooks.types import RunRefused
from cockpit.simulator.world.scenario import load_scenario
from cockpit.simulator.world.site import RESOURCE_GROUP, SUBSCRIPTION
from cockpit.timeline.timeline import Timeline
from tests.integration.runbooks.az.commanding import Shell, shell
from tests.integration.runbooks.stage import Stage, fence

R41, R42, R43 = (f"shop-api--r{number}" for number in range(41, 44))
APP = "-n <app> -g <rg>"
PROD = Environment("prod", subscription=SUBSCRIPTION, resource_group=RESOURCE_GROUP, values={"app": "shop-api"})
LIST = fence(f"# List revisions\naz containerapp revision list {APP} --query '[].name' -o tsv")
ACTIVATE = fence(f"# Activate the previous revision\naz containerapp revision activate {APP} --revision <previous>")


@pytest.fixture
async def cloud() -> AsyncIterator[Shell]:
    """Three revisions: r41 is not active, r43 is the latest and has all the traffic."""
    async with shell(load_scenario("quiet")) as opened:
        yield opened


@pytest.fixture
def native(stage: Stage, cloud: Shell) -> Stage:
    stage.environment = PROD
    stage.options = {"azure": cloud.azure, "time": cloud.play.time, "environ": {"PATH": "/usr/bin:/bin"}}
    stage.runner = stage.again()
    return stage


async def active(cloud: Shell) -> list[str]:
    return [each["name"] for each in (await cloud.play.world())["revisions"] if each["active"]]


async def test_a_read_prints_what_az_would(native: Stage) -> None:
    run = native.start(LIST)
    prepared = native.runner.prepare(run, 1)
    assert prepared.native is not None
    assert prepared.native.describe() == "List every revision of shop-api"
    attempt = await native.perform(run)
    assert attempt.state is StepState.OK
    assert attempt.native
    assert set(attempt.output.split()) >= {R42, R43}
    assert Path(attempt.transcript).read_text() == attempt.output == native.output


async def test_without_a_cloud_the_same_step_is_bashs(native: Stage) -> None:
    run = native.start(LIST)
    prepared = native.again(azure=None).prepare(run, 1)
    assert prepared.native is None
    assert prepared.reason_not_runnable.startswith("az is not installed")


async def test_what_a_change_would_meet_is_shown_and_confirmed(native: Stage, cloud: Shell) -> None:
    run = native.start(ACTIVATE, {"previous": R41})
    prepared = native.runner.prepare(run, 1)
    surveyed = await native.runner.survey(prepared)
    assert surveyed.meets
    assert surveyed.fingerprint != prepared.fingerprint
    attempt = await native.runner.perform(run, surveyed, native.consent(surveyed), native.seen.append)
    assert attempt.state is StepState.OK, attempt.outcome
    assert R41 in await active(cloud)


async def test_a_world_that_moved_since_it_was_confirmed_stops_the_change(native: Stage, cloud: Shell) -> None:
    text = fence(f"# Route all traffic\naz containerapp ingress traffic set {APP} --revision-weight <previous>=100")
    run = native.start(text, {"previous": R42})
    surveyed = await native.runner.survey(native.runner.prepare(run, 1))
    await cloud.play.move_traffic({"revisionName": R42, "weight": 50}, {"revisionName": R43, "weight": 50})
    attempt = await native.runner.perform(run, surveyed, native.consent(surveyed), native.seen.append)
    assert attempt.state is StepState.FAILED
    assert (await cloud.weights()) == {"r42": 50, "r43": 50}


async def test_what_would_be_refused_is_not_runnable_once_it_was_looked_at(native: Stage) -> None:
    text = fence(f"# Deactivate\naz containerapp revision deactivate {APP} --revision <bad>")
    run = native.start(text, {"bad": R43})
    surveyed = await native.runner.survey(native.runner.prepare(run, 1))
    assert "100 % of the traffic" in surveyed.reason_not_runnable
    with pytest.raises(RunRefused, match="traffic"):
        await native.runner.perform(run, surveyed, Consent(surveyed.fingerprint, R43), native.seen.append)


def own_azure(cloud: Shell, time: Time, *, read_only: bool = False) -> Azure:
    """Another client of the same cloud."""
    where = Cloud(endpoint=cloud.play.url, logs_endpoint=cloud.play.url)
    return Azure(where, cloud.azure.credential, subscription=SUBSCRIPTION, read_only=read_only, time=time)


async def test_read_only_looks_through_the_sdk_and_writes_nothing(native: Stage, cloud: Shell) -> None:
    azure = own_azure(cloud, cloud.play.time, read_only=True)
    runner = native.again(azure=azure, read_only=True)
    looking = native.document(LIST, "look.md")
    run = runner.start(looking, looking.procedures[0], trust=looking.sha256)
    attempt = await runner.perform(run, runner.prepare(run, 1), Consent(), native.seen.append)
    assert attempt.state is StepState.OK
    assert R43 in attempt.output
    assert native.timeline.events() == []
    assert not (native.folder / "runs").exists()
    changing = native.document(ACTIVATE, "change.md")
    run = runner.start(changing, changing.procedures[0], {"previous": R41}, trust=changing.sha256)
    prepared = runner.prepare(run, 1)
    for each in (prepared, replace(prepared, reason_not_runnable="")):
        with pytest.raises(RunRefused, match=r"(?i)read-only"):
            await runner.perform(run, each, Consent(each.fingerprint), native.seen.append)
    await azure.close()


RESTORE = fence(
    "# Restore beside\naz sql db restore -s shop-api-sql -g <rg> -n shop-api --dest-name restored"
    " --time 2026-02-27T01:30:00Z"
)


async def begun(native: Stage, cloud: Shell) -> "tuple[Run, asyncio.Task[Attempt], Azure]":
    """A restore that Azure is at; its clock stands still as long as nobody waits on the simulated one."""
    run = native.start(RESTORE)
    azure = own_azure(cloud, RealTime())
    native.runner = native.again(azure=azure)
    prepared = native.runner.prepare(run, 1)
    performing = asyncio.create_task(native.runner.perform(run, prepared, native.consent(prepared), native.seen.append))
    while "operation" not in native.phases():
        assert not performing.done(), performing.result()
        await asyncio.sleep(0.01)
    return run, performing, azure


async def test_a_long_operation_is_taken_up_again_after_the_cockpit_died(native: Stage, cloud: Shell) -> None:
    run, performing, azure = await begun(native, cloud)
    native.timeline.close()  # the dying one writes nothing more
    performing.cancel()
    with suppress(asyncio.CancelledError, RecordError):
        await performing
    native.timeline = Timeline(native.folder / "timeline.db", time=cloud.play.time)
    next_cockpit = native.again()
    assert next_cockpit.run(run.id).state(1) is StepState.RUNNING
    link = next_cockpit.run(run.id).attempts[0].operation
    assert link.startswith(cloud.play.url)
    assert len(link) > 3_200  # all of it: the simulator, like Azure, refuses one that was cut
    assert await next_cockpit.leadership.recover() == []  # it goes on in Azure
    attempt = await next_cockpit.leadership.attach(run, 1, native.seen.append)
    assert attempt.state is StepState.OK, attempt
    (outcome,) = (step for step in native.steps() if step.detail["phase"] == "outcome")
    assert outcome.detail.get("looked_again") is True, "Azure does not say here when it ended"
    await azure.close()


async def test_a_stopped_change_says_that_azure_may_still_be_at_it(native: Stage, cloud: Shell) -> None:
    run, performing, azure = await begun(native, cloud)
    assert "may still be going on" in await native.runner.cancel(run, 1)
    attempt = await performing
    assert attempt.state is StepState.UNKNOWN
    assert attempt.operation.startswith(cloud.play.url)
    await azure.close()
