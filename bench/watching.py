"""What watching costs and how exact it is: 500 probes and 5,000 alerts, beside blackbox_exporter where there is one."""

import asyncio
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import httpx

from bench.apps import alerts_feed, probes_feed
from bench.measure import Measure
from bench.terminal import Terminal
from bench.timeline import seconds as measure_seconds
from cockpit.feeds.probes.feed import Engine
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.postmortem.export import Exporter, ExportForm
from cockpit.model.conditions import parse_condition
from cockpit.model.event import Draft, Kind
from cockpit.model.probe import Probe
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.system import System
from cockpit.model.time import RealTime, format_timestamp
from cockpit.timeline.timeline import Timeline

PROBES, ALERTS = 500, 5_000
SPREAD = 10.0  # seconds over which the probes are spread, as by their interval
WAIT = 0.05  # seconds that the server takes for an answer
PRESSES = 200
RULES = 25  # names that the alerts of the draft share
TARGET = f"""
import json, select, socket, struct, threading, time
STAMPING, STAMPS, ERRORS = 37, 1 << 1 | 1 << 3 | 1 << 4 | 1 << 11, 0x2000  # linux: SO_TIMESTAMPING, TX RX, MSG_ERRQUEUE
took = {{}}
def read_stamp(ancillary):
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, STAMPING):
            seconds, nanoseconds = struct.unpack_from("@ll", data)
            return seconds + nanoseconds / 1e9
    return time.time()
def serve(connection):
    with connection:
        head = b""
        while b"\\r\\n\\r\\n" not in head:
            data, ancillary, _, _ = connection.recvmsg(65536, 512)
            if not data:
                return
            head, began = head + data, read_stamp(ancillary)
        path, body = head.split(b" ", 2)[1].decode(), b"{{}}"
        if path == "/took":
            time.sleep(0.2)  # for the last one to be written down
            body = json.dumps(took).encode()
            took.clear()
        else:
            time.sleep({WAIT:f})
        answer = b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\nConnection: close\\r\\n\\r\\n" % len(body)
        connection.sendall(answer + body)
        if path != "/took":
            left = select.poll()
            left.register(connection, 0)
            stamped = bool(left.poll(1000))
            ended = read_stamp(connection.recvmsg(1, 512, ERRORS)[1]) if stamped else time.time()
            took.setdefault(path, []).append(ended - began)
listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
listener.setsockopt(socket.SOL_SOCKET, STAMPING, STAMPS)
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()
"""
"""A server that knows from its kernel when a request had arrived and when the answer left. Its own Python would tell
when it got round to either, which of an answer of 50 ms is half a millisecond that no prober can see."""
BLACKBOX = "prometheus-blackbox-exporter"
DURATION = re.compile(rb'probe_http_duration_seconds\{phase="(resolve|connect|tls|processing)"\} (\S+)')


def watching() -> list[Measure]:
    """The error of what is shown against what the server's kernel measured, while the loop is as busy as in a storm."""
    with ExitStack() as stack:
        command = [sys.executable, "-c", TARGET]
        target = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
        stack.callback(target.kill)
        assert target.stdout is not None
        port = int(target.stdout.readline())
        ours = asyncio.run(ask_by_cockpit(port))
        theirs = asyncio.run(ask_by_blackbox(port, start_blackbox(stack))) if shutil.which(BLACKBOX) else []
    how = f"{PROBES} probes over {SPREAD:g} s, {ALERTS:,} alerts, server waits {WAIT * 1000:g} ms"
    measures = [
        Measure("latency error, p50", find_part(ours, 0.5) * 1000, "ms", how, 0.5),
        Measure("latency error, p95", find_part(ours, 0.95) * 1000, "ms", how, 3.0),
        Measure("false DOWN", PROBES - len(ours), "probes", how, 0),
    ]
    if theirs:
        measures += [
            Measure("latency error of blackbox_exporter, p50", find_part(theirs, 0.5) * 1000, "ms", how),
            Measure("latency error of blackbox_exporter, p95", find_part(theirs, 0.95) * 1000, "ms", how),
        ]
    return [*measures, *measure_keys(), *measure_draft()]


def find_part(numbers: list[float], share: float) -> float:
    return sorted(numbers)[min(len(numbers) - 1, int(len(numbers) * share))]


async def read_took(port: int) -> dict[str, list[float]]:
    async with httpx.AsyncClient(trust_env=False) as client:
        took: dict[str, list[float]] = (await client.get(f"http://127.0.0.1:{port}/took")).json()
        return took


async def ask_by_cockpit(port: int) -> list[float]:
    """Shown minus true, of every probe; what was called down has no entry."""
    ok = (parse_condition("[STATUS] == 200"),)
    probes = [Probe(f"p{n}", "bench", f"http://127.0.0.1:{port}/p{n}", conditions=ok) for n in range(PROBES)]
    engine, random = Engine(probes, time=RealTime(), reveal=str), Random(7)
    shown: dict[str, float] = {}

    async def ask(probe: Probe) -> None:
        await asyncio.sleep(random.uniform(0, SPREAD))
        outcome = await engine.ask(probe)
        if outcome.grade == "good" and outcome.latency is not None:
            shown[f"/{probe.name}"] = outcome.latency

    storm = asyncio.create_task(draw_storm())
    try:
        await asyncio.gather(*(ask(probe) for probe in probes))
    finally:
        storm.cancel()
        await engine.aclose()
    took = await read_took(port)
    return [abs(latency - took[path][0]) for path, latency in shown.items() if path in took]


async def draw_storm() -> None:
    """What the screen computes of a storm, on the loop on which the probes wait."""
    from widgets.alerts import build_alert_rows
    from widgets.probes import build_probe_rows

    alerts, probes = alerts_feed(ALERTS, 5.0), probes_feed(PROBES, 5.0)
    beat = 0
    while True:
        build_probe_rows((await probes.poll()).value or ())
        if beat % 20 == 0:
            build_alert_rows((await alerts.poll()).value or (), {})
        beat += 1
        await asyncio.sleep(0.25)


def start_blackbox(stack: ExitStack) -> str:
    """Where it listens."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cockpit-bench-")))
    (folder / "b.yml").write_text("modules: {web: {prober: http, timeout: 5s, http: {preferred_ip_protocol: ip4}}}")
    listen = f"127.0.0.1:{find_free_port()}"
    command = [BLACKBOX, f"--config.file={folder}/b.yml", f"--web.listen-address={listen}", "--log.level=error"]
    process = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
    stack.callback(process.kill)
    return listen


async def ask_by_blackbox(port: int, listen: str) -> list[float]:
    """The same of blackbox_exporter: resolve, connect and processing, which is up to the first byte."""
    random, shown = Random(7), dict[str, float]()
    async with httpx.AsyncClient(trust_env=False, timeout=10, limits=httpx.Limits(max_connections=600)) as client:
        for _ in range(100):
            try:
                await client.get(f"http://{listen}/")
                break
            except httpx.HTTPError:
                await asyncio.sleep(0.05)

        async def ask(number: int) -> None:
            await asyncio.sleep(random.uniform(0, SPREAD))
            address = f"http://127.0.0.1:{port}/p{number}"
            answer = await client.get(f"http://{listen}/probe", params={"target": address, "module": "web"})
            shown[f"/p{number}"] = sum(float(seconds) for _, seconds in DURATION.findall(answer.content))

        await asyncio.gather(*(ask(number) for number in range(PROBES)))
    took = await read_took(port)
    return [abs(latency - took[path][0]) for path, latency in shown.items() if path in took]


def find_free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


def measure_keys() -> list[Measure]:
    """From a key to its first byte on the terminal, and the memory, of the whole app in the storm."""
    command = [sys.executable, "-m", "bench.apps", "storm", "--alerts", str(ALERTS), "--probes", str(PROBES)]
    with Terminal(command) as terminal:
        terminal.wait_for(b"Alert number", 60)
        terminal.read(3)
        times = sorted(terminal.press(b"\x1b[B" if number % 20 < 10 else b"\x1b[A") for number in range(PRESSES))
        memory = terminal.memory / 2**20
    how = f"{PRESSES} keys, {PROBES} probes every 5 s, {ALERTS:,} alerts"
    return [
        Measure("key to paint, median", statistics.median(times) * 1000, "ms", how),
        Measure("key to paint, p99", find_part(times, 0.99) * 1000, "ms", how, 50),
        Measure("memory", memory, "MiB", how, 150),
    ]


def measure_draft() -> list[Measure]:
    """The post-mortem of an incident in which so many alerts fired and ended, a tenth of them several times."""
    began = datetime.now(UTC) - timedelta(hours=2)
    drafts: dict[datetime, list[Draft]] = defaultdict(list)
    for number in range(ALERTS):
        name, pod = f"Rule{number % RULES}", f"pod-{number}"
        turns = 6 if number % 10 == 0 else 2
        for turn in range(turns):
            moment = began + timedelta(minutes=5 * turn + number % 4, seconds=number % 60)
            state = "resolved" if turn % 2 else "firing"
            detail = {"name": name, "state": state, "severity": "critical", "resource": pod}
            if state == "firing":
                detail["since"] = format_timestamp(moment)
            summary = f"{name} {state} on {pod}"
            drafts[moment].append(
                Draft(Kind.ALERT, summary, moment, "bench", f"am:{number}", source="recorder", detail=detail)
            )
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cockpit-bench-"))
        timeline = stack.enter_context(Timeline(Path(folder) / "t.db", time=RealTime()))
        actions = IncidentActions(
            timeline,
            operator="bench",
            environment="bench",
            severity_scale=DEFAULT_SEVERITY_SCALE,
            time=RealTime(),
        )
        incident = actions.declare("a storm", "P1", reach_from=began)
        for moment in sorted(drafts):
            timeline.record(drafts[moment])
        actions.resolve("over")
        meant = actions.find(incident.id)
        exporter = Exporter(
            meant, timeline, actions, System("bench", (), folder), RealTime(), actions.plan, ExportForm.MARKDOWN
        )
        text = ""

        def tell() -> None:
            nonlocal text
            text = exporter.render_with_head()[0]

        took = measure_seconds(tell)
    how = f"{ALERTS:,} alerts of {RULES} rules, a tenth came and went three times"
    return [
        Measure("post-mortem draft", float(text.count("\n")), "lines", how, 400),
        Measure("post-mortem draft, written in", took, "s", how),
    ]
