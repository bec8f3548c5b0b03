"""The worlds that the tests of this folder visit."""

from collections.abc import AsyncIterator

import pytest

from cockpit.simulator.world.scenario import load_scenario
from tests.integration.simulator.playing import Playing, playing


@pytest.fixture
async def quiet() -> AsyncIterator[Playing]:
    async with playing(load_scenario("quiet")) as play:
        yield play


@pytest.fixture
async def quirks() -> AsyncIterator[Playing]:
    async with playing(load_scenario("quirks")) as play:
        yield play


@pytest.fixture
async def bad_deploy() -> AsyncIterator[Playing]:
    async with playing(load_scenario("bad-deploy")) as play:
        yield play
