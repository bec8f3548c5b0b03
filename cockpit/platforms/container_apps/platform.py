"""Container Apps in one environment: its feed, its logs, and what a check asks."""

from collections.abc import AsyncIterator, Callable, Sequence

from cockpit.feeds.base import Feed
from cockpit.model.reading import LogLine
from cockpit.model.revision import Application, Revision
from cockpit.model.run import StepState
from cockpit.platforms.container_apps.kind import KIND
from cockpit.platforms.container_apps.log_history import load_log_history
from cockpit.platforms.container_apps.log_stream import stream_log_lines
from cockpit.platforms.container_apps.revisions import revisions_feed
from cockpit.platforms.platform import (
    CommandOutcome,
    CommandSurvey,
    LiveSource,
    Platform,
    PlatformCommand,
    PlatformContext,
)

NO_COMMANDS = "Container Apps has no commands of its own: az is done by cockpit.runbooks.az."


class ContainerAppsPlatform:
    """Over the environment's Azure client, which belongs to the session."""

    kind = KIND

    def __init__(self, context: PlatformContext) -> None:
        assert context.azure is not None  # is_used asks for the subscription that makes the client
        self._context = context
        self._azure = context.azure

    def build_feed(self) -> Feed:
        context = self._context
        return revisions_feed(context.environment, self._azure, time=context.time, random=context.random)

    def build_change_feeds(self) -> Sequence[Feed]:
        return ()

    def stream_log_lines(self, application: Application, revision: Revision) -> AsyncIterator[LogLine]:
        context = self._context
        return stream_log_lines(self._azure, application, revision, environment=context.environment, time=context.time)

    async def survey_command(self, command: PlatformCommand) -> CommandSurvey:
        return CommandSurvey(refusal=NO_COMMANDS)

    async def perform_command(
        self, command: PlatformCommand, output: Callable[[str], None], *, confirmed: str
    ) -> CommandOutcome:
        return CommandOutcome(StepState.FAILED, NO_COMMANDS)

    async def read_unready(self, command: PlatformCommand) -> str | None:
        return None

    def list_live_sources(self) -> Sequence[LiveSource]:
        where, azure = self._context.environment, self._azure
        if not where.apps:
            return []
        sources = [LiveSource("log stream", azure.stream_token(where.resource_group, where.apps[0]))]
        if where.workspace:
            nobody = Revision(where.apps[0], "cockpit-check", active=False, weight=0, created=None)
            call = load_log_history(azure, where.workspace, nobody, self._context.time.now())
            sources.append(LiveSource("logs", call))
        return sources

    async def close(self) -> None:
        """Nothing is its own."""


def connect_platform(context: PlatformContext) -> Platform:
    """For the registry."""
    return ContainerAppsPlatform(context)
