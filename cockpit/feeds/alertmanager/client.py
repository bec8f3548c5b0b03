"""What one look asks of one server, and in which order."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx

from cockpit.feeds.alertmanager.alerts import (
    ListedAlert,
    Report,
    decode_json,
    explain_suppressions,
    parse_listed_alerts,
    read_uptime,
)
from cockpit.feeds.alertmanager.rules import Rules, is_partial, list_firing_alerts, list_pending_alerts, rules_of
from cockpit.feeds.alertmanager.silences import parse_silences
from cockpit.feeds.alertmanager.targets import (
    DOWN,
    FIRST_SAMPLE,
    LAST_UP,
    RESUMED,
    UP,
    TargetPast,
    Targets,
    past_of,
    targets_of,
)
from cockpit.feeds.http import (
    Reveal,
    explain_http_error,
    explain_refusal,
    http_date,
    open_client_for,
    read_bounded,
    refuse_web_page,
)
from cockpit.feeds.polling import LONGEST_RETRY_AFTER
from cockpit.model.probe import HttpAccess
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.silence import Silence
from cockpit.model.system import AlertSource
from cockpit.model.text import clean_line
from cockpit.model.time import Time

if TYPE_CHECKING:
    pass


# One server of an alert source: asked with a patience of its own, so that a hung one costs the others nothing.

Answered = TypeVar("Answered")
Parameters = Sequence[tuple[str, str]]
PATIENCE = 12.0  # seconds for everything that one look asks of one server
STRAGGLER = 3.0  # seconds that are waited for the others once a server has answered
LARGEST = 48 * 1024 * 1024  # bytes of one answer; 20,000 alerts are 13 MB
SAME_CLOCK = timedelta(seconds=2)  # a Date header has whole seconds: less is no difference
TOO_LARGE = Problem(
    ProblemKind.GARBAGE,
    "too large",
    f"The answer is longer than {LARGEST // 1024**2} MB.",
    "Narrow it with filters.",
)


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """A whole body, and when it was given by the clock of the server; `skew` is how much ours is ahead of that."""

    body: bytes
    at: datetime
    skew: timedelta


Ask = Callable[[str, Parameters], Awaitable[ServerAnswer]]
"""GET of a path below the server's address, with its parameters. Raises what httpx raises, or SourceError."""


class AlertServer:
    """An address that is asked again and again, and left alone for as long as it asks to be."""

    def __init__(self, url: str, access: HttpAccess, time: Time, reveal: Reveal) -> None:
        self.name = server_name(url)
        self._url = url.rstrip("/")
        self._access = access
        self._time = time
        self._reveal = reveal
        self._rest: tuple[float, Problem] = (0.0, TOO_LARGE)  # until when (monotonic), and its problem
        self._late: asyncio.Task[Any] | None = None  # the look that the others did not wait for

    def begin(self, asking: "Callable[[Ask], Awaitable[Answered]]") -> "asyncio.Task[Answered | Problem]":
        """A look that may be left alone. While one is still out there is no second: whoever hangs is asked once."""
        if self._late is not None and not self._late.done():
            return asyncio.create_task(self._still_late())
        self._late = None
        return asyncio.create_task(self.look(asking))

    def leave(self, look: "asyncio.Task[Any]") -> Problem:
        """Nobody waits for this look any more; it goes on until its patience ends."""
        self._late = look
        return self._describe_late()

    async def _still_late(self) -> Problem:
        return self._describe_late()

    def _describe_late(self) -> Problem:
        return name_server(self.name, Problem(ProblemKind.TIMEOUT, "no answer yet", "It has not answered yet."))

    def ask_anyway(self) -> None:
        """Somebody wants an answer now, whatever it asked us to wait."""
        self._rest = (0.0, self._rest[1])

    async def look(self, asking: Callable[[Ask], Awaitable[Answered]]) -> Answered | Problem:
        """What `asking` makes of this server, or why nothing: a Problem that names it. Never raises."""
        until, lines = self._rest
        if self._time.monotonic() < until:
            return lines
        try:
            async with asyncio.timeout(PATIENCE), open_client_for(self._access, self._url, self._reveal) as http:
                http.headers["Accept-Encoding"] = "identity"  # no small body unpacks into a huge one
                return await asking(partial(self._get, http))
        except Exception as error:
            problem = name_server(self.name, explain_http_error(error))
            wait = min(problem.retry_after or 0.0, LONGEST_RETRY_AFTER)
            self._rest = (self._time.monotonic() + wait, problem)
            return problem

    async def _get(self, http: httpx.AsyncClient, path: str, parameters: Parameters) -> ServerAnswer:
        async with http.stream("GET", f"{self._url}{path}", params=list(parameters)) as response:
            body, whole = await read_bounded(response, LARGEST)
            now = self._time.now()
            if response.status_code != 200:
                raise SourceError(explain_refusal(response.status_code, response.headers, body, now))
            if not whole:
                raise SourceError(TOO_LARGE)
            refuse_web_page(body)
            moment = its_time(response.headers, now)
            return ServerAnswer(body, moment, now - moment)


async def look_side_by_side(
    looks: "Sequence[tuple[AlertServer, Callable[[Ask], Awaitable[Any]]]]",
) -> list[Any]:
    """What each server answers, in their order, a Problem for one that does not. Never raises.

    Once one has answered, the others have `STRAGGLER` seconds: what hangs delays nothing of what does not. It is asked
    no more until it lets go.
    """
    tasks = [server.begin(asking) for server, asking in looks]
    pending, deadline = set(tasks), None
    loop = asyncio.get_running_loop()
    try:
        while pending:
            wait = None if deadline is None else max(0.0, deadline - loop.time())
            done, pending = await asyncio.wait(pending, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                break
            if deadline is None and any(not isinstance(task.result(), Problem) for task in done):
                deadline = loop.time() + STRAGGLER
    except asyncio.CancelledError:
        for task in pending:
            task.cancel()
        raise
    return [
        server.leave(task) if task in pending else task.result() for (server, _), task in zip(looks, tasks, strict=True)
    ]


def its_time(headers: Mapping[str, str], now: datetime) -> datetime:
    """The time at the server: ours, unless its Date says that one of us is wrong."""
    date = http_date(headers.get("date", ""))
    return now if date is None or abs(date - now) < SAME_CLOCK else date


def server_name(url: str) -> str:
    """`am-1.example.com:9093/tenant`: where a server is, without scheme, user and query."""
    try:
        parts = urlsplit(url)
        return clean_line(parts.netloc.rpartition("@")[2] + parts.path.rstrip("/"), 100) or "server"
    except ValueError:
        return "server"


def name_server(server: str, problem: Problem) -> Problem:
    """`problem`, telling whose it is."""
    return replace(problem, short=f"{server}: {problem.short}", message=f"{server}: {problem.message}")


# Alertmanager's matchers, applied by us where no Alertmanager does: to the pending alerts of a Prometheus.

MATCHER = re.compile(r"""\s*("(?:[^"\\]|\\.)+"|[^\s"=!~{},]+)\s*(=~|!~|!=|=)\s*(.*?)\s*""", re.DOTALL)
Matches = Callable[[Mapping[str, str]], bool]


def matches_all(filters: Iterable[str]) -> Matches:
    """Whether labels pass every one of `filters`, each like `severity=~"critical|warning"`. Never raises.

    A label that is not there passes: a Prometheus tells its alerts without the external labels it adds on sending.
    What we cannot read passes too, since a row too many is better than one too few.
    """
    tests = [test for text in filters if (test := _parse_matcher(text)) is not None]

    def passes(labels: Mapping[str, str]) -> bool:
        return all(name not in labels or test(labels[name]) for name, test in tests)

    return passes


def _parse_matcher(text: str) -> tuple[str, Callable[[str], bool]] | None:
    match = MATCHER.fullmatch(text)
    if match is None:
        return None
    name, operator, value = strip_quotes(match[1]), match[2], strip_quotes(match[3])
    if operator in ("=", "!="):
        return name, lambda sentence: (sentence == value) is (operator == "=")
    try:
        pattern = re.compile(value)
    except re.error:
        return None  # Go knows an expression or two that Python does not
    return name, lambda sentence: (pattern.fullmatch(sentence) is not None) is (operator == "=~")


def strip_quotes(text: str) -> str:
    """The text between the quotes, if there are any."""
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text.strip('"')


T = TypeVar("T")
LONGEST_FILTER = 2_000  # characters; with more names than fit the whole list is asked for
PAST_TRIES = 3  # looks in which a Prometheus is asked for its past before we do without
LARGE = 100_000  # bytes that take some milliseconds to read
UNKNOWN_THERE = (ProblemKind.MISSING, ProblemKind.REFUSED, ProblemKind.GARBAGE)


class AlertmanagerReader:
    """Asks the servers of one source. An Alertmanager's list is parsed only when its bytes have changed."""

    def __init__(self, source: AlertSource, environment: str) -> None:
        self._source = source
        self._environment = environment
        self.wants = matches_all(source.filters)
        self._names: dict[str, str] = {}  # of inhibiting alerts that our filters keep out, by fingerprint
        self._past_tries: dict[str, int] = {}  # how often each Prometheus may still be asked what was up before
        self._last: dict[
            str, tuple[bytes, dict[str, ListedAlert]]
        ] = {}  # by server: the digest of its list, and the list

    async def report(self, server: str, ask: "Ask") -> Report:
        """All that one Alertmanager says. Raises what asking and reading raise."""
        filters = [("filter", filter_text) for filter_text in self._source.filters]
        answer, watchdog = await asyncio.gather(ask("/api/v2/alerts", filters), self._watchdog(ask))
        alerts = await run_aside(len(answer.body), lambda: self._parsed(server, answer.body, answer.at))
        if any(entry.suppression.verb for entry in alerts.values()):
            alerts = await self._explain_suppressions(alerts, ask)
        # Behind the list: a server that restarts between the two answers is then young, and what it lost not resolved.
        status = await ask("/api/v2/status", ())
        report = Report(
            server,
            answer.at,
            alerts,
            read_uptime(status.body, status.at),
            watched=not self._source.watchdog or self._is_alive(watchdog, answer.at),
            skew=answer.skew,
            watchdog=watchdog[0] if watchdog else None,
        )
        if report.settling and not report.resends:
            # How soon it will have received everything, whatever our filters let pass. Only asked of a young server.
            others = await self.listed_by_name(None, ask)
            report = replace(report, others=tuple(others.values()))
        return report

    async def _explain_suppressions(self, alerts: dict[str, ListedAlert], ask: "Ask") -> dict[str, ListedAlert]:
        """Who or what suppresses them. A server that does not say leaves the ids that it listed."""
        suppressions = [entry.suppression for entry in alerts.values() if entry.suppression.verb]
        silences: dict[str, Silence] = {}
        if any(suppression.verb == "silenced" for suppression in suppressions):
            with suppress(SourceError, httpx.HTTPError, ValueError, RecursionError):
                silences = parse_silences(decode_json((await ask("/api/v2/silences", ())).body))
        inhibitors = {
            suppression.by[0] for suppression in suppressions if suppression.verb == "inhibited"
        } - alerts.keys()
        if inhibitors - self._names.keys() and self._source.filters:
            with suppress(SourceError, httpx.HTTPError, ValueError, RecursionError):
                every = await self.listed_by_name(None, ask)
                self._names = {fingerprint: entry.alert.name for fingerprint, entry in every.items()}
        self._names |= dict.fromkeys(inhibitors - self._names.keys(), "")  # asked for once
        return explain_suppressions(alerts, silences, self._names)

    async def listed_by_name(self, names: Sequence[str] | None, ask: "Ask") -> dict[str, ListedAlert]:
        """What one Alertmanager lists under these names, or under any, whatever the filters of the source."""
        pattern = "|".join(re.escape(name) for name in names or ()).replace("\\", "\\\\").replace('"', '\\"')
        narrow = names is not None and len(pattern) < LONGEST_FILTER
        narrowed = [("filter", f'alertname=~"{pattern}"')] if narrow else []
        answer = await ask("/api/v2/alerts", narrowed)
        return await run_aside(
            len(answer.body),
            lambda: parse_listed_alerts(answer.body, source="", environment="", server="", polled=answer.at),
        )

    def _parsed(self, server: str, body: bytes, moment: datetime) -> dict[str, ListedAlert]:
        digest = blake2b(body).digest()
        before = self._last.get(server)
        if before is None or before[0] != digest:
            before = (
                digest,
                parse_listed_alerts(
                    body, source=self._source.name, environment=self._environment, server=server, polled=moment
                ),
            )
            self._last[server] = before
        return before[1]

    def _is_alive(self, watchdog: Sequence[ListedAlert], moment: datetime) -> bool:
        """Whether the watchdog was sent lately. Where a Prometheus is asked itself, being listed is enough."""
        if not watchdog or self._source.prometheus:
            return bool(watchdog)
        return not watchdog[0].is_overdue(moment)

    async def _watchdog(self, ask: "Ask") -> list[ListedAlert]:
        """Asked by itself, because the filters of a source seldom let its watchdog pass. Another alert is none: there
        are servers and proxies that pass no filter on."""
        if not self._source.watchdog:
            return []
        name = self._source.watchdog.replace("\\", "\\\\").replace('"', '\\"')
        answer = await ask("/api/v2/alerts", [("filter", f'alertname="{name}"')])
        listeds_by_name = parse_listed_alerts(answer.body, source="", environment="", server="", polled=answer.at)
        watchdogs = [entry for entry in listeds_by_name.values() if entry.alert.name == self._source.watchdog]
        return sorted(watchdogs, key=lambda entry: entry.updated, reverse=True)

    async def rules(self, server: str, ask: "Ask") -> Rules:
        """All that one Prometheus says. Raises what asking and reading raise."""
        answer, targets = await asyncio.gather(ask("/api/v1/rules", [("type", "alert")]), _load_targets(ask))
        past: TargetPast | None = None
        tries = self._past_tries.get(server, PAST_TRIES)
        if targets is not None and tries > 0:
            past = await _load_past(ask)
            self._past_tries[server] = tries - 1 if past is None else 0
        return await run_aside(len(answer.body), lambda: self._rules(server, answer, targets, past))

    def _rules(self, server: str, answer: "ServerAnswer", targets: Targets | None, past: TargetPast | None) -> Rules:
        rules = rules_of(answer.body)
        waiting = list_pending_alerts(
            rules, source=self._source.name, environment=self._environment, server=server, polled=answer.at
        )
        return Rules(
            server,
            answer.at,
            rules,
            targets,
            pending=tuple(alert for alert in waiting if self.wants(dict(alert.labels))),
            firing=tuple(
                fires for fires in list_firing_alerts(rules, server=server, now=answer.at) if self.wants(fires.labels)
            ),
            partial=is_partial(answer.body),
            past=past,
            skew=answer.skew,
        )


async def _load_targets(ask: "Ask") -> Targets | None:
    """Which targets give data. None where a server knows rules and no queries (a stand-alone ruler), or answers a query
    in a way that we cannot read: it then confirms nothing."""
    try:
        up, down, resumed = await asyncio.gather(
            *(ask("/api/v1/query", [("query", query)]) for query in (UP, DOWN, RESUMED))
        )
        return await run_aside(len(up.body), lambda: targets_of(up.body, down.body, resumed.body))
    except SourceError as error:
        if error.problem.kind in UNKNOWN_THERE:
            return None
        raise
    except (ValueError, RecursionError):
        return None


async def _load_past(ask: "Ask") -> TargetPast | None:
    """When each target was last up; None where that cannot be had, now or ever. It may take long: nothing waits for it
    but the first look."""
    try:
        last_up, first = await asyncio.gather(
            *(ask("/api/v1/query", [("query", query), ("timeout", "5s")]) for query in (LAST_UP, FIRST_SAMPLE))
        )
        return await run_aside(len(last_up.body), lambda: past_of(last_up.body, first.body))
    except (SourceError, httpx.HTTPError, ValueError, RecursionError):
        return None


async def run_aside(size: int, work: Callable[[], T]) -> T:
    """`work` on `size` bytes: here when they are few, in a thread when it would hold up the screen."""
    return work() if size < LARGE else await asyncio.to_thread(work)
