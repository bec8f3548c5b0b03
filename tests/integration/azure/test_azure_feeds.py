"""The feeds of revisions and alerts, over the real SDK."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from urllib.parse import unquote

import pytest

from cockpit.azure.client import Azure
from cockpit.azure.identity import Credential
from cockpit.feeds.azure_alerts.feed import azure_alerts_feed
from cockpit.feeds.polling import Polled
from cockpit.model.alert import Alert, AlertState
from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.revision import Application
from cockpit.model.system import AlertSource, Environment
from cockpit.model.time import RealTime
from cockpit.platforms.container_apps.platform import revisions_feed
from tests.integration.azure.fake_azure import FakeAzure, Reply, opened

PROD = Environment("prod", resource_group="rg", apps=("web",))
T = TypeVar("T")
Watched = Polled[tuple[Alert, ...]]
BROKEN = Reply(503, {"error": {"code": "ServerBusy"}})


class Clock(RealTime):
    """Real for the libraries; its wall clock can be moved on."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime(2026, 2, 27, 2, 14, tzinfo=UTC) + self.ahead


def app(name: str) -> dict[str, Any]:
    return {"name": name, "properties": {"configuration": {"activeRevisionsMode": "Multiple"}}}


def revision(name: str, *, active: bool = True, weight: int = 0) -> dict[str, Any]:
    return {"name": name, "properties": {"active": active, "trafficWeight": weight}}


def listed(*values: Any, link: str = "") -> Reply:
    return Reply(body={"value": list(values), "nextLink": link or None})


def feed(azure: Azure, environment: Environment = PROD) -> Polled[tuple[Application, ...]]:
    return revisions_feed(environment, azure, time=azure.time, random=Random(1))


async def good(watched: Polled[tuple[T, ...]]) -> tuple[T, ...]:
    """What one look saw, which must have gone well."""
    reading = await watched.poll()
    assert reading.problem is None
    assert reading.value is not None
    return reading.value


async def test_a_look_shows_revisions_newest_first_with_the_replicas_of_the_active_ones(
    azure: Azure, cloud: FakeAzure
) -> None:
    cloud.on(r"GET .*/containerApps/web\?", Reply(body=app("web")))
    cloud.on(r"/revisions\?", listed(revision("web--1", active=False), revision("web--2", weight=100)))
    cloud.on(r"/web--2/replicas\?", listed({"name": "web--2-a", "properties": {"containers": []}}))
    (found,) = await good(feed(azure))
    assert [each.name for each in found.revisions] == ["web--2", "web--1"]
    assert [each.name for each in found.revisions[0].replicas or ()] == ["web--2-a"]
    assert found.revisions[1].replicas is None
    assert cloud.sent("web--1/replicas") == 0
    assert all("api-version=2025-07-01" in each for each in cloud.asked)


async def test_without_names_every_app_of_the_resource_group_is_shown(azure: Azure, cloud: FakeAzure) -> None:
    cloud.on(r"GET .*/containerApps\?", listed(app("web"), app("api")))
    cloud.on(r"/revisions\?", listed())
    found = await good(feed(azure, Environment("prod", resource_group="rg")))
    assert [each.name for each in found] == ["api", "web"]


async def test_replicas_that_cannot_be_read_do_not_blind_the_pane(azure: Azure, cloud: FakeAzure) -> None:
    cloud.on(r"GET .*/containerApps/web\?", Reply(body=app("web")))
    cloud.on(r"/revisions\?", listed(revision("web--1"), revision("web--2")))
    cloud.on(r"/web--1/replicas\?", BROKEN)
    cloud.on(r"/web--2/replicas\?", listed())
    (found,) = await good(feed(azure))
    assert [each.replicas for each in found.revisions] == [(), None]


async def test_an_app_that_is_not_there_is_shown_as_missing_beside_the_others(azure: Azure, cloud: FakeAzure) -> None:
    cloud.on(r"GET .*/containerApps/web\?", Reply(body=app("web")))
    cloud.on(r"/revisions\?", listed())
    found = await good(feed(azure, Environment("prod", resource_group="rg", apps=("web", "wbe"))))
    assert {each.name: each.running for each in found} == {"web": "", "wbe": "missing"}


async def test_when_none_of_the_apps_is_there_the_pane_says_what_to_check(azure: Azure, cloud: FakeAzure) -> None:
    reading = await feed(azure).poll()
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.MISSING
    assert "cockpit.toml" in reading.problem.advice


async def test_one_app_that_cannot_be_read_keeps_the_last_whole_picture(azure: Azure, cloud: FakeAzure) -> None:
    cloud.on(r"GET .*/containerApps/(web|api)\?", Reply(body=app("web")))
    cloud.on(r"/revisions\?", listed(revision("web--1")))
    revisions = feed(azure, Environment("prod", resource_group="rg", apps=("web", "api")))
    before = await good(revisions)
    cloud.on(r"/containerApps/api/revisions\?", BROKEN)
    bad = await revisions.poll()
    assert bad.value == before
    assert bad.problem is not None
    assert bad.problem.kind is ProblemKind.SERVER


async def test_many_apps_are_read_side_by_side_but_never_too_many_at_once(azure: Azure, cloud: FakeAzure) -> None:
    under_way, most = 0, 0
    play = cloud.play

    async def slowly(request: Any, reply: Reply) -> Any:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.002)
        under_way -= 1
        return await play(request, reply)

    cloud.play = slowly  # type: ignore[method-assign]
    cloud.on(r"GET .*/containerApps\?", listed(*(app(f"app-{number}") for number in range(12))))
    cloud.on(r"/revisions\?", listed(revision("r--1"), revision("r--2")))
    cloud.on(r"/replicas\?", listed())
    assert len(await good(feed(azure, Environment("prod", resource_group="rg")))) == 12
    assert 2 <= most <= 6


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def watched(cloud: FakeAzure, token_cache: Credential, clock: Clock) -> AsyncIterator[Watched]:
    async with opened(cloud, token_cache, time=clock) as azure:
        yield azure_alerts_feed(AlertSource("azure", "azure"), PROD, azure, time=clock, random=Random(1))


def alert(number: int, condition: str = "Fired") -> dict[str, Any]:
    return {
        "id": f"/subscriptions/x/providers/Microsoft.AlertsManagement/alerts/guid-{number}",
        "name": f"rule {number}",
        "properties": {"essentials": {"severity": "Sev1", "monitorCondition": condition, "alertState": "New"}},
    }


async def states(watched: Watched) -> dict[str, tuple[AlertState, str]]:
    return {each.fingerprint: (each.state, each.note) for each in await good(watched)}


async def test_the_list_asks_for_thirty_days_of_what_fires_in_pages_of_250(watched: Watched, cloud: FakeAzure) -> None:
    cloud.on("/alerts", listed(alert(1)))
    await watched.poll()
    (asked,) = cloud.asked
    assert "/resourceGroups/rg/providers/Microsoft.AlertsManagement/alerts?" in asked
    assert "timeRange=30d&monitorCondition=Fired&pageCount=250" in asked


async def test_a_next_page_may_name_port_443_and_another_api_version(watched: Watched, cloud: FakeAzure) -> None:
    path = "/subscriptions/x/providers/Microsoft.AlertsManagement/alerts"
    link = f"https://127.0.0.1:443{path}?api-version=2018-05-05-preview&ctoken=%2bRID%3a2"
    cloud.on("/alerts", listed(alert(1), link=link))
    cloud.on("ctoken", listed(alert(2)))
    assert set(await states(watched)) == {"guid-1", "guid-2"}
    assert unquote(cloud.asked[-1]).endswith("api-version=2018-05-05-preview&ctoken=+RID:2")


async def test_an_alert_that_vanishes_is_looked_up_and_azure_confirms_that_it_is_over(
    watched: Watched, cloud: FakeAzure
) -> None:
    cloud.on("/alerts", listed(alert(1)))
    await watched.poll()
    cloud.on(r"/alerts\?", listed())
    cloud.on("/alerts/guid-1", Reply(body=alert(1, "Resolved")))
    assert await states(watched) == {"guid-1": (AlertState.RESOLVED, "confirmed by Azure Monitor")}
    await watched.poll()
    assert cloud.sent("/alerts/guid-1") == 1  # what is confirmed is not asked again


async def test_without_a_confirmation_it_is_only_perhaps_resolved(watched: Watched, cloud: FakeAzure) -> None:
    cloud.on("/alerts", listed(alert(1), alert(2)))
    await watched.poll()
    cloud.on(r"/alerts\?", listed())
    cloud.on("/alerts/guid-1", Reply(404, {"error": {"code": "NotFound"}}))
    cloud.on("/alerts/guid-2", BROKEN)
    assert await states(watched) == {
        "guid-1": (AlertState.RESOLVING, "Azure no longer knows it"),
        "guid-2": (AlertState.RESOLVING, "not confirmed: 503 ServerBusy"),
    }


async def test_an_alert_that_was_only_late_in_the_list_still_fires(watched: Watched, cloud: FakeAzure) -> None:
    cloud.on("/alerts", listed(alert(1)))
    await watched.poll()
    cloud.on(r"/alerts\?", listed())
    cloud.on("/alerts/guid-1", Reply(body=alert(1)))
    assert await states(watched) == {"guid-1": (AlertState.FIRING, "")}


async def test_a_failed_poll_changes_no_alert(watched: Watched, cloud: FakeAzure) -> None:
    cloud.on("/alerts", listed(alert(1)))
    before = await good(watched)
    cloud.on("/alerts", BROKEN)
    bad = await watched.poll()
    assert bad.value == before
    assert bad.problem is not None
    cloud.on("/alerts", listed(alert(1)))
    assert await good(watched) == before


async def test_a_resolved_alert_leaves_the_pane_after_a_while(watched: Watched, cloud: FakeAzure, clock: Clock) -> None:
    cloud.on("/alerts", listed(alert(1)))
    await watched.poll()
    cloud.on(r"/alerts\?", listed())
    cloud.on("/alerts/guid-1", Reply(body=alert(1, "Resolved")))
    await watched.poll()
    clock.ahead = timedelta(minutes=16)
    assert await states(watched) == {}


async def test_where_only_a_machine_signs_in_nobody_is_asked_to(cloud: FakeAzure, azure: Azure) -> None:
    cloud.on(".", Reply(401, {"error": {"code": "ExpiredAuthenticationToken", "message": "The token expired."}}))
    with pytest.raises(SourceError) as refused:
        await azure.applications("rg")
    problem = refused.value.problem
    assert "ExpiredAuthenticationToken" in problem.message
    assert problem.advice.startswith("Nobody can sign in here")
