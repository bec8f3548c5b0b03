"""An incident of one of the example teams, for what it tells others and ticks off."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cockpit.config import load_system
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan
from cockpit.model.severity_scale import SeverityLevel
from cockpit.model.system import System
from cockpit.runbooks.plan.load import read_plan
from cockpit.timeline.timeline import Timeline

EXAMPLES = Path(__file__).parents[3] / "examples"
SUMMER = datetime(2026, 11, 20, 13, 26, 40, tzinfo=UTC)  # in New Zealand
AUCKLAND = ZoneInfo("Pacific/Auckland")


class StillTime:
    """Moves when told."""

    def __init__(self) -> None:
        self.at = SUMMER

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")


@lru_cache
def team(name: str) -> tuple[System, Plan]:
    """The configuration of an example team, and what its documents say."""
    system = load_system(EXAMPLES / name / "cockpit.toml")
    return system, read_plan(system)


def severity_level(name: str, level: str) -> SeverityLevel:
    return next(each for each in team(name)[1].severity_scale if each.name == level)


class Room:
    """A desk of an example team over a timeline of its own."""

    def __init__(self, name: str, folder: Path) -> None:
        self.system, self.plan = team(name)
        self.time = StillTime()
        self.timeline = Timeline(folder / "timeline.db", time=self.time)
        self.incident_actions = IncidentActions(
            self.timeline,
            operator="ana",
            environment="prod",
            severity_scale=self.plan.severity_scale,
            plan=self.plan,
            time=self.time,
        )

    def declare(self, severity: str, title: str = "Sign-in fails", minutes: int = 12, **given: Any) -> Incident:
        """An incident that is some minutes old."""
        declared = self.incident_actions.declare(title, severity, **given)
        self.time.at += timedelta(minutes=minutes)
        return self.incident_actions.find(declared.id)
