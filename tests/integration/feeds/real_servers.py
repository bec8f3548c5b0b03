"""A real Prometheus with a real Alertmanager on the loopback, whose alerts are switched by setting numbers."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

BINARIES = ("prometheus", "prometheus-alertmanager", "setpriv")
MISSING = [each for each in BINARIES if shutil.which(each) is None]
PATIENCE = 40.0  # seconds for anything to come true; it usually takes one, and on a machine with much to do ten

RULES = """
groups:
  - name: signals
    rules:
      - alert: Watchdog
        expr: vector(1)
        labels: {severity: none}
      - alert: ReplicaDown
        expr: signal{kind="replica"} == 1
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.app }} lost a replica"}
      - alert: Http5xxHigh
        expr: signal{kind="5xx"} > 0.05
        for: 2s
        labels: {severity: warning}
      - alert: ErrorShare
        expr: sum by (app) (signal{kind="share"}) > 0.5
        labels: {severity: critical}
"""
PROMETHEUS = """
global: {{scrape_interval: 500ms, evaluation_interval: 500ms, external_labels: {{env: prod}}}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: signals
    static_configs: [{{targets: ["127.0.0.1:{signals}"]}}]
  - job_name: frail
    static_configs: [{{targets: ["127.0.0.1:{frail}"]}}]
  - job_name: fleet
    file_sd_configs: [{{files: [fleet.json], refresh_interval: 1s}}]
  - job_name: squad
    file_sd_configs: [{{files: [squad.json], refresh_interval: 1s}}]
alerting:
  alert_relabel_configs:
    - {{source_labels: [app], regex: lost, action: drop}}
    - {{source_labels: [app], regex: relabelled, target_label: severity, replacement: page}}
  alertmanagers:
    - static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]
"""
VMALERT = """
groups:
  - name: vmalert
    interval: 1s
    rules:
      - alert: JobLost
        expr: signal{kind="job"} == 1
        labels: {severity: critical}
"""
ALERTMANAGER = """
route: {receiver: nobody, group_wait: 0s, group_interval: 1s}
receivers: [{name: nobody}]
"""


class Signals:
    """What Prometheus scrapes: `signal{kind, app} value`. While it is `gone` there is nothing to scrape."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], float] = {}
        self.gone = False
        signals = self

        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = "".join(
                    f'signal{{kind="{kind}",app="{app}"}} {value}\n' for (kind, app), value in signals.values.items()
                ).encode()
                self.send_response(503 if signals.gone else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(ConnectionError):  # a Prometheus that is stopped in the middle reads no more
                    self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def set(self, kind: str, app: str, value: float) -> None:
        self.values[kind, app] = value

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Process:
    """One of the servers: started, frozen, ended."""

    def __init__(self, command: Sequence[str], url: str, folder: Path) -> None:
        self.url = url
        self._command = command
        self._log = folder / f"{Path(command[0]).name}.log"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            ends_with_us = ("setpriv", "--pdeathsig", "KILL")
            self._process = subprocess.Popen([*ends_with_us, *self._command], cwd=self._folder, stdout=log, stderr=log)
        until(lambda: fetch(f"{self.url}/-/ready") is not None, f"{self._command[0]} ready", self._log)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def reload(self) -> None:
        """Read its configuration anew."""
        self._signal(signal.SIGHUP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _signal(self, number: int) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)


class RealServers:
    """Both servers and the signals they watch. Every alert is sent again each second, and lives for four.

    All targets are there from the start: Prometheus takes five seconds to see another.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.signals = Signals()
        self.frail = Signals()  # the one whose absence nobody else minds
        self.crews = {"fleet": (Signals(), Signals()), "squad": (Signals(), Signals())}  # found by a discovery
        for job, targets in self.crews.items():
            self.discover(job, targets)
        ports = {"signals": self.signals.port, "frail": self.frail.port, "alertmanager": free_port()}
        (folder / "prometheus.yml").write_text(PROMETHEUS.format(**ports))
        (folder / "rules.yml").write_text(RULES)
        (folder / "alertmanager.yml").write_text(ALERTMANAGER)
        port = free_port()
        self.prometheus = Process(prometheus_command(port), _url(port), folder)
        port = ports["alertmanager"]
        self.alertmanager = Process(alertmanager_command(port), _url(port), folder)

    def discover(self, job: str, targets: Sequence[Signals]) -> None:
        """What is scraped as that job from now on; without any there is no such job."""
        found = [{"targets": [f"127.0.0.1:{target.port}" for target in targets]}]
        (self.folder / f"{job}.new").write_text(json.dumps(found if targets else []))
        (self.folder / f"{job}.new").rename(self.folder / f"{job}.json")

    def close(self) -> None:
        for process in (self.prometheus, self.alertmanager):
            process.end()
        for target in (self.signals, self.frail, *chain.from_iterable(self.crews.values())):
            target.close()

    def give_rules(self, rules: str) -> None:
        """Prometheus evaluates these from now on."""
        (self.folder / "rules.yml").write_text(rules)
        self.prometheus.reload()

    def silence(self, app: str) -> None:
        """For an hour."""
        now = time.time()
        matcher = {"name": "app", "value": app, "isRegex": False, "isEqual": True}
        when = {"startsAt": _rfc3339(now), "endsAt": _rfc3339(now + 3_600)}
        self._post("silences", {"matchers": [matcher], **when, "createdBy": "on call", "comment": "known"})

    def post(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        """Alerts of another sender than Prometheus."""
        self._post("alerts", alerts)

    def _post(self, path: str, body: object) -> None:
        request = Request(f"{self.alertmanager.url}/api/v2/{path}", json.dumps(body).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        with urlopen(request, timeout=PATIENCE):
            pass


@contextmanager
def real_servers(folder: Path) -> Iterator[RealServers]:
    """Ready, with the first alert of Prometheus arrived (it takes five seconds to find its Alertmanager)."""
    with closing(RealServers(folder)) as servers:
        for process in (servers.alertmanager, servers.prometheus):
            process.start()
        until(lambda: b"Watchdog" in (fetch(f"{servers.alertmanager.url}/api/v2/alerts") or b""), "the first alert")
        yield servers


@contextmanager
def real_vmalert(servers: RealServers, folder: Path) -> Iterator[Process]:
    """VictoriaMetrics' ruler: it asks our Prometheus, tells our Alertmanager, and answers no queries itself."""
    (folder / "rules.yml").write_text(VMALERT)
    url = _url(free_port())
    command = [
        "vmalert",
        "-rule=rules.yml",
        f"-datasource.url={servers.prometheus.url}",
        f"-notifier.url={servers.alertmanager.url}",
        f"-httpListenAddr={url.removeprefix('http://')}",
    ]
    vmalert = Process(command, url, folder)
    try:
        vmalert.start()
        yield vmalert
    finally:
        vmalert.end()


def alertmanager_command(port: int) -> list[str]:
    return [
        "prometheus-alertmanager",
        "--config.file=alertmanager.yml",
        "--storage.path=alertmanager",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",  # otherwise it opens a port to the whole network
        "--alerts.gc-interval=1s",
    ]


def prometheus_command(port: int) -> list[str]:
    return [
        "prometheus",
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=prometheus",
        f"--web.listen-address=127.0.0.1:{port}",
        "--rules.alert.resend-delay=1s",
    ]


def until(true: Callable[[], bool], what: str, log: Path | None = None) -> None:
    """Wait for something of the real world. Raises AssertionError with the log's end when it does not come true."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"never came true: {what}\n{log.read_text()[-2_000:] if log else ''}")
        time.sleep(0.05)


def fetch(url: str) -> bytes | None:
    with suppress(URLError, OSError), urlopen(url, timeout=2) as answer:
        return bytes(answer.read())
    return None


def free_port() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return server.server_port


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _rfc3339(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
