"""One connection pool and the SDK clients that share it. The heavy imports happen here, in a thread."""

import asyncio
import os
import ssl
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.azure.endpoints import Endpoints
from cockpit.azure.identity import Credential
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.text import clean_line

if TYPE_CHECKING:
    import aiohttp
    from azure.core.rest import AsyncHttpResponse, HttpRequest
    from azure.mgmt.appcontainers.aio import ContainerAppsAPIClient
    from azure.mgmt.core import AsyncARMPipelineClient
    from azure.monitor.query.aio import LogsQueryClient

    from cockpit.azure.policy import Authentication

API_VERSION = "2025-07-01"  # of Microsoft.App: the one the az of today speaks
CONNECT_TIMEOUT = 5.0  # seconds
READ_TIMEOUT = 20.0  # seconds between two bytes
RETRY_PAUSE = 0.3  # seconds before a failed read is tried once more
POLLING = 2  # seconds between two looks at a running operation; Azure sends no Retry-After for these
CONNECTIONS = 16
LONGEST_HEADER = 65_536  # bytes; the links of an operation are some 4,000 each, and aiohttp gives up at 8,190
HEAVY = (
    "aiohttp",
    "azure.core.pipeline.transport",
    "azure.core.rest",
    "azure.mgmt.core",
    "cockpit.azure.policy",
)
USER_AGENT = "incident-cockpit"


class Pool:
    """Clients over one pool of connections. Build with `open_pool`, end with `close`.

    A request at a Resource Manager path needs none of the two SDKs of services: each is imported when it is first
    used, in a thread, so that `cockpit exec` does not pay 150 ms for what it never calls.
    """

    def __init__(self, sessions: "HttpSessions", settings: "ClientSettings") -> None:
        self._sessions = sessions
        self._settings = settings
        self._resource_manager = settings.build_resource_manager()
        self._apps: ContainerAppsAPIClient | None = None
        self._logs: LogsQueryClient | None = None
        self._building = asyncio.Lock()

    async def send_request(self, request: "HttpRequest") -> "AsyncHttpResponse":
        """One request at a path of Resource Manager, or at a URL of its own. Raises what the SDK raises."""
        request.url = self._resource_manager.format_url(request.url)
        response: AsyncHttpResponse = await self._resource_manager.send_request(request)
        return response

    async def open_apps(self) -> "ContainerAppsAPIClient":
        async with self._building:
            if self._apps is None:
                self._apps = await asyncio.to_thread(self._settings.build_apps)
            return self._apps

    async def open_logs(self) -> "LogsQueryClient":
        async with self._building:
            if self._logs is None:
                self._logs = await asyncio.to_thread(self._settings.build_logs)
            return self._logs

    async def close(self) -> None:
        for client in (self._resource_manager, self._apps, self._logs):
            if client is not None:
                await client.close()
        await self._sessions.close()


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """What every client is built with. `retry_pause` and `read_timeout` in seconds."""

    where: Endpoints
    credential: Credential
    subscription: str
    sessions: "HttpSessions"
    read_only: bool
    retry_pause: float
    read_timeout: float

    def build_resource_manager(self) -> "AsyncARMPipelineClient[Any, Any]":
        from azure.core.pipeline.policies import (
            ContentDecodePolicy,
            HeadersPolicy,
            HttpLoggingPolicy,
            RequestIdPolicy,
            UserAgentPolicy,
        )
        from azure.mgmt.core import AsyncARMPipelineClient
        from azure.mgmt.core.policies import AsyncARMAutoResourceProviderRegistrationPolicy

        options = self._list_options()
        transport, (guard,) = options.pop("transport"), options.pop("per_retry_policies")
        policies: list[Any] = [  # in the order of the SDKs' own clients
            AsyncARMAutoResourceProviderRegistrationPolicy(),
            RequestIdPolicy(),
            HeadersPolicy(),
            UserAgentPolicy(USER_AGENT),
            ContentDecodePolicy(),
            options["retry_policy"],
            self._authenticate_with(self.where.resource_manager_scope, self.where.resource_manager),
            guard,
            HttpLoggingPolicy(),
        ]
        return AsyncARMPipelineClient(self.where.resource_manager, policies=policies, transport=transport)

    def build_apps(self) -> "ContainerAppsAPIClient":
        from azure.mgmt.appcontainers.aio import ContainerAppsAPIClient

        return ContainerAppsAPIClient(
            self.credential,
            self.subscription,
            base_url=self.where.resource_manager,
            api_version=API_VERSION,
            polling_interval=POLLING,
            authentication_policy=self._authenticate_with(
                self.where.resource_manager_scope, self.where.resource_manager
            ),
            **self._list_options(),
        )

    def build_logs(self) -> "LogsQueryClient":
        from azure.monitor.query.aio import LogsQueryClient

        return LogsQueryClient(
            self.credential,
            endpoint=self.where.logs,
            audience=self.where.logs_scope.removesuffix("/.default"),
            authentication_policy=self._authenticate_with(self.where.logs_scope, self.where.logs),
            **self._list_options(),
        )

    def _authenticate_with(self, scope: str, endpoint: str) -> "Authentication":
        from cockpit.azure.policy import Authentication

        return Authentication(self.credential, scope, endpoint)

    def _list_options(self) -> dict[str, Any]:
        from azure.core.pipeline.transport import AioHttpTransport

        from cockpit.azure.policy import RequestGuard, Retries, VerbatimSession

        verbatim: Any = VerbatimSession(self.sessions.reads, self.sessions.changes)
        return {
            "transport": AioHttpTransport(
                session=verbatim,
                session_owner=False,
                connection_timeout=CONNECT_TIMEOUT,
                read_timeout=self.read_timeout,
            ),
            "user_agent": USER_AGENT,
            "permit_redirects": False,
            "retry_policy": Retries(self.retry_pause),
            "per_retry_policies": [RequestGuard(read_only=self.read_only)],
        }


async def open_pool(
    where: Endpoints,
    credential: Credential,
    subscription: str,
    *,
    read_only: bool,
    retry_pause: float = RETRY_PAUSE,
    read_timeout: float = READ_TIMEOUT,
) -> Pool:
    """Import, connect and configure. The loop is held for no longer than a session takes to make."""
    context = await asyncio.to_thread(_prepare_ssl_context, where.ca_file)
    sessions = _open_http_sessions(where, context)
    settings = ClientSettings(where, credential, subscription, sessions, read_only, retry_pause, read_timeout)
    try:
        return await asyncio.to_thread(Pool, sessions, settings)
    except BaseException:
        await sessions.close()
        raise


def _prepare_ssl_context(ca_file: str) -> ssl.SSLContext:
    """Everything slow that needs no loop: the imports, and reading the CA certificates. Raises SourceError."""
    for name in HEAVY:
        import_module(name)
    try:
        files = (os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""), ca_file)  # OpenSSL's own two
        return _read_authorities(ca_file, *map(_date_file, files))
    except OSError as error:  # ssl.SSLError is one
        raise SourceError(explain_authority(ca_file, error)) from error


def _date_file(path: str) -> tuple[str, int]:
    """With its time of change, in ns: another file of the same name is read anew."""
    try:
        return path, Path(path).stat().st_mtime_ns
    except OSError:  # what needs the file says so
        return path, 0


@lru_cache(maxsize=8)
def _read_authorities(ca_file: str, *_dated: tuple[str, int]) -> ssl.SSLContext:
    """Whom the pools of a process trust: to read the 150 authorities of a machine takes 20 ms each time."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def explain_authority(ca_file: str, error: OSError) -> Problem:
    """Why the certificates of `[cloud] ca_file` are not trusted."""
    reason = clean_line(error.strerror or str(error), 200)
    return Problem(
        ProblemKind.REFUSED,
        "no ca_file",
        f"{ca_file} cannot be read as certificates: {reason}.",
        "Correct [cloud] ca_file in cockpit.toml: it must be a PEM file.",
        code="not-certificates",
    )


@dataclass(frozen=True, slots=True)
class HttpSessions:
    """Two over the same connections: `changes` sends nothing a second time by itself."""

    reads: "aiohttp.ClientSession"
    changes: "aiohttp.ClientSession"

    async def close(self) -> None:
        await self.changes.close()
        await self.reads.close()


def _open_http_sessions(where: Endpoints, context: ssl.SSLContext) -> HttpSessions:
    import aiohttp

    proxy, from_environment = where.find_proxy()
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, ssl=context)

    def open_session(*, owns_connector: bool) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector,
            connector_owner=owns_connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # the SDK decompresses by itself
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
            proxy=proxy or None,
            trust_env=from_environment,
        )

    changes = open_session(owns_connector=False)
    # aiohttp sends a PUT or DELETE again, unasked, when a connection that was used before breaks, done or not.
    # There is no public word for this; a test holds that nothing is sent twice.
    changes._retry_connection = False
    return HttpSessions(open_session(owns_connector=True), changes)
