"""The log streams of Azure behind an authority of the company's own, as `[cloud] ca_file` names it."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from cockpit.azure.client import Azure
from cockpit.azure.identity import Credential
from cockpit.azure.token_sources import Simulator
from cockpit.model.run import StepState
from cockpit.model.system import Cloud
from cockpit.model.time import RealTime
from cockpit.platforms.app_service.sites import WebSite
from cockpit.runbooks.az import perform_az_command
from tests.integration.runbooks.az.commanding import Screen, known


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
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


@pytest_asyncio.fixture
async def azure(simulator: dict[str, Any], request: pytest.FixtureRequest) -> AsyncIterator[Azure]:
    """Of one typed command (`direct`) or of the screen."""
    cloud = Cloud(endpoint=simulator["management"], ca_file=simulator["ca_file"])
    time, scope = RealTime(), "https://management.azure.com/.default"
    made = Azure(
        cloud,
        Credential([Simulator()], scope, time=time),
        subscription=simulator["subscription"],
        read_only=False,
        time=time,
        direct=request.param,
    )
    yield made
    await made.close()


BOTH = pytest.mark.parametrize("azure", [True, False], ids=["typed", "on screen"], indirect=True)


@BOTH
@pytest.mark.parametrize("kind", ["console", "system"])
async def test_logs_of_a_container_app_come_by_the_authority_of_the_configuration(azure: Azure, kind: str) -> None:
    """Seen: `check --live` said that the stream answers, and the step of a runbook broke at its certificate."""
    screen = Screen()
    command = known(f"az containerapp logs show -n shop-api -g shop-prod-rg --type {kind} --tail 1")
    done = await perform_az_command(command, azure, screen)
    assert done.state is StepState.OK, done.outcome
    assert screen.text


@BOTH
async def test_so_does_the_log_of_a_site(azure: Azure) -> None:
    await WebSite(azure, "shop-prod-rg", "shop-api").check_log(azure.time)
