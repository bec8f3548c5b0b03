"""The list of what looks like peace: an alert fires, something happens, and what may be said of it afterwards.

None of these ends it: `resolved` would be a lie. Beside them stand the ways in which it did end.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from cockpit.model.alert import UNENDED, AlertState, name_alert_subjects
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


ANSWERS = Path(__file__).parents[2] / "unit" / "feeds" / "alertmanager" / "answers"
GRAFANA_ALERTS = json.loads((ANSWERS / "grafana_alerts.json").read_bytes())
GRAFANA_RULES = json.loads((ANSWERS / "grafana_rules.json").read_bytes())


def grafana(world: World) -> None:
    """Its own Alertmanager, which never says how long it runs, and its own ruler, which answers no queries."""
    world.one.uptime, world.prometheus.no_queries = None, True
    now = world.time.now().isoformat()
    soon = (world.time.now() + timedelta(minutes=4)).isoformat()
    world.one.alerts = [{**alert, "updatedAt": now, "endsAt": soon} for alert in GRAFANA_ALERTS]
    groups = GRAFANA_RULES["data"]["groups"]
    world.prometheus.rules = [{**rule, "lastEvaluation": now} for group in groups for rule in group["rules"]]


def in_state(word: str, rule_word: str, health: str = "ok") -> Happens:
    """Grafana's ruler says this of every alert and rule."""

    def happen(world: World) -> None:
        world.prometheus.rules = [
            {
                **rule,
                "state": rule_word,
                "health": health,
                "alerts": [{**alert, "state": word} for alert in rule["alerts"]],
            }
            for rule in world.prometheus.rules
        ]

    return happen


def leave_out(app: str, world: World) -> None:
    """As Grafana evicts a series that it missed twice: it is listed no more, whatever the others do."""
    world.prometheus.rules = [
        {
            **rule,
            "alerts": [alert for alert in rule["alerts"] if alert["labels"].get("app") != app],
            "state": "inactive",
        }
        for rule in world.prometheus.rules
    ]


def list_no_alerts(world: World) -> None:
    """An empty list is left out of its answer, and a rule that is not scheduled is called ok."""
    never = {"health": "ok", "state": "inactive", "lastEvaluation": "0001-01-01T00:00:00Z"}
    world.prometheus.rules = [
        {key: value for key, value in {**rule, **never}.items() if key not in ("alerts", "isPaused")}
        for rule in world.prometheus.rules
    ]


GRAFANA_PEACE: dict[str, Happens] = {
    "it restarted and lists nothing": forget,
    "its queries give nothing": together(forget, in_state("Normal (NoData)", "inactive")),
    "its series are gone": together(forget, in_state("Normal (MissingSeries)", "inactive")),
    "its data source fails, and it was told that this is well": together(
        forget, in_state("Normal (Error)", "inactive")
    ),
    "its queries fail": together(forget, in_state("Error", "inactive", "error")),
    "it has no data": together(forget, in_state("NoData", "inactive", "nodata")),
    "its rule was updated": together(forget, in_state("Normal (Updated)", "inactive")),
    "its rule was paused": together(forget, in_state("Normal (Paused)", "inactive")),
    "its rule is being deleted": together(forget, in_state("Normal (RuleDeleted)", "inactive")),
    "it keeps its last state without data": together(forget, in_state("Normal (NoData, KeepLast)", "inactive")),
    "it keeps its last state while it fails": together(forget, in_state("Normal (Error, KeepLast)", "inactive")),
    "its series left the list of those that stay": together(forget, lambda world: leave_out("orders", world)),
    "no rule lists an alert, as one that is not scheduled": together(forget, lambda world: list_no_alerts(world)),
    "a word of tomorrow": together(forget, in_state("Snoozed", "snoozed")),
    "all is normal, and nobody knows of its data": together(forget, in_state("Normal", "inactive")),
    "the ruler may not be read": together(forget, put("prometheus", "answer", web.Response(status=403))),
    "a page to sign in": together(put("one", "answer", SIGN_IN), put("prometheus", "answer", SIGN_IN)),
}


@pytest.mark.parametrize("scenario", GRAFANA_PEACE)
async def test_nothing_that_looks_like_peace_in_grafana_is_called_resolved(scenario: str, world: World) -> None:
    feed = world.feed(world.one, ask_prometheus=True)
    grafana(world)
    before = {alert.key for alert in (await feed.poll()).value or () if alert.state in UNENDED}
    GRAFANA_PEACE[scenario](world)
    for _ in range(3):
        await world.time.pass_by(30)
        reading = await feed.poll()
        after = {alert.key: alert.state for alert in reading.value or ()}
        assert before <= after.keys()
        assert AlertState.RESOLVED not in after.values()
    fresh = {feed.name: compute_freshness(reading, world.time.monotonic())}
    assert judge_environment([reading], fresh).word is not OverallState.OK


async def test_what_grafana_lists_is_shown_with_what_fires_there_unlisted(world: World) -> None:
    grafana(world)
    alerts = (await world.feed(world.one, ask_prometheus=True).poll()).value or ()
    found = {alert.name: alert for alert in alerts if alert.state in UNENDED}
    assert sorted(alert.name for alert in alerts if alert.state is AlertState.FIRING) == [
        *("Cooling", "DatasourceError", "NoOrders", "ProbeLost", "QueueLong")
    ]
    assert found["NoVisits"].state is AlertState.SUPPRESSED  # it fires, and a person silenced it
    assert name_alert_subjects([found["DatasourceError"]]) == {found["DatasourceError"].key: "BadQuery"}
    assert ("source", "https://grafana.example.com/alerting/grafana/r1/view?orgId=1") in found["QueueLong"].links


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
