"""Databases of Azure SQL: restored to a new one as they were at a moment, and renamed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cockpit.azure.changes.change import AzureChange, send_change_once
from cockpit.azure.changes.long_running import ReportProgress, is_seen, long_change, settle_change
from cockpit.azure.changes.traffic import refuse_change
from cockpit.azure.client import Azure
from cockpit.azure.validate import StrangeAnswerError, body_of, is_resource, must_be_resource_at, quote_name
from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.raw import dig_value, read_moment, read_text
from cockpit.model.text import keep_whole

Raw = Mapping[str, Any]
SQL_API = "2023-08-01"  # of Microsoft.Sql: stable


class SqlServer:
    """One server of one resource group. Reads raise SourceError; changes never raise, their Change says what came."""

    def __init__(self, azure: Azure, group: str, name: str) -> None:
        self.azure = azure
        self.name = name
        below = f"/subscriptions/{quote_name(azure.subscription)}/resourceGroups/{quote_name(group)}"
        self.path = f"{below}/providers/Microsoft.Sql/servers/{quote_name(name)}"

    async def databases(self) -> list[Raw]:
        return await self.azure.pages(f"{self.path}/databases", api_version=SQL_API)

    async def database(self, name: str) -> Raw:
        path = self._database(name)
        return must_be_resource_at(await self.azure.get(path, api_version=SQL_API), path)

    async def restore(self, source: str, into: str, position: datetime, *, tell: ReportProgress) -> AzureChange:
        """Make a new database of what `source` was at a moment. Takes minutes; `source` stays as it is.

        Refused when the moment is outside of what is kept, or when `into` exists.
        """

        async def send() -> Any:
            fields = await self.database(source)
            must_be_online(source, fields)
            self._must_be_kept(source, fields, position)
            await self._must_be_free(into)
            properties = {
                "createMode": "PointInTimeRestore",
                "sourceDatabaseId": keep_whole(fields.get("id")) or self._database(source),
                "restorePointInTime": position.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            }
            body = {"location": read_text(fields.get("location")), "properties": properties}
            return await self.azure.exchange("PUT", f"{self._database(into)}?api-version={SQL_API}", body)

        change = await long_change(self.azure, self._database(into), send, tell)
        return await settle_change(self.azure, change, lambda: self._is_online(into))

    async def rename(self, old: str, new: str) -> AzureChange:
        """Give a database another name, at once. Refused when the name is taken.

        A swap is two of these, and between them no database has the name that the application asks for.
        """

        async def looks_done() -> bool:
            return await self._is_online(new) and not await self._exists(old)

        async def send() -> Any:
            must_be_online(old, await self.database(old))
            await self._must_be_free(new)
            link = f"{self._database(old)}/move?api-version={SQL_API}"
            answer = await self.azure.exchange("POST", link, {"id": self._database(new)})
            # Azure answers with nothing, which anybody can: then only looking tells.
            named_so = is_resource(body_of(answer), self._database(new))
            if not named_so and (answer.text().strip() or not await is_seen(looks_done)):
                raise StrangeAnswerError

        return await settle_change(self.azure, await send_change_once(send, explain=self.azure.explain), looks_done)

    def _database(self, name: str) -> str:
        return f"{self.path}/databases/{quote_name(name)}"

    def _must_be_kept(self, name: str, fields: Raw, position: datetime) -> None:
        earliest = read_moment(dig_value(fields, "properties", "earliestRestoreDate"))
        if earliest is not None and position < earliest:
            raise refuse_change(f"{name} can be restored as it was since {earliest:%Y-%m-%d %H:%M:%S}Z, not earlier.")
        if position > self.azure.time.now():
            raise refuse_change(f"{position:%Y-%m-%d %H:%M:%S}Z is still to come; a restore point lies in the past.")

    async def _must_be_free(self, name: str) -> None:
        if await self._exists(name):
            raise refuse_change(
                f"{self.name} already has a database {name}.", "Choose another name, or rename that one."
            )

    async def _exists(self, name: str) -> bool:
        try:
            await self.database(name)
        except SourceError as error:
            if error.problem.kind is ProblemKind.MISSING:
                return False
            raise
        return True

    async def _is_online(self, name: str) -> bool:
        try:
            return read_database_status(await self.database(name)) == "Online"
        except SourceError as error:
            if error.problem.kind is ProblemKind.MISSING:
                return False
            raise


def read_database_status(database: Raw) -> str:
    return read_text(dig_value(database, "properties", "status"))


def must_be_online(name: str, database: Raw) -> None:
    """Raises SourceError."""
    if (now := read_database_status(database)) != "Online":
        raise refuse_change(f"{name} is {now or 'in no state it tells'}, not Online.", "Wait until it is.")
