"""TLS on a Wire."""

import ssl
from collections.abc import Callable
from typing import TypeVar

import httpcore

from cockpit.feeds.probes_wire import Wire

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

    async def shake_hands(self, until: float) -> None:
        try:
            await self._drive(self._tls.do_handshake, until)
        except httpcore.ReadTimeout as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except ssl.SSLError as error:
            raise httpcore.ConnectError(spoken(error)) from error
        except (httpcore.ReadError, httpcore.WriteError, OSError) as error:
            raise httpcore.ConnectError(f"handshake broken off: {error}") from error

    def certificate_ends(self) -> float | None:
        """Seconds since the epoch; None when certificates are not verified, for then Python does not read them."""
        ends = (self._tls.getpeercert() or {}).get("notAfter")
        return float(ssl.cert_time_to_seconds(ends)) if isinstance(ends, str) else None

    async def receive(self, until: float) -> bytes:
        try:
            return await self._drive(lambda: self._tls.read(65_536), until)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        except ssl.SSLError as error:
            raise httpcore.ReadError(spoken(error)) from error

    async def send(self, data: bytes, until: float) -> None:
        try:
            await self._drive(lambda: self._tls.write(data), until)
        except ssl.SSLError as error:
            raise httpcore.WriteError(spoken(error)) from error

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


def spoken(error: ssl.SSLError) -> str:
    """What OpenSSL says, without its source lines: `certificate has expired`."""
    said = getattr(error, "verify_message", "") or (error.reason or "").lower().replace("_", " ")
    return said or "TLS failed"
