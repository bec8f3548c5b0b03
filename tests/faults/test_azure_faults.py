"""Every status, exception and garbage body on every call to Azure: a clear Problem, never another exception."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cockpit.azure.client import Azure
from cockpit.azure.identity import Credential
from cockpit.model.problem import ProblemKind, SourceError
from tests.integration.azure.fake_azure import FakeAzure, Reply, azure, cloud, opened, token_cache

__all__ = ["azure", "cloud", "token_cache"]

NOW = datetime(2026, 2, 27, 2, 14, tzinfo=UTC)
Call = Callable[[Azure], Awaitable[Any]]

READS: dict[str, Call] = {
    "applications": lambda azure: azure.applications("rg"),
    "application": lambda azure: azure.application("rg", "web"),
    "revisions": lambda azure: azure.revisions("rg", "web"),
    "replicas": lambda azure: azure.replicas("rg", "web", "web--1"),
    "alerts": lambda azure: azure.firing_alerts("rg"),
    "alert": lambda azure: azure.alert("guid-1"),
    "stream token": lambda azure: azure.stream_token("rg", "web"),
    "logs": lambda azure: azure.query("workspace", "Table", NOW, NOW),
}
SENT_ONCE = ("stream token", "logs")  # POSTs; every GET is tried once more after a 5xx

STATUSES = {
    301: ProblemKind.GARBAGE,
    302: ProblemKind.GARBAGE,
    307: ProblemKind.GARBAGE,
    400: ProblemKind.REFUSED,
    401: ProblemKind.SIGN_IN,
    403: ProblemKind.FORBIDDEN,
    404: ProblemKind.MISSING,
    405: ProblemKind.REFUSED,
    408: ProblemKind.TIMEOUT,
    409: ProblemKind.CONFLICT,
    412: ProblemKind.REFUSED,
    429: ProblemKind.THROTTLED,
    500: ProblemKind.SERVER,
    502: ProblemKind.SERVER,
    503: ProblemKind.SERVER,
    504: ProblemKind.SERVER,
}
BODIES = {
    "as Azure writes it": {"error": {"code": "SomeCode", "message": "the \x1b[31mreason"}},
    "without an envelope": {"code": "SomeCode", "message": "the reason"},
    "nothing": "",
    "a page of a proxy": "<html><body>Sign in to the network</body></html>",
    "no object": "[1, 2]",
    "null": "null",
    "wrong types": {"error": {"code": 7, "message": ["x"], "details": "y", "innererror": 3}},
    "an error that is text": {"error": "nope"},
    "half a document": '{"error": {"code": "So',
}
GARBAGE = {
    "nothing": "",
    "a page of a proxy": "<html><body>Sign in to the network</body></html>",
    "no object": "[1, 2]",
    "null": "null",
    "a text": '"hello"',
    "an empty object": "{}",
    "values that are no list": '{"value": {"a": 1}, "properties": 7, "tables": 3}',
    "half a document": '{"value": [{"name": "a"',
    "deeper than any parser": "[" * 100_000,
    "not a number in JSON": '{"value": [NaN, Infinity], "tables": [null]}',
}


async def trouble(work: Awaitable[Any]) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await work
    problem = caught.value.problem
    assert problem.short
    assert problem.message
    assert "\x1b" not in problem.short + problem.message + problem.advice
    return caught.value


@pytest.mark.parametrize("call", READS)
async def test_every_status_on_every_call_says_what_it_means(call: str, azure: Azure, cloud: FakeAzure) -> None:
    for status, kind in STATUSES.items():
        cloud.asked.clear()
        location = {"Location": "https://elsewhere.example.com/"} if status < 400 else {}
        cloud.on(".", Reply(status, BODIES["as Azure writes it"], location))
        problem = (await trouble(READS[call](azure))).problem
        assert problem.kind is kind, status
        tried = 2 if status in (408, 500, 502, 503, 504) and call not in SENT_ONCE else 1
        assert len(cloud.asked) == tried, status


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("call", READS)
async def test_the_body_of_an_error_never_hides_its_status(
    call: str, body: str, azure: Azure, cloud: FakeAzure
) -> None:
    cloud.on(".", Reply(403, BODIES[body]))
    assert (await trouble(READS[call](azure))).problem.kind is ProblemKind.FORBIDDEN


@pytest.mark.parametrize("call", READS)
async def test_an_answer_that_cannot_be_read_is_garbage_and_never_an_empty_list(
    call: str, azure: Azure, cloud: FakeAzure
) -> None:
    for name, body in GARBAGE.items():
        if call == "alert" and name in ("an empty object", "values that are no list", "not a number in JSON"):
            continue  # any object will do: the mapping takes an alert apart, and leaves out one without an id
        cloud.on(".", Reply(body=body))
        try:
            found = await READS[call](azure)
        except SourceError as error:
            assert error.problem.kind is ProblemKind.GARBAGE, name  # noqa: PT017
        else:
            assert call == "logs", (name, found)
            assert found.rows == ()


@pytest.mark.parametrize("call", READS)
async def test_a_throttle_is_reported_at_once_with_the_wait_it_asks_for(
    call: str, azure: Azure, cloud: FakeAzure
) -> None:
    for status in (429, 503):
        cloud.asked.clear()
        cloud.on(".", Reply(status, {"error": {"code": "TooMany"}}, {"Retry-After": "90"}))
        assert (await trouble(READS[call](azure))).problem.retry_after == 90
        assert len(cloud.asked) == 1


@pytest.mark.parametrize("value", ["soon", "-5", "", "Wed, 99 Foo"])
async def test_a_retry_after_that_is_none_is_ignored(value: str, azure: Azure, cloud: FakeAzure) -> None:
    cloud.on(".", Reply(429, {}, {"Retry-After": value}))
    assert (await trouble(azure.application("rg", "web"))).problem.retry_after is None


@pytest.mark.parametrize("call", READS)
async def test_a_server_that_hangs_up_is_a_broken_connection(call: str, azure: Azure, cloud: FakeAzure) -> None:
    cloud.on(".", Reply(drop=True))
    assert (await trouble(READS[call](azure))).problem.kind is ProblemKind.NETWORK


async def test_a_hung_server_is_given_up_on_every_call(cloud: FakeAzure, token_cache: Credential) -> None:
    cloud.on(".", Reply(hang=True))
    async with opened(cloud, token_cache, read_timeout=0.05) as azure:
        found = await asyncio.gather(*(trouble(call(azure)) for call in READS.values()))
    assert {each.problem.kind for each in found} == {ProblemKind.TIMEOUT}
    assert len(cloud.asked) == len(READS)  # what hung once is not waited for twice


async def test_a_call_has_a_deadline_of_its_own(cloud: FakeAzure, token_cache: Credential) -> None:
    cloud.on(".", Reply(hang=True))
    async with opened(cloud, token_cache, deadline=0.05) as azure:
        found = await asyncio.gather(*(trouble(call(azure)) for call in READS.values()))
    assert {each.problem.kind for each in found} == {ProblemKind.TIMEOUT}


async def test_a_port_where_nobody_listens_cannot_be_connected_to(cloud: FakeAzure, token_cache: Credential) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        cloud.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        async with opened(cloud, token_cache) as azure:
            for call in READS.values():
                problem = (await trouble(call(azure))).problem
                assert (problem.kind, problem.short) == (ProblemKind.NETWORK, "cannot connect")


async def test_a_server_that_speaks_no_http_is_a_broken_connection(cloud: FakeAzure, token_cache: Credential) -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    cloud.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, opened(cloud, token_cache) as azure:
        for call in READS.values():
            assert (await trouble(call(azure))).problem.kind in (ProblemKind.NETWORK, ProblemKind.GARBAGE)


@pytest.mark.parametrize("call", ["applications", "revisions", "alerts"])
async def test_no_token_is_carried_to_a_next_page_elsewhere(call: str, azure: Azure, cloud: FakeAzure) -> None:
    for link in ("https://elsewhere.example.com/next?x=1", "http://localhost:9/x", "file:///etc/passwd", "//[", "x"):
        cloud.on(".", Reply(body={"value": [], "nextLink": link}))
        problem = (await trouble(READS[call](azure))).problem
        assert problem.kind is ProblemKind.GARBAGE, link


@pytest.mark.parametrize("call", ["applications", "revisions", "alerts"])
async def test_a_list_that_leads_back_to_itself_ends(call: str, azure: Azure, cloud: FakeAzure) -> None:
    cloud.on(".", Reply(body={"value": [], "nextLink": f"{cloud.url}/subscriptions/again?page=2"}))
    assert (await trouble(READS[call](azure))).problem.kind is ProblemKind.GARBAGE
    assert len(cloud.asked) == 2
