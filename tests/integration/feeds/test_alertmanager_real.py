"""The feed against a real Prometheus and a real Alertmanager, through everything that looks like peace and is none."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from cockpit.cli import cockpit
from cockpit.feeds.alertmanager import client as alertmanager_ask
from cockpit.feeds.alertmanager.feed import alertmanager_feed
from cockpit.feeds.alertmanager.silences import SilenceClient
from cockpit.feeds.alertmanager.targets import RESUMED
from cockpit.feeds.polling import Polled
from cockpit.feeds.signals.feed import SignalsFeed
from cockpit.feeds.signals.sources import SignalContext, make_reader
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.actions.silences import SilenceOperation, list_offers, read_silences
from cockpit.model.alert import Alert, AlertState
from cockpit.model.conditions import parse_condition
from cockpit.model.probe import ProbeState, SignalResult, WatchedSignal
from cockpit.model.reading import Reading
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.silence import Silence, SilenceMatcher, count_reach, parse_matchers
from cockpit.model.system import AlertSource, Environment
from cockpit.model.time import RealTime
from cockpit.timeline.timeline import Timeline
from tests.integration.feeds.real_servers import (
    MISSING,
    PATIENCE,
    RULES,
    RealServers,
    fetch,
    real_servers,
    real_vmalert,
    until,
)

pytestmark = [
    pytest.mark.realservers,
    pytest.mark.xdist_group("realservers"),  # one worker starts them once
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]
FIRING, PENDING, SUPPRESSED = AlertState.FIRING, AlertState.PENDING, AlertState.SUPPRESSED
RESOLVING, RESOLVED = AlertState.RESOLVING, AlertState.RESOLVED
Look = Reading[tuple[Alert, ...]]


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RealServers, RealServers]]:
    """Those that the tests share, and a pair beside them; started together, for most of a start is waiting."""
    with ThreadPoolExecutor() as pool, ExitStack() as stack:
        found = [real_servers(tmp_path_factory.mktemp("servers")) for _ in range(2)]
        shared, spare = pool.map(stack.enter_context, found)
        yield shared, spare


@pytest.fixture(scope="session")
def servers(both: tuple[RealServers, RealServers]) -> RealServers:
    return both[0]


class Pane:
    """One app's alerts, looked at ten times a second."""

    def __init__(self, servers: RealServers, app: str, recorded: Sequence[Alert] = (), **options: Any) -> None:
        options.setdefault("filters", (f'app="{app}"',))
        source = AlertSource("am", "alertmanager", (servers.alertmanager.url,), **options)
        self._feed: Polled[tuple[Alert, ...]] = alertmanager_feed(
            source, "prod", time=RealTime(), random=Random(7), reveal=str, recorded=recorded
        )
        self.seen: list[AlertState] = []  # every state there was, in turn

    async def look(self) -> tuple[Look, Alert | None]:
        reading = await self._feed.poll()
        alert = next(iter(reading.value or ()), None)
        if alert is not None and self.seen[-1:] != [alert.state]:
            self.seen.append(alert.state)
        return reading, alert

    async def until(self, true: Callable[[Look, Alert], bool]) -> tuple[Look, Alert]:
        """Look until it is true of the reading and its first alert."""
        async with asyncio.timeout(PATIENCE):
            while True:
                reading, alert = await self.look()
                if alert is not None and true(reading, alert):
                    return reading, alert
                await asyncio.sleep(0.1)

    async def until_it_is(self, state: AlertState) -> Alert:
        return (await self.until(lambda _, alert: alert.state is state))[1]


async def test_an_alert_waits_fires_and_ends_as_prometheus_says(servers: RealServers) -> None:
    pane = Pane(servers, "orders", prometheus=(servers.prometheus.url,))
    servers.signals.set("5xx", "orders", 0.12)
    await pane.until_it_is(PENDING)
    await pane.until_it_is(FIRING)
    servers.signals.set("5xx", "orders", 0.0)
    alert = await pane.until_it_is(RESOLVED)
    assert alert.note.startswith("confirmed by Prometheus 127.0.0.1:")
    assert [each for each in pane.seen if each is not RESOLVING] == [PENDING, FIRING, RESOLVED]


async def test_a_silenced_alert_is_suppressed_and_goes_on(servers: RealServers) -> None:
    pane = Pane(servers, "billing")
    servers.signals.set("replica", "billing", 1)
    await pane.until_it_is(FIRING)
    servers.silence("billing")
    alert = await pane.until_it_is(SUPPRESSED)
    assert alert.note.startswith("silenced by on call until ")
    assert alert.note.endswith(": known")


async def test_a_target_that_is_gone_resolves_nothing(servers: RealServers) -> None:
    pane = Pane(servers, "search", prometheus=(servers.prometheus.url,))
    servers.frail.set("replica", "search", 1)
    await pane.until_it_is(FIRING)
    servers.frail.gone = True
    try:
        await pane.until(lambda _, alert: alert.note == "not confirmed: no data, job frail is or was down")
    finally:
        servers.frail.gone = False
    await pane.until_it_is(FIRING)
    on_its_way = PENDING  # it may be seen in Prometheus a moment before Alertmanager lists it
    assert [each for each in pane.seen if each is not on_its_way] == [FIRING, RESOLVING, FIRING]


async def test_the_only_target_of_an_aggregated_rule_takes_no_alert_with_it(servers: RealServers) -> None:
    """`sum by (app)` leaves no label that names a target, and its alert ends the moment that the target is gone."""
    pane = Pane(servers, "ledger", prometheus=(servers.prometheus.url,))
    servers.frail.set("share", "ledger", 1)
    _, alert = await pane.until(lambda _, alert: alert.state is FIRING)
    assert "job" not in dict(alert.labels)
    await pane.until(lambda reading, _: reading.problem is None)
    servers.frail.gone = True
    try:
        await pane.until(lambda _, alert: alert.note == "not confirmed: no data, job frail is or was down")
        opened_since = Pane(servers, "ledger", recorded=[alert], prometheus=(servers.prometheus.url,))
        assert (await opened_since.until(lambda reading, _: reading.problem is None))[1].state is RESOLVING
    finally:
        servers.frail.gone = False
    await pane.until_it_is(FIRING)
    assert RESOLVED not in pane.seen


@pytest.mark.parametrize(("job", "stay"), [("fleet", 1), ("squad", 0)], ids=["one of two targets", "the whole job"])
async def test_what_is_scraped_no_more_while_its_alert_fires_ends_nothing(
    servers: RealServers, job: str, stay: int
) -> None:
    """Taken out of the configuration, or by a discovery that found it dead. Its rule stays and finds nothing."""
    pane = Pane(servers, job, prometheus=(servers.prometheus.url,))
    servers.crews[job][1].set("share", job, 1)
    _, alert = await pane.until(lambda _, alert: alert.state is FIRING and alert.rule != "")
    assert "job" not in dict(alert.labels)
    await pane.until(lambda reading, _: reading.problem is None)
    servers.discover(job, servers.crews[job][:stay])
    # Another target, that was down a moment ago in another test, may be named instead: there is no label to tell.
    await pane.until(lambda _, alert: alert.state is RESOLVING and alert.note.startswith("not confirmed: no data"))
    assert RESOLVED not in pane.seen


async def test_an_alert_with_a_label_rewritten_on_its_way_is_not_over_by_the_word_of_a_prometheus_that_does_not_know_it(
    servers: RealServers,
) -> None:
    pane = Pane(servers, "relabelled", filters=('severity="page"',), prometheus=(servers.prometheus.url,))
    servers.signals.set("replica", "relabelled", 1)
    await pane.until_it_is(FIRING)
    servers.alertmanager.end()
    try:
        _, alert = await pane.until(lambda _, alert: alert.state is not FIRING)
        assert (alert.state, RESOLVED in pane.seen) == (RESOLVING, False)
    finally:
        servers.alertmanager.start()
        servers.signals.set("replica", "relabelled", 0)


SERIES = {
    "steady": "1x80",
    "new": "_x75 1x5",
    "down": "1x60 0x20",
    "paused until a moment ago": "1x50 _x27 1x3",
    "paused for five minutes": "1x56 _x22 1x1",
    "paused long ago": "1x20 _x27 1x33",
}
"""Twenty minutes of samples, one each 15 s, in the notation of promtool; `_` is none."""
BEGAN = {"new": 18.75 * 60, "paused until a moment ago": 19.5 * 60, "paused for five minutes": 19.75 * 60}  # seconds


@pytest.mark.skipif(shutil.which("promtool") is None, reason="not installed: promtool")
def test_the_targets_whose_data_began_a_moment_ago_are_found_by_one_query(tmp_path: Path) -> None:
    labels = {name: f'{{job="api",instance="{name}"}}' for name in SERIES}
    found = [{"labels": labels[name], "value": began} for name, began in BEGAN.items()]
    test = {
        "interval": "15s",
        "input_series": [{"series": f"up{labels[name]}", "values": values} for name, values in SERIES.items()],
        "promql_expr_test": [{"expr": RESUMED, "eval_time": "20m", "exp_samples": found}],
    }
    (tmp_path / "test.yml").write_text(json.dumps({"evaluation_interval": "15s", "tests": [test]}))
    ran = subprocess.run(["promtool", "test", "rules", "test.yml"], cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


async def test_a_prometheus_that_lost_its_store_ends_nothing_before_it_has_seen_its_targets(
    both: tuple[RealServers, RealServers],
) -> None:
    own = both[1]  # no other test has downed a target of it, nor is disturbed
    pane = Pane(own, "forgotten", prometheus=(own.prometheus.url,))
    own.signals.set("replica", "forgotten", 1)
    await pane.until(lambda _, alert: alert.state is FIRING and alert.rule != "")
    own.prometheus.end()
    shutil.rmtree(own.folder / "prometheus")
    await pane.until_it_is(RESOLVING)
    starting = asyncio.create_task(asyncio.to_thread(own.prometheus.start))
    await pane.until_it_is(FIRING)
    await starting
    assert RESOLVED not in pane.seen


REPLICA_DOWN = 'expr: signal{kind="replica"} == 1'


async def test_a_rule_that_is_edited_while_its_alert_fires_ends_nothing(servers: RealServers) -> None:
    pane = Pane(servers, "edited", prometheus=(servers.prometheus.url,))
    servers.signals.set("replica", "edited", 1)
    await pane.until(lambda _, alert: alert.state is FIRING and alert.rule != "")
    try:
        servers.give_rules(RULES.replace(REPLICA_DOWN, f"{REPLICA_DOWN}00"))
        await pane.until(lambda _, alert: "its rule was changed" in alert.note)
    finally:
        servers.give_rules(RULES)
    await pane.until_it_is(FIRING)
    assert RESOLVED not in pane.seen
    servers.signals.set("replica", "edited", 0)
    await pane.until_it_is(RESOLVED)


async def test_a_rule_that_cannot_be_evaluated_is_named_though_it_has_no_alerts(servers: RealServers) -> None:
    pane = Pane(servers, "whole", prometheus=(servers.prometheus.url,))
    servers.signals.set("replica", "whole", 1)
    await pane.until(lambda reading, alert: alert.state is FIRING and reading.caution is None)
    try:
        servers.give_rules(f"{RULES}      - alert: Broken\n        expr: signal * on() group_left() signal\n")
        # Beside it stands for a moment that Alertmanager restarted, in the test before.
        await pane.until(
            lambda reading, _: reading.caution is not None and reading.caution.facts == {"rules": ["Broken"]}
        )
    finally:
        servers.give_rules(RULES)
        servers.signals.set("replica", "whole", 0)


@pytest.mark.skipif(shutil.which("vmalert") is None, reason="not installed: vmalert (Debian's victoria-metrics)")
async def test_a_real_vmalert_answers_no_queries_and_so_confirms_no_end(servers: RealServers, tmp_path: Path) -> None:
    with real_vmalert(servers, tmp_path) as vmalert:
        pane = Pane(servers, "payroll", prometheus=(vmalert.url,))
        servers.signals.set("job", "payroll", 1)
        await pane.until_it_is(FIRING)
        servers.signals.set("job", "payroll", 0)
        reading, alert = await pane.until(lambda _, alert: alert.state is RESOLVING)
        assert "had data" in alert.note
        assert reading.problem is None  # a ruler that answers no queries is no fault
        servers.signals.set("job", "payroll", 1)
        await pane.until_it_is(FIRING)
    assert RESOLVED not in pane.seen


async def test_what_is_lost_on_its_way_to_alertmanager_is_shown_and_ends_as_prometheus_says(
    servers: RealServers,
) -> None:
    pane = Pane(servers, "lost", prometheus=(servers.prometheus.url,), watchdog="Watchdog")
    servers.signals.set("5xx", "lost", 0.5)
    await pane.until_it_is(PENDING)
    alert = await pane.until_it_is(FIRING)
    assert alert.note.startswith("firing in Prometheus")
    servers.signals.set("5xx", "lost", 0.0)
    await pane.until_it_is(RESOLVED)
    assert [each for each in pane.seen if each is not RESOLVING] == [PENDING, FIRING, RESOLVED]


def test_status_is_not_ok_while_a_server_that_restarted_may_know_less_than_fires(
    servers: RealServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alertmanager_ask, "PATIENCE", 3.0)
    config = tmp_path / "cockpit.toml"
    source = f"""
[[environments.prod.alerts]]
name = "am"
kind = "alertmanager"
urls = ["{servers.alertmanager.url}"]
filters = ['app="nobody"']
"""
    config.write_text(source)
    assert status(config) == 0
    servers.prometheus.freeze()
    try:
        servers.alertmanager.end()
        servers.alertmanager.start()
        assert status(config) == 3
        config.write_text(source + f'prometheus = ["{servers.prometheus.url}"]\n')
        assert status(config) == 3
    finally:
        servers.prometheus.thaw()


def status(config: Path) -> int:
    """The exit code of the command."""
    return CliRunner().invoke(cockpit, ["status", "--config", str(config)]).exit_code


async def test_an_alertmanager_that_restarts_resolves_nothing(servers: RealServers) -> None:
    pane = Pane(servers, "cart", watchdog="Watchdog")
    servers.signals.set("replica", "cart", 1)
    await pane.until_it_is(FIRING)
    servers.prometheus.freeze()  # so that nobody tells the new one what the old one knew
    try:
        servers.alertmanager.end()
        reading, _ = await pane.look()
        assert reading.problem is not None
        servers.alertmanager.start()
        reading, alert = await pane.until(lambda _, alert: alert.state is RESOLVING)
        assert reading.problem is not None
        assert reading.problem.short.startswith("no Watchdog from 127.0.0.1:")
    finally:
        servers.prometheus.thaw()
    reading, alert = await pane.until(lambda reading, alert: alert.state is FIRING and reading.problem is None)
    assert alert.note == ""
    assert RESOLVED not in pane.seen


async def test_a_prometheus_that_is_frozen_lets_alerts_expire_and_resolves_nothing(
    servers: RealServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alertmanager_ask, "PATIENCE", 0.2)
    pane = Pane(servers, "stock", prometheus=(servers.prometheus.url,))
    servers.signals.set("replica", "stock", 1)
    await pane.until_it_is(FIRING)
    servers.prometheus.freeze()
    try:
        reading, alert = await pane.until(lambda _, alert: alert.state is RESOLVING)
        assert alert.note == "expired: sender silent"
        assert reading.problem is not None
        assert reading.problem.short.endswith(": timed out")
    finally:
        servers.prometheus.thaw()
    await pane.until(lambda reading, alert: alert.state is FIRING and reading.problem is None)
    assert RESOLVED not in pane.seen


async def test_a_storm_of_five_thousand_alerts_is_read_whole(servers: RealServers) -> None:
    servers.post(
        [
            {
                "labels": {
                    "alertname": "ReplicaDown",
                    "app": "storm",
                    "instance": f"r{number}",
                    "severity": "critical",
                },
                "annotations": {"summary": f"Replica {number} of storm is down"},
            }
            for number in range(5_000)
        ]
    )
    reading, _ = await Pane(servers, "storm").look()
    assert reading.problem is None
    assert reading.value is not None
    assert len({each.key for each in reading.value}) == 5_000
    assert {each.state for each in reading.value} == {FIRING}


async def test_a_signal_reads_a_number_and_its_hour_from_a_real_prometheus(servers: RealServers) -> None:
    servers.signals.set("depth", "orders", 7)
    servers.signals.set("depth", "billing", 3)
    results = await signal_results(
        servers,
        signal_on(servers, "sum", query='sum(signal{kind="depth"})', degraded=(parse_condition("[VALUE] < 5"),)),
        signal_on(
            servers,
            "ratio",
            query='signal{kind="depth",app="billing"}',
            per_query='sum(signal{kind="depth"})',
            unit="%",
        ),
        signal_on(servers, "nothing", query='sum(signal{kind="none"})'),
        signal_on(servers, "many", query='signal{kind="depth"}'),
        signal_on(servers, "broken", query="sum(("),
        signal_on(servers, "text", query='"up"'),
        until=lambda results: results["sum"].value == 10 and results["ratio"].state is ProbeState.UP,
    )
    assert (results["sum"].state, results["sum"].reason) == (ProbeState.DEGRADED, "10, not < 5")
    assert len(results["sum"].points) >= 1
    assert (results["ratio"].state, results["ratio"].text) == (ProbeState.UP, "30 %")
    unknown = {name: results[name].reason for name in ("nothing", "many", "broken", "text")}
    assert {results[name].state for name in unknown} == {ProbeState.UNKNOWN}
    assert unknown["nothing"] == "no data"
    assert unknown["many"].startswith("The query gives 2 series")
    assert unknown["broken"].startswith("The query fails: ")
    assert "a number is needed" in unknown["text"]


def signal_on(servers: RealServers, name: str, **fields: Any) -> WatchedSignal:
    return WatchedSignal(name=name, kind="promql", environment="prod", url=servers.prometheus.url, **fields)


async def signal_results(
    servers: RealServers, *signals: WatchedSignal, until: Callable[[dict[str, SignalResult]], bool]
) -> dict[str, SignalResult]:
    """One look after the other until Prometheus has scraped what was set."""
    context = SignalContext(Environment("prod"), None, RealTime(), str)
    feed = SignalsFeed("prod", signals, partial(make_reader, context=context), time=RealTime(), random=Random(7))
    async with asyncio.timeout(PATIENCE):
        while True:
            reading = await feed.poll()
            results = {result.name: result for result in reading.value or ()}
            if until(results):
                return results
            await asyncio.sleep(0.2)


async def test_a_silence_is_made_extended_and_ended_by_commands(servers: RealServers, tmp_path: Path) -> None:
    pane = Pane(servers, "quiet")
    servers.signals.set("replica", "quiet", 1)
    await pane.until_it_is(FIRING)
    config = tmp_path / "cockpit.toml"
    config.write_text(
        f'[[environments.prod.alerts]]\nname = "am"\nkind = "alertmanager"\nurls = ["{servers.alertmanager.url}"]\n'
    )

    def type_in(*words: str, answer: str = "") -> Any:
        common = ["--config", str(config), "--db", str(tmp_path / "t.db"), "--as", "ana"]
        return CliRunner().invoke(cockpit, ["silence", words[0], *common, *words[1:]], input=answer)

    def create(answer: str) -> Any:
        return type_in("create", "app=quiet", "--for", "1h", "--reason", "known", answer=answer)

    no = await asyncio.to_thread(create, "n\n")
    assert (no.exit_code, "alerts listed now: ReplicaDown" in no.output) == (2, True)
    yes = await asyncio.to_thread(create, "y\n")
    assert yes.exit_code == 0, yes.output
    alert = await pane.until_it_is(SUPPRESSED)
    assert alert.note.startswith("silenced by ana until ")
    id = yes.stdout.split()[-1]
    assert (await asyncio.to_thread(type_in, "extend", id, "--for", "3h", "--yes")).exit_code == 0
    assert id in (await asyncio.to_thread(type_in, "list")).output
    assert (await asyncio.to_thread(type_in, "expire", id, "--yes")).exit_code == 0
    await pane.until_it_is(FIRING)
    servers.signals.set("replica", "quiet", 0)


def count_silenced(servers: RealServers, silence: str) -> int:
    """How many of the odd alerts it silences; a server that is busy with a storm is asked again."""
    address = f"{servers.alertmanager.url}/api/v2/alerts?filter=app%3D%22odd%22"
    answers: list[bytes | None] = []

    def is_answered() -> bool:
        answers.append(fetch(address))
        return answers[-1] is not None

    until(is_answered, "an answer")
    return sum(silence in alert["status"]["silencedBy"] for alert in json.loads(answers[-1] or b"[]"))


async def test_the_stated_reach_of_a_silence_is_what_it_silences(servers: RealServers, tmp_path: Path) -> None:
    odd = 'a"b\\c, {d}'
    servers.post([{"labels": {"alertname": "Odd", "app": "odd", "where": where}} for where in (odd, "left", "right")])
    source = AlertSource("am", "alertmanager", ("http://127.0.0.1:9", servers.alertmanager.url))  # the first is gone
    client = SilenceClient(source, RealTime(), str)
    now = RealTime().now()
    timeline = Timeline(tmp_path / "t.db", time=RealTime())
    incident_actions = IncidentActions(
        timeline, operator="ana", environment="prod", severity_scale=DEFAULT_SEVERITY_SCALE, time=RealTime()
    )
    for text, count in ((SilenceMatcher("where", odd).text, 1), ('app="odd" where!="left"', 2), ('app=~"o.d"', 3)):
        matchers = parse_matchers(text)
        situation = await asyncio.to_thread(read_silences, client)
        assert count_reach(matchers, situation.labels).count == count
        plan = Silence("", matchers, now, now + timedelta(hours=1), "ana", "known")
        made = await asyncio.to_thread(incident_actions.change_silence, client, SilenceOperation.CREATE, plan)
        assert made.outcome == "done", made.reason
        assert await asyncio.to_thread(count_silenced, servers, made.id) == count
        held = (await asyncio.to_thread(read_silences, client)).silences[made.id]
        longer = replace(held, ends=now + timedelta(hours=3))
        assert (
            await asyncio.to_thread(incident_actions.change_silence, client, SilenceOperation.EXTEND, longer)
        ).id == made.id
        await asyncio.to_thread(incident_actions.change_silence, client, SilenceOperation.EXPIRE, held)
        ended = (await asyncio.to_thread(read_silences, client)).silences
        assert ended[made.id].state == "expired"
        assert made.id in [item.id for item in list_offers(ended, [{"app": "odd", "where": odd}], RealTime().now())]
    timeline.close()
