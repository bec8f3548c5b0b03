"""GitHub in one environment: what changed, its commands, and what a check asks. It has no workloads of its own."""

from collections.abc import AsyncIterator, Callable, Sequence

from cockpit.feeds.polling import Feed, Polled
from cockpit.model.problem import SourceError
from cockpit.model.reading import LogLine
from cockpit.model.revision import Application, Revision
from cockpit.platforms.github.changes import GithubWatch
from cockpit.platforms.github.client import GithubClient
from cockpit.platforms.github.kind import KIND
from cockpit.platforms.github.known_commands import GithubCommand
from cockpit.platforms.github.live_checks import check_deployments, check_environments, check_workflows
from cockpit.platforms.github.perform import GithubPerformer
from cockpit.platforms.github.settings import read_settings
from cockpit.platforms.platform import (
    NO_PLATFORM,
    CommandOutcome,
    CommandSurvey,
    LiveSource,
    Platform,
    PlatformCommand,
    PlatformContext,
)

DEADLINE = 40.0  # seconds for one look at every repository


class GithubPlatform:
    """The repositories of one host, with a client of its own."""

    kind = KIND

    def __init__(self, context: PlatformContext) -> None:
        settings = read_settings(context.environment)
        assert settings is not None  # is_used asks for them
        self._context, self._settings = context, settings
        self.client = GithubClient(
            settings,
            reveal=context.reveal,
            environ={**context.environ, **context.environment.shell},
            read_only=context.read_only,
            time=context.time,
        )
        self._commands = GithubPerformer(self.client, context.time)

    def build_feed(self) -> Feed | None:
        return None

    def build_change_feeds(self) -> Sequence[Feed]:
        context = self._context
        watch = GithubWatch(self.client, context.time)
        return [
            Polled(
                "changes:github",
                context.environment.name,
                watch.read,
                every=self._settings.interval,
                deadline=DEADLINE,
                time=context.time,
                random=context.random,
            )
        ]

    def stream_log_lines(self, application: Application, revision: Revision) -> AsyncIterator[LogLine]:
        raise SourceError(NO_PLATFORM)

    async def survey_command(self, command: PlatformCommand) -> CommandSurvey:
        assert isinstance(command, GithubCommand)
        return await self._commands.survey(command)

    async def perform_command(
        self, command: PlatformCommand, output: Callable[[str], None], *, confirmed: str
    ) -> CommandOutcome:
        assert isinstance(command, GithubCommand)
        return await self._commands.perform(command, output, confirmed=confirmed)

    async def read_unready(self, command: PlatformCommand) -> str | None:
        return None

    def list_live_sources(self) -> Sequence[LiveSource]:
        sources = [LiveSource("deployments", check_deployments(self.client))]
        if self._settings.workflows:
            sources.append(LiveSource("workflows", check_workflows(self.client)))
        if self._settings.environments:
            sources.append(LiveSource("environments", check_environments(self.client)))
        return sources

    async def close(self) -> None:
        await self.client.close()


def connect_platform(context: PlatformContext) -> Platform:
    """For the registry."""
    return GithubPlatform(context)
