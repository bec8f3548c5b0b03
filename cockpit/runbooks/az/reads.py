"""The known commands that only read, and the columns of their tables. Each answers (result, notes)."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cockpit.azure.client import Azure
from cockpit.azure.pool import API_VERSION
from cockpit.azure.validate import quote_name
from cockpit.model.problem import SourceError
from cockpit.model.raw import dig_value, read_text
from cockpit.runbooks.az import shapes
from cockpit.runbooks.az.known_commands import parse_az_time
from cockpit.runbooks.az.output import Rows
from cockpit.runbooks.az.parse import AzCommand

if TYPE_CHECKING:
    from cockpit.azure.changes.container_app import ContainerApp
    from cockpit.azure.changes.sql import SqlServer

Found = tuple[Any, tuple[str, ...]]
Read = Callable[[AzCommand, Azure], Awaitable[Found]]

SUBSCRIPTION_API = "2022-12-01"
ACTIVITY_API = "2015-04-01"
METRICS_API = "2024-02-01"
SIX_HOURS, ONE_HOUR = timedelta(hours=6), timedelta(hours=1)  # what az looks back when nobody says
MOST_EVENTS = 50
CLOUDS = {"login.microsoftonline.us": "AzureUSGovernment", "login.chinacloudapi.cn": "AzureChinaCloud"}


def app_of(native: AzCommand, azure: Azure) -> "ContainerApp":
    from cockpit.azure.changes.container_app import ContainerApp  # with what reads and changes an app

    return ContainerApp(azure, native.one("resource-group"), native.one("name"))


def server_of(native: AzCommand, azure: Azure) -> "SqlServer":
    from cockpit.azure.changes.sql import SqlServer

    return SqlServer(azure, native.one("resource-group"), native.one("server"))


async def show_account(native: AzCommand, azure: Azure) -> Found:
    body = await azure.get(f"/subscriptions/{quote_name(azure.subscription)}", api_version=SUBSCRIPTION_API)
    who = azure.credential.identity()
    user = shapes.shape_account_user(who.name, who.method, "", machine=who.machine) if who else {}
    environment = CLOUDS.get(azure.where.authority, "AzureCloud")
    return shapes.shape_account(body, environment, user, home=who.tenant if who else ""), ()


async def list_apps(native: AzCommand, azure: Azure) -> Found:
    group = native.one("resource-group")
    scope = f"/subscriptions/{quote_name(azure.subscription)}" + (
        f"/resourceGroups/{quote_name(group)}" if group else ""
    )
    records = await azure.pages(f"{scope}/providers/Microsoft.App/containerApps", api_version=API_VERSION)
    return shapes.with_groups(records), ()


async def show_app(native: AzCommand, azure: Azure) -> Found:
    return shapes.with_groups(await app_of(native, azure).read()), ()


async def list_revisions(native: AzCommand, azure: Azure) -> Found:
    """All of them: what one rolls back to is inactive more often than not, and az shows those only with --all."""
    records = await app_of(native, azure).revisions()
    hidden = [
        read_text(fields.get("name")) for fields in records if dig_value(fields, "properties", "active") is not True
    ]
    sentence = f"az would hide {len(hidden)} inactive without --all: {', '.join(hidden)}."
    return shapes.with_groups(records), (sentence,) if hidden and not native.has("all") else ()


async def show_revision(native: AzCommand, azure: Azure) -> Found:
    return shapes.with_groups(await app_of(native, azure).revision(native.one("revision"))), ()


async def show_traffic(native: AzCommand, azure: Azure) -> Found:
    from cockpit.azure.changes.traffic import traffic_of

    return [dict(fields) for fields in traffic_of(await app_of(native, azure).read())], ()


async def list_replicas(native: AzCommand, azure: Azure) -> Found:
    """Of a revision; like az, of the latest one when none is named."""
    app = app_of(native, azure)
    revision = native.one("revision") or read_text(dig_value(await app.read(), "properties", "latestRevisionName"))
    return shapes.with_groups(await app.replicas(revision)), ()


async def list_databases(native: AzCommand, azure: Azure) -> Found:
    return [shapes.shape_database(fields) for fields in await server_of(native, azure).databases()], ()


async def show_database(native: AzCommand, azure: Azure) -> Found:
    return shapes.shape_database(await server_of(native, azure).database(native.one("name"))), ()


async def list_activity(native: AzCommand, azure: Azure) -> Found:
    """The newest first; without times, the last six hours, as az does."""
    since, until = read_time_window(native, azure.time.now(), SIX_HOURS)
    test = f"eventTimestamp ge '{format_zulu_time(since)}' and eventTimestamp le '{format_zulu_time(until)}'"
    for flag, field in (("correlation-id", "correlationId"), ("resource-id", "resourceUri")):
        if native.one(flag):
            test += f" and {field} eq '{native.one(flag)}'"
            break
    else:
        group = native.one("resource-group")
        test += f" and resourceGroupName eq '{group}'" if group else ""
    path = f"/subscriptions/{quote_name(azure.subscription)}/providers/Microsoft.Insights/eventtypes/management/values"
    records = await azure.pages(path, api_version=ACTIVITY_API, **{"$filter": test})
    return shapes.with_groups(records[: int(native.one("max-events", str(MOST_EVENTS)))]), ()


async def list_metrics(native: AzCommand, azure: Azure) -> Found:
    since, until = read_time_window(native, azure.time.now(), ONE_HOUR)
    values_by_name = {
        "metricnames": ",".join(native.many("metrics")),
        "aggregation": ",".join(native.many("aggregation")),
        "interval": format_iso_interval(native.one("interval")),
        "$filter": native.one("filter"),
    }
    lines = {key: value for key, value in values_by_name.items() if value}
    path = f"{native.one('resource')}/providers/Microsoft.Insights/metrics"
    timespan = f"{format_zulu_time(since)}/{format_zulu_time(until)}"
    return shapes.with_groups(await azure.get(path, api_version=METRICS_API, timespan=timespan, **lines)), ()


def read_time_window(native: AzCommand, now: datetime, usual: timedelta) -> tuple[datetime, datetime]:
    """From when until when: a missing end is now, a missing start is --offset before the end."""
    offset = parse_az_offset(native.one("offset")) or usual
    start, end = native.one("start-time"), native.one("end-time")
    if start and not end:
        since = parse_az_time(start)
        return since, since + offset if native.one("offset") else now
    until = parse_az_time(end) if end else now
    return (parse_az_time(start) if start else until - offset), until


def parse_az_offset(written: str) -> timedelta | None:
    """`1d2h30m`; None for ""."""
    parts = {unit: int(number) for number, unit in re.findall(r"(\d+)([dhm])", written)}
    if not parts:
        return None
    return timedelta(days=parts.get("d", 0), hours=parts.get("h", 0), minutes=parts.get("m", 0))


def format_iso_interval(written: str) -> str:
    """`5m`, `1h` and `1d` as ISO 8601 has them."""
    match = re.fullmatch(r"(\d+)([mhd])", written)
    if match is None:
        return written
    return f"P{match[1]}D" if match[2] == "d" else f"PT{match[1]}{match[2].upper()}"


def format_zulu_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


READS: Mapping[str, Read] = {
    "account show": show_account,
    "containerapp list": list_apps,
    "containerapp show": show_app,
    "containerapp revision list": list_revisions,
    "containerapp revision show": show_revision,
    "containerapp ingress traffic show": show_traffic,
    "containerapp replica list": list_replicas,
    "sql db list": list_databases,
    "sql db show": show_database,
    "monitor activity-log list": list_activity,
    "monitor metrics list": list_metrics,
}

TABLES: Mapping[str, Rows] = {
    "containerapp list": shapes.each_or_one(shapes.app_row),
    "containerapp show": shapes.app_row,
    "containerapp update": shapes.app_row,
    "containerapp revision list": shapes.each_or_one(shapes.revision_row),
    "containerapp revision show": shapes.revision_row,
    "sql db list": shapes.each_or_one(shapes.database_row),
    "sql db show": shapes.database_row,
    "sql db restore": shapes.database_row,
    "sql db rename": shapes.database_row,
    "monitor metrics list": shapes.metric_rows,
}


# Would the revision that a known command names answer now? Asked of the cloud itself, before traffic goes to it.


async def read_unready(native: AzCommand, azure: Azure) -> str | None:
    """Why it would not answer, "" when a replica is ready or it is scaled to zero and may be; None if none is named."""
    name = native.one("revision")
    if not name:
        return None
    from cockpit.azure.mapping import map_replica, map_revision  # only before traffic goes somewhere
    from cockpit.model.revision_health import judge_revision, may_take_traffic

    app = app_of(native, azure)
    try:
        raw = await app.revision(name)
        replicas = tuple(map_replica(fields) for fields in await app.replicas(name))
    except SourceError as error:
        return f"it could not be read ({error.problem.short})"
    result = replace(map_revision(raw, app.name), replicas=replicas)
    if not result.active:
        return "it is not active"
    return "" if may_take_traffic(result) else judge_revision(result).reason
