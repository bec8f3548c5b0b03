"""Reads of sites and slots, and the swap: checked against what stands now, sent once, looked at again when in doubt."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cockpit.azure.changes.change import AzureChange, send_change_once
from cockpit.azure.changes.long_running import follow_operation, long_change, settle_change
from cockpit.azure.client import Azure
from cockpit.feeds.azure_streams import open_stream_client
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, list_mappings, read_moment, read_text
from cockpit.model.revision import MISSING, Application
from cockpit.model.time import Time
from cockpit.platforms.app_service.mapping import (
    SlotAnswers,
    map_site,
    name_content,
    read_deployment,
    read_image,
    read_pending,
    read_slot,
)
from cockpit.platforms.app_service.settings import NAME, PRODUCTION
from cockpit.platforms.log_queue import LogLineSplitter

if TYPE_CHECKING:
    import httpx

Raw = Mapping[str, Any]
LOG_CONNECT, LOG_SILENCE = 15.0, 3_600.0  # seconds to answer, and without a line before a stream counts as dead
API = "2024-04-01"  # of Microsoft.Web
NOT_FOR_US = frozenset({ProblemKind.FORBIDDEN, ProblemKind.MISSING, ProblemKind.REFUSED})
"""What a part of a site may be, and the rest of it is still shown: not allowed, or not there for this kind of site."""
CLOCKS_DIFFER = timedelta(minutes=1)  # our clock and the cloud's
BODIES = {"swap": "slotsswap", "preview": "applySlotConfig", "reset": "resetSlotConfig"}


class WebSite:
    """One site of one resource group. Reads raise SourceError; changes only what the reads before them raise."""

    def __init__(self, azure: Azure, group: str, name: str) -> None:
        self.azure, self.group, self.name = azure, group, name
        below = f"/subscriptions/{quote(azure.subscription, safe='')}/resourceGroups/{quote(group, safe='')}"
        self.path = f"{below}/providers/Microsoft.Web/sites/{quote(name, safe='')}"
        self.unseen: Problem | None = None  # why there may be more slots than the last look showed

    def slot_path(self, slot: str) -> str:
        return self.path if slot in ("", PRODUCTION) else f"{self.path}/slots/{quote(slot, safe='')}"

    async def read_slots(self) -> list[SlotAnswers]:
        """Production first, then the slots, by name. Only the site itself must be readable; `unseen` says the rest."""
        site, slots = await asyncio.gather(self.azure.get(self.path, api_version=API), self._list_slots())
        raws = [site, *sorted(slots, key=read_slot)]
        return list(await asyncio.gather(*(self._read_slot(raw) for raw in raws)))

    async def read_state(self, slot: str) -> str:
        return read_text(dig_value(await self.azure.get(self.slot_path(slot), api_version=API), "properties", "state"))

    async def read_application(self, environment: str) -> Application:
        try:
            slots = await self.read_slots()
        except SourceError as error:
            if error.problem.kind is not ProblemKind.MISSING:
                raise
            return Application(self.name, environment, "", "", (), running=MISSING, platform=NAME)
        return map_site(self.name, slots, environment=environment, location=f"{self.group}/{self.name}")

    async def swap(
        self, action: str, slot: str, target: str, report: Callable[[str], None] = lambda url: None
    ) -> AzureChange:
        """`action` is a key of BODIES: the whole swap, its first half with the target's settings, or undoing that.

        `report` gets the address of the operation that a whole swap becomes.
        """
        before = {read_slot(answers.site): answers for answers in await self.read_slots()}
        body = None if action == "reset" else {"targetSlot": target, "preserveVnet": True}
        link = f"{self.slot_path(slot)}/{BODIES[action]}?api-version={API}"

        async def send() -> Any:
            return await self.azure.exchange("POST", link, body)

        async def looks_done() -> bool:
            after = {read_slot(answers.site): answers for answers in await self.read_slots()}
            if action != "swap":
                return bool(read_pending(after[slot].site)) is (action == "preview")
            return _was_swapped(before, after, slot, target)

        if action != "swap":
            return await settle_change(self.azure, await send_change_once(send, explain=self.azure.explain), looks_done)
        change = await long_change(self.azure, self.slot_path(slot), send, report)
        return await settle_change(self.azure, change, looks_done)

    async def resume_swap(self, operation: str, slot: str, target: str, since: datetime) -> AzureChange:
        """How a whole swap ended that another cockpit sent at `since`; nothing is sent again."""

        async def looks_done() -> bool:
            swapped = dig_value(await self.azure.get(self.path, api_version=API), "properties", "slotSwapStatus")
            moment = read_moment(dig_value(swapped, "timestampUtc"))
            slots = {read_text(dig_value(swapped, name)).lower() for name in ("sourceSlotName", "destinationSlotName")}
            return moment is not None and moment >= since - CLOCKS_DIFFER and slots == {slot.lower(), target.lower()}

        change = await follow_operation(self.azure, operation, resource=self.slot_path(slot), soon=0.0)
        return await settle_change(self.azure, change, looks_done)

    async def stream_log(self, slot: str, time: Time) -> AsyncIterator[list[bytes]]:
        """The lines of a slot's log, those together that come together. Raises SourceError."""
        async with self.open_log(slot, time) as response:
            lines = LogLineSplitter()
            async for chunk in response.aiter_bytes():
                yield lines.feed(chunk)
            yield lines.feed(b"\n")

    async def check_log(self, time: Time) -> None:
        """Whether the log of production may be read; of one that is quiet nothing is waited for. Raises SourceError."""
        async with asyncio.timeout(LOG_CONNECT), self.open_log(PRODUCTION, time):
            pass

    @asynccontextmanager
    async def open_log(self, slot: str, time: Time) -> "AsyncIterator[httpx.Response]":
        """The log stream of a slot, which its site's own management address lets us read. Raises SourceError."""
        from cockpit.feeds.http import explain_http_error, explain_refusal

        raw = await self.azure.get(self.slot_path(slot), api_version=API)
        where = self.azure.where
        scheme = "http" if where.resource_manager.startswith("http://") else "https"
        token = await self.azure.credential.token(where.resource_manager_scope, "")
        try:
            async with (
                open_stream_client(
                    where, read_only=self.azure.read_only, connect=LOG_CONNECT, silence=LOG_SILENCE
                ) as client,
                client.stream(
                    "GET",
                    f"{scheme}://{find_management_host(raw)}/api/logstream",
                    headers={"Authorization": f"Bearer {token.secret}"},
                ) as response,
            ):
                if response.status_code != 200:
                    body = await response.aread()
                    raise SourceError(explain_refusal(response.status_code, response.headers, body, time.now()))
                yield response
        except SourceError:
            raise
        except Exception as error:
            raise SourceError(explain_http_error(error)) from error

    async def restart(self, slot: str) -> AzureChange:
        """Restart every instance of a slot. Nothing that can be read afterwards proves it."""
        link = f"{self.slot_path(slot)}/restart?api-version={API}"
        return await send_change_once(lambda: self.azure.exchange("POST", link), explain=self.azure.explain)

    async def _list_slots(self) -> list[Raw]:
        self.unseen = None
        try:
            return await self.azure.pages(f"{self.path}/slots", api_version=API)
        except SourceError as error:
            if error.problem.kind not in NOT_FOR_US:
                raise
            if error.problem.kind is ProblemKind.FORBIDDEN:
                self.unseen = replace(
                    error.problem,
                    short="403 no slots",
                    message=f"The slots of {self.name} may not be listed: {error.problem.message}",
                )
            return []

    async def _read_slot(self, site: Raw) -> SlotAnswers:
        path = self.slot_path(read_slot(site))
        config, instances, deployments = await asyncio.gather(
            self._get_optional(f"{path}/config/web"),
            self._list_optional(f"{path}/instances"),
            self._list_optional(f"{path}/deployments"),
        )
        settings = dig_value(config, "properties") if config is not None else None
        return SlotAnswers(site, settings if isinstance(settings, Mapping) else None, instances, deployments)

    async def _get_optional(self, path: str) -> Raw | None:
        try:
            return await self.azure.get(path, api_version=API)
        except SourceError as error:
            if error.problem.kind not in NOT_FOR_US:
                raise
            return None

    async def _list_optional(self, path: str) -> list[Raw] | None:
        try:
            return await self.azure.pages(path, api_version=API)
        except SourceError as error:
            if error.problem.kind not in NOT_FOR_US:
                raise
            return None


def find_management_host(site: object) -> str:
    """The host of Kudu (`shop.scm.azurewebsites.net`), by what the site itself says. Raises SourceError."""
    for state in list_mappings(dig_value(site, "properties", "hostNameSslStates")):
        if read_text(state.get("hostType")) == "Repository" and (name := read_text(state.get("name"))):
            return name
    raise SourceError(Problem(ProblemKind.MISSING, "no log stream", "The site names no address for its log stream."))


def fingerprint_slots(slots: Sequence[SlotAnswers]) -> str:
    """What is deployed in each slot, and the last swap: whoever swapped meanwhile changed it."""
    parts = [f"{read_slot(answers.site)}={describe_content(answers)} {read_pending(answers.site)}" for answers in slots]
    swapped = read_text(dig_value(slots[0].site, "properties", "slotSwapStatus", "timestampUtc"))
    return "; ".join((*parts, swapped))


def describe_content(answers: SlotAnswers) -> str:
    """The revision that sits in a slot."""
    image = read_image(answers.config) or read_image(dig_value(answers.site, "properties", "siteConfig"))
    return name_content(image, read_deployment(answers.deployments), read_slot(answers.site))


def _was_swapped(before: Mapping[str, SlotAnswers], after: Mapping[str, SlotAnswers], slot: str, target: str) -> bool:
    def read_stamp(slots: Mapping[str, SlotAnswers]) -> str:
        return read_text(dig_value(slots[target].site, "properties", "slotSwapStatus", "timestampUtc"))

    moved = describe_content(after[target]) == describe_content(before[slot])
    return moved and read_stamp(after) != read_stamp(before)
