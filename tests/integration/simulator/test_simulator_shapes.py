"""The answers have the fields of the published examples (Microsoft.App 2025-07-01, AlertsManagement 2019-03-01,
Insights 2015-04-01 and 2018-01-01), as far as they mean something here."""

from typing import Any

from cockpit.simulator.world.site import SUBSCRIPTION
from tests.integration.simulator.playing import APP_PATH, Playing

APP_FIELDS = {
    "id", "name", "type", "location", "properties.provisioningState", "properties.runningStatus",
    "properties.managedEnvironmentId", "properties.workloadProfileName", "properties.latestRevisionFqdn",
    "properties.latestReadyRevisionName", "properties.configuration.ingress.fqdn",
    "properties.configuration.ingress.external", "properties.configuration.ingress.targetPort",
    "properties.configuration.ingress.transport", "properties.configuration.ingress.traffic",
    "properties.template.containers", "properties.template.scale.minReplicas", "properties.eventStreamEndpoint",
}  # fmt: skip
REVISION_FIELDS = {
    "id", "name", "type", "properties.createdTime", "properties.lastActiveTime", "properties.fqdn",
    "properties.template.containers", "properties.template.scale.maxReplicas", "properties.trafficWeight",
    "properties.active", "properties.replicas", "properties.runningState",
}  # fmt: skip
REPLICA_FIELDS = {
    "id", "name", "type", "properties.createdTime", "properties.runningState", "properties.runningStateDetails",
    "properties.containers", "properties.initContainers",
}  # fmt: skip
CONTAINER_FIELDS = {
    "name", "containerId", "ready", "started", "restartCount", "runningState", "runningStateDetails",
    "logStreamEndpoint", "execEndpoint",
}  # fmt: skip
TOKEN_FIELDS = {"id", "name", "type", "location", "properties.token", "properties.expires"}
ALERT_FIELDS = {"id", "name", "type", "properties.egressConfig"} | {
    f"properties.essentials.{each}"
    for each in (
        "severity", "signalType", "alertState", "monitorCondition", "monitorService", "targetResource",
        "targetResourceName", "targetResourceGroup", "targetResourceType", "sourceCreatedId", "alertRule",
        "startDateTime", "lastModifiedDateTime", "lastModifiedUserName", "actionStatus.isSuppressed", "description",
    )
}  # fmt: skip
ACTIVITY_FIELDS = {
    "authorization.action", "authorization.scope", "caller", "correlationId", "description", "eventDataId",
    "eventName.value", "httpRequest.clientRequestId", "httpRequest.clientIpAddress", "httpRequest.method", "id",
    "level", "resourceGroupName", "resourceProviderName.value", "operationId", "operationName.localizedValue",
    "status.value", "subStatus.value", "eventTimestamp", "submissionTimestamp", "subscriptionId",
}  # fmt: skip
METRIC_FIELDS = {"id", "type", "name.value", "name.localizedValue", "unit", "timeseries"}
SERVICE_ISSUE_FIELDS = {
    "id", "name", "type", "properties.eventType", "properties.status", "properties.title", "properties.impact",
    "properties.impactStartTime", "properties.lastUpdateTime", "properties.impactMitigationTime",
}  # fmt: skip


def missing(body: Any, fields: set[str]) -> set[str]:
    """The dotted fields that `body` has not."""
    return {each for each in fields if not has(body, each.split("."))}


def has(body: Any, path: list[str]) -> bool:
    for step in path:
        if not isinstance(body, dict) or step not in body:
            return False
        body = body[step]
    return True


async def test_the_app(quiet: Playing) -> None:
    assert missing(await quiet.get(APP_PATH), APP_FIELDS) == set()


async def test_revisions(quiet: Playing) -> None:
    body = await quiet.get(APP_PATH + "/revisions")
    assert set(body) == {"value", "nextLink"}
    assert missing(body["value"][0], REVISION_FIELDS) == set()


async def test_replicas(quiet: Playing) -> None:
    body = (await quiet.get(APP_PATH + "/revisions/shop-api--r43/replicas"))["value"][0]
    assert missing(body, REPLICA_FIELDS) == set()
    assert missing(body["properties"]["containers"][0], CONTAINER_FIELDS) == set()


async def test_the_stream_token(quiet: Playing) -> None:
    body = (await quiet.http.post(APP_PATH + "/getAuthtoken", params={"api-version": "2025-07-01"})).json()
    assert missing(body, TOKEN_FIELDS) == set()
    assert body["type"] == "Microsoft.App/containerApps/accesstoken"


async def test_alerts(quirks: Playing) -> None:
    assert missing((await quirks.alerts())[0], ALERT_FIELDS) == set()


async def test_the_activity_log(quiet: Playing) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values"
    body = await quiet.get(path, **{"$filter": "eventTimestamp ge '2026-01-01T00:00:00Z'"})
    assert missing(body["value"][0], ACTIVITY_FIELDS) == set()


async def test_metrics(quiet: Playing) -> None:
    body = await quiet.get(f"{APP_PATH}/providers/Microsoft.Insights/metrics")
    assert {"cost", "timespan", "interval", "namespace", "resourceregion", "value"} == set(body)
    assert missing(body["value"][0], METRIC_FIELDS) == set()


async def test_service_issues(quirks: Playing) -> None:
    body = await quirks.get(f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ResourceHealth/events")
    assert missing(body["value"][0], SERVICE_ISSUE_FIELDS) == set()
