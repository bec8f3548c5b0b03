"""What the tests of Compose share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.platforms.compose.engine_stage import EngineStage, open_engine


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[EngineStage]:
    async with open_engine(tmp_path) as engine_stage:
        yield engine_stage
