"""What else lies in the subscription: groups, the environment of the app, the database server. Read only."""

from cockpit.simulator.answer import JSON, RefusedError, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.world.site import MANAGED_ENVIRONMENT, REGION, REGION_LABEL, Site, make_identifier
from cockpit.simulator.world.stage import Stage


def list_groups(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    return SimulatedAnswer({"value": [_group_body(stage.scenario.site)]})


def show_group(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    return SimulatedAnswer(_group_body(stage.scenario.site))


def _group_body(site: Site) -> JSON:
    return {
        "id": site.group_id,
        "name": site.resource_group,
        "type": "Microsoft.Resources/resourceGroups",
        "location": REGION,
        "tags": {},
        "properties": {"provisioningState": "Succeeded"},
    }


def list_resources(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    site = stage.scenario.site
    places = (
        (site.app_id, "Microsoft.App/containerApps"),
        (site.environment_id, "Microsoft.App/managedEnvironments"),
        (site.sql_id, "Microsoft.Sql/servers"),
        (f"{site.sql_id}/databases/{site.app}", "Microsoft.Sql/servers/databases"),
    )
    return SimulatedAnswer({"value": [_resource_body(identifier, kind) for identifier, kind in places]})


def _resource_body(identifier: str, kind: str) -> JSON:
    name = identifier.partition("/databases/")[0].rpartition("/")[2]
    database = identifier.partition("/databases/")[2]
    return {
        "id": identifier,
        "name": f"{name}/{database}" if database else name,
        "type": kind,
        "location": REGION,
        "tags": {},
    }


def list_environments(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    return SimulatedAnswer({"value": [_environment_body(stage)]})


def show_environment(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    if call.names["environment"].lower() != MANAGED_ENVIRONMENT:
        message = f"The Resource 'Microsoft.App/managedEnvironments/{call.names['environment']}' was not found."
        raise RefusedError(404, "ResourceNotFound", message)
    return SimulatedAnswer(_environment_body(stage))


def _environment_body(stage: Stage) -> JSON:
    return {
        "id": stage.scenario.site.environment_id,
        "name": MANAGED_ENVIRONMENT,
        "type": "Microsoft.App/managedEnvironments",
        "location": REGION_LABEL,
        "tags": None,
        "properties": {
            "provisioningState": "Succeeded",
            "defaultDomain": "shop.example.com",
            "staticIp": "192.0.2.20",
            "appLogsConfiguration": {
                "destination": "log-analytics",
                "logAnalyticsConfiguration": {"customerId": make_identifier(0, "workspace"), "sharedKey": None},
            },
            "zoneRedundant": False,
            "vnetConfiguration": None,
            "workloadProfiles": [{"workloadProfileType": "Consumption", "name": "Consumption"}],
            "peerAuthentication": {"mtls": {"enabled": False}},
        },
    }


def list_servers(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    site = stage.scenario.site
    server: JSON = {
        "id": site.sql_id,
        "name": site.sql_server,
        "type": "Microsoft.Sql/servers",
        "kind": "v12.0",
        "location": REGION,
        "tags": {},
        "properties": {
            "administratorLogin": "ops",
            "fullyQualifiedDomainName": f"{site.sql_server}.database.windows.net",
            "minimalTlsVersion": "1.2",
            "privateEndpointConnections": [],
            "publicNetworkAccess": "Enabled",
            "state": "Ready",
            "version": "12.0",
        },
    }
    return SimulatedAnswer({"value": [server]})


def list_none(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """A kind of resource that this world has none of: jobs, metric alert rules."""
    return SimulatedAnswer({"value": []})
