"""`cockpit status`: what it says, and the exit code that a script goes by."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cockpit.cli import cockpit
from cockpit.model.event import Draft, Kind
from cockpit.model.time import format_timestamp
from cockpit.recorder.lock import RecorderLock, lock_path
from tests.integration.cli.shell import Shell
from tests.integration.feeds.servers import hangs, refusing, serving, swallowing
from tests.integration.feeds.test_probe_protocols import NO_NAMESPACE, has_namespaces


@dataclass
class Service:
    """A service whose health a test decides: (status, body) by path."""

    port: int = 0
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def service() -> Iterator[Service]:
    told = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            status, body = told.answers.get(self.path, told.answers.get(path, (404, b"")))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def probe(service: Service, path: str, environment: str = "prod", **more: str) -> str:
    """A probe as the configuration has it; it needs two failing answers, 100 ms apart."""
    settings = {
        "name": f'"{path.strip("/")}"',
        "url": f'"{service.url(path)}"',
        "retry_interval": '"100ms"',
        "conditions": '["[STATUS] == 200"]',
        **more,
    }
    lines = "\n".join(f"{name} = {value}" for name, value in settings.items())
    return f"[[environments.{environment}.probes]]\n{lines}\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "cockpit.toml"


def status(shell: Shell, config: Path, *words: str) -> tuple[int, str]:
    result = shell.type("status", "--config", str(config), *words)
    return result.exit_code, result.stdout


def test_healthy_is_0(shell: Shell, config: Path, service: Service) -> None:
    service.answers["/live"] = (200, b"")
    config.write_text(probe(service, "/live"))
    code, said = status(shell, config)
    assert code == 0
    assert said.startswith("prod  OK\n")
    assert "live" in said


def test_degraded_is_1(shell: Shell, config: Path, service: Service) -> None:
    service.answers["/live"] = (200, b"")
    config.write_text(probe(service, "/live", degraded='["[BODY] == fine"]'))
    code, said = status(shell, config)
    assert code == 1
    assert said.startswith("prod  DEGRADED\n")


def test_down_is_2_and_tells_the_failed_condition_with_its_value(shell: Shell, config: Path, service: Service) -> None:
    service.answers["/ready"] = (503, b"")
    config.write_text("[environments.prod]\nproduction = true\n" + probe(service, "/ready"))
    code, said = status(shell, config)
    assert code == 2
    assert said.startswith("prod (production)  DOWN\n")
    assert "[STATUS] (503) == 200" in said


def test_a_source_that_does_not_answer_is_3_though_every_probe_is_up(
    shell: Shell, config: Path, service: Service
) -> None:
    service.answers["/live"] = (200, b"")
    cloud = f'[identity]\norder = ["simulator"]\n[cloud]\nendpoint = "{service.url("")}"\n'
    where = '[environments.prod]\nsubscription = "5105c0de-0000-4000-8000-000000000001"\n'
    where += 'resource_group = "rg"\napps = ["a"]\n'
    config.write_text(cloud + where + probe(service, "/live"))
    code, said = status(shell, config)
    assert code == 3
    assert said.startswith("prod  BLIND\n")
    assert "revisions  blind" in said


def test_of_several_environments_the_worst_counts_and_one_can_be_asked_for(
    shell: Shell, config: Path, service: Service
) -> None:
    service.answers |= {"/up": (200, b""), "/down": (500, b"")}
    config.write_text(probe(service, "/up", "staging") + probe(service, "/down", "prod"))
    code, said = status(shell, config)
    assert code == 2
    assert "staging  OK" in said
    assert "prod  DOWN" in said
    assert status(shell, config, "--env", "staging")[0] == 0


def test_json_says_all_of_it(shell: Shell, config: Path, service: Service) -> None:
    service.answers["/ready"] = (503, b"")
    config.write_text(probe(service, "/ready"))
    code, said = status(shell, config, "--json")
    told = json.loads(said)
    assert code == told["exit_code"] == 2
    (environment,) = told["environments"]
    assert environment["word"] == "DOWN"
    assert environment["troubles"][0]["reason"] == "[STATUS] (503) == 200"
    assert environment["sources"][0]["state"] == "live"
    assert environment["probes"][0]["state"] == "down"


def test_json_carries_signals_labels_and_resources(shell: Shell, config: Path, service: Service) -> None:
    series = {"metric": {}, "value": [datetime.now(UTC).timestamp(), "7"]}
    number = json.dumps({"status": "success", "data": {"resultType": "vector", "result": [series]}})
    labels = {"alertname": "QueueLong", "severity": "critical", "app": "orders", "instance": "a:1"}
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    now = datetime.now(UTC).isoformat()
    alert = {"fingerprint": "f1", "labels": labels, "annotations": {"summary": "9,000 wait"}, "startsAt": now}
    alert |= {"updatedAt": now, "endsAt": soon, "status": {"state": "active", "silencedBy": [], "inhibitedBy": []}}
    service.answers |= {
        "/api/v1/query": (200, number.encode()),
        "/api/v1/query_range": (200, number.encode()),
        "/api/v2/alerts": (200, json.dumps([alert]).encode()),
        "/api/v2/status": (200, json.dumps({"uptime": "2020-01-01T00:00:00Z"}).encode()),
    }
    config.write_text(
        f"""
        [[environments.prod.signals]]
        name = "queue"
        kind = "promql"
        url = "{service.url("")}"
        query = "queue"
        unit = "jobs"
        down = ["[VALUE] < 5"]
        [[environments.prod.alerts]]
        name = "am"
        kind = "alertmanager"
        urls = ["{service.url("")}"]
        """
    )
    code, said = status(shell, config, "--json")
    (told,) = json.loads(said)["environments"]
    (signal,) = told["signals"]
    assert (code, signal["state"], signal["value"], signal["limit"]) == (2, "down", 7.0, "< 5")
    assert (signal["resource"], signal["unit"]) == ("queue", "jobs")
    (listed,) = told["alerts"]
    assert (listed["resource"], listed["labels"], listed["summary"]) == ("a:1", labels, "9,000 wait")
    assert {trouble["about"] for trouble in told["troubles"]} == {"7 jobs", "orders"}


def test_what_a_source_may_not_know_is_shown_beside_its_state(shell: Shell, config: Path, service: Service) -> None:
    """A Prometheus answers, and cannot evaluate a rule that has no alerts."""
    rule = {"name": "Broken", "health": "err", "lastError": "no such function", "alerts": [], "state": "inactive"}
    rules = {"status": "success", "data": {"groups": [{"interval": 15, "rules": [rule]}]}}
    service.answers |= {
        "/api/v1/query": (200, json.dumps({"status": "success", "data": {"result": []}}).encode()),
        "/api/v1/rules": (200, json.dumps(rules).encode()),
        "/api/v2/alerts": (200, b"[]"),
        "/api/v2/status": (200, json.dumps({"uptime": "2020-01-01T00:00:00Z"}).encode()),
    }
    where = service.url("")
    source = f'name = "am"\nkind = "alertmanager"\nurls = ["{where}"]\nprometheus = ["{where}"]\n'
    config.write_text(f"[[environments.prod.alerts]]\n{source}")
    code, said = status(shell, config, "--json")
    (told,) = json.loads(said)["environments"][0]["sources"]
    assert (code, told["seen"], told["complete"], told["problem"]) == (3, True, False, "")
    assert "no such function" in told["caution"]
    assert "no such function" in status(shell, config)[1]


@pytest.mark.parametrize("timeline", ["", "no timeline at all"])
def test_a_heartbeat_counts_also_without_a_timeline_that_can_be_read(shell: Shell, config: Path, timeline: str) -> None:
    lines = 'name = "nightly"\nurl = "beat://backup"\nconditions = ["[CONNECTED] == true"]\n'
    config.write_text(f"[[environments.prod.probes]]\n{lines}")
    shell.file.unlink(missing_ok=True)
    if timeline:
        shell.file.write_text(timeline)
    shell.say("beat", "backup", "--config", str(config))
    (environment,) = json.loads(status(shell, config, "--json")[1])["environments"]
    assert environment["probes"][0]["state"] == "up"


def turn(name: str, state: str, minutes_ago: float) -> Draft:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return Draft(Kind.PROBE, f"{name} {state}", at, "prod", name, source="recorder", detail={"state": state})


def test_since_when_is_what_the_timeline_says_and_blank_where_it_says_nothing(
    shell: Shell, config: Path, service: Service
) -> None:
    service.answers |= {"/ready": (503, b""), "/live": (200, b""), "/slow": (503, b"")}
    config.write_text("".join(probe(service, path) for path in ("/ready", "/live", "/slow")))
    (told,) = json.loads(status(shell, config, "--json")[1])["environments"]
    assert {each["since"] for each in told["probes"] + told["troubles"]} == {None}
    assert "0s" not in status(shell, config)[1].partition("Probes")[2]

    down = turn("ready", "down", 12.5)
    shell.record(turn("ready", "down", 90), turn("ready", "up", 60), down, turn("slow", "degraded", 7))
    (told,) = json.loads(status(shell, config, "--json")[1])["environments"]
    assert {each["name"]: each["since"] for each in told["probes"]} == {
        "ready": format_timestamp(down.occurred),
        "live": None,
        "slow": None,  # it has turned since, and nobody recorded when
    }
    assert [each["since"] for each in told["troubles"] if each["name"] == "ready"] == [format_timestamp(down.occurred)]
    assert "12m" in status(shell, config)[1]


def test_a_healthy_probe_has_no_reason_and_shows_no_address(shell: Shell, config: Path, service: Service) -> None:
    service.answers["/live"] = (200, b"")
    config.write_text(probe(service, "/live"))
    assert "http://" not in status(shell, config)[1]


def test_hostile_answers_stay_text(shell: Shell, config: Path, service: Service) -> None:
    service.answers["/live"] = (200, b"\x1b]52;c;aGk=\x07[red]x[/]\xc2\x9b2J")
    config.write_text(probe(service, "/live", conditions='["[BODY] == fine"]'))
    for words in ((), ("--json",)):
        _, said = status(shell, config, *words)
        assert "\x1b" not in said
        assert "\x9b" not in said


@pytest.mark.parametrize(
    ("text", "words", "why"),
    [
        ("", ("--env", "nowhere"), "nowhere"),
        ("probess = 1", (), "probess"),
        ("", ("--jsn",), "--jsn"),
    ],
    ids=["environment", "configuration", "option"],
)
def test_our_own_mistakes_are_3_and_never_an_outage(
    shell: Shell, config: Path, text: str, words: tuple[str, ...], why: str
) -> None:
    config.write_text(text)
    result = shell.type("status", "--config", str(config), *words)
    assert result.exit_code == 3
    assert why in result.stderr
    assert result.stdout == ""


def test_a_defect_of_ours_is_3(shell: Shell, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("cockpit.cli.status.command.load_system", broken)
    result = shell.type("status")
    assert result.exit_code == 3
    assert "ZeroDivisionError" in result.stderr


def test_without_a_configuration_nothing_is_watched_and_that_is_3(shell: Shell) -> None:
    result = shell.type("status")
    assert result.exit_code == 3
    assert "UNKNOWN" in result.stdout
    assert "Nothing is watched here" in result.stdout


def test_without_a_terminal_cockpit_prints_the_status(shell: Shell, config: Path, service: Service) -> None:
    service.answers["/ready"] = (503, b"")
    config.write_text(probe(service, "/ready"))
    result = CliRunner().invoke(cockpit, ["--config", str(config)])
    assert result.exit_code == 2
    assert "no terminal" in result.stderr
    assert "[STATUS] (503) == 200" in result.stdout


@pytest.fixture
def healthy(config: Path, service: Service) -> Path:
    """A configuration in which all that is watched is well."""
    service.answers["/live"] = (200, b"")
    config.write_text("[environments.prod]\nproduction = true\n" + probe(service, "/live"))
    return config


def test_an_open_grave_incident_is_1_though_all_is_up_and_says_who_leads(shell: Shell, healthy: Path) -> None:
    shell.say("declare", "--config", str(healthy), "--severity", "P1", "Checkout fails for one client")
    code, said = status(shell, healthy)
    assert code == 1
    assert said.startswith("prod (production)  INCIDENT\n")
    assert "Checkout fails for one client" in said
    assert "nobody leads" in said
    shell.say("role", "take", "--config", str(healthy), "IC")
    (environment,) = json.loads(status(shell, healthy, "--json")[1])["environments"]
    (incident,) = environment["incidents"]
    assert (environment["word"], environment["exit_code"]) == ("INCIDENT", 1)
    assert (incident["severity"], incident["status"], incident["leaders"]) == ("P1", "investigating", ["ana"])
    assert incident["grave"]
    shell.say("resolve", "--config", str(healthy))
    assert status(shell, healthy)[0] == 0


def test_a_small_incident_is_shown_and_leaves_the_exit_code_alone(shell: Shell, healthy: Path) -> None:
    shell.say("declare", "--config", str(healthy), "--severity", "P2", "A report is late")
    code, said = status(shell, healthy)
    assert code == 0
    assert "A report is late" in said


def test_an_incident_of_another_environment_counts_where_that_is_asked_for(
    shell: Shell, config: Path, service: Service
) -> None:
    service.answers["/up"] = (200, b"")
    config.write_text(probe(service, "/up", "prod") + probe(service, "/up", "staging"))
    shell.say("declare", "--config", str(config), "--env", "staging", "--severity", "P0", "Staging is gone")
    assert status(shell, config, "--env", "prod")[0] == 0
    assert status(shell, config, "--env", "staging")[0] == 1
    assert status(shell, config)[0] == 1


def test_a_freeze_is_shown_and_a_pipeline_can_ask_for_it_alone(shell: Shell, healthy: Path, service: Service) -> None:
    shell.say("freeze", "--config", str(healthy), "on", "--reason", "schema change")
    code, said = status(shell, healthy)
    assert code == 0
    assert "FROZEN since" in said
    assert "schema change" in said
    service.answers["/live"] = (500, b"")  # a pipeline that asks for the freeze is not told of the service
    code, said = status(shell, healthy, "--freeze")
    assert (code, "by ana: schema change" in said) == (1, True)
    document = json.loads(status(shell, healthy, "--freeze", "--json")[1])
    assert (document["frozen"], document["exit_code"]) == (True, 1)
    assert document["environments"][0]["freeze"]["reason"] == "schema change"
    shell.say("freeze", "--config", str(healthy), "off")
    assert status(shell, healthy, "--freeze") == (0, "prod  not frozen\n")


def test_a_freeze_that_nobody_can_know_of_is_3(shell: Shell, healthy: Path) -> None:
    result = shell.type("status", "--config", str(healthy), "--freeze")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "nothing was recorded" in result.stderr
    shell.file.write_text("no database at all, but something else of some length" * 50)
    assert shell.type("status", "--config", str(healthy), "--freeze").exit_code == 3


def test_a_timeline_that_cannot_be_read_may_hide_an_incident(shell: Shell, healthy: Path) -> None:
    shell.file.write_text("no database at all, but something else of some length" * 50)
    code, said = status(shell, healthy)
    assert code == 3
    assert "Open incidents and a freeze are not known" in said
    (environment,) = json.loads(status(shell, healthy, "--json")[1])["environments"]
    assert environment["word"] == "UNKNOWN"
    assert environment["record_problem"]


def test_it_says_who_records_and_that_nobody_does(shell: Shell, healthy: Path) -> None:
    assert "Nobody records here now" in status(shell, healthy)[1]
    shell.record(turn("live", "up", 1))
    lock = RecorderLock(lock_path(shell.file, "prod"), "ben@jump-1 pid 7")
    assert lock.try_acquire()
    try:
        said = status(shell, healthy)[1]
        assert "ben@jump-1 pid 7" in said, "it holds the lock and has not begun, or is stopped"
        (environment,) = json.loads(status(shell, healthy, "--json")[1])["environments"]
        assert (environment["recorder"], environment["recorder_stalled"]) == ("", "ben@jump-1 pid 7")
        lock.beat(1, recording=True)
        assert "Nobody records" not in status(shell, healthy)[1]
        (environment,) = json.loads(status(shell, healthy, "--json")[1])["environments"]
        assert environment["recorder"] == "ben@jump-1 pid 7"
    finally:
        lock.release()


def test_when_no_reference_answers_it_is_our_own_line_as_on_the_screen(shell: Shell, config: Path) -> None:
    with refusing() as gone, refusing() as sick:
        lines = f'[self]\nreferences = ["127.0.0.1:{gone}"]\n'
        lines += probe(Service(sick), "/ready")
        config.write_text(lines)
        code, said = status(shell, config)
    assert code == 3
    assert "jump box offline" in said
    assert "DOWN" not in said


@pytest.fixture
def two_hung_hosts() -> Iterator[tuple[str, str]]:
    """The probe of each, as the configuration has it."""
    with serving(hangs) as one, serving(hangs, address="127.0.0.2") as two:
        url = f'"http://127.0.0.2:{two}/two"'
        yield probe(Service(one), "/one", timeout='"300ms"'), probe(Service(two), "/two", url=url, timeout='"300ms"')


def test_when_everything_is_silent_and_nobody_else_answers_it_is_they_or_we(
    shell: Shell, config: Path, two_hung_hosts: tuple[str, str]
) -> None:
    config.write_text("".join(two_hung_hosts))
    code, said = status(shell, config)
    assert code == 3
    assert "all 2 unreachable: they or we" in said
    config.write_text(two_hung_hosts[0])
    assert status(shell, config)[0] == 2  # one host says nothing about our line


@pytest.fixture
def two_hosts_that_are_gone() -> Iterator[str]:
    """The probes of two hosts that take no connection and refuse none."""
    with swallowing("127.0.0.2") as web, swallowing("127.0.0.3") as mail:
        quick = {"timeout": '"300ms"'}
        yield probe(Service(), "/web", url=f'"http://127.0.0.2:{web}/"', **quick) + probe(
            Service(), "/mail", url=f'"tcp://127.0.0.3:{mail}"', conditions='["[CONNECTED] == true"]', **quick
        )


def test_hosts_that_are_gone_are_they_or_we_and_with_references_it_is_known_which(
    shell: Shell, config: Path, two_hosts_that_are_gone: str
) -> None:
    """Not a byte, not even of the kernel: what a lost line and a lost data centre look like."""
    config.write_text(two_hosts_that_are_gone)
    code, said = status(shell, config)
    assert (code, "all 2 unreachable: they or we" in said) == (3, True)
    with swallowing("127.0.0.4") as silent, serving(hangs, address="127.0.0.5") as alive:
        config.write_text(f'[self]\nreferences = ["127.0.0.4:{silent}"]\n{two_hosts_that_are_gone}')
        code, said = status(shell, config)
        assert (code, "jump box offline" in said) == (3, True)
        config.write_text(f'[self]\nreferences = ["127.0.0.5:{alive}"]\n{two_hosts_that_are_gone}')
        assert status(shell, config)[0] == 2


NAMES = """
[[environments.prod.probes]]
name = "shop"
url = "https://shop.example.com/"
timeout = "300ms"
retry_interval = "100ms"
[[environments.prod.probes]]
name = "mail"
url = "tcp://mail.example.org:25"
timeout = "300ms"
retry_interval = "100ms"
conditions = ["[CONNECTED] == true"]
"""


def test_without_any_name_server_it_is_they_or_we(config: Path) -> None:
    if not has_namespaces():
        pytest.skip(NO_NAMESPACE)
    config.write_text(NAMES)
    command = ["unshare", "--net", sys.executable, "-m", "cockpit", "status", "--config", str(config)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3], timeout=60)
    assert ran.returncode == 3, ran.stderr
    assert "all 2 unreachable: they or we" in ran.stdout


def test_when_another_source_answers_silence_is_down(
    shell: Shell, config: Path, service: Service, two_hung_hosts: tuple[str, str]
) -> None:
    service.answers |= {
        "/api/v2/alerts": (200, b"[]"),
        "/api/v2/status": (200, b'{"uptime": "2026-01-01T00:00:00Z"}'),
    }
    source = f'[[environments.prod.alerts]]\nname = "am"\nkind = "alertmanager"\nurls = ["{service.url("")}"]\n'
    config.write_text("".join(two_hung_hosts) + source)
    code, said = status(shell, config)
    assert (code, "they or we" in said) == (2, False)


def test_nothing_is_written(shell: Shell, config: Path, service: Service) -> None:
    service.answers["/live"] = (200, b"")
    config.write_text(probe(service, "/live"))
    status(shell, config)
    assert not shell.file.exists()


def test_status_shows_an_alert_that_its_source_forgot_and_a_person_settles_it(
    shell: Shell, config: Path, service: Service
) -> None:
    service.answers = {"/api/v2/alerts": (200, b"[]"), "/api/v2/status": (200, b'{"uptime": "2026-01-01T00:00:00Z"}')}
    config.write_text(
        f'[[environments.prod.alerts]]\nname = "am"\nkind = "alertmanager"\nurls = ["{service.url("")}"]\n'
    )
    detail = {"name": "Down", "severity": "critical", "state": "resolved?", "was": "firing", "note": "vanished"}
    shell.record(Draft(Kind.ALERT, "Down resolved?", datetime.now(UTC), "prod", "am:f1", detail=detail))
    (alert,) = json.loads(status(shell, config, "--json")[1])["environments"][0]["alerts"]
    assert (alert["key"], alert["state"], status(shell, config)[0]) == ("am:f1", "resolved?", 1)
    assert "`Other` is not an alert" in shell.refused("settle", "--config", str(config), "Other")
    event = shell.ask("settle", "--config", str(config), "Down", "--reason", "seen it recover")
    assert (event["detail"]["state"], event["detail"]["note"]) == ("resolved", "seen it recover")
    assert json.loads(status(shell, config, "--json")[1])["environments"][0]["alerts"] == []
