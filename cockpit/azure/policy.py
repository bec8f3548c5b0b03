"""Our links in the SDKs' pipeline and transport. Imports azure.core and aiohttp: only where a client is built."""

import re
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy, AsyncRetryPolicy, SansIOHTTPPolicy
from yarl import URL

from cockpit.azure.claims import read_claims_challenge
from cockpit.azure.errors import UNREGISTERED, explain_refused_token
from cockpit.azure.identity import Credential
from cockpit.azure.own_requests import make_request_id
from cockpit.azure.readonly import READING_METHODS, refuse_change
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.text import clean_line, keep_whole

Request = PipelineRequest[Any]
Response = PipelineResponse[Any, Any]
REGISTRATION = re.compile(r"/providers/[^/]+/register$", re.IGNORECASE)
WORTH_ANOTHER_TRY = frozenset({408, 500, 502, 503, 504})


class Authentication(AsyncHTTPPolicy[Any, Any]):
    """Sets the token, for one address only: a link to anywhere else, from a next page or a redirect, is refused.

    In place of the SDK's own policy, which keeps a token of its own and refuses a simulator's plain http.
    """

    def __init__(self, credential: Credential, scope: str, endpoint: str) -> None:
        self._credential = credential
        self._scope = scope
        self._origin = parse_origin(endpoint)

    async def send(self, request: Request) -> Response:
        url = request.http_request.url
        if parse_origin(url) != self._origin:
            raise SourceError(refuse_foreign_link(url))
        secret = await self._sign(request)
        response = await self.next.send(request)
        if response.http_response.status_code != 401:
            return response
        challenge = response.http_response.headers.get("WWW-Authenticate", "")
        self._credential.refused(secret, explain_refused_token(challenge))
        claims = read_claims_challenge(challenge)
        if not claims:
            return response
        # Nothing was done yet, the service only wants a better token: either we get one, or this says how to.
        await self._sign(request, claims)
        return await self.next.send(request)

    async def _sign(self, request: Request, claims: str = "") -> str:
        token = await self._credential.token(self._scope, claims)
        request.http_request.headers["Authorization"] = f"Bearer {token.secret}"
        return token.secret


class Retries(AsyncRetryPolicy[Any, Any]):
    """A read is tried once more; a change is sent once, whatever its caller forgot to say.

    A throttle and any Retry-After go up at once: the feed waits them out in the open, not a sleep in here.
    """

    def __init__(self, pause: float) -> None:
        super().__init__(retry_total=1, retry_connect=1, retry_read=0, retry_status=1, retry_backoff_factor=pause)

    async def send(self, request: Request) -> Response:
        if request.http_request.method in READING_METHODS:
            return await super().send(request)
        self.configure_retries(request.context.options)  # takes its own settings out of what the transport is given
        return await self.next.send(request)

    def is_retry(self, settings: dict[str, Any], response: Response) -> bool:
        answer = response.http_response
        return answer.status_code in WORTH_ANOTHER_TRY and not answer.headers.get("Retry-After")

    def get_backoff_time(self, settings: dict[str, Any]) -> float:
        return float(settings["backoff"])


class RequestGuard(SansIOHTTPPolicy[Any, Any]):
    """The last link: what nobody asked for does not leave, and in a read-only cockpit no change does.

    The SDK registers a missing resource provider by itself and waits for that, ten seconds at a time. Placed after the
    retry policy this link sees that request too; before it, it would not.
    """

    def __init__(self, *, read_only: bool) -> None:
        self._read_only = read_only

    def on_request(self, request: Request) -> None:
        sent = request.http_request
        if REGISTRATION.search(urlsplit(sent.url).path):
            raise SourceError(UNREGISTERED)
        if self._read_only:
            refuse_change(sent.method, sent.url)
        if sent.method not in READING_METHODS:
            sent.headers["x-ms-client-request-id"] = make_request_id()


def parse_origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port, so that `https://host` and `https://host:443` are the same place."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", "", None
    return parts.scheme, (parts.hostname or "").lower(), port or {"https": 443, "http": 80}.get(parts.scheme)


def refuse_foreign_link(url: str) -> Problem:
    return Problem(
        ProblemKind.GARBAGE,
        "foreign link",
        clean_line(f"Azure's answer leads to another address, which gets no token: {url}", 300),
    )


# Links that Azure signed go back letter by letter.


class VerbatimSession:
    """An aiohttp session as azure-core's transport uses one, except that it leaves a URL as it is.

    aiohttp puts every URL into a normal form first: `%2f` becomes `/`, `%7E` becomes `~`, `%3d` becomes `%3D`. For a
    browser these are the same address. Azure signs the links of its long operations, and the signature is over the
    letters: a link in another form is answered 403, and the operation is lost from sight while it goes on. What is
    already fit to be sent (ASCII, without spaces) is therefore sent as it is; anything else is quoted, as before.

    A change goes over a session of its own, which sends nothing a second time.
    """

    def __init__(self, reads: aiohttp.ClientSession, changes: aiohttp.ClientSession) -> None:
        self._reads, self._changes = reads, changes

    @property
    def auto_decompress(self) -> bool:
        return self._reads.auto_decompress

    async def request(self, method: str, url: str, **options: Any) -> aiohttp.ClientResponse:
        ready = url.isascii() and " " not in url and bool(keep_whole(url))
        session = self._reads if method in READING_METHODS else self._changes
        return await session.request(method, URL(url, encoded=ready), **options)

    async def __aenter__(self) -> "VerbatimSession":
        return self
