"""What the first team does by hand."""

from collections.abc import Callable

import pytest

from cockpit.model.run import StepState
from tests.unit.requirements.acting_stage import Shift

OnShift = Callable[[str], Shift]


@pytest.mark.parametrize(
    ("procedure", "step", "word"),
    [
        pytest.param("operations#in-the-web-interface", 1, "Revoke", id="test_000_s3_web_ui_revoke"),
        pytest.param("operations#5", 1, ".env.deploy", id="test_000_s4_prechecks_parameter_file_and_env_deploy"),
        pytest.param("operations#5", 2, "location", id="test_000_s4_regional_outage_change_location"),
        pytest.param("operations#5", 5, "name", id="test_000_s4_regional_outage_dns_update"),
    ],
)
def test_000_what_people_do_by_hand_is_a_step_with_who_and_when(
    shift: OnShift, procedure: str, step: int, word: str
) -> None:
    team = shift("meeting-intelligence")
    incident = team.declare(team.desk.ladder[0].name)
    run = team.start(procedure)
    assert word in team.runner.step(run, step).title
    team.runner.settle(run, step, StepState.BY_HAND)
    event = team.timeline.events(kinds=["step"], incident=incident.id)[-1]
    assert (event.actor, event.occurred, event.detail["state"]) == ("ana", team.time.now(), "by hand")
