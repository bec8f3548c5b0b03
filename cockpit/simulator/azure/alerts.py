"""Azure Monitor's alert list and state changes, api-version 2019-03-01 and its successors."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from cockpit.simulator.answer import JSON, RefusedError, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.azure import times
from cockpit.simulator.world.alerts import SimulatedAlert, list_simulated_alerts
from cockpit.simulator.world.changes import set_alert_state
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.site import Site
from cockpit.simulator.world.stage import Stage

RANGES = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}
PAGE, LARGEST_PAGE = 25, 250
STATES = ("New", "Acknowledged", "Closed")
OLD_API_VERSION = "2018-05-05-preview"  # what a nextLink of the real service may carry
KNOWN = {
    "api-version", "timerange", "customtimerange", "monitorcondition", "alertstate", "severity", "targetresource",
    "targetresourcegroup", "pagecount", "sortby", "sortorder", "includecontext", "includeegressconfig", "ctoken",
}  # fmt: skip


def list_alerts(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """One page. Without timeRange only the last day is seen, however long an older alert has been firing."""
    unknown = sorted(set(call.query) - KNOWN)
    if unknown:
        raise RefusedError(400, "BadRequest", f"The simulator does not know {', '.join(unknown)} of the alert list.")
    since, until = _read_time_window(stage.clock, call)
    within = stage.scenario.site.app_id.lower().startswith(
        call.path.lower().partition("/providers/microsoft.alertsmanagement")[0]
    )
    chosen = [
        simulated_alert
        for simulated_alert in _sort_alerts(list_simulated_alerts(stage.world()), call)
        if within
        and since <= stage.clock.at(simulated_alert.fired) <= until
        and _matches_filters(simulated_alert, call, stage.scenario.site)
    ]
    size = max(1, _read_number(call, "pagecount", PAGE, LARGEST_PAGE))
    first = _read_number(call, "ctoken", 0, len(chosen))
    page = chosen[first : first + size]
    more = first + size < len(chosen)
    return SimulatedAnswer(
        {
            "value": [alert_body(simulated_alert, stage.clock, stage.scenario.site) for simulated_alert in page],
            "nextLink": _next_link(stage, call, first + size) if more else None,
        }
    )


def get_alert(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    return SimulatedAnswer(alert_body(_find_alert(stage, call), stage.clock, stage.scenario.site))


def change_state(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """What a person says of an alert. The condition it fires on is not touched."""
    alert = _find_alert(stage, call)
    state = call.query.get("newstate", "")
    if state not in STATES:
        raise RefusedError(400, "BadRequest", f"newState must be one of {', '.join(STATES)}.")
    if call.content:
        call.json()
    stage.become(set_alert_state(stage.world(), alert.id, state, call.caller(stage.scenario.operator)))
    return SimulatedAnswer(alert_body(_find_alert(stage, call), stage.clock, stage.scenario.site))


def alert_body(alert: SimulatedAlert, clock: SimulatedClock, site: Site) -> JSON:
    """`name` is the rule's; only the id ends in the alert's own GUID."""
    essentials: JSON = {
        "severity": alert.severity,
        "signalType": alert.signal,
        "alertState": alert.state,
        "monitorCondition": alert.condition,
        "monitorService": "Platform" if alert.signal == "Metric" else "Log Analytics",
        "targetResource": site.app_id.lower(),
        "targetResourceName": site.app,
        "targetResourceGroup": site.resource_group,
        "targetResourceType": "containerapps",
        "sourceCreatedId": alert.id,
        "alertRule": alert.rule or f"{site.group_id}/providers/Microsoft.Insights/metricAlerts/{alert.name}",
        "startDateTime": times.format_precise(clock.at(alert.fired)),
        "lastModifiedDateTime": times.format_precise(clock.at(alert.changed)),
        "lastModifiedUserName": alert.changed_by,
        "actionStatus": {"isSuppressed": False},
        "description": alert.description,
    }
    over = alert.resolved if alert.resolved is not None else alert.says_resolved_at
    if over is not None:
        essentials["monitorConditionResolvedDateTime"] = times.format_precise(clock.at(over))
    return {
        "id": f"{site.app_id.lower()}/providers/Microsoft.AlertsManagement/alerts/{alert.id}",
        "type": "Microsoft.AlertsManagement/alerts",
        "name": alert.name,
        "properties": {"essentials": essentials, "egressConfig": {}},
    }


def _read_time_window(clock: SimulatedClock, call: SimulatedRequest) -> tuple[datetime, datetime]:
    """Alerts that fired outside of it are not listed."""
    if custom := call.query.get("customtimerange"):
        return times.read_range(custom)
    name = call.query.get("timerange", "1d")
    if name not in RANGES:
        raise RefusedError(400, "BadRequest", f"timeRange must be one of {', '.join(RANGES)}.")
    now = clock.at(clock.elapsed())
    return now - RANGES[name], now


def _matches_filters(alert: SimulatedAlert, call: SimulatedRequest, site: Site) -> bool:
    values_by_name = {
        "monitorcondition": alert.condition,
        "alertstate": alert.state,
        "severity": alert.severity,
        "targetresource": site.app_id.lower(),
        "targetresourcegroup": site.resource_group,
    }
    return all(call.query.get(name, value).lower() == value.lower() for name, value in values_by_name.items())


def _sort_alerts(simulated_alerts: list[SimulatedAlert], call: SimulatedRequest) -> list[SimulatedAlert]:
    """By the last change unless asked otherwise; the newest or the highest first."""
    keys: dict[str, Callable[[SimulatedAlert], float | str]] = {
        "lastmodifieddatetime": lambda simulated_alert: simulated_alert.changed,
        "startdatetime": lambda simulated_alert: simulated_alert.fired,
        "severity": lambda simulated_alert: simulated_alert.severity,
        "name": lambda simulated_alert: simulated_alert.name,
    }
    order = call.query.get("sortorder", "desc").lower()
    key = keys.get(call.query.get("sortby", "lastModifiedDateTime").lower())
    if key is None or order not in ("asc", "desc"):
        raise RefusedError(400, "BadRequest", "sortBy is lastModifiedDateTime, startDateTime, severity or name.")
    return sorted(simulated_alerts, key=key, reverse=order == "desc")


def _read_number(call: SimulatedRequest, name: str, otherwise: int, largest: int) -> int:
    text = call.query.get(name, str(otherwise))
    if not (text.isascii() and text.isdigit() and int(text) <= largest):
        raise RefusedError(400, "BadRequest", f"{name} must be a number up to {largest}.")
    return int(text)


def _next_link(stage: Stage, call: SimulatedRequest, first: int) -> str:
    """Where the list goes on. The odd form leads nowhere: only its path and query are of use to the caller."""
    odd = stage.scenario.oddities.port_443
    base = f"https://{urlsplit(call.url).hostname}:443" if odd else call.url
    version = OLD_API_VERSION if odd else call.query.get("api-version", "")
    return f"{base}{call.path}?{urlencode({**call.query, 'api-version': version, 'ctoken': first})}"


def _find_alert(stage: Stage, call: SimulatedRequest) -> SimulatedAlert:
    wanted_name = call.names["alert"].lower()
    for alert in list_simulated_alerts(stage.world()):
        if alert.id == wanted_name:
            return alert
    raise RefusedError(404, "AlertNotFound", f"The alert '{wanted_name}' was not found.")
