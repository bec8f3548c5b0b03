"""One check of one probe: ask, time, judge. Whatever happens, the answer is an Outcome."""

import asyncio
import errno
import os
from dataclasses import replace

import httpx

from cockpit.feeds.base import explain_unknown_error
from cockpit.feeds.http import Reveal, read_bounded, reveal_headers, tls_context
from cockpit.feeds.probes.connectivity import Line, LoopLag
from cockpit.feeds.probes.resolver import Resolver, SilentResolverError
from cockpit.feeds.probes.state import CheckOutcome, Grade
from cockpit.feeds.probes.transport import Journey, Network, Phase, Transport, UnsentError
from cockpit.model.conditions import ProbeAnswer, check_condition
from cockpit.model.probe import Probe
from cockpit.model.secret import Secret
from cockpit.model.text import clean_line
from cockpit.model.time import Time

MAX_BODY = 1_048_576
MAX_REDIRECTS = 5
OUR_LAG = 0.20  # share of the time-out: with more lag than this, a time-out is our own
REASON = 300  # characters


class ProbeEndpoint:
    """One probe and its own client. `ask` never raises; one call at a time."""

    def __init__(
        self, probe: Probe, *, resolver: Resolver, line: Line, lag: LoopLag, time: Time, reveal: Reveal
    ) -> None:
        self._probe = probe
        self._line = line
        self._lag = lag
        self._time = time
        self._reveal = reveal
        self._began = 0.0  # when the check under way began (monotonic)
        self._network = Network(resolver)
        self._clients: dict[bool, httpx.AsyncClient] = {}  # by whether it speaks TLS: its settings take 20 ms to make
        self._conditions = (*probe.conditions, *probe.degraded)
        self._wants_body = any("[BODY]" in condition.text for condition in self._conditions)

    async def ask(self) -> CheckOutcome:
        started = asyncio.get_running_loop().time()
        self._began = self._time.monotonic()
        journey = self._network.journey = Journey(started + self._probe.timeout)
        try:
            answer = await self._answer(journey)
        except httpx.TimeoutException as error:
            if (late := self._lag.since(started)) > OUR_LAG * self._probe.timeout:
                return self._outcome(Grade.INCONCLUSIVE, f"our own lag: the cockpit stood still for {late:.1f} s")
            return await self._no_answer(journey, error, started)
        except httpx.HTTPError as error:
            return await self._no_answer(journey, error, started)
        except Exception as error:
            return self._outcome(Grade.INCONCLUSIVE, f"not asked: {explain_unknown_error(error).short}")
        return self._judged(answer)

    async def aclose(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def _answer(self, journey: Journey) -> ProbeAnswer:
        for client in self._clients.values():
            client.cookies.clear()  # a sticky session would pin every later check to one replica
        client = self._opened(self._probe.url.lower().startswith("https:"))
        request = self._request(client)
        for _ in range(MAX_REDIRECTS + 1):
            client = self._client_for(request, client)
            response = await client.send(request, stream=True)
            journey.phase = Phase.BODY
            try:
                if response.next_request is None:
                    return self._described(response, await self._body(response), journey)
                request = self._without_secrets(response.next_request, request.url)
            finally:
                await response.aclose()
        raise httpx.TooManyRedirects(f"more than {MAX_REDIRECTS} redirects")

    def _client_for(self, request: httpx.Request, before: httpx.AsyncClient) -> httpx.AsyncClient:
        """The client that sends it, with the cookies of those that sent what led to it."""
        client = self._opened(request.url.scheme == "https")
        if client is not before:
            client.cookies.update(before.cookies)
        return client

    def _opened(self, secure: bool) -> httpx.AsyncClient:
        """The client, made when it is first needed: a CA file that is not there is then said, and never raised."""
        if secure not in self._clients:
            context = tls_context(self._probe.verify_tls, self._probe.ca_file) if secure else None
            transport = Transport(context, self._network)
            self._clients[secure] = httpx.AsyncClient(transport=transport, timeout=self._probe.timeout, trust_env=False)
        return self._clients[secure]

    def _request(self, client: httpx.AsyncClient) -> httpx.Request:
        # Identity: a compressed answer of 1 MB could be a thousand of them.
        headers = httpx.Headers({"User-Agent": "incident-cockpit", "Accept-Encoding": "identity"})
        headers.update(reveal_headers(self._probe.headers, self._reveal))
        content = self._probe.body.encode() if self._probe.body else None
        return client.build_request(self._probe.method, self._probe.url, headers=headers, content=content)

    def _without_secrets(self, request: httpx.Request, before: httpx.URL) -> httpx.Request:
        """A redirect to another host, or to plain text, must not carry what was configured for the first."""
        exposed = before.scheme == "https" and request.url.scheme != "https"
        if exposed or request.url.host != before.host:
            for name, value in self._probe.headers.items():
                if isinstance(value, Secret):
                    request.headers.pop(name, None)
        return request

    async def _body(self, response: httpx.Response) -> bytes:
        """Read only when a condition looks at it: an endless stream is no failure of an endpoint asked for a status."""
        return (await read_bounded(response, MAX_BODY))[0] if self._wants_body else b""

    def _described(self, response: httpx.Response, body: bytes, journey: Journey) -> ProbeAnswer:
        ends = journey.certificate_ends
        return ProbeAnswer(
            connected=True,
            status=response.status_code,
            headers=dict(response.headers),
            body=body,
            ip=journey.address,
            http_version=response.http_version,
            response_time=journey.response_time,
            dns_time=journey.times.get(Phase.DNS),
            connect_time=journey.times.get(Phase.CONNECT),
            tls_time=journey.times.get(Phase.TLS),
            ttfb=journey.times.get(Phase.ANSWER),
            certificate_expiration=None if ends is None else ends - self._time.now().timestamp(),
        )

    def _judged(self, answer: ProbeAnswer) -> CheckOutcome:
        """The first condition that does not hold speaks; a failing one before a degraded one."""
        grade, reason = Grade.GOOD, ""
        if not self._probe.conditions and (answer.status or 0) >= 400:
            grade, reason = Grade.FAILING, f"[STATUS] ({answer.status}) < 400"
        for condition in self._conditions:
            if grade is Grade.GOOD and (failed := check_condition(condition, answer)) is not None:
                grade = Grade.FAILING if condition in self._probe.conditions else Grade.DEGRADED
                reason = failed.shown
        return replace(self._outcome(grade, reason), status=answer.status, latency=answer.response_time)

    async def _no_answer(self, journey: Journey, error: httpx.HTTPError, started: float) -> CheckOutcome:
        if isinstance(error.__cause__, UnsentError):
            return self._outcome(Grade.INCONCLUSIVE, f"not asked: {error}, nothing left this machine")
        if await self._line.offline(started):
            return replace(self._outcome(Grade.INCONCLUSIVE, "jump box offline"), offline=True)
        silent = not self._line.known and not journey.name_found and is_silence(error)
        outcome = self._outcome(Grade.FAILING, self._why(journey, error))
        return replace(outcome, silent=silent)

    def _why(self, journey: Journey, error: httpx.HTTPError) -> str:
        """In which phase it ended and how; `connect 10.0.0.4: Connection refused`."""
        place = (
            journey.phase.value if journey.phase is Phase.DNS else f"{journey.phase.value} {journey.address}".strip()
        )
        if isinstance(error, httpx.TimeoutException):
            return f"{place}: timed out after {self._probe.timeout:g} s"
        if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
            return "the configured URL or a header cannot be sent"  # its own words would show the header
        return f"{place}: {error or type(error).__name__}"

    def _outcome(self, grade: Grade, reason: str) -> CheckOutcome:
        address = self._network.journey.address
        return CheckOutcome(self._time.now(), grade, clean_line(reason, REASON), address=address, began=self._began)


def is_silence(error: httpx.HTTPError) -> bool:
    """Nobody answered: it took too long, no name server spoke, or the network could not find the host."""
    cause = error.__cause__
    unreachable = str(error) == os.strerror(errno.EHOSTUNREACH)
    return isinstance(error, httpx.TimeoutException) or isinstance(cause, SilentResolverError) or unreachable
