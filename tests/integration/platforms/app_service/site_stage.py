"""The site of a simulated world, as the App Service platform sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from cockpit.azure.client import Azure
from cockpit.azure.identity import build_credential
from cockpit.model.revision import Application
from cockpit.model.system import Cloud, Environment
from cockpit.platforms.app_service.platform import AppServicePlatform
from cockpit.platforms.app_service.settings import AppServiceSettings
from cockpit.platforms.platform import CommandOutcome, PlatformContext
from cockpit.simulator.world.scenario import load_scenario
from cockpit.simulator.world.site import APP, RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.simulator.playing import Playing, playing

SWAP = f"az webapp deployment slot swap -g {RESOURCE_GROUP} -n {APP} --slot staging --target-slot production"


@dataclass
class SiteStage:
    """What a test has in its hands."""

    play: Playing
    platform: AppServicePlatform
    printed: list[str] = field(default_factory=list)

    async def read(self) -> Application:
        feed = self.platform.build_feed()
        assert feed is not None
        reading = await feed.poll()
        assert reading.value is not None, reading.problem
        return reading.value[0]  # type: ignore[no-any-return]

    async def perform(self, line: str, confirmed: str = "") -> CommandOutcome:
        context = self.platform._context
        command = self.platform.kind.recognise_command(line.split(), context.environment)
        assert command is not None, line
        return await self.platform.perform_command(command, self.printed.append, confirmed=confirmed)

    async def survey(self, line: str) -> "tuple[str, str, str]":
        """Words, fingerprint and refusal."""
        command = self.platform.kind.recognise_command(line.split(), self.platform._context.environment)
        assert command is not None
        survey = await self.platform.survey_command(command)
        return "\n".join(survey.words), survey.fingerprint, survey.refusal

    async def break_next(self, match: str, **fault: object) -> None:
        answer = await self.play.http.post("/simulator/faults", json={"match": match, **fault})
        assert answer.status_code == 200, answer.text


@asynccontextmanager
async def site_stage(
    scenario: str = "bad-deploy", *, read_only: bool = False, **more: object
) -> AsyncIterator[SiteStage]:
    """`more`: keys of the scenario that are other than in its file."""
    async with playing(load_scenario(scenario).model_copy(update=more)) as play:
        cloud = Cloud(endpoint=play.url, logs_endpoint=play.url)
        credential = build_credential(("simulator",), "", "", cloud, time=play.time)
        azure = Azure(cloud, credential, subscription=SUBSCRIPTION, read_only=read_only, time=play.time)
        environment = Environment(
            "prod",
            subscription=SUBSCRIPTION,
            resource_group=RESOURCE_GROUP,
            platforms={"app_service": AppServiceSettings(sites=(APP,))},
        )
        try:
            yield SiteStage(
                play, AppServicePlatform(PlatformContext(environment, play.time, Random(1), read_only, azure))
            )
        finally:
            await azure.close()
