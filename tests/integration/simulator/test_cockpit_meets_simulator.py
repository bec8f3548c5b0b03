"""The cockpit's own feeds see the simulated story as they would see it on Azure."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from cockpit.azure.client import Azure
from cockpit.azure.identity import build_credential
from cockpit.feeds.azure_alerts.feed import azure_alerts_feed
from cockpit.model.alert import AlertState, Severity
from cockpit.model.system import AlertSource, Cloud, Environment
from cockpit.platforms.container_apps.platform import revisions_feed
from cockpit.simulator.world.site import APP, RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from tests.integration.simulator.playing import Playing

PROD = Environment("prod", True, SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE, (APP,))
SOURCE = AlertSource("azure", "azure")


@asynccontextmanager
async def azure_of(play: Playing) -> AsyncIterator[Azure]:
    cloud = Cloud(endpoint=play.url, logs_endpoint=play.url)
    known = build_credential(("simulator",), "", "", cloud, time=play.time)
    azure = Azure(cloud, known, subscription=SUBSCRIPTION, read_only=True, time=play.time)
    try:
        yield azure
    finally:
        await azure.close()


async def look(feed: Any) -> Any:
    reading = await feed.poll()
    assert reading.problem is None, reading.problem
    return reading.value


async def test_the_revision_feed_sees_the_bad_revision_take_the_traffic(bad_deploy: Playing) -> None:
    async with azure_of(bad_deploy) as azure:
        feed = revisions_feed(PROD, azure, time=bad_deploy.time, random=Random(1))
        before = (await look(feed))[0]
        bad_deploy.time.pass_by(45)
        after = (await look(feed))[0]
    assert (before.serving.name, after.serving.name) == ("shop-api--r43", "shop-api--r44")
    assert (after.serving.running, after.serving.health) == ("Degraded", "Unhealthy")
    assert [(each.ready, each.restarts) for each in after.serving.replicas] == [(False, 2), (False, 2)]
    assert after.changed_by == "ci@example.com"


async def test_the_alert_feed_sees_the_alert_fire_and_have_it_confirmed_as_resolved(bad_deploy: Playing) -> None:
    bad_deploy.time.pass_by(31)
    async with azure_of(bad_deploy) as azure:
        feed = azure_alerts_feed(SOURCE, PROD, azure, time=bad_deploy.time, random=Random(1))
        fired = await look(feed)
        await bad_deploy.move_traffic({"revisionName": "shop-api--r43", "weight": 100})
        bad_deploy.time.pass_by(15)
        later = {each.name: each.state for each in await look(feed)}
    assert [(each.name, each.severity, each.state) for each in fired] == [
        ("5xx errors", Severity.HIGH, AlertState.FIRING)
    ]
    assert later["5xx errors"] is AlertState.RESOLVED


async def test_the_feeds_read_a_world_full_of_quirks(quirks: Playing) -> None:
    async with azure_of(quirks) as azure:
        app = (await look(revisions_feed(PROD, azure, time=quirks.time, random=Random(1))))[0]
        alerts = await look(azure_alerts_feed(SOURCE, PROD, azure, time=quirks.time, random=Random(1)))
    assert len(app.revisions) == 6
    assert {each.name for each in alerts} == {"certificate expires soon", "slow responses"}
