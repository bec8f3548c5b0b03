"""App Service in one environment: its feed, its log stream, and what a check asks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from cockpit.azure.client import Azure
from cockpit.azure.missing import explain_missing
from cockpit.feeds.polling import Feed, IncompleteError, Polled
from cockpit.model.problem import SourceError
from cockpit.model.reading import LogLine
from cockpit.model.revision import MISSING, Application, Revision
from cockpit.platforms.app_service.kind import KIND, read_slot_label
from cockpit.platforms.app_service.known_commands import WebAppCommand
from cockpit.platforms.app_service.perform import WebAppPerformer
from cockpit.platforms.app_service.settings import read_settings
from cockpit.platforms.app_service.sites import API, WebSite
from cockpit.platforms.log_queue import LogQueue, read_log_queue, read_stamped_lines
from cockpit.platforms.platform import (
    CommandOutcome,
    CommandSurvey,
    LiveSource,
    Platform,
    PlatformCommand,
    PlatformContext,
)

DEADLINE = 40.0  # seconds for one look at every site


class AppServicePlatform:
    """Over the environment's Azure client, which belongs to the session."""

    kind = KIND

    def __init__(self, context: PlatformContext) -> None:
        settings = read_settings(context.environment)
        assert settings is not None  # is_used asks for them, and for the subscription that makes the client
        assert context.azure is not None
        self._context, self._settings = context, settings
        self._azure: Azure = context.azure
        self._commands = WebAppPerformer(context.azure, context.time)

    def build_feed(self) -> Feed | None:
        environment = self._context.environment

        async def read() -> tuple[Application, ...]:
            sites = [WebSite(self._azure, environment.resource_group, name) for name in self._settings.sites]
            applications = await asyncio.gather(*(site.read_application(environment.name) for site in sites))
            if all(application.running == MISSING for application in applications):
                raise SourceError(
                    await explain_missing(
                        self._azure,
                        self._settings.sites,
                        environment.resource_group,
                        resource="Microsoft.Web/sites",
                        api=API,
                        what="sites",
                    )
                )
            if unseen := next((site.unseen for site in sites if site.unseen is not None), None):
                raise IncompleteError(tuple(applications), unseen)
            return tuple(applications)

        return Polled(
            "revisions",
            environment.name,
            read,
            every=self._settings.interval,
            deadline=DEADLINE,
            time=self._context.time,
            random=self._context.random,
        )

    def build_change_feeds(self) -> Sequence[Feed]:
        return ()

    def stream_log_lines(self, application: Application, revision: Revision) -> AsyncIterator[LogLine]:
        """The log stream of the slot where it sits, by the site's own management address."""
        site = WebSite(self._azure, self._context.environment.resource_group, application.name)

        async def watch(waiting: LogQueue) -> None:
            async for block in site.stream_log(read_slot_label(revision), self._context.time):
                for line in read_stamped_lines(block):
                    await waiting.put(LogLine(line.text, line.moment, revision=revision.name))

        return read_log_queue(watch)

    async def survey_command(self, command: PlatformCommand) -> CommandSurvey:
        assert isinstance(command, WebAppCommand)
        return await self._commands.survey(command)

    async def perform_command(
        self, command: PlatformCommand, output: Callable[[str], None], *, confirmed: str
    ) -> CommandOutcome:
        assert isinstance(command, WebAppCommand)
        return await self._commands.perform(command, output, confirmed=confirmed)

    async def perform_followed(
        self, command: PlatformCommand, output: Callable[[str], None], report: Callable[[str], None], *, confirmed: str
    ) -> CommandOutcome:
        assert isinstance(command, WebAppCommand)
        return await self._commands.perform(command, output, confirmed=confirmed, report=report)

    async def resume_command(self, command: PlatformCommand, operation: str, *, since: datetime) -> CommandOutcome:
        assert isinstance(command, WebAppCommand)
        return await self._commands.resume(command, operation, since)

    async def read_unready(self, command: PlatformCommand) -> str | None:
        return None

    def list_live_sources(self) -> Sequence[LiveSource]:
        where, time = self._context.environment, self._context.time
        return [
            LiveSource(
                "log stream", WebSite(self._azure, where.resource_group, self._settings.sites[0]).check_log(time)
            )
        ]

    async def close(self) -> None:
        """Nothing is its own."""


def connect_platform(context: PlatformContext) -> Platform:
    """For the registry."""
    return AppServicePlatform(context)
