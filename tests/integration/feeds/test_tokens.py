"""Tokens that are asked for first: of the identity in use, or by client credentials; never sent in the clear."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from cockpit.config import ConfigErrors, load_system
from cockpit.feeds import http
from cockpit.feeds.http import TokenKeeper, fetch_access_headers, open_client_for
from cockpit.feeds.probes.state import Grade
from cockpit.model.probe import HttpAccess, HttpAuth
from cockpit.model.problem import SourceError
from cockpit.model.secret import Secret
from tests.integration.feeds.asking import ask_one, probe

Answer = Callable[[], web.Response]


class Authority:
    """Gives tokens, and a page that wants one."""

    def __init__(self) -> None:
        self.url = ""
        self.forms: list[dict[str, str]] = []
        self.asked: list[str] = []
        self.answer: Answer = lambda: web.json_response({"access_token": "t0k3n-of-the-day", "expires_in": 3_600})

    async def token(self, request: web.Request) -> web.Response:
        self.forms.append({name: str(value) for name, value in (await request.post()).items()})
        return self.answer()

    async def page(self, request: web.Request) -> web.Response:
        self.asked.append(request.headers.get("Authorization", ""))
        return web.Response(status=200 if self.asked[-1] == "Bearer t0k3n-of-the-day" else 401)


@asynccontextmanager
async def authority() -> AsyncIterator[Authority]:
    ours = Authority()
    app = web.Application()
    app.router.add_post("/token", ours.token)
    app.router.add_get("/ready", ours.page)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    ours.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield ours
    await runner.cleanup()


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> TokenKeeper:
    keeper = TokenKeeper()
    monkeypatch.setattr(http, "TOKENS", keeper)
    return keeper


def client_of(server: Authority) -> HttpAuth:
    secret = Secret("env", "CLIENT_SECRET")
    return HttpAuth(token_url=f"{server.url}/token", client_id="cockpit", client_secret=secret, scope="orders")


async def test_a_probe_signs_in_by_client_credentials_and_keeps_the_token() -> None:
    async with authority() as server:
        check = probe(f"{server.url}/ready", auth=client_of(server))
        for _ in range(3):
            outcome = await ask_one(check, reveal=lambda secret: "s3cret" if isinstance(secret, Secret) else secret)
            assert outcome.grade is Grade.GOOD, outcome.reason
    (form,) = server.forms
    assert form == {
        "grant_type": "client_credentials",
        "client_id": "cockpit",
        "client_secret": "s3cret",
        "scope": "orders",
    }


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(text="<html>sign in</html>"),
        lambda: web.json_response({"error": "invalid_client"}, status=401),
        lambda: web.json_response({"access_token": 5}),
        lambda: web.json_response({"access_token": "a\r\nX-Evil: 1"}),
        lambda: web.json_response(["no"]),
        lambda: web.Response(text="[" * 50_000),
        lambda: web.Response(status=302, headers={"Location": "https://evil.example.com/"}),
    ],
)
async def test_without_a_token_nothing_is_asked_and_nobody_accused(answer: Answer) -> None:
    async with authority() as server:
        server.answer = answer
        outcome = await ask_one(probe(f"{server.url}/ready", auth=client_of(server)), reveal=lambda _: "s3cret")
    assert outcome.grade is Grade.INCONCLUSIVE
    assert "s3cret" not in outcome.reason
    assert server.asked == []


async def test_a_source_of_alerts_takes_the_token_of_the_identity_in_use(tokens: TokenKeeper) -> None:
    scopes: list[str] = []

    async def fetch(scope: str) -> str:
        scopes.append(scope)
        return "t0k3n-of-the-day"

    tokens.entra = fetch
    access = HttpAccess(auth=HttpAuth(entra="api://orders/.default"))
    async with authority() as server, open_client_for(access, server.url, str) as client:
        assert (await client.get(f"{server.url}/ready")).status_code == 200
    assert scopes == ["api://orders/.default"]


async def test_a_token_never_goes_in_the_clear_and_without_an_identity_it_says_so(tokens: TokenKeeper) -> None:
    access = HttpAccess(auth=HttpAuth(entra="api://orders/.default"))
    with pytest.raises(SourceError) as refused:
        await fetch_access_headers(access, "https://orders.example.com/", str)
    assert refused.value.problem.short == "no identity"

    async def fetch(scope: str) -> str:
        raise AssertionError("nothing is to be fetched")

    tokens.entra = fetch
    with pytest.raises(SourceError) as refused:
        await fetch_access_headers(access, "http://orders.example.com/", str)
    assert refused.value.problem.short == "unencrypted"


@pytest.mark.parametrize(
    ("auth", "codes"),
    [
        ('"entra:api://orders/.default"', set()),
        ('{ entra = "api://orders/.default" }', set()),
        ('{ token_url = "https://x.example.com/t", client_id = "a", client_secret = { env = "S" } }', set()),
        ('{ token_url = "https://x.example.com/t", client_id = "a" }', {"required"}),
        ('{ entra = "a", bearer = { env = "S" } }', {"incomplete"}),
        ('{ scope = "a" }', {"incomplete", "required"}),
        ('"basic:me"', {"wrong-type", "incomplete"}),
    ],
)
def test_what_belongs_together_is_asked_for(tmp_path: Path, auth: str, codes: set[str]) -> None:
    file = tmp_path / "cockpit.toml"
    url = json.dumps("https://orders.example.com/")
    file.write_text(f'[[environments.prod.probes]]\nname = "orders"\nurl = {url}\nauth = {auth}\n')
    if not codes:
        (check,) = load_system(file).environments[0].probes
        assert check.auth is not None
        assert check.auth.takes_token
        return
    with pytest.raises(ConfigErrors) as refused:
        load_system(file)
    assert {error.code for error in refused.value.errors} <= codes
