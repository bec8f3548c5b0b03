"""How the cloud is reached: which proxy, which authorities; never a proxy for what runs on this machine."""

import ssl
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from cockpit.azure.endpoints import resolve_endpoints
from cockpit.azure.pool import _open_http_sessions, _prepare_ssl_context
from cockpit.azure.token_sources import DeviceCodeSource
from cockpit.feeds.azure_streams import open_stream_client
from cockpit.model.problem import SourceError
from cockpit.model.system import Cloud
from cockpit.platforms.kubernetes.client import choose_proxy, leaves_environment_alone

PROXY = "http://proxy.example.com:3128"


@pytest.mark.parametrize(
    ("cloud", "proxy", "environment"),
    [
        (Cloud(), "", False),
        (Cloud(proxy="env"), "", True),
        (Cloud(proxy="none"), "", False),
        (Cloud(proxy=PROXY), PROXY, False),
        (Cloud(endpoint="http://127.0.0.1:1", proxy=PROXY), "", False),
        (Cloud(endpoint="http://127.0.0.1:1"), "", False),
    ],
)
async def test_every_client_of_the_cloud_takes_the_configured_way(cloud: Cloud, proxy: str, environment: bool) -> None:
    where = resolve_endpoints(cloud)
    sessions = _open_http_sessions(where, ssl.create_default_context())
    for session in (sessions.reads, sessions.changes):
        assert (str(session._default_proxy or ""), session.trust_env) == (proxy, environment)
    await sessions.close()
    async with open_stream_client(where, read_only=True) as client:
        assert client.trust_env is environment
        assert any("all://" in pattern.pattern for pattern in client._mounts) is bool(proxy)
    source = DeviceCodeSource("", where, known_authority=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("msal.PublicClientApplication", lambda *args, **more: SimpleNamespace())
        source._app()
    assert (source._session.proxies.get("https", ""), source._session.trust_env) == (proxy, environment)
    await source.close()


def test_an_authority_of_ones_own_is_trusted_and_one_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(path)
    assert len(_prepare_ssl_context(str(path)).get_ca_certs()) > len(_prepare_ssl_context("").get_ca_certs())
    path.write_text("<html>sign in</html>")
    for wrong in (path, tmp_path / "gone.pem"):
        with pytest.raises(SourceError) as refused:
            _prepare_ssl_context(str(wrong))
        assert refused.value.code == "not-certificates"
        assert wrong.name in refused.value.problem.message


@pytest.mark.parametrize(
    ("server", "own", "setting", "proxy", "alone"),
    [
        ("https://k8s.example.com", "", "env", "", False),
        ("https://k8s.example.com", "", "none", "", True),
        ("https://k8s.example.com", "http://of-kubeconfig:1", "env", "http://of-kubeconfig:1", False),
        ("https://k8s.example.com", "http://of-kubeconfig:1", "none", "http://of-kubeconfig:1", False),
        ("https://k8s.example.com", "http://of-kubeconfig:1", PROXY, PROXY, False),
        ("https://127.0.0.1:6443", "http://of-kubeconfig:1", PROXY, "", True),
    ],
)
def test_a_cluster_is_reached_by_the_configured_proxy_before_that_of_its_kubeconfig(
    server: str, own: str, setting: str, proxy: str, alone: bool
) -> None:
    cluster = {"proxy-url": own} if own else {}
    api: Any = SimpleNamespace(auth=SimpleNamespace(server=server, _cluster=cluster))
    choose_proxy(api, setting)
    assert (cluster.get("proxy-url", ""), leaves_environment_alone(api, setting)) == (proxy, alone)
