"""Reads of Resource Manager for one command that was typed: over one plain connection, by the standard library.

aiohttp and the SDKs' pipeline take longer to load than such a command takes for all the rest. What they are for
(another try, another token, a proxy) is not done here: what is not answered as it should be is asked again over the
pool. A read may be asked twice; nothing else is ever sent from here.
"""

import asyncio
import http.client
import json
import socket
import ssl
import threading
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

from cockpit.azure.endpoints import Endpoints
from cockpit.azure.identity import Credential
from cockpit.azure.readonly import only_reads
from cockpit.model.text import keep_whole

CONNECT_TIMEOUT, READ_TIMEOUT = 5.0, 20.0  # seconds, as those of the pool
ASKED_AGAIN = frozenset({401, 408})  # beside 5xx: the pool has another token, or another try
USER_AGENT = "incident-cockpit"


@dataclass(frozen=True, slots=True)
class DirectAnswer:
    """An answer as the SDKs' errors and our own reading take one."""

    status_code: int
    reason: str
    headers: Message
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)

    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def body(self) -> bytes:
        return self.content


@dataclass(frozen=True, slots=True)
class DirectStream:
    """A stream that began to answer. The body is that of a refusal where `status` is not 200."""

    status: int
    chunks: AsyncGenerator[bytes, None]


class DirectReader:
    """One connection to Resource Manager, kept open between the questions of one command."""

    def __init__(self, where: Endpoints, credential: Credential) -> None:
        self._where = where
        self._credential = credential
        self._connection: http.client.HTTPConnection | None = None
        self._lock = threading.Lock()

    async def ask(self, method: str, link: str) -> DirectAnswer | None:
        """The answer at a path or an address of Resource Manager; None for whatever the pool had better ask."""
        url = link if "://" in link else f"{self._where.resource_manager}{link}"
        if not self._is_ours(method, url):
            return None
        token = await self._credential.token(self._where.resource_manager_scope)
        parts = urlsplit(url)
        path = url.partition(parts.netloc)[2] or "/"
        try:
            answer = await asyncio.to_thread(self._exchange, method, path, token.secret)
        except (OSError, http.client.HTTPException, ValueError):
            await self.close()
            return None
        except BaseException:
            self._hang_up()  # the thread waits for an answer that nobody wants any more
            raise
        if answer.status_code in ASKED_AGAIN or answer.status_code >= 500:
            return None
        return answer if answer.status_code >= 300 or _is_json(answer.content) else None

    def _is_ours(self, method: str, url: str) -> bool:
        """Whether it only reads, at our own address, in letters that are sent as they are, with no proxy between."""
        proxy, from_environment = self._where.find_proxy()
        home, there = urlsplit(self._where.resource_manager), urlsplit(url)
        fit = url.isascii() and " " not in url and bool(keep_whole(url))
        same = (home.scheme, home.netloc.lower()) == (there.scheme, there.netloc.lower())
        return fit and same and not proxy and not from_environment and only_reads(method, url)

    def _exchange(self, method: str, path: str, token: str) -> DirectAnswer:
        """Blocking. Raises OSError, HTTPException."""
        with self._lock:
            if self._connection is None:
                self._connection = open_connection(self._where.resource_manager, self._where.ca_file)
            headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": USER_AGENT}
            self._connection.request(method, path, headers=headers)
            response = self._connection.getresponse()
            return DirectAnswer(response.status, response.reason, response.headers, response.read())

    def _hang_up(self) -> None:
        if self._connection is not None and self._connection.sock is not None:
            with suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def open_connection(address: str, ca_file: str = "") -> http.client.HTTPConnection:
    """A connection to the host of an address. Blocking. Raises OSError."""
    parts = urlsplit(address)
    assert parts.hostname is not None
    connection: http.client.HTTPConnection
    if parts.scheme == "http":
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=CONNECT_TIMEOUT)
    else:
        context = ssl.create_default_context()
        if ca_file:
            context.load_verify_locations(ca_file)
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=CONNECT_TIMEOUT, context=context)
    connection.connect()
    connection.sock.settimeout(READ_TIMEOUT)
    return connection


async def open_direct_stream(
    url: str, headers: Mapping[str, str], *, ca_file: str, silence: float, batch: int
) -> DirectStream:
    """Ask for a stream that ends by itself. `ca_file` is that of `[cloud]`, `silence` in seconds, `batch` in bytes.

    Raises OSError, HTTPException.
    """

    def begin() -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = open_connection(url, ca_file)
        try:
            connection.sock.settimeout(silence)
            connection.request("GET", url.partition(urlsplit(url).netloc)[2] or "/", headers=dict(headers))
            return connection, connection.getresponse()
        except BaseException:
            connection.close()  # a stream that broke before it began leaves no socket open
            raise

    connection, response = await asyncio.to_thread(begin)

    async def read_chunks() -> AsyncGenerator[bytes, None]:
        try:
            while chunk := await asyncio.to_thread(response.read1, batch):
                yield chunk
        finally:
            if connection.sock is not None:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)
            connection.close()

    return DirectStream(response.status, read_chunks())


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
