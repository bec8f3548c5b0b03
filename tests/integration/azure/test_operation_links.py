"""The link of a long operation is opaque: it goes back to Azure letter by letter, whole, or not at all."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from cockpit.azure.changes.change import ChangeOutcome
from cockpit.azure.changes.container_app import ContainerApp
from cockpit.azure.changes.long_running import follow_operation
from cockpit.azure.client import Azure
from cockpit.azure.identity import Credential
from cockpit.model.text import MAX_KEY
from tests.integration.azure.fake_azure import FakeAzure, Reply, opened

DONE = b'{"status": "Succeeded"}'
LONG = "/operations/1?t=638&c=" + "MIIHpTCCBo2gAwIBAg" * 220 + "&s=A-_z&h=q0"
LINKS = {
    "long": LONG,
    "encoded": "/operations/1?t=1&c=a%2fb%2Bc%3d%3d&s=%7E%2D%41&h=x+y",  # as some encode, and no normal form keeps
    "odd": "/operations/%7bid%7d//..;v=1?c=a/b?c&&s=&h",
    "braces": "/operations/{0}/{name}?c={}{{}}",
    "longer": "/operations/1?c=" + "k" * 20_000,
}
FOLLOWED = ("long", "encoded", "odd")


class Wire:
    """A server that remembers the first line of each request, letter by letter."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.lines.append(head.split(b"\r\n")[0].decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n")
        writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(DONE), DONE))
        await writer.drain()
        writer.close()


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    recording = Wire()
    server = await asyncio.start_server(recording.answer, "127.0.0.1", 0, limit=1_000_000)
    recording.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield recording


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS.keys())
async def test_a_link_goes_out_letter_by_letter(
    link: str, wire: Wire, cloud: FakeAzure, token_cache: Credential
) -> None:
    cloud.url = wire.url
    async with opened(cloud, token_cache) as azure:
        assert (await follow_operation(azure, f"{wire.url}{link}", soon=0.0)).outcome is ChangeOutcome.DONE
    assert wire.lines == [f"GET {link} HTTP/1.1"]


APP = {"name": "web", "properties": {"template": {"containers": [{"name": "api", "image": "a:1"}]}}}
PATHS = r"GET .*/containerApps/web"


async def deploy(azure: Azure, told: list[str]) -> ChangeOutcome:
    app = ContainerApp(azure, "rg", "web")
    return (await app.set_image("a:2", container="", suffix="", tell=told.append)).outcome


@pytest.mark.parametrize("link", [LINKS[name] for name in FOLLOWED], ids=FOLLOWED)
async def test_a_long_change_is_followed_by_its_whole_link(link: str, azure: Azure, cloud: FakeAzure) -> None:
    told: list[str] = []
    cloud.on(PATHS, Reply(body=APP))
    cloud.on(rf"{PATHS}/revisions", Reply(body={"value": []}))
    cloud.on("PATCH", Reply(202, "", {"Azure-AsyncOperation": f"{cloud.url}{link}"}))
    cloud.on("GET /operations", Reply(body={"status": "Succeeded"}))
    assert await deploy(azure, told) is ChangeOutcome.DONE
    assert told == [f"{cloud.url}{link}"]


@pytest.mark.parametrize("bad", ["k" * (MAX_KEY + 1), "a\x85b", "\u202ek"], ids=["endless", "control", "bidi"])
async def test_a_link_that_cannot_pass_whole_is_refused_whole_and_the_other_one_is_taken(
    bad: str, azure: Azure, cloud: FakeAzure
) -> None:
    told: list[str] = []
    cloud.on(PATHS, Reply(body=APP))
    cloud.on(rf"{PATHS}/revisions", Reply(body={"value": []}))
    cloud.on("PATCH", Reply(202, "", {"Azure-AsyncOperation": f"{cloud.url}/{bad}", "Location": f"{cloud.url}/good"}))
    cloud.on("GET /good", Reply(body={"status": "Succeeded"}))
    assert await deploy(azure, told) is ChangeOutcome.DONE
    assert told == [f"{cloud.url}/good"]
