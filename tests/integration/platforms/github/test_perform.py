"""gh commands done natively: a workflow is started once, found again and followed to its end."""

import pytest

from cockpit.model.run import StepState
from tests.integration.platforms.github.github_stage import github_stage

ROLLBACK = ["gh", "workflow", "run", "rollback.yml", "-f", "reason=readyz 503", "-R", "acme/shop"]


async def test_a_started_run_is_followed_to_its_end() -> None:
    async with github_stage(lasts=30.0) as stage:
        stage.run(workflow="rollback.yml", event="workflow_dispatch", ago=86_400)
        outcome, printed = await stage.perform(ROLLBACK)
        (run,) = [run for run in stage.host.runs if run.by == "ana"]
    assert outcome.state is StepState.OK
    assert dict(run.inputs) == {"reason": "readyz 503"}
    assert "deploy success" in printed
    assert len(stage.list_sent("POST")) == 1


async def test_a_run_that_fails_fails_the_step_and_names_the_part() -> None:
    async with github_stage(ends={"rollback.yml": "failure"}) as stage:
        outcome, printed = await stage.perform(ROLLBACK)
    assert (outcome.state, outcome.exit_code) == (StepState.FAILED, 1)
    assert "at step 'Deploy'" in printed


async def test_where_nobody_answered_the_run_is_found_by_what_is_new() -> None:
    async with github_stage() as stage:
        stage.refuse(502, "", path="/dispatches", method="POST", done=True)
        outcome, printed = await stage.perform(ROLLBACK)
    assert outcome.state is StepState.OK
    assert "gave no answer" in printed
    assert len(stage.list_sent("POST")) == 1


async def test_where_nobody_answered_and_nothing_began_it_is_unknown_and_not_sent_again() -> None:
    async with github_stage() as stage:
        stage.refuse(504, "", path="/dispatches", method="POST")
        outcome, _ = await stage.perform(ROLLBACK)
    assert outcome.state is StepState.UNKNOWN
    assert len(stage.list_sent("POST")) == 1


async def test_a_refused_start_is_a_failure_and_nothing_began() -> None:
    async with github_stage() as stage:
        stage.refuse(403, "Resource not accessible by personal access token", path="/dispatches", method="POST")
        outcome, _ = await stage.perform(ROLLBACK)
        assert stage.host.runs == []
    assert outcome.state is StepState.FAILED


async def test_the_run_of_another_person_is_not_taken_for_ours() -> None:
    async with github_stage() as stage:
        stage.refuse(504, "", path="/dispatches", method="POST")
        stage.run(workflow="rollback.yml", event="workflow_dispatch", ago=-1, by="ben")
        outcome, _ = await stage.perform(ROLLBACK)
    assert outcome.state is StepState.UNKNOWN


async def test_who_decided_before_another_person_started_it_decides_anew() -> None:
    async with github_stage() as stage:
        platform = stage.platform()
        command = platform.kind.recognise_command(ROLLBACK, platform._context.environment)
        assert command is not None
        survey = await platform.survey_command(command)
        stage.run(workflow="rollback.yml", event="workflow_dispatch", by="ben", ago=1)
        outcome, printed = await stage.perform(ROLLBACK, platform, survey.fingerprint)
    assert outcome.state is StepState.FAILED
    assert "ben started" in printed
    assert stage.list_sent("POST") == []


async def test_the_confirmation_names_repository_ref_inputs_and_a_run_under_way() -> None:
    async with github_stage() as stage:
        stage.run(workflow="rollback.yml", event="workflow_dispatch", by="ben", ago=10)
        platform = stage.platform()
        command = platform.kind.recognise_command(ROLLBACK, platform._context.environment)
        assert command is not None
        survey = await platform.survey_command(command)
    words = "\n".join(survey.words)
    assert "acme/shop, on main" in words
    assert "reason = readyz 503" in words
    assert "A RUN IS UNDER WAY" in words


@pytest.mark.parametrize(
    ("workflow", "host"),
    [("gone.yml", {}), ("deploy.yml", {"disabled": frozenset({"deploy.yml"})})],
    ids=["not-there", "disabled"],
)
async def test_what_cannot_be_started_is_refused_before_it_is_sent(workflow: str, host: dict[str, object]) -> None:
    async with github_stage(**host) as stage:
        outcome, _ = await stage.perform(["gh", "workflow", "run", workflow])
        assert stage.list_sent("POST") == []
    assert outcome.state is StepState.FAILED


async def test_read_only_sends_nothing() -> None:
    async with github_stage() as stage:
        outcome, _ = await stage.perform(ROLLBACK, stage.platform(read_only=True))
        assert stage.list_sent("POST") == []
    assert outcome.state is StepState.FAILED


async def test_a_token_that_is_revoked_while_we_follow_leaves_the_end_unknown() -> None:
    async with github_stage() as stage:
        platform = stage.platform()
        stage.refuse(401, "Bad credentials", path="/jobs")
        outcome, _ = await stage.perform(ROLLBACK, platform)
    assert outcome.state is StepState.UNKNOWN
