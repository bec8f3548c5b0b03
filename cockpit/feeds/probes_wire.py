"""A socket that knows when its bytes arrived: by the kernel's stamp where there is one, not when our loop found time.

A busy screen delays the loop by hundreds of milliseconds; the stamp of the kernel is off by a third of one.
"""

import asyncio
import errno
import os
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress

import httpcore

SO_TIMESTAMPING = 37  # linux/asm-generic/socket.h; Python 3.11 has no name for it
RX_SOFTWARE_STAMPS = 1 << 3 | 1 << 4  # SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE
STAMP = struct.Struct("@ll")  # the first of three timespecs is the software stamp
ROOM = socket.CMSG_SPACE(3 * STAMP.size)
CHUNK = 16_384  # one TLS record; the stamp is that of the last byte taken, so take little
OLDEST = 600.0  # a stamp older than this is a stepped clock, not a packet
TCP_INFO = struct.Struct("=68xI28xI")  # linux/tcp.h: tcpi_rtt (microseconds) and tcpi_total_retrans

OURS = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM})

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
        self.arrived = self._loop.time() - _age(ancillary)
        return data

    async def _wait(self, watch: Watch, unwatch: Callable[[int], bool], until: float) -> None:
        ready = self._loop.create_future()
        number = self._socket.fileno()
        watch(number, lambda: None if ready.done() else ready.set_result(None))
        try:
            await asyncio.wait((ready,), timeout=max(0.0, until - self._loop.time()))
        finally:
            unwatch(number)


def _age(ancillary: list[tuple[int, int, bytes]]) -> float:
    """Seconds ago the kernel received the bytes; 0 where it did not say."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPING and len(data) >= STAMP.size:
            seconds, nanoseconds = STAMP.unpack_from(data)
            age: float = time.time() - (seconds + nanoseconds / 1e9)
            if 0.0 <= age < OLDEST:
                return age
    return 0.0


async def connect(address: str, port: int, until: float) -> Wire:
    """A connection to one address. Raises httpcore.ConnectTimeout or httpcore.ConnectError with the system's reason."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):  # elsewhere than on Linux the loop's own clock has to do
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, RX_SOFTWARE_STAMPS)
        try:
            with suppress(BlockingIOError):
                sock.connect((address, port))
        except OSError as error:
            kind = UnsentError if error.errno in OURS else httpcore.ConnectError
            raise kind(error.strerror or "cannot connect") from error
        wire = Wire(sock)
        await wire.connected(until)
    except BaseException:
        sock.close()
        raise
    return wire
