"""Incidents and plans as a fold and a reader would build them, for the tests of clocks. Minutes as in Story."""

from datetime import timedelta
from typing import Any

from cockpit.model.clock import Clock, ClockKind, Rule
from cockpit.model.incident import Acknowledgement, Incident, StateChange, Status
from cockpit.model.plan import Plan
from cockpit.model.response import Holding, PageRecord, Tick, Update
from tests.unit.incident.story import at

DOCUMENT = "oncall.md"


def rule(kind: ClockKind, minutes: float, **fields: Any) -> Rule:
    given: dict[str, Any] = {"what": kind.value, "origin": f"{DOCUMENT}:41"}
    return Rule(kind, after=timedelta(minutes=minutes), **(given | fields))


def plan(*rules: Rule, **fields: Any) -> Plan:
    given: dict[str, Any] = {"documents": frozenset({DOCUMENT})}
    return Plan(rules=rules, **(given | fields))


def incident(*severities: tuple[str, float], **fields: Any) -> Incident:
    """Declared by ana at minute 0 as a P1, or with the severities given, each from its minute on."""
    given = severities or (("P1", 0),)
    full: dict[str, Any] = {
        "severity": given[-1][0],
        "severities": tuple(StateChange(name, at(minutes), "ana") for name, minutes in given),
        "status": Status.RESOLVED if fields.get("resolved") else Status.INVESTIGATING,
    }
    if fields.get("acknowledged"):
        full["acks"] = (Acknowledgement("", fields["acknowledged"], "ana"),)
    return Incident(
        "i1", "prod", "Readiness failing", declared=at(0), declared_by="ana", reach_from=at(0), **(full | fields)
    )


def sent(minutes: float, audience: str = "team", promised: float | None = None) -> Update:
    return Update(at(minutes), "ben", audience, "words", promised=None if promised is None else at(promised))


def called(minutes: float, who: str = "", tier: int = 0) -> PageRecord:
    return PageRecord(at(minutes), "ana", who, tier)


def held(role: str, person: str, since: float, until: float | None = None) -> Holding:
    return Holding(role, person, at(since), None if until is None else at(until))


def tick(item: int, minutes: float, state: str = "done", list: str = "first") -> Tick:
    return Tick(list, item, "", state, at(minutes), "ana")


def named(clocks: tuple[Clock, ...], id: str) -> Clock:
    """The clock of that id; fails the test where there is none."""
    return {each.id: each for each in clocks}[id]
