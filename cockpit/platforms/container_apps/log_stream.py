"""The log of one revision as one stream: each replica's console, the platform's words, and the past of what ended."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from cockpit.azure.client import Azure
from cockpit.azure.mapping import map_replica
from cockpit.feeds.azure_streams import open_stream_client
from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.reading import LogLine
from cockpit.model.revision import Application, Revision
from cockpit.model.system import Environment
from cockpit.model.time import Time
from cockpit.platforms.container_apps.log_history import load_log_history
from cockpit.platforms.container_apps.log_lines import console_lines, system_lines
from cockpit.platforms.log_queue import describe_hole, read_log_queue

if TYPE_CHECKING:
    import httpx

    from cockpit.platforms.container_apps.log_follow import LogEndpoint

LOOK_AGAIN = 10.0  # seconds between two looks at which replicas there are; also the pause before a new connection
SYSTEM = "system log"
OWN_REASON = "cockpit"  # the reason of lines that are our own words


def stream_log_lines(
    azure: Azure, application: Application, revision: Revision, *, environment: Environment, time: Time
) -> AsyncGenerator[LogLine, None]:
    """Lines as they come, until the reader stops. Raises SourceError when nobody is signed in.

    Every other trouble is a line of its own (`reason` is `cockpit`), and the stream goes on: connections are made
    again, new replicas are found, and a revision without replicas is read from Log Analytics, once.
    """
    return read_log_queue(lambda waiting: LogWatch(azure, application, revision, environment, time, waiting).run())


def format_span(since: datetime, until: datetime, now: datetime) -> str:
    """`07:00Z-07:30Z`, with the day where it is not that of `now`; all in UTC."""
    day = "" if since.date() == now.date() else f"{since:%b %d} "
    return f"{day}{since:%H:%M}Z-{until:%H:%M}Z"


class LogWatch:
    """Keeps one connection to every stream of a revision, and everything they say flows into one queue."""

    def __init__(
        self,
        azure: Azure,
        application: Application,
        revision: Revision,
        environment: Environment,
        time: Time,
        waiting: "asyncio.Queue[LogLine | None]",
    ) -> None:
        self._azure = azure
        self._app = application
        self._revision = revision
        self._environment = environment
        self._time = time
        self._waiting = waiting
        self._token = ""
        self._endpoints: dict[str, LogEndpoint] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._complaints: dict[str, str] = {}
        self._unread: set[str] = set()  # streams that are not followed now
        self._past_shown = False

    async def run(self) -> None:
        await asyncio.to_thread(
            import_module, "cockpit.platforms.container_apps.log_follow"
        )  # httpx, not before somebody wants logs
        azure = self._azure
        async with open_stream_client(azure.where, read_only=azure.read_only) as client:
            try:
                while True:
                    await self._look(client)
                    await self._time.sleep(LOOK_AGAIN)
            finally:
                await self._stop()

    async def _look(self, client: "httpx.AsyncClient") -> None:
        """Connect to every stream there is and that is not connected."""
        why = "no replicas"
        try:
            log_endpoints_by_name = await self._streams()
            self._token = self._token or await self._azure.stream_token(
                self._environment.resource_group, self._app.name
            )
            self._complaints.pop("streams", None)
        except SourceError as error:
            if error.problem.kind is ProblemKind.SIGN_IN:
                raise
            await self._complain("streams", f"no live log: {error.problem.sentence}")
            log_endpoints_by_name, why = {}, "not followed live"
        self._endpoints = {
            key: self._endpoints.get(key, log_endpoint) for key, log_endpoint in log_endpoints_by_name.items()
        }
        self._running = {key: task for key, task in self._running.items() if not task.done()}
        for key in self._endpoints.keys() - self._running.keys():
            self._running[key] = asyncio.create_task(self._follow(client, key, self._endpoints[key]))
        if not self._endpoints.keys() - {SYSTEM} and not self._past_shown:
            self._past_shown = True
            await self._tell_past(why)

    async def _streams(self) -> "dict[str, LogEndpoint]":
        """The streams of this revision: one a container, and the app's system log."""
        from cockpit.platforms.container_apps.log_follow import LogEndpoint

        try:
            raw = await self._azure.replicas(self._environment.resource_group, self._app.name, self._revision.name)
        except SourceError as error:
            if error.problem.kind is not ProblemKind.MISSING:
                raise
            raw = []  # the revision itself is gone
        name = self._revision.name
        log_endpoints_by_name = {}
        without = set()
        for replica in map(map_replica, raw):
            for container, url in replica.containers:
                key = f"{replica.name}/{container}"
                if url:
                    parse = partial(console_lines, revision=name, replica=replica.name)
                    log_endpoints_by_name[key] = LogEndpoint(url, parse)
                else:
                    without.add(key)
        self._unread = without | (self._unread & log_endpoints_by_name.keys())
        for key in sorted(without):
            await self._complain(key, f"{key} has no log stream: its lines are missing here")
        if self._app.log_stream:
            log_endpoints_by_name[SYSTEM] = LogEndpoint(self._app.log_stream, partial(system_lines, revision=name))
        return log_endpoints_by_name

    async def _follow(self, client: "httpx.AsyncClient", key: str, endpoint: "LogEndpoint") -> None:
        from cockpit.feeds.http import explain_http_error
        from cockpit.platforms.container_apps.log_follow import LogHole, follow_log_stream

        try:
            async for line in follow_log_stream(client, endpoint, self._token, self._time):
                if isinstance(line, LogHole):
                    await self._say(describe_hole(key, line.since, line.until))
                    continue
                if self._complaints.pop(key, None):
                    self._unread.discard(key)
                    await self._say(f"the stream of {key} is followed again")
                await self._waiting.put(line)
        except Exception as error:
            problem = explain_http_error(error)
            if problem.kind in (ProblemKind.SIGN_IN, ProblemKind.FORBIDDEN):
                self._token = ""  # they last an hour; the next look brings a new one
            self._unread.add(key)
            await self._complain(key, f"the stream of {key} broke: {problem.message}")

    async def _tell_past(self, why: str) -> None:
        workspace = self._environment.workspace
        if not workspace:
            await self._say(f"{why}: the configuration names no workspace, so there is no past to show")
            return
        try:
            past = await load_log_history(self._azure, workspace, self._revision, self._time.now())
        except SourceError as error:
            sentence = f"{why}: Log Analytics has no answer: {error.problem.sentence}"
            await self._say(sentence.strip())
            return
        whence = f"{why}: Log Analytics, {format_span(past.since, past.until, self._time.now())}"
        count = "1 line" if len(past.lines) == 1 else f"{len(past.lines)} lines"
        await self._say(f"{whence}, {count}, some minutes behind", whence)
        if past.partial:
            await self._say(f"Log Analytics answered only in part: {past.partial}")
        for line in past.lines:
            await self._waiting.put(replace(line, past=whence))

    async def _complain(self, about: str, text: str) -> None:
        """Say it once, not at every look while it lasts."""
        if self._complaints.get(about) != text:
            self._complaints[about] = text
            await self._say(text)

    async def _say(self, text: str, past: str = "") -> None:
        unread = tuple(sorted(self._unread))
        line = LogLine(
            text, self._time.now(), "system", self._revision.name, reason=OWN_REASON, past=past, unread=unread
        )
        await self._waiting.put(line)

    async def _stop(self) -> None:
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
