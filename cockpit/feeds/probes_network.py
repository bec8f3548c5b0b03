"""The way of one probe through the network, timed phase by phase: an httpcore backend and the httpx transport on it."""

import asyncio
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpcore
import httpx

from cockpit.feeds.probes_resolver import Resolver
from cockpit.feeds.probes_tls import Tls
from cockpit.feeds.probes_wire import UnsentError, Wire, connect


class Phase(StrEnum):
    """Where a probe is on its way."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    ANSWER = "answer"
    BODY = "body"


@dataclass(slots=True)
class Journey:
    """One check under way. Times in seconds; `until` is when it gives up, by the loop's clock.

    A redirect adds to each phase. What our own loop wastes between two phases is in none of them.
    """

    until: float
    phase: Phase = Phase.DNS
    times: dict[Phase, float] = field(default_factory=dict)
    address: str = ""
    name_found: bool = False  # a name server answered in this check, so our own line works
    certificate_ends: float | None = None  # seconds since the epoch

    def spent(self, phase: Phase, seconds: float) -> None:
        self.times[phase] = self.times.get(phase, 0.0) + max(0.0, seconds)

    @property
    def response_time(self) -> float | None:
        """From the look-up to the first byte of the answer; None before that."""
        return sum(self.times.values()) if Phase.ANSWER in self.times else None


class Network(httpcore.AsyncNetworkBackend):
    """The backend of one probe. `journey` is the check under way; there is never more than one."""

    def __init__(self, resolver: Resolver) -> None:
        self.journey = Journey(0.0)
        self._resolver = resolver

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        journey = self.journey
        journey.phase = Phase.DNS
        found = await self._resolver.find(host, journey.until)
        journey.spent(Phase.DNS, found.seconds)
        journey.name_found |= found.fresh
        journey.phase = Phase.CONNECT
        return Stream(await self._first_to_answer(found.addresses, port), journey)

    async def _first_to_answer(self, addresses: tuple[str, ...], port: int) -> Wire:
        """The first address that takes us. One that refuses costs no time, and `localhost` often has such a one."""
        errors: dict[str, httpcore.ConnectError] = {}
        for address in addresses:
            self.journey.address = address
            started = asyncio.get_running_loop().time()
            try:
                wire = await connect(address, port, self.journey.until)
            except httpcore.ConnectError as error:
                errors[address] = error
            else:
                took = asyncio.get_running_loop().time() - started
                self.journey.spent(Phase.CONNECT, min(took, wire.handshake_time() or took))
                return wire
        # What one address answered tells more than that another cannot be reached from here.
        self.journey.address = next(
            (each for each, error in errors.items() if not isinstance(error, UnsentError)), addresses[-1]
        )
        raise errors[self.journey.address]


class Stream(httpcore.AsyncNetworkStream):
    """A connection of one journey, plain or with TLS on it."""

    def __init__(self, wire: Wire | Tls, journey: Journey) -> None:
        self._wire = wire
        self._journey = journey
        self._asked: float | None = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._wire.receive(self._until(timeout))
        if self._asked is not None:
            self._journey.spent(Phase.ANSWER, self._wire.arrived - self._asked)
            self._asked = None
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._journey.phase = Phase.ANSWER
        await self._wire.send(buffer, self._until(timeout))
        self._asked = asyncio.get_running_loop().time()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        assert isinstance(self._wire, Wire)  # httpcore asks once, of a fresh connection
        self._journey.phase = Phase.TLS
        started = asyncio.get_running_loop().time()
        tls = Tls(self._wire, ssl_context, server_hostname)
        try:
            await tls.shake_hands(self._until(timeout))
        except BaseException:
            self._wire.close()
            raise
        self._journey.spent(Phase.TLS, tls.arrived - started)
        self._journey.certificate_ends = tls.certificate_ends()
        return Stream(tls, self._journey)

    async def aclose(self) -> None:
        self._wire.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._wire.readable()
        return None

    def _until(self, timeout: float | None) -> float:
        """httpx' own time-out for this step, and never past the end of the whole journey."""
        if timeout is None:
            return self._journey.until
        return min(asyncio.get_running_loop().time() + timeout, self._journey.until)


class Transport(httpx.AsyncBaseTransport):
    """httpx over `network`: a fresh connection for every request, as a new visitor would make it."""

    def __init__(self, context: ssl.SSLContext, network: Network) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context, max_connections=2, max_keepalive_connections=0, network_backend=network
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        asked = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with in_httpx_words():
            answer = await self._pool.handle_async_request(asked)
        assert isinstance(answer.stream, AsyncIterable)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=Body(answer.stream), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class Body(httpx.AsyncByteStream):
    """The body as it comes."""

    def __init__(self, stream: AsyncIterable[bytes]) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with in_httpx_words():
            async for part in self._stream:
                yield part

    async def aclose(self) -> None:
        if hasattr(self._stream, "aclose"):
            await self._stream.aclose()


ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


@contextmanager
def in_httpx_words() -> Iterator[None]:
    """httpcore's errors as httpx', which has one of the same name for each; the cause stays the original."""
    try:
        yield
    except ERRORS as error:
        name = next(each.__name__ for each in type(error).__mro__ if hasattr(httpx, each.__name__))
        raise getattr(httpx, name)(str(error)) from error
