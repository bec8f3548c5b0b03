"""Azure's own health: the service issues that the scenario tells of."""

from cockpit.simulator import times
from cockpit.simulator.answer import JSON, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.clock import SimulatedClock
from cockpit.simulator.scenario import ServiceIssue
from cockpit.simulator.site import REGION_LABEL
from cockpit.simulator.stage import Stage


def list_events(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """The events since `queryStartTime`, all of them without it."""
    start = call.query.get("querystarttime")
    since = times.read(start) if start else None
    found = [
        _body(each, stage.clock)
        for each in stage.scenario.service_issues
        if since is None or stage.clock.at(-each.age) >= since
    ]
    return SimulatedAnswer({"value": found, "nextLink": None})


def _body(issue: ServiceIssue, clock: SimulatedClock) -> JSON:
    began = times.precise(clock.at(-issue.age))
    ended = {"impactMitigationTime": times.precise(clock.at(-issue.age / 2))} if issue.status == "Resolved" else {}
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
