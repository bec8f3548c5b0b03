"""The feed of an Alertmanager cluster: what fires, what is pending, and what became of that which fired before."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from cockpit.feeds.alertmanager_fate import Trace, transition
from cockpit.feeds.alertmanager_look import Reader, aside
from cockpit.feeds.alertmanager_read import Report
from cockpit.feeds.alertmanager_rules import Rules, Witnesses, worth_showing
from cockpit.feeds.base import IncompleteError, Polled
from cockpit.model.alert import Alert
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.secret import Secret
from cockpit.model.system import AlertSource
from cockpit.model.time import Time

if TYPE_CHECKING:  # httpx is not loaded before the first look
    from cockpit.feeds.alertmanager_ask import Server

DEADLINE = 30.0  # seconds for one look: the servers side by side (12 s), then the comparing of thousands
HELD = timedelta(minutes=4)  # what a Prometheus called pending before it fell silent is shown this long
SIZE = 600  # bytes of an alert


def alertmanager_feed(
    source: AlertSource, environment: str, *, time: Time, random: Random, reveal: Callable[[Secret], str]
) -> Polled[tuple[Alert, ...]]:
    """Reading[tuple[Alert, ...]] of all servers of `source` together.

    With some of them failing, the Reading holds what the others say beside the problem. With no Alertmanager
    answering it holds what it held before.
    """
    alerts = AlertmanagerWatch(source, environment, time, reveal)
    return Polled(
        f"alerts:{source.name}",
        environment,
        alerts.read,
        every=source.interval,
        deadline=DEADLINE,
        time=time,
        random=random,
    )


class AlertmanagerWatch:
    """Remembers what was listed, so that it can tell what became of it."""

    def __init__(self, source: AlertSource, environment: str, time: Time, reveal: Callable[[Secret], str]) -> None:
        self._source = source
        self._environment = environment
        self._time = time
        self._reveal = reveal
        self._reader = Reader(source, environment)
        self._servers: tuple[list[Server], list[Server]] | None = None  # of Alertmanager, and of Prometheus
        self._traces: dict[str, Trace] = {}
        self._pending: dict[str, tuple[datetime, Sequence[Alert]]] = {}  # by Prometheus, and when it said so

    async def read(self) -> tuple[Alert, ...]:
        """One look. Raises IncompleteError when some servers fail or are blind, SourceError when nobody answers."""
        if self._servers is None:
            self._servers = await asyncio.to_thread(self._load)
        alertmanagers, prometheus = self._servers
        said, told = await asyncio.gather(
            asyncio.gather(*(each.look(partial(self._reader.report, each.name)) for each in alertmanagers)),
            asyncio.gather(*(each.look(partial(self._reader.rules, each.name)) for each in prometheus)),
        )
        reports = {each.server: each for each in said if isinstance(each, Report)}
        problems = [each for each in (*said, *told) if isinstance(each, Problem)]
        if not reports:
            raise SourceError(together(problems))
        answers = [each for each in told if isinstance(each, Rules)]
        silent = [each.name for each, answer in zip(prometheus, told, strict=True) if isinstance(answer, Problem)]
        alerts = await self._tell(reports, Witnesses(answers, silent), answers)
        blind = [no_watchdog(each.server, self._source.watchdog) for each in reports.values() if not each.watched]
        if blind:
            raise IncompleteError(alerts, together([*blind, *problems]))
        if problems:  # whatever their reason, the others answered: what is shown is late, we are not blind
            raise IncompleteError(alerts, replace(together(problems), kind=ProblemKind.SERVER, retry_after=None))
        return alerts

    async def _tell(
        self, reports: Mapping[str, Report], witnesses: Witnesses, answers: Sequence[Rules]
    ) -> tuple[Alert, ...]:
        """Take in what the servers said, away from the loop when it is much."""
        now = self._time.now()
        ask = witnesses.word_on if self._source.prometheus else nobody_to_ask
        much = SIZE * max(len(self._traces), *(len(each.alerts) for each in reports.values()))
        self._traces = await aside(much, partial(transition, self._traces, reports, ask, now))
        self._pending |= {each.server: (now, each.pending) for each in answers}
        listed = [each.told for each in self._traces.values()]
        waiting = [alert for at, alerts in self._pending.values() if now - at < HELD for alert in alerts]
        shown = (*listed, *await aside(much, partial(worth_showing, waiting, listed)))
        return tuple(each for each in shown if not self._source.watchdog or each.name != self._source.watchdog)

    def _load(self) -> "tuple[list[Server], list[Server]]":
        from cockpit.feeds.alertmanager_ask import Server

        of = partial(Server, source=self._source, time=self._time, reveal=self._reveal)
        return [of(url) for url in self._source.urls], [of(url) for url in self._source.prometheus]


def nobody_to_ask(_: Alert) -> None:
    """Without a Prometheus there is no word on any alert."""


def no_watchdog(server: str, watchdog: str) -> Problem:
    """A server that does not list what must always fire: nothing it leaves out can be believed."""
    return Problem(
        ProblemKind.MISSING,
        f"no {watchdog} from {server}",
        f"{server} does not list {watchdog}, which must always fire: it is cut off from its Prometheus, or restarted.",
        "Check that Prometheus runs and reaches this Alertmanager.",
    )


def together(problems: Sequence[Problem]) -> Problem:
    """Several problems as one: the first decides, all are told, and only if all ask for a rest there is one."""
    first = problems[0]
    more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
    waits = [each.retry_after for each in problems if each.retry_after is not None]
    return replace(
        first,
        short=f"{first.short}{more}",
        message=" ".join(each.message for each in problems),
        retry_after=min(waits) if len(waits) == len(problems) else None,
    )
