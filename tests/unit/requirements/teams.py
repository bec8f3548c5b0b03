"""The plans of the example teams, read from their documents once."""

from functools import lru_cache
from pathlib import Path

from cockpit.config import load_system
from cockpit.model.plan import Plan
from cockpit.runbooks.plan.load import read_plan

EXAMPLES = Path(__file__).parents[3] / "examples"


@lru_cache
def plan_of(name: str) -> Plan:
    return read_plan(load_system(EXAMPLES / name / "cockpit.toml"))
