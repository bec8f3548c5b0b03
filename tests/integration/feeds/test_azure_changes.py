"""The activity log and service health of the simulated Azure, as the feed reads them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

from cockpit.azure.changes.container_app import ContainerApp
from cockpit.azure.client import Azure
from cockpit.azure.identity import build_credential
from cockpit.feeds.azure_changes import azure_changes_feed
from cockpit.model.event import Kind
from cockpit.model.system import Cloud, Environment
from cockpit.simulator.world.scenario import ServiceIssue, load_scenario
from cockpit.simulator.world.site import APP, RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.simulator.playing import Playing, playing

PROD = Environment("prod", True, SUBSCRIPTION, RESOURCE_GROUP, apps=(APP,), activity_log=True, service_health=True)


@asynccontextmanager
async def azure_of(play: Playing) -> AsyncIterator[Azure]:
    cloud = Cloud(endpoint=play.url, logs_endpoint=play.url)
    credential = build_credential(("simulator",), "", "", cloud, time=play.time)
    azure = Azure(cloud, credential, subscription=SUBSCRIPTION, read_only=False, time=play.time)
    try:
        yield azure
    finally:
        await azure.close()


async def test_a_deployment_of_others_is_reported_and_our_own_restart_is_not() -> None:
    async with playing(load_scenario("bad-deploy")) as play, azure_of(play) as azure:
        feed = azure_changes_feed(PROD, azure, time=play.time, random=Random(1))
        play.time.pass_by(60)
        await ContainerApp(azure, RESOURCE_GROUP, APP).restart("shop-api--r44")
        play.time.pass_by(600)
        reading = await feed.poll()
    assert reading.problem is None
    told = [(change.by, change.detail["operation"]) for change in reading.value or () if change.kind is Kind.ACTIVITY]
    assert ("ci@example.com", "Microsoft.App/containerApps/write") in told
    assert not [operation for _, operation in told if operation.endswith("restart/action")]


async def test_an_outage_of_azure_is_reported_beside_it() -> None:
    issue = ServiceIssue(name="X", title="SQL is slow", service="SQL Database", status="Active", age=600)
    scenario = load_scenario("quiet")
    async with playing(scenario.model_copy(update={"service_issues": (issue,)})) as play, azure_of(play) as azure:
        reading = await azure_changes_feed(PROD, azure, time=play.time, random=Random(1)).poll()
        without = await azure_changes_feed(
            replace(PROD, service_health=False), azure, time=play.time, random=Random(1)
        ).poll()
    assert [change.state for change in reading.value or () if change.kind is Kind.HEALTH] == ["active"]
    assert not [change for change in without.value or () if change.kind is Kind.HEALTH]
