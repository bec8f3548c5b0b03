"""How feeds speak HTTP: one TLS context per setting, clients that read nothing from the environment, plain Problems."""

import base64
import ipaddress
import json
import os
import re
import ssl
import time
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

import httpx

from cockpit.feeds.polling import explain_unknown_error
from cockpit.model.probe import HttpAccess
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import read_retry_after
from cockpit.model.secret import KNOWN_SECRETS, Secret
from cockpit.model.setting import ENVIRONMENT_PROXY, NO_PROXY
from cockpit.model.text import clean_line

Reveal = Callable[[Secret], str]

KINDS = {
    401: (ProblemKind.SIGN_IN, "Check the credentials configured for it."),
    403: (ProblemKind.FORBIDDEN, "The credentials are known there, but may not read this."),
    404: (ProblemKind.MISSING, "Check the path of the configured URL."),
    407: (ProblemKind.NETWORK, "A proxy on the way asks for credentials."),
    408: (ProblemKind.TIMEOUT, ""),
    409: (ProblemKind.CONFLICT, ""),
    429: (ProblemKind.THROTTLED, ""),
}
LONGEST_EXCERPT = 200  # characters of a source's own words that are shown


@lru_cache(maxsize=64)
def tls_context(verify: bool = True, ca_file: str = "", certificate: str = "", key: str = "") -> ssl.SSLContext:
    """The TLS settings shared by every client that wants the same ones (a context costs 20 ms and 0.7 MB).

    Trusts the machine's own store, where a company keeps its authorities, and certifi's for machines without one.
    `certificate` and `key` are our own. Raises OSError or ssl.SSLError when a file cannot be read.
    """
    context = httpx.create_ssl_context()
    context.load_default_certs()
    if ca_file:
        context.load_verify_locations(ca_file)
    if certificate:
        context.load_cert_chain(certificate, key or None, password=refuse_password)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def refuse_password() -> str:
    """OpenSSL would ask for the password of a key on the terminal, and wait there for ever."""
    raise ssl.SSLError("the private key has a password; give one without")


def tls_of(access: HttpAccess, *, ours: bool = True) -> ssl.SSLContext:
    """The TLS settings of a server; `ours` False where it is another one, which gets no certificate of ours."""
    own = (access.client_certificate, access.client_key) if ours else ("", "")
    return tls_context(access.verify_tls, access.ca_file, *own)


# Proxies.

Environment = Mapping[str, str]


def find_proxy(setting: str, url: str, environ: Environment | None = None) -> str:
    """The proxy on the way to `url`, "" for none: the configured one, or the environment's where `env` asks for that.

    Never for this machine: what listens here is nobody else's. Raises SourceError for a proxy that is not used.
    """
    parts = httpx.URL(url)
    if setting == NO_PROXY or is_this_machine(parts.host):
        return ""
    if setting != ENVIRONMENT_PROXY:
        return setting
    variables = os.environ if environ is None else environ
    proxies = {name.lower().removesuffix("_proxy"): variables[name] for name in PROXY_VARIABLES if variables.get(name)}
    if proxy_bypass_environment(f"{parts.host}:{parts.port}" if parts.port else parts.host, proxies):
        return ""
    proxy = proxies.get(parts.scheme) or proxies.get("all", "")
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    if proxy and not proxy.lower().startswith("http://"):
        raise SourceError(UNUSABLE_PROXY)
    for password in (unquote(httpx.URL(proxy).password), httpx.URL(proxy).password) if proxy else ():
        KNOWN_SECRETS.learn(password)
    return proxy.rstrip("/")


PROXY_VARIABLES = (
    "all_proxy",
    "ALL_PROXY",
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
)
"""The small letters go before the capitals, as in curl."""

UNUSABLE_PROXY = Problem(
    ProblemKind.REFUSED,
    "proxy not usable",
    "The environment names a proxy that is asked over TLS or SOCKS, which the cockpit does not use.",
    "Name one as http://host:port, in the environment or with `proxy` in cockpit.toml.",
    code="not-a-proxy",
)


def is_this_machine(host: str) -> bool:
    """Loopback: `localhost`, and the addresses that never leave the machine."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def open_client_for(
    access: HttpAccess, url: str, reveal: Reveal, *, timeout: float = 10.0, connections: int = 4
) -> httpx.AsyncClient:
    """A client for the server at `url`, with everything that the configuration says of how it is reached.

    Redirects are not followed: no header and no body goes to another server. Raises SourceError, OSError.
    """
    return httpx.AsyncClient(
        headers=reveal_access_headers(access, reveal),
        auth=TokenAuth(access, reveal) if access.auth and access.auth.takes_token else None,
        verify=tls_of(access),
        proxy=find_proxy(access.proxy, url) or None,
        timeout=timeout,
        trust_env=False,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=90.0),
    )


def reveal_access_headers(access: HttpAccess, reveal: Reveal) -> dict[str, str]:
    """The headers as they are sent, `auth` among them. Raises what `reveal` raises for a secret that is not there."""
    headers = reveal_headers(access.headers, reveal)
    if access.auth and access.auth.bearer:
        headers["Authorization"] = f"Bearer {reveal(access.auth.bearer)}"
    elif access.auth and access.auth.password:
        pair = f"{access.auth.user}:{reveal(access.auth.password)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        KNOWN_SECRETS.learn(headers["Authorization"])
    return headers


# Tokens that are asked for first: of the identity in use, or by client credentials.

FetchToken = Callable[[str], Awaitable[str]]
EARLY = 60.0  # seconds before its end a token is replaced
SHORTEST_TOKEN = 30.0  # seconds that one is used where its server says less, or nothing sensible


class TokenKeeper:
    """The tokens of this process. `entra` comes from the session, which has the identity."""

    def __init__(self) -> None:
        self.entra: FetchToken | None = None
        self._tokens: dict[tuple[str, str, str], tuple[str, float]] = {}  # and until when, by the monotonic clock

    async def fetch(self, access: HttpAccess, url: str, reveal: Reveal) -> str:
        """The token for a server at `url`. Raises SourceError."""
        auth = access.auth
        assert auth is not None
        refuse_open_address(url)
        if auth.entra:
            if self.entra is None:
                raise SourceError(NO_IDENTITY)
            token = await self.entra(auth.entra)
        else:
            token = await self._fetch_by_client(access, reveal)
        KNOWN_SECRETS.learn(token)
        return token

    async def _fetch_by_client(self, access: HttpAccess, reveal: Reveal) -> str:
        auth = access.auth
        assert auth is not None
        assert auth.client_secret is not None  # the configuration asks for it
        key, now = (auth.token_url, auth.client_id, auth.scope), time.monotonic()
        if key in self._tokens and now < self._tokens[key][1]:
            return self._tokens[key][0]
        refuse_open_address(auth.token_url)
        form = {"grant_type": "client_credentials", "client_id": auth.client_id}
        form["client_secret"] = reveal(auth.client_secret)
        form |= {"scope": auth.scope} if auth.scope else {}
        try:
            bare = replace(access, auth=None, headers={})
            async with (
                open_client_for(bare, auth.token_url, reveal) as client,
                client.stream("POST", auth.token_url, data=form) as response,
            ):
                body, _ = await read_bounded(response, LARGEST_TOKEN)
            if response.status_code != 200:
                raise SourceError(_explain_token(explain_refusal(response.status_code, {}, body, datetime.now(UTC))))
            answer = json.loads(body)
            token, lasts = answer["access_token"], answer.get("expires_in", 300)
            if not isinstance(token, str) or not token.isascii() or not token.isprintable():
                raise TypeError("no token")
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
            raise SourceError(NO_TOKEN) from None
        except (httpx.HTTPError, OSError) as error:
            raise SourceError(_explain_token(explain_http_error(error))) from error
        seconds = float(lasts) if isinstance(lasts, int | float) and not isinstance(lasts, bool) else 300.0
        self._tokens[key] = token, now + max(SHORTEST_TOKEN, min(seconds, 86_400.0) - EARLY)
        return token


LARGEST_TOKEN = 65_536  # bytes of an answer with a token
TOKENS = TokenKeeper()
NO_IDENTITY = Problem(
    ProblemKind.SIGN_IN,
    "no identity",
    'auth = "entra:..." takes a token of the identity in use, and there is none here.',
    "Set [identity] in cockpit.toml.",
)
NO_TOKEN = Problem(
    ProblemKind.GARBAGE, "no token", "The server at token_url answered 200 without a token.", "Look at token_url."
)


def _explain_token(problem: Problem) -> Problem:
    return replace(problem, short=f"token: {problem.short}", message=f"No token from token_url: {problem.message}")


def refuse_open_address(url: str) -> None:
    """A token goes over TLS, or to this machine. Raises SourceError."""
    parts = httpx.URL(url)
    if parts.scheme in ("http", "ws") and not is_this_machine(parts.host):
        message = f"{parts.host} would get a token unencrypted."
        raise SourceError(Problem(ProblemKind.REFUSED, "unencrypted", message, "Use https."))


async def fetch_access_headers(access: HttpAccess, url: str, reveal: Reveal) -> dict[str, str]:
    """The headers as they are sent to `url`, with a token where one is asked for first. Raises SourceError."""
    headers = reveal_access_headers(access, reveal)
    if access.auth and access.auth.takes_token:
        headers["Authorization"] = f"Bearer {await TOKENS.fetch(access, url, reveal)}"
    return headers


class TokenAuth(httpx.Auth):
    """Asks for the token with the first request of a client, which follows no redirect."""

    def __init__(self, access: HttpAccess, reveal: Reveal) -> None:
        self._access, self._reveal = access, reveal

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await TOKENS.fetch(self._access, str(request.url), self._reveal)
        request.headers["Authorization"] = f"Bearer {token}"
        yield request


def reveal_headers(headers: Mapping[str, str | Secret], reveal: Reveal) -> dict[str, str]:
    """The headers as they are sent. Raises what `reveal` raises for a secret that is not there."""
    return {name: reveal(value) if isinstance(value, Secret) else value for name, value in headers.items()}


async def read_bounded(
    response: httpx.Response, limit: int, body: bytearray | None = None, *, to_end: bool = False
) -> tuple[bytes, bool]:
    """At most `limit` bytes of a streamed body, unpacked where it was sent compressed, and whether that was all of it.

    We ask for no compression, and some servers and proxies compress all the same. Never more than `limit` is unpacked:
    a small body may stand for a thousand times as much. `body` holds what came, also of one that breaks off; `to_end`
    goes on to the last byte and keeps nothing of it: only when it ended is wanted. Raises httpx.DecodingError.
    """
    body = bytearray() if body is None else body
    unpack = make_unpacker(response.headers.get("content-encoding", ""))
    async for chunk in response.aiter_raw():
        if len(body) <= limit:
            body += unpack(chunk, limit + 1 - len(body))
        if len(body) > limit and not to_end:
            break
    return bytes(body[:limit]), len(body) <= limit


def make_unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    """What turns chunks of a body into at most so many bytes of what they stand for. Raises httpx.DecodingError."""
    word = encoding.strip().lower()
    if word in ("", "identity"):
        return lambda chunk, _: chunk
    if word not in ("gzip", "x-gzip", "deflate"):
        raise httpx.DecodingError(f"the body is packed as {clean_line(word, 40)}, which is not read")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def unpack(chunk: bytes, most: int) -> bytes:
        try:
            return unpacker.decompress(chunk, max(1, most))
        except zlib.error:
            raise httpx.DecodingError(f"the body says it is {word}, and is not") from None

    return unpack


def explain_http_error(error: Exception) -> Problem:
    """The Problem a failed HTTP exchange stands for. Never shows a header or a URL: either may hold a secret."""
    if isinstance(error, SourceError):
        return error.problem
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return Problem(ProblemKind.TIMEOUT, "timed out", f"No answer in time ({_describe_phase(error)}).")
    if isinstance(error, httpx.ConnectError | ConnectionError):
        sentence = clean_line(error, LONGEST_EXCERPT)
        if is_tls_failure(sentence):
            return explain_tls_failure(sentence)
        return Problem(ProblemKind.NETWORK, "no connection", f"Could not connect: {sentence or 'no reason given'}.")
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol | httpx.InvalidURL):
        return Problem(
            ProblemKind.REFUSED,
            "cannot be sent",
            "The configured URL or a header cannot be sent.",
            "Run cockpit check.",
        )
    if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError | httpx.TooManyRedirects):
        return Problem(
            ProblemKind.GARBAGE, "not HTTP", f"The answer breaks HTTP: {clean_line(error, LONGEST_EXCERPT)}."
        )
    if isinstance(error, httpx.TransportError):
        if is_tls_failure(sentence := clean_line(error, LONGEST_EXCERPT)):
            return explain_tls_failure(sentence)  # with TLS 1.3 a certificate of ours is missed after the handshake
        return Problem(ProblemKind.NETWORK, "connection lost", "The connection broke before the answer was complete.")
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError):
        return Problem(ProblemKind.GARBAGE, "not JSON", f"The answer is not JSON ({type(error).__name__}).")
    if isinstance(error, ssl.SSLError | OSError):
        if is_tls_failure(sentence := clean_line(error, LONGEST_EXCERPT)):
            return explain_tls_failure(sentence)
        return Problem(
            ProblemKind.NETWORK, "no connection", f"Could not connect: {clean_line(error, LONGEST_EXCERPT)}."
        )
    return explain_unknown_error(error)


TLS_FAILED = "TLS failed"
TLS_WORDS = re.compile(r"\[SSL(?:: (?P<code>\w+))?\] (?P<words>[^(]*)")
WHOSE_CERTIFICATE = {
    "certificate required": "It asks for a certificate of ours: configure `client_certificate` and `client_key`.",
    "bad certificate": "It does not take our certificate: look at `client_certificate` and `client_key`.",
    "unknown ca": "It does not trust our certificate's authority: look at `client_certificate`.",
    "self-signed": "Nobody here vouches for its certificate: configure `ca_file` with its authority.",
    "self signed": "Nobody here vouches for its certificate: configure `ca_file` with its authority.",
    "unable to get local issuer": "Nobody here vouches for its certificate: configure `ca_file` with its authority.",
    "mismatch": "Its certificate is of another name: configure the address by the name that stands in it.",
    "has expired": "Its certificate has ended: whoever runs it must renew it.",
    "wrong version number": "It does not speak TLS there: is it `http://`, or another port?",
}


def is_tls_failure(words: str) -> bool:
    return "SSL" in words or "certificate" in words.lower()


def explain_tls_failure(sentence: str) -> Problem:
    """What OpenSSL says, without its source lines, and whose certificate to look at."""
    match = TLS_WORDS.search(sentence)
    words = (match["words"] if match else sentence).strip().rstrip(".")
    advice = next((advice for sign, advice in WHOSE_CERTIFICATE.items() if sign in words.lower()), "")
    return Problem(ProblemKind.NETWORK, TLS_FAILED, f"Could not connect: {words}.", advice)


def _describe_phase(error: Exception) -> str:
    """`while connecting`, `while reading`: the phase is in the exception's name."""
    phases = {"ConnectTimeout": "while connecting", "WriteTimeout": "while sending", "PoolTimeout": "all lines busy"}
    return phases.get(type(error).__name__, "while reading")


def explain_refusal(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Problem:
    """The Problem of an answer that is not a success; `body` in any of the shapes servers give their reasons in."""
    sentence = read_error_reason(body)
    kind, advice = KINDS.get(status, (ProblemKind.SERVER if status >= 500 else ProblemKind.REFUSED, ""))
    if 300 <= status < 400:
        kind, advice, sentence = ProblemKind.GARBAGE, ELSEWHERE, _describe_destination(headers.get("location", ""))
    return Problem(
        kind,
        f"HTTP {status}",
        f"HTTP {status}{': ' + sentence if sentence else '.'}",
        advice,
        read_retry_after(headers.get("retry-after"), now),
    )


ELSEWHERE = "Configure the address itself; where that is a page to sign in, `auth` or `headers` for this source."
WEB_PAGE = Problem(
    ProblemKind.GARBAGE,
    "a web page, no data",
    "The answer is a web page, not data: a page to sign in, or a proxy's.",
    "Look at the address in a browser; where people sign in there, configure `auth` or `headers` for this source.",
)


def _describe_destination(location: str) -> str:
    """Where a redirect leads, without its query, which may hold a token."""
    address = clean_line(location.partition("?")[0].partition("#")[0], LONGEST_EXCERPT)
    return f"it sends us to {address}." if address else ""


def refuse_web_page(body: bytes) -> None:
    """A page for people where data belongs. Raises SourceError."""
    if body[:512].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise SourceError(WEB_PAGE)


def read_error_reason(body: bytes) -> str:
    """What an error body says, one cleaned line: a JSON string, an object with a message or error, or plain text."""
    try:
        answer: Any = json.loads(body[:65_536])
    except (ValueError, RecursionError):
        answer = body[:65_536]  # far more than is shown: a secret that is cut in two would not be known again
        if answer.lstrip()[:1] == b"<":
            return ""  # a page for people tells nothing in one line
    if isinstance(answer, dict):
        answer = answer.get("message") or answer.get("error") or ""
        if isinstance(answer, dict):
            answer = answer.get("message") or ""
    return clean_line(answer, LONGEST_EXCERPT) if isinstance(answer, str | bytes) else ""


def http_date(value: str) -> datetime | None:
    """A date as HTTP headers write it, aware; None when it is none."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
