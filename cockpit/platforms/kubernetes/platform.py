"""Kubernetes in one environment: its feed, its logs, and what a check asks."""

from collections.abc import AsyncIterator, Callable, Sequence

from cockpit.feeds.polling import Feed, Polled
from cockpit.model.reading import LogLine
from cockpit.model.revision import Application, Revision
from cockpit.platforms.kubernetes.client import ClusterClient
from cockpit.platforms.kubernetes.events import ClusterEventWatch
from cockpit.platforms.kubernetes.kind import KIND
from cockpit.platforms.kubernetes.known_commands import KubectlCommand
from cockpit.platforms.kubernetes.perform import KubectlPerformer
from cockpit.platforms.kubernetes.pod_logs import stream_pod_logs
from cockpit.platforms.kubernetes.settings import read_settings
from cockpit.platforms.kubernetes.workloads import DEADLINE, read_workloads
from cockpit.platforms.platform import (
    CommandOutcome,
    CommandSurvey,
    LiveSource,
    Platform,
    PlatformCommand,
    PlatformContext,
)

EVENTS_EVERY = 30.0  # seconds between two looks at the events of the namespace


class KubernetesPlatform:
    """One namespace of one cluster, with a client of its own."""

    kind = KIND

    def __init__(self, context: PlatformContext) -> None:
        settings = read_settings(context.environment)
        assert settings is not None  # is_used asks for them
        self._context, self._settings = context, settings
        self.client = ClusterClient(
            proxy=settings.proxy,
            kubeconfig=settings.kubeconfig,
            context=settings.context,
            namespace=settings.namespace,
            environ={**context.environ, **context.environment.shell},
            read_only=context.read_only,
            time=context.time,
        )
        self._commands = KubectlPerformer(self.client, context.time)

    def build_feed(self) -> Feed:
        environment = self._context.environment.name

        async def read() -> tuple[Application, ...]:
            return await read_workloads(self.client, self._settings, environment)

        return Polled(
            "revisions",
            environment,
            read,
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
                "changes:cluster",
                self._context.environment.name,
                ClusterEventWatch(self.client).read,
                every=max(EVENTS_EVERY, self._settings.interval),
                deadline=DEADLINE,
                time=self._context.time,
                random=self._context.random,
            )
        ]

    def stream_log_lines(self, application: Application, revision: Revision) -> AsyncIterator[LogLine]:
        return stream_pod_logs(self.client, application, revision, time=self._context.time)

    async def survey_command(self, command: PlatformCommand) -> CommandSurvey:
        assert isinstance(command, KubectlCommand)
        return await self._commands.survey(command)

    async def perform_command(
        self, command: PlatformCommand, output: Callable[[str], None], *, confirmed: str
    ) -> CommandOutcome:
        assert isinstance(command, KubectlCommand)
        return await self._commands.perform(command, output, confirmed=confirmed)

    async def read_unready(self, command: PlatformCommand) -> str | None:
        return None

    def list_live_sources(self) -> Sequence[LiveSource]:
        return [LiveSource("pod logs", self._read_a_log())]

    async def _read_a_log(self) -> None:
        """One line of the first pod that runs; nothing where none does."""
        target = await self.client.target()
        base = f"/api/v1/namespaces/{target.namespace}/pods"
        pods = await self.client.get(base, {"limit": "1", "fieldSelector": "status.phase=Running"})
        for pod in pods.get("items", [])[:1]:
            container = pod["spec"]["containers"][0]["name"]
            async for _ in self.client.stream(
                f"{base}/{pod['metadata']['name']}/log", {"tailLines": "1", "container": container}
            ):
                pass

    async def close(self) -> None:
        await self.client.close()


def connect_platform(context: PlatformContext) -> Platform:
    """For the registry."""
    return KubernetesPlatform(context)
