"""Why a key of the cockpit does nothing: nobody takes what is over, whether one alert or many of one name."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cockpit.model.alert import Alert, AlertGroup, AlertState, Severity
from cockpit.model.key_bindings import KeyBinding, Need
from screens.main.standing import REASONS, CockpitStanding
from screens.main.status_lines import is_over

ALERT = Alert("am", "a", "lag", Severity.HIGH, AlertState.FIRING, datetime(2026, 11, 1, tzinfo=UTC), "prod")
KEY = KeyBinding("cockpit.acknowledge", "a", "Acknowledge", "")


@pytest.mark.parametrize(
    ("states", "over"),
    [
        ((AlertState.RESOLVED,), True),
        ((AlertState.RESOLVED, AlertState.RESOLVED), True),
        ((AlertState.RESOLVED, AlertState.FIRING), False),
        *(((state,), False) for state in AlertState if state is not AlertState.RESOLVED),
    ],
)
def test_an_alert_is_over_when_it_resolved_and_many_when_all_did(states: tuple[AlertState, ...], over: bool) -> None:
    several = tuple(replace(ALERT, state=state) for state in states)
    assert is_over(several[0] if len(several) == 1 else AlertGroup("lag", several)) is over


def test_a_rollback_of_the_teams_own_needs_no_app() -> None:
    roll_back = KeyBinding("cockpit.roll_back", "R", "Roll back", "")
    assert REASONS[Need.APP](CockpitStanding(platform=False), roll_back)
    assert not REASONS[Need.APP](CockpitStanding(platform=False, own_rollback=True), roll_back)
    assert REASONS[Need.APP](CockpitStanding(platform=False, own_rollback=True), KEY)


def test_the_key_says_that_an_alert_is_over() -> None:
    assert "is over" in REASONS[Need.UNTAKEN](CockpitStanding(alert=True, over=True, taken=True), KEY)
    assert not REASONS[Need.UNTAKEN](CockpitStanding(alert=True), KEY)
