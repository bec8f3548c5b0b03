"""What is kept of a failing answer, also of one that broke off: its head, the beginning of its body, the way to it."""

import asyncio
import codecs
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import httpx

from cockpit.feeds.http import read_bounded
from cockpit.feeds.probes.state import CheckOutcome
from cockpit.feeds.probes.transport import Journey
from cockpit.model.conditions import ProbeAnswer
from cockpit.model.probe import ProbeEvidence
from cockpit.model.text import HOSTILE, clean_line, clean_text

PEEK = 1.0  # seconds for the beginning of a body that no condition asks for
EVIDENCE_BODY = 2_000  # characters of a failing answer that are kept
EVIDENCE_READ = 16_384  # bytes that are read for them: a secret that is cut in two would not be known again
CUT_SECRET = 1_024  # characters at the end of what was read that may be half of a secret
LONGEST_VALUE = 300
LONGEST_URL = 200
MOST_TRIED = 8
TELLING_HEADERS = (
    *("content-type", "content-length", "content-encoding", "server", "via", "date", "location", "retry-after"),
    *("www-authenticate", "x-request-id", "x-correlation-id", "traceparent", "x-ms-request-id", "x-azure-ref"),
    *("cf-ray", "x-cache"),
)
TEXT_ENCODING = re.compile(r"(utf|iso8859|latin|cp|mac|koi8|shift|euc|gb|big5|ascii)[\w-]*")
NO_TEXT = 0.1  # share of signs that are none, from which on a body is no text


@dataclass(slots=True)
class ReceivedAnswer:
    """What came of an answer so far: its head, where it came, and the beginning of its body."""

    response: httpx.Response | None = None
    body: bytearray = field(default_factory=bytearray)
    whole: bool = False

    async def read(self, limit: int, *, to_end: bool = False) -> bytes:
        """At most `limit` bytes of the body. Raises what reading raises; what came until then is kept."""
        assert self.response is not None
        body, self.whole = await read_bounded(self.response, limit, self.body, to_end=to_end)
        return body

    async def peek(self) -> None:
        """The beginning of a body that no condition asks for; of one that hangs or breaks off what came of it."""
        with suppress(httpx.HTTPError, httpx.StreamError, TimeoutError):
            async with asyncio.timeout(PEEK):
                await self.read(EVIDENCE_READ)


def keep_evidence(
    outcome: CheckOutcome, journey: Journey, received: ReceivedAnswer, answer: ProbeAnswer | None = None
) -> ProbeEvidence:
    """The evidence of a check that failed; `answer` where it came to one, of whatever protocol."""
    ends, response = journey.certificate_ends, received.response
    evidence = ProbeEvidence(
        at=outcome.at,
        reason=outcome.reason,
        status=outcome.status,
        address=outcome.address,
        phases=tuple((phase.value, seconds) for phase, seconds in journey.times.items()),
        certificate_ends=None if ends is None else datetime.fromtimestamp(ends, UTC),
        tls=journey.tls,
        tried=() if len(journey.tried) == 1 and response is None else tuple(journey.tried[:MOST_TRIED]),
        broke_off=journey.broke_off.value if journey.broke_off else "",
    )
    if response is not None:
        headers, body, whole = response.headers, bytes(received.body), received.whole
        evidence = replace(evidence, status=response.status_code, url=show_url(response.url))
    elif answer is not None:
        headers, body, whole = httpx.Headers(dict(answer.headers)), answer.body, True
        evidence = replace(evidence, url=answer.url)
    else:
        return evidence
    return replace(evidence, headers=select_headers(headers), body=format_body(body, headers, whole))


def select_headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Those that tell what answered, cleaned."""
    return tuple(
        (name, clean_line(shorten_location(headers[name]) if name == "location" else headers[name], LONGEST_VALUE))
        for name in TELLING_HEADERS
        if name in headers
    )


def format_body(body: bytes, headers: Mapping[str, str], whole: bool) -> str:
    """The beginning of a body as text, cleaned and masked before it is cut; of what is no text, what it is.

    `whole`: it was read to its end. The end of what we cut off ourselves is not kept, as it may be half of a secret.
    """
    body = body[:EVIDENCE_READ]
    packing = clean_line(headers.get("content-encoding", ""), 40)
    if not body and packing:
        return f"(packed as {packing}, not read)"
    text = body.decode(find_encoding(headers.get("content-type", "")), "replace").removeprefix("\ufeff")
    signs = len(HOSTILE.findall(text.replace("\r", ""))) + text.count("\ufffd")
    if signs > NO_TEXT * len(text):
        size = f"{len(body):,} bytes" if whole and len(body) < EVIDENCE_READ else f"{len(body):,} bytes or more"
        return f"(no text: {size}, beginning with {body[:8].hex(' ')})"
    masked = clean_text(text, len(text) + len(body))
    if len(body) == EVIDENCE_READ:
        masked = masked[: max(0, len(masked) - CUT_SECRET)]
    return masked[:EVIDENCE_BODY]


def find_encoding(content_type: str) -> str:
    """The encoding that an answer names, where that is one of text; else UTF-8."""
    match = re.search(r"charset=[\"']?([\w.:-]{1,40})", content_type, re.IGNORECASE)
    if match is None:
        return "utf-8"
    try:
        name = codecs.lookup(match[1]).name
    except (LookupError, ValueError):
        return "utf-8"
    return name if TEXT_ENCODING.fullmatch(name) and name != "utf-7" else "utf-8"


def show_url(url: httpx.URL) -> str:
    """An address without user, query and fragment: these may hold a secret."""
    return clean_line(str(url.copy_with(username=None, password=None, query=None, fragment=None)), LONGEST_URL)


def shorten_location(text: str) -> str:
    """Where a redirect leads, without its query: it may hold a token."""
    return text.partition("?")[0].partition("#")[0]
