"""Who a token stands for, and what a refused request still wants."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.azure.claims import login_command_in, read_claims_challenge, read_jwt_payload, read_token_owner
from cockpit.model.operator import Identity


def jwt(**claims: object) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"header.{middle}.signature"


def test_a_person_is_named_by_their_sign_in_name() -> None:
    found = read_token_owner(jwt(upn="ops@example.com", name="Ops", tid="t-1", oid="o"), "cli", "local")
    assert found == Identity("ops@example.com", "cli", "t-1", machine=False)


def test_a_managed_identity_is_named_by_its_resource_and_marked_as_a_machine() -> None:
    found = read_token_owner(
        jwt(xms_mirid="/subscriptions/s/virtualMachines/jump-box", idtyp="app", appid="a"), "cli", "local"
    )
    assert found == Identity("jump-box", "cli", machine=True)


def test_an_app_behind_az_is_a_machine_even_if_a_person_started_it() -> None:
    assert read_token_owner(jwt(idtyp="app", appid="app-1"), "cli", "local") == Identity("app-1", "cli", machine=True)


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "..", "a.bnVsbA.c", "a.W10.c", "\ud800.\ud800.x"])
def test_an_opaque_token_is_named_after_the_user_of_this_machine(token: str) -> None:
    assert read_token_owner(token, "cli", "ana (of this machine)").name == "ana (of this machine)"


@given(st.text() | st.binary().map(lambda raw: f"a.{base64.urlsafe_b64encode(raw).decode()}.c"))
def test_no_token_makes_the_reader_raise(token: str) -> None:
    read_token_owner(token, "cli", "local")
    assert isinstance(read_jwt_payload(token), dict)


def test_claims_are_read_from_a_challenge_that_asks_for_them() -> None:
    wanted = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
    coded = base64.urlsafe_b64encode(wanted.encode()).decode().rstrip("=")
    assert read_claims_challenge(f'Bearer error="insufficient_claims", claims="{coded}"') == wanted
    assert read_claims_challenge('Bearer error="invalid_token"') == ""
    assert read_claims_challenge('Bearer error="insufficient_claims", claims="%%%\ud800"') == ""


def test_the_login_command_of_a_message_becomes_an_argument_list() -> None:
    message = "please run (2.76 or later): az login --claims-challenge eyJ9 --tenant t --scope https://x/.default"
    command = ["az", "login", "--claims-challenge", "eyJ9", "--tenant", "t", "--scope", "https://x/.default"]
    assert login_command_in(message) == command
    assert login_command_in("Please run 'az login' to set up an account") == []
