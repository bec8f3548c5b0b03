"""A machine that Azure runs, by the variables in which it says where its identity is: App Service, Cloud Shell, Arc."""

import base64
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
from aiohttp import web

from cockpit.azure.identity import build_credential
from cockpit.azure.token_sources import Library
from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.system import Cloud
from tests.integration.simulator.playing import FakeTime

VARIABLES = ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT",
             "MSI_SECRET", "AZURE_FEDERATED_TOKEN_FILE")  # fmt: skip
SCOPE = "https://management.azure.com/.default"
NOBODY = {"StatusCode": 400, "Message": "No User Assigned or Delegated Managed Identity found for specified ClientId"}


class Machine:
    """The address at which a machine asks for its own token."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[web.BaseRequest] = []
        self.refusal: Callable[[], web.Response] | None = None

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request)
        if self.refusal is not None:
            return self.refusal()
        claims = {"tid": "t", "xms_mirid": "/subscriptions/s/resourcegroups/g/providers/Microsoft.Web/sites/night-job"}
        middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
        until = str(int(time.time()) + 3_600)
        return web.json_response({"access_token": f"e30.{middle}.x", "expires_on": until, "resource": "r"})


@pytest.fixture
async def machine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Machine]:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    here = Machine()
    runner = web.ServerRunner(web.Server(here.answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.url = f"http://127.0.0.1:{runner.addresses[0][1]}/msi/token"
    yield here
    await runner.cleanup()


async def fetch(client_id: str = "") -> object:
    async with build_credential(("managed_identity",), "", client_id, Cloud(), time=FakeTime()) as credential:
        await credential.token(SCOPE)
        return credential.identity()


@pytest.mark.parametrize(
    ("variables", "header"),
    [
        ({"IDENTITY_ENDPOINT": "URL", "IDENTITY_HEADER": "key-of-this-machine"}, "X-IDENTITY-HEADER"),
        ({"MSI_ENDPOINT": "URL", "MSI_SECRET": "key-of-this-machine"}, "secret"),
        ({"MSI_ENDPOINT": "URL"}, "Metadata"),
    ],
    ids=["app-service", "older-app-service", "cloud-shell"],
)
async def test_a_machine_is_signed_in_where_its_variables_say(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str], header: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("URL", machine.url))
    identity = await fetch()
    assert (getattr(identity, "name", ""), getattr(identity, "machine", False)) == ("night-job", True)
    assert header in machine.asked[0].headers


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, NOBODY, "No User Assigned or Delegated Managed Identity found"),
        (403, {"error": "unauthorized_client"}, "unauthorized_client"),
        (500, {"error": "boom"}, "boom"),
    ],
)
async def test_an_identity_that_is_refused_is_not_called_absent(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, status: int, body: object, words: str
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", machine.url)
    monkeypatch.setenv("IDENTITY_HEADER", "key-of-this-machine")
    machine.refusal = lambda: web.json_response(body, status=status)
    with pytest.raises(SourceError) as failed:
        await fetch()
    assert failed.value.code == "managed-identity-refused"
    assert words in failed.value.problem.message
    assert "key-of-this-machine" not in failed.value.problem.message


async def test_the_key_of_arc_that_may_not_be_read_says_which_group_may(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", machine.url)
    monkeypatch.setenv("IMDS_ENDPOINT", machine.url)
    challenge = {"WWW-Authenticate": "Basic realm=/var/opt/azcmagent/tokens/not-there.key"}
    machine.refusal = lambda: web.Response(status=401, headers=challenge)
    with pytest.raises(SourceError) as failed:
        await fetch()
    assert failed.value.code == "managed-identity-refused"
    assert "himds" in failed.value.problem.advice


async def test_a_client_id_where_none_can_be_chosen_says_so(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSI_ENDPOINT", machine.url)
    with pytest.raises(SourceError) as failed:
        await fetch("5105c0de-0000-4000-8000-00000000c11e")
    assert (failed.value.code, machine.asked) == ("client-id-refused", [])


async def test_an_identity_that_does_not_answer_is_given_up() -> None:
    class Hangs:
        async def get_token(self, scope: str, claims: str | None) -> object:
            raise TimeoutError

    with pytest.raises(SourceError) as failed:
        await Library("managed_identity", Hangs, human=False).fetch(SCOPE)
    assert (failed.value.code, failed.value.problem.kind) == ("managed-identity-hangs", ProblemKind.TIMEOUT)
