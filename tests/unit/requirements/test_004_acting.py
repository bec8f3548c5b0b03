"""Declaring on the fifth team's priorities."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cockpit.model.clock import ClockKind
from tests.unit.requirements.acting_stage import Shift

OnShift = Callable[[str], Shift]


@pytest.mark.parametrize(("priority", "minutes"), [("P0", 15), ("P1", 30), ("P2", 120), ("P3", 480)])
def test_004_priorities_are_declared_and_their_response_time_is_on_record(
    shift: OnShift, priority: str, minutes: int
) -> None:
    declared = shift("mystira").declare(priority)
    assert declared.severity == priority
    (rule,) = (each for each in declared.rules if each.kind is ClockKind.RESPONSE)
    assert rule.after == timedelta(minutes=minutes)
