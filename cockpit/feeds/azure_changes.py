"""Who changed what in the resource group, by Azure's activity log, and whether Azure itself has an outage.

The log has several entries for each operation (Begin, End, Accepted); they are one fact, by their correlation. It lags
by minutes. What this cockpit sent stands on the timeline already and is left out; what another one sent says so.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from cockpit.azure.client import Azure
from cockpit.azure.own_requests import is_of_cockpit, is_of_this_process
from cockpit.feeds.polling import Polled, join_changes
from cockpit.model.event import Kind, OutsideChange
from cockpit.model.raw import dig_value, list_mappings, read_moment, read_text
from cockpit.model.system import Environment
from cockpit.model.time import Time

Raw = Mapping[str, Any]
EVERY = 60.0  # seconds; the log lags by more
DEADLINE = 40.0
LOOKBACK = timedelta(hours=2)
ACTIVITY_API, HEALTH_API = "2015-04-01", "2025-05-01"
HEALTH_LOOKBACK = timedelta(days=1)
STAMP = "%Y-%m-%dT%H:%M:%SZ"


def azure_changes_feed(
    environment: Environment, azure: Azure, *, time: Time, random: Random
) -> Polled[tuple[OutsideChange, ...]]:
    """The feed `changes:azure`: what the environment asks for of the activity log and of service health."""

    async def read() -> tuple[OutsideChange, ...]:
        asked = [read_activity(environment, azure, time.now())] if environment.activity_log else []
        asked += [read_service_health(azure, time.now())] if environment.service_health else []
        results = await asyncio.gather(*asked, return_exceptions=True)
        return join_changes(results)

    return Polled("changes:azure", environment.name, read, every=EVERY, deadline=DEADLINE, time=time, random=random)


async def read_activity(environment: Environment, azure: Azure, now: datetime) -> list[OutsideChange]:
    """The operations of the resource group in the last hours. Raises SourceError."""
    where = f"eventTimestamp ge '{now - LOOKBACK:{STAMP}}' and resourceGroupName eq '{environment.resource_group}'"
    raws = await azure.pages(
        f"/subscriptions/{azure.subscription}/providers/Microsoft.Insights/eventtypes/management/values",
        api_version=ACTIVITY_API,
        **{"$filter": where},
    )
    return join_activity(raws)


def join_activity(raws: Iterable[Raw]) -> list[OutsideChange]:
    """One fact for each operation, in its newest state."""
    newest: dict[tuple[str, str, str], tuple[datetime, Raw]] = {}
    for raw in raws:
        moment = read_moment(raw.get("eventTimestamp"))
        operation = read_text(dig_value(raw, "operationName", "value"), 200)
        correlation = read_text(raw.get("correlationId"))
        if moment is None or not correlation or not is_changing(operation):
            continue
        key = (correlation, operation.lower(), read_text(raw.get("resourceId"), 400).lower())
        if key not in newest or (moment, _is_end(raw)) >= (newest[key][0], _is_end(newest[key][1])):
            newest[key] = moment, raw
    changes = (map_activity(raw, moment) for moment, raw in newest.values())
    return [change for change in changes if change is not None]


def _is_end(raw: Raw) -> bool:
    return read_text(dig_value(raw, "status", "value")).lower() in ENDED


ENDED = frozenset({"succeeded", "failed", "resolved", "canceled", "cancelled"})
READING_WORDS = ("list", "get", "read", "check", "validate", "show", "query", "search", "generate", "export")


def is_changing(operation: str) -> bool:
    """Writes, deletions, and actions that by their name do more than read: `listSecrets/action` only reads."""
    *rest, verb = operation.lower().split("/")
    if verb in ("write", "delete"):
        return True
    return verb == "action" and bool(rest) and not rest[-1].startswith(READING_WORDS)


OPERATIONS = {
    "microsoft.app/containerapps/write": ("configuration", "app deployed or configured"),
    "microsoft.app/containerapps/delete": ("operation", "app DELETED"),
    "microsoft.app/containerapps/revisions/activate/action": ("operation", "revision activated"),
    "microsoft.app/containerapps/revisions/deactivate/action": ("operation", "revision deactivated"),
    "microsoft.app/containerapps/revisions/restart/action": ("operation", "revision restarted"),
    "microsoft.app/managedenvironments/write": ("configuration", "environment configured"),
    "microsoft.web/sites/write": ("configuration", "site deployed or configured"),
    "microsoft.web/sites/config/write": ("configuration", "settings of the site changed"),
    "microsoft.web/sites/slots/config/write": ("configuration", "settings of a slot changed"),
    "microsoft.web/sites/slotsswap/action": ("deployment", "slots swapped"),
    "microsoft.web/sites/slots/slotsswap/action": ("deployment", "slots swapped"),
    "microsoft.web/sites/applyslotconfig/action": ("deployment", "swap begun with a preview"),
    "microsoft.web/sites/restart/action": ("operation", "site restarted"),
    "microsoft.keyvault/vaults/secrets/write": ("secret", "secret changed"),
    "microsoft.keyvault/vaults/write": ("configuration", "key vault configured"),
    "microsoft.sql/servers/databases/write": ("operation", "database created, restored or resized"),
    "microsoft.sql/servers/databases/delete": ("operation", "database DELETED"),
    "microsoft.sql/servers/databases/move/action": ("operation", "database renamed"),
    "microsoft.sql/servers/firewallrules/write": ("configuration", "firewall of the database server changed"),
    "microsoft.authorization/roleassignments/write": ("operation", "role given"),
    "microsoft.authorization/roleassignments/delete": ("operation", "role taken away"),
    "microsoft.network/networksecuritygroups/securityrules/write": ("configuration", "network rule changed"),
}
"""What an operation is, and in words; what is not here is named as Azure names it."""


def name_resource(resource: str) -> str:
    """The last part of a resource id; a slot with its site, `shop/staging`."""
    site, slot, name = resource.rpartition("/slots/")
    return f"{site.rpartition('/')[2]}/{name}" if slot and "/" not in name else resource.rpartition("/")[2]


def map_activity(raw: Raw, moment: datetime) -> OutsideChange | None:
    """None for what this process sent itself."""
    request_id = read_text(dig_value(raw, "httpRequest", "clientRequestId"))
    if is_of_this_process(request_id):
        return None
    operation = read_text(dig_value(raw, "operationName", "value"), 200)
    resource = read_text(raw.get("resourceId"), 400)
    correlation, by = read_text(raw.get("correlationId")), read_text(raw.get("caller"))
    status = read_text(dig_value(raw, "status", "value"))
    sort, phrase = OPERATIONS.get(operation.lower(), ("operation", operation))
    through = "a cockpit" if is_of_cockpit(request_id) else describe_client(raw)
    name = name_resource(resource)
    failed = status.lower() == "failed"
    outcome = " FAILED" if failed else "" if status.lower() in ENDED else f" ({status.lower() or 'begun'})"
    reason = read_failure(raw) if failed else ""
    return OutsideChange(
        key=f"azure:{correlation} {operation.lower()} {name}"[:300],
        kind=Kind.ACTIVITY,
        state=status.lower() or "unknown",
        summary=f"{name}: {phrase}{outcome}{f' by {by}' if by else ''}{f' through {through}' if through else ''}"
        + (f": {reason}" if reason else ""),
        at=moment,
        by=by,
        changes=not failed,
        detail={
            "what": sort,
            "operation": operation,
            "resource": resource,
            "correlation": correlation,
            "through": through,
            **({"reason": reason} if reason else {}),
        },
    )


CLIENTS = {
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46": "az",
    "1950a258-227b-4e31-a9cf-717495945fc2": "Azure PowerShell",
    "c44b4083-3bb0-49c1-b47d-974e53cbdf3c": "the portal",
}
"""Microsoft's own applications, by the id that a token of theirs has."""


def describe_client(raw: Raw) -> str:
    """Through what it was done: a program of Microsoft's, else a service principal's id; "" where nothing says it."""
    claims = raw.get("claims")
    application = read_text(dig_value(claims, "appid"), 60).lower()
    if application in CLIENTS:
        return CLIENTS[application]
    is_app = read_text(dig_value(claims, "idtyp")).lower() == "app"
    return f"application {application}" if application and is_app else ""


def read_failure(raw: Raw) -> str:
    """The message of a failed operation, out of its JSON within JSON."""
    text = dig_value(raw, "properties", "statusMessage")
    try:
        body = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return read_text(text, 200)
    body = dig_value(body, "error") or body
    return read_text(dig_value(body, "message") or dig_value(body, "Message"), 200)


# Is it them?


async def read_service_health(azure: Azure, now: datetime) -> list[OutsideChange]:
    """Outages of Azure that touch the subscription, of the last day. Raises SourceError."""
    raws = await azure.pages(
        f"/subscriptions/{azure.subscription}/providers/Microsoft.ResourceHealth/events",
        api_version=HEALTH_API,
        queryStartTime=f"{now - HEALTH_LOOKBACK:%Y-%m-%d}",
    )
    changes = (map_service_issue(raw) for raw in raws)
    return [change for change in changes if change is not None]


def map_service_issue(raw: Raw) -> OutsideChange | None:
    """One outage; planned maintenance and advice are none."""
    properties = raw.get("properties")
    began = read_moment(dig_value(properties, "impactStartTime"))
    if read_text(dig_value(properties, "eventType")) != "ServiceIssue" or began is None:
        return None
    status = read_text(dig_value(properties, "status"))
    over = status.lower() == "resolved"
    ended = read_moment(dig_value(properties, "impactMitigationTime")) if over else None
    impacts = list_mappings(dig_value(properties, "impact"))
    services = ", ".join(dict.fromkeys(read_text(impact.get("impactedService")) for impact in impacts))
    regions = ", ".join(
        dict.fromkeys(
            read_text(region.get("impactedRegion"))
            for impact in impacts
            for region in list_mappings(impact.get("impactedRegions"))
        )
    )
    title, name = read_text(dig_value(properties, "title"), 160), read_text(raw.get("name"))
    where = " in ".join(part for part in (services, regions) if part)
    return OutsideChange(
        key=f"azure:health {name}",
        kind=Kind.HEALTH,
        state=status.lower() or "unknown",
        summary=f"Azure outage {'over' if over else 'ACTIVE'}: {f'{where}: ' if where else ''}{title}",
        at=ended or began,
        changes=not over,
        url=f"https://app.azure.com/h/{name}",
        detail={"title": title, "services": services, "regions": regions, "tracking": name},
    )
