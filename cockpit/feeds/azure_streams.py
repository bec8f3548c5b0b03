"""The connection for a stream of Azure, a log that comes as it is written: the way the SDKs' clients go."""

from typing import TYPE_CHECKING

from cockpit.azure.endpoints import Endpoints
from cockpit.azure.readonly import refuse_change_hook

if TYPE_CHECKING:
    import httpx

CONNECT = 5.0  # seconds
SILENCE = 120.0  # seconds without a byte before a connection counts as dead


def open_stream_client(
    where: Endpoints, *, read_only: bool, connect: float = CONNECT, silence: float | None = SILENCE
) -> "httpx.AsyncClient":
    """For streams only: no limit to their length, a limit of `silence` seconds to their silence, None for none.

    By the proxy and with the authorities of `[cloud]`. Raises OSError where those cannot be read.
    """
    import httpx

    from cockpit.feeds.http import tls_context

    proxy, from_environment = where.find_proxy()
    return httpx.AsyncClient(
        verify=tls_context(ca_file=where.ca_file),
        proxy=proxy or None,
        trust_env=from_environment,
        timeout=httpx.Timeout(connect, read=silence),
        limits=httpx.Limits(max_connections=None),
        event_hooks={"request": [refuse_change_hook] if read_only else []},
    )
