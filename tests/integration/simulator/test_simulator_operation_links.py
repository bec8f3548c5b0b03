"""Links of long operations as Azure signs them: long, opaque, refused when a letter of them is another one."""

from typing import Any

import httpx
import pytest

from cockpit.simulator.world.site import SUBSCRIPTION
from tests.integration.simulator.playing import APP_PATH, GROUP, Playing

VERSION = {"api-version": "2025-07-01"}
TRAFFIC: Any = {"properties": {"configuration": {"ingress": {"traffic": [{"latestRevision": True, "weight": 100}]}}}}
DATABASES = f"{GROUP}/providers/Microsoft.Sql/servers/shop-api-sql/databases"
RESTORE: Any = {
    "location": "australiaeast",
    "properties": {
        "createMode": "PointInTimeRestore",
        "sourceDatabaseId": f"{DATABASES}/shop-api",
        "restorePointInTime": "2026-02-27T01:00:00.000Z",
    },
}


async def accepted(play: Playing) -> list[httpx.Response]:
    """A change of the app and a restore of the database, both begun."""
    changed = await play.http.patch(APP_PATH, params=VERSION, json=TRAFFIC)
    return [changed, await play.http.put(f"{DATABASES}/restored", params=VERSION, json=RESTORE)]


async def links(play: Playing) -> list[str]:
    answers = await accepted(play)
    return sorted({each.headers[name] for each in answers for name in ("Azure-AsyncOperation", "Location")})


async def test_links_are_as_long_as_azures_and_signed(quiet: Playing) -> None:
    found = await links(quiet)
    assert len(found) == 3
    for each in found:
        parameters = httpx.URL(each).params
        assert 3_200 <= len(each) <= 4_000
        assert all(parameters[name] for name in "tcsh")
        assert (await quiet.http.get(each)).status_code in (200, 202)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda link: link[:2_000],
        lambda link: link[:-1],
        lambda link: link + "A",
        lambda link: link[:-1] + ("A" if link[-1] != "A" else "B"),
        lambda link: link.partition("&t=")[0],
        lambda link: link.replace("&c=", "&c=A"),
        lambda link: link.replace("&s=", "&S="),
        lambda link: link.replace("&t=", "&h=1&t="),
    ],
    ids=["cut", "one short", "one more", "one other", "unsigned", "certificate", "case", "added"],
)
async def test_a_link_that_was_changed_is_answered_403(spoil: Any, quiet: Playing) -> None:
    for each in await links(quiet):
        assert (await quiet.http.get(spoil(each))).status_code == 403


async def test_an_operation_that_never_was_is_answered_404(quiet: Playing) -> None:
    below = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.App/locations/x/containerappOperationStatuses/none"
    assert (await quiet.http.get(below, params=VERSION)).status_code == 404
