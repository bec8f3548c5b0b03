"""What a kubeconfig signs in with may be gone, ended, damaged or hang: it is said by name, and nothing is left."""

import asyncio
import base64
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.secret import MASK
from cockpit.model.text import clean_line
from cockpit.platforms.kubernetes.sign_in import ask_plugin, complete_sign_in
from tests.integration.platforms.kubernetes.cluster_stage import opened_cluster

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
TOKEN = "t0k3n" * 900  # longer than any line that is shown


def write_plugin(folder: Path, text: str) -> dict[str, Any]:
    path = folder / "plugin"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": str(path)}


def answer_with(**status: str) -> str:
    return f"cat <<'END'\n{json.dumps({'kind': 'ExecCredential', 'status': status})}\nEND"


async def sign_in(user: Mapping[str, Any], deadline: float = 20.0, authority: str = "") -> Mapping[str, Any]:
    """The user of the kubeconfig that kr8s gets."""
    kubeconfig = {
        "users": [{"name": "ana", "user": dict(user)}],
        "clusters": [{"name": "aks", "cluster": {"server": "https://127.0.0.1:1", "certificate-authority": authority}}],
    }
    completed = await complete_sign_in(kubeconfig, os.environ, NOW, deadline)
    result: Mapping[str, Any] = completed["users"][0]["user"]
    return result


def make_certificate(ends: datetime) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ana")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, ends - timedelta(days=30), ends)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


async def test_the_token_of_a_plugin_is_taken_whole_and_its_question_names_the_version(tmp_path: Path) -> None:
    asks = 'case "$KUBERNETES_EXEC_INFO" in *v1beta1*) ;; *) exit 7;; esac\n'
    assert await sign_in({"exec": write_plugin(tmp_path, asks + answer_with(token=TOKEN))}) == {"token": TOKEN}


async def test_a_certificate_of_a_plugin_is_one_of_the_user(tmp_path: Path) -> None:
    pem = make_certificate(NOW + timedelta(days=1))
    plugin = write_plugin(tmp_path, answer_with(clientCertificateData=pem, clientKeyData=pem))
    assert await sign_in({"exec": plugin}) == {"client-certificate-data": pem, "client-key-data": pem}


async def test_a_file_with_a_token_is_read(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert await sign_in({"tokenFile": str(tmp_path / "token")}) == {"token": TOKEN}


@pytest.mark.parametrize("way", ["token", "tokenFile", "exec", "password"])
async def test_whatever_it_signs_in_with_is_masked_in_what_the_cluster_says(way: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("open-sesame-99\n")
    ways = {
        "token": "open-sesame-99",
        "password": "open-sesame-99",
        "tokenFile": str(tmp_path / "token"),
        "exec": write_plugin(tmp_path, answer_with(token="open-sesame-99")),
    }
    await sign_in({way: ways[way]})
    assert clean_line("who is open-sesame-99?") == f"who is {MASK}?"


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("echo AADSTS700082: expired >&2; exit 3", "AADSTS700082"),
        ("echo Please sign in", "no JSON"),
        ("echo '[]'", "no token"),
        (answer_with(token=""), "no token"),
        (answer_with(clientKeyData="only the key"), "no token"),
    ],
)
async def test_a_plugin_that_gives_nothing_says_why(text: str, fact: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=fact) as refused:
        await sign_in({"exec": write_plugin(tmp_path, text)})
    assert refused.value.problem.kind is ProblemKind.SIGN_IN


async def test_a_plugin_that_is_not_there_says_how_to_install_it() -> None:
    with pytest.raises(SourceError, match="kubelogin-9") as refused:
        await ask_plugin({"command": "kubelogin-9", "installHint": "brew install kubelogin"}, os.environ, 5)
    assert refused.value.problem.advice == "brew install kubelogin"


async def test_a_plugin_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    held = tmp_path / "held"  # open as long as the plugin or what it started lives
    os.mkfifo(held)
    reading = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    plugin = write_plugin(tmp_path, f"exec 3> {held}\necho started >&3\nsleep 600 &\nwait")
    with pytest.raises(SourceError, match="did not end") as refused:
        await sign_in({"exec": plugin}, deadline=2.0)  # long enough for a busy machine to start it
    assert refused.value.problem.kind is ProblemKind.SIGN_IN
    assert await asyncio.wait_for(asyncio.to_thread(read_to_the_end, reading), 30) == "started\n"


def read_to_the_end(descriptor: int) -> str:
    os.set_blocking(descriptor, True)
    with open(descriptor) as reader:
        return reader.read()


@pytest.mark.parametrize(
    ("user", "fact"),
    [
        ({"client-certificate": "/nowhere/c.pem", "client-key": "/nowhere/k.pem"}, "/nowhere/c.pem"),
        ({"tokenFile": "/nowhere/token"}, "/nowhere/token"),
        ({"client-certificate-data": "!!!"}, "client-certificate-data"),
        ({"client-key-data": base64.b64encode(b"no key").decode()}, "client-key-data"),
        ({"auth-provider": {"name": "azure", "config": {}}}, "auth-provider azure"),
        ({"exec": {"command": "x", "apiVersion": "client.authentication.k8s.io/v1alpha1"}}, "v1alpha1"),
        ({"exec": {"apiVersion": "client.authentication.k8s.io/v1"}}, "without a command"),
    ],
)
async def test_what_is_gone_or_damaged_is_named_and_is_no_defect_of_ours(user: dict[str, Any], fact: str) -> None:
    with pytest.raises(SourceError, match=fact) as refused:
        await sign_in(user)
    assert refused.value.problem.kind is ProblemKind.REFUSED


async def test_an_authority_that_is_gone_is_named() -> None:
    with pytest.raises(SourceError, match="as certificate-authority"):
        await sign_in({"token": "t"}, authority="/nowhere/ca.pem")


@pytest.mark.parametrize(("days", "over"), [(-1, True), (1, False)])
async def test_a_client_certificate_that_ended_says_when(days: int, over: bool, tmp_path: Path) -> None:
    pem = make_certificate(NOW + timedelta(days=days))
    (tmp_path / "c.pem").write_text(pem)
    for user in (
        {"client-certificate-data": base64.b64encode(pem.encode()).decode()},
        {"client-certificate": str(tmp_path / "c.pem")},
    ):
        if not over:
            assert await sign_in(user) == user
            continue
        with pytest.raises(SourceError, match="2026-11-20") as refused:
            await sign_in(user)
        assert refused.value.problem.kind is ProblemKind.SIGN_IN


async def test_a_context_whose_user_is_gone_signs_nobody_in(tmp_path: Path) -> None:
    async with opened_cluster(tmp_path) as stage:
        document = json.loads(stage.kubeconfig.read_text())
        stage.kubeconfig.write_text(json.dumps({**document, "users": []}))
        reading = await stage.platform().build_feed().poll()
        assert reading.problem is not None
        assert reading.problem.kind is ProblemKind.MISSING
        assert stage.api.requests == []
