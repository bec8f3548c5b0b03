"""What the first team does by hand, from which moment it restores, and what it is asked after a leak."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cockpit.model.run import StepState
from screens.run.rows import render_head
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
    incident = team.declare(team.incident_actions.severity_scale[0].name)
    run = team.start(procedure)
    assert word in team.runner.step(run, step).title
    team.runner.settle(run, step, StepState.BY_HAND)
    event = team.timeline.events(kinds=["step"], incident=incident.id)[-1]
    assert (event.actor, event.occurred, event.detail["state"]) == ("ana", team.time.now(), "by hand")


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        pytest.param(timedelta(minutes=15), "", id="15_min_ago"),
        pytest.param(timedelta(days=7), "", id="7_days_ago"),
        pytest.param(timedelta(minutes=14), "at least 15 minutes ago", id="14_min_ago"),
        pytest.param(timedelta(days=7, minutes=1), "at most 7 days ago", id="over_7_days_ago"),
    ],
)
def test_000_s2_rpo_15_min_and_7_day_retention_bound_the_moment_that_is_restored(
    shift: OnShift, ago: timedelta, said: str
) -> None:
    team = shift("meeting-intelligence")
    moment = (team.time.now() - ago).isoformat()
    restore = team.procedure("restore-database#runbook-restore-the-database-to-a-point-in-time")
    step = next(each.ordinal for each in restore[1].steps if "--time" in each.command)
    prepared = team.runner.preview(*restore, step, {"RESTORE_TIME": moment})
    (value,) = (each for each in prepared.values if each.name == "RESTORE_TIME")
    assert (said in value.problem, bool(value.problem)) == (True, bool(said))
    assert ("RESTORE_TIME" in prepared.reason_not_runnable) == bool(said)


@pytest.mark.parametrize("name", ["operations#in-the-web-interface", "operations#at-once-for-a-security-incident"])
def test_000_s3_a_leaked_token_asks_whether_personal_data_could_have_been_read(shift: OnShift, name: str) -> None:
    _, procedure = shift("meeting-intelligence").procedure(name)
    assert "`cockpit aware`" in procedure.warnings[-1]
    _, other = shift("meeting-intelligence").procedure("bad-deployment#runbook-roll-back-a-bad-deployment")
    assert not any("cockpit aware" in each for each in other.warnings)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("bad-deployment#runbook-roll-back-a-bad-deployment", "5:00", id="s1"),
        pytest.param("restore-database#runbook-restore-the-database-to-a-point-in-time", "30:00", id="s2"),
        pytest.param("operations#in-the-web-interface", "1:00", id="s3_without_the_lag_of_the_caches"),
        pytest.param("operations#5", "60:00", id="s4"),
    ],
)
def test_000_time_to_fix_stands_above_the_steps_of_a_run(shift: OnShift, name: str, shown: str) -> None:
    team = shift("meeting-intelligence")
    _, procedure = team.procedure(name)
    above = render_head(team.start(name), procedure, "", "", 60.0, False, 160)
    assert f"budget {shown} " in "".join(text for text, _ in above)
