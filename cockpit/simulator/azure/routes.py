"""Which handler answers which request. Paths match in any case, with or without a slash at the end."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from cockpit.simulator.answer import RefusedError, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.azure import (
    activity_log,
    alerts,
    app_service,
    container_apps,
    log_analytics,
    metrics,
    resources,
    sign_in,
    sql,
)
from cockpit.simulator.world.stage import Stage

Handler = Callable[[Stage, SimulatedRequest], SimulatedAnswer]


@dataclass(frozen=True)
class Route:
    """`template`: a path with `{name}` for one segment and `{name*}` for any number of them."""

    method: str
    template: str
    handler: Handler

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return path_pattern(self.template)


def path_pattern(template: str) -> re.Pattern[str]:
    """What a path must look like."""
    pieces = re.split(r"(\{\w+\*?\})", template)
    written = "".join(_make_path_pattern(piece) if piece.startswith("{") else re.escape(piece) for piece in pieces)
    return re.compile(written + "/?", re.IGNORECASE)


def _make_path_pattern(token: str) -> str:
    name = token.strip("{}*")
    return f"(?P<{name}>.*)" if token.endswith("*}") else f"(?P<{name}>[^/]+)"


SUBSCRIPTION = "/subscriptions/{subscription}"
GROUP = SUBSCRIPTION + "/resourceGroups/{group}"
APP = GROUP + "/providers/Microsoft.App/containerApps/{app}"
REVISION = APP + "/revisions/{revision}"
ALERTS = SUBSCRIPTION + "{below*}/providers/Microsoft.AlertsManagement/alerts"
OPERATION = SUBSCRIPTION + "/providers/Microsoft.App/locations/{location}/containerappOperation"
DATABASES = GROUP + "/providers/Microsoft.Sql/servers/{server}/databases"
SITE = GROUP + "/providers/Microsoft.Web/sites/{site}"
SLOT = SITE + "/slots/{slot}"
RESTORE = SUBSCRIPTION + "/providers/Microsoft.Sql/locations/{location}/databaseAzureAsyncOperation"
CONSOLE_STREAM = GROUP + "/containerApps/{app}/revisions/{revision}/replicas/{replica}/containers/{container}/logstream"
SYSTEM_STREAM = GROUP + "/containerApps/{app}/eventstream"

SITE_ROUTES = tuple(
    Route(method, base + below, handler)
    for base in (SITE, SLOT)
    for method, below, handler in (
        ("GET", "", app_service.show_site),
        ("GET", "/config/web", app_service.show_config),
        ("PATCH", "/config/web", app_service.change_config),
        ("GET", "/instances", app_service.list_instances),
        ("GET", "/deployments", app_service.list_deployments),
        ("POST", "/slotsswap", app_service.swap_slots),
        ("POST", "/applySlotConfig", app_service.begin_swap),
        ("POST", "/resetSlotConfig", app_service.reset_swap),
        ("POST", "/restart", app_service.restart_site),
        ("POST", "/publishxml", app_service.show_publishing),
    )
)

ROUTES = (
    Route("GET", "/metadata/endpoints", sign_in.describe_cloud),
    Route("GET", "/msi/token", sign_in.issue_token),
    Route("GET", "/tenants", sign_in.list_tenants),
    Route("GET", "/subscriptions", sign_in.list_subscriptions),
    Route("GET", SUBSCRIPTION, sign_in.show_subscription),
    Route("GET", SUBSCRIPTION + "/resourceGroups", resources.list_groups),
    Route("GET", GROUP, resources.show_group),
    Route("GET", GROUP + "/resources", resources.list_resources),
    Route("GET", SUBSCRIPTION + "/resources", resources.list_resources),
    Route("GET", SUBSCRIPTION + "/providers/Microsoft.App/managedEnvironments", resources.list_environments),
    Route("GET", GROUP + "/providers/Microsoft.App/managedEnvironments", resources.list_environments),
    Route("GET", GROUP + "/providers/Microsoft.App/managedEnvironments/{environment}", resources.show_environment),
    Route("GET", SUBSCRIPTION + "/providers/Microsoft.App/jobs", resources.list_none),
    Route("GET", GROUP + "/providers/Microsoft.App/jobs", resources.list_none),
    Route("GET", GROUP + "/providers/Microsoft.Insights/metricAlerts", resources.list_none),
    Route("GET", GROUP + "/providers/Microsoft.Sql/servers", resources.list_servers),
    Route("GET", SUBSCRIPTION + "/providers/Microsoft.App/containerApps", container_apps.list_apps),
    Route("GET", GROUP + "/providers/Microsoft.App/containerApps", container_apps.list_apps),
    Route("GET", APP, container_apps.get_app),
    Route("PATCH", APP, container_apps.patch_app),
    Route("POST", APP + "/getAuthToken", container_apps.get_auth_token),
    Route("POST", APP + "/listSecrets", container_apps.list_secrets),
    Route("GET", APP + "/revisions", container_apps.list_revisions),
    Route("GET", REVISION, container_apps.get_revision),
    Route("POST", REVISION + "/{action}", container_apps.act_on_revision),
    Route("GET", REVISION + "/replicas", container_apps.list_replicas),
    Route("GET", REVISION + "/replicas/{replica}", container_apps.get_replica),
    Route("GET", OPERATION + "Statuses/{operation}", container_apps.operation_status),
    Route("GET", OPERATION + "Results/{operation}", container_apps.operation_result),
    Route("GET", GROUP + "/providers/Microsoft.Sql/servers/{server}", sql.show_server),
    Route("GET", DATABASES, sql.list_databases),
    Route("GET", DATABASES + "/{database}", sql.get_database),
    Route("PUT", DATABASES + "/{database}", sql.put_database),
    Route("GET", DATABASES + "/{database}/providers/Microsoft.Insights/metrics", metrics.list_database_metrics),
    Route("POST", DATABASES + "/{database}/move", sql.move_database),
    Route("GET", RESTORE + "/{operation}", sql.restore_status),
    Route("GET", APP + "/providers/Microsoft.Insights/metrics", metrics.list_metrics),
    Route("GET", APP + "/providers/Microsoft.Insights/metricDefinitions", metrics.define_metrics),
    Route(
        "GET", SUBSCRIPTION + "/providers/Microsoft.Insights/eventtypes/management/values", activity_log.list_activity
    ),
    Route("GET", SUBSCRIPTION + "/providers/Microsoft.ResourceHealth/events", activity_log.list_events),
    Route("GET", SUBSCRIPTION + "/providers/Microsoft.Web/sites", app_service.list_sites),
    Route("GET", GROUP + "/providers/Microsoft.Web/sites", app_service.list_sites),
    Route("GET", SITE + "/slots", app_service.list_slots),
    *SITE_ROUTES,
    Route(
        "GET",
        SUBSCRIPTION + "/providers/Microsoft.Web/locations/{location}/operationResults/{operation}",
        app_service.swap_result,
    ),
    Route("GET", "/api/logstream", app_service.read_log),
    Route("GET", SUBSCRIPTION + "/providers/{provider}", container_apps.show_provider),
    Route("GET", ALERTS, alerts.list_alerts),
    Route("GET", ALERTS + "/{alert}", alerts.get_alert),
    Route("POST", ALERTS + "/{alert}/changestate", alerts.change_state),
    Route("POST", "/v1/workspaces/{workspace}/query", log_analytics.query_workspace),
)
CONSOLE, SYSTEM = path_pattern(CONSOLE_STREAM), path_pattern(SYSTEM_STREAM)
OURS = ("/subscriptions/", "/tenants", "/metadata/", "/msi/", "/v1/", "/simulator", "/providers/")  # else: the workload


def match_route(method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
    """The handler and the variable parts of the path; None if it is the workload's. Raises RefusedError."""
    flag = False
    for route in ROUTES:
        if result := route.pattern.fullmatch(path):
            if route.method == method:
                return route.handler, result.groupdict()
            flag = True
    if not path.lower().startswith(OURS):
        return None
    if flag:
        raise RefusedError(405, "MethodNotAllowed", f"The simulator does not answer {method} on this path.")
    raise RefusedError(
        501, "NotSimulated", f"The simulator has nothing at {method} {path}; docs/simulator.md lists what it has."
    )
