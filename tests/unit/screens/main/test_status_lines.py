"""How the environment stands, in the words of the bar."""

from dataclasses import replace

import pytest

from cockpit.model.probe import ProbeState
from screens.main.status_lines import render_summary
from screens.shared.view import View
from tests.tui.stage import probes

UP, PLANNED, ASLEEP = ProbeState.UP, ProbeState.MAINTENANCE, ProbeState.ASLEEP


@pytest.mark.parametrize(
    ("states", "summary"),
    [
        ((UP,), "1 probe up"),
        ((UP, UP), "all 2 probes up"),
        ((UP, UP, PLANNED), "2 probes up, 1 in maintenance"),
        ((UP, PLANNED, ASLEEP), "1 probe up, 1 in maintenance, 1 asleep"),
        ((PLANNED,), "0 probes up, 1 in maintenance"),
        ((), ""),
    ],
)
def test_what_nobody_asks_for_is_not_counted_as_up(states: tuple[ProbeState, ...], summary: str) -> None:
    results = tuple(replace(probes()[0], name=f"probe {number}", state=state) for number, state in enumerate(states))
    assert render_summary(View(probes=results))[0] == summary
