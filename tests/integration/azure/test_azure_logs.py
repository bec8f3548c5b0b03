"""The log of a revision: consoles, the system log, and the past of what is gone."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from cockpit.azure.client import Azure
from cockpit.azure.identity import Credential
from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.reading import LogLine
from cockpit.model.revision import Application, Revision
from cockpit.model.system import Environment
from cockpit.model.time import RealTime
from cockpit.platforms.container_apps.log_stream import stream_log_lines
from tests.integration.azure.fake_azure import FakeAzure, Reply, opened

PROD = Environment("prod", resource_group="rg", workspace="workspace-1")
NOW = datetime(2026, 2, 27, 2, 14, tzinfo=UTC)


class Impatient(RealTime):
    """Pauses pass at once."""

    def now(self) -> datetime:
        return NOW

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.005)


class Streams:
    """Log streams: what each says when it is opened; they end when `ending`, else they stay open."""

    def __init__(self) -> None:
        self.says: dict[str, bytes] = {}
        self.opened: list[tuple[str, str, str]] = []
        self.ending = False
        self.refuse: list[int] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self.opened.append((name, request.headers.get("Authorization", ""), request.query_string))
        if self.refuse:
            return web.Response(status=self.refuse.pop(0), text="no")
        if name not in self.says:
            return web.Response(status=404, text='{"message": "replica not found"}')
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(self.says[name])
        if not self.ending:
            await asyncio.Event().wait()
        return response


@pytest.fixture
async def streams() -> AsyncIterator[Streams]:
    found = Streams()
    site = web.Application()
    site.router.add_get("/{name}", found.answer)
    runner = web.AppRunner(site, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


@pytest.fixture
async def azure(cloud: FakeAzure, token_cache: Credential, streams: Streams) -> AsyncIterator[Azure]:
    cloud.on("POST .*/getAuthToken", Reply(body={"properties": {"token": "stream-token"}}))
    cloud.on("/replicas", replicas(streams, "a", "b"))
    async with opened(cloud, token_cache, time=Impatient(), read_only=True) as client:
        yield client


def replicas(streams: Streams, *names: str) -> Reply:
    return Reply(
        body={
            "value": [
                {
                    "name": name,
                    "properties": {"containers": [{"name": "api", "logStreamEndpoint": f"{streams.url}/{name}"}]},
                }
                for name in names
            ]
        }
    )


def ndjson(*records: Any) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n\n" for each in records)


def lines(azure: Azure, *, system: str = "", last_active: datetime | None = None) -> AsyncGenerator[LogLine, None]:
    revision = Revision("web", "web--1", active=True, weight=100, created=None, last_active=last_active)
    application = Application("web", "prod", "multiple", "", (revision,), log_stream=system)
    return stream_log_lines(azure, application, revision, environment=PROD, time=azure.time)


async def first(found: AsyncGenerator[LogLine, None], wanted: int) -> list[LogLine]:
    taken: list[LogLine] = []
    async with asyncio.timeout(10):
        async for line in found:
            taken.append(line)
            if len(taken) == wanted:
                break
    await found.aclose()
    return taken


async def test_the_consoles_of_all_replicas_and_the_system_log_flow_together(azure: Azure, streams: Streams) -> None:
    streams.says = {
        "a": ndjson({"TimeStamp": "2026-02-27T02:13:00Z", "Log": "Connecting to the container 'api'..."},
                    {"TimeStamp": "2026-02-27T02:13:01Z", "Log": "from a"}),
        "b": ndjson({"TimeStamp": "2026-02-27 02:13:02 +0000 UTC", "Log": "from b"}),
        "system": ndjson({"TimeStamp": None, "Msg": None}, {"Msg": "probe failed", "RevisionName": "web--1"},
                         {"Msg": "of another", "RevisionName": "web--2"}),
    }  # fmt: skip
    found = await first(lines(azure, system=f"{streams.url}/system"), 3)
    assert {(each.text, each.replica, each.stream) for each in found} == {
        ("from a", "a", "console"), ("from b", "b", "console"), ("probe failed", "", "system"),
    }  # fmt: skip
    assert {each[1] for each in streams.opened} == {"Bearer stream-token"}
    assert {each[2] for each in streams.opened} == {"follow=true&output=json&tailLines=100"}


async def test_a_stream_that_ends_is_opened_again_and_tells_nothing_twice(azure: Azure, streams: Streams) -> None:
    streams.ending = True
    streams.says = {"a": b"one\ntwo\n", "b": b""}
    found = lines(azure)
    taken = [await anext(found), await anext(found)]
    streams.says["a"] = b"one\ntwo\nthree\n"
    taken.append(await anext(found))
    await found.aclose()
    assert [each.text for each in taken] == ["one", "two", "three"]


def stamped(first: int, last: int) -> bytes:
    """Lines of a busy program: one a second, numbered."""
    times = {number: NOW - timedelta(seconds=1_000 - number) for number in range(first, last)}
    return ndjson(*({"TimeStamp": time.isoformat(), "Log": f"line {number}"} for number, time in times.items()))


async def test_a_stream_that_went_on_by_more_than_its_tail_while_it_was_away_has_a_hole(
    azure: Azure, streams: Streams
) -> None:
    streams.ending = True
    streams.says = {"a": stamped(0, 100), "b": b""}
    found = lines(azure)
    taken = [await anext(found) for _ in range(100)]
    streams.says["a"] = stamped(400, 500)
    taken += [await anext(found) for _ in range(101)]
    await found.aclose()
    (hole,) = [line for line in taken if line.reason == "cockpit"]
    assert taken.index(hole) == 100
    assert all(time in hole.text for time in ("01:58:59Z", "02:04:00Z"))
    assert [line.text for line in taken if line is not hole] == [f"line {n}" for n in (*range(100), *range(400, 500))]


@pytest.mark.parametrize("away", [1, 50, 99])
async def test_a_tail_that_reaches_back_to_what_was_read_leaves_no_hole(
    azure: Azure, streams: Streams, away: int
) -> None:
    streams.ending = True
    streams.says = {"a": stamped(0, 100), "b": b""}
    found = lines(azure)
    taken = [await anext(found) for _ in range(100)]
    streams.says["a"] = b'{"TimeStamp": null, "Log": "Connecting to the container \'api\'..."}\n' + stamped(
        away, 100 + away
    )
    taken += [await anext(found) for _ in range(away)]
    await found.aclose()
    assert [line.text for line in taken] == [f"line {number}" for number in range(100 + away)]


async def test_a_replica_without_a_stream_is_reported_as_missing(
    azure: Azure, cloud: FakeAzure, streams: Streams
) -> None:
    streams.says = {"a": b"hello\n"}
    container = {"name": "api", "logStreamEndpoint": None}
    pages = replicas(streams, "a").body
    assert isinstance(pages, dict)
    pages["value"].append({"name": "b", "properties": {"containers": [container]}})
    cloud.on("/replicas", Reply(body=pages))
    missing, line = await first(lines(azure), 2)
    assert (missing.reason, missing.unread) == ("cockpit", ("b/api",))
    assert line.text == "hello"


async def test_a_token_that_ended_is_replaced(azure: Azure, cloud: FakeAzure, streams: Streams) -> None:
    streams.says = {"a": b"hello\n", "b": b""}
    streams.refuse = [401, 401]
    *complaints, again, line = await first(lines(azure), 4)
    assert all("401" in each.text and each.reason == "cockpit" for each in complaints)
    assert complaints[-1].unread == ("a/api", "b/api")
    assert again.unread == ("b/api",)
    assert line.text == "hello"
    assert cloud.sent("getAuthToken") == 2


async def test_a_replica_that_appears_later_is_found(azure: Azure, cloud: FakeAzure, streams: Streams) -> None:
    streams.says = {"a": b"old\n", "c": b"new\n"}
    cloud.on("/replicas", replicas(streams, "a"))
    found = lines(azure)
    assert (await anext(found)).text == "old"
    cloud.on("/replicas", replicas(streams, "a", "c"))
    assert (await anext(found)).text == "new"
    await found.aclose()


def table(columns: list[str], *rows: list[Any], error: dict[str, Any] | None = None) -> Reply:
    named = {"name": "PrimaryResult", "columns": [{"name": each, "type": "string"} for each in columns], "rows": rows}
    return Reply(body={"tables": [named], **({"error": error} if error else {})})


async def test_when_the_replicas_are_gone_the_last_half_hour_comes_from_log_analytics(
    azure: Azure, cloud: FakeAzure, streams: Streams
) -> None:
    cloud.on("/replicas", replicas(streams))
    columns = ["TimeGenerated", "Log_s", "RevisionName_s", "ContainerGroupName_g"]
    unknown = Reply(400, {"error": {"code": "BadArgumentError", "message": "no such table"}})
    cloud.on(
        "POST .*/query",
        unknown,
        table(
            columns, ["2026-02-27T02:12:00Z", "later", "web--1", "r"], ["2026-02-27T02:11:00Z", "first", "web--1", "r"]
        ),
    )
    said, one, two = await first(lines(azure), 3)
    assert said.text == "no replicas: Log Analytics, 01:44Z-02:14Z, 2 lines, some minutes behind"
    assert {each.past for each in (said, one, two)} == {"no replicas: Log Analytics, 01:44Z-02:14Z"}
    assert [one.text, two.text] == ["first", "later"]
    asked = [json.loads(body) for body, line in zip(cloud.bodies, cloud.asked, strict=True) if "/query" in line]
    assert {each["timespan"].split("/")[0] for each in asked} == {"2026-02-27T01:44:00.000Z"}
    assert {"ContainerAppConsoleLogs_CL" in each["query"] for each in asked} == {True, False}


async def test_a_revision_that_ended_long_ago_shows_its_own_last_half_hour(
    azure: Azure, cloud: FakeAzure, streams: Streams
) -> None:
    cloud.on("/replicas", Reply(404))
    cloud.on("POST .*/query", table(["Log_s"]))
    (said,) = await first(lines(azure, last_active=NOW - timedelta(days=1)), 1)
    assert "Feb 26 01:49Z-02:19Z, 0 lines" in said.text


async def test_a_partial_answer_says_that_it_is_one(azure: Azure, cloud: FakeAzure, streams: Streams) -> None:
    cloud.on("/replicas", replicas(streams))
    error = {"code": "PartialError", "message": "some shards \x1b[31mfailed"}
    cloud.on("POST .*/query", table(["TimeGenerated", "Log_s"], ["x", "a line"], error=error))
    _, partial, line, _ = await first(lines(azure), 4)
    assert "only in part" in partial.text
    assert "some shards" in partial.text
    assert "{" not in partial.text  # in words, and not as a program writes it
    assert "\x1b" not in partial.text
    assert line.text == "a line"


async def test_a_log_analytics_that_refuses_is_reported_and_nothing_ends(
    azure: Azure, cloud: FakeAzure, streams: Streams
) -> None:
    cloud.on("/replicas", replicas(streams))
    cloud.on("POST .*/query", Reply(403, {"error": {"code": "InsufficientAccessError", "message": "no"}}))
    streams.says = {"system": ndjson({"Msg": "still here"})}
    said = {each.text for each in await first(lines(azure, system=f"{streams.url}/system"), 2)}
    assert "still here" in said
    assert any("InsufficientAccessError" in each for each in said)


async def test_without_the_role_for_live_logs_the_past_is_shown(azure: Azure, cloud: FakeAzure) -> None:
    cloud.on("POST .*/getAuthToken", Reply(403, {"error": {"code": "AuthorizationFailed", "message": "no action"}}))
    cloud.on("POST .*/query", table(["Log_s"], ["from the past"]))
    texts = [each.text for each in await first(lines(azure), 4)]
    assert "AuthorizationFailed" in texts[0]
    assert "not followed live" in texts[1]
    assert texts[2] == "from the past"


async def test_nobody_signed_in_ends_the_stream_with_the_reason(azure: Azure, cloud: FakeAzure) -> None:
    cloud.on("/replicas", Reply(401, {"error": {"code": "ExpiredAuthenticationToken", "message": "expired"}}))
    with pytest.raises(SourceError) as failed:
        await first(lines(azure), 1)
    assert failed.value.problem.kind is ProblemKind.SIGN_IN


async def test_a_stream_address_that_would_carry_the_token_in_the_clear_is_not_opened(
    azure: Azure, cloud: FakeAzure, streams: Streams
) -> None:
    container = {"name": "api", "logStreamEndpoint": "http://logs.example.com/x"}
    cloud.on("/replicas", Reply(body={"value": [{"name": "a", "properties": {"containers": [container]}}]}))
    (said,) = await first(lines(azure), 1)
    assert "in the clear" in said.text


async def test_hostile_lines_arrive_harmless(azure: Azure, streams: Streams) -> None:
    streams.says = {
        "a": b"\x1b]52;c;aGk=\x07 \xff\xfe\n" + b"z" * 300_000 + b"\n" + ndjson({"Log": "\u202e[red]\x9b2J"}),
        "b": b"",
    }  # fmt: skip
    found = await first(lines(azure), 3)
    assert all(len(each.text) < 3_000 for each in found)
    assert not any(letter in each.text for each in found for letter in "\x1b\x07\x9b\u202e")


async def test_a_reader_that_leaves_closes_every_stream(azure: Azure, streams: Streams) -> None:
    streams.says = {"a": b"one\n", "b": b"two\n"}
    await first(lines(azure), 1)
    assert [each for each in asyncio.all_tasks() if "_follow" in repr(each)] == []
