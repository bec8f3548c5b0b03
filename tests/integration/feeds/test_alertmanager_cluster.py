"""A cluster as the feed meets it over HTTP: half of it dead, slow, restarted, cut off, or telling nonsense."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from aiohttp import web

from cockpit.config import Secrets
from cockpit.feeds.alertmanager import (
    alerts as alertmanager_read,
)
from cockpit.feeds.alertmanager import (
    client as alertmanager_ask,
)
from cockpit.feeds.alertmanager import (
    client as alertmanager_look,
)
from cockpit.feeds.alertmanager.feed import alertmanager_feed
from cockpit.feeds.polling import Polled
from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.overall import OverallState, judge_environment
from cockpit.model.probe import HttpAccess, HttpAuth
from cockpit.model.problem import ProblemKind
from cockpit.model.reading import FeedState, Reading, compute_freshness
from cockpit.model.secret import Secret
from cockpit.model.system import AlertSource
from cockpit.recorder.alert_changes import alert_changes
from cockpit.recorder.last_recorded import LastRecorded, list_recorded_alerts
from tests.integration.feeds.alertmanager_fake import Fake, serving
from tests.unit.feeds.fake_time import FakeTime

Alerts = tuple[Alert, ...]
TOKEN = "s3cret-token"


class World:
    """Two Alertmanagers and a Prometheus."""

    def __init__(self, one: Fake, two: Fake, prometheus: Fake, time: FakeTime) -> None:
        self.one, self.two, self.prometheus, self.time = one, two, prometheus, time

    def feed(
        self, *servers: Fake, ask_prometheus: bool = False, recorded: Sequence[Alert] = (), **options: Any
    ) -> Polled[Alerts]:
        source = AlertSource(
            "am",
            "alertmanager",
            urls=tuple(each.url for each in servers or (self.one, self.two)),
            prometheus=(self.prometheus.url,) if ask_prometheus else (),
            **options,
        )
        return alertmanager_feed(
            source, "prod", time=self.time, random=Random(7), reveal=lambda _: TOKEN, recorded=recorded
        )


@pytest.fixture
async def world() -> AsyncIterator[World]:
    time = FakeTime()
    async with AsyncExitStack() as stack:
        one, two, prometheus = [await stack.enter_async_context(serving(Fake(time))) for _ in range(3)]
        yield World(one, two, prometheus, time)


def states(reading: Reading[Alerts]) -> dict[str, AlertState]:
    return {each.name: each.state for each in reading.value or ()}


def state(reading: Reading[Alerts], world: World) -> FeedState:
    return compute_freshness(reading, world.time.monotonic()).state


async def test_what_two_servers_list_is_one_alert_that_both_report(world: World) -> None:
    world.one.fires("Both")
    world.two.fires("Both")
    world.two.fires("Second")
    reading = await world.feed().poll()
    assert reading.problem is None
    assert {each.name: each.seen_by for each in reading.value or ()} == {
        "Both": tuple(sorted((world.one.name, world.two.name))),
        "Second": (world.two.name,),
    }


async def test_half_a_cluster_is_shown_and_the_other_half_mentioned(world: World) -> None:
    world.one.fires("Seen")
    world.two.answer = web.Response(status=503, text="Limit of concurrent GET requests reached (1), try again later.")
    reading = await world.feed().poll()
    assert states(reading) == {"Seen": AlertState.FIRING}
    assert reading.problem is not None
    assert reading.problem.short == f"{world.two.name}: HTTP 503"
    assert "Limit of concurrent GET requests" in reading.problem.message
    assert state(reading, world) is FeedState.LATE


async def test_a_server_that_hangs_costs_the_other_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        alertmanager_ask, "PATIENCE", 2.0
    )  # seconds; the other must answer within it on a busy machine too
    world.one.fires("Seen")
    world.two.hangs = True
    reading = await world.feed().poll()
    assert states(reading) == {"Seen": AlertState.FIRING}
    assert reading.problem is not None
    assert reading.problem.short == f"{world.two.name}: timed out"


@pytest.mark.parametrize("which", ["two", "prometheus"])
async def test_a_server_that_hangs_is_not_waited_for_once_another_has_answered(
    world: World, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    """With its own patience of 12 s the looks below would take half a minute."""
    monkeypatch.setattr(alertmanager_ask, "STRAGGLER", 0.2)  # seconds
    hung: Fake = getattr(world, which)
    world.one.fires("Seen")
    hung.hangs = True
    feed = world.feed(ask_prometheus=True)
    async with asyncio.timeout(alertmanager_ask.PATIENCE):
        await feed.poll()
        asked = len(hung.requests)
        for _ in range(3):
            reading = await feed.poll()
    assert states(reading) == {"Seen": AlertState.FIRING}
    assert reading.problem is not None
    assert reading.problem.short == f"{hung.name}: no answer yet"
    assert len(hung.requests) == asked  # not again while it hangs


async def test_a_server_that_let_go_is_asked_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alertmanager_ask, "STRAGGLER", 0.1)  # seconds
    monkeypatch.setattr(alertmanager_ask, "PATIENCE", 1.0)
    world.one.fires("Seen")
    world.two.hangs = True
    feed = world.feed()
    await feed.poll()
    world.two.hangs = False
    await asyncio.sleep(1.2)  # until our own patience with it has ended
    assert (await feed.poll()).problem is None


async def test_prometheus_gets_its_own_headers_and_none_of_the_alertmanager(world: World) -> None:
    access = HttpAccess(auth=HttpAuth(bearer=Secret("env", "PROMETHEUS")))
    options: dict[str, Any] = {"headers": {"X-Tenant": "alerts"}, "prometheus_access": access}
    await world.feed(world.one, ask_prometheus=True, **options).poll()
    assert {request.headers.get("X-Tenant") for request in world.one.requests} == {"alerts"}
    assert {request.headers.get("X-Tenant") for request in world.prometheus.requests} == {None}
    assert {request.headers["Authorization"] for request in world.prometheus.requests} == {f"Bearer {TOKEN}"}


async def test_when_nobody_answers_nothing_changes(world: World) -> None:
    feed = world.feed(world.one)
    world.one.fires("Seen")
    before = await feed.poll()
    world.one.answer = web.Response(status=500)
    world.time.elapsed = 3_600.0
    reading = await feed.poll()
    assert (reading.value, reading.seen) == (before.value, before.seen)
    assert state(reading, world) is FeedState.BLIND


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (400, b'"bad matcher format: {broken"', ProblemKind.REFUSED, "bad matcher format: {broken"),
        (422, b'{"code": 601, "message": "filter in query is wrong"}', ProblemKind.REFUSED, "filter in query is wrong"),
        (503, b"try again\x1b[2J later.", ProblemKind.SERVER, "try again\ufffd[2J later."),
        (401, b"<html>sign in</html>", ProblemKind.SIGN_IN, "HTTP 401"),
        (302, b"", ProblemKind.GARBAGE, "Configure the address itself"),
        (200, b"\n <html>a proxy</html>", ProblemKind.GARBAGE, "a page to sign in, or a proxy's"),
        (200, b"half a {", ProblemKind.GARBAGE, "not JSON"),
        (200, b'{"alerts": []}', ProblemKind.GARBAGE, "not a list of alerts"),
    ],
)
async def test_every_shape_of_failure_is_described(
    world: World, status: int, body: bytes, kind: ProblemKind, said: str
) -> None:
    world.one.answer = web.Response(status=status, body=body)
    problem = (await world.feed(world.one).poll()).problem
    assert problem is not None
    assert problem.kind is kind
    assert said in f"{problem.message} {problem.advice}"


async def test_the_servers_are_asked_for_what_is_wanted_with_what_they_want(world: World) -> None:
    secret = Secret("env", "TOKEN")
    filters = ('severity=~"critical|warning"', 'env="prod"')
    await world.feed(world.one, filters=filters, headers={"Authorization": secret}, watchdog="Watchdog").poll()
    asked = {(each.path, tuple(each.query.getall("filter", []))) for each in world.one.requests}
    assert asked == {
        ("/api/v2/alerts", filters),
        ("/api/v2/alerts", ('alertname="Watchdog"',)),
        ("/api/v2/status", ()),
    }
    assert {each.headers["Authorization"] for each in world.one.requests} == {TOKEN}
    assert {each.headers["Accept-Encoding"] for each in world.one.requests} == {"identity"}


async def test_a_secret_is_never_printed(world: World) -> None:
    world.one.answer = web.Response(status=403, text="no")
    reading = await world.feed(world.one, headers={"Authorization": Secret("env", "TOKEN")}).poll()
    assert TOKEN not in repr(reading)


async def test_a_server_that_asks_for_patience_is_left_alone_and_the_other_is_not(world: World) -> None:
    world.two.answer = web.Response(status=429, headers={"Retry-After": "90"})
    feed = world.feed()
    for world.time.elapsed in (0.0, 30.0, 60.0):
        reading = await feed.poll()
        assert reading.problem is not None
        assert reading.problem.retry_after is None
    assert (len(world.one.requests), len(world.two.requests)) == (6, 1)
    world.time.elapsed = 91.0
    world.two.answer = None
    assert (await feed.poll()).problem is None


async def test_the_same_bytes_are_not_read_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[bytes] = []
    real = alertmanager_read.parse_listed_alerts

    def counted(body: bytes, **options: Any) -> Any:
        reads.append(body)
        return real(body, **options)

    monkeypatch.setattr(alertmanager_look, "parse_listed_alerts", counted)
    feed = world.feed(world.one)
    world.one.fires("Seen")
    first, second = await feed.poll(), await feed.poll()
    assert len(reads) == 1
    assert first.value == second.value
    world.one.fires("Another")
    await feed.poll()
    assert len(reads) == 2


async def test_an_answer_without_end_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alertmanager_ask, "LARGEST", 1_000)
    world.one.answer = web.Response(body=b"[" + b" " * 2_000 + b"]")
    problem = (await world.feed(world.one).poll()).problem
    assert problem is not None
    assert problem.short == f"{world.one.name}: too large"


async def test_without_its_watchdog_a_list_is_shown_and_called_blind(world: World) -> None:
    feed = world.feed(world.one, watchdog="Watchdog")
    world.one.watchdog = True
    world.one.fires("Seen")
    assert (await feed.poll()).problem is None
    world.one.watchdog = False
    world.one.alerts.clear()
    reading = await feed.poll()
    assert states(reading) == {"Seen": AlertState.RESOLVING}
    assert compute_freshness(reading, world.time.monotonic()).label.startswith(
        f"BLIND no Watchdog from {world.one.name}"
    )


@pytest.mark.parametrize(("age", "blind"), [(125, False), (140, True)])
async def test_a_watchdog_that_is_not_sent_again_is_missed_long_before_it_expires(
    world: World, age: int, blind: bool
) -> None:
    world.one.watchdog_sent = timedelta(seconds=age)
    world.one.watchdog = True
    reading = await world.feed(world.one, watchdog="Watchdog").poll()
    assert (state(reading, world) is FeedState.BLIND) is blind
    if reading.problem is not None:
        assert reading.problem.short == f"Watchdog on {world.one.name} is 2m old"
    asked_itself = await world.feed(world.one, watchdog="Watchdog", ask_prometheus=True).poll()
    assert asked_itself.problem is None


async def test_the_watchdog_itself_is_no_alert_to_look_at(world: World) -> None:
    world.one.watchdog = True
    world.one.fires("Watchdog")
    assert states(await world.feed(world.one, watchdog="Watchdog").poll()) == {}


async def test_a_server_that_restarted_lists_nothing_and_resolves_nothing(world: World) -> None:
    feed = world.feed(world.one)
    world.one.fires("Seen")
    await feed.poll()
    world.one.alerts.clear()
    world.one.uptime = timedelta(seconds=7)
    (alert,) = (await feed.poll()).value or ()
    assert (alert.state, alert.note) == (AlertState.RESOLVING, f"vanished, {world.one.name} restarted 7s ago")


async def test_prometheus_confirms_what_ended_but_not_without_data(world: World) -> None:
    feed = world.feed(world.one, ask_prometheus=True)
    world.prometheus.evaluates("Seen")
    world.one.fires("Seen", job="api", instance="a:1")
    assert states(await feed.poll()) == {"Seen": AlertState.FIRING}
    world.one.alerts.clear()
    world.prometheus.down = [{"job": "api", "instance": "a:1"}]
    (alert,) = (await feed.poll()).value or ()
    assert (alert.state, alert.note) == (AlertState.RESOLVING, "not confirmed: no data, job api is or was down")
    world.prometheus.down = []
    (alert,) = (await feed.poll()).value or ()
    assert (alert.state, alert.note) == (AlertState.RESOLVED, f"confirmed by Prometheus {world.prometheus.name}")


async def test_the_only_target_of_an_aggregated_rule_takes_no_alert_with_it(world: World) -> None:
    feed = world.feed(world.one, ask_prometheus=True)
    world.prometheus.evaluates("ErrorShare")
    world.prometheus.up.append({"job": "batch", "instance": "b:1"})
    world.one.fires("ErrorShare", app="orders")
    await feed.poll()
    world.one.alerts.clear()
    world.prometheus.down = [{"job": "batch", "instance": "b:1"}]
    (alert,) = (await feed.poll()).value or ()
    assert (alert.state, alert.note) == (AlertState.RESOLVING, "not confirmed: no data, job batch is or was down")
    world.prometheus.down = []
    assert states(await feed.poll()) == {"ErrorShare": AlertState.RESOLVED}


def firing_rule(world: World, name: str, since: timedelta, **labels: str) -> dict[str, Any]:
    """An alert as the rules of a Prometheus tell it, fired that long ago."""
    every = {"alertname": name, "severity": "critical", **labels}
    at = (world.time.now() - since).isoformat()
    return {"labels": every, "annotations": {}, "state": "firing", "activeAt": at}


async def test_what_prometheus_says_fires_and_nobody_lists_is_shown_at_the_first_look(world: World) -> None:
    for name in ("Down", "Watchdog"):
        world.prometheus.evaluates(name, firing_rule(world, name, timedelta(minutes=5), team="orders"))
    world.prometheus.evaluates("Other", firing_rule(world, "Other", timedelta(minutes=5), team="billing"))
    world.one.watchdog = True
    feed = world.feed(world.one, ask_prometheus=True, filters=('team="orders"',), watchdog="Watchdog")
    reading = await feed.poll()
    (alert,) = reading.value or ()
    assert (alert.name, alert.state, alert.severity) == ("Down", AlertState.FIRING, Severity.CRITICAL)
    assert alert.note == "firing in Prometheus, listed by no Alertmanager"


async def test_what_a_filter_on_an_external_label_keeps_out_is_not_taken_for_lost(world: World) -> None:
    world.one.fires("Elsewhere", env="staging")
    world.one.filtered_out, world.one.alerts = world.one.alerts, []
    for name in ("Elsewhere", "Lost"):  # neither tells its `env`: Prometheus adds it on sending
        world.prometheus.evaluates(name, firing_rule(world, name, timedelta(hours=1)))
    feed = world.feed(world.one, ask_prometheus=True, filters=('env="prod"',))
    assert states(await feed.poll()) == {"Lost": AlertState.FIRING}


async def test_a_pending_alert_that_fires_stays_in_sight_until_it_is_listed_or_lost(world: World) -> None:
    feed = world.feed(world.one, ask_prometheus=True)
    fires = firing_rule(world, "Slow", timedelta(0))
    world.prometheus.evaluates("Slow", fires | {"state": "pending"})
    (before,) = (await feed.poll()).value or ()
    world.prometheus.rules.clear()
    world.prometheus.evaluates("Slow", fires)
    (on_its_way,) = (await feed.poll()).value or ()
    assert (on_its_way.state, on_its_way.key) == (AlertState.PENDING, before.key)
    world.time.elapsed = 61.0
    (lost,) = (await feed.poll()).value or ()
    assert (lost.state, lost.key) == (AlertState.FIRING, before.key)
    world.one.fires("Slow", env="prod")
    (arrived,) = (await feed.poll()).value or ()
    assert (arrived.state, arrived.key, arrived.note) == (AlertState.FIRING, before.key, "")


async def test_a_lost_alert_ends_as_every_other_and_stays_while_its_prometheus_is_silent(world: World) -> None:
    feed = world.feed(world.one, ask_prometheus=True)
    world.prometheus.evaluates("Down", firing_rule(world, "Down", timedelta(hours=1)))
    assert states(await feed.poll()) == {"Down": AlertState.FIRING}
    world.prometheus.answer = web.Response(status=503)
    assert states(await feed.poll()) == {"Down": AlertState.FIRING}
    world.prometheus.answer = None
    world.prometheus.rules.clear()
    world.prometheus.evaluates("Down")
    world.prometheus.down = [{"job": "api", "instance": "a:1"}]
    assert states(await feed.poll()) == {"Down": AlertState.RESOLVING}
    world.prometheus.down = []
    assert states(await feed.poll()) == {"Down": AlertState.RESOLVED}
    world.prometheus.rules.clear()
    world.prometheus.evaluates("Down", firing_rule(world, "Down", timedelta(minutes=2)))
    assert states(await feed.poll()) == {"Down": AlertState.FIRING}


async def test_another_alert_of_the_same_name_hides_no_lost_one(world: World) -> None:
    world.one.fires("Down", instance="x:1")
    world.prometheus.evaluates("Down", firing_rule(world, "Down", timedelta(hours=1), app="orders"))
    reading = await world.feed(world.one, ask_prometheus=True).poll()
    assert len(reading.value or ()) == 2


async def test_with_no_alertmanager_left_what_prometheus_says_is_shown_and_the_pane_is_blind(world: World) -> None:
    world.one.answer = web.Response(status=500)
    world.prometheus.evaluates("Down", firing_rule(world, "Down", timedelta(hours=1)))
    reading = await world.feed(world.one, ask_prometheus=True).poll()
    assert states(reading) == {"Down": AlertState.FIRING}
    assert state(reading, world) is FeedState.BLIND


async def test_a_server_that_restarted_a_moment_ago_is_not_believed_to_be_empty(world: World) -> None:
    world.one.uptime = timedelta(seconds=7)
    reading = await world.feed(world.one).poll()
    assert reading.incomplete
    assert reading.caution is not None
    assert reading.caution.short == f"{world.one.name} restarted 7s ago"
    assert compute_freshness(reading, world.time.monotonic()).label.endswith("restarted 7s ago")
    assert word_for(reading, world) is OverallState.UNKNOWN
    settled = await world.feed(world.one, world.two).poll()  # the other was told everything long ago
    assert word_for(settled, world) is OverallState.OK


async def test_a_configured_prometheus_that_is_silent_leaves_nothing_ok(world: World) -> None:
    world.prometheus.answer = web.Response(status=503)
    reading = await world.feed(world.one, ask_prometheus=True).poll()
    assert word_for(reading, world) is OverallState.UNKNOWN


async def test_a_prometheus_that_tells_only_a_part_leaves_nothing_ok(world: World) -> None:
    world.prometheus.answer = web.json_response({"status": "success", "data": {"groups": [], "groupNextToken": "more"}})
    reading = await world.feed(world.one, ask_prometheus=True).poll()
    assert word_for(reading, world) is OverallState.UNKNOWN


async def test_another_alert_is_no_watchdog_where_a_server_does_not_filter(world: World) -> None:
    world.one.fires("Seen")
    world.one.filters_nothing = True
    reading = await world.feed(world.one, watchdog="Watchdog").poll()
    assert word_for(reading, world) is OverallState.BLIND
    world.one.watchdog = True
    assert (await world.feed(world.one, watchdog="Watchdog").poll()).problem is None


async def test_a_rule_that_cannot_be_evaluated_is_named_and_leaves_nothing_ok(world: World) -> None:
    world.prometheus.evaluates("Fine")
    world.prometheus.evaluates("Broken")
    world.prometheus.rules[-1] |= {"health": "err", "lastError": "many-to-many matching not allowed"}
    feed = world.feed(world.one, ask_prometheus=True)
    reading = await feed.poll()
    assert reading.problem is None
    assert reading.caution is not None
    assert (reading.caution.code, reading.caution.facts) == ("rules-not-evaluated", {"rules": ["Broken"]})
    assert "many-to-many matching not allowed" in reading.caution.message
    assert "Broken" in compute_freshness(reading, world.time.monotonic()).label
    assert word_for(reading, world) is OverallState.UNKNOWN
    world.prometheus.rules[-1]["health"] = "ok"
    assert word_for(await feed.poll(), world) is OverallState.OK


async def test_a_rule_that_cannot_be_evaluated_is_named_beside_what_else_is_wrong(world: World) -> None:
    world.prometheus.evaluates("Broken")
    world.prometheus.rules[-1] |= {"health": "err", "lastError": "no such function"}
    world.two.answer = web.Response(status=503)
    none: dict[str, Any] = {}
    for urls, options in (
        ((world.one, world.two), none),
        ((world.one,), {"watchdog": "Watchdog"}),
        ((world.two,), none),
    ):
        problem = (await world.feed(*urls, ask_prometheus=True, **options).poll()).problem
        assert problem is not None
        assert "no such function" in problem.message


async def test_an_edited_rule_ends_nothing_also_for_a_cockpit_that_was_opened_since(world: World) -> None:
    rule = {"query": "queue > 5", "labels": {}}
    feed = world.feed(world.one, ask_prometheus=True)
    world.one.fires("Seen", app="orders")
    world.prometheus.evaluates("Seen", firing_rule(world, "Seen", timedelta(minutes=9), app="orders"))
    world.prometheus.rules[-1] |= rule
    (fired,) = (await feed.poll()).value or ()
    (draft,) = alert_changes(LastRecorded(), "prod", "am", [fired], world.time.now())
    known = LastRecorded()
    known.apply(draft)
    (recorded,) = list_recorded_alerts(known, "prod", "am", world.time.now())
    world.one.alerts.clear()
    world.prometheus.rules.clear()
    world.prometheus.evaluates("Seen")
    world.prometheus.rules[-1] |= {**rule, "query": "queue > 500"}
    opened_since = world.feed(world.one, ask_prometheus=True, recorded=[recorded])
    for watching in (feed, opened_since):
        assert states(await watching.poll()) == {"Seen": AlertState.RESOLVING}
    world.prometheus.rules[-1] |= rule
    assert states(await feed.poll()) == {"Seen": AlertState.RESOLVED}


def word_for(reading: Reading[Alerts], world: World) -> OverallState:
    return judge_environment([reading], {reading.feed: compute_freshness(reading, world.time.monotonic())}).word


async def test_a_ruler_that_answers_no_queries_confirms_nothing(world: World) -> None:
    feed = world.feed(world.one, ask_prometheus=True)
    world.prometheus.no_queries = True
    world.prometheus.evaluates("Seen")
    world.one.fires("Seen")
    await feed.poll()
    world.one.alerts.clear()
    reading = await feed.poll()
    assert (reading.problem, states(reading)) == (None, {"Seen": AlertState.RESOLVING})


async def test_what_is_pending_passes_the_filters_and_stays_for_a_while_when_prometheus_falls_silent(
    world: World,
) -> None:
    since = world.time.now().isoformat()
    for team in ("orders", "billing"):
        labels = {"alertname": "Slow", "team": team}
        world.prometheus.evaluates("Slow", {"labels": labels, "state": "pending", "activeAt": since})
    feed = world.feed(world.one, ask_prometheus=True, filters=('team="orders"', 'env="prod"'))
    (alert,) = (await feed.poll()).value or ()
    assert (alert.state, dict(alert.labels)["team"]) == (AlertState.PENDING, "orders")
    world.prometheus.answer = web.Response(status=500)
    reading = await feed.poll()
    assert states(reading) == {"Slow": AlertState.PENDING}
    assert state(reading, world) is FeedState.LATE
    world.time.elapsed = 241.0
    assert states(await feed.poll()) == {}


async def test_a_server_whose_clock_is_wrong_is_understood(world: World) -> None:
    ahead = FakeTime()
    ahead.elapsed = 86_400.0
    world.one.time = ahead
    feed = world.feed(world.one)
    world.one.fires("Seen")
    await feed.poll()
    world.one.alerts.clear()
    assert states(await feed.poll()) == {"Seen": AlertState.RESOLVED}


async def test_a_secret_that_is_missing_is_reported_and_nothing_is_sent(world: World) -> None:
    source = AlertSource("am", "alertmanager", (world.one.url,), headers={"Authorization": Secret("env", "TOKEN")})
    feed = alertmanager_feed(source, "prod", time=world.time, random=Random(7), reveal=Secrets({}).reveal)
    problem = (await feed.poll()).problem
    assert problem is not None
    assert problem.message == f"{world.one.name}: The environment variable TOKEN is not set."
    assert world.one.requests == []


def last_known(world: World, **labels: str) -> Alert:
    """What the timeline last knew of an alert that fired an hour ago."""
    named = tuple(sorted({"alertname": "Down", **labels}.items()))
    since = world.time.now() - timedelta(hours=1)
    return Alert("am", "f1", "Down", Severity.CRITICAL, AlertState.RESOLVING, since, "prod", labels=named, note="old")


async def test_a_cockpit_opened_while_the_source_is_empty_shows_what_the_timeline_last_knew(world: World) -> None:
    reading = await world.feed(world.one, recorded=[last_known(world)]).poll()
    assert states(reading) == {"Down": AlertState.RESOLVING}


async def test_what_the_timeline_last_knew_fires_on_where_the_source_lists_it(world: World) -> None:
    world.one.fires("Down", "f1")
    reading = await world.feed(world.one, recorded=[last_known(world)]).poll()
    assert states(reading) == {"Down": AlertState.FIRING}


async def test_what_the_timeline_last_knew_is_over_once_prometheus_proves_it(world: World) -> None:
    world.prometheus.evaluates("Down")
    feed = world.feed(world.one, ask_prometheus=True, recorded=[last_known(world)])
    assert states(await feed.poll()) == {"Down": AlertState.RESOLVED}


SILENCE = {
    "a page to sign in": web.Response(text="<html>sign in</html>"),
    "a redirect to one": web.Response(status=302, headers={"Location": "/login?next=%2F"}),
    "an error": web.Response(status=502),
    "null": web.json_response(None),
}


@pytest.mark.parametrize("answer", SILENCE)
@pytest.mark.parametrize("state", [AlertState.FIRING, AlertState.SUPPRESSED])
async def test_a_cockpit_opened_while_nobody_answers_shows_what_the_timeline_last_knew(
    world: World, answer: str, state: AlertState
) -> None:
    world.one.answer = SILENCE[answer]
    reading = await world.feed(world.one, recorded=[replace(last_known(world), state=state)]).poll()
    assert states(reading) == {"Down": state}
    assert (reading.value or ())[0].note.endswith("its source does not answer")
    freshness = compute_freshness(reading, world.time.monotonic())
    assert (freshness.state, freshness.age) == (FeedState.BLIND, None)  # nobody has seen it yet
    assert judge_environment([reading], {reading.feed: freshness}).word is OverallState.BLIND


async def test_what_the_timeline_knew_while_nobody_answered_is_judged_once_somebody_does(world: World) -> None:
    world.one.answer = web.Response(status=502)
    feed = world.feed(world.one, recorded=[last_known(world)])
    await feed.poll()
    world.one.answer = None
    assert states(await feed.poll()) == {"Down": AlertState.RESOLVING}


async def test_a_redirect_says_where_to_without_what_may_be_a_token(world: World) -> None:
    world.one.answer = web.Response(status=302, headers={"Location": "https://id.example.com/login?code=abcdefghijkl"})
    problem = (await world.feed(world.one).poll()).problem
    assert problem is not None
    assert "it sends us to https://id.example.com/login." in problem.message
    assert "abcdefghijkl" not in problem.message


async def test_what_the_timeline_knew_and_prometheus_says_fires_on_is_there_once(world: World) -> None:
    world.one.answer = web.Response(status=502)
    world.prometheus.evaluates("Down", firing_rule(world, "Down", timedelta(minutes=9), app="orders"))
    known = last_known(world, app="orders", replica="a")  # a label that its Prometheus adds to what it sends
    reading = await world.feed(world.one, ask_prometheus=True, recorded=[known]).poll()
    (alert,) = reading.value or ()
    assert (alert.key, alert.state) == (known.key, AlertState.FIRING)
    assert alert.note == "firing in Prometheus, no Alertmanager answers"


DIED_BEFORE = {
    "and is a target no more": (timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)),
    "a minute ago": (timedelta(minutes=5), timedelta(minutes=1), timedelta(days=1)),
    "between two coarse steps of an hour ago": (timedelta(minutes=64), timedelta(minutes=68), timedelta(days=1)),
    "and the store was lost after that": (timedelta(minutes=64), timedelta(), timedelta(minutes=20)),
    "and the store is empty": (timedelta(minutes=64), timedelta(), timedelta()),
}
"""How long ago the alert fired, its target was last found up (never: 0), and how far back the server's store goes."""


@pytest.mark.parametrize("when", DIED_BEFORE)
async def test_a_target_that_died_before_the_cockpit_was_opened_leaves_its_alert_unconfirmed(
    world: World, when: str
) -> None:
    fired, last_up, world.prometheus.remembers = DIED_BEFORE[when]
    world.prometheus.evaluates("Down")
    worker = {"job": "worker", "instance": "w:1"}
    world.prometheus.were_up, world.prometheus.down = ([worker] if last_up else []), [worker]
    if when == "and is a target no more":
        world.prometheus.down = []
    world.prometheus.last_up_ago = last_up
    alert = replace(last_known(world, app="orders"), since=world.time.now() - fired)
    reading = await world.feed(world.one, ask_prometheus=True, recorded=[alert]).poll()
    assert states(reading) == {"Down": AlertState.RESOLVING}


async def test_a_target_that_was_dead_before_the_alert_fired_stands_in_the_way_of_nothing(world: World) -> None:
    world.prometheus.evaluates("Down")
    world.prometheus.were_up = world.prometheus.down = [{"job": "worker", "instance": "w:1"}]
    world.prometheus.last_up_ago = timedelta(hours=3)
    feed = world.feed(world.one, ask_prometheus=True, recorded=[last_known(world, app="orders")])
    assert states(await feed.poll()) == {"Down": AlertState.RESOLVED}
