"""One check of one probe: ask, time, judge. Whatever happens, the answer is a CheckOutcome with its Grade."""

import asyncio
import errno
import os
import re
from collections.abc import Sequence
from dataclasses import replace

import httpx

from cockpit.feeds.http import Reveal, fetch_access_headers, find_proxy, tls_of
from cockpit.feeds.polling import explain_unknown_error
from cockpit.feeds.probes.connectivity import Line, LoopLag
from cockpit.feeds.probes.evidence import LONGEST_URL, ReceivedAnswer, keep_evidence, show_url
from cockpit.feeds.probes.protocols import CHECKS, NotAllowedError, ProtocolContext, ReadBeat, no_beats
from cockpit.feeds.probes.resolver import Resolver, SilentResolverError
from cockpit.feeds.probes.state import CheckOutcome, Grade
from cockpit.feeds.probes.transport import Journey, Network, Phase, Transport, UnsentError
from cockpit.model.conditions import Condition, ProbeAnswer, check_condition
from cockpit.model.probe import Probe
from cockpit.model.text import clean_line
from cockpit.model.time import Time

MAX_BODY = 1_048_576
MAX_REDIRECTS = 5
OUR_LAG = 0.20  # share of the time-out: with more lag than this, a time-out is our own
REASON = 300  # characters
CONNECTING = frozenset({Phase.DNS, Phase.CONNECT, Phase.TLS})
POSTGRES_SSL_REQUEST = bytes.fromhex("0000000804d2162f")  # length 8, code 80877103 (PostgreSQL, "Message Formats")
GRAVITY = {Grade.GOOD: 0, Grade.DEGRADED: 1, Grade.FAILING: 2}
HARMLESS_HEADERS = frozenset({"accept", "accept-language", "user-agent", "content-type", "cache-control"})
SIGN_IN_HOSTS = (
    *("login.microsoftonline.com", "login.microsoftonline.us", "login.live.com", "login.windows.net", "b2clogin.com"),
    *("ciamlogin.com", "accounts.google.com", "okta.com", "oktapreview.com", "auth0.com", "onelogin.com"),
    *("pingidentity.com", "cloudflareaccess.com", "amazoncognito.com", "duosecurity.com", "appleid.apple.com"),
)
SIGN_IN_HOST = re.compile(r"((log|sign)[-_]?(in|on)|auth|oauth2?|sso|idp|adfs|accounts|keycloak)([-_]\w+)?")
SIGN_IN_SEGMENT = re.compile(
    r"((wp|user|users|admin|customer|member|app)[-_])?(log|sign)[-_]?(in|on)([-_](oidc|page|form))?(\.\w+)?"
    r"|auth(n|orize|enticate)?(\.\w+)?|oauth2?|sso|saml2?|adfs|\.auth|openid-connect|cas|j_security_check"
)
SIGN_IN_PATH = re.compile(r"/sessions?/new/?$")
"""Words for where people sign in: the first label of a host, a segment of a path, the end of one."""


class ProbeEndpoint:
    """One probe and its own client. `ask` never raises; one call at a time."""

    def __init__(
        self,
        probe: Probe,
        *,
        resolver: Resolver,
        line: Line,
        lag: LoopLag,
        time: Time,
        reveal: Reveal,
        read_beat: ReadBeat = no_beats,
    ) -> None:
        self._probe = probe
        self._line = line
        self._lag = lag
        self._time = time
        self._reveal = reveal
        self._began = 0.0  # when the check under way began (monotonic)
        self._network = Network(resolver)
        self._check = CHECKS.get(probe.url.partition("://")[0].lower())
        self._context = ProtocolContext(self._network, resolver, reveal, read_beat)
        # By whether it speaks TLS (its settings take 20 ms to make), whether to the probe's own server, and the proxy.
        self._clients: dict[tuple[bool, bool, str], httpx.AsyncClient] = {}
        self._conditions = (*probe.conditions, *probe.degraded)
        self._wants_body = any("[BODY]" in condition.text for condition in self._conditions)
        self._wants_end = any("[RESPONSE_TIME]" in condition.text for condition in self._conditions)
        self._head_conditions = [
            condition
            for condition in self._conditions
            if "[BODY]" not in condition.text and "[RESPONSE_TIME]" not in condition.text
        ]
        self._received = ReceivedAnswer()  # of the check under way
        self._judges_url = any("[URL]" in condition.text for condition in self._conditions)

    async def ask(self) -> CheckOutcome:
        started = asyncio.get_running_loop().time()
        self._began = self._time.monotonic()
        self._received = ReceivedAnswer()
        journey = self._network.journey = Journey(started + self._probe.timeout)
        try:
            answer = await self._answer(journey)
        except httpx.TimeoutException as error:
            if (late := self._lag.since(started)) > OUR_LAG * self._probe.timeout:
                return self._outcome(Grade.INCONCLUSIVE, f"our own lag: the cockpit stood still for {late:.1f} s")
            return await self._no_answer(journey, error, started)
        except httpx.HTTPError as error:
            return await self._no_answer(journey, error, started)
        except NotAllowedError as error:
            return self._outcome(Grade.INCONCLUSIVE, str(error))
        except Exception as error:
            return self._outcome(Grade.INCONCLUSIVE, f"not asked: {explain_unknown_error(error).short}")
        outcome = self._judged(answer)
        if outcome.grade is not Grade.FAILING:
            return outcome
        return replace(outcome, evidence=keep_evidence(outcome, journey, self._received, answer))

    async def aclose(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def _answer(self, journey: Journey) -> ProbeAnswer:
        if self._check is not None:
            return await self._check(self._probe, self._context, journey, self._time.now())
        for client in self._clients.values():
            client.cookies.clear()  # a sticky session would pin every later check to one replica
        first = httpx.URL(self._probe.url)
        client = self._opened(first)
        request = await self._request(client)
        for _ in range(MAX_REDIRECTS + 1):
            client = self._client_for(request, client)
            response = await client.send(request, stream=True)
            journey.phase = Phase.BODY
            self._received = ReceivedAnswer(response)
            try:
                if response.next_request is None or self._probe.redirects == "refuse":
                    answer = self._described(response, await self._body(), journey)
                    if self._needs_peek(answer):
                        await self._received.peek()
                    return answer
                # After a 303, and as a rule a 302, the next request is a GET without it.
                takes_body = bool(self._probe.body) and response.next_request.method == request.method
                if takes_body and not is_same_origin(response.next_request.url, first):
                    raise httpx.TooManyRedirects(
                        f"redirected to {name_server(response.next_request.url)}, where the body must not be sent"
                    )
                request = self._without_secrets(response.next_request, first)
            finally:
                await response.aclose()
        raise httpx.TooManyRedirects(f"more than {MAX_REDIRECTS} redirects")

    def _client_for(self, request: httpx.Request, before: httpx.AsyncClient) -> httpx.AsyncClient:
        """The client that sends it, with the cookies of those that sent what led to it."""
        client = self._opened(request.url)
        if client is not before:
            client.cookies.update(before.cookies)
        return client

    def _opened(self, url: httpx.URL) -> httpx.AsyncClient:
        """The client, made when it is first needed: a CA file that is not there is then reported, and never raised.

        Another server than the probe's own, where a redirect leads, is shown no certificate of ours.
        """
        secure, ours = url.scheme == "https", is_same_origin(url, httpx.URL(self._probe.url))
        kind = (secure, ours, find_proxy(self._probe.proxy, str(url)))
        if kind not in self._clients:
            transport = Transport(tls_of(self._probe, ours=ours) if secure else None, self._network, kind[-1])
            self._clients[kind] = httpx.AsyncClient(transport=transport, timeout=self._probe.timeout, trust_env=False)
        return self._clients[kind]

    async def _request(self, client: httpx.AsyncClient) -> httpx.Request:
        # Identity: a compressed answer of 1 MB could be a thousand of them.
        headers = httpx.Headers({"User-Agent": "incident-cockpit", "Accept-Encoding": "identity"})
        headers.update(await fetch_access_headers(self._probe, self._probe.url, self._reveal))
        content = self._probe.body.encode() if self._probe.body else None
        return client.build_request(self._probe.method, self._probe.url, headers=headers, content=content)

    def _without_secrets(self, request: httpx.Request, first: httpx.URL) -> httpx.Request:
        """A redirect to another server, or to plain text, must not carry what was configured for the first.

        Every configured header may hold a credential, in a file of an older day also as plain text.
        """
        if not is_same_origin(request.url, first):
            for name in self._probe.header_names:
                if name.lower() not in HARMLESS_HEADERS:
                    request.headers.pop(name, None)
        return request

    async def _body(self) -> bytes:
        """Read only when a condition looks at it: an endless stream is no failure of an endpoint asked for a status."""
        if not self._wants_body and not self._wants_end:
            return b""
        return await self._received.read(MAX_BODY, to_end=self._wants_end)

    def _needs_peek(self, answer: ProbeAnswer) -> bool:
        """A failing answer is kept, with the beginning of its body, though no condition looks at that."""
        unread = not self._wants_body and not self._wants_end
        return unread and self._judged(answer).grade is Grade.FAILING

    def _described(self, response: httpx.Response, body: bytes, journey: Journey) -> ProbeAnswer:
        ends = journey.certificate_ends
        return ProbeAnswer(
            connected=True,
            status=response.status_code,
            headers=dict(response.headers),
            body=body,
            ip=journey.address,
            http_version=response.http_version,
            url=show_url(response.url),
            response_time=journey.response_time,
            dns_time=journey.times.get(Phase.DNS),
            connect_time=journey.times.get(Phase.CONNECT),
            tls_time=journey.times.get(Phase.TLS),
            ttfb=journey.times.get(Phase.ANSWER),
            certificate_expiration=None if ends is None else ends - self._time.now().timestamp(),
        )

    def _judged(self, answer: ProbeAnswer, conditions: Sequence[Condition] | None = None) -> CheckOutcome:
        """The first condition that does not hold speaks; a failing one before a degraded one."""
        grade, reason = (Grade.DEGRADED, answer.caution) if answer.caution else self._judge_redirect(answer)
        if (
            grade is not Grade.FAILING
            and answer.status is not None
            and not self._probe.conditions
            and (answer.status or 0) >= 400
        ):
            grade, reason = Grade.FAILING, f"[STATUS] ({answer.status}) < 400"
        for condition in self._conditions if conditions is None else conditions:
            worse = Grade.FAILING if condition in self._probe.conditions else Grade.DEGRADED
            if GRAVITY[worse] > GRAVITY[grade] and (failed := check_condition(condition, answer)) is not None:
                grade, reason = worse, failed.shown
                if "[CERTIFICATE_EXPIRATION]" in condition.text and (name := self._network.journey.certificate_name):
                    reason = f"{reason}, the certificate of {name}"
        latency = self._network.journey.first_byte_time
        if answer.status is None:
            latency = answer.response_time  # a connection is all there is
        return replace(self._outcome(grade, reason), status=answer.status, latency=latency)

    def _judge_redirect(self, answer: ProbeAnswer) -> tuple[Grade, str]:
        """Where the answer came from, unless the probe itself says what may be there."""
        if self._probe.redirects != "watch" or self._judges_url or not answer.url:
            return Grade.GOOD, ""
        asked, answered = httpx.URL(self._probe.url), httpx.URL(answer.url)
        if show_url(asked) == answer.url:
            return Grade.GOOD, ""
        elsewhere = answered.host != asked.host
        signs_in = looks_like_sign_in(answered) or (elsewhere and is_sign_in_host(answered.host))
        if signs_in and not looks_like_sign_in(asked):
            return Grade.FAILING, f"sent to a sign-in page: {answer.url}"
        if is_same_origin(answered, asked):
            return Grade.GOOD, ""
        return Grade.DEGRADED, self._describe_other_server(asked, answered)

    def _describe_other_server(self, asked: httpx.URL, answered: httpx.URL) -> str:
        """`answered by another port: shop:8443, which was sent none of the configured headers`."""
        plain = (asked.scheme, answered.scheme) == ("https", "http")
        if answered.host != asked.host:
            text = f"answered by another host: {name_server(answered)}"
        elif answered.port != asked.port or not plain:
            text = f"answered by another port: {name_server(answered)}"
        else:
            text = f"answered by {name_server(answered)}"
        withheld = any(name.lower() not in HARMLESS_HEADERS for name in self._probe.header_names)
        return (
            text
            + (" in plain text" if plain else "")
            + (", which was sent none of the configured headers" if withheld else "")
        )

    async def _no_answer(self, journey: Journey, error: httpx.HTTPError, started: float) -> CheckOutcome:
        waited = asyncio.get_running_loop().time() - started if isinstance(error, httpx.TimeoutException) else None
        if isinstance(error.__cause__, UnsentError):
            return self._outcome(Grade.INCONCLUSIVE, f"not asked: {error}, nothing left this machine")
        if await self._line.offline(started):
            return replace(self._outcome(Grade.INCONCLUSIVE, "jump box offline"), offline=True)
        response = self._received.response
        silent = response is None and not self._line.known and not journey.name_found and is_silence(error)
        outcome = self._judge_head(journey)
        if outcome is None:
            outcome = self._outcome(Grade.FAILING, self._why(journey, error))
            if response is not None:
                outcome = replace(outcome, status=response.status_code, latency=journey.first_byte_time)
        if isinstance(error, httpx.TimeoutException | httpx.NetworkError | httpx.RemoteProtocolError):
            journey.break_off(waited)
        return replace(outcome, silent=silent, evidence=keep_evidence(outcome, journey, self._received))

    def _judge_head(self, journey: Journey) -> CheckOutcome | None:
        """What the head of an answer comes to whose body never ended, where that is a failure in itself."""
        response = self._received.response
        if response is None or (response.next_request is not None and self._probe.redirects != "refuse"):
            return None
        outcome = self._judged(self._described(response, b"", journey), self._head_conditions)
        return outcome if outcome.grade is Grade.FAILING else None

    def _why(self, journey: Journey, error: httpx.HTTPError) -> str:
        """In which phase it ended and how; `connect 10.0.0.4: Connection refused`."""
        place = (
            journey.phase.value if journey.phase is Phase.DNS else f"{journey.phase.value} {journey.address}".strip()
        )
        if self._probe.url.startswith("beat://") or isinstance(error, httpx.TooManyRedirects):
            return str(error)
        if isinstance(error, httpx.TimeoutException):
            return f"{place}: timed out after {self._probe.timeout:g} s"
        if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
            return "the configured URL or a header cannot be sent"  # its own words would show the header
        return f"{place}: {error or type(error).__name__}"

    def _outcome(self, grade: Grade, reason: str) -> CheckOutcome:
        address = self._network.journey.address
        return CheckOutcome(self._time.now(), grade, clean_line(reason, REASON), address=address, began=self._began)


def name_server(url: httpx.URL) -> str:
    return clean_line(url.host + (f":{url.port}" if url.port else ""), LONGEST_URL)


def is_same_origin(url: httpx.URL, first: httpx.URL) -> bool:
    """The same server: scheme, host and port, or the same host and its default ports with TLS instead of without."""
    if (url.scheme, url.host, url.port) == (first.scheme, first.host, first.port):
        return True
    return (first.scheme, url.scheme) == ("http", "https") and url.host == first.host and not (url.port or first.port)


def is_sign_in_host(host: str) -> bool:
    """`sso.example.com`: it says itself what it is for."""
    first_label, _, domain = host.lower().partition(".")
    return "." in domain and SIGN_IN_HOST.fullmatch(first_label) is not None


def looks_like_sign_in(url: httpx.URL) -> bool:
    """Whether an address is one where people sign in: such a page answers 200 for an application that is gone."""
    host, path = url.host.lower(), url.path.lower()
    if any(host == known or host.endswith(f".{known}") for known in SIGN_IN_HOSTS):
        return True
    segments = (segment.partition(";")[0] for segment in path.split("/"))  # `;jsessionid=` of Java
    return bool(SIGN_IN_PATH.search(path)) or any(SIGN_IN_SEGMENT.fullmatch(segment) for segment in segments)


def is_silence(error: httpx.HTTPError) -> bool:
    """Nobody answered: it took too long, no name server spoke, or the network could not find the host."""
    cause = error.__cause__
    unreachable = str(error) == os.strerror(errno.EHOSTUNREACH)
    return isinstance(error, httpx.TimeoutException) or isinstance(cause, SilentResolverError) or unreachable
