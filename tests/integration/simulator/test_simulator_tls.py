"""The workload over TLS, as its users and the commands of runbooks reach it."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cockpit.config import load_system


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "cockpit", "simulator", "--until-stdin-closes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path_factory.mktemp("simulator"))},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())
    process.stdin.close()
    process.stdout.close()
    assert process.wait(10) == 0


def test_curl_reaches_the_fqdn_as_a_runbook_writes_it(ready: dict[str, Any]) -> None:
    prod = load_system(Path(ready["config"])).environments[0]
    command = "curl -sf https://<FQDN>/health/ready | jq -r .status".replace("<FQDN>", str(prod.values["FQDN"]))
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command], env={**prod.shell}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "ready\n")


def test_whoever_does_not_trust_its_authority_gets_no_answer(ready: dict[str, Any]) -> None:
    with pytest.raises(httpx.ConnectError, match=r"self-signed certificate|unable to get local issuer"):
        httpx.get(f"{ready['tls_url']}/healthz", trust_env=False)


def test_the_certificate_holds_to_the_strictest_reading(ready: dict[str, Any]) -> None:
    context = ssl.create_default_context(cafile=ready["ca_file"])
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    for host in ("127.0.0.1", "localhost"):
        url = ready["tls_url"].replace("127.0.0.1", host)
        assert httpx.get(f"{url}/healthz", verify=context, trust_env=False).json() == {"status": "healthy"}


def test_the_app_says_that_this_is_its_fqdn(ready: dict[str, Any]) -> None:
    path = f"/subscriptions/{ready['subscription']}/providers/Microsoft.App/containerApps"
    found = httpx.get(ready["url"] + path, params={"api-version": "2025-07-01"}, trust_env=False).json()["value"][0]
    assert "https://" + found["properties"]["configuration"]["ingress"]["fqdn"] == ready["tls_url"]


def test_over_tls_there_is_no_cloud_to_manage(ready: dict[str, Any]) -> None:
    context = ssl.create_default_context(cafile=ready["ca_file"])
    path = f"/subscriptions/{ready['subscription']}/providers/Microsoft.App/containerApps"
    answer = httpx.get(ready["tls_url"] + path, params={"api-version": "2025-07-01"}, verify=context, trust_env=False)
    assert answer.headers["x-served-by"] == "shop-api--r43"


def test_no_key_is_left_on_the_disk(ready: dict[str, Any]) -> None:
    folder = Path(ready["config"]).parent
    assert not any("PRIVATE KEY" in each.read_text() for each in folder.iterdir())
