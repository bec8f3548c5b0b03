"""One server of an alert source: asked with a patience of its own, so that a hung one costs the others nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from cockpit.feeds.http import Reveal, client, explain, http_date, read_bounded, refused, revealed
from cockpit.model.clean import clean_line
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.system import AlertSource
from cockpit.model.time import Time

Answered = TypeVar("Answered")
Parameters = Sequence[tuple[str, str]]
PATIENCE = 12.0  # seconds for everything that one look asks of one server
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

    def __init__(self, url: str, source: AlertSource, time: Time, reveal: Reveal) -> None:
        self.name = server_name(url)
        self._url = url.rstrip("/")
        self._source = source
        self._time = time
        self._reveal = reveal
        self._rest: tuple[float, Problem] = (0.0, TOO_LARGE)  # until when (monotonic), and what it said

    async def look(self, asking: Callable[[Ask], Awaitable[Answered]]) -> Answered | Problem:
        """What `asking` makes of this server, or why nothing: a Problem that names it. Never raises."""
        until, said = self._rest
        if self._time.monotonic() < until:
            return said
        try:
            headers = revealed(self._source.headers, self._reveal)
            async with (
                asyncio.timeout(PATIENCE),
                client(verify=self._source.verify_tls, ca_file=self._source.ca_file) as http,
            ):
                http.headers.update({**headers, "Accept-Encoding": "identity"})  # no small body unpacks into a huge one
                return await asking(partial(self._get, http))
        except Exception as error:
            problem = named(self.name, explain(error))
            self._rest = (self._time.monotonic() + (problem.retry_after or 0.0), problem)
            return problem

    async def _get(self, http: httpx.AsyncClient, path: str, parameters: Parameters) -> ServerAnswer:
        async with http.stream("GET", f"{self._url}{path}", params=list(parameters)) as response:
            body, whole = await read_bounded(response, LARGEST)
            now = self._time.now()
            if response.status_code != 200:
                raise SourceError(refused(response.status_code, response.headers, body, now))
            if not whole:
                raise SourceError(TOO_LARGE)
            at = its_time(response.headers, now)
            return ServerAnswer(body, at, now - at)


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


def named(server: str, problem: Problem) -> Problem:
    """`problem`, telling whose it is."""
    return replace(problem, short=f"{server}: {problem.short}", message=f"{server}: {problem.message}")
