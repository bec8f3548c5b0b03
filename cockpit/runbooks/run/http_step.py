"""HTTP steps: `GET /health/ready`, `POST /admin/cache/clear` against the environment's own address. Sent once.

A curl in a shell step is judged by `outcome.py`.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cockpit.model.probe import HttpAccess
from cockpit.model.problem import SourceError
from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.model.secret import Secret
from cockpit.model.text import clean_line
from cockpit.runbooks.command_kinds.requests import judge_request
from cockpit.runbooks.prepare.http_request import READING
from cockpit.runbooks.run.outcome import MARKUP, PAGE, SIGN_IN
from cockpit.runbooks.run.process.transcript import make_readable
from cockpit.runbooks.types import Finished, Request

if TYPE_CHECKING:
    import httpx

LOOKING = 30.0  # seconds that looking again may take
LARGEST = 1_048_576  # bytes of a body that are read
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class HttpStepAnswer:
    """What came back; `cut` when the body was longer than is read, `page` when it is a web page."""

    status: int
    reason: str
    body: bytes
    cut: bool = False
    page: bool = False

    @property
    def asks_to_sign_in(self) -> bool:
        return self.page and SIGN_IN.search(self.body) is not None


def must_not_reveal(secret: Secret) -> str:
    """For requests that take no secret."""
    raise AssertionError(f"nobody said how {secret} is revealed")


async def send_request(
    request: Request,
    *,
    timeout: float,
    output: Tell,
    authority: str = "",
    access: HttpAccess | None = None,
    reveal: Callable[[Secret], str] = must_not_reveal,
    transport: "httpx.AsyncBaseTransport | None" = None,
) -> Finished:
    """Send it once and tell how it ended. Raises nothing but cancellation.

    4xx and a refused connection are failed. A change that was sent and got 5xx, a redirect, a web page or no answer
    is unknown, and what it is about is read again where that can tell. `access` is how the address is reached.
    """
    import httpx

    from cockpit.feeds.http import fetch_access_headers, find_proxy

    reads, access = request.method in READING, access or HttpAccess()
    try:
        context = build_ssl_context(authority, access)
        headers = await fetch_access_headers(access, request.url, reveal)
        proxy = find_proxy(access.proxy, request.url)
    except OSError as error:
        file = error.filename or authority or access.ca_file or access.client_certificate
        return Finished(StepState.FAILED, f"the certificates in {file} cannot be read: {error.strerror or error}")
    except SourceError as error:
        return Finished(StepState.FAILED, f"not sent: {error.problem.sentence}")
    except httpx.InvalidURL as error:
        return Finished(StepState.FAILED, f"not sent: {describe_http_error(error)}")
    async with httpx.AsyncClient(
        headers=headers,
        verify=context,
        proxy=proxy or None,
        timeout=timeout,
        trust_env=False,
        transport=transport,
        follow_redirects=False,
    ) as client:
        try:
            async with asyncio.timeout(timeout):  # httpx bounds each read, not all of them
                answer = await exchange_request(client, request.method, request.url)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            return Finished(StepState.FAILED, f"could not connect: {describe_http_error(error)}")
        except httpx.ProxyError as error:  # the way to the server was refused: nothing reached it
            return Finished(StepState.FAILED, f"the proxy refused: {describe_http_error(error)}")
        except (httpx.HTTPError, OSError) as error:  # OSError: an alert of TLS 1.3
            timed_out = isinstance(error, httpx.TimeoutException | TimeoutError)
            why = "no answer in time" if timed_out else f"the connection broke: {describe_http_error(error)}"
            if reads:
                return Finished(StepState.FAILED, why, timed_out=timed_out)
            return await check_target_again(
                client, request, Finished(StepState.UNKNOWN, why, timed_out=timed_out), output
            )
        body = make_readable(answer.body.decode("utf-8", "replace"))
        output(f"HTTP {answer.status} {answer.reason}\n{body}\n")
        finished = replace(judge_answer(answer, reads=reads), output_tail=body)
        return (
            finished
            if finished.state is not StepState.UNKNOWN
            else await check_target_again(client, request, finished, output)
        )


def judge_answer(answer: HttpStepAnswer, *, reads: bool) -> Finished:
    """What an answer means. That of a change must be of what was asked to change.

    A redirect after a POST may mean "done, look there" or "sign in first"; a web page may be the application's own or
    that of whatever stands before it. Neither tells whether it was done.
    """
    text = f"HTTP {answer.status}"
    if answer.cut:
        text += f", the first {LARGEST} bytes of it"
    unclear = StepState.FAILED if reads else StepState.UNKNOWN
    if answer.asks_to_sign_in and not reads:
        return Finished(unclear, f"{text} with a sign-in page", http_status=answer.status)
    if answer.page and answer.status < 300 and not reads:
        return Finished(unclear, f"{text} with a web page, which need not be its own", http_status=answer.status)
    if answer.status < 300:
        return Finished(StepState.OK, text, http_status=answer.status)
    if answer.status < 400:
        return Finished(unclear, f"{text}: it sends us elsewhere", http_status=answer.status)
    unknown = (answer.status >= 500 or answer.status == 408) and not reads
    return Finished(StepState.UNKNOWN if unknown else StepState.FAILED, text, http_status=answer.status)


async def check_target_again(client: "httpx.AsyncClient", request: Request, before: Finished, output: Tell) -> Finished:
    """Look at what a change was about. What was to be deleted and is gone was deleted; else it stays unknown.

    What is at the address of a POST is shown to whoever settles it, and proves nothing: it may have made another.
    An address that is named like an act (`/cache/clear`) is not even asked for: that may do it once more.
    """
    import httpx

    if judge_request("GET", request.url) is not StepKind.READ:
        return replace(before, outcome=f"{before.outcome}; its address cannot be read again: look for yourself")
    try:
        async with asyncio.timeout(LOOKING):
            http_step_answer = await exchange_request(client, "GET", request.url)
    except (httpx.HTTPError, OSError) as error:  # OSError: an alert of TLS 1.3
        output(f"Looked again: {describe_http_error(error)}\n")
        return before
    output(
        f"Looked again: GET answers {http_step_answer.status}\n"
        f"{make_readable(http_step_answer.body.decode('utf-8', 'replace'))}\n"
    )
    if request.method == "POST" and http_step_answer.status in (404, 405, 501):
        return replace(before, outcome=f"{before.outcome}; its address cannot be read again: look for yourself")
    if request.method == "DELETE" and http_step_answer.status in (404, 410) and not http_step_answer.page:
        return Finished(StepState.OK, f"{before.outcome}, but looking again shows that it is gone")
    return replace(before, outcome=f"{before.outcome}; looking again answers {http_step_answer.status}")


async def exchange_request(client: "httpx.AsyncClient", method: str, url: str) -> HttpStepAnswer:
    async with client.stream(method, url) as response:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > LARGEST:
                break
        read = bytes(body[:LARGEST])
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        marked_up = kind in ("text/html", "application/xhtml+xml") and MARKUP.search(read) is not None
        page = marked_up or PAGE.match(read) is not None  # many frameworks call a bare `ok` text/html
        return HttpStepAnswer(response.status_code, response.reason_phrase, read, len(body) > LARGEST, page)


def build_ssl_context(authority: str, access: HttpAccess) -> ssl.SSLContext:
    """As the configuration says for the address; and whom curl trusts in a step, we trust."""
    from cockpit.feeds.http import tls_context, tls_of

    if not authority or access.ca_file:
        return tls_of(access)
    return tls_context(access.verify_tls, authority, access.client_certificate, access.client_key)


def describe_http_error(error: Exception) -> str:
    return clean_line(error, 200) or type(error).__name__
