"""The Activity Log: who changed what, two entries for each operation, some time after it happened."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from cockpit.simulator.answer import JSON, RefusedError, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.azure import times
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.scenario import ServiceIssue
from cockpit.simulator.world.site import REGION_LABEL, SUBSCRIPTION, make_identifier
from cockpit.simulator.world.stage import Stage
from cockpit.simulator.world.world import Activity, World

TEST = re.compile(r"(\w+)\s+(eq|ge|le)\s+(?:'([^']*)'|([^'\s]+))", re.IGNORECASE)  # az writes times without quotes
EQUALITIES = {"resourcegroupname", "resourceuri", "resourceid", "resourceprovider", "correlationid"}
FURTHER = {"caller", "status", "eventchannels"}  # beside one of the above
PATTERN = (
    "eventTimestamp ge '...' [and eventTimestamp le '...'] [and one of resourceGroupName, resourceId, resourceUri, "
    "resourceProvider, correlationId eq '...'] [and caller, status eq '...']"
)
WEB_SITES = "providers/Microsoft.Web/sites"
SWAP = "Microsoft.Web/sites/slots/slotsswap/action"
FAILED_MESSAGE = '{"Code":"ContainerAppOperationError","Message":"The operation failed."}'  # JSON within JSON, as Azure


def list_activity(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """Newest first. The service understands few filters, and none without a start time."""
    since, until, values_by_name = _parse_filter(call.query.get("$filter", ""))
    world, clock = stage.world(), stage.clock
    records = [
        body
        for activity in sorted(_list_operations(world), key=lambda activity: activity.end, reverse=True)
        if activity.end + world.scenario.activity_lag <= world.now
        for moment, body in _list_entries(world, activity, clock)
        if since <= moment <= (until or moment)
        and all(_read_filter_field(body, text).lower() == sentence for text, sentence in values_by_name.items())
    ]
    chosen = {name.strip().lower() for name in call.query.get("$select", "").split(",")} - {""}
    if chosen:
        records = [{name: value for name, value in body.items() if name.lower() in chosen} for body in records]
    return SimulatedAnswer({"value": records, "nextLink": None})


def _list_operations(world: World) -> Iterator[Activity]:
    """What the resource group saw: a deployment to a host or a cluster is nothing to it, one to a site is a swap."""
    site = world.scenario.site
    for activity in world.activity:
        of_app = activity.action.startswith("Microsoft.App/")
        if of_app and world.scenario.platform == "app-service":
            if activity.action.endswith("containerApps/write"):
                yield replace(activity, action=SWAP, resource=f"{site.group_id}/{WEB_SITES}/{site.app}/slots/staging")
        elif not of_app or world.scenario.platform in ("", "container-apps"):
            yield activity


def _list_entries(world: World, activity: Activity, clock: SimulatedClock) -> Iterator[tuple[datetime, JSON]]:
    ended = "Failed" if activity.failed else "Succeeded"
    for name, status, seconds in (("EndRequest", ended, activity.end), ("BeginRequest", "Started", activity.begin)):
        moment = clock.at(seconds)
        yield moment, _build_entry(world, activity, name, status, moment)


def _build_entry(world: World, activity: Activity, name: str, status: str, moment: datetime) -> JSON:
    event = make_identifier(world.scenario.seed, activity.correlation, name)
    site = world.scenario.site
    resource = activity.resource if activity.resource.startswith("/subscriptions/") else site.app_id + activity.resource
    return {
        "authorization": {"action": activity.action, "scope": resource},
        "caller": activity.caller,
        "correlationId": activity.correlation,
        "operationId": activity.correlation,
        "description": "",
        "eventDataId": event,
        "eventName": _make_localised_value(name),
        "category": _make_localised_value("Administrative"),
        "httpRequest": {
            "clientRequestId": activity.client_request,
            "clientIpAddress": "192.0.2.10",
            "method": "PATCH" if activity.action.endswith("/write") else "POST",
        },
        "id": f"{resource}/events/{event}",
        "level": "Error" if status == "Failed" else "Informational",
        "resourceGroupName": site.resource_group,
        "resourceProviderName": _make_localised_value(activity.action.partition("/")[0]),
        "resourceId": resource,
        "operationName": _make_localised_value(activity.action),
        "status": _make_localised_value(status),
        "subStatus": _make_localised_value("" if status == "Started" else "OK"),
        "properties": {"statusMessage": FAILED_MESSAGE} if status == "Failed" else {},
        "eventTimestamp": times.format_precise(moment),
        "submissionTimestamp": times.format_precise(moment),
        "subscriptionId": SUBSCRIPTION,
    }


def _make_localised_value(value: str) -> JSON:
    return {"value": value, "localizedValue": value}


def _read_filter_field(body: JSON, field: str) -> str:
    return {
        "resourcegroupname": str(body["resourceGroupName"]),
        "resourceuri": str(body["resourceId"]),
        "resourceid": str(body["resourceId"]),
        "caller": str(body["caller"]),
        "status": str(body["status"]["value"]),
        "eventchannels": "admin, operation",  # all that is here
        "resourceprovider": str(body["resourceProviderName"]["value"]),
        "correlationid": str(body["correlationId"]),
    }[field]


def _parse_filter(text: str) -> tuple[datetime, datetime | None, dict[str, str]]:
    """(from, until, further equalities by lower-case field). Raises RefusedError."""
    since: datetime | None = None
    until: datetime | None = None
    values_by_name: dict[str, str] = {}
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE):
        test = TEST.fullmatch(part)
        field, operator = (test[1].lower(), test[2].lower()) if test else ("", "")
        value = (test[3] if test[3] is not None else test[4]) if test else ""
        is_first = not EQUALITIES & values_by_name.keys()
        if (field, operator) == ("eventtimestamp", "ge"):
            since = times.parse_time(value)
        elif (field, operator) == ("eventtimestamp", "le"):
            until = times.parse_time(value)
        elif operator == "eq" and (field in FURTHER or (field in EQUALITIES and is_first)):
            values_by_name[field] = value.lower()
        else:
            raise RefusedError(400, "BadRequest", f"The $filter is not supported; it must be: {PATTERN}.")
    if since is None:
        raise RefusedError(400, "BadRequest", f"A start time is needed: {PATTERN}.")
    return since, until, values_by_name


# Azure's own health: the service issues that the scenario tells of.


def list_events(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """The events since `queryStartTime`, all of them without it."""
    start = call.query.get("querystarttime")
    since = times.parse_time(start) if start else None
    records = [
        _build_issue_body(service_issue, stage.clock)
        for service_issue in stage.scenario.service_issues
        if since is None or stage.clock.at(-service_issue.age) >= since
    ]
    return SimulatedAnswer({"value": records, "nextLink": None})


def _build_issue_body(issue: ServiceIssue, clock: SimulatedClock) -> JSON:
    began = times.format_precise(clock.at(-issue.age))
    ended = (
        {"impactMitigationTime": times.format_precise(clock.at(-issue.age / 2))} if issue.status == "Resolved" else {}
    )
    region = {"impactedRegion": REGION_LABEL, "status": issue.status, "lastUpdateTime": began}
    return {
        "id": f"/providers/Microsoft.ResourceHealth/events/{issue.name}",
        "name": issue.name,
        "type": "/providers/Microsoft.ResourceHealth/events",
        "properties": {
            "eventType": "ServiceIssue",
            "eventSource": "ResourceHealth",
            "status": issue.status,
            "title": issue.title,
            "summary": issue.title,
            "level": "Warning",
            "eventLevel": "Warning",
            "impactStartTime": began,
            "lastUpdateTime": began,
            "impact": [{"impactedService": issue.service, "impactedRegions": [region]}],
            **ended,
        },
    }
