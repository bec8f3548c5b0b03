"""Docker Compose in one environment: its feed, its logs, its commands, and what a check asks."""

from collections.abc import AsyncIterator, Callable, Sequence

from cockpit.feeds.polling import Feed, Polled
from cockpit.model.reading import LogLine
from cockpit.model.revision import Application, Revision
from cockpit.platforms.compose.container_logs import stream_container_logs
from cockpit.platforms.compose.engine import EngineClient
from cockpit.platforms.compose.events import EngineEventWatch
from cockpit.platforms.compose.kind import KIND
from cockpit.platforms.compose.known_commands import DockerCommand
from cockpit.platforms.compose.perform import DockerPerformer
from cockpit.platforms.compose.services import DEADLINE, ServiceReader, filter_projects
from cockpit.platforms.compose.settings import read_settings
from cockpit.platforms.platform import (
    CommandOutcome,
    CommandSurvey,
    LiveSource,
    Platform,
    PlatformCommand,
    PlatformContext,
)


class ComposePlatform:
    """The Compose projects of one engine, with a client of its own."""

    kind = KIND

    def __init__(self, context: PlatformContext) -> None:
        settings = read_settings(context.environment)
        assert settings is not None  # is_used asks for them
        self._context, self._settings = context, settings
        environ = {**context.environ, **context.environment.shell}
        self.client = EngineClient(
            configured=settings.host, environ=environ, read_only=context.read_only, time=context.time
        )
        self._reader = ServiceReader(self.client, settings, context.environment.name, context.recall)
        self._commands = DockerPerformer(self.client, settings, context.time, environ)

    def build_feed(self) -> Feed:
        return Polled(
            "revisions",
            self._context.environment.name,
            self._reader.read,
            every=self._settings.interval,
            deadline=DEADLINE,
            time=self._context.time,
            random=self._context.random,
        )

    def build_change_feeds(self) -> Sequence[Feed]:
        if not self._settings.events:
            return ()
        return [
            Polled(
                "changes:engine",
                self._context.environment.name,
                EngineEventWatch(self.client, self._settings, self._context.time).read,
                every=self._settings.interval,
                deadline=DEADLINE,
                time=self._context.time,
                random=self._context.random,
            )
        ]

    def stream_log_lines(self, application: Application, revision: Revision) -> AsyncIterator[LogLine]:
        return stream_container_logs(self.client, application, revision, time=self._context.time)

    async def survey_command(self, command: PlatformCommand) -> CommandSurvey:
        assert isinstance(command, DockerCommand)
        return await self._commands.survey(command)

    async def perform_command(
        self, command: PlatformCommand, output: Callable[[str], None], *, confirmed: str
    ) -> CommandOutcome:
        assert isinstance(command, DockerCommand)
        return await self._commands.perform(command, output, confirmed=confirmed)

    async def read_unready(self, command: PlatformCommand) -> str | None:
        assert isinstance(command, DockerCommand)
        return await self._commands.read_unready(command)

    def list_live_sources(self) -> Sequence[LiveSource]:
        return [LiveSource("container logs", self._read_a_log())]

    async def _read_a_log(self) -> None:
        """One line of the first container; nothing where there is none."""
        containers = await self.client.list_items("/containers/json", {"filters": filter_projects(self._settings)})
        for container in containers[:1]:
            async for _ in self.client.stream(f"/containers/{container['Id']}/logs", {"stdout": "1", "tail": "1"}):
                pass

    async def close(self) -> None:
        await self.client.close()


def connect_platform(context: PlatformContext) -> Platform:
    """For the registry."""
    return ComposePlatform(context)
