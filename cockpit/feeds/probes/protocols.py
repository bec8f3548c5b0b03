"""Checks of what is no web page: a connection, TLS, a name server, an echo, a websocket, a job that reports itself.

Each gives a ProbeAnswer, or raises what httpx raises for the same failure: a time-out, a refused connection. Times are
those of the journey, so that all of them are reported and judged as those of a web page.
"""

import asyncio
import base64
import os
import re
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import httpcore
import httpx

from cockpit.feeds.http import Reveal, fetch_access_headers, tls_of
from cockpit.feeds.probes.resolver import Resolver
from cockpit.feeds.probes.transport import (
    RX_SOFTWARE_STAMPS,
    SO_TIMESTAMPING,
    Journey,
    Network,
    Phase,
    Stream,
    Wire,
    in_httpx_words,
)
from cockpit.model.conditions import ProbeAnswer
from cockpit.model.probe import Probe
from cockpit.model.text import clean_line
from cockpit.model.time import format_age

CONNECTING = (Phase.DNS, Phase.CONNECT, Phase.TLS)
POSTGRES_SSL_REQUEST = struct.pack("!II", 8, 80_877_103)
DNS_PORT = 53
LITTLE = 0.5  # seconds for the words after a refusal, and for a server's verdict on our certificate
MOST_RECORDS = 100
ECHO_REQUEST = {4: 8, 6: 128}  # RFC 792, RFC 4443
ECHO_REPLY = {4: 0, 6: 129}
LARGEST_MESSAGE = 65_536  # bytes of a websocket's first message


class NotAllowedError(Exception):
    """This machine lets us not ask: it accuses nobody. The text says what to change."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What a job last reported of itself. `by` is the kernel's word on whose process it was; all text is cleaned.

    `before` is who reported until `changed`, "" where that was lately nobody else.
    """

    name: str
    at: datetime
    good: bool = True
    note: str = ""
    by: str = ""
    before: str = ""
    changed: datetime | None = None


ReadBeat = Callable[[str], Beat | None]
"""The last beat of a name; None where none ever came. Blocking."""


def no_beats(name: str) -> Beat | None:
    """Where nobody keeps them."""
    return None


@dataclass(frozen=True, slots=True)
class ProtocolContext:
    """What a check needs beside its probe."""

    network: Network
    resolver: Resolver
    reveal: Reveal
    read_beat: ReadBeat = no_beats


def build_answer(journey: Journey, now: float, **rest: object) -> ProbeAnswer:
    """What the journey measured. `now` is seconds since the epoch."""
    ends = journey.certificate_ends
    return ProbeAnswer(
        connected=True,
        ip=journey.address,
        response_time=sum(journey.times.values()),
        dns_time=journey.times.get(Phase.DNS),
        connect_time=journey.times.get(Phase.CONNECT),
        tls_time=journey.times.get(Phase.TLS),
        certificate_expiration=None if ends is None else ends - now,
        **rest,  # type: ignore[arg-type]
    )


# tcp:// and tls://


async def check_connection(probe: Probe, context: ProtocolContext, journey: Journey, now: datetime) -> ProbeAnswer:
    """Only a connection, and with `tls://` its certificate."""
    parts = urlsplit(probe.url)
    host, port = parts.hostname or "", parts.port or 0
    with in_httpx_words():
        stream = await context.network.connect_tcp(host, port)
        try:
            if parts.scheme == "tls":
                journey.phase = Phase.TLS
                protocol = dict(parse_qsl(parts.query)).get("starttls", "")
                await begin_tls(stream, protocol, probe.timeout)
                stream = await stream.start_tls(tls_of(probe), host, probe.timeout)
                if protocol == "smtp":
                    try:
                        await greet_within_tls(stream, probe.timeout)
                    finally:
                        journey.phase = Phase.TLS
                elif isinstance(stream, Stream):
                    await stream.hear_verdict(LITTLE)
        finally:
            await stream.aclose()
    answer = build_answer(journey, now.timestamp())
    seconds = sum(seconds for phase, seconds in journey.times.items() if phase in CONNECTING)
    return replace(answer, response_time=seconds)


async def begin_tls(stream: httpcore.AsyncNetworkStream, protocol: str, timeout: float) -> None:
    """What is sent before TLS begins: nothing, or the request of PostgreSQL or SMTP to begin it.

    Raises httpcore.ConnectError where the server does not want to.
    """
    if protocol == "postgres":
        await stream.write(POSTGRES_SSL_REQUEST, timeout)
        if (answer := await stream.read(1, timeout)) != b"S":
            refused = answer[1:]
            with suppress(httpcore.TimeoutException, httpcore.NetworkError):
                refused = refused or (b"" if answer == b"N" else await stream.read(500, min(timeout, LITTLE)))
            raise httpcore.ConnectError(f"PostgreSQL offers no TLS{_quote_refusal(refused)}")
    elif protocol == "smtp":
        greeting = await _read_smtp_reply(stream, timeout)
        if not greeting.startswith(b"2"):
            raise httpcore.ConnectError(f"the mail server turns us away{_quote_refusal(greeting)}")
        for line in (b"EHLO cockpit\r\n", b"STARTTLS\r\n"):
            await stream.write(line, timeout)
            if not (reply := await _read_smtp_reply(stream, timeout)).startswith(b"2"):
                raise httpcore.ConnectError(f"the mail server offers no TLS{_quote_refusal(reply)}")


async def greet_within_tls(stream: httpcore.AsyncNetworkStream, timeout: float) -> None:
    """A mail server judges our certificate once TLS stands, and hangs up without an alert where it does not want it:
    only its answer to a greeting tells that it takes us. Raises httpcore.ConnectError where it does not.
    """
    try:
        await stream.write(b"EHLO cockpit\r\n", timeout)
        reply = await _read_smtp_reply(stream, timeout)
    except httpcore.NetworkError as error:
        doubt = "does it want a certificate of ours?"
        raise httpcore.ConnectError(f"the mail server hung up within TLS ({error}): {doubt}") from error
    if not reply.startswith(b"2"):
        raise httpcore.ConnectError(f"the mail server turns us away within TLS{_quote_refusal(reply)}")
    with suppress(httpcore.NetworkError, httpcore.TimeoutException):
        await stream.write(b"QUIT\r\n", timeout)


def _quote_refusal(words: bytes) -> str:
    """What a server said, as it ends a sentence: `: 554 go away`."""
    text = clean_line(words.replace(b"\0", b" "), 120)
    return f": {text}" if text else ""


async def _read_smtp_reply(stream: httpcore.AsyncNetworkStream, timeout: float) -> bytes:
    """The last line of a reply: `250 STARTTLS`; the lines before it have a hyphen behind their number."""
    text = b""
    while not re.search(rb"(?m)^[0-9]{3} .*\n\Z", text):
        part = await stream.read(4_096, timeout)
        text += part
        if not part or len(text) > 65_536:
            raise httpcore.ConnectError("the mail server said nothing that is a reply")
    return text.rstrip().rpartition(b"\n")[2]


# dns://


async def check_dns(probe: Probe, context: ProtocolContext, journey: Journey, now: datetime) -> ProbeAnswer:
    """One question to one name server: `[DNS_RCODE]`, and the records as `[BODY]`, a line each."""
    import dns.asyncbackend
    import dns.asyncquery
    import dns.exception
    import dns.message
    import dns.rcode
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    import dns.resolver

    parts = urlsplit(probe.url)
    kind = dict(parse_qsl(parts.query)).get("type", "A")
    question = dns.message.make_query(unquote(parts.path).strip("/"), dns.rdatatype.from_text(kind))
    for rdtype in (question.question[0].rdtype, dns.rdatatype.CNAME):  # its time to load would be the server's
        await asyncio.to_thread(dns.rdata.get_rdata_class, dns.rdataclass.IN, rdtype)
    if parts.hostname:
        with in_httpx_words():
            resolution = await context.resolver.find(parts.hostname, journey.until)
        server = resolution.addresses[0]
    else:
        servers = await asyncio.to_thread(lambda: dns.resolver.get_default_resolver().nameservers)
        server = str(servers[0])
    journey.address, journey.phase = server, Phase.ANSWER
    loop, backend = (
        asyncio.get_running_loop(),
        dns.asyncbackend.get_default_backend(),
    )  # loads what it needs: no answer's
    began = loop.time()
    try:
        reply, _ = await dns.asyncquery.udp_with_fallback(
            question, server, max(0.001, journey.until - began), parts.port or DNS_PORT, backend=backend
        )
    except dns.exception.Timeout:
        raise httpx.ReadTimeout("the name server did not answer") from None
    except (dns.exception.DNSException, EOFError) as error:
        raise httpx.RemoteProtocolError(clean_line(error, 200) or "no DNS answer") from None
    except OSError as error:
        raise httpx.ConnectError(error.strerror or "cannot connect") from None
    journey.spent(Phase.ANSWER, loop.time() - began)
    records = [
        item.to_text() for answer in reply.answer for item in answer if answer.rdtype == question.question[0].rdtype
    ]
    body = "\n".join(sorted(records)[:MOST_RECORDS])
    return build_answer(journey, now.timestamp(), body=body.encode(), dns_rcode=dns.rcode.to_text(reply.rcode()))


# icmp://


async def check_echo(probe: Probe, context: ProtocolContext, journey: Journey, now: datetime) -> ProbeAnswer:
    """One echo request, over a socket that needs no root where the kernel allows that."""
    host = urlsplit(probe.url).hostname or ""
    with in_httpx_words():
        resolution = await context.resolver.find(host, journey.until)
        journey.spent(Phase.DNS, resolution.seconds)
        journey.name_found |= resolution.fresh
        address = resolution.addresses[0]
        journey.address, journey.phase = address, Phase.ANSWER
        seconds = await echo(address, journey.until)
    journey.spent(Phase.ANSWER, seconds)
    return build_answer(journey, now.timestamp())


async def echo(address: str, until: float) -> float:
    """Seconds until the reply, by the kernel's clock where it tells. Raises httpcore's errors, NotAllowedError."""
    version = 6 if ":" in address else 4
    family, protocol = (
        (socket.AF_INET6, socket.IPPROTO_ICMPV6) if version == 6 else (socket.AF_INET, socket.IPPROTO_ICMP)
    )
    sock = open_echo_socket(family, protocol)
    has_header = version == 4 and sock.type == socket.SOCK_RAW
    with sock:
        sock.setblocking(False)
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, RX_SOFTWARE_STAMPS)
        number, token = os.getpid() & 0xFFFF, os.urandom(16)
        try:
            sock.connect((address, 0))
        except OSError as error:
            raise httpcore.ConnectError(error.strerror or "no route") from error
        wire, loop = Wire(sock), asyncio.get_running_loop()
        began = loop.time()
        await wire.send(build_echo(version, number, token), until)
        while True:
            reply = await wire.receive(until)
            if is_echo_reply(version, strip_ip_header(reply) if has_header else reply, token):
                return wire.arrived - began


def open_echo_socket(family: int, protocol: int) -> socket.socket:
    """One that needs no right where the kernel allows that, else a raw one (root, CAP_NET_RAW), as ping itself does.

    Raises NotAllowedError where neither may be opened.
    """
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            return socket.socket(family, kind, protocol)
        except PermissionError:
            continue
        except OSError as error:
            raise NotAllowedError(f"no ping from here: {error.strerror}") from None
    raise NotAllowedError("this user may not ping: widen net.ipv4.ping_group_range")


def strip_ip_header(packet: bytes) -> bytes:
    """What a raw socket of IPv4 hands over begins with the header, whose length is in its first byte."""
    return packet[(packet[0] & 0x0F) * 4 :] if packet else b""


def build_echo(version: int, number: int, token: bytes) -> bytes:
    """The kernel writes the identifier, and for IPv6 the checksum."""
    head = struct.pack("!BBHHH", ECHO_REQUEST[version], 0, 0, number, 1)
    return struct.pack("!BBHHH", ECHO_REQUEST[version], 0, compute_checksum(head + token), number, 1) + token


def is_echo_reply(version: int, packet: bytes, token: bytes) -> bool:
    return len(packet) >= 8 and packet[0] == ECHO_REPLY[version] and packet[8:] == token


def compute_checksum(data: bytes) -> int:
    """RFC 1071."""
    total: int = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


# ws:// and wss://


async def check_websocket(probe: Probe, context: ProtocolContext, journey: Journey, now: datetime) -> ProbeAnswer:
    """The handshake; with a `body` that is sent as a message, and the first message that comes back is `[BODY]`."""
    parts = urlsplit(probe.url)
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    with in_httpx_words():
        stream = await context.network.connect_tcp(parts.hostname or "", port)
        try:
            if parts.scheme == "wss":
                journey.phase = Phase.TLS
                stream = await stream.start_tls(tls_of(probe), parts.hostname or "", probe.timeout)
            return await _speak_websocket(probe, context, stream, parts, journey, now)
        finally:
            await stream.aclose()


async def _speak_websocket(
    probe: Probe,
    context: ProtocolContext,
    stream: httpcore.AsyncNetworkStream,
    parts: SplitResult,
    journey: Journey,
    now: datetime,
) -> ProbeAnswer:
    from wsproto import ConnectionType, WSConnection
    from wsproto.events import (
        AcceptConnection,
        BytesMessage,
        CloseConnection,
        Event,
        RejectConnection,
        RejectData,
        Request,
        TextMessage,
    )
    from wsproto.utilities import ProtocolError

    connection, messages, text = WSConnection(ConnectionType.CLIENT), list[Event](), ""
    own = await fetch_access_headers(probe, probe.url, context.reveal)
    headers = [(name.encode(), value.encode()) for name, value in own.items()]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        await stream.write(connection.send(Request(parts.netloc.rpartition("@")[2], target, extra_headers=headers)))
        status, answered = 0, dict[str, str]()
        while True:
            data = await stream.read(4_096)
            connection.receive_data(data or None)
            for event in connection.events():
                if isinstance(event, AcceptConnection | RejectConnection):
                    status = 101 if isinstance(event, AcceptConnection) else event.status_code
                    pairs = event.extra_headers if isinstance(event, AcceptConnection) else event.headers
                    answered = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
                    if status == 101 and probe.body:
                        await stream.write(connection.send(TextMessage(probe.body)))
                elif isinstance(event, RejectData):
                    text += bytes(event.data).decode("utf-8", "replace")
                elif isinstance(event, TextMessage | BytesMessage):
                    part = event.data if isinstance(event.data, str) else base64.b64encode(event.data).decode()
                    text += part
                    messages += [event] if event.message_finished else []
                elif isinstance(event, CloseConnection):
                    messages.append(event)
            if (status and (status != 101 or not probe.body)) or messages or len(text) > LARGEST_MESSAGE or not data:
                break
        if status == 101:
            with suppress(httpcore.NetworkError, httpcore.TimeoutException, ProtocolError):
                await stream.write(connection.send(CloseConnection(1000)))
    except ProtocolError as error:
        raise httpcore.RemoteProtocolError(clean_line(error, 200) or "no websocket") from error
    if not status:
        raise httpcore.RemoteProtocolError("the connection was closed before the handshake")
    return build_answer(
        journey,
        now.timestamp(),
        status=status,
        headers=answered,
        body=text[:LARGEST_MESSAGE].encode(),
        ttfb=journey.times.get(Phase.ANSWER),
    )


# beat://


async def check_beat(probe: Probe, context: ProtocolContext, journey: Journey, now: datetime) -> ProbeAnswer:
    """Whether a job reported itself lately. Raises NotAllowedError while it never did: that accuses nobody yet."""
    name = urlsplit(probe.url).netloc
    beat = await asyncio.to_thread(context.read_beat, name)
    if beat is None:
        raise NotAllowedError(f"no beat yet: `cockpit beat {name}` reports one")
    age = (now - beat.at).total_seconds()
    journey.address = clean_line(beat.by, 80)
    if not beat.good:
        raise httpx.ReadError(f"it reported a failure {format_age(age)} ago{f': {beat.note}' if beat.note else ''}")
    if age > probe.within:
        late = format_age(age - probe.within)
        raise httpx.ReadError(f"no beat for {format_age(age)}, {late} more than it may take")
    return ProbeAnswer(
        connected=True, body=beat.note.encode(), ip=journey.address, caution=describe_other_reporter(beat)
    )


def describe_other_reporter(beat: Beat) -> str:
    """That somebody else than before says that the job ran; "" where it is the same user. Without an age: it would be
    news at every look."""
    return (
        clean_line(f"now reported by {beat.by or 'nobody known'}, before by {beat.before}", 200) if beat.before else ""
    )


CHECKS = {
    "tcp": check_connection,
    "tls": check_connection,
    "dns": check_dns,
    "icmp": check_echo,
    "ws": check_websocket,
    "wss": check_websocket,
    "beat": check_beat,
}
"""What asks, by the scheme of an address that is no web page's."""
