"""Every story of the examples, played to its end: its trouble is seen, its document is followed, all is well again.

They are played side by side, since most of their time is waiting; each test then looks at what came of its own.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from cockpit.model.run import StepState
from tests.integration.stories.stories import PlayedStory, Story, StoryRun, play_story

SIDE_BY_SIDE = 4
AS_PROPOSED = StoryRun()  # what R does

STORIES = (
    Story(
        "meeting-intelligence",
        "bad-deployment",
        trouble=("probe ready down", "alert 5xx errors fired", "revision .*r44 created"),
        runs=(StoryRun("bad-deployment"),),
        recovery=("probe ready up again", "alert 5xx errors .*resolved"),
    ),
    Story(
        "meeting-intelligence",
        "lost-table",
        trouble=("probe ready down", "alert 5xx errors fired"),
        runs=(StoryRun("restore-database", {"RESTORE_TIME": "BEFORE"}),),
        recovery=("probe ready up again", "alert 5xx errors .*resolved"),
    ),
    Story(
        "meeting-intelligence",
        "leaked-token",
        trouble=("alert Auth failure spike fired",),
        runs=(StoryRun("operations#at-once-for-a-security-incident"),),
        recovery=("alert Auth failure spike .*resolved",),
    ),
    Story(
        "union-eyes",
        "blue-green",
        trouble=("probe site down", "alert High error rate fired", "traffic .*to green-1.44.0"),
        runs=(AS_PROPOSED,),
        recovery=("probe site up again", "alert High error rate .*resolved"),
    ),
    Story(
        "union-eyes",
        "failed-migration",
        passes=True,
        trouble=("probe site down", "alert High error rate fired"),
        runs=(AS_PROPOSED, StoryRun("incident#application-down")),
        recovery=("probe site up again", "alert High error rate .*resolved"),
    ),
    Story(
        "union-eyes",
        "slot-swap",
        trouble=("probe site down", "alert High error rate fired", "traffic .*to 1.44.0"),
        runs=(AS_PROPOSED,),
        recovery=("probe site up again", "traffic from 1.44.0", "alert High error rate .*resolved"),
    ),
    Story(
        "union-eyes",
        "backup-fails",
        trouble=("alert Backup verification failed fired",),
        runs=(StoryRun("backup#take-a-backup-and-read-it-back"),),
        recovery=("alert Backup verification failed .*resolved",),
    ),
    Story(
        "dealix",
        "llm-provider",
        passes=True,
        trouble=("alert LLMProviderOutage fired", "probe api down"),
        runs=(StoryRun("incident#2.1"),),
        recovery=("probe api up again", "alert LLMProviderOutage .*resolved"),
    ),
    Story(
        "dealix",
        "leaked-secret",
        trouble=("alert Secret in the log fired",),
        runs=(StoryRun("incident#2.3"), StoryRun("incident#breach-response")),
        recovery=("alert Secret in the log .*resolved",),
    ),
    Story(
        "dealix",
        "stuck-approvals",
        trouble=("alert Approvals are stuck fired",),
        runs=(StoryRun("incident#2.7"),),
        recovery=("alert Approvals are stuck .*resolved",),
    ),
    Story(
        "api-service",
        "readyz-503",
        passes=True,
        trouble=("probe ready degraded", "alert 5xx above 1 % fired"),
        runs=(StoryRun("operations#readiness-is-503"),),
        recovery=("probe ready .*(up|well)", "alert 5xx above 1 % .*resolved"),
    ),
    Story(
        "api-service",
        "cold-cache",
        passes=True,
        trouble=("alert Latency, p95 fired",),
        runs=(StoryRun("operations#it-is-slow"),),
        recovery=("alert Latency, p95 .*resolved",),
    ),
    Story(
        "api-service",
        "rollback-failed",
        trouble=("alert Automatic rollback failed fired", "alert 5xx above 1 % fired", "workflow rollback FAILED"),
        runs=(StoryRun("operations#manual-rollback", {"PREVIOUS_SHA": "1.43.0"}),),
        recovery=("alert 5xx above 1 % .*resolved", "alert Automatic rollback failed .*resolved"),
    ),
    Story(
        "mystira",
        "rollback-with-approval",
        trouble=("probe api down", "alert error rate fired"),
        runs=(StoryRun("emergency-rollback", {"reason": "errors since the release"}),),
        recovery=("probe api up again", "alert error rate .*resolved"),
    ),
    Story(
        "mystira",
        "node-drained",
        passes=True,
        trouble=("alert Node not ready fired", "probe api down", "cluster .*FailedScheduling"),
        seen_after=40.0,
        runs=(StoryRun("node-maintenance"),),
        recovery=("probe api up again", "alert Node not ready .*resolved"),
    ),
    Story(
        "mystira",
        "certificate",
        passes=True,
        trouble=("alert Certificate expires soon fired", "probe api degraded"),
        runs=(StoryRun("certificate-renewal"),),
        recovery=("probe api .*(up|well)", "alert Certificate expires soon .*resolved"),
    ),
)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, PlayedStory]:
    async def play_all() -> list[PlayedStory]:
        folders = [tmp_path_factory.mktemp(f"story{number}") for number in range(len(STORIES))]
        few = asyncio.Semaphore(SIDE_BY_SIDE)

        async def play_one(story: Story, folder: Path) -> PlayedStory:
            async with few:
                return await play_story(story, folder)

        return list(await asyncio.gather(*map(play_one, STORIES, folders)))

    return dict(zip(map(str, STORIES), asyncio.run(play_all()), strict=True))


def test_each_story_of_the_examples_is_played() -> None:
    files = {path.relative_to("examples") for path in Path("examples").glob("*/scenarios/*.toml")}
    assert {(path.parts[0], path.stem) for path in files} == {
        (story.system.replace("-", "", 1) if story.system == "union-eyes" else story.system, story.scenario)
        for story in STORIES
    }


@pytest.mark.xdist_group("stories")
@pytest.mark.parametrize("story", STORIES, ids=str)
def test_a_scenario_is_noticed_mended_and_over(story: Story, played: Mapping[str, PlayedStory]) -> None:
    outcome = played[str(story)]
    assert outcome.missing == [], "\n".join(outcome.lines)
    failed = [step for step in outcome.steps if step[2] not in (StepState.OK, StepState.BY_HAND)]
    assert failed == [], "\n".join(outcome.lines)


@pytest.mark.xdist_group("stories")
@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("dealix stuck-approvals", "incident#27-approvals-are-stuck 2"),
        ("api-service cold-cache", "operations#it-is-slow 1"),
        ("union-eyes backup-fails", "backup#take-a-backup-and-read-it-back 3"),
    ],
)
def test_what_a_document_asks_of_the_app_itself_is_done_in_a_drill(
    name: str, step: str, played: Mapping[str, PlayedStory]
) -> None:
    states = {f"{run} {ordinal}": state for run, ordinal, state, _ in played[name].steps}
    assert states[step] is StepState.OK
