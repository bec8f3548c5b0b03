"""Tells a webhook the turns of incidents: each once, whoever sends it, and what became of it on the timeline.

Cockpits, recorders and commands all may send. Who does is decided inside the transaction that writes the intent: there
it is seen whether another one has it already. A receiver that hangs delays later posts to it, and nothing else.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cockpit.incident.messages.webhook_payload import (
    TURN_KINDS,
    WAITS_FOR,
    WebhookNotice,
    build_notice,
    find_turn,
    list_turns,
    render_payload,
)
from cockpit.model.event import Draft, Event, EventSource, Kind, text_of
from cockpit.model.incident import Incident
from cockpit.model.problem import CodedError, Problem, ProblemKind, SourceError
from cockpit.model.secret import Secret
from cockpit.model.system import Environment, Webhook
from cockpit.model.text import clean_line
from cockpit.model.time import Time
from cockpit.recorder.record_end import read_record_end
from cockpit.timeline.timeline import Timeline

log = logging.getLogger(__name__)
SENT_WITHIN = 10.0  # seconds for one request
GIVEN_UP_AFTER = timedelta(seconds=30)  # an intent without an outcome: whoever sent it has ended
LOOK_EVERY = 5.0  # seconds between two looks when nothing new is heard of
NEWEST = 100  # turns that are looked through
LARGEST_ANSWER = 65_536  # bytes
SOURCE = "webhook"
Find = Callable[[str], Incident]
Reveal = Callable[[Secret], str]


class WebhookUnknownError(Exception):
    """It was sent, and nobody answered as a receiver does: it may have arrived."""


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One turn and what became of it: sending, sent, failed, unknown."""

    webhook: str
    turn: str
    event: int
    moment: datetime
    outcome: str = "sending"
    reason: str = ""


class WebhookSender:
    """The webhooks of one environment. `find` folds an incident; `system` is its name in the messages."""

    def __init__(
        self,
        timeline: Timeline,
        environment: Environment,
        *,
        system: str,
        find: Find,
        time: Time,
        reveal: Reveal,
    ) -> None:
        self._timeline = timeline
        self._environment = environment
        self._system = system
        self._find = find
        self._time = time
        self._reveal = reveal

    async def run(self) -> None:
        """Tell every webhook what is new, until cancelled. One that breaks is tried again at the next turn."""
        loop = asyncio.get_running_loop()
        wakes = [asyncio.Event() for _ in self._environment.webhooks]

        def hear(events: list[Event]) -> None:
            if any(find_turn(event) for event in events):
                for wake in wakes:
                    loop.call_soon_threadsafe(wake.set)

        stop = self._timeline.follow(hear)
        try:
            async with asyncio.TaskGroup() as group:
                for webhook, wake in zip(self._environment.webhooks, wakes, strict=True):
                    group.create_task(self._keep_telling(webhook, wake), name=f"webhook {webhook.name}")
        finally:
            stop()

    async def _keep_telling(self, webhook: Webhook, wake: asyncio.Event) -> None:
        while True:
            try:
                await self.tell_waiting(webhook)
            except Exception:
                log.exception("the webhook %s of %s", webhook.name, self._environment.name)
            waking, sleeping = asyncio.ensure_future(wake.wait()), asyncio.ensure_future(self._time.sleep(LOOK_EVERY))
            try:
                await asyncio.wait((waking, sleeping), return_when=asyncio.FIRST_COMPLETED)
            finally:
                waking.cancel()
                sleeping.cancel()
                wake.clear()

    async def tell_waiting(self, webhook: Webhook) -> list[WebhookDelivery]:
        """Everything that waits, in order; what another one tells in this moment ends the round."""
        deliveries: list[WebhookDelivery] = []
        await asyncio.to_thread(self._settle_abandoned, webhook)
        while True:
            event = await asyncio.to_thread(self._claim, webhook)
            if event is None:
                return deliveries
            deliveries.append(await self._tell(webhook, event))

    async def _tell(self, webhook: Webhook, event: Event) -> WebhookDelivery:
        outcome, reason = "failed", "cancelled before it was sent"
        try:
            incident = await asyncio.to_thread(self._find, str(event.incident))
            now = self._time.now()
            until = await asyncio.to_thread(read_record_end, self._timeline, incident.environment, now)
            outcome, reason = await self.send(webhook, build_notice(event, incident, self._system, until, now))
        except asyncio.CancelledError:
            outcome, reason = "unknown", "the cockpit ended while it was sent"
            raise
        except Exception as error:
            log.exception("the webhook %s of %s", webhook.name, self._environment.name)
            reason = type(error).__name__
        finally:
            drafts = [self._draft_outcome(webhook, event, outcome, reason)]
            await asyncio.shield(asyncio.to_thread(self._timeline.record, drafts))
        return WebhookDelivery(webhook.name, find_turn(event) or "", event.id, self._time.now(), outcome, reason)

    async def send(self, webhook: Webhook, notice: WebhookNotice) -> tuple[str, str]:
        """Send once: `sent`, `failed` (it did not arrive) or `unknown`, and why."""
        try:
            await post_to_webhook(webhook, notice, self._reveal, self._time)
        except WebhookUnknownError as error:
            return "unknown", str(error)
        except SourceError as error:
            return "failed", error.problem.sentence
        except CodedError as error:
            return "failed", str(error)
        return "sent", ""

    def _claim(self, webhook: Webhook) -> Event | None:
        """The oldest turn that nobody has posted to it, written down as ours. Blocking. None when there is none."""
        # Read before the transaction: an incident is folded under a lock that a writer may hold.
        waiting = self._list_waiting(webhook, self._time.now())
        found: list[Event] = []

        def plan(reader: EventSource) -> Sequence[Draft]:
            found.clear()
            deliveries = self._list_deliveries(webhook, reader, after=waiting[0].id)
            if any(_is_under_way(event, deliveries, self._time.now()) for event in deliveries):
                return []  # another one is at it: what follows waits, so that turns arrive in their order
            claimed = {event.detail.get("event") for event in deliveries}
            found.extend([event for event in waiting if event.id not in claimed][:1])
            return [self._draft_intent(webhook, event) for event in found]

        if waiting:
            self._timeline.record(plan)
        return found[0] if found else None

    def has_unsent(self, webhook: Webhook) -> bool:
        """Whether something waits that nobody has settled yet. Blocking."""
        waiting = self._list_waiting(webhook, self._time.now())
        deliveries = self._list_deliveries(webhook, self._timeline, after=waiting[0].id) if waiting else []
        settled = {event.detail.get("event") for event in deliveries if text_of(event.detail, "phase") == "outcome"}
        return any(event.id not in settled for event in waiting)

    def _list_waiting(self, webhook: Webhook, now: datetime) -> list[Event]:
        events = self._timeline.events(environment=self._environment.name, kinds=TURN_KINDS, limit=NEWEST)
        turns = list_turns(webhook, events, now)
        return turns if self._may_leave(webhook) else [event for event in turns if self._is_real(event)]

    def _may_leave(self, webhook: Webhook) -> bool:
        """Nothing of a drill or a demo leaves this machine; what listens on it is a sink for trying."""
        from cockpit.feeds.http import is_this_machine

        return is_this_machine(_host_of(webhook, self._reveal))

    def _is_real(self, event: Event) -> bool:
        return not self._environment.drill and not self._find(str(event.incident)).drill

    def _list_deliveries(self, webhook: Webhook, reader: EventSource | Timeline, *, after: int = 0) -> list[Event]:
        events = reader.events(after=after, kinds=[Kind.WEBHOOK])
        return [
            event for event in events if event.environment == self._environment.name and event.subject == webhook.name
        ]

    def _settle_abandoned(self, webhook: Webhook) -> None:
        """An intent whose sender ended without a word: nobody knows. Blocking."""
        since = self._time.now() - 2 * WAITS_FOR
        recent = self._timeline.events(
            environment=self._environment.name, kinds=[Kind.WEBHOOK], occurred_from=since, limit=NEWEST
        )
        if not any(self._is_abandoned(event, recent, webhook) for event in recent):
            return

        def plan(reader: EventSource) -> Sequence[Draft]:
            deliveries = self._list_deliveries(webhook, reader, after=min(event.id for event in recent) - 1)
            return [
                self._draft_outcome(webhook, event, "unknown", "who sent it ended before an answer came")
                for event in deliveries
                if self._is_abandoned(event, deliveries, webhook)
            ]

        self._timeline.record(plan)

    def _is_abandoned(self, event: Event, deliveries: Sequence[Event], webhook: Webhook) -> bool:
        open = event.subject == webhook.name and _is_open(event, deliveries)
        return open and self._time.now() - event.recorded > GIVEN_UP_AFTER

    def _draft_outcome(self, webhook: Webhook, event: Event, outcome: str, reason: str) -> Draft:
        """`event` is the turn, or the intent to tell it."""
        turn, why = text_of(event.detail, "turn") or find_turn(event), clean_line(reason, 200)
        says = "nobody knows whether it arrived" if outcome == "unknown" else outcome
        facts = {"turn": turn, "event": event.detail.get("event", event.id), "outcome": outcome, "reason": why}
        return self._draft(webhook, event, f"{turn}: {says}{f' ({why})' if why else ''}", phase="outcome", **facts)

    def _draft_intent(self, webhook: Webhook, event: Event) -> Draft:
        turn = find_turn(event) or ""
        return self._draft(webhook, event, turn, phase="intent", turn=turn, event=event.id)

    def _draft(self, webhook: Webhook, about: Event, what: str, **detail: Any) -> Draft:
        return Draft(
            Kind.WEBHOOK,
            f"“{webhook.name}” is told of {what}",
            self._time.now(),
            self._environment.name,
            subject=webhook.name,
            source=SOURCE,
            incident=about.incident,
            detail=detail,
        )


def _is_open(event: Event, deliveries: Sequence[Event]) -> bool:
    """An intent without an outcome."""
    number = event.detail.get("event")
    return text_of(event.detail, "phase") == "intent" and not any(
        text_of(other.detail, "phase") == "outcome" and other.detail.get("event") == number
        for other in deliveries
        if other.subject == event.subject
    )


def _is_under_way(event: Event, deliveries: Sequence[Event], now: datetime) -> bool:
    return _is_open(event, deliveries) and abs(now - event.recorded) <= GIVEN_UP_AFTER


def list_deliveries(events: Sequence[Event]) -> list[WebhookDelivery]:
    """What was posted to webhooks, oldest first, as it stands; events of other kinds are passed over."""
    deliveries: dict[tuple[str, object], WebhookDelivery] = {}
    for event in (event for event in events if event.kind == Kind.WEBHOOK):
        number, detail = event.detail.get("event"), event.detail
        outcome = text_of(detail, "outcome") or "sending"
        deliveries[event.subject, number] = WebhookDelivery(
            event.subject,
            text_of(detail, "turn"),
            number if isinstance(number, int) else 0,
            event.occurred,
            outcome,
            text_of(detail, "reason"),
        )
    return list(deliveries.values())


def reveal_url(webhook: Webhook, reveal: Reveal) -> str:
    """The address. What a reference gives may hold a key, and is never shown. Raises SourceError where it is none."""
    if not isinstance(webhook.url, Secret):
        return webhook.url
    url = reveal(webhook.url).strip()
    if not url.startswith(("http://", "https://")) or any(character.isspace() for character in url):
        raise SourceError(NO_ADDRESS)
    return url


NO_ADDRESS = Problem(
    ProblemKind.REFUSED,
    "no address",
    "What the reference for the address of the webhook gives is no http:// or https:// address.",
    "Check the variable or file that `url` names.",
    code="not-a-url",
)


def _host_of(webhook: Webhook, reveal: Reveal) -> str:
    """ "" where it cannot be known."""
    from urllib.parse import urlsplit

    try:
        return urlsplit(reveal_url(webhook, reveal)).hostname or ""
    except (SourceError, ValueError):
        return ""


async def post_to_webhook(webhook: Webhook, notice: WebhookNotice, reveal: Reveal, time: Time) -> None:
    """One POST. Raises SourceError where it did not arrive, WebhookUnknownError where nobody knows."""
    import httpx

    from cockpit.feeds.http import explain_http_error

    try:
        url = reveal_url(webhook, reveal)
        await _exchange(webhook, "POST", url, reveal, time, dict(render_payload(webhook, notice)))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.LocalProtocolError) as error:
        raise SourceError(explain_http_error(error)) from error  # nothing was sent
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise SourceError(NO_ADDRESS) from None  # its text holds the address
    except (httpx.HTTPError, TimeoutError, OSError) as error:
        raise WebhookUnknownError(explain_http_error(error).message) from error


async def look_at_webhook(webhook: Webhook, reveal: Reveal, time: Time) -> None:
    """Whether somebody answers there, without telling anything. Raises SourceError."""
    from cockpit.feeds.http import explain_http_error

    try:
        await _exchange(webhook, "HEAD", reveal_url(webhook, reveal), reveal, time, None)
    except SourceError:
        raise
    except Exception as error:
        raise SourceError(explain_http_error(error)) from error


async def _exchange(
    webhook: Webhook, method: str, url: str, reveal: Reveal, time: Time, body: dict[str, Any] | None
) -> None:
    from cockpit.feeds.http import explain_refusal, open_client_for, read_bounded

    async with (
        open_client_for(webhook, url, reveal, timeout=SENT_WITHIN) as http,
        asyncio.timeout(SENT_WITHIN),
        http.stream(method, url, json=body, headers={"Accept-Encoding": "identity"}) as response,
    ):
        answer, _ = await read_bounded(response, LARGEST_ANSWER)
        status, page = response.status_code, "html" in response.headers.get("content-type", "")
        problem = explain_refusal(status, response.headers, b"" if page else answer, time.now())
    if body is None:
        if status in (401, 403, 404, 407, 410) or (status >= 500 and status != 501):  # it takes no HEAD, and answers
            raise SourceError(problem)
        return
    if 200 <= status < 300 and not page:
        return
    if 400 <= status < 500 and status not in (408, 425):
        raise SourceError(problem)
    reason = "a page for people answered, such as of a sign-in" if status < 300 else problem.message
    raise WebhookUnknownError(reason)
