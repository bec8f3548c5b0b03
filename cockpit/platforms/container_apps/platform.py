"""Container Apps in one environment: its feed, its logs, and what a check asks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from random import Random
from typing import Any

from cockpit.azure.client import Azure
from cockpit.azure.mapping import map_application, map_replica, with_replicas
from cockpit.azure.missing import explain_missing
from cockpit.azure.pool import API_VERSION
from cockpit.feeds.polling import Feed, Polled
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import read_text
from cockpit.model.reading import LogLine
from cockpit.model.revision import MISSING, Application, Replica, Revision
from cockpit.model.run import StepState
from cockpit.model.system import Environment
from cockpit.model.time import Time
from cockpit.platforms.container_apps.kind import KIND
from cockpit.platforms.container_apps.log_history import load_log_history
from cockpit.platforms.container_apps.log_stream import stream_log_lines
from cockpit.platforms.platform import (
    CommandOutcome,
    CommandSurvey,
    LiveSource,
    Platform,
    PlatformCommand,
    PlatformContext,
)

Raw = Mapping[str, Any]
RESOURCE = "Microsoft.App/containerApps"
AT_ONCE = 6  # calls side by side: quick enough for ten apps, far from Azure's limits
DEADLINE = 40.0  # seconds for one look at everything


def revisions_feed(
    environment: Environment, azure: Azure, *, time: Time, random: Random
) -> Polled[tuple[Application, ...]]:
    """Reading[tuple[Application, ...]], by name; the apps of the configuration, or all of the resource group."""

    async def read() -> tuple[Application, ...]:
        return await RevisionsPoll(environment, azure).applications()

    return Polled(
        "revisions",
        environment.name,
        read,
        every=environment.apps_interval,
        deadline=DEADLINE,
        time=time,
        random=random,
    )


class RevisionsPoll:
    """One look at an environment; it never has more than AT_ONCE calls under way."""

    def __init__(self, environment: Environment, azure: Azure) -> None:
        self._environment = environment
        self._azure = azure
        self._group = environment.resource_group
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def applications(self) -> tuple[Application, ...]:
        """Raises SourceError when an app cannot be read: half a picture must not pass for a whole one."""
        if self._environment.apps:
            result = await gather_results(*(self._named(name) for name in self._environment.apps))
            if all(item.running == MISSING for item in result):
                raise SourceError(await self._explain_missing())
        else:
            try:
                async with self._turn:
                    listed = await self._azure.applications(self._group)
            except SourceError as error:
                if error.problem.kind is not ProblemKind.MISSING:
                    raise
                raise SourceError(await self._explain_missing()) from None
            result = await gather_results(
                *(self._application(fields, read_text(fields.get("name"))) for fields in listed)
            )
        return tuple(sorted(result, key=lambda item: item.name))

    async def _explain_missing(self) -> Problem:
        return await explain_missing(
            self._azure, self._environment.apps, self._group, resource=RESOURCE, api=API_VERSION, what="apps"
        )

    async def _named(self, name: str) -> Application:
        """One configured app. Where it does not exist that is what is shown, and its neighbours stay visible."""
        try:
            async with self._turn:
                raw = await self._azure.application(self._group, name)
            return await self._application(raw, name)
        except SourceError as error:
            if error.problem.kind is not ProblemKind.MISSING:
                raise
            return Application(name, self._environment.name, "", "", (), running=MISSING)

    async def _application(self, raw: Raw, name: str) -> Application:
        async with self._turn:
            revisions = await self._azure.revisions(self._group, name)
        app = map_application(raw, revisions, environment=self._environment.name, name=name)
        active = [revision for revision in app.revisions if revision.active]
        read = await gather_results(*(self._replicas(name, revision) for revision in active))
        return with_replicas(app, {revision.name: result for revision, result in zip(active, read, strict=True)})

    async def _replicas(self, app: str, revision: Revision) -> tuple[Replica, ...] | None:
        """None when they cannot be read: one stumbling call must not blind the whole pane."""
        try:
            async with self._turn:
                return tuple(
                    map_replica(fields) for fields in await self._azure.replicas(self._group, app, revision.name)
                )
        except SourceError:
            return None


async def gather_results(*work: Any) -> list[Any]:
    """All results, or the first SourceError; what was still under way then is cancelled."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(item) for item in work]
    except* SourceError as failures:
        raise find_first_error(failures) from None
    return [task.result() for task in tasks]


def find_first_error(failures: BaseExceptionGroup[Any]) -> SourceError:
    error = failures.exceptions[0]
    return find_first_error(error) if isinstance(error, BaseExceptionGroup) else error


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
