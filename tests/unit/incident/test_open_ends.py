"""What stays open at resolving: everything that somebody would have to deal with tomorrow, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cockpit.incident.open_ends import OpenEndKind, find_open_ends
from cockpit.incident.signals import Signal
from cockpit.model.incident import Incident, Status
from cockpit.model.plan import Checklist
from cockpit.model.response import Freeze, ProcedureRun, Tick, Update
from cockpit.model.revision import Application, Revision

NOW = datetime(2026, 2, 27, 13, 26, tzinfo=UTC)
FIRST_TEN = Checklist("first-ten", "First ten minutes", ("Declare", "Stop the bleeding"), ("P1",))
INCIDENT = Incident("k7f", "prod", "Down", "P1", Status.MONITORING, NOW - timedelta(hours=1), "ana", NOW)
ILL = Revision("app", "app--bad", True, 0, NOW, health="Unhealthy")


@pytest.fixture
def told() -> Incident:
    return replace(INCIDENT, updates=(Update(NOW, "clients", "ana", "we look into it"),))


def test_where_all_is_dealt_with_nothing_is_listed(told: Incident) -> None:
    assert find_open_ends(told, NOW) == ()


def test_everything_that_stays_open_is_listed_once() -> None:
    incident = replace(INCIDENT, ran=(ProcedureRun("r1", "Roll back", NOW),))
    application = Application("app", "prod", "multiple", "", (ILL, replace(ILL, name="app--off", active=False)))
    ends = find_open_ends(
        incident,
        NOW,
        bad=[Signal("alert:a", "alert 5xx errors", NOW)],
        freeze=Freeze("prod", NOW, "ana", "until green"),
        applications=[application],
        checklists=[FIRST_TEN, replace(FIRST_TEN, id="other", levels=("P0",))],
    )
    assert [(end.kind, end.target) for end in ends] == [
        (OpenEndKind.SIGNAL, "alert:a"),
        (OpenEndKind.FREEZE, ""),
        (OpenEndKind.REVISION, "app/app--bad"),
        (OpenEndKind.RUN, "r1"),
        (OpenEndKind.CHECKLIST, "first-ten"),
        (OpenEndKind.NOTHING_SENT, ""),
    ]


@pytest.mark.parametrize(("state", "left"), [("done", 1), ("skipped", 1), ("open", 2)])
def test_a_box_counts_until_it_is_settled(told: Incident, state: str, left: int) -> None:
    ticked = replace(told, ticks=(Tick("first-ten", 1, "Declare", state, NOW, "ana"),))
    (end,) = find_open_ends(ticked, NOW, checklists=[FIRST_TEN])
    assert f"{left} item" in end.text


def test_a_drill_that_told_nobody_owes_nothing() -> None:
    assert find_open_ends(replace(INCIDENT, drill=True), NOW) == ()
