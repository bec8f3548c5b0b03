"""The programs that are measured: an empty Textual app, a plain one that asks addresses, the cockpit in a storm.

`python -m bench.apps empty`, `python -m bench.apps storm --probes 500 --alerts 2000 --every 5`, and a log that is
flooded: `python -m bench.apps flood --lines 600000 --rate 10000`.
"""

import argparse
import asyncio
import math
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cockpit.model.reading import Reading
    from cockpit.session import Session


def empty() -> None:
    """What every Textual program pays before a person can read its first word."""
    from textual.app import App, ComposeResult
    from textual.widgets import Static

    class OneWord(App[None]):
        def compose(self) -> ComposeResult:
            yield Static("Probes")

    OneWord().run()


def plain(url: str, probes: int) -> None:
    """What the least program costs that does the same: it asks the same addresses, and shows a clock and the answers.

    An idle machine may take ten times as long for the same step as a busy one, so a share of a core says little alone.
    """
    import httpx
    from textual.app import App, ComposeResult
    from textual.widgets import DataTable, Static

    class PlainApp(App[None]):
        def compose(self) -> ComposeResult:
            yield Static("", id="clock")
            yield DataTable()

        def on_mount(self) -> None:
            self.query_one(DataTable).add_columns("probe", "answer", "took")
            self.set_interval(1, lambda: self.query_one("#clock", Static).update(f"{datetime.now(UTC):%X}"))
            self.client = httpx.AsyncClient()
            for number in range(probes):
                self.run_worker(self.ask(number))

        async def ask(self, number: int) -> None:
            table = self.query_one(DataTable)
            row = table.add_row(f"p{number}", "", "")
            await asyncio.sleep(1 + number * 15 / probes)
            while True:
                answer = await self.client.get(f"{url}/health/live")
                table.update_cell(row, table.ordered_columns[1].key, str(answer.status_code))
                table.update_cell(row, table.ordered_columns[2].key, f"{answer.elapsed.total_seconds() * 1000:.0f} ms")
                await asyncio.sleep(15)

    PlainApp().run()


def storm(probes: int, alerts: int, every: float, folder: str = "", *, come_and_go: bool = False) -> None:
    """The real app over made-up feeds: every probe answers each interval, every alert is listed each interval.

    With `come_and_go` half of the alerts are listed at each poll, and the other half at the next.
    """
    from cockpit.app import CockpitApp

    def make_feeds() -> "tuple[MadeUp, ...]":
        return probes_feed(probes, every), alerts_feed(alerts, every, come_and_go=come_and_go)

    CockpitApp(lambda: attach_made_up(make_feeds, folder)).run()


async def attach_made_up(make_feeds: "Callable[[], Sequence[MadeUp]]", folder: str = "") -> "Session":
    """A session of an environment of which such feeds tell; its timeline is in `folder`, or in one of its own."""
    from cockpit.build_session import build_session
    from cockpit.config import default_system
    from cockpit.model.system import Environment

    data = Path(folder or tempfile.mkdtemp(prefix="cockpit-bench-"))
    system = replace(default_system(), environments=(Environment("storm", production=True),), bell=False)
    session = await asyncio.to_thread(
        build_session, system, system.environments[0], data / "timeline.db", operator="bench"
    )
    session.watch.feeds = make_feeds()
    return session


class MadeUp:
    """A feed without a source. `pace` is the seconds between two publications, as the real feed of that name has."""

    environment = "storm"

    def __init__(
        self, name: str, every: float, pace: float, answer: "Callable[[int], tuple[Any, ...]]", aside: bool = False
    ) -> None:
        self.name = name
        self._aside = aside  # in a thread, away from the screen, as the real feed reads much
        self.every = every
        self._pace = pace
        self._answer = answer
        self._round = 0

    def refresh(self) -> None: ...

    async def run(self, publish: Any) -> None:
        while True:
            publish(await self.poll())
            await asyncio.sleep(self._pace)

    async def poll(self) -> "Reading[Any]":
        from cockpit.model.reading import Reading

        self._round += 1
        value = await asyncio.to_thread(self._answer, self._round) if self._aside else self._answer(self._round)
        now = asyncio.get_running_loop().time()
        return Reading(self.name, self.environment, self.every, now, value, now, datetime.now(UTC))


def probes_feed(count: int, every: float) -> MadeUp:
    """Results coalesced to four publications a second; in each, those probes are new whose turn it was."""
    from cockpit.model.probe import ProbeResult, ProbeState

    since = datetime(2026, 1, 1, tzinfo=UTC)
    turns = max(1, round(every * 4))

    def result(number: int, round: int) -> ProbeResult:
        wave = tuple(0.02 + 0.01 * math.sin((round + number + step) / 3) for step in range(60))
        state = ProbeState.DOWN if (number + round) % 499 == 0 else ProbeState.UP
        name, url = f"probe {number:03}", f"https://example.com/{number}"
        reason = "[STATUS] (503) == 200"
        return ProbeResult(name, "storm", url, state, since, datetime.now(UTC), 200, wave[-1], reason, history=wave)

    results = [result(number, 0) for number in range(count)]

    def answer(round: int) -> tuple[Any, ...]:
        for number in range(round % turns, count, turns):
            results[number] = result(number, round)
        return tuple(results)

    return MadeUp("probes", every, 0.25, answer)


def alerts_feed(count: int, every: float, *, come_and_go: bool = False) -> MadeUp:
    """All alerts at every poll, of which a twentieth differ from the poll before; or every other one, in turn."""
    from cockpit.model.alert import Alert, AlertState, Severity

    since = datetime.now(UTC) - timedelta(minutes=5)
    levels = list(Severity)

    def alert(number: int, round: int) -> Alert:
        resource = f"pod-{(number + (round if number % 20 == 0 else 0)) % 97}"
        name, level = f"Alert number {number}", levels[number % len(levels)]
        return Alert("am", f"{number:06}", name, level, AlertState.FIRING, since, "storm", resource=resource)

    def answer(round: int) -> tuple[Any, ...]:
        numbers = range(round % 2, count, 2) if come_and_go else range(count)
        return tuple(alert(number, round) for number in numbers)

    return MadeUp("alerts:am", every, every, answer, True)


BLOCK = 100  # lines that come with one read of the stream


def flood(lines: int, rate: int) -> None:
    """The log screen of a revision that prints `rate` lines a second, as they come from the stream of a replica."""
    import time

    from cockpit.app import CockpitApp
    from cockpit.model.reading import LogLine
    from cockpit.model.revision import Revision
    from cockpit.model.time import RealTime
    from cockpit.platforms.container_apps.log_lines import console_lines
    from screens.logs import LogsScreen

    revision = Revision("shop", "shop--1", True, 100, datetime.now(UTC))

    async def stream() -> AsyncIterator[LogLine]:
        began = time.monotonic()
        for start in range(0, lines, BLOCK):
            block = [
                f'{{"TimeStamp": "2026-11-29T13:00:00Z", "Log": "GET /orders/{number} 200 token=none user=ops"}}'
                for number in range(start, min(lines, start + BLOCK))
            ]
            for line in console_lines([raw.encode() for raw in block], "shop--1", "shop--1-a"):
                if line is not None:
                    yield line
            await asyncio.sleep(max(0.0, began + start / rate - time.monotonic()))
        await asyncio.Event().wait()

    class FloodedApp(CockpitApp):
        """The log is opened as soon as there is a session."""

        def on_mount(self) -> None:
            super().on_mount()
            self._opening = self.set_interval(0.1, self._open_log)

        def _open_log(self) -> None:
            if self.session is not None:
                self._opening.stop()
                self.push_screen(LogsScreen(revision, stream, zone=self.zone, time=RealTime()))

    FloodedApp(lambda: attach_made_up(lambda: ())).run()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("which", choices=["empty", "plain", "storm", "flood"])
    parser.add_argument("--url", default="")
    parser.add_argument("--probes", type=int, default=500)
    parser.add_argument("--alerts", type=int, default=2_000)
    parser.add_argument("--every", type=float, default=5.0)
    parser.add_argument("--come-and-go", action="store_true")
    parser.add_argument("--data", default="")
    parser.add_argument("--lines", type=int, default=600_000)
    parser.add_argument("--rate", type=int, default=10_000)
    options = parser.parse_args()
    if options.which == "empty":
        empty()
    elif options.which == "plain":
        plain(options.url, options.probes)
    elif options.which == "flood":
        flood(options.lines, options.rate)
    else:
        storm(options.probes, options.alerts, options.every, options.data, come_and_go=options.come_and_go)


if __name__ == "__main__":
    main()
