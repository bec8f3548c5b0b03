"""A token goes to an https address, or to a simulator on this machine."""

import pytest

from cockpit.azure.endpoints import resolve_endpoints, stream_address
from cockpit.model.problem import SourceError
from cockpit.model.system import Cloud


def test_each_cloud_has_its_own_addresses_scopes_and_authority() -> None:
    public, government, china = (resolve_endpoints(Cloud(name=each)) for each in ("public", "us_government", "china"))
    assert public.resource_manager == "https://management.azure.com"
    assert government.resource_manager_scope == "https://management.core.usgovcloudapi.net/.default"
    assert china.authority == "login.chinacloudapi.cn"
    assert len({each.logs for each in (public, government, china)}) == 3


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8080", "http://localhost:1/", "http://[::1]:9", "http://127.9.9.9"]
)
def test_the_simulator_is_plain_http_on_this_machine_and_serves_logs_too(address: str) -> None:
    where = resolve_endpoints(Cloud(endpoint=address))
    assert where.simulated
    assert where.logs == where.resource_manager == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    ["http://example.com", "http://127.0.0.1.example.com", "http://10.0.0.1", "http://0.0.0.0", "ftp://127.0.0.1",
     "management.azure.com", "http://", "http://[::1", "https://"],
)  # fmt: skip
def test_an_address_that_would_carry_a_token_in_the_clear_is_refused(address: str) -> None:
    with pytest.raises(SourceError):
        resolve_endpoints(Cloud(endpoint=address))
    with pytest.raises(SourceError):
        resolve_endpoints(Cloud(logs_endpoint=address))


def test_an_authority_may_be_written_with_or_without_its_scheme() -> None:
    assert resolve_endpoints(Cloud(authority="https://login.example.com/")).authority == "login.example.com"


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://a.example/eventstream", "https://a.example/eventstream?tailLines=20"),
        ("https://a.example/stream?sig=a%2fb%3d/", "https://a.example/stream?sig=a%2fb%3d/&tailLines=20"),
    ],
)
def test_what_a_stream_is_asked_stands_behind_its_address_which_may_be_signed(url: str, asked: str) -> None:
    assert stream_address(url, {"tailLines": "20"}) == asked
