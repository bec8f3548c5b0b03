"""What suppresses an alert, in words: who silenced it, why and until when, or which alert inhibits it."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, list_mappings, read_moment, read_text
from cockpit.model.secret import Secret
from cockpit.model.silence import Silence, SilenceMatcher
from cockpit.model.system import AlertSource
from cockpit.model.text import clean_line
from cockpit.model.time import Time, format_timestamp

LONGEST_VALUE = 500  # characters of a matcher
MOST_SILENCES = 2_000
LARGEST_LIST = 48 * 1024 * 1024  # bytes of one answer
EVER = datetime.max.replace(tzinfo=UTC)
VERBS = (("silenced", "silencedBy"), ("inhibited", "inhibitedBy"), ("muted", "mutedBy"))


@dataclass(frozen=True, slots=True)
class AlertSuppression:
    """What silences one alert: the verb, and the ids of silences, fingerprints of alerts or names of schedules."""

    verb: str = ""
    by: tuple[str, ...] = ()


NOT_SUPPRESSED = AlertSuppression()


def read_suppression(status: object) -> AlertSuppression:
    """The first of silenced, inhibited and muted that a status names."""
    for verb, key in VERBS:
        by = dig_value(status, key)
        if isinstance(by, list) and by:
            return AlertSuppression(verb, tuple(read_text(item, 80) or "something" for item in by))
    return NOT_SUPPRESSED


def describe_suppression(
    suppression: AlertSuppression,
    silences: Mapping[str, Silence] | None = None,
    name_of: Callable[[str], str] = lambda _: "",
) -> str:
    """`silenced by ana until 22:41Z: disk swap`, `inhibited by AppDown`, `muted by weekends`; "" by nothing.

    Of several silences the one that ends last speaks. `name_of` tells the name of the alert with a fingerprint.
    """
    if not suppression.verb:
        return ""
    count = f" and {len(suppression.by) - 1} more" if len(suppression.by) > 1 else ""
    listed_silences = [silences[id] for id in suppression.by if silences and id in silences]
    if suppression.verb == "silenced" and listed_silences:
        last = max(listed_silences, key=lambda silence: silence.ends)
        why = f": {last.comment}" if last.comment else ""
        return clean_line(f"silenced by {last.author or 'somebody'} until {format_end(last.ends)}{count}{why}", 300)
    if suppression.verb == "inhibited" and (name := name_of(suppression.by[0])):
        return f"inhibited by {name}{count}"
    return f"{suppression.verb} by {suppression.by[0][:40]}{count}"


def format_end(ends: datetime) -> str:
    """`22:41Z`, with its day when that is needed to know which one: `22:41Z on 21 Nov`."""
    return f"{ends.astimezone(UTC):%H:%MZ on %d %b}"


def parse_silences(raw: object) -> dict[str, Silence]:
    """The silences of `GET /api/v2/silences` by id; what is none is left out."""
    items = list_mappings(raw)[:MOST_SILENCES] if isinstance(raw, list) else []
    silences = (parse_silence(item) for item in items)
    return {silence.id: silence for silence in silences if silence is not None}


def parse_silence(raw: Mapping[str, object]) -> Silence | None:
    """None without an id, or without matchers: then it silences nothing that we could name."""
    id, matchers = read_text(raw.get("id"), 80), raw.get("matchers")
    if not id or not isinstance(matchers, list) or not matchers:
        return None
    starts = read_moment(raw.get("startsAt"))
    return Silence(
        id=id,
        matchers=tuple(_parse_matcher(matcher) for matcher in list_mappings(matchers)),
        starts=starts or datetime.fromtimestamp(0, UTC),
        ends=read_moment(raw.get("endsAt")) or EVER,
        author=read_text(raw.get("createdBy"), 80),
        comment=read_text(raw.get("comment"), 300),
        state=read_text(dig_value(raw, "status", "state"), 20) or "active",
    )


def _parse_matcher(raw: Mapping[str, object]) -> SilenceMatcher:
    return SilenceMatcher(
        read_text(raw.get("name"), LONGEST_VALUE),
        read_text(raw.get("value"), LONGEST_VALUE),
        raw.get("isRegex") is True,
        raw.get("isEqual") is not False,
    )


# Changing silences: each request is sent once; without an answer its outcome is unknown, and looked up.

SENT_WITHIN = 12.0  # seconds for one request
HEAD_START = 1.0  # seconds until the next server is asked beside one that says nothing


class SilenceUnknownError(Exception):
    """It was sent, and nobody answered as an Alertmanager does: it may have been made."""


def build_silence_body(
    matchers: Sequence[SilenceMatcher], starts: datetime, ends: datetime, author: str, comment: str, id: str = ""
) -> dict[str, object]:
    """What Alertmanager wants to hear. With an `id` that silence is changed: a later end extends it."""
    return {
        **({"id": id} if id else {}),
        "matchers": [
            {"name": matcher.name, "value": matcher.value, "isRegex": matcher.is_regex, "isEqual": matcher.is_equal}
            for matcher in matchers
        ],
        "startsAt": format_timestamp(starts),
        "endsAt": format_timestamp(ends),
        "createdBy": author,
        "comment": comment,
    }


class SilenceClient:
    """The silences of one source. Its servers are one cluster: what one receives the others learn. The first in
    order that answers soon is given a change: of one that hangs nobody would know whether it was made. Reads raise
    SourceError or what httpx raises."""

    def __init__(self, source: AlertSource, time: Time, reveal: Callable[[Secret], str]) -> None:
        self._source = source
        self._time = time
        self._reveal = reveal
        self._answered = ""  # the address that answered last

    async def list_silences(self) -> dict[str, Silence]:
        return parse_silences(json.loads(await self._read("/api/v2/silences")))

    async def list_labels(self) -> list[dict[str, str]]:
        """The labels of every alert that is listed now, silenced ones among them."""
        raw = json.loads(await self._read("/api/v2/alerts"))
        labels = (item.get("labels") for item in list_mappings(raw if isinstance(raw, list) else []))
        return [
            {str(name): value for name, value in pairs.items() if isinstance(value, str)}
            for pairs in labels
            if isinstance(pairs, Mapping)
        ]

    async def put(self, body: Mapping[str, object]) -> str:
        """The id of the silence that was made or changed. Raises SourceError where it was refused, and
        SilenceUnknownError where nobody knows."""
        answer = await self._change("POST", "/api/v2/silences", body)
        try:
            made = json.loads(answer)
        except ValueError:
            made = None
        id = read_text(dig_value(made, "silenceID"), 80) or read_text(dig_value(made, "id"), 80)  # `id`: Grafana 8
        if not id:
            raise SilenceUnknownError("the answer is none of an Alertmanager")
        return id

    async def expire(self, id: str) -> None:
        """End it now. Raises as `put` does."""
        await self._change("DELETE", f"/api/v2/silence/{quote(id, safe='')}", None)

    async def _read(self, path: str) -> bytes:
        """Of the first server that answers, each asked a moment after the one before it. Raises what the first raised
        where none does."""
        asked: dict[asyncio.Task[bytes], str] = {}
        waiting: set[asyncio.Task[bytes]] = set()
        addresses = list(self._source.urls)
        try:
            while addresses or waiting:
                if addresses:
                    task = asyncio.create_task(self._send(addresses[0], "GET", path))
                    asked[task] = addresses.pop(0)
                    waiting.add(task)
                patience = HEAD_START if addresses else None
                done, waiting = await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                failures = {task: task.exception() for task in done}  # whatever it was, another one may know
                if answer := next((task for task in asked if task in done and failures[task] is None), None):
                    self._answered = asked[answer]
                    return answer.result()
        finally:
            for task in waiting:
                task.cancel()
        raise next(error for task in asked if (error := task.exception()) is not None)

    async def _change(self, method: str, path: str, body: Mapping[str, object] | None) -> bytes:
        """Sent once: another server is only tried where the one before could not be reached at all."""
        import httpx

        unreached: list[SourceError] = []
        for address in sorted(self._source.urls, key=lambda address: address != self._answered):
            try:
                return await self._send(address, method, path, body)
            except httpx.ConnectError as error:
                unreached.append(SourceError(explain_failure(error)))
            except SourceError as error:
                if error.problem.kind in (ProblemKind.SERVER, ProblemKind.TIMEOUT, ProblemKind.GARBAGE):
                    raise SilenceUnknownError(error.problem.message) from error
                raise
            except (httpx.HTTPError, OSError) as error:  # OSError: an alert of TLS 1.3, and what took too long
                raise SilenceUnknownError(explain_failure(error).message) from error
        raise unreached[0]

    async def _send(self, address: str, method: str, path: str, body: Mapping[str, object] | None = None) -> bytes:
        from cockpit.feeds.http import explain_refusal, open_client_for, read_bounded

        root = address.rstrip("/")
        headers = {"Accept-Encoding": "identity"}
        async with (
            asyncio.timeout(SENT_WITHIN),
            open_client_for(self._source, root, self._reveal) as http,
            http.stream(method, f"{root}{path}", json=body, headers=headers) as response,
        ):
            answer, _ = await read_bounded(response, LARGEST_LIST)
            accepted = response.is_success if method != "GET" else response.status_code == 200  # 202 of Grafana
            if not accepted:
                raise SourceError(explain_refusal(response.status_code, response.headers, answer, self._time.now()))
            return answer


def explain_failure(error: Exception) -> Problem:
    from cockpit.feeds.http import explain_http_error

    return explain_http_error(error)
