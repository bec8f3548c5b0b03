"""The programs that are measured: an empty Textual app, the quiet cockpit, and the cockpit in a storm.

`python -m bench.apps empty`, `python -m bench.apps storm --probes 500 --alerts 2000 --every 5`.
"""

import argparse
import asyncio
import math
import tempfile
from collections.abc import Callable
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


def storm(probes: int, alerts: int, every: float) -> None:
    """The real app over made-up feeds: every probe answers each interval, every alert is listed each interval."""
    from cockpit.app import CockpitApp

    async def attach() -> "Session":
        from cockpit.build_session import build_session
        from cockpit.config import default_system
        from cockpit.model.system import Environment

        data = Path(tempfile.mkdtemp(prefix="cockpit-bench-"))
        system = replace(default_system(), environments=(Environment("storm", production=True),), bell=False)
        session = await asyncio.to_thread(
            build_session, system, system.environments[0], data / "timeline.db", operator="bench"
        )
        session.watch.feeds = (probes_feed(probes, every), alerts_feed(alerts, every))
        return session

    CockpitApp(attach).run()


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


def alerts_feed(count: int, every: float) -> MadeUp:
    """All alerts at every poll; a twentieth of them differ from the poll before."""
    from cockpit.model.alert import Alert, AlertState, Severity

    since = datetime.now(UTC) - timedelta(minutes=5)
    levels = list(Severity)

    def alert(number: int, round: int) -> Alert:
        resource = f"pod-{(number + (round if number % 20 == 0 else 0)) % 97}"
        name, level = f"Alert number {number}", levels[number % len(levels)]
        return Alert("am", f"{number:06}", name, level, AlertState.FIRING, since, "storm", resource=resource)

    return MadeUp("alerts:am", every, every, lambda round: tuple(alert(number, round) for number in range(count)), True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("which", choices=["empty", "storm"])
    parser.add_argument("--probes", type=int, default=500)
    parser.add_argument("--alerts", type=int, default=2_000)
    parser.add_argument("--every", type=float, default=5.0)
    asked = parser.parse_args()
    if asked.which == "empty":
        empty()
    else:
        storm(asked.probes, asked.alerts, asked.every)


if __name__ == "__main__":
    main()
