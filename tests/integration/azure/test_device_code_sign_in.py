"""Signed in by device code: the real msal against an authority of our own, over TLS."""

import asyncio
import base64
import json
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web

from cockpit.azure.identity import Credential, build_credential
from cockpit.azure.token_sources import SignInPrompt
from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.system import Cloud
from cockpit.model.time import RealTime

ARM = "https://management.azure.com/.default"
LOGS = "https://api.loganalytics.io/.default"


def coded(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


class Authority:
    """Hands out a code, waits for a person who may never come, then tokens."""

    def __init__(self) -> None:
        self.person_came = False
        self.refuses = ""
        self.asked: list[str] = []
        self.host = ""

    async def discovery(self, request: web.Request) -> web.Response:
        base = f"https://{self.host}/organizations"
        return web.json_response(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            }
        )

    async def device_code(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "device_code": "d", "user_code": "ABCD-1234", "verification_uri": "https://example.com/device",
                "expires_in": 900, "interval": 1, "message": "",
            }
        )  # fmt: skip

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.asked.append(str(form["grant_type"]))
        if self.refuses:
            return web.json_response({"error": "invalid_grant", "error_description": self.refuses}, status=400)
        if not self.person_came:
            return web.json_response({"error": "authorization_pending"}, status=400)
        issuer, now = f"https://{self.host}/t-1/v2.0", int(time.time())
        person = {"preferred_username": "ops@example.com", "tid": "t-1", "oid": "o", "sub": "s"}
        claims = {**person, "aud": form["client_id"], "iss": issuer, "exp": now + 3_600, "iat": now}
        return web.json_response(
            {
                "token_type": "Bearer",
                "access_token": f"h.{coded(claims)}.s",
                "expires_in": 3_600,
                "refresh_token": "r",
                "scope": str(form.get("scope", "")),
                "id_token": f"{coded({'alg': 'none'})}.{coded(claims)}.s",
                "client_info": coded({"uid": "o", "utid": "t-1"}),
            }
        )


@pytest.fixture
async def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Authority]:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    found = Authority()
    app = web.Application()
    app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", found.discovery)
    app.router.add_post("/{tenant}/oauth2/v2.0/devicecode", found.device_code)
    app.router.add_post("/{tenant}/oauth2/v2.0/token", found.token)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    found.host = f"127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


@pytest.fixture
async def person(authority: Authority) -> AsyncIterator[Credential]:
    async with build_credential(("device_code",), "", "", Cloud(authority=authority.host), time=RealTime()) as found:
        yield found


async def test_a_person_signs_in_with_a_code_and_every_scope_works_from_then_on(
    authority: Authority, person: Credential
) -> None:
    prompts: list[SignInPrompt] = []

    def prompt(shown: SignInPrompt) -> None:
        prompts.append(shown)
        authority.person_came = True

    with pytest.raises(SourceError) as failed:
        await person.token(ARM)
    assert failed.value.problem.short == "sign in needed"
    assert person.signs_in_with == "device_code"
    identity = await person.sign_in(prompt)
    assert identity.label == "ops@example.com via device code"
    assert (prompts[0].url, prompts[0].code) == ("https://example.com/device", "ABCD-1234")
    assert (await person.token(ARM)).secret == (await person.token(ARM)).secret
    await person.token(LOGS)
    assert authority.asked[-1] == "refresh_token"


async def test_giving_up_ends_the_wait_for_the_person(authority: Authority, person: Credential) -> None:
    shown = asyncio.Event()
    waiting = asyncio.create_task(person.sign_in(lambda _: shown.set()))
    await shown.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.get_running_loop().shutdown_default_executor()  # hangs if the thread still waits
    authority.person_came = True
    with pytest.raises(SourceError):
        await person.token(ARM)


async def test_what_the_authority_refuses_is_reported_in_its_own_words(
    authority: Authority, person: Credential
) -> None:
    authority.refuses = "AADSTS50105: The user is not assigned to a role \x1b[31m"
    with pytest.raises(SourceError) as failed:
        await person.sign_in(lambda _: None)
    problem = failed.value.problem
    assert problem.kind is ProblemKind.SIGN_IN
    assert "AADSTS50105" in problem.short
    assert "not assigned to a role" in problem.message
    assert "\x1b" not in problem.message


async def test_an_authority_that_is_not_there_is_a_network_problem() -> None:
    nowhere = Cloud(authority="127.0.0.1:9")
    async with build_credential(("device_code",), "", "", nowhere, time=RealTime()) as person:
        with pytest.raises(SourceError) as failed:
            await person.sign_in(lambda _: None)
    assert failed.value.problem.kind is ProblemKind.NETWORK
