"""One connection pool and the SDK clients that share it. The heavy imports happen here, in a thread."""

import asyncio
import ssl
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cockpit.azure.endpoints import Endpoints
from cockpit.azure.identity import Credential

if TYPE_CHECKING:
    import aiohttp
    from azure.mgmt.appcontainers.aio import ContainerAppsAPIClient
    from azure.monitor.query.aio import LogsQueryClient

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
    "azure.mgmt.appcontainers.aio",
    "azure.monitor.query.aio",
    "cockpit.azure.policy",
    "cockpit.azure.verbatim",
)


class Pool:
    """Clients over one aiohttp session. Build with `open_pool`, end with `close`."""

    def __init__(
        self, session: "aiohttp.ClientSession", apps: "ContainerAppsAPIClient", logs: "LogsQueryClient"
    ) -> None:
        self.apps = apps
        self.logs = logs
        self._session = session

    async def close(self) -> None:
        await self.apps.close()
        await self.logs.close()
        await self._session.close()


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
    context = await asyncio.to_thread(_prepare_ssl_context)
    session = _open_http_session(where, context)
    options = {"retry_pause": retry_pause, "read_timeout": read_timeout, "read_only": read_only}
    try:
        apps, logs = await asyncio.to_thread(_build_clients, where, credential, subscription, session, options)
    except BaseException:
        await session.close()
        raise
    return Pool(session, apps, logs)


def _prepare_ssl_context() -> ssl.SSLContext:
    """Everything slow that needs no loop: 280 ms of imports, and reading the CA certificates."""
    for name in HEAVY:
        import_module(name)
    return ssl.create_default_context()


def _open_http_session(where: Endpoints, context: ssl.SSLContext) -> "aiohttp.ClientSession":
    import aiohttp

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS, ssl=context),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,  # the SDK decompresses by itself
        max_line_size=LONGEST_HEADER,
        max_field_size=LONGEST_HEADER,
        trust_env=not where.simulated,  # a proxy for the outside world has no business with this machine
    )


def _build_clients(
    where: Endpoints,
    credential: Credential,
    subscription: str,
    session: "aiohttp.ClientSession",
    options: dict[str, Any],
) -> tuple["ContainerAppsAPIClient", "LogsQueryClient"]:
    from azure.core.pipeline.transport import AioHttpTransport
    from azure.mgmt.appcontainers.aio import ContainerAppsAPIClient
    from azure.monitor.query.aio import LogsQueryClient

    from cockpit.azure.policy import Authentication, RequestGuard, Retries
    from cockpit.azure.verbatim import VerbatimSession

    verbatim: Any = VerbatimSession(session)
    transport = AioHttpTransport(
        session=verbatim, session_owner=False, connection_timeout=CONNECT_TIMEOUT, read_timeout=options["read_timeout"]
    )
    common: dict[str, Any] = {
        "transport": transport,
        "user_agent": "incident-cockpit",
        "permit_redirects": False,
        "per_retry_policies": [RequestGuard(read_only=options["read_only"])],
    }
    apps = ContainerAppsAPIClient(
        credential,
        subscription,
        base_url=where.resource_manager,
        api_version=API_VERSION,
        polling_interval=POLLING,
        retry_policy=Retries(options["retry_pause"]),
        authentication_policy=Authentication(credential, where.resource_manager_scope, where.resource_manager),
        **common,
    )
    logs = LogsQueryClient(
        credential,
        endpoint=where.logs,
        audience=where.logs_scope.removesuffix("/.default"),
        retry_policy=Retries(options["retry_pause"]),
        authentication_policy=Authentication(credential, where.logs_scope, where.logs),
        **common,
    )
    return apps, logs
