"""One log stream of Azure: connect, follow, hand on whole lines. Imports httpx."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from cockpit.azure.endpoints import stream_address
from cockpit.feeds.http import explain_http_error, explain_refusal, read_bounded
from cockpit.model.problem import SourceError
from cockpit.model.reading import LogLine
from cockpit.model.time import Time
from cockpit.platforms.log_queue import LogLineSplitter

TAIL = 100  # lines before now
REMEMBERED = 3 * TAIL  # hashes of lines kept to tell repeated ones after a new connection
ERROR_BODY = 4_096


@dataclass
class LogEndpoint:
    """One stream of one container, or the system log of the app; lives through many connections."""

    url: str
    parse: Callable[[Sequence[bytes]], list[LogLine | None]]
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    last_time: datetime | None = None  # of the newest line


@dataclass(frozen=True, slots=True)
class LogHole:
    """After a new connection its tail did not reach back to what was seen before: lines between were never read.

    `since` and `until` are the times of the lines on either side, None where a line has none.
    """

    since: datetime | None
    until: datetime | None


async def follow_log_stream(
    client: httpx.AsyncClient, endpoint: LogEndpoint, token: str, time: Time
) -> AsyncIterator[LogLine | LogHole]:
    """The tail and what comes after it, until the server ends the stream. Raises SourceError.

    After a new connection the tail holds lines that were seen before; those are not printed twice. Where its first line
    is not among them, a LogHole comes first.
    """
    may_have_hole = bool(endpoint.recent)
    numbers, tail_left = frozenset(endpoint.recent), TAIL if endpoint.recent else 0
    try:
        async with client.stream(
            "GET",
            stream_address(endpoint.url, {"follow": "true", "output": "json", "tailLines": str(TAIL)}),
            headers={"Authorization": f"Bearer {token}"},
        ) as response:
            if response.status_code != 200:
                body, _ = await read_bounded(response, ERROR_BODY)
                raise SourceError(explain_refusal(response.status_code, response.headers, body, time.now()))
            lines = LogLineSplitter()
            async for chunk in response.aiter_bytes():
                block = lines.feed(chunk)
                for raw, line in zip(block, endpoint.parse(block), strict=True):
                    mark = hash(raw)
                    repeated = tail_left > 0 and mark in numbers
                    tail_left -= 1
                    endpoint.recent.append(mark)
                    if line is None:
                        continue
                    if may_have_hole and not repeated:
                        yield LogHole(endpoint.last_time, line.at)
                    may_have_hole = False
                    endpoint.last_time = line.at or endpoint.last_time
                    if not repeated:
                        yield line
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise SourceError(explain_http_error(error)) from error
