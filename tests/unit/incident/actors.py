"""Desks for tests: over one file, on a clock that stands still until it is set."""

from datetime import datetime
from typing import Any

from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.timeline.timeline import Timeline
from tests.unit.incident.story import NIGHT


class Clock:
    """Two o'clock, until told otherwise."""

    wall = NIGHT

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("the actions never sleep")


def make_incident_actions(
    timeline: Timeline, clock: Clock, operator: str = "ana", environment: str = "prod", **options: Any
) -> IncidentActions:
    return IncidentActions(
        timeline,
        operator=operator,
        environment=environment,
        severity_scale=DEFAULT_SEVERITY_SCALE,
        time=clock,
        **options,
    )
