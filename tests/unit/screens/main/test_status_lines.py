"""How the environment stands, in the words of the bar."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cockpit.model.event import Event, Kind
from cockpit.model.probe import ProbeState
from cockpit.model.time import format_timestamp
from screens.main.status_lines import list_recent_changes, render_summary
from screens.shared.view import View
from tests.tui.stage import probes

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
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


def test_a_rollback_counts_from_when_the_traffic_moved_and_not_from_its_request() -> None:
    """Seen: "Rolled back 56s ago" of traffic that had moved 46 s ago, beside probes that were up since before that."""
    asked, seen = NOW - timedelta(seconds=56), NOW - timedelta(seconds=43)
    detail = {"before": {"mi--v3": 100}, "after": {"mi--v2": 100}, "asked": format_timestamp(asked)}
    move = Event(7, None, "prod", "mi", asked, seen, Kind.TRAFFIC, "recorder", "", "", detail, None, 1, "")
    assert [change.occurred for change in list_recent_changes([move], NOW - timedelta(minutes=10))] == [seen]

    def step(id: int, at: datetime, phase: str) -> Event:
        command = "az containerapp ingress traffic set --revision-weight mi--v2=100"
        told = {"phase": phase, "attempt": 1, "kind": "change", "as_run": command, "state": "ok"}
        return Event(id, None, "prod", "r1#3", at, at, Kind.STEP, "ana", "ana", "", told, None, 1, "")

    moved = NOW - timedelta(seconds=46)
    events = [step(5, asked - timedelta(seconds=1), "intent"), step(6, moved, "outcome"), move]
    changes = list_recent_changes(events, NOW - timedelta(minutes=10))
    assert [change.occurred for change in changes if change.kind == Kind.TRAFFIC] == [moved]
