"""The known commands that change something, and the look at what they would meet. Each answers (change, result)."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cockpit.azure.changes.change import AzureChange, ChangeOutcome
from cockpit.azure.changes.container_app import is_provisioning, must_be_divisible, must_be_idle, single_mode
from cockpit.azure.changes.traffic import fingerprint_traffic, merge_traffic, sum_weights, traffic_of
from cockpit.azure.client import Azure
from cockpit.model.problem import SourceError
from cockpit.model.raw import dig_value, list_mappings, read_moment, read_text
from cockpit.model.revision import Application
from cockpit.runbooks.az import shapes
from cockpit.runbooks.az.known_commands import parse_az_time
from cockpit.runbooks.az.parse import AzCommand
from cockpit.runbooks.az.reads import app_of, server_of
from cockpit.runbooks.types import Progress

Act = Callable[[AzCommand, Azure, Progress, str], Awaitable[tuple[AzureChange, Any]]]

TRAFFIC_NOW = "Traffic now: "  # what a rollback looks for: has the traffic moved since it was proposed?


async def activate_revision(
    native: AzCommand, azure: Azure, progress: Progress, confirmed: str
) -> tuple[AzureChange, Any]:
    change = await app_of(native, azure).activate(native.one("revision"))
    return change, change.answer


async def deactivate_revision(
    native: AzCommand, azure: Azure, progress: Progress, confirmed: str
) -> tuple[AzureChange, Any]:
    change = await app_of(native, azure).deactivate(native.one("revision"))
    return change, change.answer


async def restart_revision(
    native: AzCommand, azure: Azure, progress: Progress, confirmed: str
) -> tuple[AzureChange, Any]:
    change = await app_of(native, azure).restart(native.one("revision"))
    return change, change.answer


async def set_traffic(native: AzCommand, azure: Azure, progress: Progress, confirmed: str) -> tuple[AzureChange, Any]:
    app = app_of(native, azure)
    weights, labels = weights_of(native, "revision-weight"), weights_of(native, "label-weight")
    change = await app.set_traffic(weights, labels, confirmed=confirmed, tell=progress.operation)
    if change.outcome is not ChangeOutcome.DONE:
        return change, None
    try:
        return change, [dict(fields) for fields in traffic_of(await app.read())]
    except SourceError:
        return change, change.answer


async def update_app(native: AzCommand, azure: Azure, progress: Progress, confirmed: str) -> tuple[AzureChange, Any]:
    app = app_of(native, azure)
    change = await app.set_image(
        native.one("image"),
        container=native.one("container-name"),
        suffix=native.one("revision-suffix"),
        tell=progress.operation,
    )
    return change, await result_of(change, app.read)


async def restore_database(
    native: AzCommand, azure: Azure, progress: Progress, confirmed: str
) -> tuple[AzureChange, Any]:
    server, into = server_of(native, azure), native.one("dest-name")
    change = await server.restore(native.one("name"), into, parse_az_time(native.one("time")), tell=progress.operation)
    return change, await result_of(change, lambda: server.database(into), shapes.shape_database)


async def rename_database(
    native: AzCommand, azure: Azure, progress: Progress, confirmed: str
) -> tuple[AzureChange, Any]:
    server, new = server_of(native, azure), native.one("new-name")
    change = await server.rename(native.one("name"), new)
    return change, await result_of(change, lambda: server.database(new), shapes.shape_database)


async def result_of(
    change: AzureChange, read: Callable[[], Awaitable[Any]], shape: Callable[[Any], Any] = shapes.with_groups
) -> Any:
    """What az prints after a change: the resource now. None when that cannot be read; the change stays done."""
    if change.outcome is not ChangeOutcome.DONE:
        return None
    try:
        return shape(await read())
    except SourceError:
        return None


CHANGES: Mapping[str, Act] = {
    "containerapp revision activate": activate_revision,
    "containerapp revision deactivate": deactivate_revision,
    "containerapp revision restart": restart_revision,
    "containerapp ingress traffic set": set_traffic,
    "containerapp update": update_app,
    "sql db restore": restore_database,
    "sql db rename": rename_database,
}


async def describe_change_effect(native: AzCommand, azure: Azure) -> tuple[tuple[str, ...], str]:
    """What a change would meet, in words, and the fingerprint of the traffic. Raises SourceError if it is refused."""
    if native.words not in CHANGES:
        return (), ""
    if native.words.startswith("sql"):
        return await look_at_database(native, azure), ""
    raw, application = await app_of(native, azure).standing()
    latest = read_text(dig_value(raw, "properties", "latestRevisionName"))
    parts = [f"{TRAFFIC_NOW}{format_weights(sum_weights(traffic_of(raw), latest))}."]
    if native.words == "containerapp ingress traffic set":
        must_be_divisible(raw, application)
        after = merge_traffic(
            raw, application, weights_of(native, "revision-weight"), weights_of(native, "label-weight")
        )
        parts.append(f"Traffic then: {format_weights(sum_weights(after, latest))}.")
    elif native.words == "containerapp revision deactivate":
        must_be_idle(application, native.one("revision"))
        parts += [
            f"It has the label {label!r}, whose address it will no longer answer."
            for label in labels_of(native, application)
        ]
    elif application.mode == "single":
        parts.append(f"{single_mode(application.name)} {FOLLOWS.get(native.words, '')}".strip())
    return tuple(parts), fingerprint_traffic(raw)


FOLLOWS = {
    "containerapp revision activate": "The revision you activate takes all of it, and the others stop.",
    "containerapp update": "The new revision takes all of it once it is ready.",
}


async def has_taken_effect(native: AzCommand, azure: Azure, since: datetime) -> bool:
    """Whether what a change asks for is so by now, as far as a look can tell. Raises SourceError.

    For one whose operation was lost from sight. An image that was there before `since`, when the change was sent, and a
    restart prove nothing.
    """
    match native.words:
        case "containerapp ingress traffic set":
            raw, application = await app_of(native, azure).standing()
            weights, labels = weights_of(native, "revision-weight"), weights_of(native, "label-weight")
            latest = read_text(dig_value(raw, "properties", "latestRevisionName"))
            asked = sum_weights(merge_traffic(raw, application, weights, labels), latest)
            return not is_provisioning(raw) and sum_weights(traffic_of(raw), latest) == asked
        case "containerapp update":
            raw, application = await app_of(native, azure).standing()
            image = native.one("image")
            made = [
                revision
                for revision in application.revisions
                if image in revision.image.split(", ") and revision.created and revision.created >= since
            ]
            return not is_provisioning(raw) and bool(made)
        case "sql db restore":
            fields = await server_of(native, azure).database(native.one("dest-name"))
            created = read_moment(dig_value(fields, "properties", "creationDate"))
            online = read_text(dig_value(fields, "properties", "status")) == "Online"
            return online and created is not None and created >= since
        case _:
            return False


async def look_at_database(native: AzCommand, azure: Azure) -> tuple[str, ...]:
    fields = await server_of(native, azure).database(native.one("name"))
    status = read_text(dig_value(fields, "properties", "status"))
    parts = [f"{native.one('name')} is {status or 'in no state it tells'}."]
    if native.words == "sql db restore":
        earliest = read_text(dig_value(fields, "properties", "earliestRestoreDate"))
        latest = azure.time.now() - LOG_BACKUP_LAG
        parts.append(
            f"It can be restored as it was since {earliest or 'a time it does not tell'}, "
            f"until about {latest:%Y-%m-%dT%H:%M:%SZ}."
        )
        if usage := await read_database_usage(fields, azure):
            parts.append(usage)
    else:
        old, new = native.one("name"), native.one("new-name")
        parts.append(f"Afterwards what connects to {new} gets this database, and what connects to {old} gets none.")
    return tuple(parts)


LOG_BACKUP_LAG = timedelta(minutes=10)  # a backup of the log is made at least so often: later points do not exist yet
USAGE_METRICS = ("dtu_consumption_percent", "cpu_percent")  # of what is paid in DTU, and in cores
USAGE_SPAN = timedelta(minutes=10)
METRICS_API = "2023-10-01"


async def read_database_usage(database: Mapping[str, Any], azure: Azure) -> str:
    """`DTU in use: 82 % on average, 97 % at most in 10 min.`; "" where nobody says it."""
    now, identifier = azure.time.now(), read_text(database.get("id"), 400)
    span = f"{now - USAGE_SPAN:%Y-%m-%dT%H:%M:%SZ}/{now:%Y-%m-%dT%H:%M:%SZ}"
    for metric in USAGE_METRICS if identifier else ():
        try:
            answer = await azure.get(
                f"{identifier}/providers/Microsoft.Insights/metrics",
                api_version=METRICS_API,
                metricnames=metric,
                aggregation="average,maximum",
                interval="PT1M",
                timespan=span,
            )
        except SourceError:
            continue
        points = [
            point
            for found in list_mappings(answer.get("value"))
            for series in list_mappings(found.get("timeseries"))
            for point in list_mappings(series.get("data"))
            if isinstance(point.get("average"), int | float) and isinstance(point.get("maximum"), int | float)
        ]
        if points:
            mean = sum(point["average"] for point in points) / len(points)
            most = max(point["maximum"] for point in points)
            what = "DTU" if metric.startswith("dtu") else "CPU"
            return f"{what} in use: {mean:.0f} % on average, {most:.0f} % at most in 10 min."
    return ""


def weights_of(native: AzCommand, flag: str) -> dict[str, int]:
    """`name=80` as az takes it; of a name given twice the last counts."""
    return {name: int(weight) for name, _, weight in (entry.rpartition("=") for entry in native.many(flag))}


def labels_of(native: AzCommand, application: Application) -> tuple[str, ...]:
    return next((revision.labels for revision in application.revisions if revision.name == native.one("revision")), ())


def format_weights(weights: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {weight} %" for name, weight in weights.items()) or "nowhere"
