"""The revisions feed: every app of an environment with its revisions, and the replicas of the active ones."""

import asyncio
from collections.abc import Mapping
from random import Random
from typing import Any

from cockpit.azure.client import Azure
from cockpit.azure.mapping import map_application, map_replica, with_replicas
from cockpit.feeds.base import Polled
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import read_text
from cockpit.model.revision import MISSING, Application, Replica, Revision
from cockpit.model.system import Environment
from cockpit.model.time import Time

Raw = Mapping[str, Any]
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
                raise SourceError(none_there(self._environment))
        else:
            async with self._turn:
                listed = await self._azure.applications(self._group)
            result = await gather_results(
                *(self._application(fields, read_text(fields.get("name"))) for fields in listed)
            )
        return tuple(sorted(result, key=lambda item: item.name))

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


def none_there(environment: Environment) -> Problem:
    return Problem(
        ProblemKind.MISSING,
        "404 no such app",
        f"None of {', '.join(environment.apps)} is in resource group {environment.resource_group!r}.",
        "Check subscription, resource_group and apps of the environment in cockpit.toml.",
    )
