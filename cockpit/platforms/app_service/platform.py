"""App Service in one environment: its feed, its log stream, and what a check asks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from cockpit.azure.client import Azure
from cockpit.feeds.base import Feed, Polled
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, list_mappings, read_moment, read_text
from cockpit.model.reading import LogLine
from cockpit.model.revision import MISSING, Application, Revision
from cockpit.model.text import clean_line
from cockpit.platforms.app_service.commands import WebAppPerformer
from cockpit.platforms.app_service.kind import KIND, read_slot_label
from cockpit.platforms.app_service.settings import read_settings
from cockpit.platforms.app_service.sites import API, WebSite
from cockpit.platforms.app_service.webapp import WebAppCommand
from cockpit.platforms.log_queue import ReplicaKeyMask
from cockpit.platforms.platform import (
    CommandOutcome,
    CommandSurvey,
    LiveSource,
    Platform,
    PlatformCommand,
    PlatformContext,
)

DEADLINE = 40.0  # seconds for one look at every site
LOG_CONNECT, LOG_SILENCE = 15.0, 3_600.0  # seconds to answer, and without a line before a stream counts as dead


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
                raise SourceError(_none_there(self._settings.sites, environment.resource_group))
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

    async def stream_log_lines(self, application: Application, revision: Revision) -> AsyncIterator[LogLine]:
        """The log stream of the slot where it sits, by the site's own management address."""
        import httpx

        from cockpit.feeds.http import explain_http_error, explain_refusal

        slot = read_slot_label(revision)
        site = WebSite(self._azure, self._context.environment.resource_group, application.name)
        raw = await self._azure.get(site.slot_path(slot), api_version=API)
        where = self._azure.where
        scheme = "http" if where.resource_manager.startswith("http://") else "https"
        token = await self._azure.credential.token(where.resource_manager_scope, "")
        try:
            async with (
                httpx.AsyncClient(trust_env=False, timeout=httpx.Timeout(LOG_CONNECT, read=LOG_SILENCE)) as client,
                client.stream(
                    "GET",
                    f"{scheme}://{find_management_host(raw)}/api/logstream",
                    headers={"Authorization": f"Bearer {token.secret}"},
                ) as response,
            ):
                if response.status_code != 200:
                    body = await response.aread()
                    raise SourceError(
                        explain_refusal(response.status_code, response.headers, body, self._context.time.now())
                    )
                key_mask = ReplicaKeyMask()
                async for line in response.aiter_lines():
                    if line.strip():
                        yield key_mask.hide(read_log_line(line, revision.name))
        except SourceError:
            raise
        except Exception as error:
            raise SourceError(explain_http_error(error)) from error

    async def survey_command(self, command: PlatformCommand) -> CommandSurvey:
        assert isinstance(command, WebAppCommand)
        return await self._commands.survey(command)

    async def perform_command(
        self, command: PlatformCommand, output: Callable[[str], None], *, confirmed: str
    ) -> CommandOutcome:
        assert isinstance(command, WebAppCommand)
        return await self._commands.perform(command, output, confirmed=confirmed)

    async def read_unready(self, command: PlatformCommand) -> str | None:
        return None

    def list_live_sources(self) -> Sequence[LiveSource]:
        return []

    async def close(self) -> None:
        """Nothing is its own."""


def find_management_host(site: object) -> str:
    """The host of Kudu (`shop.scm.azurewebsites.net`), by what the site itself says. Raises SourceError."""
    for state in list_mappings(dig_value(site, "properties", "hostNameSslStates")):
        if read_text(state.get("hostType")) == "Repository" and (name := read_text(state.get("name"))):
            return name
    raise SourceError(Problem(ProblemKind.MISSING, "no log stream", "The site names no address for its log stream."))


def read_log_line(text: str, revision: str) -> LogLine:
    """`2026-11-21T02:00:00.123Z the line`; one without a time keeps its words."""
    stamp, space, rest = text.partition(" ")
    moment = read_moment(stamp) if space else None
    return LogLine(clean_line(rest if moment else text), moment, revision=revision)


def _none_there(names: Sequence[str], group: str) -> Problem:
    return Problem(
        ProblemKind.MISSING,
        "404 no such site",
        f"None of {', '.join(names)} is in resource group {group!r}.",
        "Check subscription, resource_group and sites of the environment in cockpit.toml.",
    )


def connect_platform(context: PlatformContext) -> Platform:
    """For the registry."""
    return AppServicePlatform(context)
