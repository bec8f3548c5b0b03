"""What goes on for days: a week of watching, a flood of log lines, a storm and keys, a wall for a month, a week of az.

Each part runs in a process of its own and is judged against itself: what is held and how long a look takes at its end
over what both were after its first quarter. Time is made up where nothing but time would be waited for.
"""

import asyncio
import gc
import json
import os
import random
import stat
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.measure import Measure
from bench.terminal import Terminal
from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.event import Draft, Kind
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.reading import Reading

BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GROWTH = 1.2  # of memory, from a quarter of a part to its end
SLOWER = 1.5  # the median look at the end over that of the first quarter
KEY_P99 = 50  # ms
WAL = 16  # MiB; SQLite empties it after 4 MB where nobody reads
POLL, BEAT = 30.0, 2.0  # seconds
WEEK, MONTH = timedelta(days=7), timedelta(days=30)
LOOK = timedelta(seconds=315)  # an odd number of the wall's turns: both environments are drawn
LINES, RATE = 600_000, 10_000  # log lines, and how many a second
STORM = 600.0  # seconds; 5,000 alerts of which half come and half go at each poll
STORM_POLL = 14.0
FROM_TOP = 5  # rows: an Up on the first one changes nothing, and its answer would be the tick of the next second
AZ_TOKEN = 4_500.0  # seconds: az's tokens live between 60 and 90 minutes
FAKE_AZ = """#!/bin/sh
echo x >> "{folder}/calls"
now=$(cat "{folder}/now")
until=$(cat "{folder}/until" 2>/dev/null || echo 0)
if [ $((until - now)) -lt 300 ]; then until=$((now + {life})); echo "$until" > "{folder}/until"; fi
printf '{{"accessToken": "t-%s", "expires_on": %s}}' "$until" "$until"
"""


@dataclass
class MadeUpTime:
    """A clock that moves when told; sleeping takes a moment of the real one."""

    elapsed: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return BEGAN + self.elapsed

    def monotonic(self) -> float:
        return 1000.0 + self.elapsed.total_seconds()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.002)


class GrowthWatch:
    """Memory and looks of this process, after a quarter and at the end."""

    def __init__(self) -> None:
        self.resident: list[int] = []
        self.objects: list[int] = []
        self.looks: list[float] = []

    def mark(self) -> None:
        gc.collect()
        with open("/proc/self/statm", encoding="ascii") as statm:
            self.resident.append(int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE"))
        self.objects.append(len(gc.get_objects()))

    def measures(self, part: str, how: str) -> list[Measure]:
        return [
            Measure(f"{part}, memory at the end", self.resident[-1] / 2**20, "MiB", how),
            Measure(f"{part}, memory, ratio", self.resident[-1] / self.resident[0], "x", "end / first quarter", GROWTH),
            Measure(f"{part}, objects, ratio", self.objects[-1] / self.objects[0], "x", "end / first quarter", GROWTH),
            *measure_looks(part, self.looks, "look"),
        ]


def measure_looks(part: str, seconds: Sequence[float], what: str) -> list[Measure]:
    quarter = max(1, len(seconds) // 4)
    first, last = statistics.median(seconds[:quarter]), statistics.median(seconds[-quarter:])
    how = f"median of the last quarter / of the first, {first * 1000:.2f} ms"
    return [Measure(f"{part}, {what}, ratio", last / first, "x", how, SLOWER)]


def endurance() -> list[Measure]:
    """Every part to its end: some 25 minutes on a machine at rest."""
    measures: list[Measure] = []
    for part in PARTS:
        done = subprocess.run([sys.executable, "-m", "bench.endurance", part], stdout=subprocess.PIPE, check=True)
        measures += [Measure(**fields) for fields in json.loads(done.stdout)]
    return measures


# A week of watching


def watch_week() -> list[Measure]:
    """Recorder, timeline and ledger as in a session. Twenty probes of which one is down for a poll each hour, forty
    alerts of which one comes and goes each two hours, an incident each night."""
    return asyncio.run(_watch_week())


async def _watch_week() -> list[Measure]:
    from cockpit.incident.actions.incident_actions import IncidentActions
    from cockpit.incident.ledger import Ledger
    from cockpit.incident.load import catch_up
    from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
    from cockpit.recorder.lock import lock_path
    from cockpit.recorder.recorder import Recorder
    from cockpit.timeline.timeline import Timeline

    clock, growth, wal = MadeUpTime(), GrowthWatch(), 0
    with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as folder:
        path = Path(folder) / "timeline.db"
        with Timeline(path, time=clock) as timeline:
            actions = IncidentActions(
                timeline, operator="bench", environment="prod", severity_scale=DEFAULT_SEVERITY_SCALE, time=clock
            )
            ledger = Ledger(DEFAULT_SEVERITY_SCALE)
            recorder = Recorder(timeline, "prod", time=clock, lock_path=lock_path(path, "prod"), who="bench pid 1")
            task = asyncio.create_task(recorder.run())
            await until(lambda: recorder.status == "recording")
            polls = int(WEEK.total_seconds() / POLL)
            for poll in range(polls):
                for _ in range(int(POLL / BEAT)):  # who does not look for longer has been asleep
                    clock.elapsed += timedelta(seconds=BEAT)
                    recorder.observe(make_reading("signals", clock, ()))
                began = time.process_time()
                recorder.observe(make_reading("probes", clock, list_probes(poll, clock)))
                recorder.observe(make_reading("alerts:am", clock, list_alerts(poll, clock)))
                await until(lambda: recorder.is_written)
                if poll % 2_880 == 1_440:  # each night
                    actions.declare("orders are slow", "P1")
                elif poll % 2_880 == 1_560:
                    actions.resolve("over")
                catch_up(ledger, timeline)
                growth.looks.append(time.process_time() - began)
                if poll % 120 == 0:
                    wal = max(wal, wal_size(path))
                if poll == polls // 4:
                    growth.mark()
            growth.mark()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            count = len(timeline.events())
    how = f"{polls:,} polls, {count:,} events, {len(ledger.incidents)} incidents"
    return [*growth.measures("a week", how), Measure("a week, WAL", wal / 2**20, "MiB", "at most, looked hourly", WAL)]


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110  what is waited for happens in a thread and a file
        await asyncio.sleep(0.0005)


def wal_size(path: Path) -> int:
    beside = path.with_name(f"{path.name}-wal")
    return beside.stat().st_size if beside.exists() else 0


def make_reading(feed: str, clock: MadeUpTime, value: Any, environment: str = "prod") -> Reading[Any]:
    now = clock.monotonic()
    return Reading(feed, environment, POLL, now, value, now, clock.now())


def list_probes(poll: int, clock: MadeUpTime, environment: str = "prod") -> tuple[ProbeResult, ...]:
    down = poll // 120 % 20 if poll % 120 == 0 else -1
    states = [ProbeState.DOWN if number == down else ProbeState.UP for number in range(20)]
    return tuple(
        ProbeResult(f"probe {number:02}", environment, "http://x", states[number], BEGAN, clock.now(), 200, 0.02)
        for number in range(20)
    )


def list_alerts(poll: int, clock: MadeUpTime, environment: str = "prod") -> tuple[Alert, ...]:
    gone = poll // 240 % 40 if poll % 240 > 20 else -1
    return tuple(
        Alert("am", f"{number:06}", f"Alert {number}", Severity.HIGH, AlertState.FIRING, BEGAN, environment)
        for number in range(40)
        if number != gone
    )


# The wall for a month


def hang_wall() -> list[Measure]:
    """The real app, headless: two environments, a look for each turn of five minutes, an event each hour."""
    return asyncio.run(_hang_wall())


class HandFeed:
    """A feed that publishes what it is handed."""

    every = POLL

    def __init__(self, name: str, environment: str) -> None:
        self.name = name
        self.environment = environment
        self.publish: Callable[[Reading[Any]], None] = lambda reading: None

    def refresh(self) -> None: ...

    async def run(self, publish: Callable[[Reading[Any]], None]) -> None:
        self.publish = publish
        await asyncio.Event().wait()

    async def poll(self) -> Reading[Any]:
        raise NotImplementedError


async def _hang_wall() -> list[Measure]:
    from dataclasses import replace

    from cockpit.app import CockpitApp
    from cockpit.build_session import build_session
    from cockpit.config import default_system
    from cockpit.model.system import Environment
    from cockpit.session import Session
    from cockpit.timeline import writer
    from cockpit.timeline.timeline import Timeline
    from screens.wall import WallScreen

    writer.KEPT = 2  # what whoever records remembers is not the wall's
    clock, growth = MadeUpTime(), GrowthWatch()
    names = ("prod", "staging")
    feeds = [HandFeed(feed, name) for name in names for feed in ("probes", "alerts:am")]
    with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as folder:
        path = Path(folder) / "timeline.db"
        with Timeline(path, time=clock) as recording:
            recording.record([Draft(Kind.NOTE, "the wall is hung", clock.now(), "prod")])

            async def attach() -> Session:
                environments = tuple(Environment(name, production=name == "prod") for name in names)
                system = replace(default_system(), environments=environments, bell=False)
                session = await asyncio.to_thread(
                    build_session, system, environments[0], path, operator="bench", wall=True, time=clock
                )
                session.watch.feeds = feeds
                return session

            app = CockpitApp(attach, wall=True)
            looks = int(MONTH / LOOK)
            async with app.run_test(size=(120, 40)) as pilot:
                await until(lambda: app.session is not None and isinstance(app.screen, WallScreen))
                wall = app.screen
                assert isinstance(wall, WallScreen)
                for look in range(looks):
                    clock.elapsed += LOOK
                    for feed in feeds:
                        read = list_probes if feed.name == "probes" else list_alerts
                        value = read(10 * look, clock, feed.environment)
                        feed.publish(make_reading(feed.name, clock, value, feed.environment))
                    if look % 12 == 0:
                        recording.record([Draft(Kind.NOTE, f"look {look}", clock.now(), "prod")])
                    began = time.process_time()
                    wall.tick()
                    growth.looks.append(time.process_time() - began)
                    await asyncio.sleep(0)
                    if look % 10 == 0:
                        await pilot.pause()
                    if look == looks // 4:
                        growth.mark()
                growth.mark()
    return growth.measures("the wall for a month", f"{looks:,} looks, two environments, {looks // 12} events")


# az by the hour


def count_az() -> list[Measure]:
    """A week of requests each 15 s on the token of the person's az, which hands out what it has while it lives."""
    with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as folder:
        az = Path(folder) / "az"
        az.write_text(FAKE_AZ.format(folder=folder, life=int(AZ_TOKEN)))
        az.chmod(az.stat().st_mode | stat.S_IXUSR)
        os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
        asyncio.run(_ask_for_tokens(Path(folder)))
        calls = (Path(folder) / "calls").read_text().count("x")
    hours = WEEK.total_seconds() / 3600
    how = f"{calls} in {hours:g} h, ten requests each 15 s, tokens of {AZ_TOKEN / 60:g} min"
    return [Measure("az processes", calls / hours, "an hour", how, 1.0)]


async def _ask_for_tokens(folder: Path) -> None:
    from cockpit.azure.identity import Credential
    from cockpit.azure.token_sources import AzureCli

    clock, scope = MadeUpTime(), "https://management.azure.com/.default"
    async with Credential([AzureCli("")], scope, time=clock) as credential:
        for _ in range(int(WEEK.total_seconds() / 15)):
            (folder / "now").write_text(str(int(clock.now().timestamp())))
            await asyncio.gather(*(credential.token(scope) for _ in range(10)))
            clock.elapsed += timedelta(seconds=15)


# In a real terminal: a flood of log lines, a storm


def flood_logs() -> list[Measure]:
    """Ten thousand lines a second for a minute into the log on screen, while it is stopped and followed again."""
    seconds = LINES / RATE
    with Terminal([sys.executable, "-m", "bench.apps", "flood", "--lines", str(LINES), "--rate", str(RATE)]) as screen:
        screen.wait_for(b"following", 60)
        times, memory = [], [screen.memory]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for word in (b"paused", b"following"):  # no letter of one where the other has it: each is printed whole
                times.append(screen.answers(b" ", word))
                screen.read(0.4)
            memory.append(screen.memory)
            screen.output.clear()
    quarter = memory[len(memory) // 4]
    how = f"{LINES:,} lines, {RATE:,} a second, {len(times)} keys"
    return [
        Measure("log flood, memory at the end", memory[-1] / 2**20, "MiB", how),
        Measure("log flood, memory, ratio", memory[-1] / quarter, "x", "end / first quarter", GROWTH),
        Measure("log flood, key p50", statistics.median(times) * 1000, "ms", how),
        Measure("log flood, key p99", find_p99(times) * 1000, "ms", how, KEY_P99),
        *measure_looks("log flood", times, "key"),
    ]


def press_in_storm() -> list[Measure]:
    """5,000 alerts for ten minutes: at each poll half of them are gone and the other half fire."""
    with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as folder:
        command = [sys.executable, "-m", "bench.apps", "storm", "--alerts", "5000", "--every", str(STORM_POLL)]
        with Terminal([*command, "--come-and-go", "--data", folder]) as screen:
            screen.wait_for(b"Alert number", 60)
            screen.read(3)
            for _ in range(FROM_TOP):
                screen.press(b"\x1b[B")
            times: list[float] = []
            memory, wal = [screen.memory], 0
            end = time.monotonic() + STORM
            while time.monotonic() < end:
                times.append(screen.press(b"\x1b[B" if len(times) % 20 < 10 else b"\x1b[A", most=30.0))
                screen.read(random.uniform(0.1, 0.4))  # so that keys meet the polls at every point
                memory.append(screen.memory)
                wal = max(wal, wal_size(Path(folder) / "timeline.db"))
                screen.output.clear()
    quarter = memory[len(memory) // 4]
    how = f"5,000 alerts, {STORM:g} s, {len(times)} keys"
    return [
        Measure("storm, memory at the end", memory[-1] / 2**20, "MiB", how),
        Measure("storm, memory, ratio", memory[-1] / quarter, "x", "end / first quarter", GROWTH),
        Measure("storm, WAL", wal / 2**20, "MiB", "at most, looked at each key", WAL),
        Measure("storm, key p50", statistics.median(times) * 1000, "ms", how),
        Measure("storm, key p99", find_p99(times) * 1000, "ms", how, KEY_P99),
        *measure_looks("storm", times, "key"),
    ]


def find_p99(numbers: Sequence[float]) -> float:
    return sorted(numbers)[min(len(numbers) - 1, int(len(numbers) * 0.99))]


PARTS: dict[str, Callable[[], list[Measure]]] = {
    "week": watch_week,
    "flood": flood_logs,
    "storm": press_in_storm,
    "wall": hang_wall,
    "az": count_az,
}


if __name__ == "__main__":
    print(json.dumps([measure.__dict__ for measure in PARTS[sys.argv[1]]()]))
