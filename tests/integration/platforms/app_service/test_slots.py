"""A site with its slots: what is deployed where, a swap and its way back, and what stands in its way."""

import base64
from collections.abc import AsyncIterator
from functools import partial

import pytest

from cockpit.azure.missing import explain_missing
from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.revision_health import RevisionCondition, judge_revision
from cockpit.model.run import StepState
from cockpit.model.secret import KNOWN_SECRETS, MASK
from cockpit.platforms.app_service.kind import plan_rollback
from cockpit.platforms.app_service.sites import API, WebSite
from cockpit.simulator.world.site import APP, RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.platforms.app_service.site_stage import SWAP, site_stage

SECRET = "correct-horse-battery-staple-" * 4


async def test_what_is_deployed_where_by_whom_and_how_it_fares() -> None:
    async with site_stage() as stage:
        stage.play.time.pass_by(60)
        site = await stage.read()
    serving, waiting = site.serving, next(revision for revision in site.revisions if revision.weight == 0)
    assert serving is not None
    assert (serving.name, serving.labels, serving.weight) == ("1.44.0", ("production",), 100)
    assert (waiting.name, waiting.labels) == ("1.43.0", ("staging",))
    assert judge_revision(serving).condition is RevisionCondition.ILL
    assert judge_revision(waiting).condition is RevisionCondition.SERVING
    assert site.changed_by == "ana"


async def test_a_swap_moves_the_older_version_back_and_names_the_slot_for_it() -> None:
    async with site_stage() as stage:
        stage.play.time.pass_by(60)
        site = await stage.read()
        good = next(revision for revision in site.revisions if revision.weight == 0)
        assert plan_rollback(site, site.serving, good).values["slot"] == "staging"
        outcome = await stage.perform(SWAP)
        after = await stage.read()
    assert outcome.state is StepState.OK
    assert after.serving is not None
    assert after.serving.name == "1.43.0"


async def test_a_swap_is_sent_once_and_seen_by_looking_again_where_nobody_answered() -> None:
    async with site_stage() as stage:
        stage.play.time.pass_by(60)
        await stage.break_next("POST .*slotsswap", status=504, effect=True, times=1)
        outcome = await stage.perform(SWAP)
        writes = stage.play.stage.world().writes
    assert outcome.state is StepState.OK
    assert writes == 1


async def test_a_swap_that_nobody_answered_and_that_is_not_seen_is_unknown() -> None:
    async with site_stage() as stage:
        stage.play.time.pass_by(60)
        await stage.break_next("POST .*slotsswap", status=504, times=1)
        outcome = await stage.perform(SWAP)
        writes = stage.play.stage.world().writes
    assert (outcome.state, writes) == (StepState.UNKNOWN, 0)


async def test_of_two_people_who_swap_the_second_decides_anew() -> None:
    async with site_stage() as stage:
        stage.play.time.pass_by(60)
        _, fingerprint, _ = await stage.survey(SWAP)
        await stage.perform(SWAP)
        outcome = await stage.perform(SWAP, fingerprint)
        after = await stage.read()
    assert outcome.state is StepState.FAILED
    assert "Nothing was sent" in outcome.sentence
    assert after.serving is not None
    assert after.serving.name == "1.43.0"  # not swapped to and fro


async def test_a_swap_while_another_is_under_way_fails_with_azures_reason() -> None:
    async with site_stage() as stage:
        stage.play.time.pass_by(60)
        await stage.break_next(
            "POST .*slotsswap",
            status=409,
            times=1,
            body={"Code": "Conflict", "Message": "Cannot modify this site because another operation is in progress."},
        )
        outcome = await stage.perform(SWAP)
    assert outcome.state is StepState.FAILED


async def test_the_first_half_is_shown_and_can_be_taken_back() -> None:
    async with site_stage() as stage:
        stage.play.time.pass_by(60)
        assert (await stage.perform(f"{SWAP} --action preview")).state is StepState.OK
        half = await stage.read()
        words, _, refusal = await stage.survey(SWAP)
        assert (await stage.perform(f"{SWAP} --action reset")).state is StepState.OK
        whole = await stage.read()
    assert half.running == "Swap of staging begun"
    assert refusal == ""  # completing it is the second half
    assert "waits to be completed or reset" in words
    assert whole.running == "Running"


async def test_nothing_is_taken_back_where_nothing_was_begun() -> None:
    async with site_stage() as stage:
        assert (await stage.perform(f"{SWAP} --action reset")).state is StepState.FAILED


async def test_a_slot_that_is_not_there_is_refused_with_those_that_are() -> None:
    async with site_stage() as stage:
        _, _, refusal = await stage.survey(SWAP.replace("staging", "blue"))
    assert "production, staging" in refusal


async def test_what_may_not_be_seen_of_a_slot_hides_nothing_else() -> None:
    async with site_stage() as stage:
        await stage.break_next("GET .*deployments", status=403, times=None)
        await stage.break_next("GET .*instances", status=403, times=None)
        site = await stage.read()
    assert {revision.labels for revision in site.revisions} == {("production",), ("staging",)}
    assert all(judge_revision(revision).condition is RevisionCondition.UNKNOWN for revision in site.revisions)


async def test_the_log_of_production_is_read() -> None:
    async with site_stage() as stage:
        stage.play.time.pass_by(60)
        site = await stage.read()
        assert site.serving is not None
        lines = [line async for line in stage.platform.stream_log_lines(site, site.serving)]
    assert any("database pool exhausted" in line.text for line in lines)
    assert all(line.at is not None for line in lines)


@pytest.mark.parametrize(("status", "kind"), [(0, None), (401, ProblemKind.SIGN_IN), (403, ProblemKind.FORBIDDEN)])
async def test_a_live_check_says_whether_the_log_may_be_read(status: int, kind: ProblemKind | None) -> None:
    async with site_stage() as stage:
        if status:
            await stage.break_next("GET .*logstream", status=status, body={"Message": "no"})
        (source,) = stage.platform.list_live_sources()
        found = None
        try:
            await source.call
        except SourceError as error:
            found = error.problem.kind
    assert (source.name, found) == ("log stream", kind)


async def test_the_log_is_followed_without_az() -> None:
    async with site_stage() as stage:
        stage.play.time.pass_by(60)
        outcome = await stage.perform("az webapp log tail -n shop-api -g shop-prod-rg")
    assert outcome.state is StepState.OK
    assert any("database pool exhausted" in line for line in stage.printed)


async def test_a_secret_over_two_lines_of_the_log_is_masked_in_each(monkeypatch: pytest.MonkeyPatch) -> None:
    KNOWN_SECRETS.learn(SECRET)
    lines = base64.encodebytes(SECRET.encode()).splitlines()

    async def stream(*_: object) -> AsyncIterator[list[bytes]]:
        yield [b"2026-11-21T02:00:00.123Z it begins", *lines]

    monkeypatch.setattr(WebSite, "stream_log", stream)
    async with site_stage() as stage:
        site = await stage.read()
        assert site.serving is not None
        texts = [line.text async for line in stage.platform.stream_log_lines(site, site.serving)]
        await stage.perform("az webapp log tail -n shop-api -g shop-prod-rg")
    assert texts == ["it begins", *[MASK] * len(lines)]
    assert stage.printed[-len(lines) :] == [f"{MASK}\n"] * len(lines)


async def test_read_only_sends_nothing() -> None:
    async with site_stage(read_only=True) as stage:
        outcome = await stage.perform(SWAP)
        assert stage.play.stage.world().writes == 0
    assert outcome.state is StepState.FAILED


@pytest.mark.parametrize("slot", ["", " --slot staging"])
async def test_a_restart_is_sent_to_the_slot(slot: str) -> None:
    async with site_stage() as stage:
        stage.play.time.pass_by(60)
        line = SWAP.partition(" --slot")[0].replace("deployment slot swap", "restart") + slot
        assert (await stage.perform(line)).state is StepState.OK


async def test_a_swap_that_another_cockpit_sent_is_seen_at_the_slots_where_azure_forgot_its_operation() -> None:
    async with site_stage() as stage:
        stage.play.time.pass_by(60)
        sent, links = stage.play.time.now(), list[str]()
        command = stage.platform.kind.recognise_command(SWAP.split(), stage.platform._context.environment)
        assert command is not None
        await stage.platform.perform_followed(command, stage.printed.append, links.append, confirmed="")
        await stage.break_next("GET .*operationResults", status=404, times=None)
        writes = stage.play.stage.world().writes
        outcome = await stage.platform.resume_command(command, links[0], since=sent)
        assert stage.play.stage.world().writes == writes
    assert outcome.state is StepState.OK
    assert outcome.operation == links[0]


FORBIDDEN = {"error": {"code": "AuthorizationFailed", "message": "no authorization to perform this action"}}
COLD_SLOT = {
    "Code": "Conflict",
    "Message": "Cannot swap slots because the application initialization in 'staging' either took too long or failed.",
}


async def test_a_swap_that_fails_in_its_second_half_has_failed_with_azures_reason() -> None:
    async with site_stage() as stage:
        stage.play.time.pass_by(60)
        link = f"{stage.play.url}/subscriptions/s/providers/Microsoft.Web/locations/x/operationResults/7?api-version=1"
        await stage.break_next("POST .*slotsswap", status=202, headers={"Location": link})
        await stage.break_next("GET .*operationResults", status=202, times=3)
        await stage.break_next("GET .*operationResults", status=409, body=COLD_SLOT)
        outcome = await stage.perform(SWAP)
        writes = stage.play.stage.world().writes
    assert (outcome.state, writes) == (StepState.FAILED, 0)
    assert "application initialization in 'staging'" in outcome.sentence


async def test_a_swap_that_is_there_was_done_whatever_its_operation_says() -> None:
    async with site_stage() as stage:
        stage.play.time.pass_by(60)
        await stage.break_next("GET .*operationResults", status=409, times=None, body=COLD_SLOT)
        outcome = await stage.perform(SWAP)
        writes = stage.play.stage.world().writes
    assert (outcome.state, writes) == (StepState.OK, 1)


@pytest.mark.parametrize("status", [403, 404, 500])
async def test_a_swap_whose_operation_cannot_be_read_is_looked_at_and_unknown(status: int) -> None:
    async with site_stage() as stage:
        stage.play.time.pass_by(60)
        link = f"{stage.play.url}/subscriptions/s/providers/Microsoft.Web/locations/x/operationResults/7?api-version=1"
        await stage.break_next("POST .*slotsswap", status=202, headers={"Location": link})
        await stage.break_next("GET .*operationResults", status=status, times=None, body=FORBIDDEN)
        outcome = await stage.perform(SWAP)
    assert outcome.state is StepState.UNKNOWN


async def test_a_throttled_swap_says_that_nothing_was_done_and_how_long_to_wait() -> None:
    async with site_stage() as stage:
        await stage.break_next("POST .*slotsswap", status=429, headers={"Retry-After": "30"})
        outcome = await stage.perform(SWAP)
        writes = stage.play.stage.world().writes
    assert (outcome.state, writes) == (StepState.FAILED, 0)
    assert "Wait 30 s" in outcome.sentence


async def test_slots_that_may_not_be_listed_are_missed_and_not_called_absent() -> None:
    async with site_stage() as stage:
        await stage.break_next("GET .*/slots$", status=403, times=None, body=FORBIDDEN)
        feed = stage.platform.build_feed()
        assert feed is not None
        reading = await feed.poll()
        _, _, refusal = await stage.survey(SWAP)
        outcome = await stage.perform(SWAP)
        writes = stage.play.stage.world().writes
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.FORBIDDEN
    assert reading.value is not None
    assert [revision.labels for revision in reading.value[0].revisions] == [("production",)]
    assert (outcome.state, writes) == (StepState.FAILED, 0)
    assert refusal == outcome.sentence
    assert "cannot be seen" in refusal


async def test_a_deployment_or_auto_swap_between_look_and_swap_asks_to_decide_anew() -> None:
    async with site_stage() as stage:
        _, fingerprint, _ = await stage.survey(SWAP)
        stage.play.time.pass_by(60)  # the bad release goes into production by itself
        outcome = await stage.perform(SWAP, fingerprint)
        after = await stage.read()
    assert outcome.state is StepState.FAILED
    assert "Nothing was sent" in outcome.sentence
    assert after.serving is not None
    assert after.serving.name == "1.44.0"


async def test_names_that_azure_does_not_have_are_answered_with_those_that_it_has() -> None:
    async with site_stage() as stage:
        azure = stage.platform._azure
        missing = partial(explain_missing, azure, ("shop-web",), resource="Microsoft.Web/sites", api=API, what="sites")
        wrong_name = await missing(RESOURCE_GROUP)
        wrong_group = await missing("shop-test-rg")
        azure.subscription = "00000000-0000-0000-0000-00000000dead"
        wrong_subscription = await missing(RESOURCE_GROUP)
    assert f"It has: {APP}." in wrong_name.advice
    assert f"{APP} (resource group {RESOURCE_GROUP})" in wrong_group.advice
    assert SUBSCRIPTION in wrong_subscription.advice
