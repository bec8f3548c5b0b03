"""The priorities of the platform team, as they stand where an incident is declared."""

from collections.abc import Callable

import pytest

from tests.unit.requirements.comms_stage import Room, severity_level


@pytest.mark.parametrize(("level", "within"), [("P0", "15 min"), ("P1", "30 min"), ("P2", "2 h"), ("P3", "8 h")])
def test_004_priorities_are_declared_with_their_response_time_on_screen(
    room: Callable[[str], Room], level: str, within: str
) -> None:
    assert room("mystira").declare(level).severity == level
    assert severity_level("mystira", level).response.startswith(within)
