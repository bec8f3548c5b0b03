"""The way of one probe through the network, timed phase by phase: an httpcore backend and the httpx transport on it."""

import asyncio
import errno
import os
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from itertools import zip_longest
from typing import Any, TypeVar

import httpcore
import httpx

from cockpit.feeds.probes.resolver import Resolver
from cockpit.model.text import clean_line

# A socket that knows when its bytes arrived: by the kernel's stamp where there is one, not when our loop found time.

SO_TIMESTAMPING = 37  # linux/asm-generic/socket.h; Python 3.11 has no name for it
RX_SOFTWARE_STAMPS = 1 << 3 | 1 << 4  # SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE
STAMP = struct.Struct("@ll")  # the first of three timespecs is the software stamp
ROOM = socket.CMSG_SPACE(3 * STAMP.size)
NEXT_ADDRESS = 0.25  # seconds until the next address of a name is tried beside the first
CHUNK = 16_384  # one TLS record; the stamp is that of the last byte taken, so take little
OLDEST = 600.0  # a stamp older than this is a stepped clock, not a packet
TCP_INFO = struct.Struct("=68xI28xI")  # linux/tcp.h: tcpi_rtt (microseconds) and tcpi_total_retrans

LOCAL_ERRORS = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM})

Watch = Callable[[int, Callable[[], None]], None]


class UnsentError(httpcore.ConnectError):
    """This machine itself would not connect: no route, no port left, a firewall of its own. It accuses nobody."""


class Wire:
    """One TCP connection. Times are seconds of the loop's clock; `until` is when an operation gives up.

    Raises httpcore's time-outs and network errors.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self.arrived = self._loop.time()  # when the bytes last received reached this machine
        self.sent = self.arrived  # when the last of what was sent last was handed to the kernel

    async def receive(self, until: float) -> bytes:
        """The next bytes; b"" at the end."""
        while True:
            with suppress(BlockingIOError):
                return self._take()
            # Only after a look: an answer that came while our own loop slept is an answer in time.
            if self._loop.time() >= until:
                raise httpcore.ReadTimeout("no answer in time")
            await self._wait(self._loop.add_reader, self._loop.remove_reader, until)

    async def send(self, data: bytes, until: float) -> None:
        rest = memoryview(data)
        while rest:
            # Before the call: the bytes leave within it, and whatever keeps us from going on after it, such as another
            # thread that has the interpreter by then, is no part of their way.
            self.sent = self._loop.time()
            try:
                rest = rest[self._socket.send(rest) :]
            except BlockingIOError:
                if self._loop.time() >= until:
                    raise httpcore.WriteTimeout("not taken in time") from None
                await self._wait(self._loop.add_writer, self._loop.remove_writer, until)
            except OSError as error:
                raise httpcore.WriteError(error.strerror or "connection lost") from error

    async def connected(self, until: float) -> None:
        """Wait until the connection stands."""
        while True:
            if failed := self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise httpcore.ConnectError(os.strerror(failed))
            with suppress(OSError):
                self._socket.getpeername()
                return
            if self._loop.time() >= until:
                raise httpcore.ConnectTimeout("no answer in time")
            await self._wait(self._loop.add_writer, self._loop.remove_writer, until)

    def handshake_time(self) -> float | None:
        """Seconds the kernel measured for the TCP handshake; None where it does not say or had to repeat itself."""
        try:
            info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO.size)
            rtt, repeated = TCP_INFO.unpack(info)
        except (OSError, AttributeError, struct.error):
            return None
        return rtt / 1e6 if rtt and not repeated else None

    def readable(self) -> bool:
        """Bytes, or the end, are waiting."""
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        self._socket.close()

    def _take(self) -> bytes:
        try:
            data, ancillary, _flags, _address = self._socket.recvmsg(CHUNK, ROOM)
        except BlockingIOError:
            raise
        except OSError as error:
            raise httpcore.ReadError(error.strerror or "connection lost") from error
        now, wall_clock = self._loop.time(), time.time()
        self.arrived = now - _read_kernel_age(ancillary, wall_clock)
        return data

    async def _wait(self, watch: Watch, unwatch: Callable[[int], bool], until: float) -> None:
        ready = self._loop.create_future()
        number = self._socket.fileno()
        watch(number, lambda: None if ready.done() else ready.set_result(None))
        try:
            await asyncio.wait((ready,), timeout=max(0.0, until - self._loop.time()))
        finally:
            unwatch(number)


def _read_kernel_age(ancillary: list[tuple[int, int, bytes]], now: float) -> float:
    """How long before `now` (seconds since the epoch) the kernel received the bytes; 0 where it did not say."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPING and len(data) >= STAMP.size:
            seconds, nanoseconds = STAMP.unpack_from(data)
            age: float = now - (seconds + nanoseconds / 1e9)
            if 0.0 <= age < OLDEST:
                return age
    return 0.0


def _ask_for_stamps(sock: socket.socket) -> None:
    with suppress(OSError):  # elsewhere than on Linux the loop's own clock has to do
        _keep_stamps_on()
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, RX_SOFTWARE_STAMPS)


@cache
def _keep_stamps_on() -> socket.socket:
    """A socket that is never used and never closed, so that the kernel goes on with its stamps between two answers.

    For the first socket that wants stamps, and after the last, Linux rewrites its own code: about a millisecond each,
    a tenth of what twenty quiet probes cost.
    """
    keeper = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    keeper.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, RX_SOFTWARE_STAMPS)
    return keeper


async def open_wire(address: str, port: int, until: float) -> Wire:
    """A connection to one address. Raises httpcore.ConnectTimeout or httpcore.ConnectError with the system's reason."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _ask_for_stamps(sock)
        try:
            with suppress(BlockingIOError):
                sock.connect((address, port))
        except OSError as error:
            kind = UnsentError if error.errno in LOCAL_ERRORS else httpcore.ConnectError
            raise kind(error.strerror or "cannot connect") from error
        wire = Wire(sock)
        await wire.connected(until)
    except BaseException:
        sock.close()
        raise
    return wire


# TLS on a Wire.

T = TypeVar("T")


class Tls:
    """A Wire with TLS on it. `arrived` is when the bytes came that gave the last plain text.

    The session tickets of TLS 1.3 arrive before any answer; their time is not the answer's.
    """

    def __init__(self, wire: Wire, context: ssl.SSLContext, hostname: str | None) -> None:
        self._wire = wire
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)

    @property
    def arrived(self) -> float:
        return self._wire.arrived

    @property
    def sent(self) -> float:
        return self._wire.sent

    async def shake_hands(self, until: float) -> None:
        try:
            await self._drive(self._tls.do_handshake, until)
        except httpcore.ReadTimeout as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except ssl.SSLError as error:
            raise httpcore.ConnectError(read_ssl_reason(error)) from error
        except (httpcore.ReadError, httpcore.WriteError, OSError) as error:
            raise httpcore.ConnectError(f"handshake broken off: {error}") from error

    def first_certificate_end(self) -> tuple[float | None, str]:
        """When the first certificate of the chain ends, in seconds since the epoch, and whose it is where it is not the
        server's own. None when certificates are not verified, for then Python does not read them.
        """
        own = self._tls.getpeercert() or {}
        ends = [(read_end(own), "")] if own else []
        # Python 3.11 has no public name for the chain that it verified; where there is none the server's own has to do.
        chain = getattr(getattr(self._tls, "_sslobj", None), "get_verified_chain", lambda: None)() if own else None
        for certificate in (chain or [])[1:]:
            with suppress(AttributeError, TypeError, ValueError):
                facts = certificate.get_info()
                ends.append((read_end(facts), name_certificate(facts)))
        known = [(end, name) for end, name in ends if end is not None]
        return min(known, key=lambda pair: pair[0]) if known else (None, "")

    def describe(self) -> str:
        """`TLSv1.3 TLS_AES_256_GCM_SHA384, certificate of shop.example.com by R11`; the latter where it is verified."""
        cipher = self._tls.cipher()
        agreed = " ".join(filter(None, (self._tls.version(), cipher[0] if cipher else "")))
        own = self._tls.getpeercert()
        if not own:
            return f"{agreed}, certificate not verified"
        return f"{agreed}, certificate of {name_certificate(own)} by {name_certificate(own, 'issuer')}"

    async def receive(self, until: float) -> bytes:
        try:
            return await self._drive(lambda: self._tls.read(65_536), until)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        except ssl.SSLError as error:
            raise httpcore.ReadError(read_ssl_reason(error)) from error

    async def send(self, data: bytes, until: float) -> None:
        try:
            await self._drive(lambda: self._tls.write(data), until)
        except ssl.SSLError as error:
            raise httpcore.WriteError(read_ssl_reason(error)) from error

    async def hear_verdict(self, until: float) -> None:
        """End TLS 1.3 in order, and hear what the server makes of our certificate: it judges that after the handshake,
        and says so only to who goes on reading. Raises httpcore.ConnectError where it refuses us.

        Our farewell is answered by its own, by data that it meant for us, or by the mere end: then it took us. So does
        one that says nothing until then: it waits for us to speak first.
        """
        if self._tls.version() != "TLSv1.3":
            return  # up to 1.2 the handshake holds the verdict
        with suppress(ssl.SSLError, httpcore.TimeoutException, httpcore.NetworkError):
            with suppress(ssl.SSLWantReadError):
                self._tls.unwrap()
            await self._flush(until)  # one that refused us has left already: its reason is still to be read
        try:
            await self._drive(lambda: self._tls.read(1), until)
        except ssl.SSLError as error:
            if "ALERT" in (error.reason or ""):
                raise httpcore.ConnectError(read_ssl_reason(error)) from error
        except (httpcore.TimeoutException, httpcore.NetworkError, OSError):
            return

    def readable(self) -> bool:
        return bool(self._tls.pending() or self._wire.readable())

    def close(self) -> None:
        self._wire.close()

    async def _drive(self, step: Callable[[], T], until: float) -> T:
        """Do `step`, passing bytes to and from the wire, until it is done."""
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                await self._flush(until)
                data = await self._wire.receive(until)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                await self._flush(until)
                return done

    async def _flush(self, until: float) -> None:
        if self._outgoing.pending:
            await self._wire.send(self._outgoing.read(), until)


def read_ssl_reason(error: ssl.SSLError) -> str:
    """What OpenSSL says, without its source lines: `certificate has expired`."""
    lines = getattr(error, "verify_message", "") or (error.reason or "").lower().replace("_", " ")
    return lines or "TLS failed"


def read_end(facts: Mapping[str, Any]) -> float | None:
    ends = facts.get("notAfter")
    return float(ssl.cert_time_to_seconds(ends)) if isinstance(ends, str) else None


def name_certificate(facts: Mapping[str, Any], role: str = "subject") -> str:
    """The common name of a certificate's subject (or issuer), else the last part of it."""
    parts = {name: value for group in facts.get(role, ()) for name, value in group}
    text = parts.get("commonName") or next(reversed(parts.values()), "")
    return clean_line(text, 80) or "an authority's"


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
    certificate_ends: float | None = None  # seconds since the epoch: of the chain's first to end
    certificate_name: str = ""  # whose that is, where it is not the server's own
    tls: str = ""  # what was agreed on, and whose certificate it is; cleaned
    broke_off: Phase | None = None  # the phase in which nothing more came
    tried: list[str] = field(default_factory=list)  # addresses that did not take us, each with its reason; cleaned

    def spent(self, phase: Phase, seconds: float) -> None:
        self.times[phase] = self.times.get(phase, 0.0) + max(0.0, seconds)

    def break_off(self, waited: float | None = None) -> None:
        """It ended in the phase it is in. Where that timed out, `waited` are the seconds since the beginning: whatever
        no other phase took of them was its. How long a refusal took our loop cannot tell from its own lag."""
        self.broke_off = self.phase
        if waited is not None:
            self.spent(self.phase, waited - sum(self.times.values()))

    @property
    def first_byte_time(self) -> float | None:
        """From the look-up to the first byte of the answer; None before that."""
        if Phase.ANSWER not in self.times:
            return None
        return sum(seconds for phase, seconds in self.times.items() if phase is not Phase.BODY)

    @property
    def response_time(self) -> float | None:
        """From the look-up to the last byte that was read; None before the first."""
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
        resolution = await self._resolver.find(host, journey.until)
        journey.spent(Phase.DNS, resolution.seconds)
        journey.name_found |= resolution.fresh
        journey.phase = Phase.CONNECT
        return Stream(await self._first_to_answer(resolution.addresses, port), journey)

    async def _first_to_answer(self, addresses: tuple[str, ...], port: int) -> Wire:
        """The first address that takes us. One that refuses costs no time, and `localhost` often has such a one; one
        that says nothing delays the next by a quarter of a second (RFC 8305), and not by the whole time-out."""
        errors: dict[str, httpcore.ConnectError | httpcore.ConnectTimeout] = {}
        waiting = alternate_families(addresses)
        trying: dict[asyncio.Task[Wire], tuple[str, float]] = {}
        loop = asyncio.get_running_loop()
        try:
            while waiting or trying:
                if waiting:
                    address = waiting.pop(0)
                    self.journey.address = address
                    task = asyncio.ensure_future(open_wire(address, port, self.journey.until))
                    trying[task] = (address, loop.time())
                patience = NEXT_ADDRESS if waiting else None
                done, _ = await asyncio.wait(trying, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    address, started = trying.pop(task)
                    error = task.exception()
                    if error is None:
                        took, wire = loop.time() - started, task.result()
                        self.journey.address = address
                        self.journey.spent(Phase.CONNECT, min(took, wire.handshake_time() or took))
                        return wire
                    if not isinstance(error, httpcore.ConnectError | httpcore.ConnectTimeout):
                        raise error
                    errors[address] = error
                    self.journey.tried.append(f"{address}: {clean_line(error, 100) or 'no answer'}")
        finally:
            for task in trying:
                close_unwanted(task)
        # What one address answered tells more than that another cannot be reached from here.
        self.journey.address = next(
            (text for text, error in errors.items() if not isinstance(error, UnsentError)), addresses[-1]
        )
        raise errors[self.journey.address]


def alternate_families(addresses: Sequence[str]) -> list[str]:
    """The addresses in their order, of the two families in turn: a dead family then costs one wait."""
    first = [address for address in addresses if (":" in address) == (":" in addresses[0])]
    second = [address for address in addresses if address not in first]
    pairs = [address for pair in zip_longest(first, second) for address in pair if address is not None]
    return list(dict.fromkeys(pairs))


def close_unwanted(task: "asyncio.Task[Wire]") -> None:
    """End a try whose address is not needed any more; one that stands already is closed."""
    task.cancel()

    def close(done: "asyncio.Task[Wire]") -> None:
        if not done.cancelled() and done.exception() is None:
            done.result().close()

    task.add_done_callback(close)


class Stream(httpcore.AsyncNetworkStream):
    """A connection of one journey, plain or with TLS on it."""

    def __init__(self, wire: Wire | Tls, journey: Journey) -> None:
        self._wire = wire
        self._journey = journey
        # Whoever speaks first (a mail server) is waited for from the connection on.
        self._asked: float | None = asyncio.get_running_loop().time()
        self._last_arrived = self._asked

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._wire.receive(self._until(timeout))
        if self._asked is not None:
            self._journey.spent(Phase.ANSWER, self._wire.arrived - self._asked)
            self._asked = None
        else:
            self._journey.spent(Phase.BODY, self._wire.arrived - self._last_arrived)
        self._last_arrived = self._wire.arrived
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._journey.phase = Phase.ANSWER
        await self._wire.send(buffer, self._until(timeout))
        self._asked = self._wire.sent

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
        self._journey.certificate_ends, self._journey.certificate_name = tls.first_certificate_end()
        self._journey.tls = tls.describe()
        return Stream(tls, self._journey)

    async def hear_verdict(self, timeout: float) -> None:
        """As `Tls.hear_verdict`, `timeout` seconds at most; nothing without TLS."""
        if isinstance(self._wire, Tls):
            await self._wire.hear_verdict(self._until(timeout))

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

    def __init__(self, context: ssl.SSLContext | None, network: Network, proxy: str = "") -> None:
        """`proxy` is `http://host:port`, "" for none: then every phase but the answer is that of the way to it."""
        if proxy:
            by = httpx.Proxy(proxy)
            self._pool: httpcore.AsyncConnectionPool = httpcore.AsyncHTTPProxy(
                str(by.url),
                proxy_auth=by.raw_auth,
                ssl_context=context,
                max_connections=2,
                max_keepalive_connections=0,
                network_backend=network,
            )
            return
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context, max_connections=2, max_keepalive_connections=0, network_backend=network
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        requested = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with in_httpx_words():
            answer = await self._pool.handle_async_request(requested)
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
        name = next(item.__name__ for item in type(error).__mro__ if hasattr(httpx, item.__name__))
        raise getattr(httpx, name)(str(error)) from error
