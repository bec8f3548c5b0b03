"""The list of what looks like peace: an alert fires, something happens, and what may be said of it afterwards.

None of these ends it: `resolved` would be a lie. Beside them stand the ways in which it did end.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from cockpit.model.alert import AlertState
from cockpit.model.overall import OverallState, judge_environment
from cockpit.model.reading import compute_freshness
from tests.integration.feeds.test_alertmanager_cluster import World, firing_rule, world

__all__ = ["world"]
Happens = Callable[[World], None]
LABELS = {"job": "api", "instance": "a:1"}


def forget(world: World) -> None:
    """Its Alertmanager does not list it any more."""
    world.one.alerts.clear()


def together(*steps: Happens) -> Happens:
    def happen(world: World) -> None:
        for step in steps:
            step(world)

    return happen


def put(part: str, name: str, value: Any) -> Happens:
    return lambda world: setattr(getattr(world, part), name, value)


SIGN_IN = web.Response(text="<!DOCTYPE html><html><title>Sign in</title></html>", content_type="text/html")
SENT_TO_SIGN_IN = web.Response(status=302, headers={"Location": "/login?next=%2Fapi"})
NULL_GROUPS = web.json_response({"status": "success", "data": {"groups": None, "result": None}})

PEACE_THAT_IS_NONE: dict[str, Happens] = {
    "alertmanager restarted": together(forget, put("one", "uptime", timedelta(seconds=5))),
    "alertmanager dead": put("one", "answer", web.Response(status=502)),
    "alertmanager answers a sign-in page": put("one", "answer", web.Response(text="<html>sign in</html>")),
    "alertmanager answers an empty object": put("one", "answer", web.json_response({})),
    "alertmanager answers null": put("one", "answer", web.json_response(None)),
    "alertmanager sends us to a sign-in page": put("one", "answer", SENT_TO_SIGN_IN),
    "its target is gone": together(forget, put("prometheus", "down", [LABELS])),
    "no target is left": together(forget, put("prometheus", "up", []), put("prometheus", "down", [LABELS])),
    "prometheus dead": together(forget, put("prometheus", "answer", web.Response(status=503))),
    "prometheus answers no queries": together(forget, put("prometheus", "no_queries", True)),
    "prometheus answers a sign-in page": together(forget, put("prometheus", "answer", SIGN_IN)),
    "prometheus sends us to a sign-in page": together(forget, put("prometheus", "answer", SENT_TO_SIGN_IN)),
    "prometheus answers null": together(forget, put("prometheus", "answer", web.json_response(None))),
    "prometheus answers an empty list": together(forget, put("prometheus", "answer", web.json_response([]))),
    "prometheus answers null for its groups": together(forget, put("prometheus", "answer", NULL_GROUPS)),
    "prometheus knows no rules": together(forget, put("prometheus", "answer", web.Response(status=404))),
    "everybody answers a sign-in page": together(put("one", "answer", SIGN_IN), put("prometheus", "answer", SIGN_IN)),
    "its rule was deleted": together(forget, put("prometheus", "rules", [])),
    "its rule fails": together(
        forget, lambda world: world.prometheus.rules.__setitem__(0, {**world.prometheus.rules[0], "health": "err"})
    ),
    "its rule is in words nobody knows": together(
        forget, lambda world: world.prometheus.rules.__setitem__(0, {**world.prometheus.rules[0], "health": "NoData"})
    ),
    "it fires on and was lost on its way": together(
        forget,
        lambda world: world.prometheus.rules.__setitem__(
            0, {**world.prometheus.rules[0], "alerts": [firing_rule(world, "Seen", timedelta(minutes=9), **LABELS)]}
        ),
    ),
    "it was silenced": lambda world: world.one.alerts[0].update(
        status={"state": "suppressed", "silencedBy": ["s1"], "inhibitedBy": []}
    ),
}


@pytest.mark.parametrize("scenario", PEACE_THAT_IS_NONE)
async def test_nothing_that_looks_like_peace_is_called_resolved(scenario: str, world: World) -> None:
    feed = world.feed(world.one, ask_prometheus=True)
    world.prometheus.evaluates("Seen")
    world.one.fires("Seen", **LABELS)
    await feed.poll()
    await world.time.pass_by(60)
    PEACE_THAT_IS_NONE[scenario](world)
    for _ in range(3):
        reading = await feed.poll()
        (alert,) = reading.value or ()
        assert alert.state is not AlertState.RESOLVED, alert.note
        await world.time.pass_by(30)
    fresh = {feed.name: compute_freshness(reading, world.time.monotonic())}
    silenced_as = scenario == "it was silenced"  # a person said so: that is their peace
    assert silenced_as or judge_environment([reading], fresh).word is not OverallState.OK


@pytest.mark.parametrize("with_prometheus", [True, False])
async def test_what_ended_is_resolved_and_says_by_whose_word(with_prometheus: bool, world: World) -> None:
    feed = world.feed(world.one, ask_prometheus=with_prometheus)
    world.prometheus.evaluates("Seen")
    world.one.fires("Seen", **LABELS)
    await feed.poll()
    await world.time.pass_by(60)
    if with_prometheus:
        world.prometheus.rules.clear()
        world.prometheus.evaluates("Seen")
    forget(world)
    (alert,) = (await feed.poll()).value or ()
    assert alert.state is AlertState.RESOLVED
    assert "confirmed by" in alert.note or not with_prometheus
