"""A slot that goes on into production by itself: after each deployment to it, and after nothing else."""

from dataclasses import replace

from cockpit.model.run import StepState
from cockpit.simulator.world.site import APP
from tests.integration.platforms.app_service.site_stage import SWAP, SiteStage, site_stage
from tests.integration.simulator.playing import GROUP

DEPLOYED, SWAPPED = 11, 12  # seconds: until the story has deployed, and until a swap is through
CONFIG = f"{GROUP}/providers/Microsoft.Web/sites/{APP}/slots/staging/config/web"


async def list_slots(stage: SiteStage) -> dict[str, str]:
    site = await stage.read()
    return {revision.labels[0]: revision.name for revision in site.revisions}


async def test_a_deployment_waits_in_its_slot_until_the_slots_are_swapped_by_themselves() -> None:
    async with site_stage(auto_swap=True, platform="app-service") as stage:
        stage.play.time.pass_by(DEPLOYED)
        waiting = await stage.read()
        slots = {revision.labels[0]: revision for revision in waiting.revisions}
        stage.play.time.pass_by(SWAPPED)
        swapped = await stage.read()
    assert (slots["production"].name, slots["staging"].name) == ("1.43.0", "1.44.0")
    assert slots["production"].weight == 100
    assert "auto-swap" in slots["staging"].running_details
    assert "under way" in slots["staging"].running_details
    assert swapped.serving is not None
    assert (swapped.serving.name, swapped.serving.weight) == ("1.44.0", 100)
    assert swapped.changed_at is not None
    assert waiting.changed_at is not None
    assert swapped.changed_at > waiting.changed_at
    assert not any("under way" in revision.running_details for revision in swapped.revisions)


async def test_while_it_is_under_way_nobody_else_swaps_and_what_is_swapped_back_stays() -> None:
    async with site_stage(auto_swap=True, platform="app-service") as stage:
        stage.play.time.pass_by(DEPLOYED)
        refused = await stage.perform(SWAP)
        stage.play.time.pass_by(SWAPPED)
        back = await stage.perform(SWAP)
        stage.play.time.pass_by(600)
        slots = await list_slots(stage)
    assert refused.state is StepState.FAILED
    assert "another operation is in progress" in refused.sentence
    assert back.state is StepState.OK
    assert slots == {"production": "1.43.0", "staging": "1.44.0"}


async def test_it_is_turned_on_and_off_as_az_does_it_and_nothing_else_is_swallowed() -> None:
    async with site_stage(platform="app-service") as stage:
        config = (await stage.play.get(CONFIG))["properties"]
        on = await stage.play.http.patch(
            CONFIG,
            params={"api-version": "2024-04-01"},
            json={"properties": {**config, "autoSwapSlotName": "production"}},
        )
        other = await stage.play.http.patch(
            CONFIG, params={"api-version": "2024-04-01"}, json={"properties": {"numberOfWorkers": 9}}
        )
        stage.play.time.pass_by(DEPLOYED)
        before = await list_slots(stage)
    assert on.json()["properties"]["autoSwapSlotName"] == "production"
    assert other.status_code == 501
    assert before["production"] == "1.43.0"


async def test_without_it_the_story_tells_a_deployment_as_the_swap_that_somebody_made() -> None:
    async with site_stage(platform="app-service") as stage:
        stage.play.time.pass_by(DEPLOYED)
        assert (await list_slots(stage))["production"] == "1.44.0"


async def test_a_second_deployment_waits_for_the_swap_of_the_first() -> None:
    async with site_stage(auto_swap=True, platform="app-service") as stage:
        (deployment,) = stage.play.stage.scenario.events
        second = deployment.model_copy(update={"at": 15.0, "suffix": "r45", "image": "registry.example.com/app:1.45.0"})
        world = stage.play.stage.world()

        stage.play.stage.become(replace(world, pending=(deployment, second)))
        stage.play.time.pass_by(DEPLOYED + SWAPPED)
        first = await list_slots(stage)
        stage.play.time.pass_by(SWAPPED)
        then = await list_slots(stage)
    assert first == {"production": "1.44.0", "staging": "1.45.0"}
    assert then == {"production": "1.45.0", "staging": "1.44.0"}
