"""What one look asks of one server, and in which order."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar

from cockpit.feeds.alertmanager_matchers import matches_all
from cockpit.feeds.alertmanager_read import Listed, Report, listed, uptime
from cockpit.feeds.alertmanager_rules import Rules, firing, is_partial, pending, rules_of
from cockpit.feeds.alertmanager_targets import DOWN, UP, Targets, targets_of
from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.system import AlertSource

if TYPE_CHECKING:
    from cockpit.feeds.alertmanager_ask import Ask, ServerAnswer

T = TypeVar("T")
LONGEST_FILTER = 2_000  # characters; with more names than fit the whole list is asked for
LARGE = 100_000  # bytes that take some milliseconds to read
UNKNOWN_THERE = (ProblemKind.MISSING, ProblemKind.REFUSED, ProblemKind.GARBAGE)


class AlertmanagerReader:
    """Asks the servers of one source. An Alertmanager's list is parsed only when its bytes have changed."""

    def __init__(self, source: AlertSource, environment: str) -> None:
        self._source = source
        self._environment = environment
        self._wanted = matches_all(source.filters)
        self._last: dict[str, tuple[bytes, dict[str, Listed]]] = {}  # by server: the digest of its list, and the list

    async def report(self, server: str, ask: "Ask") -> Report:
        """All that one Alertmanager says. Raises what asking and reading raise."""
        filters = [("filter", each) for each in self._source.filters]
        answer, watchdog = await asyncio.gather(ask("/api/v2/alerts", filters), self._watchdog(ask))
        alerts = await aside(len(answer.body), lambda: self._parsed(server, answer.body, answer.at))
        # Behind the list: a server that restarts between the two answers is then young, and what it lost not resolved.
        status = await ask("/api/v2/status", ())
        report = Report(
            server,
            answer.at,
            alerts,
            uptime(status.body, status.at),
            watched=not self._source.watchdog or self._is_alive(watchdog, answer.at),
            skew=answer.skew,
            watchdog=watchdog[0] if watchdog else None,
        )
        if report.settling and not report.resends:
            # How soon it will have been told everything, whatever our filters let pass. Only asked of a young server.
            others = await self.listed_by_name(None, ask)
            report = replace(report, others=tuple(others.values()))
        return report

    async def listed_by_name(self, names: Sequence[str] | None, ask: "Ask") -> dict[str, Listed]:
        """What one Alertmanager lists under these names, or under any, whatever the filters of the source."""
        pattern = "|".join(re.escape(name) for name in names or ()).replace("\\", "\\\\").replace('"', '\\"')
        narrow = names is not None and len(pattern) < LONGEST_FILTER
        narrowed = [("filter", f'alertname=~"{pattern}"')] if narrow else []
        answer = await ask("/api/v2/alerts", narrowed)
        return await aside(
            len(answer.body),
            lambda: listed(answer.body, source="", environment="", server="", seen=answer.at),
        )

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

    def _is_alive(self, watchdog: Sequence[Listed], at: datetime) -> bool:
        """Whether the watchdog was sent lately. Where a Prometheus is asked itself, being listed is enough."""
        if not watchdog or self._source.prometheus:
            return bool(watchdog)
        return not watchdog[0].is_overdue(at)

    async def _watchdog(self, ask: "Ask") -> list[Listed]:
        """Asked by itself, because the filters of a source seldom let its watchdog pass."""
        if not self._source.watchdog:
            return []
        name = self._source.watchdog.replace("\\", "\\\\").replace('"', '\\"')
        answer = await ask("/api/v2/alerts", [("filter", f'alertname="{name}"')])
        found = listed(answer.body, source="", environment="", server="", seen=answer.at)
        return sorted(found.values(), key=lambda entry: entry.updated, reverse=True)

    async def rules(self, server: str, ask: "Ask") -> Rules:
        """All that one Prometheus says. Raises what asking and reading raise."""
        answer, targets = await asyncio.gather(ask("/api/v1/rules", [("type", "alert")]), _targets(ask))
        return await aside(len(answer.body), lambda: self._rules(server, answer, targets))

    def _rules(self, server: str, answer: "ServerAnswer", targets: Targets | None) -> Rules:
        rules = rules_of(answer.body)
        waiting = pending(rules, source=self._source.name, environment=self._environment, server=server, seen=answer.at)
        return Rules(
            server,
            answer.at,
            rules,
            targets,
            pending=tuple(alert for alert in waiting if self._wanted(dict(alert.labels))),
            firing=tuple(fires for fires in firing(rules, server=server, at=answer.at) if self._wanted(fires.labels)),
            partial=is_partial(answer.body),
        )


async def _targets(ask: "Ask") -> Targets | None:
    """Which targets give data. None where a server knows rules and no queries (a stand-alone ruler), or answers a query
    in a way that we cannot read: it then confirms nothing."""
    try:
        up, down = await asyncio.gather(ask("/api/v1/query", [("query", UP)]), ask("/api/v1/query", [("query", DOWN)]))
        return await aside(len(up.body), lambda: targets_of(up.body, down.body))
    except SourceError as error:
        if error.problem.kind in UNKNOWN_THERE:
            return None
        raise
    except (ValueError, RecursionError):
        return None


async def aside(size: int, work: Callable[[], T]) -> T:
    """`work` on `size` bytes: here when they are few, in a thread when it would hold up the screen."""
    return work() if size < LARGE else await asyncio.to_thread(work)
