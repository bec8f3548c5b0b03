"""Signed in with az, over TLS, as on a real day: the sign-in ends while the cockpit watches, and comes back."""

import base64
import json
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trustme
from aiohttp import web

from cockpit.azure.client import Azure
from cockpit.azure.errors import ADVICE
from cockpit.azure.identity import Credential, build_credential
from cockpit.feeds.polling import Polled
from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.reading import FeedState, compute_freshness
from cockpit.model.system import Cloud, Environment
from cockpit.model.time import RealTime
from cockpit.platforms.container_apps.platform import revisions_feed
from tests.integration.azure.fake_azure import SUBSCRIPTION, FakeAzure, Reply

CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
EXPIRED = "AADSTS700082: The refresh token has expired due to inactivity."
TIME = RealTime()


@pytest.fixture
async def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeAzure]:
    """The fake Azure at an https address with a private CA."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    fake = FakeAzure()
    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", fake.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    fake.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    fake.on(r"GET .*/containerApps/web\?", Reply(body={"name": "web", "properties": {}}))
    fake.on(r"/revisions\?", Reply(body={"value": []}))
    yield fake
    await runner.cleanup()


@pytest.fixture
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "az"


def signs_in(az: Path, name: str) -> None:
    middle = base64.urlsafe_b64encode(json.dumps({"upn": name}).encode()).decode().rstrip("=")
    answer = {"accessToken": f"h.{middle}.s", "expires_on": int(time.time()) + 3_600}
    az.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    az.chmod(0o755)


def expires(az: Path) -> None:
    az.write_text(f'#!/bin/sh\necho "{EXPIRED}" >&2; exit 1\n')
    az.chmod(0o755)


@pytest.fixture
def person(cloud: FakeAzure) -> Credential:
    return build_credential(("cli",), "", "", Cloud(endpoint=cloud.url), time=TIME)


@pytest.fixture
async def feed(cloud: FakeAzure, person: Credential) -> AsyncIterator[Polled[Any]]:
    azure = Azure(Cloud(endpoint=cloud.url), person, subscription=SUBSCRIPTION, read_only=True, time=TIME)
    environment = Environment("prod", resource_group="rg", apps=("web",))
    yield revisions_feed(environment, azure, time=TIME, random=Random(1))
    await azure.close()


async def test_the_pane_goes_blind_with_the_reason_keeps_its_value_and_recovers(
    az: Path, cloud: FakeAzure, feed: Polled[Any], person: Credential
) -> None:
    signs_in(az, "ops@example.com")
    good = await feed.poll()
    assert good.problem is None
    assert set(cloud.authorizations) == {cloud.authorizations[0]}
    assert cloud.authorizations[0].startswith("Bearer h.")

    expires(az)
    cloud.on(".", Reply(401, {"error": {"code": "ExpiredAuthenticationToken", "message": "The token expired."}}))
    await feed.poll()
    blind = await feed.poll()
    assert blind.value == good.value
    assert blind.problem is not None
    assert (blind.problem.kind, blind.problem.short) == (ProblemKind.SIGN_IN, "sign-in expired AADSTS700082")
    assert compute_freshness(blind, blind.tried).state is FeedState.BLIND

    signs_in(az, "ops@example.com")
    person.forget()  # what the cockpit does after `az login` has run
    cloud.rules.pop(0)
    assert (await feed.poll()).problem is None


async def test_a_challenge_for_claims_shows_the_command_that_answers_it(
    az: Path, cloud: FakeAzure, feed: Polled[Any], person: Credential
) -> None:
    signs_in(az, "ops@example.com")
    coded = base64.urlsafe_b64encode(CLAIMS.encode()).decode().rstrip("=")
    header = f'Bearer authorization_uri="https://x", error="insufficient_claims", claims="{coded}"'
    cloud.on(".", Reply(401, {}, {"WWW-Authenticate": header}))
    reading = await feed.poll()
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.SIGN_IN
    expected = f"az login --claims-challenge {base64.b64encode(CLAIMS.encode()).decode()} --scope"
    assert reading.problem.advice.startswith(f"Run: {expected}")
    assert person.login_command()[:3] == expected.split()[:3]
    assert len(cloud.asked) == 1


async def test_an_https_address_with_an_unknown_certificate_gets_no_token(
    az: Path, cloud: FakeAzure, feed: Polled[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    signs_in(az, "ops@example.com")
    monkeypatch.delenv("SSL_CERT_FILE")
    reading = await feed.poll()
    assert reading.problem is not None
    assert (reading.problem.kind, reading.problem.short) == (ProblemKind.NETWORK, "TLS refused")
    assert cloud.asked == []


async def test_a_machine_without_an_identity_says_so_and_is_not_waited_for(
    az: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")
    for variable in ("IDENTITY_ENDPOINT", "MSI_ENDPOINT", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(variable, raising=False)
    async with build_credential(("managed_identity",), "", "", Cloud(), time=TIME) as machine:
        with pytest.raises(SourceError) as failed:
            await machine.token("https://management.azure.com/.default")
    assert failed.value.problem.short == "no managed identity"


HERE, THERE = "11111111-2222-4333-8444-555555555555", "99999999-8888-4777-8666-555555555555"
ISSUER = f"""The access token is from the wrong issuer 'https://sts.windows.net/{HERE}/'. It must match the tenant \
'https://sts.windows.net/{THERE}/' associated with this subscription."""


async def test_a_sign_in_of_another_tenant_is_no_expired_one_and_the_key_signs_in_to_the_right_one(
    az: Path, cloud: FakeAzure, feed: Polled[Any], person: Credential
) -> None:
    """az accepts such a subscription when it was signed in to that tenant once."""
    signs_in(az, "ops@example.com")
    challenge = f"""Bearer authorization_uri="https://login.windows.net/{THERE}", error="invalid_token", \
error_description="The access token is from the wrong issuer. It must match the tenant associated with it." """
    body = {"error": {"code": "InvalidAuthenticationTokenTenant", "message": ISSUER}}
    cloud.on(".", Reply(401, body, {"WWW-Authenticate": challenge}))
    readings = [await feed.poll() for _ in range(3)]  # the third is answered without a question
    for reading in readings:
        assert reading.problem is not None
        assert (reading.problem.kind, reading.problem.code) == (ProblemKind.SIGN_IN, "wrong-tenant")
        assert reading.problem.facts["tenant"] == THERE
    assert person.login_command()[-2:] == ["--tenant", THERE]


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "RequestDisallowedByPolicy"), (409, "ScopeLocked"), (409, "ReadOnlyDisabledSubscription")],
)
async def test_what_no_role_and_no_waiting_mends_is_called_neither(
    az: Path, cloud: FakeAzure, feed: Polled[Any], status: int, code: str
) -> None:
    signs_in(az, "ops@example.com")
    cloud.on(".", Reply(status, {"error": {"code": code, "message": "because"}}))
    reading = await feed.poll()
    assert reading.problem is not None
    assert (reading.problem.kind, reading.problem.transient) == (ProblemKind.REFUSED, False)
    assert reading.problem.advice not in ("", *ADVICE.values())
