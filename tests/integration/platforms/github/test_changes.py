"""What GitHub tells of runs and deployments, and what is said where it does not answer."""

from typing import Any

import pytest

from cockpit.model.event import Kind
from cockpit.model.problem import ProblemKind, SourceError
from cockpit.platforms.github.platform import GithubPlatform
from tests.integration.platforms.github.github_stage import SHA, github_stage


async def test_a_run_that_ended_says_who_what_and_how() -> None:
    async with github_stage() as stage:
        stage.run(lasts=240.0, ends="failure")
        (change,) = (await stage.poll()).value or ()
    assert (change.kind, change.state, change.by, change.changes) == (Kind.WORKFLOW, "failure", "ben", True)
    assert change.detail["sha"] == SHA
    assert change.detail["file"] == "deploy.yml"
    assert change.url.endswith("/acme/shop/actions/runs/7000000001")
    assert "FAILED after 4m" in change.summary


async def test_a_run_keeps_its_key_while_its_state_moves_on() -> None:
    async with github_stage() as stage:
        stage.run(ago=0, lasts=60.0)
        platform = stage.platform()
        states = []
        keys = set()
        for _ in range(3):
            (change,) = (await stage.poll(platform)).value or ()
            states.append((change.state, change.changes))
            keys.add(change.key)
            stage.clock.turn(40)
    assert states == [("queued", False), ("in_progress", True), ("success", True)]
    assert len(keys) == 1


async def test_a_deployment_has_its_environment_and_outcome() -> None:
    async with github_stage() as stage:
        stage.run(environment="production")
        changes = (await stage.poll()).value or ()
    deployment = next(change for change in changes if change.kind is Kind.DEPLOYMENT)
    assert (deployment.state, deployment.detail["environment"], deployment.by) == ("success", "production", "ben")


async def test_what_pull_requests_start_is_no_change() -> None:
    async with github_stage() as stage:
        stage.run(event="pull_request")
        assert (await stage.poll()).value == ()


async def test_configured_workflows_are_the_only_ones() -> None:
    async with github_stage() as stage:
        stage.run(1, workflow="deploy.yml")
        stage.run(2, workflow="rollback.yml")
        changes = (await stage.poll(stage.platform(workflows=("rollback.yml",)))).value or ()
    assert [change.detail["file"] for change in changes] == ["rollback.yml"]


async def test_an_answer_that_did_not_change_costs_nothing_of_the_limit() -> None:
    async with github_stage() as stage:
        stage.run(environment="production")
        platform = stage.platform()
        first = await stage.poll(platform)
        before = len(stage.api.asked)
        second = await stage.poll(platform)
        statuses = [status for _, _, status in stage.api.asked[before:]]
    assert first.value == second.value
    assert statuses == [304, 304]  # the runs, and the list of deployments; a settled one is not asked for


LIMITS = [
    pytest.param(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795228200"}, "", id="primary"),
    pytest.param(429, {"retry-after": "1800"}, "", id="retry-after"),
    pytest.param(403, {"retry-after": "60"}, "You have exceeded a secondary rate limit.", id="secondary"),
    pytest.param(403, {}, "You have triggered an abuse detection mechanism.", id="words-alone"),
]


@pytest.mark.parametrize(("status", "headers", "message"), LIMITS)
async def test_a_rate_limit_is_waited_for_without_a_question(status: int, headers: Any, message: str) -> None:
    async with github_stage() as stage:
        stage.run()
        platform = stage.platform()
        await stage.poll(platform)
        stage.refuse(status, message, headers=headers)
        limited = await stage.poll(platform)
        asked = len(stage.api.asked)
        stage.clock.turn(5)
        again = await stage.poll(platform)
        assert len(stage.api.asked) == asked
    assert limited.problem is not None
    assert again.problem is not None
    assert (limited.problem.kind, limited.problem.code) == (ProblemKind.THROTTLED, "github-rate-limit")
    assert again.value is not None  # the last that was known stays, with its age


REFUSALS = [
    pytest.param(401, "Bad credentials", False, ProblemKind.SIGN_IN, id="revoked"),
    pytest.param(403, "Resource not accessible by personal access token", False, ProblemKind.FORBIDDEN, id="rights"),
    pytest.param(404, "Not Found", False, ProblemKind.MISSING, id="not-seen"),
    pytest.param(301, "Moved Permanently", False, ProblemKind.MISSING, id="renamed"),
    pytest.param(502, "bad gateway", True, ProblemKind.SERVER, id="page-of-a-proxy"),
    pytest.param(200, "sign in", True, ProblemKind.GARBAGE, id="sign-in-page"),
]


@pytest.mark.parametrize(("status", "message", "html", "kind"), REFUSALS)
async def test_a_refusal_is_one_line_that_says_what_to_do(
    status: int, message: str, html: bool, kind: ProblemKind
) -> None:
    async with github_stage() as stage:
        stage.refuse(status, message, html=html)
        problem = (await stage.poll()).problem
    assert problem is not None
    assert problem.kind is kind
    assert "\n" not in problem.message
    assert "t0k3n" not in f"{problem}"


BLOCKED = (
    "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list "
    "enabled, and your IP address is not permitted to access this resource."
)


@pytest.mark.parametrize(
    ("message", "is_right"),
    [
        ("Resource not accessible by personal access token", True),
        ("Must have admin rights to Repository.", True),
        (BLOCKED, False),
        ("`acme` forbids access via a personal access token (classic).", False),
        ("Repository was archived so is read-only.", False),
    ],
)
async def test_a_rule_of_the_organisation_is_not_called_a_right_that_the_token_lacks(
    message: str, is_right: bool
) -> None:
    async with github_stage() as stage:
        stage.refuse(403, message, path="/runs")
        problem = (await stage.poll()).problem
    assert problem is not None
    assert problem.kind is ProblemKind.FORBIDDEN
    assert ("needs more rights on acme/shop" in problem.advice) is is_right


async def test_one_repository_that_is_not_there_hides_nothing_of_the_other() -> None:
    async with github_stage() as stage:
        stage.run()
        reading = await stage.poll(stage.platform(repositories=("acme/shop", "acme/gone")))
    assert reading.problem is not None
    assert len(reading.value or ()) == 1


async def ask_live(platform: GithubPlatform) -> dict[str, str]:
    """What `check --live` asks beside the feed: each source with the code of what is wrong, "" where it answers."""
    results = {}
    for source in platform.list_live_sources():
        try:
            await source.call
            results[source.name] = ""
        except SourceError as error:
            results[source.name] = error.problem.code or error.problem.kind.value
    return results


async def test_a_live_check_finds_the_right_that_is_missing_and_the_names_that_are_not_there() -> None:
    """Without it the feed shows the runs alone, and nothing of a workflow that is not there, for ever."""
    async with github_stage() as stage:
        stage.run()
        assert await ask_live(stage.platform(workflows=("deploy.yml",))) == {"deployments": "", "workflows": ""}
        assert (await ask_live(stage.platform(workflows=("deploi.yml",))))["workflows"] == "github-no-workflow"
        assert (await ask_live(stage.platform(environments=("prod",))))["environments"] == ""  # it may not list them
        stage.refuse(403, "Resource not accessible by personal access token", path="/deployments")
        assert (await ask_live(stage.platform()))["deployments"] == ProblemKind.FORBIDDEN
        assert (await stage.poll()).problem is None
