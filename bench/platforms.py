"""What the platforms cost: opening each simulated world, a look at the revisions of each, keys in a large pane 3."""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Measure
from bench.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cockpit.session import Session

WORLDS = {  # what each opens on, and the name of a revision of it that pane 3 shows
    "meeting-intelligence": b"--r43",
    "union-eyes": b"1.43.0",
    "dealix": b"1.43.0",
    "api-service": b"--r43",
    "mystira": b"0409f",
}
KINDS = ("container-apps", "app-service", "compose", "kubernetes")
ROUNDS = 3
LOOKS = 30
PODS, REVISIONS = 500, 200
PRESSES = 200
DOWN, UP = b"\x1b[B", b"\x1b[A"


def platforms() -> list[Measure]:
    return [*measure_worlds(), *measure_looks(), *measure_large_pane()]


def measure_worlds() -> "Iterator[Measure]":
    """From fork to a revision on the screen, and the processor time of the cockpit until then."""
    for system, revision in WORLDS.items():
        seconds, used = [], []
        for _ in range(ROUNDS):
            with Terminal([sys.executable, "-m", "cockpit", "--as", "bench", "demo", "--system", system]) as terminal:
                seconds.append(terminal.wait_for(revision, 60))
                used.append(terminal.cpu())
        how = f"from fork to a revision on the screen, the simulator with it, median of {ROUNDS}"
        yield Measure(f"world {system} opens", statistics.median(seconds), "s", how, 3.0)
        yield Measure(f"world {system}, processor of the cockpit", statistics.median(used), "s", how, 3.0)


def measure_looks() -> "Iterator[Measure]":
    """One poll of the feed of revisions, connections open, the simulator in a process of its own."""
    for kind in KINDS:
        command = [sys.executable, "-m", "cockpit", "simulator", "--platform", kind, "--until-stdin-closes"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as world:
            assert world.stdin is not None
            assert world.stdout is not None
            ready = json.loads(world.stdout.readline())
            times = asyncio.run(time_looks(ready))
            world.stdin.close()
        how = f"{LOOKS} looks after the first, one app"
        yield Measure(f"revisions of {kind}, warm, median", statistics.median(times) * 1000, "ms", how, 50)
        yield Measure(f"revisions of {kind}, warm, worst", max(times) * 1000, "ms", how)


async def time_looks(ready: "Mapping[str, str]") -> list[float]:
    from cockpit.build_session import build_session
    from cockpit.config import load_system

    system = load_system(Path(ready["config"]))
    with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as folder:
        session = build_session(system, system.environments[0], Path(folder) / "timeline.db", operator="bench")
        try:
            feed = next(feed for feed in session.watch.feeds if feed.name == "revisions")
            times = []
            for _ in range(LOOKS + 1):
                began = time.perf_counter()
                reading = await feed.poll()
                times.append(time.perf_counter() - began)
                assert reading.problem is None, reading.problem
        finally:
            await session.disconnect()
            session.close()
    return times[1:]


def measure_large_pane() -> "Iterator[Measure]":
    """From a key in pane 3 to its first byte, while its feed answers every five seconds."""
    with Terminal([sys.executable, "-m", "bench.platforms"]) as terminal:
        terminal.wait_for(b"shop-rev-1", 60)
        terminal.read(2)
        terminal.send(b"3")
        terminal.read(1)
        times = sorted(terminal.press(DOWN if number % 40 < 20 else UP) for number in range(PRESSES))
        memory = terminal.memory / 2**20
    how = f"{PRESSES} keys, {REVISIONS} revisions with {PODS} pods, looked at every 5 s"
    yield Measure("pane 3, key to paint, median", statistics.median(times) * 1000, "ms", how)
    yield Measure("pane 3, key to paint, p99", times[int(len(times) * 0.99)] * 1000, "ms", how, 50)
    yield Measure("pane 3, memory", memory, "MiB", how)


def show_large_pane() -> None:
    """The real app over a made-up namespace, of which every look brings other restarts."""
    from datetime import UTC, datetime, timedelta

    from bench.apps import MadeUp, attach_made_up
    from cockpit.app import CockpitApp
    from cockpit.model.revision import Application, Replica, Revision

    start = datetime.now(UTC)

    def make_revision(number: int, round: int) -> Revision:
        pods = tuple(
            Replica(f"shop-rev-{number}-{pod}", "Running", (pod + round) % 7 != 0, (pod + round) % 3, start)
            for pod in range(number * PODS // REVISIONS, (number + 1) * PODS // REVISIONS)
        )
        return Revision(
            app="shop",
            name=f"shop-rev-{number}",
            active=True,
            weight=1 if number < 100 else 0,
            created=start - timedelta(minutes=number),
            image=f"registry.example.com/shop:1.{number}",
            health="Healthy",
            running="Running",
            replica_count=len(pods),
            replicas=pods,
        )

    def answer(round: int) -> tuple[Application, ...]:
        revisions = tuple(make_revision(number, round) for number in range(REVISIONS))
        return (Application("shop", "storm", "rolling", "", revisions, platform="kubernetes"),)

    async def attach() -> "Session":
        return await attach_made_up(lambda: (MadeUp("revisions", 5.0, 5.0, answer, aside=True),))

    CockpitApp(attach).run()


if __name__ == "__main__":
    show_large_pane()
