"""The worlds that commands are typed in."""

from collections.abc import AsyncIterator

import pytest

from cockpit.simulator.world.scenario import load_scenario
from tests.integration.runbooks.az.commanding import Shell, shell


@pytest.fixture
async def quiet() -> AsyncIterator[Shell]:
    """Three revisions: r41 is not active, r43 is the latest and has all the traffic."""
    async with shell(load_scenario("quiet")) as opened:
        yield opened


@pytest.fixture
async def bad() -> AsyncIterator[Shell]:
    """Thirty seconds into the bad deployment: r44 is sick and has all the traffic."""
    async with shell(load_scenario("bad-deploy")) as opened:
        opened.play.time.pass_by(30)
        yield opened


@pytest.fixture
async def single() -> AsyncIterator[Shell]:
    """The same, in single revision mode."""
    async with shell(load_scenario("single-mode")) as opened:
        opened.play.time.pass_by(30)
        yield opened


@pytest.fixture
async def quirks() -> AsyncIterator[Shell]:
    async with shell(load_scenario("quirks")) as opened:
        yield opened
