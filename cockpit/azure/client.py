"""Azure as the feeds ask it: raw answers in, checked for shape, every failure a SourceError with its Problem."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cockpit.azure.changes.change import AzureChange, ChangeOutcome, send_change_once
from cockpit.azure.endpoints import Endpoints, resolve_endpoints
from cockpit.azure.errors import advise_without_sign_in, explain_azure_error, make_garbage_problem
from cockpit.azure.identity import Credential
from cockpit.azure.pool import API_VERSION, READ_TIMEOUT, RETRY_PAUSE, Pool, open_pool
from cockpit.azure.validate import (
    Pages,
    StrangeAnswerError,
    as_object,
    body_of,
    must_be_resource,
    must_be_success,
    query_string,
)
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, read_text
from cockpit.model.system import Cloud
from cockpit.model.text import keep_whole
from cockpit.model.time import Time

if TYPE_CHECKING:
    from cockpit.azure.direct import DirectReader

Raw = Mapping[str, Any]
DEADLINE = 30.0  # seconds for one call with all its pages; the SDK's own time-outs bound only single reads
ALERTS_API = "2019-03-01"  # of Microsoft.AlertsManagement: the stable one
ALERT_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


@dataclass(frozen=True, slots=True)
class LogTable:
    """Rows of a Log Analytics answer by column name; `partial` says why some are missing, "" when none are."""

    rows: tuple[Raw, ...]
    partial: str = ""


class Azure:
    """One subscription of one cloud. Nothing is imported or opened before the first call. Reads raise SourceError."""

    def __init__(
        self,
        cloud: Cloud,
        credential: Credential,
        *,
        subscription: str,
        read_only: bool,
        time: Time,
        retry_pause: float = RETRY_PAUSE,
        read_timeout: float = READ_TIMEOUT,
        deadline: float = DEADLINE,
        direct: bool = False,
    ) -> None:
        """`direct`: for one command that was typed, whose reads need none of the SDKs where all goes well."""
        self.where = resolve_endpoints(cloud)
        self.credential = credential
        self.subscription = subscription
        self.read_only = read_only
        self.time = time
        self._retry_pause = retry_pause
        self._read_timeout = read_timeout
        self._deadline = deadline
        self._pool: Pool | None = None
        self._opening = asyncio.Lock()
        self._direct = _make_direct_reader(self.where, credential) if direct else None

    async def pool(self) -> Pool:
        """The SDK clients, for reads and for operations alike."""
        async with self._opening:
            if self._pool is None:
                self._pool = await open_pool(
                    self.where,
                    self.credential,
                    self.subscription,
                    read_only=self.read_only,
                    retry_pause=self._retry_pause,
                    read_timeout=self._read_timeout,
                )
            return self._pool

    @property
    def is_direct(self) -> bool:
        return self._direct is not None

    async def close(self) -> None:
        if self._direct is not None:
            await self._direct.close()
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Pool]:
        """A read by an SDK in progress."""
        async with self._explaining():
            yield await self.pool()

    @asynccontextmanager
    async def _explaining(self) -> AsyncIterator[None]:
        """A read in progress: bounded in time, its failures explained."""
        try:
            async with asyncio.timeout(self._deadline):
                yield
        except Exception as error:
            raise SourceError(self.explain(error)) from error

    def explain(self, error: Exception) -> Problem:
        """What an exception of a call means; nobody is asked to sign in where only a machine does."""
        return advise_without_sign_in(explain_azure_error(error), self.credential.signs_in_with is not None)

    def _pages(self) -> Callable[[Any], None]:
        return Pages(self.where.resource_manager).check

    async def applications(self, resource_group: str) -> list[Raw]:
        """Every container app of a resource group."""
        async with self._reading() as pool:
            apps = await pool.open_apps()
            list_by_resource_group = apps.container_apps.list_by_resource_group(
                resource_group, raw_response_hook=self._pages()
            )
            return [container_app async for container_app in list_by_resource_group]

    async def application(self, resource_group: str, name: str) -> Raw:
        async with self._reading() as pool:
            return await (await pool.open_apps()).container_apps.get(
                resource_group, name, raw_response_hook=must_be_resource
            )

    async def revisions(self, resource_group: str, app: str) -> list[Raw]:
        """Every revision of an app, inactive ones too, the oldest first."""
        async with self._reading() as pool:
            apps = await pool.open_apps()
            list_revisions = apps.container_apps_revisions.list_revisions(
                resource_group, app, raw_response_hook=self._pages()
            )
            return [revision async for revision in list_revisions]

    async def replicas(self, resource_group: str, app: str, revision: str) -> list[Raw]:
        async with self._reading() as pool:
            apps = await pool.open_apps()
            replica_collection = await apps.container_apps_revision_replicas.list_replicas(
                resource_group, app, revision, raw_response_hook=self._pages()
            )
            return list(replica_collection.value)

    async def stream_token(self, resource_group: str, app: str) -> str:
        """The token that opens the log streams of an app. Valid for an hour; never shown."""
        below = f"/subscriptions/{quote(self.subscription, safe='')}/resourceGroups/{quote(resource_group, safe='')}"
        path = f"{below}/providers/Microsoft.App/containerApps/{quote(app, safe='')}/getAuthToken"
        async with self._explaining():
            answer = await self._request_answer("POST", f"{path}?{query_string({'api_version': API_VERSION})}")
            token = dig_value(as_object(answer.json()), "properties", "token")
        if not isinstance(token, str) or not token or not token.isprintable():
            raise SourceError(make_garbage_problem("a stream token without a token"))
        return token

    async def query(self, workspace: str, kql: str, since: datetime, until: datetime) -> LogTable:
        """The first table of a Log Analytics query over what was logged between two moments."""
        from azure.monitor.query import LogsQueryPartialResult

        answers: list[Any] = []
        async with self._reading() as pool:
            try:
                logs = await pool.open_logs()
                result = await logs.query_workspace(
                    workspace,
                    kql,
                    timespan=(since, until),
                    server_timeout=max(1, int(self._deadline)),
                    raw_response_hook=lambda response: answers.append(response.http_response),
                )
            except ValueError:
                # This client reads the body of an error before it looks at the status, and may stumble over it.
                if answers:
                    must_be_success(answers[-1])
                raise
            partial = isinstance(result, LogsQueryPartialResult)
            tables = result.partial_data if isinstance(result, LogsQueryPartialResult) else result.tables
            rows = tuple(dict(zip(tables[0].columns, row, strict=False)) for row in tables[0].rows) if tables else ()
        error = getattr(result, "partial_error", None) if partial else None
        reason = read_text(getattr(error, "message", "")) or read_text(getattr(error, "code", ""))
        return LogTable(rows, reason or ("no reason given" if partial else ""))

    async def get(self, path: str, **parameters: str) -> Raw:
        """The JSON object at any Resource Manager path, with an `api_version=`."""
        async with self._explaining():
            return await self._request_object(f"{path}?{query_string(parameters)}")

    async def pages(self, path: str, **parameters: str) -> list[Raw]:
        """Everything a paged list holds. A next page is asked of our own address, whatever host the link names."""
        records: list[Raw] = []
        pages = Pages(self.where.resource_manager)
        link = f"{path}?{query_string(parameters)}"
        async with self._explaining():
            while link:
                values, link = pages.take(await self._request_object(link))
                records += values
        return records

    async def firing_alerts(self, resource_group: str) -> list[Raw]:
        """Alerts that fire, of up to 30 days ago: by default Azure hides all that are older than a day."""
        scope = f"/subscriptions/{self.subscription}"
        if resource_group:
            scope += f"/resourceGroups/{resource_group}"
        return await self.pages(
            f"{scope}/providers/Microsoft.AlertsManagement/alerts",
            api_version=ALERTS_API,
            timeRange="30d",
            monitorCondition="Fired",
            pageCount="250",
        )

    async def alert(self, identifier: str) -> Raw:
        """One alert by the last segment of its id."""
        return await self.get(self._alert_path(identifier), api_version=ALERTS_API)

    async def acknowledge(self, identifier: str) -> AzureChange:
        """Mark an alert as acknowledged in Azure, once; where no answer tells, look again. `answer` is the alert."""
        path = f"{self._alert_path(identifier)}/changestate"
        query = query_string({"api_version": ALERTS_API, "newState": "Acknowledged"})

        async def send() -> Raw:
            answer = await self._post(f"{path}?{query}")
            if not is_acknowledged(answer, identifier):
                raise StrangeAnswerError
            return answer

        change = await send_change_once(send, explain=self.explain)
        if change.outcome is not ChangeOutcome.UNKNOWN:
            return change
        try:
            fields = await self.alert(identifier)
        except SourceError:
            return change
        # Not seeing it done leaves it unknown: a gateway that lost patience may still have passed the request on.
        done = is_acknowledged(fields, identifier)
        return AzureChange(ChangeOutcome.DONE, None, fields) if done else replace(change, answer=fields)

    async def _post(self, link: str) -> Raw:
        answer = body_of(await self.exchange("POST", link))
        if not isinstance(answer, Mapping):
            raise StrangeAnswerError
        return answer

    async def exchange(self, method: str, link: str, body: Raw | None = None) -> Any:
        """One request at a Resource Manager path or URL, and its answer with its headers; for operations.

        Raises what the SDK raises, so that `once` can tell what was sent from what was not.
        """
        async with asyncio.timeout(self._deadline):
            return await self._request_answer(method, link, body)

    async def _request_object(self, link: str) -> Raw:
        return as_object((await self._request_answer("GET", link)).json())

    async def _request_answer(self, method: str, link: str, body: Raw | None = None) -> Any:
        """The answer to a request at a path, or at a URL exactly as it is. Raises what the SDK raises."""
        if self._direct is not None and body is None:
            answer = await self._direct.ask(method, link)
            if answer is not None:
                must_be_success(answer)
                return answer
        pool = await self.pool()
        from azure.core.rest import HttpRequest

        template = link.replace("{", "{{").replace("}", "}}")  # the SDK would fill in what stands in braces
        response = await pool.send_request(HttpRequest(method, template, json=body))
        must_be_success(response)
        return response

    def _alert_path(self, identifier: str) -> str:
        if not ALERT_ID.fullmatch(identifier):
            raise SourceError(Problem(ProblemKind.REFUSED, "bad alert id", "This alert's id is none of Azure's."))
        return f"/subscriptions/{self.subscription}/providers/Microsoft.AlertsManagement/alerts/{identifier}"


def is_acknowledged(alert: Raw, identifier: str) -> bool:
    """Whether an answer is this alert, by the last segment of its id, in the state that was asked for."""
    same = keep_whole(alert.get("id")).rpartition("/")[2].casefold() == identifier.casefold()
    return same and read_text(dig_value(alert, "properties", "essentials", "alertState")) == "Acknowledged"


def _make_direct_reader(where: Endpoints, credential: Credential) -> "DirectReader":
    from cockpit.azure.direct import DirectReader

    return DirectReader(where, credential)
