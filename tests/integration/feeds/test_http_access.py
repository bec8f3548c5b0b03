"""How a server is reached: what it is sent, which certificate it sees, which proxy is asked, what nobody else gets."""

import ssl
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from socket import socket
from threading import Event
from typing import Any

import httpx
import pytest
import trustme

from cockpit.feeds.http import find_proxy, open_client_for
from cockpit.feeds.probes.state import Grade
from cockpit.model.probe import HttpAccess, HttpAuth, OriginAccess, find_access
from cockpit.model.problem import SourceError
from cockpit.model.run import StepState
from cockpit.model.secret import Secret
from cockpit.runbooks.run.http_step import send_request
from cockpit.runbooks.types import Request
from tests.integration.feeds.asking import ask_one, probe
from tests.integration.feeds.servers import page, says, serving

TOKEN = Secret("env", "TOKEN")
SECRETS = {"TOKEN": "s3cret-token-of-a-server", "PASSWORD": "s3cret-password"}


def reveal(secret: Secret) -> str:
    return SECRETS[secret.name]


async def get(access: HttpAccess, url: str) -> httpx.Response:
    async with open_client_for(access, url, reveal) as client:
        return await client.get(url)


async def ask_as_probe(access: dict[str, Any], url: str) -> bool:
    outcome = await ask_one(probe(url, **access), reveal=reveal)
    return outcome.grade is Grade.GOOD


async def ask_as_source(access: dict[str, Any], url: str) -> bool:
    try:
        return (await get(HttpAccess(**access), url)).status_code == 200
    except (httpx.HTTPError, OSError):  # a TLS 1.3 alert on the first read is no error of httpx
        return False


async def ask_as_step(access: dict[str, Any], url: str) -> bool:
    request = Request("GET", url, f"GET {url}")
    finished = await send_request(
        request, timeout=5.0, output=lambda text: None, access=HttpAccess(**access), reveal=reveal
    )
    return finished.state is StepState.OK


WAYS: dict[str, Callable[[dict[str, Any], str], Any]] = {
    "probe": ask_as_probe,
    "source": ask_as_source,
    "step": ask_as_step,
}
ways = pytest.mark.parametrize("way", WAYS)


@ways
@pytest.mark.parametrize(
    ("auth", "sent"),
    [
        (HttpAuth(bearer=TOKEN), b"Bearer s3cret-token-of-a-server"),
        (HttpAuth(user="ana", password=Secret("env", "PASSWORD")), b"Basic YW5hOnMzY3JldC1wYXNzd29yZA=="),
    ],
)
async def test_auth_is_sent_the_same_by_all_that_ask(way: str, auth: HttpAuth, sent: bytes) -> None:
    requests: list[bytes] = []
    with serving(says(page()), requests=requests) as port:
        assert await WAYS[way]({"auth": auth, "headers": {"X-Tenant": "shop"}}, f"http://127.0.0.1:{port}/")
    assert b"authorization: " + sent in requests[0].replace(b"Authorization", b"authorization")
    assert b"shop" in requests[0]


class Authority:
    """A private authority, and servers that ask for one of its certificates."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self.ca.cert_pem.write_to_path(self.ca_file)
        self.mine = folder / "mine.pem"
        self.ca.issue_cert("cockpit@example.com").private_key_and_cert_chain_pem.write_to_path(self.mine)

    def server(self, *, asks: bool) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        if asks:
            self.ca.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@ways
async def test_a_server_that_asks_for_a_certificate_gets_ours(way: str, authority: Authority) -> None:
    trust = {"ca_file": str(authority.ca_file)}
    with serving(says(page()), tls=authority.server(asks=True)) as port:
        url = f"https://127.0.0.1:{port}/"
        assert not await WAYS[way](trust, url)
        assert await WAYS[way](trust | {"client_certificate": str(authority.mine)}, url)


async def test_a_redirect_to_another_server_takes_neither_certificate_nor_token_along(authority: Authority) -> None:
    shown: list[object] = []
    requests: list[bytes] = []

    def looks(visitor: socket, over: Event) -> None:
        assert isinstance(visitor, ssl.SSLSocket)
        shown.append(visitor.getpeercert(binary_form=True))
        visitor.sendall(page())

    wishing = authority.server(asks=False)
    authority.ca.configure_trust(wishing)
    wishing.verify_mode = ssl.CERT_OPTIONAL
    with ExitStack() as servers:
        other = servers.enter_context(serving(looks, tls=wishing, requests=requests))
        there = page(b"", b"Location: https://127.0.0.1:%d/" % other, status=b"302 Found")
        first = servers.enter_context(serving(says(there), tls=authority.server(asks=True)))
        access: dict[str, Any] = {
            "ca_file": str(authority.ca_file),
            "client_certificate": str(authority.mine),
            "auth": HttpAuth(TOKEN),
        }
        await ask_one(probe(f"https://127.0.0.1:{first}/", **access), reveal=reveal)
    assert shown == [None]
    assert b"uthorization" not in requests[0]


def test_a_key_with_a_password_is_an_error_and_never_asked_for(authority: Authority, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    pem = authority.mine.read_bytes()
    key = serialization.load_pem_private_key(pem, None)
    locked = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    (tmp_path / "locked.pem").write_bytes(locked)
    access = HttpAccess(client_certificate=str(authority.mine), client_key=str(tmp_path / "locked.pem"))
    with pytest.raises((ssl.SSLError, OSError)):
        open_client_for(access, "https://shop.example.com", reveal)


# Proxies.

ENVIRON = {"HTTPS_PROXY": "http://proxy.example.com:3128", "http_proxy": "small.example.com:80", "NO_PROXY": ".intern"}


@pytest.mark.parametrize(
    ("setting", "url", "proxy"),
    [
        ("none", "https://shop.example.com/", ""),
        ("env", "https://shop.example.com/", "http://proxy.example.com:3128"),
        ("env", "http://shop.example.com/", "http://small.example.com:80"),
        ("env", "https://api.intern/", ""),
        ("http://own.example.com:8080", "https://api.intern/", "http://own.example.com:8080"),
        *(
            ("http://own.example.com:8080", f"http://{host}:9093/", "")
            for host in ("localhost", "127.0.0.1", "127.8.8.8", "[::1]", "am.localhost", "LOCALHOST", "localhost.")
        ),
        ("env", "https://localhost/", ""),
    ],
)
def test_a_proxy_is_used_where_it_was_asked_for_and_never_for_this_machine(setting: str, url: str, proxy: str) -> None:
    assert find_proxy(setting, url, ENVIRON) == proxy


@pytest.mark.parametrize("proxy", ["https://proxy.example.com", "socks5://proxy.example.com"])
def test_a_proxy_that_is_not_used_is_reported_and_not_passed_over(proxy: str) -> None:
    with pytest.raises(SourceError) as refused:
        find_proxy("env", "https://shop.example.com", {"HTTPS_PROXY": proxy})
    assert refused.value.code == "not-a-proxy"


@ways
async def test_everything_is_asked_through_the_proxy(way: str) -> None:
    requests: list[bytes] = []
    with serving(says(page()), requests=requests) as port:
        assert await WAYS[way]({"proxy": f"http://127.0.0.1:{port}"}, "http://shop.example.com/ready")
    assert requests[0].startswith(b"GET http://shop.example.com/ready HTTP/1.1\r\n")


@ways
async def test_a_proxy_that_refuses_or_answers_with_a_page_is_no_success(way: str) -> None:
    answer = page(b"<html>Sign in to the proxy</html>", b"Content-Type: text/html", status=b"407 Proxy Authentication")
    with serving(says(answer)) as port:
        assert not await WAYS[way]({"proxy": f"http://127.0.0.1:{port}"}, "https://shop.example.com/ready")
        assert not await WAYS[way]({"proxy": f"http://127.0.0.1:{port}"}, "http://shop.example.com/ready")


async def test_a_change_that_a_proxy_did_not_let_through_failed_and_is_not_unknown() -> None:
    with serving(says(page(b"no", status=b"403 Forbidden"))) as port:
        request = Request("POST", "https://shop.example.com/", "POST https://shop.example.com/")
        access = HttpAccess(proxy=f"http://127.0.0.1:{port}")
        finished = await send_request(request, timeout=5.0, output=lambda text: None, access=access, reveal=reveal)
    assert finished.state is StepState.FAILED


@pytest.mark.parametrize(
    ("url", "tenant"),
    [
        ("https://api.example.com/a", "one"),
        ("https://API.example.com:443/b", "one"),
        ("https://api.example.com:8443/a", ""),
        ("http://api.example.com/a", ""),
        ("https://api.example.com.evil.example/a", ""),
        ("https://api.example.com@evil.example/a", ""),
        ("https://other.example.com/", "two"),
        ("not an address", ""),
    ],
)
def test_a_step_reaches_an_address_as_the_table_of_its_origin_says_and_no_other(url: str, tenant: str) -> None:
    accesses = (
        OriginAccess(("https://api.example.com",), headers={"X-Tenant": "one"}),
        OriginAccess(("https://other.example.com/",), headers={"X-Tenant": "two"}),
    )
    assert find_access(accesses, url).headers.get("X-Tenant", "") == tenant
