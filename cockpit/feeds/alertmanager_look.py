"""What one look asks of one server, and in which order."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar

from cockpit.feeds.alertmanager_matchers import matches_all
from cockpit.feeds.alertmanager_read import Listed, Report, listed, uptime
from cockpit.feeds.alertmanager_rules import DOWN, Rules, down_of, pending, rules_of
from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.system import AlertSource

if TYPE_CHECKING:
    from cockpit.feeds.alertmanager_ask import Answer, Ask

T = TypeVar("T")
LARGE = 100_000  # bytes that take some milliseconds to read
UNKNOWN_THERE = (ProblemKind.MISSING, ProblemKind.REFUSED)


class Reader:
    """Asks the servers of one source. An Alertmanager's list is parsed only when its bytes have changed."""

    def __init__(self, source: AlertSource, environment: str) -> None:
        self._source = source
        self._environment = environment
        self._wanted = matches_all(source.filters)
        self._last: dict[str, tuple[bytes, dict[str, Listed]]] = {}  # by server: the digest of its list, and the list

    async def report(self, server: str, ask: "Ask") -> Report:
        """All that one Alertmanager says. Raises what asking and reading raise."""
        filters = [("filter", each) for each in self._source.filters]
        answer, watched = await asyncio.gather(ask("/api/v2/alerts", filters), self._watchdog_fires(ask))
        alerts = await aside(len(answer.body), lambda: self._parsed(server, answer.body, answer.at))
        # Behind the list: a server that restarts between the two answers is then young, and what it lost not resolved.
        status = await ask("/api/v2/status", ())
        return Report(server, answer.at, alerts, uptime(status.body, status.at), watched, answer.skew)

    def _parsed(self, server: str, body: bytes, at: datetime) -> dict[str, Listed]:
        digest = blake2b(body).digest()
        before = self._last.get(server)
        if before is None or before[0] != digest:
            before = (
                digest,
                listed(body, source=self._source.name, environment=self._environment, server=server, seen=at),
            )
            self._last[server] = before
        return before[1]

    async def _watchdog_fires(self, ask: "Ask") -> bool:
        """Asked by itself, because the filters of a source seldom let its watchdog pass."""
        if not self._source.watchdog:
            return True
        name = self._source.watchdog.replace("\\", "\\\\").replace('"', '\\"')
        answer = await ask("/api/v2/alerts", [("filter", f'alertname="{name}"')])
        return bool(listed(answer.body, source="", environment="", server="", seen=answer.at))

    async def rules(self, server: str, ask: "Ask") -> Rules:
        """All that one Prometheus says. Raises what asking and reading raise."""
        answer, down = await asyncio.gather(ask("/api/v1/rules", [("type", "alert")]), _down(ask))
        return await aside(len(answer.body), lambda: self._rules(server, answer, down))

    def _rules(self, server: str, answer: "Answer", down: frozenset[tuple[str, str]]) -> Rules:
        rules = rules_of(answer.body)
        waiting = pending(rules, source=self._source.name, environment=self._environment, server=server, seen=answer.at)
        return Rules(server, answer.at, rules, down, tuple(each for each in waiting if self._wanted(dict(each.labels))))


async def _down(ask: "Ask") -> frozenset[tuple[str, str]]:
    """The targets without data; none where a server knows rules, but no queries (a stand-alone ruler)."""
    try:
        answer = await ask("/api/v1/query", [("query", DOWN)])
    except SourceError as error:
        if error.problem.kind in UNKNOWN_THERE:
            return frozenset()
        raise
    return down_of(answer.body)


async def aside(size: int, work: Callable[[], T]) -> T:
    """`work` on `size` bytes: here when they are few, in a thread when it would hold up the screen."""
    return work() if size < LARGE else await asyncio.to_thread(work)
