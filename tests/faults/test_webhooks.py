"""Webhooks that hang, refuse, redirect: told once, never in the way, and what became of it said."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.messages import webhook_sender
from cockpit.incident.messages.webhook_sender import WebhookSender, list_deliveries, look_at_webhook
from cockpit.model.event import Kind
from cockpit.model.problem import SourceError
from cockpit.model.secret import Secret
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.system import Environment, Webhook
from cockpit.model.time import RealTime
from cockpit.timeline.timeline import Timeline

ANSWERS = {
    "takes": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
    "accepts": b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "refuses": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 13\r\nConnection: close\r\n\r\ninvalid_token",
    "fails": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "sends elsewhere": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    "signs in": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>",
    "breaks off": b"",
}


class Sink:
    """Receives, and answers as it is told; "hangs" answers nothing at all."""

    def __init__(self, answer: str = "takes") -> None:
        self.answer = answer
        self.bodies: list[dict[str, Any]] = []
        self.url = ""

    async def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lengths = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
            if lengths:
                self.bodies.append(json.loads(await reader.readexactly(int(lengths[0].partition(":")[2]))))
            if self.answer == "hangs":
                await reader.read()
            writer.write(ANSWERS.get(self.answer, b""))
            await writer.drain()
        writer.close()

    @property
    def keys(self) -> list[str]:
        return [body["key"] for body in self.bodies]


@asynccontextmanager
async def listening(answer: str = "takes") -> AsyncIterator[Sink]:
    sink = Sink(answer)
    server = await asyncio.start_server(sink.receive, "127.0.0.1", 0)
    sink.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield sink
    finally:
        server.close()


@pytest.fixture
def timelines(tmp_path: Path) -> Iterator[Callable[[], Timeline]]:
    """Each call opens the same file once more, as another process would."""
    opened: list[Timeline] = []

    def open_timeline() -> Timeline:
        opened.append(Timeline(tmp_path / "timeline.db", time=RealTime()))
        return opened[-1]

    yield open_timeline
    for timeline in opened:
        timeline.close()


def act(timeline: Timeline) -> IncidentActions:
    return IncidentActions(
        timeline, operator="ana", environment="prod", severity_scale=DEFAULT_SEVERITY_SCALE, time=RealTime()
    )


def sender(timeline: Timeline, *webhooks: Webhook, drill: bool = False) -> WebhookSender:
    return WebhookSender(
        timeline,
        Environment("prod", webhooks=webhooks, drill=drill),
        system="Shop",
        find=act(timeline).find,
        time=RealTime(),
        reveal=lambda secret: "not an address",
    )


def outcomes(timeline: Timeline) -> list[tuple[str, str]]:
    return [(item.turn, item.outcome) for item in list_deliveries(timeline.events())]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110  what is waited for happens in threads and a file
            await asyncio.sleep(0.05)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_sender, "SENT_WITHIN", 0.5)
    monkeypatch.setattr(webhook_sender, "LOOK_EVERY", 0.05)


async def test_the_events_of_a_night_stand_once_and_in_their_order(timelines: Callable[[], Timeline]) -> None:
    timeline = timelines()
    incident = act(timeline).declare("Readiness failing", "P1")
    act(timeline).change_severity("P0")
    act(timeline).resolve("rolled back")
    async with listening() as sink:
        hook = Webhook(name="ops", url=sink.url)
        await sender(timeline, hook).tell_waiting(hook)
        await sender(timeline, hook).tell_waiting(hook)
        assert [body["turn"] for body in sink.bodies] == ["declare", "severity", "resolve"]
        assert sink.bodies[0]["incident"]["id"] == incident.id
    assert outcomes(timeline) == [("declare", "sent"), ("severity", "sent"), ("resolve", "sent")]


async def test_of_two_cockpits_only_one_tells_it(timelines: Callable[[], Timeline]) -> None:
    async with listening() as sink:
        hook = Webhook(name="ops", url=sink.url)
        senders = [sender(timelines(), hook) for _ in range(3)]
        running = [asyncio.create_task(one.run()) for one in senders]
        actions = act(timelines())
        actions.declare("Readiness failing", "P1")
        for level in ("P0", "P1", "P2", "P0"):
            actions.change_severity(level)
        look = timelines()
        await until(lambda: [outcome for _, outcome in outcomes(look)] == ["sent"] * 5)
        await asyncio.sleep(0.3)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        assert len(sink.keys) == len(set(sink.keys)) == 5
        assert sink.keys == sorted(sink.keys, key=lambda key: int(key.rpartition("/")[2]))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("takes", "sent"),
        ("accepts", "sent"),
        ("refuses", "failed"),
        ("fails", "unknown"),
        ("sends elsewhere", "unknown"),
        ("signs in", "unknown"),
        ("breaks off", "unknown"),
        ("hangs", "unknown"),
    ],
)
async def test_the_outcome_is_reported_as_far_as_it_is_known_and_nothing_is_sent_again(
    timelines: Callable[[], Timeline], answer: str, outcome: str
) -> None:
    timeline = timelines()
    act(timeline).declare("Readiness failing", "P1")
    async with listening(answer) as sink:
        hook = Webhook(name="ops", url=sink.url)
        await sender(timeline, hook).tell_waiting(hook)
        await sender(timeline, hook).tell_waiting(hook)
        assert len(sink.bodies) == 1
    assert outcomes(timeline) == [("declare", outcome)]


async def test_where_nobody_listens_it_failed(timelines: Callable[[], Timeline]) -> None:
    timeline = timelines()
    act(timeline).declare("Readiness failing", "P1")
    hook = Webhook(name="ops", url="http://127.0.0.1:1/hook")
    await sender(timeline, hook).tell_waiting(hook)
    assert outcomes(timeline) == [("declare", "failed")]


async def test_one_that_hangs_delays_no_act_and_no_other_webhook(timelines: Callable[[], Timeline]) -> None:
    timeline = timelines()
    async with listening("hangs") as slow, listening() as quick:
        hooks = (Webhook(name="slow", url=slow.url), Webhook(name="quick", url=quick.url))
        running = asyncio.create_task(sender(timeline, *hooks).run())
        actions = act(timelines())
        for number in range(3):
            await asyncio.to_thread(actions.declare, f"incident {number}", "P1")
        await until(lambda: len(quick.bodies) == 3)
        assert len(slow.bodies) < 3
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert [outcome for turn, outcome in outcomes(timeline) if outcome == "sending"] == []


async def test_who_ended_while_it_was_sent_leaves_an_unknown_outcome(
    timelines: Callable[[], Timeline], monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline = timelines()
    act(timeline).declare("Readiness failing", "P1")
    async with listening() as sink:
        hook = Webhook(name="ops", url=sink.url)
        sender(timeline, hook)._claim(hook)  # and is killed
        await sender(timeline, hook).tell_waiting(hook)
        assert outcomes(timeline) == [("declare", "sending")]
        monkeypatch.setattr(webhook_sender, "GIVEN_UP_AFTER", webhook_sender.GIVEN_UP_AFTER * 0)
        await sender(timeline, hook).tell_waiting(hook)
        assert sink.bodies == []
    assert outcomes(timeline) == [("declare", "unknown")]


@pytest.mark.parametrize("drill", ["incident", "environment"])
async def test_nothing_of_a_drill_leaves_this_machine(timelines: Callable[[], Timeline], drill: str) -> None:
    timeline = timelines()
    act(timeline).declare("Readiness failing", "P1", drill=drill == "incident")
    hook = Webhook(name="ops", url="https://hooks.example.com/T1/B2")
    simulated = drill == "environment"
    assert await sender(timeline, hook, drill=simulated).tell_waiting(hook) == []
    async with listening() as sink:
        local = Webhook(name="sink", url=sink.url)
        await sender(timeline, local, drill=simulated).tell_waiting(local)
        assert len(sink.bodies) == 1


async def test_an_address_by_reference_is_never_shown(timelines: Callable[[], Timeline]) -> None:
    timeline = timelines()
    act(timeline).declare("Readiness failing", "P1")
    hook = Webhook(name="ops", url=Secret("env", "HOOK"))
    await sender(timeline, hook).tell_waiting(hook)
    (event,) = (item for item in timeline.events(kinds=[Kind.WEBHOOK]) if item.detail["phase"] == "outcome")
    assert event.detail["outcome"] == "failed"
    assert "not an address" not in json.dumps([event.summary, dict(event.detail)])


async def test_a_look_tells_nothing_and_says_whether_somebody_answers() -> None:
    async with listening() as sink:
        await look_at_webhook(Webhook(name="ops", url=sink.url), str, RealTime())
        assert sink.bodies == []
        sink.answer = "refuses"
        with pytest.raises(SourceError):
            await look_at_webhook(Webhook(name="ops", url=sink.url), str, RealTime())
    with pytest.raises(SourceError):
        await look_at_webhook(Webhook(name="ops", url="http://127.0.0.1:1/"), str, RealTime())
